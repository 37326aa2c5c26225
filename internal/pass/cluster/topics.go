package cluster

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// prepareTopics creates the group's topics that do not exist, and checks those that do.
// It returns how many partitions the input has.
func (p *Process) prepareTopics(ctx context.Context) (fronts int, err error) {
	if fronts, err = p.partitions(ctx, p.cfg.Input); err != nil {
		return 0, err
	}
	if fronts == 0 {
		return 0, fmt.Errorf("the input topic %q does not exist: create it, or correct its name; it is looked for again", p.cfg.Input)
	}
	compact := map[string]*string{"cleanup.policy": kadm.StringPtr("compact")}
	// What was read of the exchange is deleted by us: retention by time would delete
	// what a shard without an owner has not read yet.
	keep := map[string]*string{"cleanup.policy": kadm.StringPtr("delete"), "retention.ms": kadm.StringPtr("-1"), "retention.bytes": kadm.StringPtr("-1")}
	for _, t := range []struct {
		name       string
		partitions int
		configs    map[string]*string
		why        string
	}{
		{p.cfg.frontsTopic(), fronts, compact, "one for each partition of the input, whose number cannot change: keys would be in two of them"},
		{p.cfg.shardsTopic(), p.cfg.Shards, compact, "one for each shard; the number of shards cannot change"},
		{p.cfg.exchangeTopic(), p.cfg.Shards, keep, "one for each shard; the number of shards cannot change"},
	} {
		_, err := p.admin.CreateTopic(ctx, int32(t.partitions), p.cfg.ReplicationFactor, t.configs, t.name)
		if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			return 0, fmt.Errorf("cannot create topic %q: %w", t.name, err)
		}
		has, err := p.awaitTopic(ctx, t.name)
		if err != nil {
			return 0, err
		}
		if has != t.partitions {
			return 0, fatalf("topic %q has %d partitions and needs %d, %s", t.name, has, t.partitions, t.why)
		}
	}
	return fronts, nil
}

// Transactions of this version and above have an epoch each (KIP-890).
const (
	transactionFeature = "transaction.version"
	transactionVersion = 2
)

// checkTransactions makes sure that a delayed message cannot become part of another
// transaction.
func (p *Process) checkTransactions(ctx context.Context) error {
	if p.cfg.OldTransactions {
		return nil
	}
	r := kmsg.NewPtrApiVersionsRequest()
	r.ClientSoftwareName, r.ClientSoftwareVersion = "millrace", "1"
	answer, err := r.RequestWith(ctx, p.client)
	if err == nil {
		err = kerr.ErrorForCode(answer.ErrorCode)
	}
	if err != nil {
		return fmt.Errorf("cannot ask the brokers for their features: %w", err)
	}
	level := int16(0)
	for _, f := range answer.FinalizedFeatures {
		if f.Name == transactionFeature {
			level = f.MaxVersionLevel
		}
	}
	if level < transactionVersion {
		return fatalf("the cluster has %s=%d, in which a delayed message can tear transactions apart: set it to %d "+
			"(kafka-features.sh upgrade --feature %s=%d; Kafka 4.0 or later)", transactionFeature, level, transactionVersion, transactionFeature, transactionVersion)
	}
	return nil
}

// partitions returns how many partitions a topic has; 0 when there is no such topic.
func (p *Process) partitions(ctx context.Context, topic string) (int, error) {
	details, err := p.admin.ListTopics(ctx, topic)
	if err == nil {
		d := details[topic]
		if err = d.Err; errors.Is(err, kerr.UnknownTopicOrPartition) {
			return 0, nil
		}
		if err == nil {
			return len(d.Partitions), nil
		}
	}
	return 0, fmt.Errorf("cannot read the partitions of topic %q: %w", topic, err)
}

// awaitTopic waits until a topic that was just created is known.
func (p *Process) awaitTopic(ctx context.Context, topic string) (int, error) {
	for {
		n, err := p.partitions(ctx, topic)
		if err != nil || n > 0 {
			return n, err
		}
		if err := p.cfg.Clock.Sleep(ctx, topicPoll); err != nil {
			return 0, fmt.Errorf("topic %q did not appear: %w", topic, err)
		}
	}
}

// purge deletes what the shards of this process have read of the exchange.
func (p *Process) purge(ctx context.Context, read map[int32]int64) error {
	offsets := make(kadm.Offsets)
	for shard, at := range read {
		offsets.AddOffset(p.cfg.exchangeTopic(), shard, at, -1)
	}
	deleted, err := p.admin.DeleteRecords(ctx, offsets)
	if err == nil {
		err = deleted.Error()
	}
	if err != nil {
		return fmt.Errorf("cannot delete what was read of topic %q: %w", p.cfg.exchangeTopic(), err)
	}
	return nil
}
