package dashboard

import (
	"fmt"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
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

// TestExtent finds the first and the newest event while events of any time come, of partitions that
// come later, too.
func TestExtent(t *testing.T) {
	s, w := platform(t)
	fake := clock.NewFake(time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC))
	s.cfg.Clock = fake
	for i, c := range []struct {
		partition     int32
		day           int // 0: nothing comes
		first, newest int
	}{{0, 10, 10, 10}, {0, 11, 10, 11}, {1, 3, 3, 11}, {0, 5, 3, 11}, {0, 0, 3, 11}, {1, 12, 3, 12}} {
		if c.day > 0 {
			w.Write(w.Batch(c.partition, fmt.Sprintf(`{"id":"%d","type":"page","time":"2026-03-%02dT10:00:00Z","anonymous_id":"v1"}`, i, c.day)))
		}
		fake.Advance(2 * spanFor)
		e, err := s.extent(t.Context())
		if err != nil || e.first.Day() != c.first || e.newest.Day() != c.newest {
			t.Errorf("behind event %d: %v to %v, %v; want the days %d and %d", i, e.first, e.newest, err, c.first, c.newest)
		}
	}
}
