package spool

import (
	"errors"
	"fmt"
	"os"

	"github.com/millrace/millrace/internal/eventlog"
)

// group is what is written and synced at once.
type group struct {
	frames  []byte
	records int
	calls   []*call
	refused []refusal
}

// refusal is a call that cannot be spooled.
type refusal struct {
	call *call
	err  error
}

func (g *group) empty() bool { return len(g.calls) == 0 && len(g.refused) == 0 }

const (
	// maxWaiting bounds the frames that wait to be written, and the payloads that
	// wait while turning.
	maxWaiting = 16 << 20
	// maxKept bounds the memory that a large group leaves behind.
	maxKept = 4 << 20
)

// queue hands a call's entries to the committer. It reports false when they may go
// into the log again. A caller that cannot wait is told that the spool is busy.
func (s *Spool) queue(c *call, wait bool) (queued bool, err error) {
	c.began = s.o.Clock.Now()
	size := sizeOf(c.entries)
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.state == direct:
			return false, nil
		case s.state == closed:
			return false, errClosed
		case s.stats.Bytes+int64(size) > s.o.MaxBytes:
			s.stats.Refused += int64(len(c.entries))
			return false, ErrFull
		case s.flight.bytes+len(s.waiting.frames) == 0 || s.flight.bytes+len(s.waiting.frames)+size <= maxWaiting:
			s.take(c, size)
			return true, nil
		case !wait:
			return false, fmt.Errorf("%w: its spool is being written", eventlog.ErrBusy)
		}
		s.room.Wait()
	}
}

// sizeOf is about what entries take in the spool.
func sizeOf(entries []eventlog.Entry) (size int) {
	const overhead = 128 // of a frame and its metadata
	for i := range entries {
		e := &entries[i]
		size += len(e.Record.Payload) + len(e.Key) + len(e.Record.Envelope) + len(e.Record.Stream) + overhead
	}
	return size
}

// take accepts a call. mu is held.
func (s *Spool) take(c *call, size int) {
	if s.state == turning {
		s.flight.held = append(s.flight.held, c)
		s.flight.bytes += size
		return
	}
	s.add(c, false)
	tell(s.commits)
}

// add makes frames of a call's entries. mu is held.
func (s *Spool) add(c *call, doubtful bool) {
	g := &s.waiting
	before, sequence := len(g.frames), s.sequence
	var err error
	for i := range c.entries {
		s.sequence++
		start := len(g.frames)
		g.frames = appendFrame(g.frames, &c.entries[i], s.sequence, c.began, doubtful)
		if len(g.frames)-start > maxFrame {
			err = eventlog.ErrTooLarge
		}
	}
	size := int64(len(g.frames) - before)
	if s.stats.Bytes+size > s.o.MaxBytes {
		err = ErrFull
	}
	if err != nil {
		g.frames, s.sequence = g.frames[:before], sequence
		g.refused = append(g.refused, refusal{c, err})
		s.stats.Refused += int64(len(c.entries))
		return
	}
	if doubtful {
		s.doubt(g.frames[before:])
	}
	if s.stats.Records == 0 {
		s.stats.Oldest = c.began
	}
	s.stats.Bytes += size
	s.stats.Records += int64(len(c.entries))
	g.records += len(c.entries)
	g.calls = append(g.calls, c)
}

// doubt notes the digests of doubtful frames. mu is held.
func (s *Spool) doubt(frames []byte) {
	for len(frames) > 0 {
		f, size, err := parseFrame(frames)
		if err != nil || size == 0 {
			panic("BUG: a frame cannot be read that has just been made")
		}
		d := digestOf(f.meta, f.payload)
		s.doubtful[d] = append(s.doubtful[d], f.sequence)
		frames = frames[size:]
	}
}

// commit writes what waits, in groups, until the spool is closed.
func (s *Spool) commit() {
	defer close(s.committed)
	for range s.commits {
		for s.commitGroup() {
		}
	}
	for s.commitGroup() {
	}
}

// commitGroup writes and syncs what waits, and answers its callers.
func (s *Spool) commitGroup() bool {
	s.mu.Lock()
	g := s.waiting
	if g.empty() {
		s.mu.Unlock()
		return false
	}
	s.waiting, s.spare = s.spare, group{}
	s.writing = true
	save, position := s.mustSave, s.position.copy()
	s.room.Broadcast()
	s.mu.Unlock()
	var err error
	if save {
		// Before the first record: who finds one must find where to look for it.
		err = position.save(s.o.Cursors)
	}
	if err == nil {
		err = s.write(g.frames)
	}
	s.wrote(&g, err)
	return true
}

// wrote accounts for a group and answers its callers.
func (s *Spool) wrote(g *group, err error) {
	s.mu.Lock()
	s.writing = false
	if err == nil {
		s.mustSave = false
		s.stats.Spooled += int64(g.records)
	} else {
		s.stats.Bytes -= int64(len(g.frames))
		s.stats.Records -= int64(g.records)
		s.o.Logger.Error("cannot write to the spool; its events are refused", "folder", s.o.Dir, "error", err)
		err = fmt.Errorf("%w, and the spool cannot be written: %w", eventlog.ErrUnavailable, err)
	}
	s.mu.Unlock()
	for _, c := range g.calls {
		if err == nil {
			for i := range c.entries {
				c.entries[i].Partition, c.entries[i].Offset = s.Partition(c.entries[i].Key), eventlog.InSpool
			}
		}
		c.done(c.entries, err)
	}
	for _, r := range g.refused {
		r.call.done(r.call.entries, r.err)
	}
	tell(s.progress)
	if cap(g.frames) > maxKept {
		g.frames = nil
	}
	clear(g.calls)
	clear(g.refused)
	s.mu.Lock()
	s.spare = group{frames: g.frames[:0], calls: g.calls[:0], refused: g.refused[:0]}
	s.mu.Unlock()
}

// write appends frames to the newest segment and syncs it.
func (s *Spool) write(frames []byte) error {
	if len(frames) == 0 {
		return nil // all were refused
	}
	current, err := s.segment(frames)
	if err != nil {
		return err
	}
	if _, err = s.active.WriteAt(frames, current.durable); err == nil {
		err = s.active.Sync()
	}
	if err != nil {
		// What of it is on disk is unknown, and a second sync would not tell. A new
		// segment is begun; readers stop where this one was sound.
		err = errors.Join(err, s.active.Truncate(current.durable), s.active.Close())
		s.active, s.current = nil, nil
		return err
	}
	s.mu.Lock()
	current.durable += int64(len(frames))
	s.mu.Unlock()
	return nil
}

// segment returns the segment to write to, a new one where that is due.
func (s *Spool) segment(frames []byte) (*segment, error) {
	if s.active != nil {
		if s.current.durable < s.o.SegmentBytes {
			return s.current, nil
		}
		err := s.active.Close()
		s.active, s.current = nil, nil
		if err != nil {
			return nil, err
		}
	}
	f, _, err := parseFrame(frames)
	if err != nil {
		panic("BUG: a frame cannot be read that has just been made")
	}
	next := &segment{path: segmentPath(s.o.Dir, f.sequence), first: f.sequence, durable: int64(len(magic))}
	if s.active, err = createSegment(s.o.Dir, next.path); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.segments = append(s.segments, next)
	s.stats.Bytes += next.durable
	s.mu.Unlock()
	s.current = next
	return next, nil
}

// createSegment makes an empty segment. Its folder and its beginning are durable.
func createSegment(dir, path string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("cannot make the spool's folder: %w", err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot make a segment of the spool: %w", err)
	}
	if _, err = file.WriteString(magic); err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(path))
	}
	return file, nil
}
