package eventlog

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// maxBufferedRecords bounds the records waiting for the log; their bytes are
// bounded by the configuration.
const maxBufferedRecords = 200_000

// Writer appends to the raw topic. It is safe for concurrent use.
type Writer struct {
	client     *kgo.Client
	topic      string
	partitions int32
	maxBytes   int64
	flights    sync.Pool // of *flight
}

var _ Appender = (*Writer)(nil)

// OpenWriter returns a writer to the topic. Every acknowledgement it passes on
// follows acks=all, which on the embedded broker means an fsync.
func OpenWriter(t *Topic, hooks ...kgo.Hook) (*Writer, error) {
	compression := kgo.NoCompression()
	if t.cfg.Compress {
		compression = kgo.Lz4Compression()
	}
	client, err := t.cfg.newClient(
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerBatchCompression(compression),
		kgo.ProducerBatchMaxBytes(maxProduceBatch),
		kgo.ProducerLinger(t.cfg.Linger),
		kgo.MaxBufferedRecords(maxBufferedRecords),
		kgo.MaxBufferedBytes(int(t.cfg.MaxBufferedBytes)),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.RecordDeliveryTimeout(t.cfg.ProduceTimeout),
		// A broker that is silent is found out in about that time too: the client looks
		// at the record's timeout between requests only.
		kgo.ProduceRequestTimeout(t.cfg.ProduceTimeout),
		kgo.RequestTimeoutOverhead(min(maxOverhead, max(minOverhead, t.cfg.ProduceTimeout))),
		kgo.DialTimeout(min(maxOverhead, t.cfg.ProduceTimeout)),
		// The timeout holds too for a record that may be in the log, because the
		// broker went away before it answered. Without this the sender would wait
		// until the broker is back. He delivers again, and is recognised.
		kgo.AllowIdempotentProduceCancellation(),
		kgo.DefaultProduceTopicAlways(),
		kgo.WithHooks(hooks...),
		kgo.DefaultProduceTopic(t.cfg.Topic),
	)
	if err != nil {
		return nil, err
	}
	return &Writer{client: client, topic: t.cfg.Topic, partitions: t.partitions, maxBytes: int64(t.cfg.MaxBufferedBytes)}, nil
}

// How long an answer may take beyond the time that the broker is given.
const (
	minOverhead = time.Second
	maxOverhead = 10 * time.Second
)

// maxProduceBatch is the largest batch that brokers take by default.
const maxProduceBatch = 1_000_000

// Partition implements [Appender].
func (w *Writer) Partition(key []byte) int32 { return partition(key, w.partitions) }

// flight is one call's records on their way. Flights are pooled, because each
// holds a few slices as long as the call has entries.
type flight struct {
	records []kgo.Record
	headers []kgo.RecordHeader
	meta    []byte
	ends    []int // of each record's metadata in meta
	left    atomic.Int64
	failed  atomic.Pointer[error]
	ctx     context.Context // the caller's
	entries []Entry
	done    func([]Entry, error)
	promise func(*kgo.Record, error)
	pool    *sync.Pool
}

func (w *Writer) newFlight(ctx context.Context, entries []Entry, done func([]Entry, error)) *flight {
	f, _ := w.flights.Get().(*flight)
	if f == nil {
		f = &flight{pool: &w.flights}
		f.promise = f.landed
	}
	n := len(entries)
	if cap(f.records) < n {
		f.records = make([]kgo.Record, n)
	}
	f.records = f.records[:n]
	f.ctx, f.entries, f.done = ctx, entries, done
	f.failed.Store(nil)
	f.left.Store(int64(n))
	f.meta, f.ends = f.meta[:0], f.ends[:0]
	// Metadata first, as growing moves it; the slices into it are cut after.
	width := 1 // headers per record
	for i := range entries {
		f.meta = AppendMeta(f.meta, &entries[i].Record)
		f.ends = append(f.ends, len(f.meta))
		if entries[i].Spooled != nil {
			width = 2
		}
	}
	if cap(f.headers) < width*n {
		f.headers = make([]kgo.RecordHeader, width*n)
	}
	f.headers = f.headers[:width*n]
	from := 0
	for i := range entries {
		e := &entries[i]
		headers := f.headers[width*i : width*i+1 : width*(i+1)]
		headers[0] = kgo.RecordHeader{Key: MetaHeader, Value: f.meta[from:f.ends[i]:f.ends[i]]}
		from = f.ends[i]
		if e.Spooled != nil {
			headers = append(headers, kgo.RecordHeader{Key: SpoolHeader, Value: e.Spooled})
		}
		f.records[i] = kgo.Record{
			Key: e.Key, Value: e.Record.Payload,
			Headers:   headers,
			Partition: w.Partition(e.Key),
		}
	}
	return f
}

// landed is called by the client for each record.
func (f *flight) landed(_ *kgo.Record, err error) {
	if err != nil {
		f.failed.CompareAndSwap(nil, &err)
	}
	if f.left.Add(-1) > 0 {
		return
	}
	entries, done := f.entries, f.done
	for i := range f.records {
		entries[i].Partition, entries[i].Offset = f.records[i].Partition, f.records[i].Offset
	}
	var failure error
	if p := f.failed.Load(); p != nil {
		failure = classify(f.ctx, *p)
	}
	clear(f.records)
	clear(f.headers)
	f.ctx, f.entries, f.done = nil, nil, nil
	f.pool.Put(f)
	done(entries, failure)
}

// AppendAsync implements [Appender].
func (w *Writer) AppendAsync(ctx context.Context, entries []Entry, done func([]Entry, error)) {
	if len(entries) == 0 {
		done(entries, nil)
		return
	}
	f := w.newFlight(ctx, entries, done)
	for i := range f.records {
		w.client.Produce(ctx, &f.records[i], f.promise)
	}
}

// Append implements [Appender].
func (w *Writer) Append(ctx context.Context, entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	result := make(chan error, 1)
	f := w.newFlight(ctx, entries, func(_ []Entry, err error) { result <- err })
	for i := range f.records {
		// A full buffer fails the record at once: the sender is told to wait.
		w.client.TryProduce(ctx, &f.records[i], f.promise)
	}
	return <-result
}

// classify turns the client's error into one of the port's. A deadline is the caller's
// if ctx has ended; else it is that of a dial or a request, and the log's.
func classify(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, kgo.ErrMaxBuffered):
		return fmt.Errorf("%w: its buffer is full", ErrBusy)
	case errors.Is(err, kerr.MessageTooLarge):
		return fmt.Errorf("%w: %w", ErrTooLarge, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil:
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// Fill is how full the buffer of what waits for the log is, from 0 to 1.
func (w *Writer) Fill() float64 {
	return max(float64(w.client.BufferedProduceBytes())/float64(w.maxBytes),
		float64(w.client.BufferedProduceRecords())/maxBufferedRecords)
}

// Flush waits until everything handed over is durable or has failed.
func (w *Writer) Flush(ctx context.Context) error { return w.client.Flush(ctx) }

// Close releases the connection. What has not been flushed fails.
func (w *Writer) Close() { w.client.Close() }
