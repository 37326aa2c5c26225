package aggregate

import "cmp"

// Extreme is the least or greatest value so far.
type Extreme[N any] struct {
	Value N    `state:"value"`
	Known bool `state:"known"`
}

// Min is the least of a number or text of each value; zero when there are no
// values. A NaN is less than any number.
func Min[T any, N cmp.Ordered](of func(T) N) Aggregator[T, Extreme[N], N] {
	return extreme(of, -1)
}

// Max is the greatest of a number or text of each value; zero when there are no
// values.
func Max[T any, N cmp.Ordered](of func(T) N) Aggregator[T, Extreme[N], N] {
	return extreme(of, 1)
}

func extreme[T any, N cmp.Ordered](of func(T) N, sign int) Aggregator[T, Extreme[N], N] {
	offer := func(acc *Extreme[N], v N) {
		if !acc.Known || cmp.Compare(v, acc.Value) == sign {
			acc.Value, acc.Known = v, true
		}
	}
	return Aggregator[T, Extreme[N], N]{
		Add: func(acc *Extreme[N], v T, _ At) { offer(acc, of(v)) },
		Merge: func(acc, other *Extreme[N]) {
			if other.Known {
				offer(acc, other.Value)
			}
		},
		Result: func(acc *Extreme[N]) N { return acc.Value },
	}
}

// Placed is a value with its place.
type Placed[V any] struct {
	Value V    `state:"value"`
	At    At   `state:"at"`
	Known bool `state:"known"`
}

// First is what was earliest by event time; of equal times, what is first in the
// log.
func First[T, V any](of func(T) V) Aggregator[T, Placed[V], V] {
	return placed(of, func(candidate, holder At) bool { return candidate.before(holder) })
}

// Last is what was latest by event time; of equal times, what is last in the
// log.
func Last[T, V any](of func(T) V) Aggregator[T, Placed[V], V] {
	return placed(of, func(candidate, holder At) bool { return !candidate.before(holder) })
}

// placed keeps the value that wins. Values made from one event come in their order,
// in one part: Merge does not see two of the same place.
func placed[T, V any](of func(T) V, wins func(candidate, holder At) bool) Aggregator[T, Placed[V], V] {
	return Aggregator[T, Placed[V], V]{
		Add: func(acc *Placed[V], v T, at At) {
			if !acc.Known || wins(at, acc.At) {
				*acc = Placed[V]{of(v), at, true}
			}
		},
		Merge: func(acc, other *Placed[V]) {
			if other.Known && (!acc.Known || wins(other.At, acc.At)) {
				*acc = *other
			}
		},
		Result: func(acc *Placed[V]) V { return acc.Value },
	}
}
