package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bench/peers/data"
)

// topics are the broker as the harness sees it.
type topics struct {
	brokers    string
	partitions int
	client     *kgo.Client
	admin      *kadm.Client
}

func openTopics(brokers string, partitions int) (*topics, error) {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(brokers), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.ProducerBatchMaxBytes(256<<10),
		kgo.MaxBufferedRecords(50_000),
	)
	if err != nil {
		return nil, err
	}
	return &topics{brokers, partitions, client, kadm.NewClient(client)}, nil
}

func (t *topics) close() { t.client.Close() }

// inputOf is the topic that a query reads.
func inputOf(query string) string {
	switch query {
	case "ysb":
		return "ysb"
	case "cep":
		return "nexmark-cep" // which may be shorter
	}
	return "nexmark"
}

// Whose time a topic's records have.
const (
	eventTime  = "CreateTime"
	appendTime = "LogAppendTime" // a result's own may be the end of time, which brokers refuse
)

// create makes a topic that keeps everything: event times are in the past.
func (t *topics) create(ctx context.Context, name, timestamps string) error {
	keep := "-1"
	_, err := t.admin.CreateTopic(ctx, int32(t.partitions), 1,
		map[string]*string{"retention.ms": &keep, "message.timestamp.type": &timestamps}, name)
	return err
}

// fill makes the topics that the queries read.
func (t *topics) fill(ctx context.Context, s settings, queries []string) error {
	filled := make(map[string]bool)
	for _, query := range queries {
		name := inputOf(query)
		if filled[name] {
			continue
		}
		filled[name] = true
		if err := t.create(ctx, name, eventTime); err != nil {
			return err
		}
		if err := t.produce(ctx, name, s.input(query)); err != nil {
			return fmt.Errorf("cannot fill topic %q: %w", name, err)
		}
	}
	return nil
}

// produce writes the events of a topic, and an end marker to each partition.
func (t *topics) produce(ctx context.Context, name string, c data.Config) error {
	var failure error
	produce := func(r data.Record, partition int) {
		t.client.Produce(ctx, &kgo.Record{
			Topic: name, Partition: int32(partition), Timestamp: time.UnixMilli(r.Time), Key: slices.Clone(r.Key), Value: slices.Clone(r.Value),
		}, func(_ *kgo.Record, err error) {
			if err != nil && failure == nil {
				failure = err // promises are called one at a time
			}
		})
	}
	events := data.Nexmark
	if name == "ysb" {
		events = data.YSB
	}
	// As any producer that goes by keys.
	place := kgo.StickyKeyPartitioner(nil).ForTopic(name)
	err := events(c, func(r *data.Record) error {
		produce(*r, place.Partition(&kgo.Record{Key: r.Key}, t.partitions))
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	for p := range t.partitions {
		produce(data.End(c), p)
	}
	if err := t.client.Flush(ctx); err != nil {
		return err
	}
	return failure
}

// scan visits every committed record of a topic, each partition in order.
func (t *topics) scan(ctx context.Context, topic string, visit func(*kgo.Record)) error {
	listed, err := t.admin.ListEndOffsets(ctx, topic)
	if err == nil {
		err = listed.Error()
	}
	if err != nil {
		return err
	}
	left := make(map[int32]int64)
	from := make(map[int32]kgo.Offset)
	listed.Each(func(o kadm.ListedOffset) {
		if o.Offset > 0 {
			left[o.Partition], from[o.Partition] = o.Offset, kgo.NewOffset().At(0)
		}
	})
	if len(left) == 0 {
		return nil
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(t.brokers), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}))
	if err != nil {
		return err
	}
	defer client.Close()
	for len(left) > 0 {
		fetches := client.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("cannot read topic %q to its end: %w", topic, err)
		}
		if err := fetches.Err(); err != nil {
			return fmt.Errorf("cannot read topic %q: %w", topic, err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if !r.Attrs.IsControl() {
				visit(r)
			}
			if r.Offset+1 >= left[r.Partition] {
				delete(left, r.Partition)
			}
		})
	}
	return nil
}

// table is a topic of results as the table of its last values.
func (t *topics) table(ctx context.Context, topic string) (map[string]string, error) {
	out := make(map[string]string)
	err := t.scan(ctx, topic, func(r *kgo.Record) {
		if r.Value == nil {
			delete(out, string(r.Key))
			return
		}
		out[string(r.Key)] = string(r.Value)
	})
	return out, err
}
