package sink_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/sink"
	kafkasink "github.com/millrace/millrace/internal/sink/kafka"
	"github.com/millrace/millrace/internal/sink/webhook"
)

func (s *shop) webhook(c webhook.Config) sink.Config {
	c.Name, c.Clock = "crm", clock.Real()
	return s.config("webhook", func(context.Context) (sink.Destination, error) { return webhook.New(c), nil })
}

// A receiver that fails now and then, and a sink that is ended now and then: every message
// comes, in the order of its key, with a signature that holds and an id of its own.
func TestWebhooksComeInOrder(t *testing.T) {
	s := newShop(t)
	s.send(2000)
	random := rand.New(rand.NewPCG(3, 4))
	r := newReceiver(t, func(string) int {
		if random.IntN(400) == 0 {
			return http.StatusBadGateway
		}
		return http.StatusOK
	})
	s.delivered(s.webhook(webhook.Config{URL: r.URL, Secret: []byte("secret")}), nil)
	s.inOrder(r.bodies, false)
	if extra := len(r.bodies) - s.sent; extra > 5*1000 {
		t.Errorf("%d messages came again", extra)
	}
	ids := make(map[string]string)
	for i, h := range r.heads {
		id, body := h.Get("Idempotency-Key"), r.bodies[i]
		if known, ok := ids[id]; ok && known != body {
			t.Fatalf("id %s is of two messages", id)
		}
		ids[id] = body
		seconds, _, _ := strings.Cut(strings.TrimPrefix(h.Get("Millrace-Signature"), "t="), ",")
		at, err := strconv.ParseInt(seconds, 10, 64)
		if want := webhook.Sign([]byte("secret"), time.Unix(at, 0), []byte(body)); err != nil || h.Get("Millrace-Signature") != want {
			t.Fatalf("signature %q, want %q", h.Get("Millrace-Signature"), want)
		}
	}
	if len(ids) != s.sent {
		t.Errorf("%d ids of %d messages", len(ids), s.sent)
	}
}

// What the receiver refuses for good is a dead letter, and nothing waits for it.
func TestWhatIsRefusedIsADeadLetter(t *testing.T) {
	s := newShop(t)
	s.send(50)
	r := newReceiver(t, func(body string) int {
		if strings.Contains(body, `"n":17,`) {
			return http.StatusUnprocessableEntity
		}
		return http.StatusOK
	})
	cfg := s.webhook(webhook.Config{URL: r.URL})
	cfg.DeadLetters = "orders.dead"
	one, stop := s.start(cfg)
	until(t, "all but one are delivered", func() bool { return one.Stats().Delivered == 50 })
	stop()
	if st := one.Stats(); len(r.bodies) != 49 || st.DeadLetters != 1 {
		t.Errorf("%d delivered, %+v", len(r.bodies), st)
	}
	dead := s.read("orders.dead", 1)[0]
	headers := make(map[string]string)
	for _, h := range dead.Headers {
		headers[h.Key] = string(h.Value)
	}
	if string(dead.Value) != order(17) || headers["__connect.errors.topic"] != topic || headers["__connect.errors.connector.name"] != "crm" ||
		!strings.Contains(headers["__connect.errors.exception.message"], "422") {
		t.Errorf("dead letter %s %v", dead.Value, headers)
	}
}

// Without a topic for dead letters the sink waits at what is refused, and says so.
func TestASinkWithoutDeadLettersWaits(t *testing.T) {
	s := newShop(t)
	s.send(3)
	answer := http.StatusUnprocessableEntity
	r := newReceiver(t, func(string) int { return answer })
	one, stop := s.start(s.webhook(webhook.Config{URL: r.URL}))
	defer stop()
	until(t, "it failed", func() bool { return one.Stats().Errors > 0 })
	if st := one.Stats(); st.State != sink.Retrying || st.Delivered != 0 || st.Lag != 3 || !strings.Contains(st.LastError, "422") {
		t.Errorf("%+v", st)
	}
	r.mu.Lock()
	answer = http.StatusOK
	r.mu.Unlock()
	until(t, "it went on", func() bool { return one.Stats().Delivered == 3 })
}

// A destination that is dead delays no other.
func TestADeadDestinationDelaysNoOther(t *testing.T) {
	s := newShop(t)
	s.send(100)
	dead := s.config("dead", func(context.Context) (sink.Destination, error) { return nil, errors.New("nobody is there") })
	dead.Name = "dead"
	_, stopDead := s.start(dead)
	defer stopDead()
	r := newReceiver(t, func(string) int { return http.StatusOK })
	one, stop := s.start(s.webhook(webhook.Config{URL: r.URL, BatchSize: 10}))
	defer stop()
	until(t, "the other has delivered", func() bool { return one.Stats().Delivered == 100 })
	var all []string
	for _, b := range r.bodies {
		var list []json.RawMessage
		if err := json.Unmarshal([]byte(b), &list); err != nil || len(list) > 10 {
			t.Fatalf("a request of %d messages: %v", len(list), err)
		}
		for _, m := range list {
			all = append(all, string(m))
		}
	}
	s.inOrder(all, true)
}

// A new sink may begin at the end, and stays there though it dies before it has delivered.
func TestASinkThatBeginsAtTheEnd(t *testing.T) {
	s := newShop(t)
	s.send(10)
	r := newReceiver(t, func(string) int { return http.StatusOK })
	cfg := s.webhook(webhook.Config{URL: r.URL})
	cfg.Latest = true
	one, stop := s.start(cfg)
	until(t, "it runs", func() bool { return one.Stats().State == sink.Running })
	stop()
	s.send(5)
	one, stop = s.start(cfg)
	defer stop()
	until(t, "what came later is delivered", func() bool { return one.Stats().Delivered == 5 })
	until(t, "its positions are those of the end", func() bool { return one.Stats().Lag == 0 })
	var before, since int64
	for _, at := range one.Stats().Positions {
		before, since = before+at.From, since+at.Next-at.From
	}
	if before != 10 || since != 5 {
		t.Errorf("%d messages were before it began, and it delivered %d since", before, since)
	}
}

// read returns records of a topic.
func (s *shop) read(topic string, n int) (records []*kgo.Record) {
	s.t.Helper()
	return readFrom(s.t, s.address, topic, n)
}

func readFrom(t *testing.T, address, topic string, n int) (records []*kgo.Record) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(address), kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for len(records) < n {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatalf("%d of %d records of %s: %v", len(records), n, topic, err)
		}
		records = append(records, fetches.Records()...)
	}
	return records
}

// Another cluster gets each message once, in the order of its key, however often the sink
// is ended.
func TestAnotherKafkaGetsEachMessageOnce(t *testing.T) {
	s := newShop(t)
	s.send(5000)
	other := broker(t)
	cfg := s.config("kafka", func(ctx context.Context) (sink.Destination, error) {
		return kafkasink.Open(ctx, kafkasink.Config{
			Name: "crm", Topic: "copy", Positions: "millrace.sinks", Options: []kgo.Opt{kgo.SeedBrokers(other)},
		})
	})
	cfg.BatchRecords = 50
	s.delivered(cfg, nil)
	var values []string
	for _, r := range readFrom(t, other, "copy", s.sent) {
		values = append(values, string(r.Value))
	}
	s.inOrder(values, true)
}
