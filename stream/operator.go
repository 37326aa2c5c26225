package stream

import (
	"fmt"

	"github.com/millrace/millrace/stream/state"
)

// Operator is the part of an operator that lives in one partition or shard. All
// calls come from one goroutine at a time.
type Operator interface {
	// Advance tells the time: timers and windows up to it fire. It is called at
	// each commit, operators upstream first.
	Advance(t Times) error
}

// Batcher is what an [Operator] may be, too: it is then given the elements of a parcel
// together, in their order, where it would be given one after the other. The slice is the
// engine's again when TakeAll returns.
type Batcher[T any] interface {
	TakeAll(elements []Element[T])
}

// Times are the two clocks of a job.
type Times struct {
	Watermark int64 // event time that the job's sources have passed, µs; 0 when not known yet
	Now       int64 // processing time, µs
}

// Context is what an operator is made in.
type Context struct {
	// Space is the operator's state in this place.
	Space *state.Space
	x     *instance
	stage int
}

// Watermark is the event time that the job had reached at the newest commit.
func (c *Context) Watermark() int64 { return c.x.times[c.stage].Watermark }

// Now is the processing time of the newest commit.
func (c *Context) Now() int64 { return c.x.times[c.stage].Now }

// Place is where the operator runs.
func (c *Context) Place() Place { return c.x.place }

// Fail stops the job with an error, for functions that cannot return one.
func (c *Context) Fail(err error) { panic(failure{err}) }

// Late counts an element that came too late for the operator and is in its
// late stream or nowhere.
func (c *Context) Late() { c.x.late++ }

// failure is how an operator's error unwinds to the job's boundary.
type failure struct{ err error }

// Connect adds an operator of our own between two streams. make is called once
// per partition or shard; take gets the elements, and emit passes results on,
// only while take or Advance runs.
func Connect[T, R any](
	in Stream[T], name string,
	make func(c *Context, emit func(Element[R])) (take func(Element[T]), op Operator, err error),
) Stream[R] {
	n := in.n.job.add(name, []*node{in.n})
	n.build = func(x *instance) (any, error) {
		emit, err := emitter[R](x, n)
		if err != nil {
			return nil, err
		}
		c, err := x.context(n)
		if err != nil {
			return nil, err
		}
		take, op, err := make(c, emit)
		if err != nil {
			return nil, fmt.Errorf("operator %q: %w", n.name, err)
		}
		x.keep(n, op, c.Space)
		if b, ok := op.(Batcher[T]); ok {
			x.batches[n] = b.TakeAll
		}
		return take, nil
	}
	return Stream[R]{n}
}

// ConnectLate is [Connect] with a second output, for elements that came too late.
func ConnectLate[T, R, L any](
	in Stream[T], name string,
	make func(c *Context, emit func(Element[R]), late func(Element[L])) (take func(Element[T]), op Operator, err error),
) (results Stream[R], late Stream[L]) {
	n := &node{job: in.n.job, name: name + " (late)", stage: in.n.stage, local: in.n.local}
	n.build = func(x *instance) (any, error) { return emitter[L](x, n) }
	results = Connect(in, name, func(c *Context, emit func(Element[R])) (func(Element[T]), Operator, error) {
		l, err := c.x.input(n)
		if err != nil {
			return nil, nil, err
		}
		return make(c, emit, l.(func(Element[L])))
	})
	return results, Stream[L]{n}
}

// Connect2 adds an operator with two inputs. Both must be keyed alike, and both in
// their partitions or both in shards.
func Connect2[A, B, R any](
	a Stream[A], b Stream[B], name string,
	make func(c *Context, emit func(Element[R])) (takeA func(Element[A]), takeB func(Element[B]), op Operator, err error),
) Stream[R] {
	j := a.n.job
	if (a.n.stage == 0) != (b.n.stage == 0) || a.n.local != b.n.local {
		j.fail(fmt.Errorf("operator %q: one input stays in its partition, the other is sent to the shard of its key; use KeyBy, or KeyByActor, for both", name))
	}
	stage := max(a.n.stage, b.n.stage)
	left := &node{job: j, name: name + " (left)", stage: stage, local: a.n.local}
	right := &node{job: j, name: name + " (right)", stage: stage, local: b.n.local}
	a.n.down, b.n.down = append(a.n.down, left), append(b.n.down, right)
	n := j.add(name, []*node{left, right})
	type pair struct {
		takeA func(Element[A])
		takeB func(Element[B])
	}
	n.build = func(x *instance) (any, error) {
		emit, err := emitter[R](x, n)
		if err != nil {
			return nil, err
		}
		c, err := x.context(n)
		if err != nil {
			return nil, err
		}
		takeA, takeB, op, err := make(c, emit)
		if err != nil {
			return nil, fmt.Errorf("operator %q: %w", n.name, err)
		}
		x.keep(n, op, c.Space)
		return pair{takeA, takeB}, nil
	}
	left.build = func(x *instance) (any, error) {
		p, err := x.input(n)
		if err != nil {
			return nil, err
		}
		return p.(pair).takeA, nil
	}
	right.build = func(x *instance) (any, error) {
		p, err := x.input(n)
		if err != nil {
			return nil, err
		}
		return p.(pair).takeB, nil
	}
	return Stream[R]{n}
}

