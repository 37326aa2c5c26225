package window

import (
	"math"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
)

// AggregateBy is [stream.KeyBy] and [Aggregate] in one, for keys that many
// elements share. Tumbling, hopping and cumulating windows are folded in the
// partitions first: what goes to the shard of a key between two commits is one
// part per slot, however hot the key is. Results are the same.
func AggregateBy[K comparable, T, A, R any](
	in stream.Stream[T], name string, key func(T) K, spec Spec, a aggregate.Aggregator[T, A, R], opts ...Option,
) stream.Stream[Result[K, R]] {
	if spec.kind > cumulating {
		return Aggregate(stream.KeyBy(in, name+" (by key)", key), name, spec, a, opts...)
	}
	p := newPlan[K](in.Job(), name, spec, a, opts)
	parts, late := stream.ConnectLate(in, name+" (parts)", func(
		c *stream.Context, emit func(stream.Element[part[K, A]]), late func(stream.Element[stream.Record[K, T]]),
	) (func(stream.Element[T]), stream.Operator, error) {
		o := newCombiner(c.Watermark(), p, key, emit, func(e stream.Element[stream.Record[K, T]]) {
			c.Late()
			late(e)
		})
		return o.take, o, nil
	})
	p.giveLate(late)
	byKey := stream.KeyBy(parts, name+" (by key)", func(p part[K, A]) K { return p.key })
	return stream.Connect(byKey.Stream, name, func(
		c *stream.Context, emit func(stream.Element[Result[K, R]]),
	) (func(stream.Element[stream.Record[K, part[K, A]]]), stream.Operator, error) {
		s, err := openSliced(c.Space, c.Watermark(), p, outlet[K, R]{emit: emit, fail: c.Fail}, nil)
		if err != nil {
			return nil, nil, err
		}
		return func(e stream.Element[stream.Record[K, part[K, A]]]) {
			s.takePart(e.Value.Key, e.Time, &e.Value.Value.acc, e.Cause)
		}, s, nil
	})
}

// part is what elements of one key and slot have been folded to in a partition.
type part[K comparable, A any] struct {
	key K `state:"key"`
	acc A `state:"acc"`
}

// maxParts bounds the memory of a combiner between two commits.
const maxParts = 1 << 16

// combiner folds elements before they are sent to the shard of their key. It
// keeps nothing beyond a commit.
type combiner[K comparable, T, A, R any] struct {
	a        *aggregate.Aggregator[T, A, R]
	key      func(T) K
	emit     func(stream.Element[part[K, A]])
	late     func(stream.Element[stream.Record[K, T]])
	grid     grid
	lateness int64
	closed   int64 // as of the newest commit, as in the shards

	from, to int64 // slot of the newest element, µs
	number   int64
	index    map[keySlot[K]]int32
	parts    []stream.Element[part[K, A]] // their time is that of the slot
}

type keySlot[K comparable] struct {
	key  K
	slot int64
}

func newCombiner[K comparable, T, A, R any](
	watermark int64, p *plan[K, T, A, R], key func(T) K,
	emit func(stream.Element[part[K, A]]), late func(stream.Element[stream.Record[K, T]]),
) *combiner[K, T, A, R] {
	c := &combiner[K, T, A, R]{
		a: &p.a, key: key, emit: emit, late: late, grid: p.spec.grid(), lateness: p.lateness.Microseconds(),
		closed: math.MinInt64, index: make(map[keySlot[K]]int32),
	}
	c.learn(watermark)
	return c
}

func (c *combiner[K, T, A, R]) learn(watermark int64) {
	if watermark != 0 {
		c.closed = max(c.closed, c.grid.slot(watermark-c.lateness))
	}
}

func (c *combiner[K, T, A, R]) take(e stream.Element[T]) {
	if e.Time < c.from || e.Time >= c.to {
		c.number = c.grid.slot(e.Time)
		c.from, c.to = c.grid.start(c.number), c.grid.start(c.number+1)
	}
	k := c.key(e.Value)
	if c.grid.lastEnd(c.number) <= c.closed {
		c.late(stream.Element[stream.Record[K, T]]{
			Value: stream.Record[K, T]{Key: k, Value: e.Value}, Time: e.Time, Cause: e.Cause,
		})
		return
	}
	i, known := c.index[keySlot[K]{k, c.number}]
	if !known {
		if len(c.parts) == maxParts {
			c.flush()
		}
		i = int32(len(c.parts))
		c.index[keySlot[K]{k, c.number}] = i
		c.parts = append(c.parts, stream.Element[part[K, A]]{Value: part[K, A]{key: k}, Time: c.from, Cause: e.Cause})
	}
	p := &c.parts[i]
	c.a.Add(&p.Value.acc, e.Value, aggregate.At{Time: e.Time, Cause: e.Cause})
	if p.Cause.Before(e.Cause) {
		p.Cause = e.Cause
	}
}

// flush sends the parts, which belong to the shards then.
func (c *combiner[K, T, A, R]) flush() {
	for i := range c.parts {
		c.emit(c.parts[i])
	}
	clear(c.index)
	clear(c.parts)
	c.parts = c.parts[:0]
}

// Advance implements [stream.Operator]. The parts go before the shards hear of the
// new time, so that what was in time here is in time there.
func (c *combiner[K, T, A, R]) Advance(now stream.Times) error {
	c.flush()
	c.learn(now.Watermark)
	return nil
}
