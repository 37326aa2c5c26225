package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/route"
)

// Intake brings the messages of one connection into the log. T is what the source
// acknowledges a message by, such as a delivery tag. It is safe for concurrent
// use.
type Intake[T any] struct {
	cfg    Config
	meter  *meter.Source
	landed func(tokens []T, err error)
	record adapter.Record // what all records share

	free    chan *batch[T]
	queue   chan *batch[T] // on their way, in order
	settled chan struct{}  // closed when the last one has landed

	mu      sync.Mutex // never held by what the log calls back, as handing over may wait for that
	decoder adapter.Decoder
	current *batch[T] // nil: none is begun
	flying  int
	closed  bool
}

// batch is what is handed to the log at once.
type batch[T any] struct {
	entries []eventlog.Entry
	tokens  []T
	keys    []byte
	bytes   int
	result  chan error
	done    func([]eventlog.Entry, error) // bound once, so that sending does not allocate
}

// Open prepares an intake. landed is told of the messages in the order in which
// they were taken, a batch at a time: with a nil error the log has them; with
// another it refused them for [Config.RetryFor], or ctx has ended, and some may
// be in it all the same. It is called by one goroutine, must not block for long,
// and must not keep the tokens' slice. Close must follow.
func Open[T any](ctx context.Context, cfg Config, landed func(tokens []T, err error)) *Intake[T] {
	cfg = cfg.withDefaults()
	i := &Intake[T]{
		cfg: cfg, landed: landed, meter: cfg.Meters.Source(cfg.Source, cfg.Adapter.Name()),
		record:  adapter.Record{Source: cfg.Source, Adapter: cfg.Adapter.Name(), Stream: cfg.Stream},
		free:    make(chan *batch[T], cfg.InFlight+1),
		queue:   make(chan *batch[T], cfg.InFlight+1),
		settled: make(chan struct{}),
		decoder: cfg.Adapter.NewDecoder(nil),
	}
	for range cfg.InFlight + 1 {
		b := &batch[T]{result: make(chan error, 1)}
		b.done = func(_ []eventlog.Entry, err error) { b.result <- err }
		i.free <- b
	}
	go i.settle(ctx)
	return i
}

// errClosed says that a message came after Close.
var errClosed = errors.New("the intake is closed")

// Take hands one message over. It waits while the disk is low, while the source
// is above its rate, and while too much is on its way to the log.
func (i *Intake[T]) Take(ctx context.Context, m *Message, token T) error {
	if i.cfg.Space != nil {
		if err := i.cfg.Space.Wait(ctx); err != nil {
			return err
		}
	}
	if i.cfg.Limiter != nil {
		if err := i.cfg.Limiter.Wait(ctx, 1, int64(len(m.Payload))); err != nil {
			return err
		}
	}
	if err := i.begin(ctx); err != nil {
		return err
	}
	defer i.mu.Unlock()
	i.add(m, token)
	b := i.current
	if i.flying == 0 || len(b.entries) >= i.cfg.BatchRecords || b.bytes >= i.cfg.BatchBytes {
		i.send(ctx)
	}
	return nil
}

