package window_test

import (
	"fmt"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/streamtest"
	"github.com/millrace/millrace/stream/window"
)

type visit struct{ Page, Visitor string }

func readVisit(b *event.Batch, i int, emit func(visit)) { emit(visit{b.OrderID[i], b.CustomerID[i]}) }

func page(v visit) string    { return v.Page }
func visitor(v visit) string { return v.Visitor }

// run sends views of pages, lets all windows end, and prints what came out.
func run(job *stream.Job) {
	k, err := streamtest.Open(streamtest.Config{}, job)
	if err != nil {
		panic(err)
	}
	defer k.Close()
	for _, v := range []struct{ at, page, visitor string }{
		{"10:00:05", "shoes", "ann"}, {"10:00:10", "shoes", "bob"}, {"10:00:40", "hats", "ann"},
		{"10:01:20", "shoes", "ann"}, {"10:01:30", "hats", "eve"}, {"10:01:45", "hats", "bob"},
	} {
		k.Send(0, streamtest.Event{Time: streamtest.At(v.at), Type: "view", Order: v.page, Customer: v.visitor})
	}
	k.Watermark(streamtest.At("11:00:00"))
	for _, row := range k.Commit() {
		fmt.Println(row.JSON)
	}
}

// line is a row that is easy to read.
type line struct {
	Window string `state:"window"`
	Key    string `state:"key"`
	Value  int64  `state:"value"`
}

func lines(in stream.Stream[window.Result[string, int64]]) stream.Stream[line] {
	return stream.Map(in, "lines", func(r window.Result[string, int64]) line {
		clock := func(at event.Instant) string { return time.UnixMicro(int64(at)).UTC().Format("15:04:05") }
		return line{clock(r.Start) + "-" + clock(r.End), r.Key, r.Value}
	})
}

func ExampleAggregate() {
	job := stream.NewJob("views", 1)
	views := stream.Events(job, "views", readVisit, stream.Types("view"))
	byPage := stream.KeyBy(views, "by page", page)
	counts := window.Aggregate(byPage, "per minute", window.Tumbling(time.Minute), aggregate.Count[visit]())
	stream.ToTable(lines(counts), "page_views", "views of each page per minute", "window", "key")
	run(job)
	// Output:
	// {"window":"10:00:00-10:01:00","key":"hats","value":1}
	// {"window":"10:00:00-10:01:00","key":"shoes","value":2}
	// {"window":"10:01:00-10:02:00","key":"hats","value":2}
	// {"window":"10:01:00-10:02:00","key":"shoes","value":1}
}

func ExampleAggregateBy() {
	job := stream.NewJob("visitors", 1)
	views := stream.Events(job, "views", readVisit, stream.Types("view"))
	all := func(visit) string { return "all" } // a hot key: folded in the partitions first
	visitors := window.AggregateBy(views, "per two minutes", all, window.Tumbling(2*time.Minute), aggregate.Distinct(visitor))
	stream.ToTable(lines(visitors), "visitors", "different visitors", "window", "key")
	run(job)
	// Output:
	// {"window":"10:00:00-10:02:00","key":"all","value":3}
}

func ExampleSession() {
	job := stream.NewJob("sessions", 1)
	views := stream.Events(job, "views", readVisit, stream.Types("view"))
	byVisitor := stream.KeyBy(views, "by visitor", visitor)
	sessions := window.Aggregate(byVisitor, "sessions", window.Session(time.Minute), aggregate.Count[visit]())
	stream.ToTable(lines(sessions), "sessions", "views per session", "window", "key")
	run(job)
	// Output:
	// {"window":"10:00:05-10:02:20","key":"ann","value":3}
	// {"window":"10:00:10-10:01:10","key":"bob","value":1}
	// {"window":"10:01:45-10:02:45","key":"bob","value":1}
	// {"window":"10:01:30-10:02:30","key":"eve","value":1}
}

// Windows over the results of windows: the page with the most views of each minute.
func ExampleResult() {
	job := stream.NewJob("popular", 1)
	views := stream.Events(job, "views", readVisit, stream.Types("view"))
	perPage := window.AggregateBy(views, "per page", page, window.Tumbling(time.Minute), aggregate.Count[visit]())
	count := func(r window.Result[string, int64]) int64 { return r.Value }
	all := func(window.Result[string, int64]) string { return "most" }
	most := window.AggregateBy(perPage, "most", all, window.Tumbling(time.Minute), aggregate.Max(count))
	stream.ToTable(lines(most), "popular", "views of the page with the most", "window", "key")
	run(job)
	// Output:
	// {"window":"10:00:00-10:01:00","key":"most","value":2}
	// {"window":"10:01:00-10:02:00","key":"most","value":2}
}
