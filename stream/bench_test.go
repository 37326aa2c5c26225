package stream_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/streamtest"
)

// tally is a state without pointers.
type tally struct {
	Count int64        `state:"count"`
	Paid  event.Micros `state:"paid"`
}

// tallies publishes, per key, one result for every 16th visit.
func tallies(retain time.Duration) *stream.Job {
	j := stream.NewJob("tallies", 1)
	byPage := stream.KeyBy(stream.Events(j, "views", readVisit), "by page", func(v visit) string { return v.Page })
	out := stream.Timeline(byPage, "tallies", stream.Machine[string, tally, visit, tally]{
		Apply: func(t *stream.Turn[string, tally, tally], v visit) {
			t.State.Count++
			t.State.Paid += v.Paid
			if t.State.Count%16 == 0 {
				t.Emit(uint64(t.Time), *t.State)
			}
		},
		Retain: retain, TTL: time.Hour,
	})
	stream.ToFeed(out.Results, "tallies", "tallies")
	return j
}

// through is what every job pays: it reads, keys and drops.
func through() *stream.Job {
	j := stream.NewJob("through", 1)
	byPage := stream.KeyBy(stream.Events(j, "views", readVisit), "by page", func(v visit) string { return v.Page })
	none := stream.Filter(byPage.Stream, "none", func(r stream.Record[string, visit]) bool { return r.Value.Paid < 0 })
	stream.ToFeed(none, "none", "nothing")
	return j
}

func BenchmarkThrough(b *testing.B) { benchmarkJob(b, through(), 1000, 0) }

func BenchmarkTimeline(b *testing.B) {
	for _, keys := range []int{1000, 100_000} {
		b.Run(fmt.Sprintf("keys=%d/in-order", keys), func(b *testing.B) { benchmarkJob(b, tallies(10*time.Second), keys, 0) })
	}
	b.Run("keys=1000/no-lateness", func(b *testing.B) { benchmarkJob(b, tallies(0), 1000, 0) })
	b.Run("keys=1000/one-in-20-late", func(b *testing.B) { benchmarkJob(b, tallies(10*time.Second), 1000, 20) })
}

// benchmarkJob sends events 10 µs apart. One in late of them comes 2 s behind the
// others.
func benchmarkJob(b *testing.B, job *stream.Job, keys, late int) {
	pages := make([]string, keys)
	for i := range pages {
		pages[i] = fmt.Sprintf("/products/%d", i)
	}
	streamtest.Throughput(b, job, func(n int) streamtest.Event {
		e := streamtest.Event{Time: 1_000_000_000_000 + int64(n)*10, Type: "view", Order: pages[n*7919%keys], Amount: 1}
		if late > 0 && n%late == 0 {
			e.Time -= 2_000_000
		}
		return e
	})
}
