package expression

import (
	"math"
	"math/bits"
	"unicode/utf8"
)

// Arithmetic stops at the ends of the range, so that a condition cannot fail and
// a number that is absurdly large stays so.

// Sum adds numbers.
func Sum(a, b int64) int64 {
	c := a + b
	if (c > a) != (b > 0) && b != 0 {
		return limitOf(b > 0)
	}
	return c
}

func subtract(a, b int64) int64 {
	c := a - b
	if (c < a) != (b > 0) && b != 0 {
		return limitOf(b < 0)
	}
	return c
}

func product(a, b int64) int64 {
	negative := (a < 0) != (b < 0)
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	switch {
	case negative && (hi != 0 || lo > 1<<63):
		return math.MinInt64
	case negative:
		return -int64(lo)
	case hi != 0 || lo > math.MaxInt64:
		return math.MaxInt64
	}
	return int64(lo)
}

func magnitude(a int64) uint64 {
	if a < 0 {
		return -uint64(a)
	}
	return uint64(a)
}

func absolute(a int64) int64 { return int64(min(magnitude(a), math.MaxInt64)) }

func limitOf(positive bool) int64 {
	if positive {
		return math.MaxInt64
	}
	return math.MinInt64
}

func characters(s string) int64 { return int64(utf8.RuneCountInString(s)) }

// quotient divides to the nearest, halves away from zero; 0 for a division by zero.
func quotient(a, b int64) int64 {
	if b == 0 {
		return 0
	}
	magnitudeB := magnitude(b)
	q, rest := magnitude(a)/magnitudeB, magnitude(a)%magnitudeB
	if rest >= magnitudeB-rest {
		q++
	}
	switch {
	case (a < 0) != (b < 0):
		return -int64(q)
	case q > math.MaxInt64:
		return math.MaxInt64
	}
	return int64(q)
}
