package join

import (
	"fmt"
	"slices"
	"time"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
)

// Bounds say which elements of two streams meet; make them with [Within].
type Bounds struct {
	before, after time.Duration
	kind          Kind
	lateness      time.Duration
}

// Within lets a left element at time t meet the right elements from t-before to
// t+after, both included. One of the two may be negative.
func Within(before, after time.Duration) Bounds { return Bounds{before: before, after: after} }

// Keep says which elements have a result of their own when they meet nothing.
func (b Bounds) Keep(kind Kind) Bounds {
	b.kind = kind
	return b
}

// Lateness is how far behind the watermark an element may come: its time must be
// above the watermark less d. 0 without it.
func (b Bounds) Lateness(d time.Duration) Bounds {
	b.lateness = d
	return b
}

// Interval joins two streams by key and time. combine makes the result of a pair, or,
// with [Left] or [Full], of an element that met nothing, where the other one is nil; it
// must not keep the pointers. The result of a pair has the time of the later element.
// That of a lone one has the time at which its interval ends; it goes out once the
// watermark is there, and is retracted if a match comes late.
func Interval[K comparable, L, R, O any](
	left stream.Keyed[K, L], right stream.Keyed[K, R], name string, within Bounds, combine func(l *L, r *R) O,
) Joined[K, L, R, O] {
	if within.before+within.after < 0 || within.lateness < 0 {
		left.Job().Fail(fmt.Errorf("join %q: from %s before to %s after, with lateness %s, nothing can meet", name, within.before, within.after, within.lateness))
	}
	results, late := stream.Connect2Late(left.Stream, right.Stream, name, func(
		c *stream.Context, emit func(stream.Element[stream.Revised[K, O]]), late func(stream.Element[Late[K, L, R]]),
	) (func(stream.Element[stream.Record[K, L]]), func(stream.Element[stream.Record[K, R]]), stream.Operator, error) {
		j := &interval[K, L, R, O]{
			c: c, emit: emit, late: late, combine: combine, kind: within.kind,
			before: within.before.Microseconds(), after: within.after.Microseconds(),
			horizon: horizon{c, within.lateness.Microseconds()},
			panes:   newPanes((within.before+within.after+1)/2, within.lateness),
		}
		if err := j.open(); err != nil {
			return nil, nil, nil, err
		}
		return j.takeLeft, j.takeRight, j, nil
	})
	return Joined[K, L, R, O]{results, late}
}

// both are the elements of a key in a pane, in order.
type both[L, R any] struct {
	Left  []item[L] `state:"left"`
	Right []item[R] `state:"right"`
	Due   int64     `state:"due"` // of the timer; 0: none
}

// paneKey is a key in a pane.
type paneKey[K comparable] struct {
	Key   K
	Start int64
}

// interval is an Interval in one place.
type interval[K comparable, L, R, O any] struct {
	c       *stream.Context
	emit    func(stream.Element[stream.Revised[K, O]])
	late    func(stream.Element[Late[K, L, R]])
	combine func(l *L, r *R) O
	kind    Kind
	before  int64
	after   int64
	horizon
	panes

	kept *state.Panes[K, both[L, R]]
	due  *state.Timers[paneKey[K]] // when the interval of a lone element ends
}

func (j *interval[K, L, R, O]) open() (err error) {
	if j.kept, err = state.OpenPanes[K, both[L, R]](j.c.Space, "elements", state.TableOptions{}); err != nil {
		return err
	}
	j.due, err = state.OpenTimers[paneKey[K]](j.c.Space, "intervals")
	return err
}

func (j *interval[K, L, R, O]) takeLeft(e stream.Element[stream.Record[K, L]]) {
	k := e.Value.Key
	if e.Time <= j.floor() {
		j.c.Late()
		j.late(lateLeft[K, L, R](e))
		return
	}
	own, _ := j.kept.Pane(j.start(e.Time)).Upsert(k)
	it := item[L]{mark: mark{At: e.Time, Cause: e.Cause}, Value: e.Value.Value}
	at := place(own.Left, (*item[L]).of, &it.mark)
	own.Left = slices.Insert(own.Left, at, it)
	l, matched := &own.Left[at], false
	lo, hi := e.Time-j.before, e.Time+j.after
	for start := j.start(lo); start <= hi; start += j.width {
		b := j.at(k, start)
		if b == nil {
			continue
		}
		met := between(b.Right, lo, hi)
		for i := range met {
			r := &met[i]
			if j.kind == Full && !r.Matched {
				j.kept.Pane(start).Upsert(k) // it changes
				j.match(k, tagRight, &r.mark, &r.Matched, &r.Lone, j.rightEnd(r.At), func() O { return j.combine(nil, &r.Value) })
			}
			matched = true
			j.pair(k, l, r)
		}
	}
	j.settle(k, e.Time, tagLeft, at, matched, j.leftEnd(e.Time))
}

