package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/internal/pass/checkpoint"
	"github.com/millrace/millrace/stream"
)

// delivery brings results to their topic, each once, in their order.
//
// Results are numbered without a gap, and a commit stores them with the state that they
// came of. Only then do they go to the topic, with their number in a header, the partition
// chosen by their key. The next commit waits until the broker has them all, and removes
// them from the store. So after a crash the store has the results of the newest commit,
// and the last record of each partition says which of them the topic has.
type delivery struct {
	topic      string
	partitions int
	client     *kgo.Client
	next       uint64 // number of the next result
	oldest     uint64 // number of the oldest result in the store
	wait       func() error
}

// numberHeader is the header of a record with the number of its result.
const numberHeader = "n"

// blockLen is how many bytes of results are stored under one number.
const blockLen = 1 << 20

func openDelivery(ctx context.Context, a *arguments, store *checkpoint.Store) (d *delivery, err error) {
	d = &delivery{topic: a.output, partitions: a.partitions, wait: func() error { return nil }}
	if d.next, err = store.NextOutput(); err != nil {
		return nil, err
	}
	d.oldest = d.next
	d.client, err = kgo.NewClient(
		kgo.SeedBrokers(a.brokers), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.MaxBufferedRecords(100_000),
	)
	if err != nil {
		return nil, err
	}
	if err := d.resume(ctx, a.brokers, store); err != nil {
		d.client.Close()
		return nil, fmt.Errorf("cannot go on with the results in topic %q: %w", a.output, err)
	}
	return d, nil
}

func (d *delivery) close() { d.client.Close() }

// store adds results to a commit, and removes those of the commit before.
func (d *delivery) store(commit *checkpoint.Commit, outputs []stream.Output) error {
	if err := commit.TrimOutputs(d.oldest, d.next); err != nil {
		return err
	}
	d.oldest = d.next
	var block []byte
	number := d.next
	for i := range outputs {
		block = append(block, outputs[i].Row...)
		if len(block) < blockLen && i+1 < len(outputs) {
			continue
		}
		if err := commit.Output(number, block); err != nil {
			return err
		}
		block, number = block[:0], d.next+uint64(i)+1
	}
	return commit.SetNextOutput(number)
}

// start sends results that are committed. They are delivered when wait has returned.
func (d *delivery) start(ctx context.Context, outputs []stream.Output) {
	first := d.next
	d.next += uint64(len(outputs))
	done := make(chan error, 1)
	go func() { done <- d.send(ctx, first, rowsOf(outputs), nil) }()
	d.wait = sync.OnceValue(func() error { return <-done })
}

func rowsOf(outputs []stream.Output) [][]byte {
	rows := make([][]byte, len(outputs))
	for i := range outputs {
		rows[i] = outputs[i].Row
	}
	return rows
}

// send writes results to the topic, but those that it has: of each partition the number
// behind the newest one.
func (d *delivery) send(ctx context.Context, first uint64, rows [][]byte, have map[int32]uint64) error {
	records := make([]kgo.Record, len(rows))
	headers := make([]kgo.RecordHeader, len(rows))
	numbers := make([]byte, 8*len(rows))
	var failed error
	promise := func(_ *kgo.Record, err error) {
		if failed == nil { // promises are called one at a time
			failed = err
		}
	}
	for i, row := range rows {
		key, value, _, err := cutRow(row)
		if err != nil {
			return err
		}
		number := first + uint64(i)
		partition := int32(xxh3.Hash(key) % uint64(d.partitions))
		if number < have[partition] {
			continue
		}
		bytes := numbers[8*i : 8*i+8]
		binary.BigEndian.PutUint64(bytes, number)
		headers[i] = kgo.RecordHeader{Key: numberHeader, Value: bytes}
		records[i] = kgo.Record{Topic: d.topic, Partition: partition, Key: key, Value: value, Headers: headers[i : i+1]}
		d.client.Produce(ctx, &records[i], promise)
	}
	if err := d.client.Flush(ctx); err != nil {
		return err
	}
	if failed != nil {
		return fmt.Errorf("cannot write results to topic %q: %w", d.topic, failed)
	}
	return nil
}

// resume sends what the newest commit has stored and the topic does not have.
func (d *delivery) resume(ctx context.Context, brokers string, store *checkpoint.Store) error {
	var first uint64
	var rows [][]byte
	err := store.Outputs(0, func(number uint64, block []byte) error {
		if rows == nil {
			first, d.oldest = number, number
		}
		for rest := append([]byte(nil), block...); len(rest) > 0; {
			_, _, after, err := cutRow(rest)
			if err != nil {
				return err
			}
			rows, rest = append(rows, rest[:len(rest)-len(after)]), after
		}
		return nil
	})
	if err != nil || len(rows) == 0 {
		return err
	}
	have, err := d.delivered(ctx, brokers)
	if err != nil {
		return err
	}
	return d.send(ctx, first, rows, have)
}

// delivered reads the last record of each partition of the topic.
func (d *delivery) delivered(ctx context.Context, brokers string) (have map[int32]uint64, err error) {
	ends, err := kadm.NewClient(d.client).ListEndOffsets(ctx, d.topic)
	if err = errors.Join(err, ends.Error()); err != nil {
		return nil, err
	}
	last := make(map[int32]kgo.Offset)
	ends.Each(func(o kadm.ListedOffset) {
		if o.Offset > 0 {
			last[o.Partition] = kgo.NewOffset().At(o.Offset - 1)
		}
	})
	have = make(map[int32]uint64)
	if len(last) == 0 {
		return have, nil
	}
	reader, err := kgo.NewClient(kgo.SeedBrokers(brokers), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{d.topic: last}))
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	for len(have) < len(last) {
		fetches := reader.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return nil, err
		}
		fetches.EachRecord(func(r *kgo.Record) {
			for _, h := range r.Headers {
				if h.Key == numberHeader && len(h.Value) == 8 {
					have[r.Partition] = binary.BigEndian.Uint64(h.Value) + 1
				}
			}
			if have[r.Partition] == 0 {
				err = fmt.Errorf("partition %d, offset %d is a record without a number: another program writes to this topic", r.Partition, r.Offset)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return have, nil
}
