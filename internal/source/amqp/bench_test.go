//go:build sources

package amqpsource_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/servicetest"
	amqpsource "github.com/millrace/millrace/internal/source/amqp"
	"github.com/millrace/millrace/internal/source/intake"
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

func BenchmarkRabbitMQ(b *testing.B) {
	server := servicetest.RabbitMQ(b)
	conn, err := amqp.Dial(servicetest.RabbitURL(server))
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	channel, err := conn.Channel()
	if err != nil {
		b.Fatal(err)
	}
	if _, err := channel.QueueDeclare("orders", true, false, false, false, amqp.Table{amqp.QueueTypeArg: "quorum"}); err != nil {
		b.Fatal(err)
	}
	const n = 50_000
	s := &sink{Log: resumetest.New()}
	for i := range n {
		err := channel.PublishWithContext(b.Context(), "", "orders", false, false, amqp.Publishing{DeliveryMode: amqp.Persistent, Body: fmt.Appendf(nil, event, i)})
		if err != nil {
			b.Fatal(err)
		}
	}
	for ready := 0; ready < n; time.Sleep(10 * time.Millisecond) {
		q, err := channel.QueueDeclarePassive("orders", true, false, false, false, nil)
		if err != nil {
			b.Fatal(err)
		}
		ready = q.Messages
	}
	measure(b, s, n, func(ctx context.Context) error {
		return amqpsource.New(amqpsource.Config{
			URL: servicetest.RabbitURL(server), Queue: "orders", Envelope: true, Clock: clock.Real(), Random: func() float64 { return 0 },
			Intake: intake.Config{Source: "till", Adapter: native.New(), Appender: s, Clock: clock.Real()},
		}).Run(ctx)
	})
}
