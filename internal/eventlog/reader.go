package eventlog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/adapter"
)

// ErrGone says that the log no longer (or not yet) holds the record of some
// coordinates.
var ErrGone = errors.New("record is not in the log")

// Stored is a record as the log holds it.
type Stored struct {
	Partition int32
	Offset    int64
	Time      time.Time // append time
	Key       []byte
	Headers   []kgo.RecordHeader
	Record    adapter.Record
}

// Get reads the record at the coordinates.
func (t *Topic) Get(ctx context.Context, partition int32, offset int64) (*Stored, error) {
	if partition < 0 || partition >= t.partitions || offset < 0 {
		return nil, fmt.Errorf("%w: topic %q has partitions 0 to %d", ErrGone, t.cfg.Topic, t.partitions-1)
	}
	start, err := t.StartOffsets(ctx)
	if err != nil {
		return nil, err
	}
	end, err := t.EndOffsets(ctx)
	if err != nil {
		return nil, err
	}
	if offset < start[partition] || offset >= end[partition] {
		return nil, fmt.Errorf("%w: partition %d holds offsets %d to %d", ErrGone, partition, start[partition], end[partition]-1)
	}
	var found *Stored
	var parser MetaParser
	err = t.cfg.scan(ctx, t.cfg.Topic, map[int32]int64{partition: offset}, map[int32]int64{partition: offset + 1}, func(k *kgo.Record) {
		if k.Offset != offset {
			return
		}
		found = &Stored{Partition: k.Partition, Offset: k.Offset, Time: k.Timestamp, Key: k.Key, Headers: k.Headers}
		if err := parser.Record(k, &found.Record); err != nil {
			found.Record.Reject = err.Error()
		}
	})
	if err == nil && found == nil {
		err = fmt.Errorf("%w: offset %d of partition %d is no data record", ErrGone, offset, partition)
	}
	return found, err
}

// Read calls visit for the records of [from, to) of each partition, those of a
// partition in their order. What lies before the log's first record or behind its
// end is left out. A record that no door wrote has the reason in Record.Reject.
func (t *Topic) Read(ctx context.Context, from, to map[int32]int64, visit func(*Stored) error) error {
	start, err := t.StartOffsets(ctx)
	if err != nil {
		return err
	}
	end, err := t.EndOffsets(ctx)
	if err != nil {
		return err
	}
	for p := range start {
		start[p], end[p] = max(start[p], from[p]), min(end[p], to[p])
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var parser MetaParser
	err = t.cfg.scan(ctx, t.cfg.Topic, start, end, func(k *kgo.Record) {
		if context.Cause(ctx) != nil {
			return
		}
		s := &Stored{Partition: k.Partition, Offset: k.Offset, Time: k.Timestamp, Key: k.Key, Headers: k.Headers}
		if err := parser.Record(k, &s.Record); err != nil {
			s.Record.Reject = err.Error()
		}
		if err := visit(s); err != nil {
			cancel(err)
		}
	})
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// Positions calls visit for every record of a stream that lies at or behind the
// given offsets (a partition that is not named: from its start), up to the end
// as it was when called.
func (t *Topic) Positions(
	ctx context.Context, source, stream string, from map[int32]int64,
	visit func(partition int32, offset, position int64),
) error {
	start, err := t.StartOffsets(ctx)
	if err != nil {
		return err
	}
	end, err := t.EndOffsets(ctx)
	if err != nil {
		return err
	}
	for p := range start {
		start[p] = max(start[p], from[p])
	}
	var parser MetaParser
	var r adapter.Record
	return t.cfg.scan(ctx, t.cfg.Topic, start, end, func(k *kgo.Record) {
		// An act carries where the event that it is about came from.
		if ActOf(k) == nil && parser.Record(k, &r) == nil && r.Source == source && r.Stream == stream {
			visit(k.Partition, k.Offset, r.Position)
		}
	})
}

// Acts calls visit for every act of a partition that lies at the offsets from up to to,
// exclusive.
func (t *Topic) Acts(ctx context.Context, partition int32, from, to int64, visit func(*kgo.Record)) error {
	return t.cfg.scan(ctx, t.cfg.Topic, map[int32]int64{partition: from}, map[int32]int64{partition: to}, func(k *kgo.Record) {
		if ActOf(k) != nil {
			visit(k)
		}
	})
}

// scan visits the records of [from, to) of each partition of a topic.
func (c *Config) scan(ctx context.Context, topic string, from, to map[int32]int64, visit func(*kgo.Record), extra ...kgo.Opt) error {
	offsets := make(map[int32]kgo.Offset)
	for p, at := range from {
		if at < to[p] {
			offsets[p] = kgo.NewOffset().At(at)
		}
	}
	left := len(offsets)
	if left == 0 {
		return nil
	}
	client, err := c.newClient(append(extra,
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: offsets}),
		kgo.FetchMaxWait(50*time.Millisecond),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		// Control records take offsets: without them the end may never come.
		kgo.KeepControlRecords(),
	)...)
	if err != nil {
		return err
	}
	defer client.Close()
	done := make(map[int32]bool, left)
	for left > 0 {
		fetches := client.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("cannot read back topic %q: %w", topic, err)
		}
		if err := fetches.Err0(); err != nil {
			return fmt.Errorf("cannot read back topic %q: %w", topic, err)
		}
		for _, e := range fetches.Errors() {
			return fmt.Errorf("cannot read back partition %d of topic %q: %w", e.Partition, e.Topic, e.Err)
		}
		fetches.EachRecord(func(k *kgo.Record) {
			if done[k.Partition] {
				return
			}
			if k.Offset < to[k.Partition] && !k.Attrs.IsControl() {
				visit(k)
			}
			if k.Offset >= to[k.Partition]-1 {
				done[k.Partition] = true
				left--
			}
		})
	}
	return nil
}

// IsAct reports whether the record is a decision about another one, and no event.
func (s *Stored) IsAct() bool {
	return slices.ContainsFunc(s.Headers, func(h kgo.RecordHeader) bool { return h.Key == ActHeader })
}
