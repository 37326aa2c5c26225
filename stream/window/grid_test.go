package window

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
)

// TestSlotsFollowOneAnother checks that each instant is in one slot, between its start
// and the start of the next, in zones whose clocks change at odd times.
func TestSlotsFollowOneAnother(t *testing.T) {
	// Clocks skip midnight in Beirut and Sao Paulo; a day is missing in Apia; they go
	// back over midnight in Havana and St. John's; Lord Howe changes by half an hour.
	zones := []string{"", "Europe/Berlin", "America/New_York", "Asia/Beirut", "America/Sao_Paulo", "Pacific/Apia",
		"America/Havana", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"}
	for _, name := range zones {
		r := ruler{unit: (7 * time.Minute).Microseconds(), offset: 3}
		if name != "" {
			zone, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			r = ruler{unit: day.Microseconds(), zone: zone}
		}
		rapid.Check(t, func(t *rapid.T) {
			at := rapid.Int64Range(-time.Unix(1e9, 0).UnixMicro(), time.Unix(2e9, 0).UnixMicro()).Draw(t, "at")
			if rapid.Bool().Draw(t, "near a bound") {
				at = r.start(r.slot(at)) + rapid.Int64Range(-2, 2).Draw(t, "by")
			}
			n := r.slot(at)
			if start, next := r.start(n), r.start(n+1); at < start || at >= next || r.slot(start) != n || r.slot(next-1) != n {
				t.Fatalf("%s: %d is in slot %d of [%d, %d)", name, at, n, start, next)
			}
			if name == "" {
				return
			}
			y, m, d := time.UnixMicro(r.start(n)).In(r.zone).Date()
			if got := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400; got < n || got > n+1 {
				t.Fatalf("%s: slot %d begins in day %d", name, n, got)
			}
		})
	}
}

// TestEndsOfASlot compares the windows of a slot with those found by trying all.
func TestEndsOfASlot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		step := rapid.Int64Range(1, 6).Draw(t, "every")
		g := grid{size: step * rapid.Int64Range(1, 6).Draw(t, "steps"), every: step, cumulating: rapid.Bool().Draw(t, "cumulating")}
		if !g.cumulating {
			g.size += rapid.Int64Range(0, 5).Draw(t, "more")
		}
		slot := rapid.Int64Range(-50, 50).Draw(t, "slot")
		var want []int64
		for start := int64(-200); start <= slot; start++ {
			for end := slot + 1; end <= slot+100; end++ {
				is := start%g.every == 0 && end-start == g.size
				if g.cumulating {
					is = start%g.size == 0 && end%g.every == 0 && end-start <= g.size
				}
				if is {
					want = append(want, end)
				}
			}
		}
		for end := g.firstEnd(slot); end <= g.lastEnd(slot); end += g.every {
			if len(want) == 0 || want[0] != end || g.startOf(end) > slot {
				t.Fatalf("slot %d: window [%d, %d), want ends %v", slot, g.startOf(end), end, want)
			}
			want = want[1:]
		}
		if len(want) > 0 {
			t.Fatalf("slot %d: no windows with the ends %v", slot, want)
		}
	})
}

func TestAHotKeyCostsOnePartPerCommit(t *testing.T) {
	p := newPlan[string](stream.NewJob("hot", 1), "hot", Tumbling(time.Minute), aggregate.Count[view](), nil)
	var parts []part[string, int64]
	c := newCombiner(0, p, func(v view) string { return v.page },
		func(e stream.Element[part[string, int64]]) { parts = append(parts, e.Value) }, nil)
	for commit := range 2 {
		for i := range 10_000 {
			c.take(stream.Element[view]{Value: view{"home"}, Time: int64(i)})
		}
		if err := c.Advance(stream.Times{}); err != nil {
			t.Fatal(err)
		}
		if len(parts) != commit+1 || parts[commit] != (part[string, int64]{"home", 10_000}) {
			t.Fatalf("parts after commit %d: %v", commit, parts)
		}
	}
}

func TestACombinerIsBounded(t *testing.T) {
	p := newPlan[int](stream.NewJob("wide", 1), "wide", Tumbling(time.Minute), aggregate.Count[int](), nil)
	sent := int64(0)
	c := newCombiner(0, p, func(v int) int { return v },
		func(e stream.Element[part[int, int64]]) { sent += e.Value.acc }, nil)
	for i := range 2*maxParts + 5 {
		c.take(stream.Element[int]{Value: i})
		if len(c.parts) > maxParts {
			t.Fatalf("%d parts", len(c.parts))
		}
	}
	if c.flush(); sent != 2*maxParts+5 {
		t.Errorf("%d elements came out of %d", sent, 2*maxParts+5)
	}
}
