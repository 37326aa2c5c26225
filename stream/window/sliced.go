package window

import (
	"math"

	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/codec"
	"github.com/millrace/millrace/stream/state"
)

// sliced are tumbling, hopping and cumulating windows. Time is cut into slots; an
// element changes the cell of its key in the pane of its slot, and a window that
// fires merges the cells of its panes.
//
// A window that fires publishes all its keys, so that its first publication is
// recorded nowhere: a mark is kept only of keys that were published before that, or
// that had elements after it.
type sliced[K comparable, T, A, R any] struct {
	outlet[K, R]
	a        *aggregate.Aggregator[T, A, R]
	grid     grid
	lateness int64
	emission Emission
	late     func(stream.Element[stream.Record[K, T]])

	panes   *state.Panes[K, cell[A]] // by the start of the slot
	marks   *state.Panes[K, mark]    // by the end of the window
	pending *state.Panes[K, bool]    // cells changed since the newest early results, by the start of the slot
	results *codec.Codec[R]          // when there are early results

	slot   slotCache[K, A]
	batch  []stream.Element[stream.Record[K, T]] // of TakeAll
	keyOf  func(i int) K                         // in the batch
	addTo  func(i int, c *cell[A], existed bool)
	passed int64 // windows with an end up to here have fired
	closed int64 // windows with an end up to here take nothing more

	turn     uint32 // counts commits, from 1
	changed  []change[K]
	again    []change[K] // windows to publish again, by their end
	emitted  int64       // processing time of the newest early results
	merged   map[K]int   // index in cells
	keys     []K
	cells    []cell[A]
	scratch  []byte
	nothing  A
	combined A
}

// cell is what a key has come to in a slot.
type cell[A any] struct {
	Acc   A            `state:"acc"`
	Cause stream.Cause `state:"cause"` // newest
	Turn  uint32       `state:"-"`     // in which it was last put on the list of changes
}

// mark is what a key has published of a window beside the publication on time.
type mark struct {
	Others uint32 `state:"others"` // publications early and late
	Behind bool   `state:"behind"` // it had no element when the window fired
	Digest uint64 `state:"digest"` // of the newest early result
	Turn   uint32 `state:"-"`
}

// change is a key in a slot, or in the window with an end.
type change[K comparable] struct {
	key K
	at  int64
}

// slotCache is the slot of the newest element: most are in the same one.
type slotCache[K comparable, A any] struct {
	from, to int64 // µs
	number   int64
	pane     *state.Value[K, cell[A]]
}

func openSliced[K comparable, T, A, R any](
	space *state.Space, watermark int64, p *plan[K, T, A, R], out outlet[K, R], late func(stream.Element[stream.Record[K, T]]),
) (*sliced[K, T, A, R], error) {
	s := &sliced[K, T, A, R]{
		outlet: out, a: &p.a, grid: p.spec.grid(), lateness: p.lateness.Microseconds(), emission: p.emission, late: late,
		passed: math.MinInt64, closed: math.MinInt64, turn: 1, merged: make(map[K]int),
	}
	s.keyOf = func(i int) K { return s.batch[i].Value.Key }
	s.addTo = func(i int, c *cell[A], _ bool) { s.add(c, &s.batch[i]) }
	var err error
	if s.panes, err = state.OpenPanes[K, cell[A]](space, "panes", state.TableOptions{}); err != nil {
		return nil, err
	}
	if s.marks, err = state.OpenPanes[K, mark](space, "marks", state.TableOptions{}); err != nil {
		return nil, err
	}
	if s.pending, err = state.OpenPanes[K, bool](space, "pending", state.TableOptions{}); err != nil {
		return nil, err
	}
	if s.emission >= 0 {
		if s.results, err = codec.For[R](); err != nil {
			return nil, err
		}
	}
	if watermark != 0 {
		s.passed, s.closed = s.grid.slot(watermark), s.grid.slot(watermark-s.lateness)
	}
	return s, nil
}

func (s *sliced[K, T, A, R]) take(e stream.Element[stream.Record[K, T]]) {
	if !s.place(e.Value.Key, e.Time) {
		s.late(e)
		return
	}
	c, _ := s.slot.pane.Upsert(e.Value.Key)
	s.add(c, &e)
}

func (s *sliced[K, T, A, R]) add(c *cell[A], e *stream.Element[stream.Record[K, T]]) {
	s.a.Add(&c.Acc, e.Value.Value, aggregate.At{Time: e.Time, Cause: e.Cause})
	s.touch(c, e.Value.Key, e.Cause)
}

