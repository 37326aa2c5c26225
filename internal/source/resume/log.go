package resume

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/runtime/clock"
)

// Cursors keeps small values durably: a value that was put survives a kill.
type Cursors interface {
	Get(key string) (value []byte, ok bool, err error)
	Put(key string, value []byte) error
}

// Tail reads the raw topic back.
type Tail interface {
	// EndOffsets returns the end offset of every partition.
	EndOffsets(ctx context.Context) (map[int32]int64, error)
	// Positions calls visit for every record of the source's stream from the
	// given offsets (a partition that is not named: from its start) up to the
	// end as it was when called.
	Positions(ctx context.Context, source, stream string, from map[int32]int64, visit func(partition int32, offset, position int64)) error
}

// Space waits until the disk has room again. It is the disk guard.
type Space interface {
	Wait(ctx context.Context) error
}

// Pace slows the streams of a source down.
type Pace interface {
	// Ready returns once the source may bring something in.
	Ready(ctx context.Context, source string) error
	// Spend is told what it has brought.
	Spend(source string, events int, bytes int64)
}

// Log is the log with what it takes to append to it exactly once. It is safe
// for concurrent use; each stream has one writer at a time.
type Log struct {
	Appender eventlog.Appender
	Tail     Tail
	Cursors  Cursors
	Space    Space // nil: there is always room
	Pace     Pace  // nil: as fast as the log
	Clock    clock.Clock

	mu     sync.Mutex
	active map[string]bool
}

// ErrActive says that the stream is being written already.
var ErrActive = errors.New("is being ingested already")

// Options describe a stream.
type Options struct {
	Source string
	Stream string // as rows show it
	// Identity tells contents of the same name apart. Without one (a pipe whose
	// content nobody knows in advance) the stream cannot be resumed: sent again,
	// all its records are appended again.
	Identity string
	// InFlight bounds the batches waiting for the log. Default 8.
	InFlight int
	// SaveEvery is after how many batches the cursor is saved. Default 32.
	SaveEvery int
	// RetryFor is how long a log that takes nothing is tried again. Default: as
	// long as the context lives.
	RetryFor time.Duration
}

func (o Options) withDefaults() Options {
	if o.InFlight <= 0 {
		o.InFlight = 8
	}
	if o.SaveEvery <= 0 {
		o.SaveEvery = 32
	}
	return o
}

// Open begins or resumes a stream. Close must follow.
func (l *Log) Open(ctx context.Context, o Options) (*Writer, error) {
	key := "stream/" + o.Source + "/" + o.Stream
	if !l.occupy(key) {
		return nil, fmt.Errorf("stream %q of source %q %w", o.Stream, o.Source, ErrActive)
	}
	w := &Writer{log: l, options: o.withDefaults(), key: key}
	if err := w.begin(ctx); err != nil {
		l.vacate(key)
		return nil, fmt.Errorf("cannot open stream %q of source %q: %w", o.Stream, o.Source, err)
	}
	return w, nil
}

func (l *Log) occupy(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.active[key] {
		return false
	}
	if l.active == nil {
		l.active = make(map[string]bool)
	}
	l.active[key] = true
	return true
}

func (l *Log) vacate(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.active, key)
}

// begin finds out what of the stream is in the log already, and stores from
// where to read back what is about to follow.
func (w *Writer) begin(ctx context.Context) error {
	value, ok, err := w.log.Cursors.Get(w.key)
	if err != nil {
		return fmt.Errorf("cannot read its cursor: %w", err)
	}
	w.others = &cursors{}
	if ok {
		if w.others, err = decodeCursors(value, w.key); err != nil {
			return err
		}
	}
	// Records are told apart by source, stream and position. Before this content
	// adds its own, those of another content of the same name are accounted for.
	for i := range w.others.Streams {
		if err := w.readBack(ctx, &w.others.Streams[i]); err != nil {
			return err
		}
	}
	mine := w.others.take(w.options.Identity)
	w.base, w.acked = mine.Acked, mine.Acked
	w.known = make(positions)
	w.known.addRanges(mine.Known)
	ends, err := w.log.Tail.EndOffsets(ctx)
	if err != nil {
		return err
	}
	w.from = ends
	w.idle = make(chan struct{}, 1)
	w.free = make(chan *Batch, w.options.InFlight)
	for range w.options.InFlight {
		w.free <- nil // made when first used
	}
	return w.save()
}

// readBack replaces the offsets of a cursor by the positions found behind them.
func (w *Writer) readBack(ctx context.Context, c *cursor) error {
	if c.From == nil {
		return nil
	}
	found := make(positions)
	found.addRanges(c.Known)
	err := w.log.Tail.Positions(ctx, w.options.Source, w.options.Stream, c.From, func(_ int32, _, position int64) {
		if position > c.Acked {
			found[position] = struct{}{}
		}
	})
	if err != nil {
		return err
	}
	c.Known, c.From = found.above(c.Acked), nil
	return nil
}

// save stores the cursor. Nothing may be in recovery: every record of the stream
// that is not acknowledged lies behind w.from.
func (w *Writer) save() error {
	all := cursors{Streams: make([]cursor, 0, 1+len(w.others.Streams))}
	w.mu.Lock()
	if w.options.Identity != "" && !w.finished {
		all.Streams = append(all.Streams, cursor{
			Identity: w.options.Identity, Acked: w.acked, Known: w.known.above(w.acked), From: maps.Clone(w.from),
		})
	}
	w.unsaved = 0
	w.mu.Unlock()
	all.Streams = append(all.Streams, w.others.Streams...)
	value, err := all.encode()
	if err == nil {
		err = w.log.Cursors.Put(w.key, value)
	}
	if err != nil {
		return fmt.Errorf("cannot save the cursor of stream %q: %w", w.options.Stream, err)
	}
	return nil
}
