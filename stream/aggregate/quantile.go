package aggregate

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/DataDog/sketches-go/ddsketch/mapping"
)

// QuantileAccuracy is how far a quantile may be off, relative to its value.
const QuantileAccuracy = 0.01

// Sketch is a DDSketch: counts of values in bins whose width is 2 % of their
// value. Counts are integers and bins are never folded together, so that a merge
// loses nothing. There are at most 2,200 bins for integers of either sign.
//
// C. Masson, J. E. Rim, H. K. Lee: DDSketch, VLDB 2019.
type Sketch struct {
	Zero     uint64 `state:"zero"`
	Positive []Bin  `state:"positive"` // by index
	Negative []Bin  `state:"negative"` // of the magnitudes, by index
}

// Bin counts values of about equal size.
type Bin struct {
	Index int32  `state:"index"`
	Count uint64 `state:"count"`
}

func compareBin(b Bin, index int32) int { return cmp.Compare(b.Index, index) }

func addTo(bins []Bin, index int32, count uint64) []Bin {
	i, found := slices.BinarySearchFunc(bins, index, compareBin)
	if !found {
		bins = slices.Insert(bins, i, Bin{Index: index})
	}
	bins[i].Count += count
	return bins
}

// Quantiles are estimates of the quantiles qs, each from 0 to 1, in their order;
// each within 1 % of a value that has that rank. NaN and values too small or large
// for a bin count as zero, and as the nearest.
func Quantiles[T any, N ~int64 | ~float64](of func(T) N, qs ...float64) Aggregator[T, Sketch, []N] {
	scale, err := mapping.NewLogarithmicMapping(QuantileAccuracy)
	if err == nil {
		err = checkQuantiles(qs)
	}
	if err != nil {
		return Aggregator[T, Sketch, []N]{Err: fmt.Errorf("quantiles: %w", err)}
	}
	return Aggregator[T, Sketch, []N]{
		Add:   func(acc *Sketch, v T, _ At) { acc.add(scale, float64(of(v))) },
		Merge: func(acc, other *Sketch) { acc.merge(other) },
		Result: func(acc *Sketch) []N {
			values := make([]N, len(qs))
			for i, q := range qs {
				values[i] = fromFloat[N](acc.quantile(scale, q))
			}
			return values
		},
	}
}

func checkQuantiles(qs []float64) error {
	if len(qs) == 0 {
		return fmt.Errorf("none is asked for: give numbers from 0 to 1, such as 0.5, 0.95")
	}
	for _, q := range qs {
		if !(q >= 0 && q <= 1) {
			return fmt.Errorf("%g is not from 0 to 1; the 95th percentile is 0.95", q)
		}
	}
	return nil
}

// fromFloat rounds when N is an integer.
func fromFloat[N ~int64 | ~float64](v float64) N {
	if half := 0.5; N(half) != 0 {
		return N(v)
	}
	if v = math.Round(v); v >= math.MaxInt64 {
		return N(int64(math.MaxInt64))
	}
	return N(v)
}

func (s *Sketch) add(scale *mapping.LogarithmicMapping, v float64) {
	size := min(math.Abs(v), scale.MaxIndexableValue())
	switch {
	case math.IsNaN(v) || size < scale.MinIndexableValue():
		s.Zero++
	case v > 0:
		s.Positive = addTo(s.Positive, int32(scale.Index(size)), 1)
	default:
		s.Negative = addTo(s.Negative, int32(scale.Index(size)), 1)
	}
}

func (s *Sketch) merge(o *Sketch) {
	s.Zero += o.Zero
	for _, b := range o.Positive {
		s.Positive = addTo(s.Positive, b.Index, b.Count)
	}
	for _, b := range o.Negative {
		s.Negative = addTo(s.Negative, b.Index, b.Count)
	}
}

// quantile returns about the value that has rank q·(n−1) of n, counted from 0.
func (s *Sketch) quantile(scale *mapping.LogarithmicMapping, q float64) float64 {
	n := s.Zero
	for _, bins := range [][]Bin{s.Positive, s.Negative} {
		for _, b := range bins {
			n += b.Count
		}
	}
	if n == 0 {
		return 0
	}
	rank := uint64(q * float64(n-1))
	for _, b := range slices.Backward(s.Negative) {
		if rank < b.Count {
			return -scale.Value(int(b.Index))
		}
		rank -= b.Count
	}
	if rank < s.Zero {
		return 0
	}
	rank -= s.Zero
	for _, b := range s.Positive {
		if rank < b.Count {
			return scale.Value(int(b.Index))
		}
		rank -= b.Count
	}
	return scale.Value(int(s.Positive[len(s.Positive)-1].Index)) // n beyond 2^53
}