// Connect2Late is [Connect2] with a second output, for elements that came too late.
func Connect2Late[A, B, R, L any](
	a Stream[A], b Stream[B], name string,
	make func(c *Context, emit func(Element[R]), late func(Element[L])) (takeA func(Element[A]), takeB func(Element[B]), op Operator, err error),
) (results Stream[R], late Stream[L]) {
	n := &node{job: a.n.job, name: name + " (late)", stage: max(a.n.stage, b.n.stage), local: a.n.local}
	n.build = func(x *instance) (any, error) { return emitter[L](x, n) }
	results = Connect2(a, b, name, func(c *Context, emit func(Element[R])) (func(Element[A]), func(Element[B]), Operator, error) {
		l, err := c.x.input(n)
		if err != nil {
			return nil, nil, nil, err
		}
		return make(c, emit, l.(func(Element[L])))
	})
	return results, Stream[L]{n}
}

// batcher returns the function that hands elements to what follows n here, when that is
// one operator that takes them together; else nil.
func batcher[R any](x *instance, n *node) func([]Element[R]) {
	if len(n.down) != 1 {
		return nil
	}
	all, _ := x.batches[n.down[0]].(func([]Element[R]))
	return all
}

// emitter returns the function that hands an element to all that follow n here.
func emitter[R any](x *instance, n *node) (func(Element[R]), error) {
	takes := make([]func(Element[R]), 0, len(n.down))
	for _, d := range n.down {
		in, err := x.input(d)
		if err != nil {
			return nil, err
		}
		takes = append(takes, in.(func(Element[R])))
	}
	switch len(takes) {
	case 0:
		return func(Element[R]) {}, nil
	case 1:
		return takes[0], nil
	}
	return func(e Element[R]) {
		for _, take := range takes {
			take(e)
		}
	}, nil
}

// Filter keeps the elements for which keep is true.
func Filter[T any](in Stream[T], name string, keep func(T) bool) Stream[T] {
	return Connect(in, name, func(_ *Context, emit func(Element[T])) (func(Element[T]), Operator, error) {
		return func(e Element[T]) {
			if keep(e.Value) {
				emit(e)
			}
		}, nil, nil
	})
}

// Map turns each element into another.
func Map[T, R any](in Stream[T], name string, f func(T) R) Stream[R] {
	return Connect(in, name, func(_ *Context, emit func(Element[R])) (func(Element[T]), Operator, error) {
		return func(e Element[T]) { emit(Element[R]{f(e.Value), e.Time, e.Cause}) }, nil, nil
	})
}

// FlatMap turns each element into any number of others, at the same event time.
func FlatMap[T, R any](in Stream[T], name string, f func(v T, emit func(R))) Stream[R] {
	return Connect(in, name, func(c *Context, emit func(Element[R])) (func(Element[T]), Operator, error) {
		var of Element[R]
		each := func(v R) {
			c.x.grow()
			of.Value = v
			emit(of)
		}
		return func(e Element[T]) {
			of.Time, of.Cause = e.Time, e.Cause
			f(e.Value, each)
		}, nil, nil
	})
}

// Merge makes one stream of several.
func Merge[T any](name string, first Stream[T], others ...Stream[T]) Stream[T] {
	up := []*node{first.n}
	for _, s := range others {
		up = append(up, s.n)
	}
	n := first.n.job.add(name, up)
	for _, u := range up {
		if u.stage != n.stage {
			n.job.fail(fmt.Errorf("operator %q merges streams before and behind a KeyBy; merge before, or key both", name))
		}
	}
	n.build = func(x *instance) (any, error) { return emitter[T](x, n) }
	return Stream[T]{n}
}
