package job

import (
	"errors"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
)

// Ranked is a row of the table popularity_top.
type Ranked struct {
	Rank      int32  `state:"rank"` // from 1
	Revision  uint32 `state:"revision"`
	Retracted bool   `state:"retracted"` // so many products are not in use now
	Product   string `state:"product_id"`
	Score     int64  `state:"score"`
}

// topList keeps products by their score, and publishes the ranks that change at a
// commit. All products come to one shard.
func topList(in stream.Keyed[bool, Popular], name string, length int) stream.Stream[Ranked] {
	return stream.Connect(in.Stream, name, func(
		c *stream.Context, emit func(stream.Element[Ranked]),
	) (func(stream.Element[stream.Record[bool, Popular]]), stream.Operator, error) {
		l := &leaders{emit: emit, length: length}
		var err error
		if l.scores, err = state.OpenValue[string, int64](c.Space, "scores", state.TableOptions{}); err != nil {
			return nil, nil, err
		}
		if l.order, err = state.OpenMap[bool, ranking, bool](c.Space, "order", state.TableOptions{}); err != nil {
			return nil, nil, err
		}
		l.list, err = state.OpenValue[int32, Ranked](c.Space, "ranks", state.TableOptions{})
		return l.take, l, err
	})
}

// ranking is the place of a product: those of higher scores come first, of equal ones
// those that come first in the alphabet.
type ranking struct {
	Below   int64 // zero: the score, negated
	Product string
}

type leaders struct {
	emit    func(stream.Element[Ranked])
	length  int
	scores  *state.Value[string, int64]     // of products in use
	order   *state.Map[bool, ranking, bool] // the same, under the key true
	list    *state.Value[int32, Ranked]     // by rank, as published
	newest  stream.Element[Ranked]          // for the time and cause of a change
	changed bool
	best    []ranking
}

func (l *leaders) take(e stream.Element[stream.Record[bool, Popular]]) {
	row := &e.Value.Value
	if was := l.scores.Get(row.Product); was != nil {
		if *was == row.Score {
			return
		}
		l.order.Delete(true, ranking{-*was, row.Product})
	}
	if row.Score == 0 {
		l.scores.Delete(row.Product)
	} else {
		l.scores.Set(row.Product, row.Score)
		l.order.Set(true, ranking{-row.Score, row.Product}, true)
	}
	l.changed = true
	if e.Time >= l.newest.Time {
		l.newest.Time, l.newest.Cause = e.Time, e.Cause
	}
}

// errFull ends a walk when the list is full.
var errFull = errors.New("the list is full")

// Advance implements [stream.Operator].
func (l *leaders) Advance(stream.Times) error {
	if !l.changed {
		return nil
	}
	l.changed = false
	l.best = l.best[:0]
	err := l.order.Fields(true, func(r ranking, _ *bool) error {
		if len(l.best) == l.length {
			return errFull
		}
		l.best = append(l.best, r)
		return nil
	})
	if err != nil && !errors.Is(err, errFull) {
		return err
	}
	for i := range l.length {
		l.publish(int32(i + 1))
	}
	return nil
}

// publish brings a rank to what the list has there.
func (l *leaders) publish(n int32) {
	is := Ranked{Rank: n, Retracted: int(n) > len(l.best)}
	if !is.Retracted {
		is.Product, is.Score = l.best[n-1].Product, -l.best[n-1].Below
	}
	was := l.list.Get(n)
	switch {
	case was == nil && is.Retracted:
		return
	case was != nil:
		is.Revision = was.Revision
		if *was == is {
			return
		}
	}
	is.Revision++
	l.list.Set(n, is)
	l.newest.Value = is
	l.emit(l.newest)
}
