package window

import (
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/state"
)

// counts are count windows. Elements wait until the watermark, less the lateness,
// has passed them, so that they are counted in the order of event time whatever
// the order in which they came.
type counts[K comparable, T, A, R any] struct {
	outlet[K, R]
	a        *aggregate.Aggregator[T, A, R]
	every    int64
	slice    int64 // elements per slice: what divides both the window and its step
	slices   int   // per window
	lateness int64
	late     func(stream.Element[stream.Record[K, T]])

	waiting *state.Map[K, turnstile, waiting[A]]
	timers  *state.Timers[K] // when the first that waits is counted
	tallies *state.Value[K, tally[A]]

	watermark int64 // as of the newest Advance; 0 when not known
}

// turnstile is the order in which elements are counted. Those of one event come in
// their order.
type turnstile struct {
	Time      int64  `state:"time"`
	Partition int32  `state:"partition"`
	Offset    int64  `state:"offset"`
	Number    uint32 `state:"number"`
}

// waiting is an element, folded alone.
type waiting[A any] struct {
	Acc A `state:"acc"`
}

// tally is what was counted of a key.
type tally[A any] struct {
	Seen   int64      `state:"seen"`
	Slices []slice[A] `state:"slices"` // of the last window, oldest first
	// The newest publication: windows whose elements have the same times are
	// revisions of one result.
	Start    int64  `state:"start"`
	End      int64  `state:"end"`
	Revision uint32 `state:"revision"`
}

type slice[A any] struct {
	Acc   A            `state:"acc"`
	First int64        `state:"first"` // event time
	Last  int64        `state:"last"`
	Cause stream.Cause `state:"cause"`
	Count int64        `state:"count"`
}

func openCounts[K comparable, T, A, R any](
	space *state.Space, watermark int64, p *plan[K, T, A, R], out outlet[K, R], late func(stream.Element[stream.Record[K, T]]),
) (*counts[K, T, A, R], error) {
	per := p.spec.n
	for rest := p.spec.nEvery; rest != 0; {
		per, rest = rest, per%rest
	}
	c := &counts[K, T, A, R]{
		outlet: out, a: &p.a, every: int64(p.spec.nEvery), slice: int64(per), slices: p.spec.n / per,
		lateness: p.lateness.Microseconds(), late: late, watermark: watermark,
	}
	var err error
	if c.waiting, err = state.OpenMap[K, turnstile, waiting[A]](space, "waiting", state.TableOptions{}); err != nil {
		return nil, err
	}
	if c.timers, err = state.OpenTimers[K](space, "timers"); err != nil {
		return nil, err
	}
	c.tallies, err = state.OpenValue[K, tally[A]](space, "tallies", state.TableOptions{TTL: p.ttl})
	return c, err
}

func (c *counts[K, T, A, R]) take(e stream.Element[stream.Record[K, T]]) {
	if passed(c.watermark, e.Time+c.lateness) {
		c.late(e)
		return
	}
	k, at := e.Value.Key, turnstile{e.Time, e.Cause.Partition, e.Cause.Offset, 0}
	w, taken := c.waiting.Upsert(k, at)
	for taken {
		at.Number++
		w, taken = c.waiting.Upsert(k, at)
	}
	c.a.Add(&w.Acc, e.Value.Value, aggregate.At{Time: e.Time, Cause: e.Cause})
	due := e.Time + c.lateness + 1
	if first, ok := c.timers.Get(k); !ok || due < first {
		c.timers.Set(k, due)
	}
}

// Advance implements [stream.Operator].
func (c *counts[K, T, A, R]) Advance(now stream.Times) error {
	if now.Watermark == 0 {
		return nil
	}
	c.watermark = now.Watermark
	return c.timers.PopDue(now.Watermark, func(k K, _ int64) { c.count(k) })
}

// count takes in what the watermark has passed of a key.
func (c *counts[K, T, A, R]) count(k K) {
	var through []turnstile
	var accs []A
	next := int64(0)
	c.check(c.waiting.Fields(k, func(at turnstile, w *waiting[A]) error {
		switch {
		case passed(c.watermark, at.Time+c.lateness):
			through, accs = append(through, at), append(accs, w.Acc)
		case next == 0:
			next = at.Time + c.lateness + 1
		}
		return nil
	}))
	if len(through) > 0 {
		t, _ := c.tallies.Upsert(k)
		for i, at := range through {
			c.add(t, at, &accs[i])
			if t.Seen%c.every == 0 {
				c.show(k, t)
			}
		}
	}
	for _, at := range through {
		c.waiting.Delete(k, at)
	}
	if next != 0 {
		c.timers.Set(k, next)
	}
}

func (c *counts[K, T, A, R]) add(t *tally[A], at turnstile, acc *A) {
	n := len(t.Slices)
	if n == 0 || t.Slices[n-1].Count == c.slice {
		if n == c.slices {
			copy(t.Slices, t.Slices[1:])
			t.Slices = t.Slices[:n-1]
		}
		t.Slices = append(t.Slices, slice[A]{First: at.Time})
		n = len(t.Slices)
	}
	last := &t.Slices[n-1]
	c.a.Merge(&last.Acc, acc)
	last.Last = at.Time
	last.Count++
	if cause := (stream.Cause{Partition: at.Partition, Offset: at.Offset}); last.Cause.Before(cause) {
		last.Cause = cause
	}
	t.Seen++
}

func (c *counts[K, T, A, R]) show(k K, t *tally[A]) {
	var sum A
	var cause stream.Cause
	for i := range t.Slices {
		c.a.Merge(&sum, &t.Slices[i].Acc)
		if cause.Before(t.Slices[i].Cause) {
			cause = t.Slices[i].Cause
		}
	}
	start, end := t.Slices[0].First, t.Slices[len(t.Slices)-1].Last+1
	if start != t.Start || end != t.End {
		t.Start, t.End, t.Revision = start, end, 0
	}
	t.Revision++
	c.publish(Result[K, R]{
		Key: k, Start: event.Instant(start), End: event.Instant(end), Revision: t.Revision, Phase: OnTime, Value: c.a.Result(&sum),
	}, cause)
}
