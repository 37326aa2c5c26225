package sink_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/eventlog/embedded"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/sink"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shop is a log with a topic, and sinks of it.
type shop struct {
	t       *testing.T
	address string
	topic   *eventlog.Topic
	cursors *cursors
	sent    int
}

const topic = "orders"

func newShop(t *testing.T) *shop {
	t.Helper()
	address := broker(t)
	cfg := config.Default().Log
	cfg.Partitions = 3
	log, err := eventlog.OpenTopic(t.Context(), eventlog.Config{Log: cfg, Seeds: []string{address}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	if err := log.EnsureSource(t.Context(), topic); err != nil {
		t.Fatal(err)
	}
	return &shop{t: t, address: address, topic: log, cursors: &cursors{values: map[string][]byte{}}}
}

func broker(t *testing.T) string {
	t.Helper()
	b, err := embedded.Open(embedded.Config{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b.Address()
}

// cursors survive a sink, as the checkpoint store does.
type cursors struct {
	mu     sync.Mutex
	values map[string][]byte
}

func (c *cursors) Get(key string) ([]byte, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.values[key]
	return v, ok, nil
}

func (c *cursors) Put(key string, value []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.values[key] = value
	return nil
}

// keys are those of the messages: every seventh message is of the same.
const keys = 7

// order is a message: its number among those of its key, and of all.
func order(n int) string {
	return fmt.Sprintf(`{"id":"o%d","customer":"c%d","n":%d,"total":"%d.50"}`, n, n%keys, n, n)
}

// send appends messages to the topic.
func (s *shop) send(n int) {
	s.t.Helper()
	client, err := s.topic.Client(kgo.RequiredAcks(kgo.AllISRAcks()), kgo.DefaultProduceTopic(topic))
	if err != nil {
		s.t.Fatal(err)
	}
	defer client.Close()
	records := make([]*kgo.Record, n)
	for i := range records {
		records[i] = &kgo.Record{Key: fmt.Appendf(nil, "c%d", s.sent%keys), Value: []byte(order(s.sent))}
		s.sent++
	}
	if err := client.ProduceSync(s.t.Context(), records...).FirstErr(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) config(kind string, open func(context.Context) (sink.Destination, error)) sink.Config {
	return sink.Config{
		Name: "crm", Kind: kind, Topic: topic, Client: s.topic.Client, Ensure: s.topic.EnsureSource, Cursors: s.cursors,
		Open: open, Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler), Random: func() float64 { return 0 },
	}
}

// start runs a sink; the returned function ends it.
func (s *shop) start(cfg sink.Config) (running *sink.Sink, stop func()) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	running = sink.New(cfg)
	done := make(chan error, 1)
	go func() { done <- running.Run(ctx) }()
	return running, func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	}
}

// until waits for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	// A broker that was killed takes a minute to come back on a busy machine.
	const patience = 2 * time.Minute
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after %s it does not hold: %s", patience, what)
		}
	}
}

// delivered interrupts a sink at random moments until the topic is delivered.
func (s *shop) delivered(cfg sink.Config, disturb func()) {
	s.t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	for range 5 {
		_, stop := s.start(cfg)
		time.Sleep(time.Duration(random.IntN(150)) * time.Millisecond)
		if disturb != nil {
			disturb()
		}
		stop()
	}
	one, stop := s.start(cfg)
	defer stop()
	var st sink.Stats
	defer func() {
		if s.t.Failed() {
			s.t.Logf("%+v", st)
		}
	}()
	until(s.t, "the topic is delivered", func() bool {
		st = one.Stats()
		return st.State == sink.Running && st.Lag == 0
	})
}

// inOrder checks that messages came in the order of their key, each at least once, or
// exactly.
func (s *shop) inOrder(values []string, exactly bool) {
	s.t.Helper()
	next := make([]int, keys)
	for i := range next {
		next[i] = i
	}
	for _, v := range values {
		var n int
		if _, err := fmt.Sscanf(v[strings.Index(v, `"n":`):], `"n":%d`, &n); err != nil {
			s.t.Fatalf("%s: %v", v, err)
		}
		key := n % keys
		switch {
		case n == next[key]:
			next[key] += keys
		case n > next[key] || exactly:
			s.t.Fatalf("message %d came where %d of its key was due", n, next[key])
		}
	}
	for key, n := range next {
		if n < s.sent {
			s.t.Errorf("message %d of key %d did not come", n, key)
		}
	}
}

// receiver is a destination of webhooks.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	heads  []http.Header
	answer func(body string) int
}

func newReceiver(t *testing.T, answer func(body string) int) *receiver {
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			return // it was cut off
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		status := r.answer(string(body))
		if status == http.StatusOK {
			r.bodies = append(r.bodies, string(body))
			r.heads = append(r.heads, q.Header)
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(r.Close)
	return r
}
