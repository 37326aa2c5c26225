package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/pass/checkpoint"
	"github.com/millrace/millrace/stream"
)

const (
	// As bench/peers/README.md defines the watermark.
	disorder = 4 * time.Second
	// A partition that is never idle: all of the input is there.
	never = time.Duration(1<<63 - 1)
	// How many records are processed at most until it is asked whether a commit is due.
	roundLen = 100_000
	// How many records of a partition are decoded before they go to the job.
	chunk = 4096
	// Keys are spread over so many parts per goroutine.
	shardsPerWorker = 2
	// memory bounds the state in memory, as the peers' heaps do.
	memory = 512 << 20
	// source is what the watermarks call the input.
	source = "input"
)

// contestant runs a query.
type contestant struct {
	*arguments
	query    query
	store    *checkpoint.Store
	client   *kgo.Client
	marks    *stream.Watermarks
	engine   *stream.Engine
	parts    []*part
	delivery *delivery
	roundLen int
}

// part is a partition of the input.
type part struct {
	number int32
	front  *stream.Front
	intake intake
	task   checkpoint.Task
	err    error
}

func open(ctx context.Context, a *arguments) (c *contestant, err error) {
	c = &contestant{arguments: a, marks: stream.NewWatermarks(disorder, never), roundLen: roundLen}
	if c.query, err = newQuery(a); err != nil {
		return nil, err
	}
	if c.store, err = checkpoint.Open(checkpoint.Config{Dir: filepath.Join(a.work, "checkpoint"), CacheBytes: 32 << 20}); err != nil {
		return nil, err
	}
	c.engine, err = stream.NewEngine(stream.Config{
		Jobs: []*stream.Job{c.query.job}, Shards: shardsPerWorker * a.parallelism, Backend: c.store.State(), Memory: memory,
		Workers: a.parallelism, Watermarks: c.marks,
	})
	if err != nil {
		return nil, errors.Join(err, c.store.Close())
	}
	if err = c.openParts(); err == nil {
		c.delivery, err = openDelivery(ctx, a, c.store)
	}
	if err == nil {
		c.client, err = c.consumer()
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *contestant) openParts() error {
	for n := range int32(c.partitions) {
		task, err := c.store.Load(n)
		if err != nil {
			return err
		}
		front, err := c.engine.OpenFront(n)
		if err != nil {
			return err
		}
		// A partition that nothing was read of holds event time, too.
		task.Newest[source] = max(1, task.Newest[source])
		c.parts = append(c.parts, &part{number: n, front: front, intake: c.query.open(), task: *task})
	}
	return nil
}

func (c *contestant) consumer() (*kgo.Client, error) {
	from := make(map[int32]kgo.Offset)
	for _, p := range c.parts {
		from[p.number] = kgo.NewOffset().At(p.task.Position)
	}
	return kgo.NewClient(
		kgo.SeedBrokers(c.brokers), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{c.input: from}),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
	)
}

func (c *contestant) close() {
	if c.client != nil {
		c.client.Close()
	}
	if c.delivery != nil {
		c.delivery.close()
	}
	c.engine.Close()
	_ = c.store.Close() // all that was committed is on disk
}

// process runs the query to its end.
func (c *contestant) process(ctx context.Context) error {
	committed := time.Now()
	for !c.complete() {
		if err := c.round(ctx, time.Until(committed.Add(c.commit))); err != nil {
			return err
		}
		if time.Since(committed) >= c.commit || c.complete() {
			committed = time.Now()
			if err := c.seal(ctx); err != nil {
				return err
			}
		}
	}
	return c.delivery.wait()
}

// complete reports whether all of the input has been read.
func (c *contestant) complete() bool {
	received := int64(0)
	for _, p := range c.parts {
		received += p.task.Received
	}
	return received >= c.events+int64(c.partitions)
}

// round processes what the broker gives, and waits for it no longer than it is until
// the next commit.
func (c *contestant) round(ctx context.Context, wait time.Duration) error {
	waiting, cancel := context.WithTimeout(ctx, wait)
	fetches := c.client.PollRecords(waiting, c.roundLen)
	cancel()
	if errors.Is(fetches.Err0(), context.DeadlineExceeded) {
		return nil // it is time for a commit
	}
	if err := fetches.Err(); err != nil {
		return fmt.Errorf("cannot read topic %q: %w", c.input, err)
	}
	records := make([][]*kgo.Record, c.partitions)
	fetches.EachPartition(func(f kgo.FetchTopicPartition) {
		records[f.Partition] = append(records[f.Partition], f.Records...)
	})
	var workers sync.WaitGroup
	for worker := range c.parallelism {
		workers.Go(func() {
			for n := worker; n < len(c.parts); n += c.parallelism {
				p := c.parts[n]
				for rest := records[n]; len(rest) > 0 && p.err == nil; {
					now := rest[:min(chunk, len(rest))]
					rest = rest[len(now):]
					p.err = p.process(now)
					c.engine.Work()
				}
			}
		})
	}
	workers.Wait()
	for _, p := range c.parts {
		if p.err != nil {
			return p.err
		}
	}
	return nil
}

// process decodes records and gives them to the job.
func (p *part) process(records []*kgo.Record) error {
	for _, r := range records {
		ms, err := p.intake.take(r)
		if err != nil {
			return fmt.Errorf("topic %q, partition %d, offset %d: %w", r.Topic, r.Partition, r.Offset, err)
		}
		p.task.Newest[source] = max(p.task.Newest[source], ms*1000)
	}
	p.task.Received += int64(len(records))
	p.task.Position = records[len(records)-1].Offset + 1
	p.intake.put(p.front)
	return nil
}
