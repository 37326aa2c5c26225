package pattern

import (
	"math/rand/v2"
	"testing"
	"time"
)

type bid struct {
	auction, bidder, price int64
}

// drop is A B* C within 5 s, skip past the last row: any bid, then bids no more
// than 50 below it, then one that is.
func drop(tb testing.TB, began func(bid) bool) *Pattern[bid] {
	p, err := Begin[bid]("A").Where(began).
		Next("B").WhereWith(func(e bid, m *Partial[bid]) bool {
		a, _ := m.First("A")
		return e.price > a.price-50
	}).ZeroOrMore().Consecutive().Greedy().
		Next("C").WhereWith(func(e bid, m *Partial[bid]) bool {
		a, _ := m.First("A")
		return e.price < a.price-50
	}).Within(5 * time.Second).Skip(PastLastEvent).Compile()
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// bids of many keys, 10 ms apart in all.
func bids(n int, keys int64) []bid {
	r := rand.New(rand.NewPCG(1, 2))
	out := make([]bid, n)
	for i := range out {
		out[i] = bid{r.Int64N(keys), 0, 100 + r.Int64N(100)}
	}
	return out
}

func benchmark(b *testing.B, p *Pattern[bid], events []bid, keys int64, step int64) {
	m := NewMatcher(p, Limits{})
	states := make([]State[bid], keys)
	matches, waiting := 0, 0
	emit := func(Match[bid]) { matches++ }
	at := int64(0)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		e := events[i%len(events)]
		at += step
		s := &states[e.auction]
		if next, ok := m.NextDeadline(s); ok && next <= at {
			m.Expire(s, at, emit, nil)
		}
		if err := m.Advance(s, at, e, emit); err != nil {
			b.Fatal(err)
		}
		partial, _ := s.Runs()
		waiting += partial
	}
	b.ReportMetric(float64(matches)/float64(b.N), "matches/op")
	b.ReportMetric(float64(waiting)/float64(b.N), "runs/op")
}

func BenchmarkDrop(b *testing.B) {
	always := func(bid) bool { return true }
	for _, c := range []struct {
		name  string
		keys  int64
		every int64 // µs between events of all keys
	}{{"few-per-key", 10_000, 1000}, {"5-per-key", 1000, 1000}, {"50-per-key", 100, 1000}} {
		b.Run(c.name, func(b *testing.B) {
			benchmark(b, drop(b, always), bids(1<<16, c.keys), c.keys, c.every)
		})
	}
}

// BenchmarkNoStart is the usual event: nothing waits, and it begins nothing.
func BenchmarkNoStart(b *testing.B) {
	benchmark(b, drop(b, func(e bid) bool { return e.price < 0 }), bids(1<<16, 1000), 1000, 1000)
}

// BenchmarkCardTesting is what a fraud job does: three or more small failures, then
// a success, one event in twenty fails.
func BenchmarkCardTesting(b *testing.B) {
	p, err := Begin[bid]("failed").Where(func(e bid) bool { return e.price < 105 }).TimesOrMore(3).Greedy().
		FollowedBy("paid").Where(func(e bid) bool { return e.price >= 105 && e.price < 120 }).
		Within(10 * time.Second).Skip(PastLastEvent).Compile()
	if err != nil {
		b.Fatal(err)
	}
	benchmark(b, p, bids(1<<16, 1000), 1000, 1000)
}

func BenchmarkAppendState(b *testing.B) {
	m := NewMatcher(drop(b, func(bid) bool { return true }), Limits{})
	var s State[bid]
	for i := range int64(20) {
		if err := m.Advance(&s, i, bid{price: 100 + i}, func(Match[bid]) {}); err != nil {
			b.Fatal(err)
		}
	}
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = m.AppendState(dst[:0], &s, func(dst []byte, e bid) []byte { return append(dst, byte(e.price)) })
	}
	b.ReportMetric(float64(len(dst)), "bytes")
}
