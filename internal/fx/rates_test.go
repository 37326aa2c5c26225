package fx

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/event"
)

func day(t *testing.T, text string) int64 {
	t.Helper()
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return at.UnixMicro()
}

func TestPublishedRates(t *testing.T) {
	r, err := ECB()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ currency, day, want string }{
		{"USD", "2026-04-13", "1.1684"},
		{"USD", "2026-04-12", "1.1711"}, // Sunday: that of Friday
		{"USD", "1999-01-04", "1.1789"},
		{"USD", "1999-01-03", ""}, // before the first
		{"SIT", "2006-12-29", "239.64"},
		{"SIT", "2007-02-01", ""}, // the euro took its place
		{"EUR", "2011-01-31", "1"},
		{"XXX", "2011-01-31", ""},
		{"USD", "2027-01-01", ""}, // newer than the file
	} {
		rate, ok := r.On(c.currency, day(t, c.day)+1)
		if want, _ := event.ParseMicros(c.want); rate != want || ok != (c.want != "") {
			t.Errorf("%s on %s is %s, %v; want %s", c.currency, c.day, rate, ok, c.want)
		}
	}
	if !strings.HasPrefix(r.Version(), "2026-04-13.") || !r.Knows("SIT") || r.Knows("XXX") || len(r.Currencies()) != 42 {
		t.Errorf("version %s, %d currencies", r.Version(), len(r.Currencies()))
	}
}

func TestMistakesInTheFile(t *testing.T) {
	for text, want := range map[string]string{
		"": "first line", "Day,USD\n": "first line", "Date,USD\n": "no rates", "Date,USD\n2011,1\n": "line 2",
		"Date,USD\n2011-01-01,x\n": "USD", "Date,USD\n2011-01-01,-1\n": "greater than zero",
		"Date,USD\n2011-01-01,1\n2011-01-02,1\n": "newest first", "PKx": "cannot read exchange rates",
	} {
		if _, err := Load([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: want an error with %q, got %v", text, want, err)
		}
	}
}

// TestConversionIsExact compares with rational numbers.
func TestConversionIsExact(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		amount := rapid.Int64().Draw(rt, "amount")
		c := Conversion{event.Micros(rapid.Int64Range(1, 1e12).Draw(rt, "from")), event.Micros(rapid.Int64Range(1, 1e12).Draw(rt, "to"))}
		decimals := rapid.IntRange(0, 6).Draw(rt, "decimals")
		step := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(6-decimals)), nil)
		// floor(2·|a|·to + from·step, 2·from·step)·step is |a|·to/from to the nearest step.
		n := new(big.Int).Mul(new(big.Int).Abs(big.NewInt(amount)), big.NewInt(2*int64(c.to)))
		d := new(big.Int).Mul(big.NewInt(int64(c.from)), step)
		want := n.Add(n, d).Quo(n, d.Lsh(d, 1)).Mul(n, step)
		if amount < 0 {
			want.Neg(want)
		}
		got, ok := c.Apply(event.Micros(amount), decimals)
		if ok != (new(big.Int).Abs(want).IsInt64()) || ok && big.NewInt(int64(got)).Cmp(want) != 0 {
			rt.Fatalf("%d × %d / %d to %d decimals is %d, %v; want %s", amount, c.to, c.from, decimals, got, ok, want)
		}
	})
}