// TakeAll implements [stream.Batcher]: elements of one slot are looked up together.
func (s *sliced[K, T, A, R]) TakeAll(elements []stream.Element[stream.Record[K, T]]) {
	for len(elements) > 0 {
		n := s.open(elements)
		if n == 0 {
			s.take(elements[0])
			elements = elements[1:]
			continue
		}
		s.batch = elements[:n]
		s.slot.pane.UpsertAll(n, s.keyOf, s.addTo)
		elements = elements[n:]
	}
	s.batch = nil
}

// open counts the elements in front that are in one slot of which nothing has fired, and
// finds its pane.
func (s *sliced[K, T, A, R]) open(elements []stream.Element[stream.Record[K, T]]) (n int) {
	at := elements[0].Time
	if at < s.slot.from || at >= s.slot.to {
		s.seek(at)
	}
	if s.slot.number < s.passed {
		return 0
	}
	if s.slot.pane == nil {
		s.slot.pane = s.panes.Pane(s.slot.from)
	}
	for n = 1; n < len(elements) && elements[n].Time >= s.slot.from && elements[n].Time < s.slot.to; n++ {
	}
	return n
}

// takePart takes what elements of one key and slot have been folded to.
func (s *sliced[K, T, A, R]) takePart(k K, at int64, acc *A, cause stream.Cause) {
	if !s.place(k, at) {
		panic("BUG: elements that were in time became late before the next commit")
	}
	c, _ := s.slot.pane.Upsert(k)
	s.a.Merge(&c.Acc, acc)
	s.touch(c, k, cause)
}

// place finds the pane of an instant, unless it is too late for all windows. Those
// that have fired are put on the list to be published again.
func (s *sliced[K, T, A, R]) place(k K, at int64) bool {
	if at < s.slot.from || at >= s.slot.to {
		s.seek(at)
	}
	if s.slot.number >= s.passed {
		if s.slot.pane == nil {
			s.slot.pane = s.panes.Pane(s.slot.from)
		}
		return true
	}
	if s.grid.lastEnd(s.slot.number) <= s.closed {
		return false
	}
	s.reopen(k)
	s.slot.pane = s.panes.Pane(s.slot.from)
	return true
}

func (s *sliced[K, T, A, R]) seek(at int64) {
	n := s.grid.slot(at)
	s.slot = slotCache[K, A]{s.grid.start(n), s.grid.start(n + 1), n, nil}
}

// touch notes that a cell has changed.
func (s *sliced[K, T, A, R]) touch(c *cell[A], k K, cause stream.Cause) {
	if c.Cause.Before(cause) {
		c.Cause = cause
	}
	if s.emission >= 0 && c.Turn != s.turn {
		c.Turn = s.turn
		s.changed = append(s.changed, change[K]{k, s.slot.number})
	}
}

// reopen puts the windows of the present slot that have fired, and still take
// elements, on the list to be published again.
func (s *sliced[K, T, A, R]) reopen(k K) {
	n := s.slot.number
	for end, last := s.grid.endAfter(n, s.closed), min(s.passed, s.grid.lastEnd(n)); end <= last; end += s.grid.every {
		m, existed := s.marks.Pane(s.grid.start(end)).Upsert(k)
		if !existed {
			m.Behind = !s.has(k, end)
		}
		if m.Turn != s.turn {
			m.Turn = s.turn
			s.again = append(s.again, change[K]{k, end})
		}
	}
}

// has reports whether a key has elements in a window.
func (s *sliced[K, T, A, R]) has(k K, end int64) bool {
	for n := s.grid.startOf(end); n < end; n++ {
		if start := s.grid.start(n); s.panes.Has(start) && s.panes.Pane(start).Get(k) != nil {
			return true
		}
	}
	return false
}

// value is what a key has come to in a window.
func (s *sliced[K, T, A, R]) value(k K, end int64) (v R, cause stream.Cause) {
	s.combined = s.nothing
	for n := s.grid.startOf(end); n < end; n++ {
		start := s.grid.start(n)
		if !s.panes.Has(start) {
			continue
		}
		if c := s.panes.Pane(start).Get(k); c != nil {
			s.a.Merge(&s.combined, &c.Acc)
			if cause.Before(c.Cause) {
				cause = c.Cause
			}
		}
	}
	return s.a.Result(&s.combined), cause
}

func (s *sliced[K, T, A, R]) result(k K, end int64, phase Phase, revision uint32, v R) Result[K, R] {
	return Result[K, R]{
		Key: k, Start: event.Instant(s.grid.start(s.grid.startOf(end))), End: event.Instant(s.grid.start(end)),
		Revision: revision, Phase: phase, Value: v,
	}
}

func (s *sliced[K, T, A, R]) digest(v *R) uint64 {
	s.scratch = s.results.Append(s.scratch[:0], v)
	return xxh3.Hash(s.scratch)
}