// begin locks mu once there is a batch to fill. It waits for one without the lock,
// which settle needs to free one.
func (i *Intake[T]) begin(ctx context.Context) error {
	var spare *batch[T]
	for {
		i.mu.Lock()
		if i.closed {
			i.mu.Unlock()
			return errClosed
		}
		if i.current == nil {
			i.current, spare = spare, nil
		}
		if spare != nil { // another caller was faster
			i.free <- spare
			spare = nil
		}
		if i.current != nil {
			return nil
		}
		i.mu.Unlock()
		select {
		case spare = <-i.free:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// add appends a message to the current batch. mu is held.
func (i *Intake[T]) add(m *Message, token T) {
	b := i.current
	b.entries = append(b.entries, eventlog.Entry{Record: i.record})
	e := &b.entries[len(b.entries)-1]
	r := &e.Record
	r.Payload, r.Envelope, r.Line, r.Reject = m.Payload, m.Envelope, m.Line, m.Reject
	if m.Stream != "" {
		r.Stream = m.Stream
	}
	switch {
	case r.Reject != "":
	case len(r.Payload) == 0:
		r.Reject = route.Empty
	case len(r.Payload) > i.cfg.EventBytes:
		r.Reject = route.TooLarge
	}
	if r.Reject != "" && len(r.Payload) > route.SampleBytes {
		// A copy, so that the sample does not keep the whole payload.
		r.Payload = bytes.Clone(r.Payload[:route.SampleBytes])
	}
	from := len(b.keys)
	b.keys = route.Append(b.keys, i.decoder, r)
	e.Key = b.keys[from:len(b.keys):len(b.keys)]
	b.tokens = append(b.tokens, token)
	b.bytes += len(r.Payload)
}

// send hands the current batch to the log. mu is held.
func (i *Intake[T]) send(ctx context.Context) {
	b := i.current
	i.current = nil
	i.flying++
	i.queue <- b // has room for every batch there is
	// What was handed over is not called back: the acknowledgement of what the
	// log has taken saves a delivery.
	i.cfg.Appender.AppendAsync(context.WithoutCancel(ctx), b.entries, b.done)
}

// settle tells the source what became of its messages, and sends what has gathered
// meanwhile.
func (i *Intake[T]) settle(ctx context.Context) {
	defer close(i.settled)
	for b := range i.queue {
		err := <-b.result
		if err != nil {
			err = i.retry(ctx, b, err)
		}
		if err == nil {
			i.count(b)
		}
		i.landed(b.tokens, err)
		clear(b.entries) // payloads are not kept
		clear(b.tokens)
		b.entries, b.tokens, b.keys, b.bytes = b.entries[:0], b.tokens[:0], b.keys[:0], 0
		i.free <- b
		i.mu.Lock()
		i.flying--
		if i.flying == 0 && i.current != nil {
			i.send(ctx)
		}
		if i.flying == 0 && i.closed {
			close(i.queue)
		}
		i.mu.Unlock()
	}
}

func (i *Intake[T]) count(b *batch[T]) {
	rejected, bytes := 0, int64(0)
	for n := range b.entries {
		bytes += int64(len(b.entries[n].Record.Payload))
		if b.entries[n].Record.Reject != "" {
			rejected++
		}
	}
	i.meter.Appended(len(b.entries), rejected, bytes, i.cfg.Clock.Now())
}

// The waits between two attempts to append a batch.
const (
	firstWait = 100 * time.Millisecond
	maxWait   = 5 * time.Second
)

// retry hands a batch that the log refused over again. What of it got in the first
// time is recognised as a duplicate, as it would be if the peer delivered it again.
func (i *Intake[T]) retry(ctx context.Context, b *batch[T], err error) error {
	began := i.cfg.Clock.Now()
	for wait := firstWait; err != nil; wait = min(2*wait, maxWait) {
		if errors.Is(err, eventlog.ErrTooLarge) {
			if err = i.refuseLarge(ctx, b); err == nil {
				return nil
			}
		}
		if i.cfg.Clock.Now().Sub(began) >= i.cfg.RetryFor {
			return fmt.Errorf("the log refused %d messages for %s: %w", len(b.entries), i.cfg.RetryFor, err)
		}
		if ctxErr := i.cfg.Clock.Sleep(ctx, wait); ctxErr != nil {
			return errors.Join(ctxErr, err)
		}
		err = i.cfg.Appender.Append(ctx, b.entries)
	}
	return nil
}

// refuseLarge appends the messages of a batch one by one, those that the log takes
// for too large as refused ones.
func (i *Intake[T]) refuseLarge(ctx context.Context, b *batch[T]) error {
	for n := range b.entries {
		err := i.cfg.Appender.Append(ctx, b.entries[n:n+1])
		if r := &b.entries[n].Record; errors.Is(err, eventlog.ErrTooLarge) && r.Reject == "" {
			r.Reject, r.Payload = route.TooLarge, bytes.Clone(r.Payload[:min(len(r.Payload), route.SampleBytes)])
			err = i.cfg.Appender.Append(ctx, b.entries[n:n+1])
		}
		if err != nil {
			return fmt.Errorf("cannot append message %d of %d: %w", n+1, len(b.entries), err)
		}
	}
	return nil
}

// Close takes no more messages and returns once the source has been told of all.
func (i *Intake[T]) Close() {
	i.mu.Lock()
	if !i.closed {
		i.closed = true
		if i.flying == 0 {
			close(i.queue) // what gathers is sent when nothing flies, so there is nothing
		}
	}
	i.mu.Unlock()
	<-i.settled
}
