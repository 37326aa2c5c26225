package rollup

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/warehouse/warehousetest"
)

// cpu is the processor time of the process.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkKeep is what rollups cost per event, of order lines that are stored before, beside what storing them costs:
// all of the platform, in steps of several sizes, and some by themselves.
func BenchmarkKeep(b *testing.B) {
	const events = 200_000
	lines := warehousetest.Retail(b, 2)[:events]
	for _, c := range []struct {
		name string
		step int64
		only string
	}{
		{"all/100000", 100_000, ""},
		{"all/10000", 10_000, ""},
		{"sums by hour", 100_000, "{name: a, description: b, dataset: order_lines, grain: hour, dimensions: [kind, country, currency], measures: [{name: n, aggregate: count}, {name: s, aggregate: sum, field: amount}]}"},
		{"different orders by day", 100_000, "{name: a, description: b, dataset: order_lines, grain: day, dimensions: [kind, country, currency], measures: [{name: n, aggregate: distinct, field: order_id}]}"},
		{"events by hour", 100_000, "{name: a, description: b, dataset: events, grain: hour, dimensions: [type, source, late, corrected, recovered, bot], measures: [{name: n, aggregate: count}]}"},
	} {
		b.Run(c.name, func(b *testing.B) {
			var files []string
			if c.only != "" {
				files = append(files, declare(b, "  - "+c.only+"\n"))
			}
			var stored, kept time.Duration
			for b.Loop() {
				w := newWorld(b, c.step, files...)
				w.keeper.cfg.foldRows = 0 // as it is by default
				batch := w.RetailBatch(0, lines)
				w.catchUp() // tables are made once
				start := cpu(b)
				w.Write(batch)
				written := cpu(b)
				w.catchUp()
				stored, kept = stored+written-start, kept+cpu(b)-written
			}
			b.ReportMetric(float64(kept.Microseconds())/float64(b.N*events), "cpu-µs/event")
			b.ReportMetric(float64(stored.Microseconds())/float64(b.N*events), "cpu-µs/event-stored")
		})
	}
}

// BenchmarkAsk asks for metrics over millions of lines, of rollups and of rows in turn.
func BenchmarkAsk(b *testing.B) {
	const copies = 4 // of half a million lines
	w := newWorld(b, 100_000)
	lines := warehousetest.Retail(b, 1)
	for k := range copies {
		for i := range lines {
			lines[i].Occurrence += uint32(1000 * k)
		}
		w.Write(w.RetailBatch(0, lines))
	}
	w.catchUp()
	for _, c := range []struct {
		name string
		q    metric.Query
	}{
		{"revenue by month", metric.Query{Metrics: []string{"revenue"}, Grain: "month"}},
		{"orders and revenue by country", metric.Query{Metrics: []string{"revenue", "orders"}, Dimensions: []string{"country"}}},
		{"all cards of a month", metric.Query{Metrics: []string{"revenue", "orders", "customers", "units", "average_order_value", "cancellation_rate"}, From: day(2011, 11, 1), To: day(2011, 12, 1)}},
	} {
		for _, rows := range []bool{false, true} {
			c.q.Rows = rows
			b.Run(fmt.Sprintf("%s, from rows %t", c.name, rows), func(b *testing.B) {
				start := cpu(b)
				for b.Loop() {
					if _, err := w.metrics.Query(b.Context(), c.q); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64((cpu(b)-start).Microseconds())/1000/float64(b.N), "cpu-ms/op")
			})
		}
	}
}
