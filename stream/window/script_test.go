package window_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/streamtest"
	"github.com/millrace/millrace/stream/window"
)

type order struct {
	Customer string
	Amount   event.Micros
}

func readOrder(b *event.Batch, i int, emit func(order)) { emit(order{b.CustomerID[i], b.Amount[i]}) }

type sales struct {
	Orders int64        `state:"orders"`
	Total  event.Micros `state:"total"`
}

func countAndSum() aggregate.Aggregator[order, aggregate.Pair[int64, aggregate.Total], sales] {
	return aggregate.Combine2(
		aggregate.Count[order](),
		aggregate.Sum(func(o order) event.Micros { return o.Amount }),
		func(n int64, total event.Micros) sales { return sales{n, total} },
	)
}

// lateOrder is a row of the stream of late elements.
type lateOrder struct {
	Late   string       `state:"late"`
	Amount event.Micros `state:"amount"`
}

// orders is the job of the scripts: what each customer bought per window.
func orders(args map[string]string) *stream.Job {
	job := stream.NewJob("orders", 1)
	all := stream.Events(job, "orders", readOrder)
	spec, opts := parseSpec(args)
	var late stream.Stream[stream.Record[string, order]]
	opts = append(opts, window.LateTo(&late))
	customer := func(o order) string { return o.Customer }
	var results stream.Stream[window.Result[string, sales]]
	if _, twoPhase := args["two-phase"]; twoPhase {
		results = window.AggregateBy(all, "sales", customer, spec, countAndSum(), opts...)
	} else {
		results = window.Aggregate(stream.KeyBy(all, "by customer", customer), "sales", spec, countAndSum(), opts...)
	}
	stream.ToTable(results, "sales", "what each customer bought", "key", "start", "end")
	tooLate := stream.Map(late, "late orders", func(r stream.Record[string, order]) lateOrder {
		return lateOrder{r.Key, r.Value.Amount}
	})
	stream.ToTopic(tooLate, "late", "orders that came too late", "late")
	return job
}

// parseSpec reads the windows of an open command.
func parseSpec(args map[string]string) (spec window.Spec, opts []window.Option) {
	d := func(name string) time.Duration {
		v, err := time.ParseDuration(args[name])
		if err != nil {
			panic(fmt.Sprintf("%s: %v", name, err))
		}
		return v
	}
	n := func(name string) int {
		v, err := strconv.Atoi(args[name])
		if err != nil {
			panic(fmt.Sprintf("%s: %v", name, err))
		}
		return v
	}
	has := func(name string) bool { return args[name] != "" }
	switch args["windows"] {
	case "tumbling":
		spec = window.Tumbling(d("size"))
	case "hopping":
		spec = window.Hopping(d("size"), d("every"))
	case "cumulating":
		spec = window.Cumulating(d("step"), d("limit"))
	case "sliding":
		spec = window.Sliding(d("size"))
	case "session":
		spec = window.Session(d("gap"))
	case "count":
		spec = window.CountEvery(n("n"), n("every"))
	}
	if has("offset") {
		spec = spec.Offset(d("offset"))
	}
	if has("max") {
		spec = spec.MaxLength(d("max"))
	}
	if has("zone") {
		zone, err := time.LoadLocation(args["zone"])
		if err != nil {
			panic(err)
		}
		spec = spec.In(zone)
	}
	if has("lateness") {
		opts = append(opts, window.Lateness(d("lateness")))
	}
	if has("ttl") {
		opts = append(opts, window.TTL(d("ttl")))
	}
	switch {
	case args["emit"] == "commit":
		opts = append(opts, window.Emit(window.EveryCommit))
	case has("emit"):
		opts = append(opts, window.Emit(window.Every(d("emit"))))
	}
	return spec, opts
}

func TestScripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		if strings.HasSuffix(path, ".txt") {
			streamtest.Script(t, path, orders)
		}
	})
}
