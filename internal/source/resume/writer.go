package resume

import (
	"context"
	"sync"

	"github.com/millrace/millrace/internal/eventlog"
)

// Writer appends one stream. One goroutine uses it.
type Writer struct {
	log     *Log
	options Options
	key     string
	others  *cursors  // of other contents of the same name
	base    int64     // everything up to this position was in the log at opening
	known   positions // above base, in the log at opening; read only

	free chan *Batch   // batches that may be filled; nil stands for a new one
	idle chan struct{} // told when a batch has landed

	mu       sync.Mutex
	queue    []*Batch // handed over and not yet acknowledged, in order
	pending  int      // of these, without an answer
	failure  error    // first failure since the last recovery
	acked    int64
	from     map[int32]int64 // where records behind acked may lie
	unsaved  int             // batches acknowledged since the cursor was saved
	finished bool
}

// Batch is what is handed over at once. It owns the memory that its entries
// point to, until the log has it.
type Batch struct {
	Entries []eventlog.Entry
	Data    []byte // payloads
	Keys    []byte // route keys
	// Last is the highest position that this batch covers, that of records left
	// out because the log has them included.
	Last int64

	writer *Writer
	landed func([]eventlog.Entry, error) // bound once, so that sending does not allocate
	state  state
}

type state uint8

const (
	waiting state = iota
	durable
	failed
)

// Known reports whether the log already has the record at a position.
func (w *Writer) Known(position int64) bool {
	if position <= w.base {
		return true
	}
	if len(w.known) == 0 {
		return false
	}
	_, ok := w.known[position]
	return ok
}

// Batch returns an empty batch to fill. It waits while too many are on their
// way or the disk is low, and mends what has failed.
func (w *Writer) Batch(ctx context.Context) (*Batch, error) {
	// What the log refuses on a full disk gets in behind what it took meanwhile.
	// Waiting before it is full keeps the stream in its order.
	if w.log.Space != nil {
		if err := w.log.Space.Wait(ctx); err != nil {
			return nil, err
		}
	}
	if w.log.Pace != nil {
		if err := w.log.Pace.Ready(ctx, w.options.Source); err != nil {
			return nil, err
		}
	}
	for {
		if w.mustMend() {
			if err := w.mend(ctx); err != nil {
				return nil, err
			}
		}
		select {
		case b := <-w.free:
			if b == nil {
				b = &Batch{writer: w}
				b.landed = b.land
			}
			b.Entries, b.Data, b.Keys = b.Entries[:0], b.Data[:0], b.Keys[:0]
			b.Last, b.state = 0, waiting
			return b, nil
		case <-w.idle:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Return gives back a batch that is not sent.
func (w *Writer) Return(b *Batch) { w.free <- b }

// Send hands a batch over. Its memory belongs to the writer from then on.
func (w *Writer) Send(ctx context.Context, b *Batch) {
	w.spend(b)
	w.mu.Lock()
	w.queue = append(w.queue, b)
	w.pending++
	unsaved := w.unsaved
	w.mu.Unlock()
	// What was handed over is not called back: a stop waits for it, and then the
	// cursor says what the log has.
	w.log.Appender.AppendAsync(context.WithoutCancel(ctx), b.Entries, b.landed)
	if unsaved >= w.options.SaveEvery && !w.mustMend() && w.save() != nil {
		// An older cursor means more to read back, nothing worse; the next batch
		// tries again.
		w.mu.Lock()
		w.unsaved = unsaved
		w.mu.Unlock()
	}
}

// spend tells what a batch takes of the source's rate.
func (w *Writer) spend(b *Batch) {
	if w.log.Pace == nil {
		return
	}
	bytes := int64(0)
	for i := range b.Entries {
		bytes += int64(len(b.Entries[i].Record.Payload))
	}
	w.log.Pace.Spend(w.options.Source, len(b.Entries), bytes)
}

// land is called by the log when a batch is durable or has failed.
func (b *Batch) land(_ []eventlog.Entry, err error) {
	w := b.writer
	w.mu.Lock()
	w.pending--
	b.state = durable
	if err != nil {
		b.state = failed
		if w.failure == nil {
			w.failure = err
		}
	}
	if w.failure == nil {
		w.advance()
	}
	w.mu.Unlock()
	select {
	case w.idle <- struct{}{}:
	default:
	}
}

// advance acknowledges what is durable at the head of the queue. w.mu is held.
func (w *Writer) advance() {
	n := 0
	for ; n < len(w.queue) && w.queue[n].state == durable; n++ {
		b := w.queue[n]
		for i := range b.Entries {
			e := &b.Entries[i]
			if e.Offset >= w.from[e.Partition] {
				w.from[e.Partition] = e.Offset + 1
			}
		}
		w.acked = max(w.acked, b.Last)
		w.unsaved++
		w.free <- b // has room for every batch there is
	}
	w.queue = w.queue[:copy(w.queue, w.queue[n:])]
}

func (w *Writer) mustMend() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failure != nil
}

// Acked is the position up to which everything is in the log.
func (w *Writer) Acked() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.acked
}

// Finish waits until everything is durable and forgets the stream: sent again,
// it is another run.
func (w *Writer) Finish(ctx context.Context) error {
	if err := w.Flush(ctx); err != nil {
		return err
	}
	w.mu.Lock()
	w.finished = true
	w.mu.Unlock()
	return w.saveSurely(ctx)
}

// Checkpoint is Flush for a stream that goes on for ever: should the process be
// killed, only what the log takes from now on is read back.
func (w *Writer) Checkpoint(ctx context.Context) error {
	if err := w.Flush(ctx); err != nil {
		return err
	}
	ends, err := w.log.Tail.EndOffsets(ctx)
	if err != nil {
		return err
	}
	w.mu.Lock()
	for p, at := range ends {
		w.from[p] = max(w.from[p], at)
	}
	w.mu.Unlock()
	return w.saveSurely(ctx)
}

// Flush waits until everything handed over is durable, and saves the cursor.
func (w *Writer) Flush(ctx context.Context) error {
	for {
		if w.mustMend() {
			if err := w.mend(ctx); err != nil {
				return err
			}
		}
		w.mu.Lock()
		empty := len(w.queue) == 0
		w.mu.Unlock()
		if empty {
			return w.saveSurely(ctx)
		}
		select {
		case <-w.idle:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Close waits for what was handed over, however that ends, and saves the cursor
// unless the stream is finished.
func (w *Writer) Close() error {
	defer w.log.vacate(w.key)
	w.settle()
	w.mu.Lock()
	done := w.finished || w.failure != nil
	w.mu.Unlock()
	if done {
		// After a failure the stored cursor is the one to read back from.
		return nil
	}
	return w.save()
}

// settle waits until no batch is without an answer. The log gives one in
// bounded time (log.produce_timeout).
func (w *Writer) settle() {
	for {
		w.mu.Lock()
		pending := w.pending
		w.mu.Unlock()
		if pending == 0 {
			return
		}
		<-w.idle
	}
}
