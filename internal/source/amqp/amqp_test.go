//go:build sources

package amqpsource_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/servicetest"
	amqpsource "github.com/millrace/millrace/internal/source/amqp"
	"github.com/millrace/millrace/internal/source/intake"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/resumetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// proxy stands between source and server, and cuts connections on demand.
type proxy struct {
	address string
	conns   chan net.Conn
}

func openProxy(t *testing.T, server string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p := &proxy{address: l.Addr().String(), conns: make(chan net.Conn, 1000)}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", server)
			if err != nil {
				client.Close()
				continue
			}
			p.conns <- client
			go func() { _, _ = io.Copy(upstream, client); upstream.Close() }()
			go func() { _, _ = io.Copy(client, upstream); client.Close() }()
		}
	}()
	return p
}

// cut ends every connection.
func (p *proxy) cut() {
	for {
		select {
		case c := <-p.conns:
			c.Close()
		default:
			return
		}
	}
}

// fixture is one queue of the server, with the log that it goes to.
type fixture struct {
	t       *testing.T
	server  *servicetest.Service
	channel *amqp.Channel
	queue   string
	log     *resumetest.Log
	meters  *meter.Registry
	stop    func()
}

func newFixture(t *testing.T, server *servicetest.Service, queue string) *fixture {
	t.Helper()
	conn, err := amqp.Dial(servicetest.RabbitURL(server))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	channel, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	if err := channel.Confirm(false); err != nil {
		t.Fatal(err)
	}
	return &fixture{t: t, server: server, channel: channel, queue: queue, log: resumetest.New(), meters: new(meter.Registry)}
}

// start runs the source until the test ends, or stop is called.
func (f *fixture) start(change func(*amqpsource.Config)) {
	f.t.Helper()
	cfg := amqpsource.Config{
		URL: servicetest.RabbitURL(f.server), Queue: f.queue, Envelope: true, Clock: clock.Real(),
		Random: func() float64 { return 0 }, Logger: slog.New(slog.DiscardHandler), LagInterval: 20 * time.Millisecond,
		Intake: intake.Config{
			Source: "till", Adapter: native.New(), Appender: f.log, Meters: f.meters, Clock: clock.Real(),
			EventBytes: 1000, BatchRecords: 20,
		},
	}
	if change != nil {
		change(&cfg)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- amqpsource.New(cfg).Run(ctx) }()
	var stopped atomic.Bool
	f.stop = func() {
		if cancel(); !stopped.Swap(true) {
			if err := <-done; err != nil {
				f.t.Error(err)
			}
		}
	}
	f.t.Cleanup(f.stop)
}

func (f *fixture) publish(exchange, key string, messages ...amqp.Publishing) {
	f.t.Helper()
	var confirms []*amqp.DeferredConfirmation
	for _, m := range messages {
		m.DeliveryMode = amqp.Persistent
		c, err := f.channel.PublishWithDeferredConfirmWithContext(f.t.Context(), exchange, key, true, false, m)
		if err != nil {
			f.t.Fatal(err)
		}
		confirms = append(confirms, c)
	}
	for _, c := range confirms {
		if ok, err := c.WaitContext(f.t.Context()); err != nil || !ok {
			f.t.Fatalf("not confirmed: %v", err)
		}
	}
}

func (f *fixture) eventually(what string, ok func() bool) {
	f.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			f.t.Fatalf("waited too long for %s; %+v", what, f.meters.Stats())
		}
	}
}

