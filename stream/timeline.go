package stream

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/millrace/millrace/stream/codec"
	"github.com/millrace/millrace/stream/state"
)

// Machine is what a [Timeline] does with the elements of one key. Its functions
// must depend on nothing but what they are given: they are run again when an
// element turns up that belongs earlier.
type Machine[K comparable, S, T, R any] struct {
	// Apply takes one element, in event-time order. Elements of equal time are in
	// the order of their causes; those of one event in the order in which they came.
	Apply func(t *Turn[K, S, R], v T)
	// Wake is called when event time reaches what [Turn.WakeAt] asked for, before
	// elements of that time.
	Wake func(t *Turn[K, S, R])
	// Make, when given, returns Apply and Wake anew for each partition or shard, for
	// functions with scratch memory. Apply and Wake are not used then.
	Make func() (apply func(t *Turn[K, S, R], v T), wake func(t *Turn[K, S, R]))
	// Retain is how far behind the watermark an element may come and still be put
	// in its place: its time must be above the watermark less Retain. Set it to the
	// allowed lateness. Zero: elements before the newest one of their key are late.
	Retain time.Duration
	// Settle is how long after its newest publication a result may be published
	// again, beyond Retain. Zero for results that are published once.
	Settle time.Duration
	// TTL is how long the state of a key is kept without elements and wakes. An
	// element that comes later by more finds the zero state, and what WakeAt asked for
	// is forgotten. It must be given: state that nothing removes has no bound. Name
	// results so that the key's next life does not name them again, for example by
	// time: revisions may begin at 1 again.
	TTL time.Duration
}

// Turn is one call of a machine's function.
type Turn[K comparable, S, R any] struct {
	Key   K
	State *S    // of the key; zero at first
	Time  int64 // event time, µs
	Cause Cause // of the element; of a wake, that of the element before it

	wake int64
	emit func(id uint64, v R)
}

// Emit publishes a result of the key. Publishing the same id again replaces the
// result. The results that a machine has published when all elements
// have come do not depend on the order in which they came.
func (t *Turn[K, S, R]) Emit(id uint64, v R) { t.emit(id, v) }

// WakeAt asks to be woken when event time reaches at; it replaces what was asked
// before. Zero asks for nothing. A time that has passed wakes at once.
func (t *Turn[K, S, R]) WakeAt(at int64) { t.wake = at }

// Fail stops the job with an error.
func (t *Turn[K, S, R]) Fail(err error) { panic(failure{err}) }

// Revised is a result that a later one may replace.
type Revised[K comparable, R any] struct {
	Key K
	// ID names the result among those of its key.
	ID uint64
	// Revision rises with each publication of the result.
	Revision uint32
	// Retracted says that the result, which was published before, is not so.
	Retracted bool
	Value     R
}

// Timelines are the outputs of a [Timeline].
type Timelines[K comparable, T, R any] struct {
	Results Stream[Revised[K, R]]
	// Late gets the elements that came too late to be put in their place.
	Late Stream[Record[K, T]]
}

// Timeline runs a machine for each key as if all elements had come in the order of
// their event time. An element is applied when it comes. One that belongs before
// others waits for the commit; then the key goes back to a snapshot, the elements
// since are applied again, and results that come out differently are published as
// revisions. So a replay is paid once per key and commit, however many elements
// were out of order.
func Timeline[K comparable, S, T, R any](in Keyed[K, T], name string, m Machine[K, S, T, R]) Timelines[K, T, R] {
	j := in.n.job
	if m.TTL <= 0 {
		j.fail(fmt.Errorf("timeline %q has no TTL: its state would grow for ever; set TTL to how long a key may be silent", name))
	}
	results, late := ConnectLate(in.Stream, name, func(
		c *Context, emit func(Element[Revised[K, R]]), late func(Element[Record[K, T]]),
	) (func(Element[Record[K, T]]), Operator, error) {
		t, err := openTimeline(c, m, emit, late)
		if err != nil {
			return nil, nil, err
		}
		return t.take, t, nil
	})
	return Timelines[K, T, R]{results, late}
}

// timeline is a Timeline in one place.
type timeline[K comparable, S, T, R any] struct {
	m      Machine[K, S, T, R]
	c      *Context
	emit   func(Element[Revised[K, R]])
	late   func(Element[Record[K, T]])
	retain int64
	settle int64
	ttl    int64

	states *codec.Codec[S]
	values *codec.Codec[T]
	rows   *codec.Codec[R]

	lanes    *state.Value[K, lane[S]]
	segments *state.Value[segmentKey[K], segment]
	wakes    *state.Timers[K]
	trims    *state.Timers[K]

	turn    Turn[K, S, R]
	lane    *lane[S] // of the turn
	scratch []byte
	value   T // what is being encoded: a local one would escape
	row     R

	// Elements that belong before others of their key, until the commit.
	waiting map[K][]held[T]
	queue   []K // in the order in which they came to wait

	replay replay[T]
}

// held is an element in its place.
type held[T any] struct {
	position
	value T
}

func openTimeline[K comparable, S, T, R any](
	c *Context, m Machine[K, S, T, R], emit func(Element[Revised[K, R]]), late func(Element[Record[K, T]]),
) (t *timeline[K, S, T, R], err error) {
	t = &timeline[K, S, T, R]{
		m: m, c: c, emit: emit, late: late, retain: m.Retain.Microseconds(), settle: m.Settle.Microseconds(),
		ttl: m.TTL.Microseconds(), waiting: make(map[K][]held[T]), replay: newReplay[T](),
	}
	if m.Make != nil {
		t.m.Apply, t.m.Wake = m.Make()
	}
	t.turn.emit = t.publish
	if t.states, err = codec.For[S](); err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	if t.values, err = codec.For[T](); err != nil {
		return nil, fmt.Errorf("elements: %w", err)
	}
	if t.rows, err = codec.For[R](); err != nil {
		return nil, fmt.Errorf("results: %w", err)
	}
	return t, t.open()
}

