package eventlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/runtime/config"
)

// Config says which cluster to talk to.
type Config struct {
	config.Log
	// Seeds are the bootstrap addresses: those of the configuration, or that of
	// the embedded broker.
	Seeds []string
	// Dial replaces TCP, for a broker that listens inside the process only.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Compress asks for compressed batches. It pays where a network or a remote
	// disk is between producer and broker.
	Compress bool
	Logger   *slog.Logger
}

// options are what every client of the log has in common.
func (c *Config) options(extra ...kgo.Opt) ([]kgo.Opt, error) {
	opts := []kgo.Opt{
		kgo.SeedBrokers(c.Seeds...),
		kgo.ClientID("millrace"),
		kgo.MetadataMinAge(250 * time.Millisecond),
		kgo.UnknownTopicRetries(40), // metadata is that much younger than by default; a slow cluster shows new topics late
		kgo.DisableClientMetrics(),
	}
	if c.Dial != nil {
		opts = append(opts, kgo.Dialer(c.Dial))
	}
	secure, err := Security(c.TLS, c.SASL, "log")
	if err != nil {
		return nil, err
	}
	return append(append(opts, secure...), extra...), nil
}

func (c *Config) newClient(extra ...kgo.Opt) (*kgo.Client, error) {
	opts, err := c.options(extra...)
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, fmt.Errorf("cannot make a client of the log at %v: %w", c.Seeds, err)
	}
	return client, nil
}

// Topic is the raw topic as it is in the cluster.
type Topic struct {
	cfg        Config
	admin      *kadm.Client
	client     *kgo.Client
	partitions int32
}

// OpenTopic connects, creates the raw topic if it does not exist, and reads how
// many partitions it has.
func OpenTopic(ctx context.Context, cfg Config) (*Topic, error) {
	client, err := cfg.newClient()
	if err != nil {
		return nil, err
	}
	t := &Topic{cfg: cfg, client: client, admin: kadm.NewClient(client)}
	if err := t.ensure(ctx); err != nil {
		client.Close()
		return nil, err
	}
	return t, nil
}

func (t *Topic) ensure(ctx context.Context) error {
	cfg := &t.cfg
	configs := map[string]*string{"cleanup.policy": kadm.StringPtr("delete")}
	if len(cfg.Brokers) > 0 {
		configs["message.timestamp.type"] = kadm.StringPtr("LogAppendTime")
	}
	_, err := t.admin.CreateTopic(ctx, int32(cfg.Partitions), int16(cfg.ReplicationFactor), configs, cfg.Topic)
	if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
		return fmt.Errorf("cannot create topic %q on %v: %w", cfg.Topic, cfg.Seeds, err)
	}
	t.partitions, err = t.await(ctx, cfg.Topic)
	return err
}

// await waits until a topic that was created is there, and returns how many
// partitions it has.
func (t *Topic) await(ctx context.Context, topic string) (int32, error) {
	for {
		details, err := t.admin.ListTopics(ctx, topic)
		if err != nil {
			return 0, fmt.Errorf("cannot read the partitions of topic %q: %w", topic, err)
		}
		d := details[topic]
		if d.Err == nil && len(d.Partitions) > 0 {
			return int32(len(d.Partitions)), nil
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("topic %q did not appear: %w", topic, errors.Join(d.Err, ctx.Err()))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// EnsureSource creates a topic besides the raw one unless it exists, and waits until it is there. On the embedded broker
// it bounds its size.
func (t *Topic) EnsureSource(ctx context.Context, topic string) error {
	// The raw topic may have more partitions than one that is made now would get.
	_, err := t.admin.CreateTopic(ctx, max(t.partitions, int32(t.cfg.Partitions)), int16(t.cfg.ReplicationFactor), nil, topic)
	if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
		return fmt.Errorf("cannot create topic %q: %w", topic, err)
	}
	partitions, err := t.await(ctx, topic)
	if err != nil || len(t.cfg.Brokers) > 0 {
		return err // a cluster keeps its own retention
	}
	return t.limit(ctx, topic, partitions)
}

// limit bounds the size of a topic of the embedded broker.
func (t *Topic) limit(ctx context.Context, topic string, partitions int32) error {
	bytes := strconv.FormatInt(int64(t.cfg.TopicRetention)/int64(partitions), 10)
	answers, err := t.admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Name: "retention.bytes", Value: &bytes}}, topic)
	if err == nil {
		_, err = answers.On(topic, func(r *kadm.AlterConfigsResponse) error { return r.Err })
	}
	if err != nil {
		return fmt.Errorf("cannot bound the size of topic %q: %w", topic, err)
	}
	return nil
}

// Client returns a further client of the cluster. The caller closes it.
func (t *Topic) Client(extra ...kgo.Opt) (*kgo.Client, error) { return t.cfg.newClient(extra...) }

// Name returns the topic's name.
func (t *Topic) Name() string { return t.cfg.Topic }

// Partitions returns the number of partitions.
func (t *Topic) Partitions() int32 { return t.partitions }

// EndOffsets returns the offset behind the last record of every partition.
func (t *Topic) EndOffsets(ctx context.Context) (map[int32]int64, error) {
	return t.offsets(ctx, t.admin.ListEndOffsets, "end")
}

// StartOffsets returns the offset of the first retained record of every
// partition.
func (t *Topic) StartOffsets(ctx context.Context) (map[int32]int64, error) {
	return t.offsets(ctx, t.admin.ListStartOffsets, "start")
}

// OffsetsAt returns the offset of the first record of every partition that was
// received at a time or later; its end when there is none.
func (t *Topic) OffsetsAt(ctx context.Context, at time.Time) (map[int32]int64, error) {
	list := func(ctx context.Context, topics ...string) (kadm.ListedOffsets, error) {
		return t.admin.ListOffsetsAfterMilli(ctx, at.UnixMilli(), topics...)
	}
	return t.offsets(ctx, list, at.UTC().Format(time.RFC3339))
}

func (t *Topic) offsets(
	ctx context.Context, list func(context.Context, ...string) (kadm.ListedOffsets, error), which string,
) (map[int32]int64, error) {
	listed, err := list(ctx, t.cfg.Topic)
	if err == nil {
		err = listed.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("cannot list the %s offsets of topic %q: %w", which, t.cfg.Topic, err)
	}
	offsets := make(map[int32]int64, t.partitions)
	listed.Each(func(o kadm.ListedOffset) { offsets[o.Partition] = o.Offset })
	return offsets, nil
}

// Close releases the connection.
func (t *Topic) Close() { t.client.Close() }
