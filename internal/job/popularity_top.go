package job

import (
	"slices"

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

// topList keeps the products of the highest scores, and publishes the ranks that
// change at a commit. All products come to one shard.
func topList(in stream.Keyed[bool, score], name string, length int) stream.Stream[Ranked] {
	return stream.Connect(in.Stream, name, func(
		c *stream.Context, emit func(stream.Element[Ranked]),
	) (func(stream.Element[stream.Record[bool, score]]), stream.Operator, error) {
		l := &leaders{emit: emit, length: length}
		var err error
		if l.scores, err = state.OpenValue[string, int64](c.Space, "scores", state.TableOptions{}); err != nil {
			return nil, nil, err
		}
		l.list, err = state.OpenValue[int32, Ranked](c.Space, "ranks", state.TableOptions{})
		return l.take, l, err
	})
}

type leaders struct {
	emit    func(stream.Element[Ranked])
	length  int
	scores  *state.Value[string, int64] // of products in use
	list    *state.Value[int32, Ranked] // by rank, as published
	newest  stream.Element[Ranked]      // for the time and cause of a change
	changed bool
	best    []Ranked
}

func (l *leaders) take(e stream.Element[stream.Record[bool, score]]) {
	s := e.Value.Value
	was, _ := l.scores.Upsert(s.Product)
	l.changed = l.changed || *was != s.Now
	if *was = s.Now; s.Now == 0 {
		l.scores.Delete(s.Product)
	}
	if e.Time >= l.newest.Time {
		l.newest.Time, l.newest.Cause = e.Time, e.Cause
	}
}

// Advance implements [stream.Operator].
func (l *leaders) Advance(stream.Times) error {
	if !l.changed {
		return nil
	}
	l.changed = false
	l.best = l.best[:0]
	err := l.scores.Scan(func(product string, score *int64) error {
		l.offer(Ranked{Product: product, Score: *score})
		return nil
	})
	if err != nil {
		return err
	}
	for i := range l.length {
		l.publish(int32(i + 1))
	}
	return nil
}

// offer puts a product among the best, if it belongs there.
func (l *leaders) offer(r Ranked) {
	if len(l.best) == l.length && rank(r, l.best[l.length-1]) > 0 {
		return
	}
	at, _ := slices.BinarySearchFunc(l.best, r, rank)
	l.best = slices.Insert(l.best, at, r)
	l.best = l.best[:min(len(l.best), l.length)]
}

// publish brings a rank to what the list has there.
func (l *leaders) publish(n int32) {
	is := Ranked{Rank: n, Retracted: int(n) > len(l.best)}
	if !is.Retracted {
		is.Product, is.Score = l.best[n-1].Product, l.best[n-1].Score
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
