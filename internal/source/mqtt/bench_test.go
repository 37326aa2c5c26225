//go:build sources

package mqttsource_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/servicetest"
	"github.com/millrace/millrace/internal/source/intake"
	mqttsource "github.com/millrace/millrace/internal/source/mqtt"
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

func BenchmarkMQTT5(b *testing.B) { benchmarkMQTT(b, 5) }

func BenchmarkMQTT3(b *testing.B) { benchmarkMQTT(b, 3) }

func benchmarkMQTT(b *testing.B, version int) {
	broker := servicetest.Mosquitto(b)
	s := &sink{Log: resumetest.New()}
	source := func(ctx context.Context) error {
		return mqttsource.New(mqttsource.Config{
			URL: "tcp://" + broker.Address, Version: version, ClientID: "millrace", Topics: []string{"a/#"}, Envelope: true,
			Clock: clock.Real(), Random: func() float64 { return 0 },
			Intake: intake.Config{Source: "shelf", Adapter: native.New(), Appender: s, Clock: clock.Real()},
		}).Run(ctx)
	}
	client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + broker.Address).SetClientID("sensor"))
	if t := client.Connect(); t.Wait() && t.Error() != nil {
		b.Fatal(t.Error())
	}
	defer client.Disconnect(100)
	// The session exists once a message has come.
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- source(ctx) }()
	for s.taken.Load() == 0 {
		client.Publish("a/b", 1, false, event).Wait()
	}
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	const n = 20_000
	for i := range n {
		if t := client.Publish("a/b", 1, false, fmt.Sprintf(event, i)); i%100 == 99 {
			t.Wait()
		}
	}
	measure(b, s, n, source)
}
