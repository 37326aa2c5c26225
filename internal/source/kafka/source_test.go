package kafkasource_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/eventlog/embedded"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/runtime/config"
	kafkasource "github.com/millrace/millrace/internal/source/kafka"
	"github.com/millrace/millrace/internal/source/resume"
	"github.com/millrace/millrace/internal/source/resumetest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

type plain struct{}

func (plain) Name() string                                 { return "plain" }
func (plain) Version() string                              { return "1" }
func (plain) NewDecoder(adapter.Telemetry) adapter.Decoder { return plainDecoder{} }

type plainDecoder struct{}

func (plainDecoder) RouteKey(dst []byte, r *adapter.Record) ([]byte, error) {
	return append(dst, r.Payload...), nil
}

func (plainDecoder) IdempotencyKey(dst []byte, r *adapter.Record) []byte {
	return append(dst, r.Payload...)
}
func (plainDecoder) Decode(*event.Batch, int, *adapter.Record) {}

// cluster is a real broker with the raw topic.
type cluster struct {
	cfg    eventlog.Config
	topic  *eventlog.Topic
	writer *eventlog.Writer
}

func start(t *testing.T) *cluster {
	t.Helper()
	broker, err := embedded.Open(embedded.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	return open(t, eventlog.Config{Log: config.Default().Log, Seeds: []string{broker.Address()}, Dial: broker.Dial()})
}

func open(t *testing.T, cfg eventlog.Config) *cluster {
	t.Helper()
	cfg.Partitions = 3
	topic, err := eventlog.OpenTopic(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(topic.Close)
	writer, err := eventlog.OpenWriter(topic)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(writer.Close)
	return &cluster{cfg, topic, writer}
}

func (c *cluster) client(extra ...kgo.Opt) (*kgo.Client, error) {
	opts := []kgo.Opt{kgo.SeedBrokers(c.cfg.Seeds...), kgo.MetadataMinAge(50 * time.Millisecond), kgo.UnknownTopicRetries(-1), kgo.FetchMaxWait(50 * time.Millisecond)}
	if c.cfg.Dial != nil {
		opts = append(opts, kgo.Dialer(c.cfg.Dial))
	}
	return kgo.NewClient(append(opts, extra...)...)
}

// produce writes to the source topic as any Kafka client would.
func (c *cluster) produce(t *testing.T, from, to int) {
	t.Helper()
	client, err := c.client()
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var records []*kgo.Record
	for i := from; i < to; i++ {
		records = append(records, &kgo.Record{Topic: "orders", Key: fmt.Appendf(nil, "%d", i), Value: fmt.Appendf(nil, "event-%d", i)})
	}
	if err := client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// payloads reads how often each payload is in the raw topic.
func (c *cluster) payloads(t *testing.T) map[string]int {
	t.Helper()
	ends, err := c.topic.EndOffsets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := eventlog.OpenConsumer(c.topic, map[int32]int64{})
	if err != nil {
		t.Fatal(err)
	}
	defer consumer.Close()
	left := int64(0)
	for _, end := range ends {
		left += end
	}
	found := make(map[string]int)
	for left > 0 {
		err := consumer.Poll(t.Context(), func(_ int32, records []*kgo.Record) {
			for _, k := range records {
				found[string(k.Value)]++
			}
			left -= int64(len(records))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// cursors keeps values in memory; it stops doing so when the process is killed.
type cursors struct {
	*resumetest.Log
	mu   sync.Mutex
	dead bool
}

func (c *cursors) Put(key string, value []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead {
		return nil
	}
	return c.Log.Put(key, value)
}

// run takes events until the raw topic has n records.
func (c *cluster) run(t *testing.T, keep resume.Cursors, n int64) {
	t.Helper()
	source := kafkasource.New(kafkasource.Config{
		Topic: "orders", Source: "shop", Adapter: plain{}, Client: c.client, Clock: clock.Real(), BatchRecords: 50,
		Log: &resume.Log{Appender: c.writer, Tail: c.topic, Cursors: keep, Clock: clock.Real()},
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- source.Run(ctx) }()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		ends, err := c.topic.EndOffsets(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		total := int64(0)
		for _, end := range ends {
			total += end
		}
		if total >= n {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the raw topic has %d records, want %d", total, n)
		}
	}
	if k, ok := keep.(*cursors); ok {
		k.mu.Lock()
		k.dead = true
		k.mu.Unlock()
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestEveryRecordOfATopicOnceThroughRestartsAndKills(t *testing.T) {
	everyRecordOnce(t, start(t))
}

func everyRecordOnce(t *testing.T, c *cluster) {
	t.Helper()
	if err := c.topic.EnsureSource(t.Context(), "orders"); err != nil {
		t.Fatal(err)
	}
	stored := resumetest.New()
	c.produce(t, 0, 1000)
	c.run(t, &cursors{Log: stored}, 1000) // killed: what it learned last is lost
	c.produce(t, 1000, 2000)
	c.run(t, &cursors{Log: stored}, 1500) // killed in the middle
	c.run(t, stored, 2000)                // stopped
	c.produce(t, 2000, 2500)
	c.run(t, stored, 2500)
	found := c.payloads(t)
	for i := range 2500 {
		if n := found[fmt.Sprintf("event-%d", i)]; n != 1 {
			t.Fatalf("event-%d is %d times in the raw topic", i, n)
		}
	}
	if len(found) != 2500 {
		t.Errorf("%d payloads are in the raw topic", len(found))
	}
}

func TestTombstonesAndLargeRecordsAreRefusedWithAReason(t *testing.T) {
	refusals(t, start(t))
}

func refusals(t *testing.T, c *cluster) {
	t.Helper()
	if err := c.topic.EnsureSource(t.Context(), "orders"); err != nil {
		t.Fatal(err)
	}
	client, err := c.client(kgo.ProducerBatchMaxBytes(4 << 20))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	large := make([]byte, 800<<10)
	err = client.ProduceSync(t.Context(),
		&kgo.Record{Topic: "orders", Key: []byte("a")},
		&kgo.Record{Topic: "orders", Key: []byte("a"), Value: large},
		&kgo.Record{Topic: "orders", Key: []byte("a"), Value: []byte("good")}).FirstErr()
	if err != nil {
		t.Fatal(err)
	}
	source := kafkasource.New(kafkasource.Config{
		Topic: "orders", Source: "shop", Adapter: plain{}, Client: c.client, Clock: clock.Real(), EventBytes: 1000,
		Log: &resume.Log{Appender: c.writer, Tail: c.topic, Cursors: resumetest.New(), Clock: clock.Real()},
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- source.Run(ctx) }()
	found := map[string]bool{}
	for len(found) < 3 {
		ends, err := c.topic.EndOffsets(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for p, end := range ends {
			for o := range end {
				stored, err := c.topic.Get(t.Context(), p, o)
				if err != nil {
					t.Fatal(err)
				}
				r := stored.Record
				found[fmt.Sprintf("%s %d %q", r.Stream[:13], len(r.Payload), r.Reject)] = true
			}
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`kafka:orders/ 0 "empty"`, `kafka:orders/ 1024 "too_large"`, `kafka:orders/ 4 ""`} {
		if !found[want] {
			t.Errorf("the raw topic lacks %s: %v", want, found)
		}
	}
}
