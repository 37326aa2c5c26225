package join

import (
	"fmt"
	"time"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
)

// Rows say how a [Table] keeps its rows.
type Rows struct {
	Kind Kind // Inner or Left
	// TTL is how long a row is kept after the watermark at which it came, to within an
	// eighth. It must be given.
	TTL time.Duration
}

// Table joins each element with the newest row of its key, by event time, that has
// been processed before it. combine gets nil when there is none, with [Left]; it must
// not keep the pointer. The result has the time of the left element.
func Table[K comparable, L, R, O any](
	left stream.Keyed[K, L], table stream.Keyed[K, R], name string, rows Rows, combine func(l L, r *R) O,
) stream.Stream[stream.Record[K, O]] {
	if rows.TTL <= 0 {
		left.Job().Fail(fmt.Errorf("join %q has no TTL: its table would grow for ever; set TTL to how long a row holds", name))
	}
	failFull(left.Job(), name, rows.Kind)
	return stream.Connect2(left.Stream, table.Stream, name, func(
		c *stream.Context, emit func(stream.Element[stream.Record[K, O]]),
	) (func(stream.Element[stream.Record[K, L]]), func(stream.Element[stream.Record[K, R]]), stream.Operator, error) {
		kept, err := state.OpenValue[K, row[R]](c.Space, "rows", state.TableOptions{TTL: rows.TTL})
		if err != nil {
			return nil, nil, nil, err
		}
		takeLeft := func(e stream.Element[stream.Record[K, L]]) {
			var value *R
			if r := kept.Get(e.Value.Key); r != nil {
				value = &r.Value
			} else if rows.Kind == Inner {
				return
			}
			o := stream.Record[K, O]{Key: e.Value.Key, Value: combine(e.Value.Value, value)}
			emit(stream.Element[stream.Record[K, O]]{Value: o, Time: e.Time, Cause: e.Cause})
		}
		takeRow := func(e stream.Element[stream.Record[K, R]]) {
			m := mark{At: e.Time, Cause: e.Cause}
			if r := kept.Get(e.Value.Key); r == nil || r.compare(m) <= 0 {
				kept.Set(e.Value.Key, row[R]{m, e.Value.Value})
			}
		}
		return takeLeft, takeRow, nil, nil
	})
}

// row is a value with its place in time.
type row[V any] struct {
	mark  `state:"mark"`
	Value V `state:"value"`
}

func (r *row[V]) of() mark { return r.mark }

// failFull refuses the kind that only an [Interval] has.
func failFull(j *stream.Job, name string, kind Kind) {
	if kind == Full {
		j.Fail(fmt.Errorf("join %q: the kind Full is for Interval only; rows and versions have no results of their own", name))
	}
}
