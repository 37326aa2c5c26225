package resume

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/source/route"
)

// The waits between two attempts to mend.
const (
	firstWait = 100 * time.Millisecond
	maxWait   = 5 * time.Second
)

// mend brings what has failed into the log: it waits until nothing is on its
// way, reads back which records are there all the same, and appends the others.
func (w *Writer) mend(ctx context.Context) error {
	w.settle()
	w.mu.Lock()
	err := w.failure
	w.mu.Unlock()
	began := w.log.Clock.Now()
	singly := false
	for wait := firstWait; ; wait = min(2*wait, maxWait) {
		if errors.Is(err, eventlog.ErrTooLarge) {
			if singly {
				return err // not even its sample gets in
			}
			singly = true
		}
		if limit := w.options.RetryFor; limit > 0 && w.log.Clock.Now().Sub(began) > limit {
			return fmt.Errorf("gave up after %s: %w", limit, err)
		}
		if sleepErr := w.pause(ctx, wait); sleepErr != nil {
			return errors.Join(sleepErr, err)
		}
		if err = w.appendMissing(ctx, singly); err == nil {
			return nil
		}
	}
}

// appendMissing is one attempt of mend. With singly it finds the records that are too
// large for the log: a batch that fails because of one may be in the log in part, so
// that this takes another attempt, which reads back.
func (w *Writer) appendMissing(ctx context.Context, singly bool) error {
	w.mu.Lock()
	from := make(map[int32]int64, len(w.from))
	for p, at := range w.from {
		from[p] = at
	}
	queue := w.queue
	w.mu.Unlock()
	found := make(positions)
	ends := make(map[int32]int64)
	err := w.log.Tail.Positions(ctx, w.options.Source, w.options.Stream, from, func(p int32, offset, position int64) {
		found[position] = struct{}{}
		ends[p] = max(ends[p], offset+1)
	})
	if err != nil {
		return err
	}
	// In recovery nothing lands on its own, so the queue is this goroutine's.
	var missing []eventlog.Entry
	for _, b := range queue {
		missing = missing[:0]
		for i := range b.Entries {
			if _, ok := found[b.Entries[i].Record.Position]; !ok {
				missing = append(missing, b.Entries[i])
			}
		}
		if len(missing) == 0 {
			continue
		}
		if err := w.append(ctx, missing, singly); err != nil {
			return err
		}
		for i := range missing {
			ends[missing[i].Partition] = max(ends[missing[i].Partition], missing[i].Offset+1)
		}
	}
	w.mended(ends)
	return nil
}

// append brings entries into the log. With singly, one that is too large for it is
// counted as a refused one: else the stream would come back to it for ever.
func (w *Writer) append(ctx context.Context, entries []eventlog.Entry, singly bool) error {
	if !singly {
		return w.log.Appender.Append(ctx, entries)
	}
	for i := range entries {
		err := w.log.Appender.Append(ctx, entries[i:i+1])
		if r := &entries[i].Record; errors.Is(err, eventlog.ErrTooLarge) && r.Reject == "" {
			r.Reject, r.Payload = route.TooLarge, r.Payload[:min(len(r.Payload), route.SampleBytes)]
			err = w.log.Appender.Append(ctx, entries[i:i+1])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mended acknowledges the whole queue.
func (w *Writer) mended(ends map[int32]int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range w.queue {
		b.state = durable
		b.Entries = b.Entries[:0] // their offsets may not be theirs
	}
	w.failure = nil
	w.advance()
	for p, at := range ends {
		w.from[p] = max(w.from[p], at)
	}
}

// saveSurely tries until the cursor is stored.
func (w *Writer) saveSurely(ctx context.Context) error {
	err := w.save()
	for began := w.log.Clock.Now(); err != nil; err = w.save() {
		if limit := w.options.RetryFor; limit > 0 && w.log.Clock.Now().Sub(began) > limit {
			return err
		}
		if sleepErr := w.pause(ctx, maxWait); sleepErr != nil {
			return errors.Join(sleepErr, err)
		}
	}
	return nil
}

// pause waits a while, and until the disk has room.
func (w *Writer) pause(ctx context.Context, d time.Duration) error {
	if err := w.log.Clock.Sleep(ctx, d); err != nil || w.log.Space == nil {
		return err
	}
	return w.log.Space.Wait(ctx)
}
