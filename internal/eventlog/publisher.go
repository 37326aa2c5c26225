package eventlog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Headers of published records.
const (
	NumberHeader    = "millrace-number"    // decimal; rises within a partition
	PublisherHeader = "millrace-publisher" // who numbered it
)

// Message is a numbered record for a topic other than the raw one.
type Message struct {
	Topic  string
	Number uint64
	Key    []byte
	Value  []byte
	Time   time.Time

	Headers []kgo.RecordHeader // besides those of the numbering
	// Placed messages go to Partition, the others to that of their key.
	Placed    bool
	Partition int32
}

// Publisher appends numbered messages to topics, each exactly once: which numbers
// a partition has is read back from the partition itself. It serves one goroutine.
//
// On a cluster it writes in transactions, not for their atomicity, but because
// opening the next publisher of the same name ends whatever a former process may
// still have under way. On the embedded broker no former process can be.
type Publisher struct {
	topic   *Topic
	name    string
	client  *kgo.Client
	shared  bool                // the broker outlives the process
	next    map[string][]uint64 // by topic and partition: number behind the newest there
	unsure  bool                // nothing is known yet, or a write failed: next must be read back
	records []*kgo.Record
}

// OpenPublisher returns a publisher. The name is that of the numbering: messages of
// two publishers with one name are taken for the same when they have the same number.
// A topic has one publisher.
func OpenPublisher(t *Topic, name string) (*Publisher, error) {
	p := &Publisher{topic: t, name: name, shared: len(t.cfg.Brokers) > 0, next: make(map[string][]uint64), unsure: true}
	opts := []kgo.Opt{
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerBatchMaxBytes(maxProduceBatch),
		kgo.ProducerLinger(0),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
	}
	// The client's own choice, Snappy, is one that some consumers' libraries lack.
	compression := kgo.NoCompression()
	if t.cfg.Compress {
		compression = kgo.Lz4Compression()
	}
	opts = append(opts, kgo.ProducerBatchCompression(compression))
	if p.shared {
		opts = append(opts, kgo.TransactionalID(name))
	} else {
		opts = append(opts, kgo.AllowIdempotentProduceCancellation())
	}
	var err error
	if p.client, err = t.cfg.newClient(opts...); err != nil {
		return nil, err
	}
	return p, nil
}

// Close releases the connection.
func (p *Publisher) Close() { p.client.Close() }

// Publish appends messages, in the order of their numbers, and returns when they are
// durable. Those that a former call or process has brought there are left out. A topic
// that does not exist is created. After an error nothing may be assumed; publishing
// the same again is always right. [ErrTooLarge] says that one of them is larger than the
// topic takes.
func (p *Publisher) Publish(ctx context.Context, messages []Message) error {
	if p.unsure {
		if err := p.recall(ctx); err != nil {
			return err
		}
	}
	p.records = p.records[:0]
	for i := range messages {
		m := &messages[i]
		next, err := p.opened(ctx, m.Topic)
		if err != nil {
			return err
		}
		partition := partition(m.Key, int32(len(next)))
		if m.Placed {
			if partition = m.Partition; int(partition) >= len(next) {
				return fmt.Errorf("topic %q has %d partitions; it must have as many as the raw topic: add some, or choose another topic", m.Topic, len(next))
			}
		}
		if m.Number < next[partition] {
			continue
		}
		p.records = append(p.records, &kgo.Record{
			Topic: m.Topic, Partition: partition, Key: m.Key, Value: m.Value, Timestamp: m.Time,
			Headers: append([]kgo.RecordHeader{
				{Key: NumberHeader, Value: strconv.AppendUint(nil, m.Number, 10)},
				{Key: PublisherHeader, Value: []byte(p.name)},
			}, m.Headers...),
		})
		next[partition] = m.Number + 1
	}
	if len(p.records) == 0 {
		return nil
	}
	p.unsure = true
	if err := p.write(ctx); err != nil {
		if errors.Is(err, kerr.MessageTooLarge) {
			err = fmt.Errorf("%w: %w", ErrTooLarge, err)
		}
		return fmt.Errorf("cannot publish results: %w", err)
	}
	p.unsure = false
	return nil
}

