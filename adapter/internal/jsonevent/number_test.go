package jsonevent

import (
	"errors"
	"math/big"
	"testing"

	"github.com/millrace/millrace/event"
)

func TestDecimal(t *testing.T) {
	var r Reader
	for text, want := range map[string]string{
		"1e2": "100.000", "1.5E+1": "15.000", "-25e-1": "-2.500", "0e400": "0.000", "0.0e-400": "0.000",
		"1e-6": "0.000001", "123456e-3": "123.456", "12.345e2": "1234.500", "1e12": "1000000000000.000",
	} {
		got, _, err := r.decimal(text)
		if err != nil || got.String() != want {
			t.Errorf("%s is %s (%v), want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]error{
		"1e400": event.ErrOverflow, "1e-7": event.ErrPrecision, "1e99999999999999999999": event.ErrOverflow, "1e": event.ErrNotNumber,
		"e5": event.ErrNotNumber, "1e5e5": event.ErrNotNumber, "1.2.3e1": event.ErrNotNumber, "x": event.ErrNotNumber, "": event.ErrNotNumber,
	} {
		if got, _, err := r.decimal(text); !errors.Is(err, want) {
			t.Errorf("%q is %s (%v), want %v", text, got, err, want)
		}
	}
}

func TestRoundNoise(t *testing.T) {
	for text, want := range map[string]string{
		"25.490000000000002": "25.490", "0.30000000000000004": "0.300", "-0.30000000000000004": "-0.300",
		"33.333333333333336": "33.333333", "66.66666666666667": "66.666667", "-66.66666666666667": "-66.666667",
		"0.12345650000000000": "0.123456", "0.12345750000000000": "0.123458",
	} {
		if got, ok := roundNoise([]byte(text)); !ok || got.String() != want {
			t.Errorf("%s is %s (%t), want %s", text, got, ok, want)
		}
	}
	for _, meant := range []string{"1.2345678", "0.0000001", "12345.1234567", "5"} {
		if got, ok := roundNoise([]byte(meant)); ok {
			t.Errorf("%s was rounded to %s", meant, got)
		}
	}
}

// math/big is the oracle.
func FuzzDecimal(f *testing.F) {
	f.Add("12.5e3")
	f.Add("-0.00012e-2")
	f.Fuzz(func(t *testing.T, text string) {
		var r Reader
		got, _, err := r.decimal(text)
		if err != nil || len(text) > 30 {
			return
		}
		want, ok := new(big.Rat).SetString(text)
		if !ok {
			return // an exponent beyond what the oracle takes, of zero
		}
		if want.Cmp(new(big.Rat).SetFrac64(int64(got), event.MicrosPerUnit)) != 0 {
			t.Errorf("%q is %s, want %v", text, got, want)
		}
	})
}
