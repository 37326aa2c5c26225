package cdc

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/resume"
	"github.com/millrace/millrace/internal/source/route"
)

// FeedConfig describes where changes go.
type FeedConfig struct {
	Log      *resume.Log
	Source   string
	Adapter  adapter.Adapter
	Stream   string // as rows show it
	Identity string // of the numbering: changes whenever it begins anew
	Meter    *meter.Source
	Clock    clock.Clock

	EventBytes   int // longest payload
	BatchRecords int // handed over at once; 4,096
	BatchBytes   int // likewise; 1 MiB
}

// Mark is a place in the database's log, and the number of the last change before it.
type Mark[P any] struct {
	Position P
	Count    int64
}

// Feed appends changes to the log. One goroutine uses it; Durable may be called
// by another.
type Feed[P any] struct {
	cfg     FeedConfig
	writer  *resume.Writer
	decoder adapter.Decoder
	record  adapter.Record // what all records share
	batch   *resume.Batch  // being filled, or nil
	count   int64          // number of the last change
	sent    int64          // of these, handed over or left out
	bytes   int64          // of payloads in the batch
	refused int            // records in the batch with a reason

	mu     sync.Mutex
	marks  []Mark[P] // not known to be durable, in order
	stable Mark[P]   // the newest one that is
}

// OpenFeed begins or resumes a numbering behind a mark. Close must follow.
func OpenFeed[P any](ctx context.Context, cfg FeedConfig, from Mark[P]) (*Feed[P], error) {
	if cfg.BatchRecords <= 0 {
		cfg.BatchRecords = 4096
	}
	if cfg.BatchBytes <= 0 {
		cfg.BatchBytes = 1 << 20
	}
	w, err := cfg.Log.Open(ctx, resume.Options{Source: cfg.Source, Stream: cfg.Stream, Identity: cfg.Identity})
	if err != nil {
		return nil, err
	}
	return &Feed[P]{
		cfg: cfg, writer: w, decoder: cfg.Adapter.NewDecoder(nil), count: from.Count, stable: from,
		record: adapter.Record{Source: cfg.Source, Adapter: cfg.Adapter.Name(), Stream: cfg.Stream},
	}, nil
}

// Next counts a change. It is false when the log has it already.
func (f *Feed[P]) Next() bool {
	f.count++
	return !f.writer.Known(f.count)
}

// NextAt is Next where the database's log itself gives changes a number: above
// all before.
func (f *Feed[P]) NextAt(number int64) bool {
	f.count = number - 1
	return f.Next()
}

// Change is one as it goes into the log.
type Change struct {
	Payload  []byte
	Envelope string
	Reject   string // why it cannot be taken; Payload is a sample then
}

// Add appends the change that was counted last. Its payload is copied.
func (f *Feed[P]) Add(ctx context.Context, c Change) error {
	if err := f.prepare(ctx); err != nil {
		return err
	}
	if f.cfg.EventBytes > 0 && len(c.Payload) > f.cfg.EventBytes && c.Reject == "" {
		c.Reject = route.TooLarge
	}
	if c.Reject != "" {
		c.Payload = c.Payload[:min(len(c.Payload), route.SampleBytes)]
		f.refused++
	}
	b := f.batch
	b.Entries = append(b.Entries, eventlog.Entry{Record: f.record})
	e := &b.Entries[len(b.Entries)-1]
	r := &e.Record
	b.Data, r.Payload = keep(b.Data, c.Payload, f.cfg.BatchBytes)
	r.Envelope, r.Reject, r.Line, r.Position = c.Envelope, c.Reject, f.count, f.count
	from := len(b.Keys)
	b.Keys = route.Append(b.Keys, f.decoder, r)
	e.Key = b.Keys[from:len(b.Keys):len(b.Keys)]
	f.bytes += int64(len(c.Payload))
	if len(b.Entries) >= f.cfg.BatchRecords || f.bytes >= int64(f.cfg.BatchBytes) {
		return f.Flush(ctx)
	}
	return nil
}

// keep copies data behind what a chunk holds, or into a new chunk: what earlier
// records refer to stays where it is.
func keep(chunk, data []byte, size int) (grown, kept []byte) {
	if cap(chunk)-len(chunk) < len(data) {
		chunk = make([]byte, 0, max(size/4, len(data)))
	}
	from := len(chunk)
	chunk = append(chunk, data...)
	return chunk, chunk[from:len(chunk):len(chunk)]
}

// prepare takes a batch to fill. It waits while too many are on their way.
func (f *Feed[P]) prepare(ctx context.Context) (err error) {
	if f.batch == nil {
		f.batch, err = f.writer.Batch(ctx)
		f.bytes, f.refused = 0, 0
	}
	return err
}

// Pending reports whether there is something that was not handed over.
func (f *Feed[P]) Pending() bool { return f.sent < f.count }

// Flush hands over what there is.
func (f *Feed[P]) Flush(ctx context.Context) error {
	if !f.Pending() {
		return nil
	}
	if err := f.prepare(ctx); err != nil {
		return err
	}
	b := f.batch
	b.Last = f.count
	if n := len(b.Entries); n > 0 {
		f.cfg.Meter.Appended(n, f.refused, f.bytes, f.cfg.Clock.Now())
	}
	f.batch, f.sent = nil, f.count
	f.writer.Send(ctx, b)
	return nil
}

// maxMarks bounds the marks that wait; the older of two neighbours is dropped
// where there are more, since a newer one says as much later.
const maxMarks = 1024

// Mark says that all transactions before a place are complete with what was
// counted so far.
func (f *Feed[P]) Mark(at P) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := Mark[P]{Position: at, Count: f.count}
	if n := len(f.marks); n > 0 && (f.marks[n-1].Count == m.Count || f.marks[n-1].Count > f.sent || n == maxMarks) {
		f.marks[n-1] = m // nothing was handed over in between
		return
	}
	f.marks = append(f.marks, m)
}

// Durable returns the newest mark before which everything is in the log.
func (f *Feed[P]) Durable() Mark[P] {
	acked := f.writer.Acked()
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for n < len(f.marks) && f.marks[n].Count <= acked {
		f.stable = f.marks[n]
		n++
	}
	f.marks = slices.Delete(f.marks, 0, n)
	return f.stable
}

// Checkpoint hands over what there is and waits until the log has it.
func (f *Feed[P]) Checkpoint(ctx context.Context) error {
	return errors.Join(f.Flush(ctx), f.writer.Checkpoint(ctx))
}

// Finish is Checkpoint for a numbering that is complete and forgotten.
func (f *Feed[P]) Finish(ctx context.Context) error {
	if err := f.Flush(ctx); err != nil {
		return err
	}
	return f.writer.Finish(ctx)
}

// Count is the number of the last change.
func (f *Feed[P]) Count() int64 { return f.count }

// Close waits for what was handed over. What was not is not in the log.
func (f *Feed[P]) Close() error {
	if f.batch != nil {
		f.writer.Return(f.batch)
		f.batch = nil
	}
	return f.writer.Close()
}
