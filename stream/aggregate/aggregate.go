package aggregate

import "github.com/millrace/millrace/stream"

// Aggregator folds values of T into an accumulator A, and shows it as a result R.
type Aggregator[T, A, R any] struct {
	// Add folds one value.
	Add func(acc *A, v T, at At)
	// Merge folds what other has into acc. It changes nothing of other, and keeps no
	// memory of it.
	Merge func(acc, other *A)
	// Result shows what was folded. It does not change it.
	Result func(acc *A) R
	// Err says what is wrong with the definition. The job is refused with it.
	Err error
}

// At is where a value stands among the others: for aggregates that depend on
// time, such as [Last].
type At struct {
	Time  int64        `state:"time"` // event time, µs
	Cause stream.Cause `state:"cause"`
}

// before orders by event time; values of equal time by their events.
func (a At) before(b At) bool {
	return a.Time < b.Time || a.Time == b.Time && a.Cause.Before(b.Cause)
}

// Count counts.
func Count[T any]() Aggregator[T, int64, int64] {
	return Aggregator[T, int64, int64]{
		Add:    func(acc *int64, _ T, _ At) { *acc++ },
		Merge:  func(acc, other *int64) { *acc += *other },
		Result: func(acc *int64) int64 { return *acc },
	}
}

// CountIf counts the values for which is holds.
func CountIf[T any](is func(T) bool) Aggregator[T, int64, int64] {
	a := Count[T]()
	a.Add = func(acc *int64, v T, _ At) {
		if is(v) {
			*acc++
		}
	}
	return a
}

// If folds only the values for which is holds.
func If[T, A, R any](is func(T) bool, a Aggregator[T, A, R]) Aggregator[T, A, R] {
	add := a.Add
	a.Add = func(acc *A, v T, at At) {
		if is(v) {
			add(acc, v, at)
		}
	}
	return a
}
