package expression

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestArithmeticStopsAtTheLimits(t *testing.T) {
	numbers := rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, math.MaxInt64}))
	limited := func(exact *big.Int) int64 {
		switch {
		case exact.IsInt64():
			return exact.Int64()
		case exact.Sign() < 0:
			return math.MinInt64
		}
		return math.MaxInt64
	}
	rapid.Check(t, func(rt *rapid.T) {
		a, b := numbers.Draw(rt, "a"), numbers.Draw(rt, "b")
		x, y := big.NewInt(a), big.NewInt(b)
		for _, c := range []struct {
			name  string
			got   int64
			exact *big.Int
		}{
			{"sum", Sum(a, b), new(big.Int).Add(x, y)},
			{"difference", subtract(a, b), new(big.Int).Sub(x, y)},
			{"product", product(a, b), new(big.Int).Mul(x, y)},
			{"quotient", quotient(a, b), rounded(x, y)},
			{"absolute", absolute(a), new(big.Int).Abs(x)},
		} {
			if want := limited(c.exact); c.got != want {
				rt.Fatalf("%s of %d and %d is %d, want %d", c.name, a, b, c.got, want)
			}
		}
	})
}

// rounded divides to the nearest, halves away from zero: (2|x| + |y|) / 2|y|, with the
// sign of x/y.
func rounded(x, y *big.Int) *big.Int {
	if y.Sign() == 0 {
		return new(big.Int)
	}
	twice := new(big.Int).Add(new(big.Int).Lsh(new(big.Int).Abs(x), 1), new(big.Int).Abs(y))
	q := twice.Quo(twice, new(big.Int).Lsh(new(big.Int).Abs(y), 1))
	if x.Sign()*y.Sign() < 0 {
		q.Neg(q)
	}
	return q
}
