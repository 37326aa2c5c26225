package stream

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/millrace/millrace/stream/codec"
	"github.com/millrace/millrace/stream/state"
)

// Machine is what a [Timeline] does with the elements of one key. Its functions
// must depend on nothing but what they are given: they are run again when an
// element turns up that belongs earlier.
type Machine[K comparable, S, T, R any] struct {
	// Apply takes one element, in event-time order.
	Apply func(t *Turn[K, S, R], v T)
	// Wake is called when event time reaches what [Turn.WakeAt] asked for, before
	// elements of that time.
	Wake func(t *Turn[K, S, R])
	// Retain is how far behind the watermark an element may come and still be put
	// in its place. Set it to the allowed lateness. Zero: elements behind the
	// newest one of their key are late.
	Retain time.Duration
	// Settle is how long after its newest publication a result may be published
	// again, beyond Retain. Zero for results that are published once.
	Settle time.Duration
	// TTL is how long the state of a key is kept without elements. It must be
	// given: state that nothing removes has no bound.
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

// Waking returns what WakeAt has asked for.
func (t *Turn[K, S, R]) Waking() int64 { return t.wake }

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
// their event time. An element is applied when it comes; one that belongs before
// others takes the key back to a snapshot, from which the elements kept since are
// applied again, and results that come out differently are published as revisions.
func Timeline[K comparable, S, T, R any](in Keyed[K, T], name string, m Machine[K, S, T, R]) Timelines[K, T, R] {
	j := in.n.job
	if m.TTL <= 0 {
		j.fail(fmt.Errorf("timeline %q has no TTL: its state would grow for ever; set TTL to how long a key may be silent", name))
	}
	late := &node{job: j, name: name + " (late)", stage: in.n.stage, local: in.n.local}
	late.build = func(x *instance) (any, error) { return emitter[Record[K, T]](x, late) }
	results := Connect(in.Stream, name, func(c *Context, emit func(Element[Revised[K, R]])) (func(Element[Record[K, T]]), Operator, error) {
		l, err := c.x.input(late)
		if err != nil {
			return nil, nil, err
		}
		t, err := openTimeline(c, m, emit, l.(func(Element[Record[K, T]])))
		if err != nil {
			return nil, nil, err
		}
		return t.take, t, nil
	})
	return Timelines[K, T, R]{results, Stream[Record[K, T]]{late}}
}

// snapshotEvery is how many elements of a key are between two snapshots.
const snapshotEvery = 32

// lane is what is kept of one key. Its position is that of the newest element
// or wake that was applied.
type lane[S any] struct {
	Tip       S          `state:"tip"`
	At        int64      `state:"at"`
	Cause     Cause      `state:"cause"`
	Woken     bool       `state:"woken"` // the position is that of a wake: elements of its time come behind it
	Wake      int64      `state:"wake"`
	Kept      uint64     `state:"kept"` // number of the next element to keep
	First     uint64     `state:"first"`
	Published uint64     `state:"published"` // number of the next publication
	Oldest    uint64     `state:"oldest"`
	Revision  uint32     `state:"revision"`
	Floor     int64      `state:"floor"`   // elements up to here have been let go of
	Trimmed   bool       `state:"trimmed"` // the start is no longer known
	Snapshots []snapshot `state:"snapshots"`
}

// snapshot is a key's state at an earlier position.
type snapshot struct {
	At        int64  `state:"at"`
	Cause     Cause  `state:"cause"`
	Woken     bool   `state:"woken"`
	Wake      int64  `state:"wake"`
	Kept      uint64 `state:"kept"` // elements from this number on came behind it
	Published uint64 `state:"published"`
	State     []byte `state:"state"`
}

// held is an element that may have to be applied again.
type held struct {
	At    int64  `state:"at"`
	Cause Cause  `state:"cause"`
	Value []byte `state:"value"`
}

// publication is a result that may have to be revised.
type publication struct {
	ID        uint64 `state:"id"`
	At        int64  `state:"at"`
	Revision  uint32 `state:"revision"`
	Retracted bool   `state:"retracted"`
	Row       []byte `state:"row"`
}

// timeline is a Timeline in one place.
type timeline[K comparable, S, T, R any] struct {
	m    Machine[K, S, T, R]
	c    *Context
	emit func(Element[Revised[K, R]])
	late func(Element[Record[K, T]])

	states *codec.Codec[S]
	values *codec.Codec[T]
	rows   *codec.Codec[R]

	lanes  *state.Value[K, lane[S]]
	held   *state.Map[K, uint64, held]
	pubs   *state.Map[K, uint64, publication]
	wakes  *state.Timers[K]
	trims  *state.Timers[K]
	turn   Turn[K, S, R]
	lane   *lane[S] // of the turn
	retain int64
	settle int64

	replaying bool
	redone    []publication // made by a replay
	scratch   []byte
}

func openTimeline[K comparable, S, T, R any](
	c *Context, m Machine[K, S, T, R], emit func(Element[Revised[K, R]]), late func(Element[Record[K, T]]),
) (t *timeline[K, S, T, R], err error) {
	t = &timeline[K, S, T, R]{
		m: m, c: c, emit: emit, late: late, retain: m.Retain.Microseconds(), settle: m.Settle.Microseconds(),
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
	ttl := state.TableOptions{TTL: t.m.TTL + t.m.Retain + t.m.Settle}
	if t.lanes, err = state.OpenValue[K, lane[S]](t.c.Space, "lanes", ttl); err != nil {
		return err
	}
	if t.held, err = state.OpenMap[K, uint64, held](t.c.Space, "held", ttl); err != nil {
		return err
	}
	if t.pubs, err = state.OpenMap[K, uint64, publication](t.c.Space, "published", ttl); err != nil {
		return err
	}
	if t.wakes, err = state.OpenTimers[K](t.c.Space, "wakes"); err != nil {
		return err
	}
	t.trims, err = state.OpenTimers[K](t.c.Space, "trims")
	return err
}

// take puts an element in its place.
func (t *timeline[K, S, T, R]) take(e Element[Record[K, T]]) {
	k := e.Value.Key
	l, existed := t.lanes.Upsert(k)
	switch {
	case !existed || l.reached(e.Time, e.Cause):
		t.keep(k, l, e)
		t.wakeUntil(k, l, e.Time)
		t.apply(k, l, e.Time, e.Cause, e.Value.Value)
		t.rest(k, l)
	case t.retain == 0 || l.Trimmed && e.Time <= l.Floor:
		t.c.Late()
		t.late(e)
	default:
		t.keep(k, l, e)
		t.replay(k, l, e.Time, e.Cause)
		t.rest(k, l)
	}
}

// reached says whether an element at a position comes behind what was applied.
func (l *lane[S]) reached(at int64, cause Cause) bool {
	return at > l.At || at == l.At && (l.Woken || l.Cause.Before(cause))
}

// keep holds an element for as long as another may belong before it.
func (t *timeline[K, S, T, R]) keep(k K, l *lane[S], e Element[Record[K, T]]) {
	if t.retain == 0 {
		return
	}
	if l.Kept > 0 && l.Kept == l.First && l.At <= t.c.Watermark()-t.retain {
		t.letGo(k, l) // nothing can come before this one
	}
	if n := len(l.Snapshots); l.Trimmed && n == 0 || l.Kept-l.sinceSnapshot() >= snapshotEvery && l.reached(e.Time, e.Cause) {
		l.Snapshots = append(l.Snapshots, snapshot{
			l.At, l.Cause, l.Woken, l.Wake, l.Kept, l.Published, t.states.Append(nil, &l.Tip),
		})
	}
	v := e.Value.Value
	t.held.Set(k, l.Kept, held{e.Time, e.Cause, t.values.Append(nil, &v)})
	l.Kept++
}

func (l *lane[S]) sinceSnapshot() uint64 {
	if n := len(l.Snapshots); n > 0 {
		return l.Snapshots[n-1].Kept
	}
	return l.First
}

// apply runs the machine for one element.
func (t *timeline[K, S, T, R]) apply(k K, l *lane[S], at int64, cause Cause, v T) {
	l.At, l.Cause, l.Woken = at, cause, false
	t.begin(k, l)
	t.m.Apply(&t.turn, v)
	l.Wake = t.turn.wake
}

// wakeUntil runs the wakes that are due at a time.
func (t *timeline[K, S, T, R]) wakeUntil(k K, l *lane[S], until int64) {
	for l.Wake != 0 && l.Wake <= until {
		l.At, l.Woken = max(l.At, l.Wake), true
		t.begin(k, l)
		t.turn.wake = 0
		t.m.Wake(&t.turn)
		l.Wake = t.turn.wake
		if l.Wake != 0 && l.Wake <= l.At {
			t.c.Fail(fmt.Errorf("key %v asks to be woken at %d again and again", k, l.Wake))
		}
	}
}

func (t *timeline[K, S, T, R]) begin(k K, l *lane[S]) {
	t.lane = l
	t.turn.Key, t.turn.State, t.turn.Time, t.turn.Cause, t.turn.wake = k, &l.Tip, l.At, l.Cause, l.Wake
}

// rest sets the key's timers anew.
func (t *timeline[K, S, T, R]) rest(k K, l *lane[S]) {
	if l.Wake != 0 {
		t.wakes.Set(k, l.Wake)
	} else {
		t.wakes.Cancel(k)
	}
	if t.retain > 0 && l.Kept > l.First {
		t.trims.Set(k, l.At+t.retain+1)
	}
}

// replay takes a key back to before a position and applies what came since again.
func (t *timeline[K, S, T, R]) replay(k K, l *lane[S], at int64, cause Cause) {
	top := l.At // wakes up to here have been run
	current := t.currentResults(k, l)
	if err := t.goBack(l, at, cause); err != nil {
		t.c.Fail(err)
	}
	from := l.Published
	t.replaying, t.redone = true, t.redone[:0]
	for _, h := range t.since(k, l) {
		t.wakeUntil(k, l, h.At)
		var v T
		if err := t.values.Decode(h.Value, &v); err != nil {
			t.c.Fail(fmt.Errorf("element of key %v: %w", k, err))
		}
		t.apply(k, l, h.At, h.Cause, v)
	}
	t.wakeUntil(k, l, max(top, t.c.Watermark()))
	t.replaying = false
	t.compare(k, l, from, current)
}

// goBack restores the newest snapshot before a position and drops those behind.
func (t *timeline[K, S, T, R]) goBack(l *lane[S], at int64, cause Cause) error {
	for n := len(l.Snapshots); n > 0; n-- {
		s := &l.Snapshots[n-1]
		if s.At < at || s.At == at && (s.Woken || s.Cause.Before(cause)) {
			l.Snapshots = l.Snapshots[:n]
			l.At, l.Cause, l.Woken, l.Wake, l.Published = s.At, s.Cause, s.Woken, s.Wake, s.Published
			var tip S
			if err := t.states.Decode(s.State, &tip); err != nil {
				return fmt.Errorf("snapshot: %w", err)
			}
			l.Tip = tip
			return nil
		}
	}
	if l.Trimmed {
		return fmt.Errorf("BUG: no snapshot before %d, and elements were let go of up to %d", at, l.Floor)
	}
	var zero S
	l.Snapshots = l.Snapshots[:0]
	l.Tip, l.At, l.Cause, l.Woken, l.Wake, l.Published = zero, 0, Cause{}, false, 0, 0
	return nil
}

// since lists the elements kept behind the newest snapshot, in order.
func (t *timeline[K, S, T, R]) since(k K, l *lane[S]) []held {
	var all []held
	from := l.sinceSnapshot()
	for number := from; number < l.Kept; number++ {
		if h := t.held.Get(k, number); h != nil {
			all = append(all, held{h.At, h.Cause, bytes.Clone(h.Value)})
		}
	}
	slices.SortFunc(all, func(a, b held) int {
		switch {
		case a.At < b.At || a.At == b.At && a.Cause.Before(b.Cause):
			return -1
		case a.At == b.At && a.Cause == b.Cause:
			return 0
		}
		return 1
	})
	return all
}

// Advance implements [Operator]: it wakes the keys that are due, and lets go of
// elements before which none can come any more.
func (t *timeline[K, S, T, R]) Advance(now Times) error {
	if now.Watermark == 0 {
		return nil
	}
	err := t.wakes.PopDue(now.Watermark, func(k K, _ int64) {
		l := t.lanes.Get(k)
		if l == nil {
			return
		}
		l, _ = t.lanes.Upsert(k)
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
		t.letGo(k, l)
		t.rest(k, l)
	})
}
