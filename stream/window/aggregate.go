package window

import (
	"errors"
	"fmt"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/state"
)

// Aggregate folds the elements of each key and window, and publishes what they
// come to.
func Aggregate[K comparable, T, A, R any](
	in stream.Keyed[K, T], name string, spec Spec, a aggregate.Aggregator[T, A, R], opts ...Option,
) stream.Stream[Result[K, R]] {
	p := newPlan[K](in.Job(), name, spec, a, opts)
	results, late := stream.ConnectLate(in.Stream, name, func(
		c *stream.Context, emit func(stream.Element[Result[K, R]]), late func(stream.Element[stream.Record[K, T]]),
	) (func(stream.Element[stream.Record[K, T]]), stream.Operator, error) {
		out := outlet[K, R]{emit: emit, fail: c.Fail}
		o, err := p.openIn(c.Space, c.Watermark(), out, func(e stream.Element[stream.Record[K, T]]) {
			c.Late()
			late(e)
		})
		if err != nil {
			return nil, nil, err
		}
		return o.take, o, nil
	})
	p.giveLate(late)
	return results
}

// outlet is where an operator's results go.
type outlet[K comparable, R any] struct {
	emit func(stream.Element[Result[K, R]])
	fail func(error) // stops the job; does not return
}

// check stops the job when an error is not nil.
func (o *outlet[K, R]) check(err error) {
	if err != nil {
		o.fail(err)
	}
}

func (o *outlet[K, R]) publish(r Result[K, R], cause stream.Cause) {
	o.emit(stream.Element[Result[K, R]]{Value: r, Time: int64(r.End) - 1, Cause: cause})
}

// operator is a kind of windows in one place.
type operator[K comparable, T any] interface {
	stream.Operator
	take(e stream.Element[stream.Record[K, T]])
}

// plan is a window aggregation as it was asked for, checked.
type plan[K comparable, T, A, R any] struct {
	spec Spec
	a    aggregate.Aggregator[T, A, R]
	options
	giveLate func(stream.Stream[stream.Record[K, T]])
}

func newPlan[K comparable, T, A, R any](
	j *stream.Job, name string, spec Spec, a aggregate.Aggregator[T, A, R], opts []Option,
) *plan[K, T, A, R] {
	p := &plan[K, T, A, R]{spec: spec, a: a, options: options{emission: Final}}
	for _, o := range opts {
		o(&p.options)
	}
	p.giveLate = func(stream.Stream[stream.Record[K, T]]) {}
	if err := p.check(); err != nil {
		j.Fail(fmt.Errorf("windows %q: %w", name, err))
	}
	return p
}

func (p *plan[K, T, A, R]) check() error {
	var errs []error
	if p.lateTo != nil {
		to, ok := p.lateTo.(*stream.Stream[stream.Record[K, T]])
		if ok {
			p.giveLate = func(s stream.Stream[stream.Record[K, T]]) { *to = s }
		} else {
			errs = append(errs, fmt.Errorf("LateTo takes a %T here, not a %T", to, p.lateTo))
		}
	}
	if p.a.Err == nil && (p.a.Add == nil || p.a.Merge == nil || p.a.Result == nil) {
		errs = append(errs, errors.New("the aggregator lacks Add, Merge or Result"))
	}
	if p.lateness < 0 {
		errs = append(errs, fmt.Errorf("a lateness of %v: give none, or one above zero", p.lateness))
	}
	if p.spec.kind == count && p.ttl <= 0 {
		errs = append(errs, errors.New("count windows have no TTL: the state of keys that fall silent would stay for ever; add window.TTL"))
	}
	if p.spec.kind == count && p.emission != Final {
		errs = append(errs, errors.New("count windows have no early results: they are published when they are full"))
	}
	return errors.Join(append(errs, p.a.Err, p.spec.check())...)
}

// openIn makes the operator over a space, as of a watermark.
func (p *plan[K, T, A, R]) openIn(
	space *state.Space, watermark int64, out outlet[K, R], late func(stream.Element[stream.Record[K, T]]),
) (operator[K, T], error) {
	switch p.spec.kind {
	case sliding:
		return openSlides(space, watermark, p, out, late)
	case session:
		return openSessions(space, watermark, p, out, late)
	case count:
		return openCounts(space, watermark, p, out, late)
	}
	return openSliced(space, watermark, p, out, late)
}