func (j *interval[K, L, R, O]) takeRight(e stream.Element[stream.Record[K, R]]) {
	k := e.Value.Key
	if e.Time <= j.floor() {
		j.c.Late()
		j.late(lateRight[K, L, R](e))
		return
	}
	own, _ := j.kept.Pane(j.start(e.Time)).Upsert(k)
	it := item[R]{mark: mark{At: e.Time, Cause: e.Cause}, Value: e.Value.Value}
	at := place(own.Right, (*item[R]).of, &it.mark)
	own.Right = slices.Insert(own.Right, at, it)
	r, matched := &own.Right[at], false
	lo, hi := e.Time-j.after, e.Time+j.before
	for start := j.start(lo); start <= hi; start += j.width {
		b := j.at(k, start)
		if b == nil {
			continue
		}
		met := between(b.Left, lo, hi)
		for i := range met {
			l := &met[i]
			if j.kind != Inner && !l.Matched {
				j.kept.Pane(start).Upsert(k)
				j.match(k, tagLeft, &l.mark, &l.Matched, &l.Lone, j.leftEnd(l.At), func() O { return j.combine(&l.Value, nil) })
			}
			matched = true
			j.pair(k, l, r)
		}
	}
	j.settle(k, e.Time, tagRight, at, matched, j.rightEnd(e.Time))
}

// at returns what is kept of a key in a pane; nil for nothing.
func (j *interval[K, L, R, O]) at(k K, start int64) *both[L, R] {
	if !j.kept.Has(start) {
		return nil
	}
	return j.kept.Pane(start).Get(k)
}

// leftEnd is when a left element has met all that it can meet.
func (j *interval[K, L, R, O]) leftEnd(at int64) int64 { return at + max(0, j.after) }

func (j *interval[K, L, R, O]) rightEnd(at int64) int64 { return at + max(0, j.before) }

// pair publishes the result of two elements.
func (j *interval[K, L, R, O]) pair(k K, l *item[L], r *item[R]) {
	j.emit(stream.Element[stream.Revised[K, O]]{
		Value: stream.Revised[K, O]{Key: k, ID: resultID(tagPair, l.mark, r.mark), Revision: 1, Value: j.combine(&l.Value, &r.Value)},
		Time:  max(l.At, r.At), Cause: later(l.mark, r.mark),
	})
}

// match says of an element that it has met another; its lone result is withdrawn.
func (j *interval[K, L, R, O]) match(k K, tag byte, m *mark, matched, lone *bool, end int64, value func() O) {
	*matched = true
	if *lone {
		*lone = false
		j.emit(stream.Element[stream.Revised[K, O]]{
			Value: stream.Revised[K, O]{Key: k, ID: resultID(tag, *m), Revision: 2, Retracted: true, Value: value()},
			Time:  end, Cause: m.Cause,
		})
	}
}

// settle ends the taking of an element: it is matched, or a timer waits for the end of
// its interval.
func (j *interval[K, L, R, O]) settle(k K, t int64, tag byte, at int, matched bool, end int64) {
	if j.kind == Inner || j.kind == Left && tag == tagRight {
		return
	}
	start := j.start(t)
	own, _ := j.kept.Pane(start).Upsert(k)
	switch {
	case !matched:
		if own.Due == 0 || end < own.Due {
			own.Due = end
			j.due.Set(paneKey[K]{k, start}, end)
		}
	case tag == tagLeft:
		own.Left[at].Matched = true
	default:
		own.Right[at].Matched = true
	}
}

// Advance implements [stream.Operator]: it publishes elements whose interval is over,
// and drops panes that nothing can meet any more.
func (j *interval[K, L, R, O]) Advance(now stream.Times) error {
	if now.Watermark == 0 {
		return nil
	}
	err := j.due.PopDue(now.Watermark, func(p paneKey[K], _ int64) { j.lone(p, now.Watermark) })
	if err != nil {
		return err
	}
	reach := max(0, j.before, j.after)
	for len(j.kept.Starts()) > 0 && j.kept.Starts()[0]+j.width-1+reach <= j.floor() {
		j.kept.Drop(j.kept.Starts()[0])
	}
	return nil
}

// lone publishes the elements of a key in a pane whose interval is over, and sets the
// timer to the next one.
func (j *interval[K, L, R, O]) lone(p paneKey[K], watermark int64) {
	if j.at(p.Key, p.Start) == nil {
		return
	}
	b, _ := j.kept.Pane(p.Start).Upsert(p.Key)
	b.Due = 0
	for i := range b.Left {
		l := &b.Left[i]
		if j.alone(b, &l.mark, l.Matched, &l.Lone, j.leftEnd(l.At), watermark) {
			j.publishLone(p.Key, tagLeft, l.mark, j.leftEnd(l.At), j.combine(&l.Value, nil))
		}
	}
	for i := range b.Right {
		r := &b.Right[i]
		if j.kind == Full && j.alone(b, &r.mark, r.Matched, &r.Lone, j.rightEnd(r.At), watermark) {
			j.publishLone(p.Key, tagRight, r.mark, j.rightEnd(r.At), j.combine(nil, &r.Value))
		}
	}
	if b.Due != 0 {
		j.due.Set(p, b.Due)
	}
}

// alone reports whether the result of a lone element is due now.
func (j *interval[K, L, R, O]) alone(b *both[L, R], m *mark, matched bool, lone *bool, end, watermark int64) bool {
	switch {
	case matched || *lone:
		return false
	case end > watermark:
		if b.Due == 0 || end < b.Due {
			b.Due = end
		}
		return false
	}
	*lone = true
	return true
}

func (j *interval[K, L, R, O]) publishLone(k K, tag byte, m mark, end int64, v O) {
	j.emit(stream.Element[stream.Revised[K, O]]{
		Value: stream.Revised[K, O]{Key: k, ID: resultID(tag, m), Revision: 1, Value: v},
		Time:  end, Cause: m.Cause,
	})
}