// records returns the distinct records of the log, sorted.
func (f *fixture) records() []string {
	var found []string
	for p := range int32(resumetest.Partitions) {
		for _, e := range f.log.Records(p) {
			r := &e.Record
			found = append(found, fmt.Sprintf("%.40s|%s|%s|%s", r.Payload, r.Stream, r.Envelope, r.Reject))
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// left is how many messages the queue has, those that wait for an acknowledgement
// included only when nobody consumes it.
func (f *fixture) left() int {
	f.t.Helper()
	q, err := f.channel.QueueDeclarePassive(f.queue, true, false, false, false, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	return q.Messages
}

func TestRabbitMQ(t *testing.T) {
	server := servicetest.RabbitMQ(t)
	t.Run("a queue is declared and bound, and its messages say where they come from", func(t *testing.T) {
		origins(newFixture(t, server, "origins"))
	})
	t.Run("messages are acknowledged after the log has them", func(t *testing.T) {
		acknowledged(newFixture(t, server, "acknowledged"))
	})
	t.Run("every message through cut connections and a log that fails", func(t *testing.T) {
		cuts(newFixture(t, server, "cuts"))
	})
	t.Run("a deleted queue", func(t *testing.T) { deleted(newFixture(t, server, "deleted")) })
}

func origins(f *fixture) {
	t := f.t
	if err := f.channel.ExchangeDeclare("shop", "topic", true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	f.start(func(c *amqpsource.Config) {
		c.Exchange, c.BindingKeys, c.Headers = "shop", []string{"order.*", "till.#"}, []string{"region", "n"}
	})
	f.eventually("a consumer", func() bool { s := f.meters.Stats(); return len(s) == 1 && s[0].State == meter.Running })
	f.publish("shop", "order.new", amqp.Publishing{
		MessageId: "m-1", Body: []byte(`{"id":"1"}`), Headers: amqp.Table{"region": "EU", "n": int32(7), "secret": "x"},
	})
	f.publish("shop", "till.1.sale", amqp.Publishing{Body: []byte(`{"id":"2"}`)})
	f.publish("", f.queue,
		amqp.Publishing{}, amqp.Publishing{Body: make([]byte, 1001)},
		amqp.Publishing{Body: []byte("x"), MessageId: "m-3"})
	f.eventually("five records", func() bool { return f.log.Total() >= 5 })
	want := []string{
		`x|amqp:origins|{"id":"m-3","key":"origins"}|`,
		`{"id":"1"}|amqp:origins|{"headers":{"n":"7","region":"EU"},"id":"m-1","key":"order.new","topic":"shop"}|`,
		`{"id":"2"}|amqp:origins|{"key":"till.1.sale","topic":"shop"}|`,
		`|amqp:origins|{"key":"origins"}|empty`,
		strings.Repeat("\x00", 40) + `|amqp:origins|{"key":"origins"}|too_large`,
	}
	slices.Sort(want)
	if got := f.records(); !slices.Equal(got, want) {
		t.Errorf("the log has\n%q, want\n%q", got, want)
	}
	f.stop()
	if n := f.left(); n != 0 {
		t.Errorf("%d messages are left, refused ones among them", n)
	}
}

func acknowledged(f *fixture) {
	f.start(nil)
	f.eventually("a consumer", func() bool { s := f.meters.Stats(); return len(s) == 1 && s[0].State == meter.Running })
	f.log.FullAt(1) // it takes one batch, and then nothing
	for n := range 50 {
		f.publish("", f.queue, amqp.Publishing{Body: fmt.Appendf(nil, `{"id":"%d"}`, n)})
	}
	f.eventually("one record", func() bool { return f.log.Total() > 0 })
	f.stop() // what the log did not take goes back
	taken := f.log.Total()
	// A quorum queue has them a moment after the connection has ended.
	f.eventually("what the log did not take to be in the queue", func() bool { return f.left() >= 50-taken })
	f.log.FullAt(0)
	f.start(nil)
	f.eventually("all messages", func() bool { return len(f.records()) == 50 })
	f.stop()
	if left := f.left(); left != 0 {
		f.t.Errorf("%d messages are left", left)
	}
}

func cuts(f *fixture) {
	proxy := openProxy(f.t, f.server.Address)
	f.log.Fail(0.02, 3)
	f.start(func(c *amqpsource.Config) { c.URL = "amqp://guest:guest@" + proxy.address + "/" })
	f.eventually("a consumer", func() bool { s := f.meters.Stats(); return len(s) == 1 && s[0].State == meter.Running })
	const all = 5000
	random := rand.New(rand.NewPCG(1, 1))
	for n := 0; n < all; n += 500 {
		var batch []amqp.Publishing
		for i := range 500 {
			batch = append(batch, amqp.Publishing{Body: fmt.Appendf(nil, `{"id":"%d"}`, n+i)})
		}
		f.publish("", f.queue, batch...)
		if random.IntN(3) == 0 {
			proxy.cut()
		}
	}
	proxy.cut()
	f.eventually("all messages", func() bool { return len(f.records()) == all })
	f.eventually("an empty queue", func() bool { return f.left() == 0 })
	f.stop()
	if left := f.left(); left != 0 {
		f.t.Errorf("%d messages are left", left)
	}
	if s := f.meters.Stats()[0]; s.Errors == 0 {
		f.t.Errorf("no connection was cut: %+v", s)
	}
}

func deleted(f *fixture) {
	f.start(nil)
	f.eventually("a consumer", func() bool { s := f.meters.Stats(); return len(s) == 1 && s[0].State == meter.Running })
	if _, err := f.channel.QueueDelete(f.queue, false, false, false); err != nil {
		f.t.Fatal(err)
	}
	f.eventually("an error", func() bool { return f.meters.Stats()[0].Errors > 0 })
	f.eventually("the queue anew", func() bool { return f.meters.Stats()[0].State == meter.Running })
	f.publish("", f.queue, amqp.Publishing{Body: []byte(`{"id":"1"}`)})
	f.eventually("a message", func() bool { return f.log.Total() == 1 })
}
