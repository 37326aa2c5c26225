package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/source/route"
)

// The waits between two attempts to bring records into the log, before jitter.
const (
	firstWait = 200 * time.Millisecond
	maxWait   = 5 * time.Second
)

const (
	// drainBytes bounds what is handed to the log at once.
	drainBytes = 1 << 20
	// saveEvery is after how many batches the cursor is saved: what came into the
	// log since is read back after a kill.
	saveEvery = 32
)

// Run brings what is spooled into the log until ctx ends. What is left then stays
// for the next process.
func (s *Spool) Run(ctx context.Context) error {
	for {
		s.mu.Lock()
		idle := s.state != spooling
		s.mu.Unlock()
		if !idle && s.drain(ctx) != nil {
			return nil //nolint:nilerr // the end of ctx is how a spool is stopped
		}
		select {
		case <-s.progress:
		case <-ctx.Done():
			return nil
		}
	}
}

// drain returns once the spool is empty, or with ctx's error.
func (s *Spool) drain(ctx context.Context) error {
	d := drainer{spool: s, batch: s.o.BatchRecords}
	for wait := firstWait; ; wait = min(2*wait, maxWait) {
		before := d.batches
		err := d.attempt(ctx)
		d.close()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			return nil
		}
		if d.batches > before {
			wait = firstWait
		}
		s.mu.Lock()
		s.stats.Failures++
		s.mu.Unlock()
		s.o.Logger.Warn("the spool cannot be brought into the log yet", "folder", s.o.Dir, "error", err, "wait", wait)
		if err := s.o.Clock.Sleep(ctx, wait/2+time.Duration(s.o.Random()*float64(wait/2))); err != nil {
			return err
		}
	}
}

// drainer brings the spool into the log. Its position is the spool's.
type drainer struct {
	spool   *Spool
	segment *segment
	reader  reader
	batch   int // records at once
	batches int // brought into the log
	unsaved int // of these, since the cursor was saved

	entries []eventlog.Entry
	parser  eventlog.MetaParser
	headers []byte
	last    int64 // number of the newest record read
}

// attempt goes on until the spool is empty or the log fails.
func (d *drainer) attempt(ctx context.Context) error {
	if err := d.spool.readBack(ctx); err != nil {
		return err
	}
	d.last = 0
	for {
		if err := d.fill(); err != nil {
			return err
		}
		if len(d.entries) == 0 {
			done, err := d.emptied(ctx)
			if done || err != nil {
				return err
			}
			continue
		}
		if err := d.append(ctx); err != nil {
			return err
		}
		d.batches++
		if err := d.advance(); err != nil {
			return err
		}
	}
}

// readBack finds out which records are in the log although nobody knew.
func (s *Spool) readBack(ctx context.Context) error {
	s.mu.Lock()
	position := s.position.copy()
	doubtful := maps.Clone(s.doubtful)
	s.mu.Unlock()
	found := 0
	err := s.o.Tail.ReadBack(ctx, position.From, func(r *eventlog.Raw) {
		if r.Spooled != nil {
			at, err := eventlog.ParseSpooled(r.Spooled)
			if err == nil && at.Spool == s.o.Name && !position.has(at.Sequence) {
				position.known[at.Sequence] = struct{}{}
				found++
			}
			return
		}
		if len(doubtful) == 0 {
			return
		}
		digest := digestOf(r.Meta, r.Payload)
		for numbers := doubtful[digest]; len(numbers) > 0; numbers = doubtful[digest] {
			doubtful[digest] = numbers[1:]
			if !position.has(numbers[0]) {
				position.known[numbers[0]] = struct{}{}
				found++
				return
			}
		}
	})
	if err != nil {
		return fmt.Errorf("cannot read the log back: %w", err)
	}
	// It must not be lost: once the cursor's offsets have moved on it is not found again.
	if err := position.save(s.o.Cursors); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.position.known = position.known
	s.doubtful = make(map[digest][]int64)
	s.stats.Records -= int64(found)
	return nil
}

