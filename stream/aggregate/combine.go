package aggregate

import "errors"

// Pair holds the accumulators of two aggregates.
type Pair[A, B any] struct {
	First  A `state:"first"`
	Second B `state:"second"`
}

// Combine2 computes two aggregates of the same values. make puts their results
// together, in a struct with names for them.
func Combine2[T, A, B, P, Q, R any](
	a Aggregator[T, A, P], b Aggregator[T, B, Q], make func(P, Q) R,
) Aggregator[T, Pair[A, B], R] {
	return Aggregator[T, Pair[A, B], R]{
		Err: errors.Join(a.Err, b.Err),
		Add: func(acc *Pair[A, B], v T, at At) {
			a.Add(&acc.First, v, at)
			b.Add(&acc.Second, v, at)
		},
		Merge: func(acc, other *Pair[A, B]) {
			a.Merge(&acc.First, &other.First)
			b.Merge(&acc.Second, &other.Second)
		},
		Result: func(acc *Pair[A, B]) R { return make(a.Result(&acc.First), b.Result(&acc.Second)) },
	}
}

// Combine3 computes three aggregates of the same values.
func Combine3[T, A, B, C, P, Q, S, R any](
	a Aggregator[T, A, P], b Aggregator[T, B, Q], c Aggregator[T, C, S], make func(P, Q, S) R,
) Aggregator[T, Pair[Pair[A, B], C], R] {
	ab := Combine2(a, b, both[P, Q])
	return Combine2(ab, c, func(pq Pair[P, Q], s S) R { return make(pq.First, pq.Second, s) })
}

// Combine4 computes four aggregates of the same values.
func Combine4[T, A, B, C, D, P, Q, S, U, R any](
	a Aggregator[T, A, P], b Aggregator[T, B, Q], c Aggregator[T, C, S], d Aggregator[T, D, U], make func(P, Q, S, U) R,
) Aggregator[T, Pair[Pair[A, B], Pair[C, D]], R] {
	ab, cd := Combine2(a, b, both[P, Q]), Combine2(c, d, both[S, U])
	return Combine2(ab, cd, func(pq Pair[P, Q], su Pair[S, U]) R {
		return make(pq.First, pq.Second, su.First, su.Second)
	})
}

func both[P, Q any](p P, q Q) Pair[P, Q] { return Pair[P, Q]{p, q} }
