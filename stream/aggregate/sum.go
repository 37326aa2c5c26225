package aggregate

import (
	"math"
	"math/bits"
)

// Total is a sum of 128 bits. No sum of int64 values overflows it before there
// are 2^64 of them, so sums can be merged in any order.
type Total struct {
	High int64  `state:"high"`
	Low  uint64 `state:"low"`
}

func (t *Total) add(o Total) {
	low, carry := bits.Add64(t.Low, o.Low, 0)
	t.Low = low
	t.High += o.High + int64(carry)
}

func wide(v int64) Total { return Total{High: v >> 63, Low: uint64(v)} }

// Int64 returns the total, the nearest int64 when it is beyond.
func (t Total) Int64() int64 {
	switch {
	case t.High == int64(t.Low)>>63:
		return int64(t.Low)
	case t.High < 0:
		return math.MinInt64
	}
	return math.MaxInt64
}

// Float64 returns the total as a float, rounded.
func (t Total) Float64() float64 { return math.Ldexp(float64(t.High), 64) + float64(t.Low) }

// over returns the total divided by n, rounded to the nearest, halves away from
// zero; the nearest int64 when it is beyond.
func (t Total) over(n int64) int64 {
	if n <= 0 {
		return 0
	}
	negative := t.High < 0
	if negative {
		low, borrow := bits.Sub64(0, t.Low, 0)
		t = Total{High: -t.High - int64(borrow), Low: low}
	}
	low, carry := bits.Add64(t.Low, uint64(n)/2, 0)
	high := uint64(t.High) + carry
	quotient := uint64(math.MaxUint64)
	if high < uint64(n) {
		quotient, _ = bits.Div64(high, low, uint64(n))
	}
	switch {
	case quotient <= math.MaxInt64 && negative:
		return -int64(quotient)
	case quotient <= math.MaxInt64:
		return int64(quotient)
	case negative:
		return math.MinInt64
	}
	return math.MaxInt64
}

// Sum adds up a number of each value, such as an event.Micros. It is exact. A sum
// beyond int64 shows as the nearest int64: it never wraps, and comes
// back when values of the other sign bring it back.
func Sum[T any, N ~int64](of func(T) N) Aggregator[T, Total, N] {
	return Aggregator[T, Total, N]{
		Add:    func(acc *Total, v T, _ At) { acc.add(wide(int64(of(v)))) },
		Merge:  func(acc, other *Total) { acc.add(*other) },
		Result: func(acc *Total) N { return N(acc.Int64()) },
	}
}

// Mean is an exact sum and how many values it is of.
type Mean[N ~int64] struct {
	Sum   Total `state:"sum"`
	Count int64 `state:"count"`
}

// Value returns the mean to the nearest N, halves away from zero: an amount of money
// stays an integer. Zero when there are no values.
func (m Mean[N]) Value() N { return N(m.Sum.over(m.Count)) }

// Float64 returns the mean as a float.
func (m Mean[N]) Float64() float64 {
	if m.Count == 0 {
		return 0
	}
	return m.Sum.Float64() / float64(m.Count)
}

// Avg is the mean of a number of each value.
func Avg[T any, N ~int64](of func(T) N) Aggregator[T, Mean[N], Mean[N]] {
	return Aggregator[T, Mean[N], Mean[N]]{
		Add: func(acc *Mean[N], v T, _ At) {
			acc.Sum.add(wide(int64(of(v))))
			acc.Count++
		},
		Merge: func(acc, other *Mean[N]) {
			acc.Sum.add(other.Sum)
			acc.Count += other.Count
		},
		Result: func(acc *Mean[N]) Mean[N] { return *acc },
	}
}
