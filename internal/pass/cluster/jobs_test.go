package cluster_test

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/pass/cluster"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/state"
	"github.com/millrace/millrace/stream/window"
)

func testConfig(group, instance string, transactionTimeout time.Duration, log io.Writer, options []kgo.Opt) cluster.Config {
	return cluster.Config{
		Options: options, Group: group, Instance: instance, Input: group + ".input", Shards: workerShards,
		Decode: decode, Jobs: []*stream.Job{countJob(), windowJob()},
		Output:      func(s *stream.Sink) string { return group + "." + s.Name },
		IdleTimeout: time.Hour, Interval: 30 * time.Millisecond, AnnounceInterval: 100 * time.Millisecond, MaxRecords: 500,
		SessionTimeout: sessionTimeout, TransactionTimeout: transactionTimeout,
		Clock: clock.Real(), Logger: slog.New(slog.NewTextHandler(log, nil)),
	}
}

// decode reads "customer µs".
func decode(b *event.Batch, records []*kgo.Record) error {
	for _, r := range records {
		customer, at, ok := strings.Cut(string(r.Value), " ")
		if !ok {
			return fmt.Errorf("offset %d: %q", r.Offset, r.Value)
		}
		i := b.Add(r.Offset, r.Timestamp.UnixMicro(), 0, r.Value)
		var err error
		if b.Time[i], err = strconv.ParseInt(at, 10, 64); err != nil {
			return err
		}
		b.CustomerID[i], b.Verdict[i] = customer, event.Accepted
		b.Source.Set(i, "test")
		b.Type.Set(i, "view")
	}
	return nil
}

func customers(j *stream.Job) stream.Keyed[string, string] {
	all := stream.Events(j, "all", func(b *event.Batch, i int, emit func(string)) { emit(b.CustomerID[i]) })
	return stream.KeyBy(all, "by customer", func(c string) string { return c })
}

// counted is published for every event: the n-th of its customer.
type counted struct {
	Customer string
	N        int64
}

func countJob() *stream.Job {
	j := stream.NewJob("count", 1)
	type in = stream.Element[stream.Record[string, string]]
	counts := stream.Connect(customers(j).Stream, "count", func(c *stream.Context, emit func(stream.Element[counted])) (func(in), stream.Operator, error) {
		table, err := state.OpenValue[string, int64](c.Space, "counts", state.TableOptions{})
		return func(e in) {
			n, _ := table.Upsert(e.Value.Key)
			*n++
			emit(stream.Element[counted]{Value: counted{e.Value.Key, *n}, Time: e.Time, Cause: e.Cause})
		}, nil, err
	})
	stream.ToTopic(counts, "counts", "", "customer")
	return j
}

// windowJob counts per customer and minute, and adds the customers up, behind a second exchange.
func windowJob() *stream.Job {
	j := stream.NewJob("window", 1)
	perMinute := window.Aggregate(customers(j), "per minute", window.Tumbling(time.Minute), aggregate.Count[string]())
	stream.ToTopic(perMinute, "minutes", "", "key", "start")
	type minute = window.Result[string, int64]
	all := stream.KeyBy(perMinute, "all customers", func(minute) string { return "all" })
	totals := window.Aggregate(all, "totals", window.Tumbling(time.Minute), aggregate.Sum(func(m minute) int64 { return m.Value }))
	stream.ToTopic(totals, "totals", "", "key", "start")
	return j
}
