package eventlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/adapter"
)

// Consumer reads the raw topic for the pass. It serves one goroutine.
type Consumer struct {
	client *kgo.Client
	topic  string
	group  string
	log    *slog.Logger
}

// Owner is told by a group consumer which partitions are this process's.
type Owner interface {
	// Assigned returns the positions to read the partitions from.
	Assigned(ctx context.Context, partitions []int32) (map[int32]int64, error)
	// Revoked returns when everything read of the partitions is committed. When
	// they were lost, another process may own them already, and what is not
	// committed is to be forgotten.
	Revoked(ctx context.Context, partitions []int32, lost bool)
}

func (t *Topic) consumerOptions() []kgo.Opt {
	return []kgo.Opt{
		kgo.FetchMaxWait(500 * time.Millisecond),
		kgo.FetchMinBytes(1),
		kgo.FetchMaxPartitionBytes(int32(t.cfg.FetchBytes)),
		kgo.FetchMaxBytes(max(int32(t.cfg.FetchBytes), fetchBytesTotal)),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		// A position outside the log is an error to report, not to skip.
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
	}
}

// fetchBytesTotal bounds the memory of one fetch.
const fetchBytesTotal = 16 << 20

// OpenConsumer returns a consumer of every partition, from the given positions.
func OpenConsumer(t *Topic, positions map[int32]int64) (*Consumer, error) {
	offsets := make(map[int32]kgo.Offset, t.partitions)
	for p := range t.partitions {
		offsets[p] = kgo.NewOffset().At(positions[p])
	}
	client, err := t.cfg.newClient(append(t.consumerOptions(),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{t.cfg.Topic: offsets}))...)
	if err != nil {
		return nil, err
	}
	return &Consumer{client: client, topic: t.cfg.Topic}, nil
}

// OpenGroupConsumer returns a consumer that shares the partitions with the other
// members of the configured group. The instance names this member across
// restarts (static membership, KIP-345): one that was killed gets its partitions
// back at once, instead of waiting until its former self is missed.
func OpenGroupConsumer(t *Topic, instance string, owner Owner) (*Consumer, error) {
	topic, log := t.cfg.Topic, t.cfg.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	client, err := t.cfg.newClient(append(t.consumerOptions(),
		kgo.ConsumerGroup(t.cfg.Group),
		kgo.InstanceID(instance),
		kgo.ConsumeTopics(topic),
		kgo.Balancers(kgo.CooperativeStickyBalancer()),
		kgo.BlockRebalanceOnPoll(),
		kgo.DisableAutoCommit(),
		kgo.AdjustFetchOffsetsFn(func(ctx context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
			partitions := make([]int32, 0, len(offsets[topic]))
			for p := range offsets[topic] {
				partitions = append(partitions, p)
			}
			positions, err := owner.Assigned(ctx, partitions)
			if err != nil {
				return nil, err
			}
			for p, at := range positions {
				offsets[topic][p] = kgo.NewOffset().At(at)
			}
			return offsets, nil
		}),
		kgo.OnPartitionsRevoked(func(ctx context.Context, _ *kgo.Client, lost map[string][]int32) {
			owner.Revoked(ctx, lost[topic], false)
		}),
		kgo.OnPartitionsLost(func(ctx context.Context, _ *kgo.Client, lost map[string][]int32) {
			owner.Revoked(ctx, lost[topic], true)
		}))...)
	if err != nil {
		return nil, err
	}
	return &Consumer{client: client, topic: topic, group: t.cfg.Group, log: log}, nil
}

// Poll waits for records and calls visit with those of each partition, in
// order. The records stay valid as long as they are referred to.
func (c *Consumer) Poll(ctx context.Context, visit func(partition int32, records []*kgo.Record)) error {
	fetches := c.client.PollRecords(ctx, pollRecords)
	if c.group != "" {
		defer c.client.AllowRebalance()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, e := range fetches.Errors() {
		if errors.Is(e.Err, kerr.OffsetOutOfRange) {
			return fmt.Errorf("cannot read partition %d of topic %q: the log no longer holds its next record, retention went past what was processed: %w", e.Partition, e.Topic, e.Err)
		}
		if errors.Is(e.Err, context.Canceled) || kgo.IsRetryableBrokerErr(e.Err) {
			continue
		}
		if group := new(kgo.ErrGroupSession); errors.As(e.Err, &group) {
			if err := c.groupError(group.Err); err != nil {
				return err
			}
			continue
		}
		return fmt.Errorf("cannot read partition %d of topic %q: %w", e.Partition, e.Topic, e.Err)
	}
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if len(p.Records) > 0 {
			visit(p.Partition, p.Records)
		}
	})
	return nil
}

// groupError returns what keeps this process out of the group for good. All else
// (the brokers are gone, the group moves to another of them) the client tries
// again by itself.
func (c *Consumer) groupError(err error) error {
	if errors.Is(err, kerr.FencedInstanceID) {
		return fmt.Errorf("cannot stay in group %q: another process of the same name has joined it; give each process a data folder of its own: %w", c.group, err)
	}
	for _, refused := range []error{
		kerr.GroupAuthorizationFailed, kerr.TopicAuthorizationFailed, kerr.SaslAuthenticationFailed, kerr.InconsistentGroupProtocol,
	} {
		if errors.Is(err, refused) {
			return fmt.Errorf("cannot join group %q: %w", c.group, err)
		}
	}
	c.log.Warn("the consumer group is out of reach and is tried again", "group", c.group, "error", err)
	return nil
}

// pollRecords bounds the records handed on at once.
const pollRecords = 32 << 10

// CommitOffsets tells the group how far this process is, for the tools that
// watch its lag. The truth is in the checkpoint.
func (c *Consumer) CommitOffsets(ctx context.Context, positions map[int32]int64) {
	if c.group == "" {
		return
	}
	offsets := make(map[int32]kgo.EpochOffset, len(positions))
	for p, at := range positions {
		offsets[p] = kgo.EpochOffset{Epoch: -1, Offset: at}
	}
	c.client.CommitOffsets(ctx, map[string]map[int32]kgo.EpochOffset{c.topic: offsets}, nil)
}

// Hold lets partitions wait: their records are not read until a later call does not name
// them. Any goroutine may call it.
func (c *Consumer) Hold(partitions []int32) {
	var let []int32
	for _, p := range c.client.PauseFetchPartitions(nil)[c.topic] {
		if !slices.Contains(partitions, p) {
			let = append(let, p)
		}
	}
	if len(let) > 0 {
		c.client.ResumeFetchPartitions(map[string][]int32{c.topic: let})
	}
	if len(partitions) > 0 {
		c.client.PauseFetchPartitions(map[string][]int32{c.topic: partitions})
	}
}

// Close leaves the group and releases the connection.
func (c *Consumer) Close() { c.client.CloseAllowingRebalance() }

// Record fills r from a record of the raw topic. A record that no door wrote
// fails with [ErrMeta].
func (p *MetaParser) Record(k *kgo.Record, r *adapter.Record) error {
	r.Payload = k.Value
	r.Received = k.Timestamp.UnixMicro()
	var meta []byte
	for i := range k.Headers {
		switch h := &k.Headers[i]; h.Key {
		case MetaHeader:
			meta = h.Value
		case SpoolHeader:
			if s, err := ParseSpooled(h.Value); err == nil {
				r.Received = s.Received
			}
		}
	}
	if meta != nil {
		return p.Parse(meta, r)
	}
	*r = adapter.Record{Payload: k.Value, Received: r.Received}
	return fmt.Errorf("%w: it has no %q header", ErrMeta, MetaHeader)
}
