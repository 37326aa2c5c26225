package join

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
)

// Versions say how an [AsOf] keeps its versions.
type Versions[V any] struct {
	Kind Kind // Inner or Left
	// Lateness is how far behind the watermark an element or a version may come: its
	// time must be above the watermark less Lateness. A version may be older, when it
	// replaces none that is as old: so a table can be loaded at first.
	Lateness time.Duration
	// TTL is how long the newest version of a key is kept, beyond Lateness, after the
	// watermark at which it came, to within an eighth. It must be given.
	TTL time.Duration
	// From returns the event time, in µs, from which a version is valid. Without it that
	// is the time of its element.
	From func(V) int64
}

// AsOf joins each element with the version of its key that is valid at its event time.
// combine gets nil when there is none, with [Left]; it must not keep the pointer. The
// result has the time of the left element. A version that comes later revises it.
func AsOf[K comparable, L, V, O any](
	left stream.Keyed[K, L], versions stream.Keyed[K, V], name string, opt Versions[V], combine func(l L, v *V) O,
) Joined[K, L, V, O] {
	if opt.TTL <= 0 {
		left.Job().Fail(fmt.Errorf("join %q has no TTL: its versions would grow for ever; set TTL to how long a version holds", name))
	}
	failFull(left.Job(), name, opt.Kind)
	results, late := stream.Connect2Late(left.Stream, versions.Stream, name, func(
		c *stream.Context, emit func(stream.Element[stream.Revised[K, O]]), late func(stream.Element[Late[K, L, V]]),
	) (func(stream.Element[stream.Record[K, L]]), func(stream.Element[stream.Record[K, V]]), stream.Operator, error) {
		j := &asOf[K, L, V, O]{
			c: c, opt: opt, emit: emit, late: late, combine: combine,
			horizon: horizon{c, opt.Lateness.Microseconds()}, panes: newPanes(0, opt.Lateness),
		}
		if err := j.open(); err != nil {
			return nil, nil, nil, err
		}
		return j.takeLeft, j.takeVersion, j, nil
	})
	return Joined[K, L, V, O]{results, late}
}

// history are the versions of a key, in order: those that may still be asked for.
type history[V any] struct {
	Versions []row[V] `state:"versions"`
}

// at returns the version that is valid at a time; nil for none.
func (h *history[V]) at(t int64) *row[V] {
	if h == nil {
		return nil
	}
	for i := len(h.Versions) - 1; i >= 0; i-- {
		if h.Versions[i].At <= t {
			return &h.Versions[i]
		}
	}
	return nil
}

// lookup is a left element whose version may still change.
type lookup[L any] struct {
	mark     `state:"mark"`
	Revision uint32 `state:"revision"`
	Value    L      `state:"value"`
}

func (l *lookup[L]) of() mark { return l.mark }

type lookups[L any] struct {
	Items []lookup[L] `state:"items"`
}

// asOf is an AsOf in one place.
type asOf[K comparable, L, V, O any] struct {
	c       *stream.Context
	opt     Versions[V]
	emit    func(stream.Element[stream.Revised[K, O]])
	late    func(stream.Element[Late[K, L, V]])
	combine func(l L, v *V) O
	horizon
	panes

	versions *state.Value[K, history[V]]
	lefts    *state.Panes[K, lookups[L]]
}

func (j *asOf[K, L, V, O]) open() (err error) {
	opt := state.TableOptions{TTL: j.opt.TTL + j.opt.Lateness}
	if j.versions, err = state.OpenValue[K, history[V]](j.c.Space, "versions", opt); err != nil {
		return err
	}
	j.lefts, err = state.OpenPanes[K, lookups[L]](j.c.Space, "elements", state.TableOptions{})
	return err
}

func (j *asOf[K, L, V, O]) takeLeft(e stream.Element[stream.Record[K, L]]) {
	k := e.Value.Key
	if e.Time <= j.floor() {
		j.c.Late()
		j.late(lateLeft[K, L, V](e))
		return
	}
	all, _ := j.lefts.Pane(j.start(e.Time)).Upsert(k)
	l := lookup[L]{mark: mark{At: e.Time, Cause: e.Cause}, Value: e.Value.Value}
	at := place(all.Items, (*lookup[L]).of, &l.mark)
	all.Items = slices.Insert(all.Items, at, l)
	j.publish(k, &all.Items[at], j.versions.Get(k).at(e.Time))
}

// publish sends the result of an element with its version, if it has one.
func (j *asOf[K, L, V, O]) publish(k K, l *lookup[L], v *row[V]) {
	cause, value := l.Cause, (*V)(nil)
	switch {
	case v != nil:
		cause, value = later(l.mark, v.mark), &v.Value
	case j.opt.Kind == Inner:
		return
	}
	l.Revision++
	j.emit(stream.Element[stream.Revised[K, O]]{
		Value: stream.Revised[K, O]{Key: k, ID: resultID(tagLeft, l.mark), Revision: l.Revision, Value: j.combine(l.Value, value)},
		Time:  l.At, Cause: cause,
	})
}

func (j *asOf[K, L, V, O]) takeVersion(e stream.Element[stream.Record[K, V]]) {
	k, floor := e.Value.Key, j.floor()
	v := row[V]{mark{At: e.Time, Cause: e.Cause}, e.Value.Value}
	if j.opt.From != nil {
		v.At = j.opt.From(v.Value)
	}
	if base := j.versions.Get(k).at(floor); base != nil && base.compare(v.mark) > 0 {
		j.c.Late()
		j.late(lateRight[K, L, V](e))
		return
	}
	h, _ := j.versions.Upsert(k)
	at := place(h.Versions, (*row[V]).of, &v.mark)
	h.Versions = slices.Insert(h.Versions, at, v)
	next := int64(math.MaxInt64)
	if at+1 < len(h.Versions) {
		next = h.Versions[at+1].At
	}
	j.revise(k, &h.Versions[at], max(v.At, floor+1), next)
	old := 0
	for old+1 < len(h.Versions) && h.Versions[old+1].At <= floor {
		old++
	}
	h.Versions = slices.Delete(h.Versions, 0, old)
}

// revise publishes the elements of a key from a time until another, whose version is
// a new one.
func (j *asOf[K, L, V, O]) revise(k K, v *row[V], from, until int64) {
	first, _ := slices.BinarySearch(j.lefts.Starts(), j.start(from))
	for ; first < len(j.lefts.Starts()) && j.lefts.Starts()[first] < until; first++ {
		pane := j.lefts.Pane(j.lefts.Starts()[first])
		if all := pane.Get(k); all == nil || !slices.ContainsFunc(all.Items, func(l lookup[L]) bool { return from <= l.At && l.At < until }) {
			continue
		}
		all, _ := pane.Upsert(k)
		for i := range all.Items {
			if l := &all.Items[i]; from <= l.At && l.At < until {
				j.publish(k, l, v)
			}
		}
	}
}

// Advance implements [stream.Operator]: it drops elements that no version can concern
// any more.
func (j *asOf[K, L, V, O]) Advance(stream.Times) error {
	for len(j.lefts.Starts()) > 0 && j.lefts.Starts()[0]+j.width-1 <= j.floor() {
		j.lefts.Drop(j.lefts.Starts()[0])
	}
	return nil
}