func (t *timeline[K, S, T, R]) open() (err error) {
	if t.lanes, err = state.OpenValue[K, lane[S]](t.c.Space, "lanes", state.TableOptions{}); err != nil {
		return err
	}
	if t.segments, err = state.OpenValue[segmentKey[K], segment](t.c.Space, "segments", state.TableOptions{}); err != nil {
		return err
	}
	if t.wakes, err = state.OpenTimers[K](t.c.Space, "wakes"); err != nil {
		return err
	}
	t.trims, err = state.OpenTimers[K](t.c.Space, "trims")
	return err
}

// floor is the time up to which no element is put in its place any more.
func (t *timeline[K, S, T, R]) floor() int64 {
	if t.c.Watermark() == 0 {
		return math.MinInt64
	}
	return t.c.Watermark() - t.retain
}

// take applies an element, or lets it wait when it belongs before others.
func (t *timeline[K, S, T, R]) take(e Element[Record[K, T]]) {
	k := e.Value.Key
	h := held[T]{position{At: e.Time, Cause: e.Cause}, e.Value.Value}
	l, existed := t.lanes.Upsert(k)
	if !existed {
		l.begin()
	}
	inOrder := l.reached(h.position)
	switch {
	case inOrder && !l.waiting:
		t.place(k, l, h)
		t.rest(k, l)
	case !inOrder && (t.retain == 0 || e.Time <= t.floor()):
		t.c.Late()
		t.late(e)
	default:
		if !l.waiting {
			l.waiting = true
			t.queue = append(t.queue, k)
		}
		t.waiting[k] = append(t.waiting[k], h)
	}
}

// place applies an element that comes behind all others, and keeps it for as long
// as another may belong before it.
func (t *timeline[K, S, T, R]) place(k K, l *lane[S], h held[T]) {
	if t.retain > 0 {
		if l.Open.full() {
			t.cut(k, l)
		}
		t.start(l)
		t.value = h.value
		t.scratch = t.values.Append(t.scratch[:0], &t.value)
		l.Open.hold(h.position, t.scratch)
	}
	t.wakeUntil(k, l, h.At)
	if l.At != math.MinInt64 && h.At > l.At+t.ttl {
		var zero S
		l.Tip, l.Wake = zero, 0
	}
	l.position = h.position
	t.begin(k, l)
	t.m.Apply(&t.turn, h.value)
	l.Wake = t.turn.wake
}

// wakeUntil runs the wakes that are due at a time.
func (t *timeline[K, S, T, R]) wakeUntil(k K, l *lane[S], until int64) {
	if l.At == math.MinInt64 {
		return // nothing has been applied
	}
	for l.Wake != 0 && l.Wake <= min(until, l.At+t.ttl) {
		if t.retain > 0 && (l.Wake > t.floor() || t.settle > 0) {
			t.start(l)
		}
		if l.Wake > l.At {
			l.At, l.Woken = l.Wake, true
		}
		asked := l.Wake
		t.begin(k, l)
		t.turn.wake = 0
		t.m.Wake(&t.turn)
		l.Wake = t.turn.wake
		if l.Wake != 0 && l.Wake <= asked {
			t.c.Fail(fmt.Errorf("key %v was woken at %d and asks to be woken at %d again; ask for a later time, or for none", k, asked, l.Wake))
		}
	}
}

func (t *timeline[K, S, T, R]) begin(k K, l *lane[S]) {
	t.lane = l
	t.turn.Key, t.turn.State, t.turn.Time, t.turn.Cause, t.turn.wake = k, &l.Tip, l.At, l.Cause, l.Wake
}

// rest sets the key's timers anew.
func (t *timeline[K, S, T, R]) rest(k K, l *lane[S]) {
	wake := l.Wake
	if wake > l.At+t.ttl {
		wake = 0 // it will not be run
	}
	switch {
	case wake == l.Armed:
	case wake == 0:
		t.wakes.Cancel(k)
	default:
		t.wakes.Set(k, wake)
	}
	l.Armed = wake
	if !l.Trimming {
		l.Trimming = true
		t.trims.Set(k, t.nextTrim(k, l))
	}
}

// Advance implements [Operator]: it puts elements that waited in their places, wakes
// the keys that are due, and lets go of what no element can belong before any more.
func (t *timeline[K, S, T, R]) Advance(now Times) error {
	for _, k := range t.queue {
		l, existed := t.lanes.Upsert(k)
		if !existed {
			return fmt.Errorf("BUG: the state of key %v went while elements waited for it", k)
		}
		l.waiting = false
		t.replayFrom(k, l, t.waiting[k])
		t.rest(k, l)
	}
	clear(t.waiting)
	t.queue = t.queue[:0]
	if now.Watermark == 0 {
		return nil
	}
	err := t.wakes.PopDue(now.Watermark, func(k K, _ int64) {
		if t.lanes.Get(k) == nil {
			return
		}
		l, _ := t.lanes.Upsert(k)
		l.Armed = 0
		t.wakeUntil(k, l, now.Watermark)
		t.rest(k, l)
	})
	if err != nil {
		return err
	}
	return t.trims.PopDue(now.Watermark, func(k K, _ int64) {
		if t.lanes.Get(k) == nil {
			return
		}
		l, _ := t.lanes.Upsert(k)
		t.trim(k, l)
	})
}

// sorted puts elements in their order; those of one event keep theirs.
func sorted[T any](all []held[T]) []held[T] {
	slices.SortStableFunc(all, func(a, b held[T]) int { return a.compare(b.position) })
	return all
}
