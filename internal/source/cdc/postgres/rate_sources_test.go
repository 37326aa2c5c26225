//go:build sources

package postgres_test

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/millrace/millrace/adapter/debezium"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/eventlog/embedded"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/source/cdc/postgres"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/resume"
	"github.com/millrace/millrace/internal/source/resumetest"
)

func cpuSeconds(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// Row changes per second and per CPU-second of this process, from the server's
// write-ahead log into the embedded log (both are in this process but the server).
func BenchmarkPostgresChangesIntoTheLog(b *testing.B) {
	const rows = 300_000
	d := start(b)
	d.exec(`CREATE TABLE orders (id bigint PRIMARY KEY, customer_id text, status text, total numeric(12,2), updated_at timestamptz, attributes jsonb)`)
	broker, err := embedded.Open(embedded.Config{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(broker.Close)
	topic, err := eventlog.OpenTopic(b.Context(), eventlog.Config{Log: config.Default().Log, Seeds: []string{broker.Address()}, Dial: broker.Dial()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(topic.Close)
	writer, err := eventlog.OpenWriter(topic)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(writer.Close)
	meters := new(meter.Registry)
	source, err := postgres.New(postgres.Config{
		URL: d.PostgresURL(), Source: "shop", Adapter: debezium.New(), Tables: []string{"orders"}, Meters: meters,
		Log:   &resume.Log{Appender: writer, Tail: topic, Cursors: resumetest.New(), Clock: clock.Real()},
		Clock: clock.Real(), Random: func() float64 { return 0 },
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- source.Run(ctx) }()
	for len(d.rows(`SELECT FROM pg_replication_slots WHERE active`)) == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	wait := func(n int64) {
		for meters.Stats()[0].Events < n {
			time.Sleep(5 * time.Millisecond)
		}
	}
	for n := int64(1); b.Loop(); n++ {
		began, cpu := time.Now(), cpuSeconds(b)
		d.exec(`INSERT INTO orders SELECT g + %d, 'c-' || g %% 1000, 'paid', g * 0.01, now(), '{"gift": true, "channel": "web"}' FROM generate_series(1, %d) g`, n*rows, rows)
		wait(n * rows)
		b.ReportMetric(rows/time.Since(began).Seconds(), "rows/s")
		b.ReportMetric(rows/(cpuSeconds(b)-cpu), "rows/cpu-s")
	}
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}
