package join

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/codec"
	"github.com/millrace/millrace/stream/state"
)

// Rules say how a [Broadcast] makes its state B of updates U.
type Rules[B, U any] struct {
	// Apply changes the state by one update. Updates are applied in event-time order,
	// again when one comes late; it must depend on nothing else.
	Apply func(b *B, u U)
	// From returns the event time, in µs, from which an update holds. Without it that is
	// the time of its element.
	From func(U) int64
	// Lateness is how far behind the watermark an element or an update may come, as for
	// [Versions].
	Lateness time.Duration
	// Max bounds how many updates are kept apart, 64 by default. When more come within
	// the lateness the oldest are settled early, and elements from before them are late.
	Max int
}

// Broadcast joins each element with what the updates up to its event time have made of
// the state. updates comes from [stream.Broadcast], so that each shard has all of them.
// combine returns the result and whether there is one; it must not change the state,
// nor keep the pointer. The result has the time of the left element. An update that
// comes later revises or retracts it.
func Broadcast[K comparable, L, B, U, O any](
	left stream.Keyed[K, L], updates stream.Stream[U], name string, rules Rules[B, U], combine func(k K, l L, b *B) (O, bool),
) Joined[K, L, U, O] {
	if rules.Apply == nil {
		left.Job().Fail(fmt.Errorf("join %q has no Apply", name))
	}
	if rules.Max <= 0 {
		rules.Max = 64
	}
	results, late := stream.Connect2Late(left.Stream, updates, name, func(
		c *stream.Context, emit func(stream.Element[stream.Revised[K, O]]), late func(stream.Element[Late[K, L, U]]),
	) (func(stream.Element[stream.Record[K, L]]), func(stream.Element[U]), stream.Operator, error) {
		j := &broadcast[K, L, B, U, O]{
			c: c, rules: rules, emit: emit, late: late, combine: combine, changed: math.MaxInt64,
			horizon: horizon{c, rules.Lateness.Microseconds()}, panes: newPanes(0, rules.Lateness),
		}
		if err := j.open(); err != nil {
			return nil, nil, nil, err
		}
		return j.takeLeft, j.takeUpdate, j, nil
	})
	return Joined[K, L, U, O]{results, late}
}

// rulebook is the state of a broadcast: settled updates, and those that another may
// still come before.
type rulebook[B, U any] struct {
	Base    B        `state:"base"`
	Settled bool     `state:"settled"` // the base has an update
	Until   mark     `state:"until"`   // the newest one in the base
	Updates []row[U] `state:"updates"`
}

// judged is an element whose state may still change.
type judged[L any] struct {
	mark      `state:"mark"`
	Revision  uint32 `state:"revision"`
	Published bool   `state:"published"`
	Row       []byte `state:"row"` // the result, when published
	Value     L      `state:"value"`
}

func (l *judged[L]) of() mark { return l.mark }

type judgements[L any] struct {
	Items []judged[L] `state:"items"`
}

// broadcast is a Broadcast in one place.
type broadcast[K comparable, L, B, U, O any] struct {
	c       *stream.Context
	rules   Rules[B, U]
	emit    func(stream.Element[stream.Revised[K, O]])
	late    func(stream.Element[Late[K, L, U]])
	combine func(k K, l L, b *B) (O, bool)
	horizon
	panes

	states *codec.Codec[B]
	rows   *codec.Codec[O]
	book   *state.Value[bool, rulebook[B, U]] // one entry
	lefts  *state.Panes[K, judgements[L]]

	versions []B   // the base, and what each update makes of the one before; nil when stale
	changed  int64 // elements from this time on have to be judged again at the commit
	scratch  []byte
}

func (j *broadcast[K, L, B, U, O]) open() (err error) {
	if j.states, err = codec.For[B](); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	if j.rows, err = codec.For[O](); err != nil {
		return fmt.Errorf("results: %w", err)
	}
	if j.book, err = state.OpenValue[bool, rulebook[B, U]](j.c.Space, "rules", state.TableOptions{}); err != nil {
		return err
	}
	j.lefts, err = state.OpenPanes[K, judgements[L]](j.c.Space, "elements", state.TableOptions{})
	return err
}

// at returns the state at a time. Times before the base are not known.
func (j *broadcast[K, L, B, U, O]) at(t int64) (b *B, known bool) {
	book := j.book.Get(true)
	if book == nil {
		book = &rulebook[B, U]{}
	}
	if book.Settled && t < book.Until.At {
		return nil, false
	}
	if j.versions == nil {
		j.build(book)
	}
	n := len(book.Updates)
	for n > 0 && book.Updates[n-1].At > t {
		n--
	}
	return &j.versions[n], true
}

// build applies the updates one after the other.
func (j *broadcast[K, L, B, U, O]) build(book *rulebook[B, U]) {
	j.versions = make([]B, len(book.Updates)+1)
	j.copy(&j.versions[0], &book.Base)
	for i := range book.Updates {
		j.copy(&j.versions[i+1], &j.versions[i])
		j.rules.Apply(&j.versions[i+1], book.Updates[i].Value)
	}
}

