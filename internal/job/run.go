package job

import "github.com/millrace/millrace/stream"

// runsOf adds up values that follow each other in a partition and are of one instant
// and one thing, such as the lines of an order in a file: what is sent to the shards is
// a value for each run. same says whether two values are of one thing, add adds one to
// the run before it. A run ends with the commit at the latest.
func runsOf[T any](in stream.Stream[T], name string, same func(a, b *T) bool, add func(run, v *T)) stream.Stream[T] {
	return stream.Connect(in, name, func(
		_ *stream.Context, emit func(stream.Element[T]),
	) (func(stream.Element[T]), stream.Operator, error) {
		r := &runs[T]{emit: emit, same: same, add: add}
		return r.take, r, nil
	})
}

type runs[T any] struct {
	emit func(stream.Element[T])
	same func(a, b *T) bool
	add  func(run, v *T)
	run  stream.Element[T]
	open bool
}

func (r *runs[T]) take(e stream.Element[T]) {
	if r.open && e.Time == r.run.Time && r.same(&r.run.Value, &e.Value) {
		r.add(&r.run.Value, &e.Value)
		if r.run.Cause.Before(e.Cause) {
			r.run.Cause = e.Cause
		}
		return
	}
	r.end()
	r.run, r.open = e, true
}

func (r *runs[T]) end() {
	if r.open {
		r.emit(r.run)
		r.run, r.open = stream.Element[T]{}, false
	}
}

// Advance implements [stream.Operator].
func (r *runs[T]) Advance(stream.Times) error {
	r.end()
	return nil
}
