package sketch

import (
	"github.com/axiomhq/hyperloglog"
	"github.com/zeebo/xxh3"
)

const (
	// ExactDistinct is how many different values are counted exactly, but for two
	// that have the same hash of 64 bits.
	ExactDistinct = 4096
	// precision gives 2^14 registers and a standard error of 1.04/√2^14 = 0.81 %.
	precision = 14
)

// Distinct counts different values. The zero value is empty.
type Distinct struct {
	exact  map[uint64]struct{} // until there are more than ExactDistinct
	sketch *hyperloglog.Sketch
}

// HashString is the hash of a text for [Distinct.AddHash].
func HashString(s string) uint64 { return xxh3.HashString(s) }

// HashBytes is the hash of bytes for [Distinct.AddHash].
func HashBytes(b []byte) uint64 { return xxh3.Hash(b) }

// HashInt is the hash of a number for [Distinct.AddHash]: the finaliser of SplitMix64,
// which is a bijection, so that different numbers have different hashes.
func HashInt(v int64) uint64 {
	x := uint64(v) + 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// AddHash adds a value by its hash. It reports whether the value is known to be new,
// which a count that is no longer exact cannot tell.
func (d *Distinct) AddHash(hash uint64) (fresh bool) {
	if d.sketch != nil {
		d.sketch.InsertHash(hash)
		return false
	}
	if _, known := d.exact[hash]; known {
		return false
	}
	if d.exact == nil {
		d.exact = make(map[uint64]struct{})
	}
	if d.exact[hash] = struct{}{}; len(d.exact) > ExactDistinct {
		d.estimate()
	}
	return true
}

// estimate changes to the sketch.
func (d *Distinct) estimate() {
	sketch, err := hyperloglog.NewSketch(precision, false)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	for hash := range d.exact {
		sketch.InsertHash(hash)
	}
	d.sketch, d.exact = sketch, nil
}

// Merge adds the values of another count, which stays as it is.
func (d *Distinct) Merge(o *Distinct) {
	for hash := range o.exact {
		d.AddHash(hash)
	}
	if o.sketch == nil {
		return
	}
	if d.sketch == nil {
		d.estimate()
	}
	if err := d.sketch.Merge(o.sketch); err != nil {
		panic("BUG: " + err.Error()) // both have one precision
	}
}

// Count returns how many different values there were.
func (d *Distinct) Count() int64 {
	if d.sketch != nil {
		return int64(d.sketch.Estimate())
	}
	return int64(len(d.exact))
}

// Exact reports whether Count is no estimate.
func (d *Distinct) Exact() bool { return d.sketch == nil }

// Reset empties the count.
func (d *Distinct) Reset() {
	d.sketch = nil
	clear(d.exact)
}
