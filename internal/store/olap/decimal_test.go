package olap_test

import (
	"math"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

func TestDecimal(t *testing.T) {
	for _, c := range []struct {
		d      olap.Decimal
		text   string
		micros event.Micros
		fits   bool
	}{
		{olap.DecimalOf(9_769_872_054_000, 6), "9769872.054", 9_769_872_054_000, true},
		{olap.DecimalOf(-22_124_120_000, 6), "-22124.120", -22_124_120_000, true},
		{olap.DecimalOf(0, 6), "0.000", 0, true},
		{olap.DecimalOf(-1, 6), "-0.000001", -1, true},
		{olap.DecimalOf(150, 2), "1.50", 1_500_000, true},
		{olap.DecimalOf(5, 1), "0.5", 500_000, true},
		{olap.DecimalOf(-5, 3), "-0.005", -5_000, true},
		{olap.DecimalOf(42, 0), "42", 42_000_000, true},
		{olap.DecimalOf(1, 7), "0.0000001", 0, false},
		{olap.DecimalOf(10, 7), "0.0000010", 1, true},
		{olap.DecimalOf(math.MaxInt64, 0), "9223372036854775807", 0, false},
		{olap.DecimalOf(math.MinInt64, 6), "-9223372036854.775808", math.MinInt64, true},
		{olap.Decimal{Hi: 1, Lo: 0, Scale: 6}, "18446744073709.551616", 0, false},
		{olap.Decimal{Hi: -1, Lo: 0, Scale: 6}, "-18446744073709.551616", 0, false},
		{olap.Decimal{Hi: math.MaxInt64, Lo: math.MaxUint64}, "170141183460469231731687303715884105727", 0, false},
	} {
		if got := c.d.String(); got != c.text {
			t.Errorf("%+v is written %s, want %s", c.d, got, c.text)
		}
		if got, ok := c.d.Micros(); ok != c.fits || ok && got != c.micros {
			t.Errorf("%s in micros is %d, %v, want %d, %v", c.text, got, ok, c.micros, c.fits)
		}
	}
}

func TestAppendText(t *testing.T) {
	for in, want := range map[string]string{
		"":                    "",
		"plain, Ångström → µ": "plain, Ångström → µ",
		"caf\xe9":             `caf\xe9`,
		"\xff\xfe":            `\xff\xfe`,
		"\xed\xa0\x80":        `\xed\xa0\x80`, // a surrogate
		"cut \xe2\x82":        `cut \xe2\x82`,
		"a real \uFFFD":       "a real \uFFFD",
	} {
		if got := string(olap.AppendText(nil, in)); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
		if got := string(olap.AppendText([]byte("x"), []byte(in))); got != "x"+want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
