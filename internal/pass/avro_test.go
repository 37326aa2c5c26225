package pass_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/hamba/avro/v2"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/result"
	"github.com/millrace/millrace/stream"
)

// registrar is a registry that does not answer for a while.
type registrar struct {
	mu       sync.Mutex
	refuse   int
	subjects []string
	schemas  []string
}

func (r *registrar) Register(_ context.Context, subject, schema string) (uint32, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse > 0 {
		r.refuse--
		return 0, errors.New("the registry is away")
	}
	r.subjects, r.schemas = append(r.subjects, subject), append(r.schemas, schema)
	return uint32(70 + len(r.schemas)), nil
}

// Results in Avro wait until the registry has their schema, also over a restart, and
// come in the wire format of Confluent's serializers.
func TestTopicsInAvroHaveTheirSchemaInTheRegistry(t *testing.T) {
	s := newJobShop(t, 2)
	s.jobs = func() []*stream.Job {
		return purchaseJob(func(p stream.Stream[purchase]) { stream.ToTopic(p, "shop.purchases", "what was bought", "customer") })
	}
	s.cfg.Jobs.TopicFormat = "avro"
	registry := &registrar{refuse: 1 << 30}
	s.schemas = registry
	random, known := rand.New(rand.NewPCG(1, 2)), 0
	var lines []string
	for range 50 {
		lines = append(lines, sale(random, &known))
	}
	s.start()
	s.send(lines...)
	s.untilQueryable()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	registry.mu.Lock()
	registry.refuse = 1
	registry.mu.Unlock()
	s.start()
	want := int(s.rows(`SELECT count(*) FROM events WHERE NOT late`)[0][0].(int64))
	client, err := s.topic.Client(kgo.ConsumeTopics("shop.purchases"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	sum := new(big.Rat)
	for got := 0; got < want; {
		for _, r := range client.PollFetches(t.Context()).Records() {
			got++
			if r.Value[0] != 0 || binary.BigEndian.Uint32(r.Value[1:]) != 71 {
				t.Fatalf("a value begins with %x", r.Value[:5])
			}
			schema, err := avro.Parse(registry.schemas[0])
			if err != nil {
				t.Fatal(err)
			}
			var row struct {
				Customer string   `avro:"customer"`
				Amount   *big.Rat `avro:"amount"`
			}
			if err := avro.Unmarshal(schema, r.Value[5:], &row); err != nil || row.Customer != string(r.Key) {
				t.Errorf("%s bought %+v: %v", r.Key, row, err)
			}
			sum.Add(sum, row.Amount)
		}
	}
	if total := s.rows(`SELECT sum(amount)::VARCHAR FROM events WHERE NOT late`)[0][0]; sum.FloatString(6) != fmt.Sprint(total) {
		t.Errorf("the topic sums up to %s, the events to %s", sum.FloatString(6), total)
	}
	if len(registry.subjects) != 1 || registry.subjects[0] != "shop.purchases-value" {
		t.Errorf("registered under %q", registry.subjects)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}

func TestFramed(t *testing.T) {
	value := append([]byte{0xC3, 1, 1, 2, 3, 4, 5, 6, 7, 8}, "row"...)
	print, ok := result.AvroFingerprint(value)
	if !ok || string(print) != "\x01\x02\x03\x04\x05\x06\x07\x08" {
		t.Errorf("fingerprint %x, %t", print, ok)
	}
	if got := string(result.Framed(value, 0x01020304)); got != "\x00\x01\x02\x03\x04row" {
		t.Errorf("framed %q", got)
	}
	if _, ok := result.AvroFingerprint([]byte(`{"customer":"c"}`)); ok {
		t.Error("JSON has a fingerprint")
	}
}