// fill reads the next records that are not in the log.
func (d *drainer) fill() error {
	d.entries, d.headers = d.entries[:0], d.headers[:0]
	size := 0
	for len(d.entries) < d.batch && size < drainBytes {
		f, err := d.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		d.last = f.sequence
		if d.spool.known(f.sequence) {
			continue
		}
		d.add(f)
		size += len(f.payload) + len(f.meta)
	}
	// Growing moves the headers; the slices into them are cut last.
	for i := range d.entries {
		e := &d.entries[i]
		from := e.Offset // lent until the log sets it
		e.Spooled = d.headers[from : from+int64(e.Partition)]
	}
	return nil
}

// known reports whether a record is in the log.
func (s *Spool) known(sequence int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.position.has(sequence)
}

// add makes an entry of a record. It keeps parts of the frame.
func (d *drainer) add(f *frame) {
	e := eventlog.Entry{Key: f.key}
	e.Record.Payload = f.payload
	if err := d.parser.Parse(f.meta, &e.Record); err != nil {
		d.spool.o.Logger.Warn("the metadata of a spooled record cannot be read; it is logged as a refused one",
			"folder", d.spool.o.Dir, "record", f.sequence, "error", err)
		e.Record = refused(f)
	}
	from := len(d.headers)
	d.headers = eventlog.AppendSpooled(d.headers, eventlog.Spooled{Spool: d.spool.o.Name, Sequence: f.sequence, Received: f.received})
	e.Offset, e.Partition = int64(from), int32(len(d.headers)-from)
	d.entries = append(d.entries, e)
	if len(d.entries) == 1 {
		d.spool.oldest(time.UnixMicro(f.received))
	}
}

// refused is a record whose metadata is longer than a reader of the log takes. Its
// sender has been told "yes", so that it is counted, for its source where that shows.
func refused(f *frame) adapter.Record {
	r := adapter.Record{Reject: route.EnvelopeTooLarge, Payload: f.payload[:min(len(f.payload), route.SampleBytes)]}
	const most = 128 // longer than any name that the configuration allows
	if fields := bytes.SplitN(f.meta, []byte{'\t'}, 4); len(fields) == 4 && len(fields[1]) <= most && len(fields[2]) <= most {
		r.Source, r.Adapter = string(fields[1]), string(fields[2])
	}
	return r
}

func (s *Spool) oldest(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Oldest = at
}

// next returns the next frame, or io.EOF where there is none yet.
func (d *drainer) next() (*frame, error) {
	for {
		if d.segment != nil {
			d.spool.mu.Lock()
			d.reader.size = d.segment.durable
			d.spool.mu.Unlock()
			f, err := d.reader.next()
			if !errors.Is(err, io.EOF) {
				return f, err
			}
		}
		next, grew := d.spool.segmentAfter(d.segment, d.reader.at)
		if grew {
			continue
		}
		if next == nil {
			return nil, io.EOF
		}
		if err := d.open(next); err != nil {
			return nil, err
		}
	}
}

// segmentAfter returns the oldest segment that is newer than one; nil stands before
// all. It reports instead that one has grown behind at, up to where it was read: a
// group may be written there, and the next segment be begun, while nobody looks.
func (s *Spool) segmentAfter(one *segment, at int64) (next *segment, grew bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one != nil && at < one.durable {
		return nil, true
	}
	for _, other := range s.segments {
		if one == nil || other.first > one.first {
			return other, false
		}
	}
	return nil, false
}

func (d *drainer) open(next *segment) error {
	d.close()
	file, err := os.Open(next.path)
	if err != nil {
		return fmt.Errorf("cannot open a segment of the spool: %w", err)
	}
	d.segment, d.reader = next, reader{file: file}
	return nil
}

func (d *drainer) close() {
	if d.segment != nil {
		_ = d.reader.file.Close() // it was only read
		d.segment, d.reader = nil, reader{}
	}
}

