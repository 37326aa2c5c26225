//go:build sources

package mqttsource_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/servicetest"
	"github.com/millrace/millrace/internal/source/intake"
	"github.com/millrace/millrace/internal/source/meter"
	mqttsource "github.com/millrace/millrace/internal/source/mqtt"
	"github.com/millrace/millrace/internal/source/resumetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// store is a broker and the log that its messages go to.
type store struct {
	t      *testing.T
	broker *servicetest.Service
	log    *resumetest.Log
	meters *meter.Registry
	topic  string
}

// start runs a source until the returned function is called.
func (s *store) start(version int, change func(*mqttsource.Config)) (stop func()) {
	s.t.Helper()
	s.meters = new(meter.Registry)
	cfg := mqttsource.Config{
		URL: "tcp://" + s.broker.Address, Version: version, ClientID: "millrace-" + s.topic, Topics: []string{s.topic + "/#"},
		Envelope: true, Clock: clock.Real(), Random: func() float64 { return 0 }, Logger: slog.New(slog.DiscardHandler),
		Intake: intake.Config{
			Source: "shelf", Adapter: native.New(), Appender: s.log, Meters: s.meters, Clock: clock.Real(),
			EventBytes: 1000, BatchRecords: 20,
		},
	}
	if change != nil {
		change(&cfg)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- mqttsource.New(cfg).Run(ctx) }()
	var stopped atomic.Bool
	stop = func() {
		if cancel(); !stopped.Swap(true) {
			if err := <-done; err != nil {
				s.t.Error(err)
			}
		}
	}
	s.t.Cleanup(stop)
	s.eventually("a connection", func() bool { all := s.meters.Stats(); return len(all) == 1 && all[0].State == meter.Running })
	return stop
}

func (s *store) eventually(what string, ok func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("waited too long for %s; %d records, %+v", what, s.log.Total(), s.meters.Stats())
		}
	}
}

// publish sends messages and waits until the broker has them.
func (s *store) publish(topic string, payloads ...string) {
	s.t.Helper()
	client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + s.broker.Address).SetClientID("sensor"))
	if t := client.Connect(); t.Wait() && t.Error() != nil {
		s.t.Fatal(t.Error())
	}
	defer client.Disconnect(100)
	var tokens []mqtt.Token
	for _, p := range payloads {
		tokens = append(tokens, client.Publish(s.topic+topic, 1, false, p))
	}
	for _, t := range tokens {
		if t.Wait() && t.Error() != nil {
			s.t.Fatal(t.Error())
		}
	}
}

func (s *store) records() []string {
	var found []string
	for p := range int32(resumetest.Partitions) {
		for _, e := range s.log.Records(p) {
			r := &e.Record
			found = append(found, fmt.Sprintf("%s|%s|%s|%s", r.Payload, r.Stream, r.Envelope, r.Reject))
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func numbered(from, to int) (payloads []string) {
	for n := from; n < to; n++ {
		payloads = append(payloads, fmt.Sprintf(`{"id":"%d"}`, n))
	}
	return payloads
}

func TestMosquitto(t *testing.T) {
	broker := servicetest.Mosquitto(t)
	for _, version := range []int{5, 3} {
		fresh := func(name string) *store {
			return &store{broker: broker, log: resumetest.New(), topic: fmt.Sprintf("%s%d", name, version)}
		}
		run := func(name string, test func(*store, int)) {
			t.Run(fmt.Sprintf("MQTT %d %s", version, name), func(t *testing.T) {
				s := fresh(name)
				s.t = t
				test(s, version)
			})
		}
		run("origins", origins)
		run("acknowledged", acknowledged)
		run("interrupted", interrupted)
		run("shared", shared)
	}
}

func origins(s *store, version int) {
	s.start(version, nil)
	s.publish("/till/1", `{"id":"1"}`, "", strings.Repeat("x", 1001))
	s.eventually("three records", func() bool { return s.log.Total() == 3 })
	envelope := fmt.Sprintf(`mqtt:%[1]s/till/1|{"topic":"%[1]s/till/1"}`, s.topic)
	want := []string{`{"id":"1"}|` + envelope + "|", "|" + envelope + "|empty", strings.Repeat("x", 1000)}
	got := s.records()
	slices.Sort(want)
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			s.t.Errorf("record %d is %.80s, want %.80s", i, got[i], want[i])
		}
	}
}

func acknowledged(s *store, version int) {
	stop := s.start(version, nil)
	s.log.FullAt(1)
	s.publish("/a", numbered(0, 50)...)
	s.eventually("a record", func() bool { return s.log.Total() > 0 })
	stop() // what the log did not take is not acknowledged
	s.log.FullAt(0)
	s.publish("/a", numbered(50, 60)...) // while nobody is there
	stop = s.start(version, nil)
	s.eventually("all messages", func() bool { return len(s.records()) == 60 })
	stop()
	// On a busy machine an acknowledgement may be cut off by the end of its connection; then
	// the next one acknowledges again.
	again := 0
	for n := 60; n < 65; n++ {
		total := s.log.Total()
		stop = s.start(version, nil)
		s.publish("/a", numbered(n, n+1)...)
		s.eventually("one more", func() bool { return len(s.records()) == n+1 })
		stop()
		if again = s.log.Total() - total - 1; again == 0 {
			return
		}
	}
	s.t.Errorf("%d messages came again though they were acknowledged", again)
}

func interrupted(s *store, version int) {
	s.log.Fail(0.02, 5)
	stop := s.start(version, nil)
	for n := range 4 {
		s.publish("/a", numbered(n*500, n*500+500)...)
		s.broker.Stop() // it saves what it has
		if err := s.broker.Start(); err != nil {
			s.t.Fatal(err)
		}
	}
	s.eventually("all messages", func() bool { return len(s.records()) == 2000 })
	stop()
	if stats := s.meters.Stats()[0]; stats.Errors == 0 {
		s.t.Errorf("no connection was lost: %+v", stats)
	}
}

func shared(s *store, version int) {
	s.start(version, func(c *mqttsource.Config) { c.Group, c.ClientID = "floor", c.ClientID+"a" })
	s.start(version, func(c *mqttsource.Config) { c.Group, c.ClientID = "floor", c.ClientID+"b" })
	s.publish("/a", numbered(0, 200)...)
	s.eventually("all messages", func() bool { return s.log.Total() == 200 })
	if n := len(s.records()); n != 200 {
		s.t.Errorf("%d of 200 messages are different", n)
	}
}