// opened returns what a topic has.
func (p *Publisher) opened(ctx context.Context, topic string) ([]uint64, error) {
	if next, known := p.next[topic]; known {
		return next, nil
	}
	if topic == p.topic.cfg.Topic {
		return nil, fmt.Errorf("topic %q is that of raw events: choose another for results", topic)
	}
	ctx, cancel := context.WithTimeout(ctx, p.topic.cfg.ProduceTimeout)
	defer cancel()
	if err := p.topic.EnsureSource(ctx, topic); err != nil {
		return nil, err
	}
	next, err := p.recallTopic(ctx, topic)
	if err == nil {
		p.next[topic] = next
	}
	return next, err
}

func (p *Publisher) write(ctx context.Context) error {
	// The client's own timeout counts from a record's time, which is event time here.
	ctx, cancel := context.WithTimeout(ctx, p.topic.cfg.ProduceTimeout)
	defer cancel()
	if !p.shared {
		return p.client.ProduceSync(ctx, p.records...).FirstErr()
	}
	if err := p.client.BeginTransaction(); err != nil {
		return err
	}
	if err := p.client.ProduceSync(ctx, p.records...).FirstErr(); err != nil {
		// Waiting for the end of a transaction must not be given up halfway.
		ending := context.WithoutCancel(ctx)
		return errors.Join(err, p.client.AbortBufferedRecords(ending), p.client.EndTransaction(ending, kgo.TryAbort))
	}
	return p.client.EndTransaction(ctx, kgo.TryCommit)
}

// recall reads back which numbers the topics have.
func (p *Publisher) recall(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, p.topic.cfg.ProduceTimeout)
	defer cancel()
	if p.shared {
		// This fences former producers of the name, and ends their transactions.
		if _, _, err := p.client.ProducerID(ctx); err != nil {
			return fmt.Errorf("cannot open the publisher %q: %w", p.name, err)
		}
	}
	for topic := range p.next {
		next, err := p.recallTopic(ctx, topic)
		if err != nil {
			return err
		}
		p.next[topic] = next
	}
	p.unsure = false
	return nil
}

// recallTopic returns the numbers behind the newest that a topic's partitions have.
func (p *Publisher) recallTopic(ctx context.Context, topic string) (next []uint64, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("cannot read back what topic %q has: %w", topic, err)
		}
	}()
	if _, err := p.topic.await(ctx, topic); err != nil {
		return nil, err
	}
	start, err := p.listed(p.topic.admin.ListStartOffsets(ctx, topic))
	if err != nil {
		return nil, err
	}
	end, err := p.listed(p.topic.admin.ListCommittedOffsets(ctx, topic))
	if err != nil {
		return nil, err
	}
	next = make([]uint64, len(end))
	found := make(map[int32]bool)
	// The newest offsets may be those of transactions' ends.
	for window := int64(64); ; window *= 8 {
		from := make(map[int32]int64)
		more := false
		for partition := range end {
			if !found[partition] {
				from[partition] = max(start[partition], end[partition]-window)
				more = more || from[partition] > start[partition]
			}
		}
		err := p.topic.cfg.scan(ctx, topic, from, end, func(k *kgo.Record) {
			found[k.Partition] = true
			next[k.Partition] = max(next[k.Partition], p.after(k))
		}, kgo.FetchIsolationLevel(kgo.ReadCommitted()))
		if err != nil || !more {
			return next, err
		}
	}
}

// after returns the number behind a published record; 0 for one of another
// publisher.
func (p *Publisher) after(k *kgo.Record) uint64 {
	var number uint64
	mine := false
	for _, h := range k.Headers {
		switch h.Key {
		case NumberHeader:
			if n, err := strconv.ParseUint(string(h.Value), 10, 64); err == nil {
				number = n + 1
			}
		case PublisherHeader:
			mine = string(h.Value) == p.name
		}
	}
	if !mine {
		return 0
	}
	return number
}

func (p *Publisher) listed(l kadm.ListedOffsets, err error) (map[int32]int64, error) {
	if err = cmp.Or(err, l.Error()); err != nil {
		return nil, err
	}
	offsets := make(map[int32]int64)
	l.Each(func(o kadm.ListedOffset) { offsets[o.Partition] = o.Offset })
	return offsets, nil
}

// IsFenced reports whether another process publishes under the same name by now.
func IsFenced(err error) bool {
	return errors.Is(err, kerr.ProducerFenced) || errors.Is(err, kerr.InvalidProducerEpoch)
}
