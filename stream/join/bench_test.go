package join_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/join"
	"github.com/millrace/millrace/stream/streamtest"
)

// entry is an element of the benchmarks, keyed once.
type entry struct {
	Key string `state:"key"`
	N   int64  `state:"n"`
}

func readEntry(b *event.Batch, i int, emit func(entry)) {
	emit(entry{b.CustomerID[i], int64(b.Amount[i])})
}

func entries(j *stream.Job, typ string) stream.Keyed[string, entry] {
	return stream.KeyBy(stream.Events(j, typ, readEntry, stream.Types(typ)), typ+" by key", func(e entry) string { return e.Key })
}

// counted is a result without pointers, of which one in 1,000 goes on.
func counted[R any](j *stream.Job, results stream.Stream[R]) *stream.Job {
	n := 0
	stream.ToFeed(stream.Filter(results, "some", func(R) bool { n++; return n%1000 == 0 }), "some", "some results")
	return j
}

func BenchmarkThrough(b *testing.B) {
	j := stream.NewJob("through", 1)
	both := stream.Merge("both", entries(j, "left").Stream, entries(j, "right").Stream)
	run(b, counted(j, both), 10_000)
}

func BenchmarkInterval(b *testing.B) {
	for _, kind := range []join.Kind{join.Inner, join.Left} {
		b.Run(fmt.Sprintf("kind=%d", kind), func(b *testing.B) {
			j := stream.NewJob("intervals", 1)
			within := join.Within(0, time.Second).Keep(kind).Lateness(time.Second)
			run(b, counted(j, join.Interval(entries(j, "left"), entries(j, "right"), "pairs", within, sum).Results), 10_000)
		})
	}
}

func sum(l, r *entry) int64 {
	if r == nil {
		return l.N
	}
	return l.N + r.N
}

func BenchmarkAsOf(b *testing.B) {
	j := stream.NewJob("versions", 1)
	opt := join.Versions[entry]{Lateness: time.Second, TTL: time.Hour}
	found := join.AsOf(entries(j, "left"), entries(j, "right"), "as of", opt, func(l entry, v *entry) int64 { return sum(&l, v) })
	run(b, counted(j, found.Results), 10_000)
}

func BenchmarkTable(b *testing.B) {
	j := stream.NewJob("tables", 1)
	found := join.Table(entries(j, "left"), entries(j, "right"), "rows", join.Rows{TTL: time.Hour},
		func(l entry, v *entry) int64 { return sum(&l, v) })
	run(b, counted(j, found), 10_000)
}

// run sends elements of both sides in turn, 100 µs apart, so that with 10,000 keys each
// element meets about one other within a second.
func run(b *testing.B, job *stream.Job, keys int) {
	names := make([]string, keys)
	for i := range names {
		names[i] = fmt.Sprintf("customer-%d", i)
	}
	types := []string{"left", "right"}
	streamtest.Throughput(b, job, func(n int) streamtest.Event {
		return streamtest.Event{Time: 1_000_000_000_000 + int64(n)*100, Type: types[n%2], Customer: names[n/2*7919%keys], Amount: 1}
	})
}
