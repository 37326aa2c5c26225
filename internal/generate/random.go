package generate

import (
	"math"
	"math/bits"
)

const golden = 0x9e3779b97f4a7c15

// mix is the finalizer of SplitMix64 (Steele, Lea, Flood 2014). It is a
// bijection, so different numbers stay different.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// random is SplitMix64. It is eight bytes, so that every visitor has its own.
type random uint64

func (r *random) next() uint64 {
	*r += golden
	return mix(uint64(*r))
}

// below returns a number in [0, n).
func (r *random) below(n int64) int64 {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int64(hi)
}

// between returns a number in [lo, hi].
func (r *random) between(lo, hi int64) int64 { return lo + r.below(hi-lo+1) }

// chance is true in so many of a million cases.
func (r *random) chance(ppm int64) bool { return r.below(million) < ppm }

const million = 1_000_000

// logTable holds −ln(1−u) for u in the middle of each of its parts, times 2^16.
// A table of rounded values gives the same numbers on machines whose floating
// point fuses operations.
var logTable = func() (t [2048]int64) {
	for i := range t {
		t[i] = int64(math.Round(-math.Log1p(-(float64(i)+0.5)/float64(len(t))) * (1 << 16)))
	}
	return t
}()

// exponential returns a time between events that come at random, mean on
// average and at most about eight times that.
func (r *random) exponential(mean int64) int64 {
	u := r.next()
	hi, lo := bits.Mul64(uint64(mean), uint64(logTable[u>>53]))
	// The table is coarse; the low bits of u smooth it.
	smooth, _ := bits.Mul64(u<<11, uint64(mean>>10)+1)
	return int64(hi<<48|lo>>16) + int64(smooth)
}

// weighted draws indexes by their weights in constant time (Vose's alias
// method).
type weighted struct {
	cut   []uint32 // of 2^32: keep the index below it, else take its alias
	alias []uint32
}

func newWeighted(weights []uint64) weighted {
	n := uint64(len(weights))
	w := weighted{cut: make([]uint32, n), alias: make([]uint32, n)}
	var sum uint64
	for _, x := range weights {
		sum += x
	}
	left := make([]uint64, n) // weight × n; sum is that of an average index
	var small, large []uint32
	for i, x := range weights {
		w.alias[i], left[i] = uint32(i), x*n
		if left[i] < sum {
			small = append(small, uint32(i))
		} else {
			large = append(large, uint32(i))
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		q, _ := bits.Div64(left[s]>>32, left[s]<<32, sum)
		w.cut[s], w.alias[s] = uint32(q), l
		if left[l] -= sum - left[s]; left[l] < sum {
			large = large[:len(large)-1]
			small = append(small, l)
		}
	}
	return w
}

func (w *weighted) pick(r *random) uint32 {
	u := r.next()
	i, _ := bits.Mul64(u&^0xffffffff, uint64(len(w.cut)))
	if uint32(u) < w.cut[i] {
		return uint32(i)
	}
	return w.alias[i]
}

// zipf returns the weights of n ranks under Zipf's law with the exponent s in
// hundredths.
func zipf(n int, s int) []uint64 {
	out := make([]uint64, n)
	for i := range out {
		out[i] = uint64(math.Round(1e8*math.Pow(float64(i+1), -float64(s)/100))) + 1
	}
	return out
}
