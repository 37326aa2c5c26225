package spool

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/millrace/millrace/internal/eventlog"
)

// call is a call of Append or AppendAsync that does not go into the log.
type call struct {
	ticket
	entries []eventlog.Entry
	done    func([]eventlog.Entry, error)
}

// ticket is a call that goes into the log.
type ticket struct {
	number     uint64
	generation uint64
	began      time.Time
}

// flights accounts for the calls that go into the log, to know where a record of a
// call that failed may lie: behind what was acknowledged before the call began. Calls
// are told apart by generations, of which two are alive: one offset per partition
// and generation will do, however many calls there are.
type flights struct {
	tickets uint64
	number  uint64             // of the current generation
	flying  [2]int             // calls of the current generation and of the one before
	begun   int                // calls that the current generation has had
	acked   map[int32]int64    // behind the highest offset that was acknowledged
	floor   [2]map[int32]int64 // acked as it was when the generation began
	failed  []*call
	held    []*call // that came while turning
	bytes   int     // of held
}

// begin starts anew, with nothing under way.
func (f *flights) begin(acked map[int32]int64) {
	*f = flights{tickets: f.tickets, number: f.number + 2, acked: maps.Clone(acked)}
	f.floor = [2]map[int32]int64{maps.Clone(acked), maps.Clone(acked)}
}

// generationCalls is how many calls a generation has at least.
const generationCalls = 256

// start counts a call in.
func (f *flights) start(now time.Time) ticket {
	if f.begun >= generationCalls && f.flying[1] == 0 {
		f.number++
		f.begun = 0
		f.flying = [2]int{0, f.flying[0]}
		f.floor = [2]map[int32]int64{f.floor[1], f.floor[0]}
		maps.Copy(f.floor[0], f.acked)
	}
	f.tickets++
	f.begun++
	f.flying[0]++
	return ticket{f.tickets, f.number, now}
}

// end counts it out. Those of an earlier life of the flights have been already.
func (f *flights) end(t ticket) { f.flying[f.number-t.generation]-- }

// landed notes what a call has brought into the log.
func (f *flights) landed(entries []eventlog.Entry) {
	for i := range entries {
		e := &entries[i]
		if e.Offset >= f.acked[e.Partition] {
			f.acked[e.Partition] = e.Offset + 1
		}
	}
}

// Append implements [eventlog.Appender].
func (s *Spool) Append(ctx context.Context, entries []eventlog.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	for {
		t, ok := s.start()
		if ok {
			return s.appendDirect(ctx, t, entries)
		}
		result := make(chan error, 1)
		c := &call{entries: entries, done: func(_ []eventlog.Entry, err error) { result <- err }}
		if queued, err := s.queue(c, false); err != nil {
			return err
		} else if queued {
			return <-result
		}
	}
}

func (s *Spool) appendDirect(ctx context.Context, t ticket, entries []eventlog.Entry) error {
	err := s.o.Log.Append(ctx, entries)
	if !errors.Is(err, eventlog.ErrUnavailable) {
		s.end(t, entries, err)
		return err
	}
	result := make(chan error, 1)
	s.fail(&call{t, entries, func(_ []eventlog.Entry, err error) { result <- err }}, err)
	return <-result
}

// AppendAsync implements [eventlog.Appender].
func (s *Spool) AppendAsync(ctx context.Context, entries []eventlog.Entry, done func([]eventlog.Entry, error)) {
	if len(entries) == 0 {
		done(entries, nil)
		return
	}
	for {
		if t, ok := s.start(); ok {
			s.o.Log.AppendAsync(ctx, entries, func(entries []eventlog.Entry, err error) {
				if errors.Is(err, eventlog.ErrUnavailable) {
					s.fail(&call{t, entries, done}, err)
					return
				}
				s.end(t, entries, err)
				done(entries, err)
			})
			return
		}
		queued, err := s.queue(&call{entries: entries, done: done}, true)
		if err != nil {
			go done(entries, err) // never from the caller's goroutine
		}
		if queued || err != nil {
			return
		}
	}
}

// start counts a call in that goes into the log, unless it may not.
func (s *Spool) start() (ticket, bool) {
	now := s.o.Clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != direct {
		return ticket{}, false
	}
	return s.flight.start(now), true
}

// end counts out a call that the log has answered.
func (s *Spool) end(t ticket, entries []eventlog.Entry, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.flight.landed(entries)
	}
	s.flight.end(t)
	s.turn()
}

// fail takes a call that the log has left unanswered.
func (s *Spool) fail(c *call, err error) {
	s.mu.Lock()
	if s.state == closed {
		s.mu.Unlock()
		c.done(c.entries, err)
		return
	}
	defer s.mu.Unlock()
	if s.state == direct {
		s.state = turning
		s.o.Logger.Warn("the log does not answer; events wait in the spool", "folder", s.o.Dir, "error", err)
	}
	s.flight.failed = append(s.flight.failed, c)
	s.flight.end(c.ticket)
	s.turn()
}

// turn begins to spool once the last call under way has ended. mu is held.
func (s *Spool) turn() {
	f := &s.flight
	if s.state != turning || f.flying != [2]int{} {
		return
	}
	s.state = spooling
	s.position.From = f.floor[1]
	s.mustSave = true
	slices.SortFunc(f.failed, func(a, b *call) int { return cmp.Compare(a.number, b.number) })
	for _, c := range f.failed {
		s.add(c, true)
	}
	for _, c := range f.held {
		s.add(c, false)
	}
	f.failed, f.held, f.bytes = nil, nil, 0
	s.room.Broadcast()
	tell(s.commits)
}
