package sketch

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

func TestDistinctIsExactBelowTheBoundAndNearAboveIt(t *testing.T) {
	for _, n := range []int{0, 1, 100, ExactDistinct, ExactDistinct + 1, 50_000, 300_000} {
		var a, b Distinct
		for i := range n { // each value twice, in both halves
			a.AddHash(HashString(strconv.Itoa(i)))
			b.AddHash(HashString(strconv.Itoa(n - 1 - i)))
			if i%2 == 0 {
				b.AddHash(HashString(strconv.Itoa(i)))
			}
		}
		a.Merge(&b)
		off := math.Abs(float64(a.Count()-int64(n))) / float64(max(n, 1))
		if a.Exact() != (n <= ExactDistinct) || a.Exact() && off != 0 || off > 4*0.0081 {
			t.Errorf("%d values are counted as %d, exact %t", n, a.Count(), a.Exact())
		}
	}
}

func TestDistinctTellsWhatIsNew(t *testing.T) {
	var d Distinct
	if !d.AddHash(HashInt(7)) || d.AddHash(HashInt(7)) || !d.AddHash(HashInt(-7)) {
		t.Error("a value that is new is not told from one that is known")
	}
	d.Reset()
	if !d.AddHash(HashInt(7)) || d.Count() != 1 {
		t.Error("a reset count is not empty")
	}
}

func TestQuantilesAreWithinTheRelativeError(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var a, b Quantiles
	var all []float64
	for i := range 20_000 {
		v := math.Exp(rng.NormFloat64()*2) * float64(1-2*(i%4/3)) // a quarter is negative
		all = append(all, v)
		if i%2 == 0 {
			a.Add(v)
		} else {
			b.Add(v)
		}
	}
	a.Merge(&b)
	slices.Sort(all)
	if a.Count() != int64(len(all)) {
		t.Fatalf("%d of %d values", a.Count(), len(all))
	}
	for _, share := range []float64{0, 0.01, 0.1, 0.5, 0.9, 0.99, 1} {
		want := all[int(share*float64(len(all)-1))]
		got, ok := a.At(share)
		if !ok || math.Abs(got-want) > 1.01*RelativeError*math.Abs(want) {
			t.Errorf("quantile %v is %v, want %v", share, got, want)
		}
	}
}

func TestQuantilesTakeAnything(t *testing.T) {
	var q Quantiles
	if _, ok := q.At(0.5); ok {
		t.Error("an empty sketch has a median")
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.MaxFloat64, math.SmallestNonzeroFloat64} {
		q.Add(v)
	}
	if v, ok := q.At(0.5); !ok || v != 0 || q.Count() != 5 {
		t.Errorf("the median is %v of %d", v, q.Count())
	}
	if _, ok := q.At(1.5); ok {
		t.Error("there is a quantile of 1.5")
	}
	q.Reset()
	if q.Count() != 0 {
		t.Error("a reset sketch is not empty")
	}
}

func BenchmarkDistinct(b *testing.B) {
	var d Distinct
	b.ReportAllocs()
	for i := range b.N {
		d.AddHash(HashInt(int64(i % 100_000)))
	}
}

func BenchmarkQuantiles(b *testing.B) {
	var q Quantiles
	b.ReportAllocs()
	for i := range b.N {
		q.Add(float64(i%100_000) * 0.01)
	}
}

func TestQuantilesSurviveTheirBinaryForm(t *testing.T) {
	var q, again Quantiles
	for i := range 1000 {
		q.Add(float64(i-100) * 1.5)
	}
	for _, one := range []*Quantiles{{}, &q} {
		data, err := one.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := again.UnmarshalBinary(data); err != nil {
			t.Fatal(err)
		}
		if again.Count() != one.Count() {
			t.Errorf("%d values became %d", one.Count(), again.Count())
		}
	}
	for _, share := range []float64{0, 0.05, 0.5, 0.99, 1} {
		want, _ := q.At(share)
		if got, _ := again.At(share); got != want {
			t.Errorf("quantile %v is %v, was %v", share, got, want)
		}
	}
	again.Add(7) // and it goes on
	if again.Count() != 1001 {
		t.Errorf("%d values", again.Count())
	}
	if err := again.UnmarshalBinary([]byte{255, 1, 2}); err == nil {
		t.Error("garbage is taken for a sketch")
	}
}
