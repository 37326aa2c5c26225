package dashboard

import (
	"testing"
	"time"
)

// TestCompareNeedsEvents: a period is not compared with one of which little is known.
func TestCompareNeedsEvents(t *testing.T) {
	day := func(text string) time.Time {
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	newest := day("2011-12-09").Add(12 * time.Hour)
	for _, c := range []struct{ name, rangeName, compare, first, want string }{
		{"all of the 28 days before", "28d", "previous", "2010-12-01", "previous"},
		{"the shop was closed when they began", "28d", "previous", "2011-10-17", "previous"},
		{"a half of them", "28d", "previous", "2011-11-01", ""},
		{"one month of a year", "12mo", "previous", "2010-12-01", ""},
		{"a year before", "7d", "year", "2010-12-01", "year"},
		{"a year before, which is not known", "90d", "year", "2010-12-01", ""},
		{"nothing to compare with", "28d", "none", "2011-11-01", ""},
	} {
		w := resolve(c.rangeName, c.compare, extent{day(c.first), newest}, newest)
		if w.Compare != c.want {
			t.Errorf("%s: compared with %q, want %q", c.name, w.Compare, c.want)
		}
	}
}
