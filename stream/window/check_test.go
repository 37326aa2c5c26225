package window_test

import (
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/window"
)

func TestChoicesAreChecked(t *testing.T) {
	var wrong stream.Stream[stream.Record[int, order]]
	minute, n := window.Tumbling(time.Minute), aggregate.Count[order]()
	for want, use := range map[string]func(in stream.Keyed[string, order]){
		"LateTo takes a *stream.Stream[": func(in stream.Keyed[string, order]) {
			window.Aggregate(in, "x", minute, n, window.LateTo(&wrong))
		},
		"a lateness of -1s": func(in stream.Keyed[string, order]) {
			window.Aggregate(in, "x", minute, n, window.Lateness(-time.Second))
		},
		"the aggregator lacks Add, Merge or Result": func(in stream.Keyed[string, order]) {
			window.Aggregate(in, "x", minute, aggregate.Aggregator[order, int64, int64]{})
		},
		"count windows have no early results": func(in stream.Keyed[string, order]) {
			window.Aggregate(in, "x", window.Count(2), n, window.TTL(time.Hour), window.Emit(window.EveryCommit))
		},
		"the windows are not defined": func(in stream.Keyed[string, order]) {
			window.Aggregate(in, "x", window.Spec{}, n)
		},
		"more than 100000 panes per window": func(in stream.Keyed[string, order]) {
			window.Aggregate(in, "x", window.Hopping(365*24*time.Hour, time.Second), n)
		},
		"not a whole number of microseconds": func(in stream.Keyed[string, order]) {
			window.Aggregate(in, "x", window.Tumbling(1500), n)
		},
		`windows "x": quantiles: none is asked for`: func(in stream.Keyed[string, order]) {
			window.Aggregate(in, "x", minute, aggregate.Quantiles(func(o order) int64 { return 1 }))
		},
	} {
		job := stream.NewJob("wrong", 1)
		all := stream.Events(job, "orders", readOrder)
		use(stream.KeyBy(all, "by customer", func(o order) string { return o.Customer }))
		if err := job.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
