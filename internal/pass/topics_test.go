package pass_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/stream"
)

// purchaseJob publishes each purchase.
func purchaseJob(to func(stream.Stream[purchase])) []*stream.Job {
	j := stream.NewJob("purchases", 1)
	purchases := stream.Events(j, "purchases", func(b *event.Batch, i int, emit func(purchase)) {
		emit(purchase{Customer: b.CustomerID[i], Amount: b.Amount[i]})
	})
	to(purchases)
	return []*stream.Job{j}
}

// published reads a topic of results, as consumers do, until it has as many as are
// wanted. It returns them by number.
func (s *shop) published(topic string, want int) map[uint64]purchase {
	s.t.Helper()
	client, err := s.topic.Client(kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		s.t.Fatal(err)
	}
	defer client.Close()
	all := make(map[uint64]purchase)
	deadline := time.Now().Add(time.Minute)
	for len(all) < want && time.Now().Before(deadline) {
		for _, r := range client.PollFetches(s.t.Context()).Records() {
			number := uint64(0)
			for _, h := range r.Headers {
				if h.Key == eventlog.NumberHeader {
					if number, err = strconv.ParseUint(string(h.Value), 10, 64); err != nil {
						s.t.Fatal(err)
					}
				}
			}
			if _, twice := all[number]; twice {
				s.t.Errorf("result %d is in the topic twice", number)
			}
			var row struct {
				Customer string
				Amount   json.Number
			}
			if err := json.Unmarshal(r.Value, &row); err != nil {
				s.t.Fatalf("result %d is %q: %v", number, r.Value, err)
			}
			amount, err := event.ParseMicros(row.Amount.String())
			if err != nil || row.Customer != string(r.Key) {
				s.t.Errorf("result %d is %s under the key %s: %v", number, r.Value, r.Key, err)
			}
			all[number] = purchase{Customer: row.Customer, Amount: amount}
		}
	}
	return all
}

// A topic gets each result once, whatever fails and whenever: that of a job, and one to
// which a table or a feed goes besides.
func TestCrashesChangeNoTopics(t *testing.T) {
	for name, to := range map[string]func(stream.Stream[purchase]){
		"topic": func(p stream.Stream[purchase]) { stream.ToTopic(p, "shop.purchases", "what was bought", "customer") },
		"table": func(p stream.Stream[purchase]) { stream.ToTable(p, "purchases", "what was bought", "customer") },
		"feed":  func(p stream.Stream[purchase]) { stream.ToFeed(p, "purchases", "what was bought", "customer") },
	} {
		t.Run(name, func(t *testing.T) { crashesChangeNoTopics(t, to) })
	}
}

func crashesChangeNoTopics(t *testing.T, to func(stream.Stream[purchase])) {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	s := newJobShop(t, 2)
	s.jobs = func() []*stream.Job { return purchaseJob(to) }
	s.mirrors = map[string]string{"purchases": "shop.purchases"}
	known := 0
	for round := range 6 {
		s.disturb(random)
		s.start()
		lines := make([]string, 1+random.IntN(500))
		for i := range lines {
			lines[i] = sale(random, &known)
		}
		s.send(lines...)
		time.Sleep(time.Duration(random.IntN(40)) * time.Millisecond)
		if err := s.stop(); err != nil && !errors.Is(err, errPower) {
			t.Fatalf("round %d: %v", round, err)
		}
	}
	s.gate.before, s.gate.after = 0, 0
	s.start()
	s.untilQueryable()
	var want int
	for _, row := range s.rows(`SELECT count(*) FROM events WHERE NOT late`) {
		want = int(row[0].(int64))
	}
	all := s.published("shop.purchases", want)
	sums := make(map[string]event.Micros)
	for _, p := range all {
		sums[p.Customer] += p.Amount
	}
	if len(all) != want || want == 0 {
		t.Errorf("the topic has %d results, want %d", len(all), want)
	}
	for _, row := range s.rows(`SELECT customer_id, sum(amount)::VARCHAR FROM events WHERE NOT late GROUP BY 1`) {
		amount, err := event.ParseMicros(row[1].(string))
		if err != nil || sums[row[0].(string)] != amount {
			t.Errorf("%s bought for %s by the topic, for %s by the events (%v)", row[0], sums[row[0].(string)], amount, err)
		}
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}
