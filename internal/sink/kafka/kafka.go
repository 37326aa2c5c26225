// Package kafkasink delivers messages to a topic of another Kafka cluster, each exactly
// once: how far the sink is stands in a compacted topic there, which is written in the same
// transactions.
package kafkasink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/sink"
)

// Config says where to produce.
type Config struct {
	Name      string // of the sink; its transactional id
	Topic     string
	Positions string    // the topic of positions
	Options   []kgo.Opt // how to reach the cluster
}

// Kafka is the destination.
type Kafka struct {
	cfg     Config
	client  *kgo.Client
	admin   *kadm.Client
	records []*kgo.Record
	index   []int // of each record's message in the batch
	closing sync.Once
}

// Open connects, creates the topics that do not exist, and fences whoever delivered under
// the sink's name before.
func Open(ctx context.Context, cfg Config) (_ *Kafka, err error) {
	k := &Kafka{cfg: cfg}
	opts := append([]kgo.Opt{
		kgo.TransactionalID("millrace-sink-" + cfg.Name), kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerBatchCompression(kgo.Lz4Compression()), kgo.DisableClientMetrics(), kgo.RecordRetries(8),
	}, cfg.Options...)
	if k.client, err = kgo.NewClient(opts...); err != nil {
		return nil, err
	}
	k.admin = kadm.NewClient(k.client)
	defer func() {
		if err != nil {
			_ = k.Close()
		}
	}()
	compact := map[string]*string{"cleanup.policy": kadm.StringPtr("compact")}
	if err := k.ensure(ctx, cfg.Positions, 1, compact); err != nil {
		return nil, err
	}
	if err := k.ensure(ctx, cfg.Topic, -1, nil); err != nil {
		return nil, err
	}
	// This fences former producers of the name, and ends their transactions.
	if _, _, err := k.client.ProducerID(ctx); err != nil {
		return nil, fmt.Errorf("cannot open transactions: %w", err)
	}
	return k, nil
}

func (k *Kafka) ensure(ctx context.Context, topic string, partitions int32, configs map[string]*string) error {
	_, err := k.admin.CreateTopic(ctx, partitions, -1, configs, topic)
	if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
		return fmt.Errorf("cannot create topic %q: %w", topic, err)
	}
	return nil
}

// Close implements [sink.Destination].
func (k *Kafka) Close() error {
	k.closing.Do(k.client.Close)
	return nil
}

// position is the value of a record of the topic of positions.
type position struct {
	Sink      string `json:"sink"`
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Next      int64  `json:"next"`
}

func (p *position) record(topic string) (*kgo.Record, error) {
	value, err := json.Marshal(p)
	key := fmt.Sprintf("%s/%s/%d", p.Sink, p.Topic, p.Partition)
	return &kgo.Record{Topic: topic, Key: []byte(key), Value: value}, err
}

// Deliver implements [sink.Destination].
func (k *Kafka) Deliver(ctx context.Context, batch []sink.Message) error {
	k.records, k.index = k.records[:0], k.index[:0]
	ends := make(map[int32]int64)
	for i := range batch {
		m := &batch[i]
		ends[m.Partition] = m.Offset + 1
		if !m.Done {
			k.index = append(k.index, i)
			k.records = append(k.records, &kgo.Record{
				Topic: k.cfg.Topic, Key: m.Key, Value: m.Value, Timestamp: m.Time,
				Headers: []kgo.RecordHeader{{Key: "millrace-id", Value: []byte(m.ID())}},
			})
		}
	}
	for partition, next := range ends {
		p := position{k.cfg.Name, batch[0].Topic, partition, next}
		r, err := p.record(k.cfg.Positions)
		if err != nil {
			return err
		}
		k.records = append(k.records, r)
	}
	return k.transact(ctx)
}

// transactTime bounds a transaction; the cluster ends it at the client's default of 40 s.
const transactTime = 30 * time.Second

func (k *Kafka) transact(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, transactTime)
	defer cancel()
	// Nothing else ends a record of a transaction that is under way. The next session's
	// producer ends the transaction.
	stop := context.AfterFunc(ctx, func() { _ = k.Close() })
	defer stop()
	if err := k.client.BeginTransaction(); err != nil {
		return fmt.Errorf("cannot begin a transaction: %w", err)
	}
	results := k.client.ProduceSync(ctx, k.records...)
	if err := results.FirstErr(); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("cannot produce to topic %q: %w", k.cfg.Topic, err)
		}
		// Waiting for the end of a transaction must not be given up halfway.
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), transactTime)
		defer cancel()
		err = errors.Join(fmt.Errorf("cannot produce to topic %q: %w", k.cfg.Topic, err),
			k.client.AbortBufferedRecords(ending), k.client.EndTransaction(ending, kgo.TryAbort))
		return k.refused(results, err)
	}
	if err := k.client.EndTransaction(ctx, kgo.TryCommit); err != nil {
		return fmt.Errorf("cannot commit a transaction: %w", err)
	}
	return nil
}

// refused finds a message that is too large for the cluster.
func (k *Kafka) refused(results kgo.ProduceResults, err error) error {
	for _, r := range results {
		if n := slices.Index(k.records, r.Record); n >= 0 && n < len(k.index) && errors.Is(r.Err, kerr.MessageTooLarge) {
			return &sink.RefusedError{Index: k.index[n], Reason: r.Err}
		}
	}
	return err
}

// Positions implements [sink.Positioned]. It reads the topic of positions, which is short.
func (k *Kafka) Positions(ctx context.Context, topic string, _ map[int32]int64) (map[int32]int64, error) {
	ends, err := k.admin.ListCommittedOffsets(ctx, k.cfg.Positions)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, err
	}
	starts, err := k.admin.ListStartOffsets(ctx, k.cfg.Positions)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return nil, err
	}
	positions := make(map[int32]int64)
	start, _ := starts.Lookup(k.cfg.Positions, 0)
	end, _ := ends.Lookup(k.cfg.Positions, 0)
	if start.Offset >= end.Offset {
		return positions, nil
	}
	opts := append([]kgo.Opt{
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{k.cfg.Positions: {0: kgo.NewOffset().At(start.Offset)}}),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.DisableClientMetrics(), kgo.KeepControlRecords(),
	}, k.cfg.Options...)
	reader, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	for at := start.Offset; at < end.Offset; {
		fetches := reader.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			return nil, err
		}
		for _, r := range fetches.Records() {
			at = r.Offset + 1
			if r.Attrs.IsControl() {
				continue
			}
			var p position
			if err := json.Unmarshal(r.Value, &p); err != nil {
				return nil, fmt.Errorf("record %d of topic %q is no position: %w", r.Offset, k.cfg.Positions, err)
			}
			if p.Sink == k.cfg.Name && p.Topic == topic {
				positions[p.Partition] = p.Next
			}
		}
	}
	return positions, nil
}
