package match

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/codec"
	"github.com/millrace/millrace/stream/pattern"
)

// Options are the choices of a [Pattern].
type Options[E, R any] struct {
	// Lateness is how far behind the watermark an event may come: its time must be above
	// the watermark less Lateness.
	Lateness time.Duration
	// TTL is how long the state of a key is kept without events. It must be given, and be
	// no shorter than the pattern waits: a wait beyond it stops the job.
	TTL time.Duration
	// TimedOut makes the result of a partial match whose time was over. Without it there
	// are none. It must not keep the timeout.
	TimedOut func(pattern.Timeout[E]) R
	// Limits bound the partial matches of a key.
	Limits pattern.Limits
	// Failed is told when a condition returns an error; the event does not fulfil it. It
	// is called from several shards at a time, and again when events are replayed.
	Failed func(err error)
}

// Found are the outputs of a [Pattern].
type Found[K comparable, E, R any] struct {
	Matches  stream.Stream[stream.Revised[K, R]]
	Timeouts stream.Stream[stream.Revised[K, R]]
	Late     stream.Stream[stream.Record[K, E]]
}

// Pattern finds the matches of a pattern in the events of each key. result makes what is
// published of a match; it must not keep the match, nor depend on anything else.
func Pattern[K comparable, E, R any](
	in stream.Keyed[K, E], name string, p *pattern.Pattern[E], result func(pattern.Match[E]) R, opt Options[E, R],
) Found[K, E, R] {
	j := in.Job()
	events, err := codec.For[E]()
	if err != nil {
		j.Fail(fmt.Errorf("pattern %q: events: %w", name, err))
	}
	all := stream.Timeline(in, name, stream.Machine[K, progress[E], E, outcome[R]]{
		Make: func() (func(*stream.Turn[K, progress[E], outcome[R]], E), func(*stream.Turn[K, progress[E], outcome[R]])) {
			m := &machine[K, E, R]{
				runner: runner[E]{matcher: pattern.NewMatcher(p, opt.Limits), events: events}, result: result, opt: opt,
			}
			m.matched, m.timedOut = m.match, m.timeOut
			if opt.TimedOut == nil {
				m.timedOut = nil
			}
			return m.apply, m.wake
		},
		Retain: opt.Lateness, TTL: opt.TTL,
	})
	return Found[K, E, R]{
		Matches:  only(all.Results, name+" (matches)", false),
		Timeouts: only(all.Results, name+" (timeouts)", true),
		Late:     all.Late,
	}
}

// outcome is a match, or a partial match that timed out.
type outcome[R any] struct {
	TimedOut bool `state:"timed_out"`
	Value    R    `state:"value"`
}

// only keeps the matches, or the timeouts.
func only[K comparable, R any](in stream.Stream[stream.Revised[K, outcome[R]]], name string, timedOut bool) stream.Stream[stream.Revised[K, R]] {
	return stream.FlatMap(in, name, func(r stream.Revised[K, outcome[R]], emit func(stream.Revised[K, R])) {
		if r.Value.TimedOut == timedOut {
			emit(stream.Revised[K, R]{Key: r.Key, ID: r.ID, Revision: r.Revision, Retracted: r.Retracted, Value: r.Value.Value})
		}
	})
}

// machine gives events to a matcher, in one shard.
type machine[K comparable, E, R any] struct {
	runner[E]
	result func(pattern.Match[E]) R
	opt    Options[E, R]
	turn   *stream.Turn[K, progress[E], outcome[R]]

	matched  func(pattern.Match[E])
	timedOut func(pattern.Timeout[E])
	scratch  []byte
}

func (m *machine[K, E, R]) apply(t *stream.Turn[K, progress[E], outcome[R]], e E) {
	m.begin(t)
	if err := m.matcher.Advance(&t.State.state, t.Time, e, m.matched); err != nil && m.opt.Failed != nil {
		m.opt.Failed(err)
	}
	m.wait(t)
}

func (m *machine[K, E, R]) wake(t *stream.Turn[K, progress[E], outcome[R]]) {
	m.begin(t)
	m.matcher.Expire(&t.State.state, t.Time, m.matched, m.timedOut)
	m.wait(t)
}

func (m *machine[K, E, R]) begin(t *stream.Turn[K, progress[E], outcome[R]]) {
	m.turn = t
	if err := t.State.load(&m.runner); err != nil {
		t.Fail(err)
	}
	if t.State.at != t.Time {
		t.State.at, t.State.ids = t.Time, t.State.ids[:0]
	}
}

// wait asks to be woken at the next deadline.
func (m *machine[K, E, R]) wait(t *stream.Turn[K, progress[E], outcome[R]]) {
	deadline, ok := m.matcher.NextDeadline(&t.State.state)
	switch {
	case !ok || deadline == math.MaxInt64:
		t.WakeAt(0)
	case deadline-t.Time > m.opt.TTL.Microseconds():
		t.Fail(fmt.Errorf("the pattern waits %s, longer than the TTL of %s; raise the TTL", time.Duration(deadline-t.Time)*time.Microsecond, m.opt.TTL))
	default:
		t.WakeAt(deadline)
	}
}

func (m *machine[K, E, R]) match(x pattern.Match[E]) {
	m.turn.Emit(m.id('m', x.At, x.Taken), outcome[R]{Value: m.result(x)})
}

func (m *machine[K, E, R]) timeOut(x pattern.Timeout[E]) {
	m.turn.Emit(m.id('t', x.At, x.Taken), outcome[R]{TimedOut: true, Value: m.opt.TimedOut(x)})
}

// id names a match by what it took. Of equal ones, which are made of events that are
// equal and of one time, it numbers those that complete at one time.
func (m *machine[K, E, R]) id(tag byte, at int64, taken []pattern.Taken[E]) uint64 {
	m.scratch = binary.LittleEndian.AppendUint64(append(m.scratch[:0], tag), uint64(at))
	for i := range taken {
		m.scratch = append(append(m.scratch, taken[i].Step...), 0)
		m.scratch = binary.LittleEndian.AppendUint64(m.scratch, uint64(taken[i].At))
		m.scratch = m.events.Append(m.scratch, &taken[i].Event)
	}
	h := xxh3.Hash(m.scratch)
	s, n := m.turn.State, uint64(0)
	for _, other := range s.ids {
		if other == h {
			n++
		}
	}
	s.ids = append(s.ids, h)
	return h + n*0x9e3779b97f4a7c15
}