// append brings the batch into the log.
func (d *drainer) append(ctx context.Context) error {
	err := d.spool.o.Log.Append(ctx, d.entries)
	switch {
	case err == nil:
		d.batch = d.spool.o.BatchRecords
		return nil
	case !errors.Is(err, eventlog.ErrTooLarge):
		return err
	case len(d.entries) > 1:
		// One of them is too large for the log: it is found by going one by one.
		d.batch = 1
		return err
	}
	// The sender has been told "yes", so the record is counted, as a refused one.
	r := &d.entries[0].Record
	r.Reject, r.Payload = route.TooLarge, r.Payload[:min(len(r.Payload), route.SampleBytes)]
	return d.spool.o.Log.Append(ctx, d.entries)
}

// advance notes that the batch is in the log.
func (d *drainer) advance() error {
	s := d.spool
	s.mu.Lock()
	s.position.Acked = max(s.position.Acked, d.last)
	for i := range d.entries {
		e := &d.entries[i]
		s.position.From[e.Partition] = max(s.position.From[e.Partition], e.Offset+1)
	}
	s.stats.Records -= int64(len(d.entries))
	s.stats.Drained += int64(len(d.entries))
	finished := len(s.segments) > 1 && s.segments[1].first <= s.position.Acked
	position := s.position.copy()
	s.mu.Unlock()
	if d.unsaved++; d.unsaved < saveEvery && !finished {
		return nil
	}
	if err := position.save(s.o.Cursors); err != nil {
		return err
	}
	d.unsaved = 0
	return s.remove(position.Acked)
}

// remove deletes the segments that are in the log as a whole, but the newest.
func (s *Spool) remove(acked int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.segments) > 1 && s.segments[1].first <= acked+1 {
		if err := s.removeOldest(); err != nil {
			return err
		}
	}
	return nil
}

// removeOldest deletes a segment. mu is held: it is a matter of a few files per minute.
func (s *Spool) removeOldest() error {
	oldest := s.segments[0]
	if err := os.Remove(oldest.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("cannot remove a segment of the spool: %w", err)
	}
	s.segments = s.segments[1:]
	s.stats.Bytes -= oldest.durable
	return nil
}

// emptied lets events go into the log again if nothing is left. Else it waits for
// what is being written.
func (d *drainer) emptied(ctx context.Context) (bool, error) {
	s := d.spool
	s.mu.Lock()
	if s.writing || !s.waiting.empty() || !d.atEnd() {
		s.mu.Unlock()
		select {
		case <-s.progress:
			return false, nil
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	defer s.mu.Unlock()
	if s.state == closed {
		return true, nil
	}
	return true, s.reset()
}

// atEnd reports whether the newest record that is durable has been read. mu is held.
func (d *drainer) atEnd() bool {
	n := len(d.spool.segments)
	return n == 0 || d.segment == d.spool.segments[n-1] && d.reader.at == d.segment.durable
}

// reset empties the spool's folder: all of it is in the log. mu is held, so that no
// event overtakes what came before it.
func (s *Spool) reset() error {
	s.position.Acked = s.sequence
	clear(s.position.known)
	if err := s.position.save(s.o.Cursors); err != nil {
		return err
	}
	if s.active != nil {
		_ = s.active.Close() // all of it is in the log
		s.active, s.current = nil, nil
	}
	for len(s.segments) > 0 {
		if err := s.removeOldest(); err != nil {
			return err
		}
	}
	s.stats.Records = 0
	acked := maps.Clone(s.flight.acked)
	if acked == nil {
		acked = make(map[int32]int64)
	}
	for p, at := range s.position.From {
		acked[p] = max(acked[p], at)
	}
	s.flight.begin(acked)
	s.state = direct
	s.room.Broadcast()
	s.o.Logger.Warn("the log answers; all of the spool is in it", "folder", s.o.Dir)
	return nil
}
