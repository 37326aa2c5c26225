//go:build sources

package redissource_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/servicetest"
	redissource "github.com/millrace/millrace/internal/source/redis"
	"github.com/millrace/millrace/internal/source/resume"
	"github.com/millrace/millrace/internal/source/resumetest"
)

// sink is a log that counts and keeps nothing.
type sink struct {
	*resumetest.Log
	taken atomic.Int64
}

func (s *sink) AppendAsync(_ context.Context, entries []eventlog.Entry, done func([]eventlog.Entry, error)) {
	s.taken.Add(int64(len(entries)))
	done(entries, nil)
}

// measure runs a source once until it has taken n records, and reports how many it takes
// per second of processor time. What it takes is gone, so that each run publishes anew.
func measure(b *testing.B, s *sink, n int64, run func(context.Context) error) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	before, from := cpuSeconds(b), s.taken.Load()
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	for s.taken.Load()-from < n {
		time.Sleep(time.Millisecond)
	}
	b.ReportMetric(float64(n)/(cpuSeconds(b)-before), "records/cpu-s")
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}

// event is a payload of 250 bytes.
const event = `{"id":"order-%08d","type":"order_completed","customer_id":"c1","anonymous_id":"a1","order_id":"4711","currency":"GBP","amount":"28.50","items":[{"product_id":"p1","name":"Lantern","category":"Light","quantity":2,"price":"12.50","kind":"sale"}],"x":"yyyyy"}`

// cpuSeconds is what this process has used; that of the server is its own.
func cpuSeconds(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

func BenchmarkRedis(b *testing.B) {
	server := servicetest.Redis(b)
	client := redis.NewClient(&redis.Options{Addr: server.Address, Password: servicetest.Password, DisableIdentity: true})
	defer client.Close()
	const n = 50_000
	for from := 0; from < n; from += 5000 {
		_, err := client.Pipelined(b.Context(), func(p redis.Pipeliner) error {
			for i := range 5000 {
				p.XAdd(b.Context(), &redis.XAddArgs{Stream: "orders", Values: []any{"payload", fmt.Sprintf(event, from+i)}})
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	s := &sink{Log: resumetest.New()}
	measure(b, s, n, func(ctx context.Context) error {
		return redissource.New(redissource.Config{
			Address: server.Address, Password: servicetest.Password, Key: "orders", Source: "shop", Adapter: native.New(), Envelope: true,
			Log:    &resume.Log{Appender: s, Tail: s, Cursors: resumetest.New(), Clock: clock.Real()},
			Counts: resumetest.New(), Clock: clock.Real(), Random: func() float64 { return 0 },
		}).Run(ctx)
	})
}