// copy makes a state that shares no memory with another.
func (j *broadcast[K, L, B, U, O]) copy(to, from *B) {
	j.scratch = j.states.Append(j.scratch[:0], from)
	if err := j.states.Decode(j.scratch, to); err != nil {
		j.c.Fail(fmt.Errorf("state of the rules: %w", err))
	}
}

func (j *broadcast[K, L, B, U, O]) takeLeft(e stream.Element[stream.Record[K, L]]) {
	b, known := j.at(e.Time)
	if e.Time <= j.floor() || !known {
		j.c.Late()
		j.late(lateLeft[K, L, U](e))
		return
	}
	all, _ := j.lefts.Pane(j.start(e.Time)).Upsert(e.Value.Key)
	l := judged[L]{mark: mark{At: e.Time, Cause: e.Cause}, Value: e.Value.Value}
	at := place(all.Items, (*judged[L]).of, &l.mark)
	all.Items = slices.Insert(all.Items, at, l)
	j.judge(e.Value.Key, &all.Items[at], b)
}

// judge publishes what has become of an element, when that is new.
func (j *broadcast[K, L, B, U, O]) judge(k K, l *judged[L], b *B) {
	o, ok := j.combine(k, l.Value, b)
	switch {
	case ok:
		j.scratch = j.rows.Append(j.scratch[:0], &o)
		if l.Published && bytes.Equal(l.Row, j.scratch) {
			return
		}
		l.Row = append(l.Row[:0], j.scratch...)
	case !l.Published:
		return
	default:
		if err := j.rows.Decode(l.Row, &o); err != nil {
			j.c.Fail(fmt.Errorf("result of key %v: %w", k, err))
		}
		l.Row = nil
	}
	l.Published = ok
	l.Revision++
	j.emit(stream.Element[stream.Revised[K, O]]{
		Value: stream.Revised[K, O]{Key: k, ID: resultID(tagLeft, l.mark), Revision: l.Revision, Retracted: !ok, Value: o},
		Time:  l.At, Cause: l.Cause,
	})
}

func (j *broadcast[K, L, B, U, O]) takeUpdate(e stream.Element[U]) {
	u := row[U]{mark{At: e.Time, Cause: e.Cause}, e.Value}
	if j.rules.From != nil {
		u.At = j.rules.From(e.Value)
	}
	book, _ := j.book.Upsert(true)
	if book.Settled && book.Until.compare(u.mark) > 0 {
		if j.c.Place().Number == 0 { // once, not in every shard
			j.c.Late()
			j.late(lateUpdate[K, L](e))
		}
		return
	}
	at := place(book.Updates, (*row[U]).of, &u.mark)
	book.Updates = slices.Insert(book.Updates, at, u)
	j.changed = min(j.changed, max(u.At, j.floor()+1))
	if len(book.Updates) > j.rules.Max {
		j.fold(book, 1)
	}
	j.versions = nil
}

func lateUpdate[K comparable, L, U any](e stream.Element[U]) stream.Element[Late[K, L, U]] {
	return stream.Element[Late[K, L, U]]{Value: Late[K, L, U]{Right: &e.Value}, Time: e.Time, Cause: e.Cause}
}

// fold settles the oldest updates.
func (j *broadcast[K, L, B, U, O]) fold(book *rulebook[B, U], n int) {
	for _, u := range book.Updates[:n] {
		j.rules.Apply(&book.Base, u.Value)
		book.Settled, book.Until = true, u.mark
	}
	book.Updates = slices.Delete(book.Updates, 0, n)
	j.versions = nil
}

// Advance implements [stream.Operator]: it judges elements again whose rules have
// changed, and settles what nothing can come before any more.
func (j *broadcast[K, L, B, U, O]) Advance(stream.Times) error {
	if err := j.revise(); err != nil {
		return err
	}
	floor := j.floor()
	if book := j.book.Get(true); book != nil {
		n := 0
		for n < len(book.Updates) && book.Updates[n].At <= floor {
			n++
		}
		if n > 0 {
			book, _ = j.book.Upsert(true)
			j.fold(book, n)
		}
	}
	for len(j.lefts.Starts()) > 0 && j.lefts.Starts()[0]+j.width-1 <= floor {
		j.lefts.Drop(j.lefts.Starts()[0])
	}
	return nil
}

// revise judges the elements again that a new update concerns.
func (j *broadcast[K, L, B, U, O]) revise() error {
	from := j.changed
	if from == math.MaxInt64 {
		return nil
	}
	j.changed = math.MaxInt64
	first, _ := slices.BinarySearch(j.lefts.Starts(), j.start(from))
	for ; first < len(j.lefts.Starts()); first++ {
		pane := j.lefts.Pane(j.lefts.Starts()[first])
		var keys []K
		err := pane.Scan(func(k K, all *judgements[L]) error {
			if n := len(all.Items); n > 0 && all.Items[n-1].At >= from {
				keys = append(keys, k)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, k := range keys {
			all, _ := pane.Upsert(k)
			for i := range all.Items {
				if b, known := j.at(all.Items[i].At); known && all.Items[i].At >= from {
					j.judge(k, &all.Items[i], b)
				}
			}
		}
	}
	return nil
}
