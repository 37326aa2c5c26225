package aggregate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/axiomhq/hyperloglog"
	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/stream/codec"
)

const (
	// exactDistinct is how many distinct values are counted exactly.
	exactDistinct = 1024
	// distinctPrecision gives 2^14 registers and a standard error of
	// 1.04/√2^14 = 0.81 %.
	distinctPrecision = 14
)

// Distinct counts the different values of of: a string, an integer, a bool, a
// [16]byte, or a struct of such. The count is exact up to 1,024, by hashes of 64
// bits; beyond, it is that of a HyperLogLog sketch with a standard error of 0.81 %.
func Distinct[T, V any](of func(T) V) Aggregator[T, Set, int64] {
	keys, err := codec.KeyFor[V]()
	if err != nil {
		return Aggregator[T, Set, int64]{Err: fmt.Errorf("distinct count: %w", err)}
	}
	return Aggregator[T, Set, int64]{
		Add: func(acc *Set, v T, _ At) {
			var buf [64]byte
			acc.insert(xxh3.Hash(keys.AppendKey(buf[:0], of(v))))
		},
		Merge:  func(acc, other *Set) { acc.merge(other) },
		Result: func(acc *Set) int64 { return acc.Len() },
	}
}

// Set is a set of hashes that can be counted. Which form it has depends on
// what is in it and on nothing else, so that counts do not depend on order.
type Set struct {
	hashes []uint64 // ascending, at most exactDistinct
	sketch *hyperloglog.Sketch
}

// Len returns how many there are, exactly or by estimate.
func (s *Set) Len() int64 {
	if s.sketch != nil {
		return int64(s.sketch.Estimate())
	}
	return int64(len(s.hashes))
}

func (s *Set) insert(hash uint64) {
	if s.sketch != nil {
		s.sketch.InsertHash(hash)
		return
	}
	i, found := slices.BinarySearch(s.hashes, hash)
	if found {
		return
	}
	s.hashes = slices.Insert(s.hashes, i, hash)
	if len(s.hashes) > exactDistinct {
		s.estimate()
	}
}

// estimate changes to the sketch.
func (s *Set) estimate() {
	s.sketch = newSketch()
	for _, h := range s.hashes {
		s.sketch.InsertHash(h)
	}
	s.hashes = nil
}

func newSketch() *hyperloglog.Sketch {
	sketch, err := hyperloglog.NewSketch(distinctPrecision, false)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return sketch
}

func (s *Set) merge(o *Set) {
	if o.sketch == nil {
		for _, h := range o.hashes {
			s.insert(h)
		}
		return
	}
	if s.sketch == nil {
		s.estimate()
	}
	if err := s.sketch.Merge(o.sketch); err != nil {
		panic("BUG: " + err.Error())
	}
}

// The forms of a stored Set.
const (
	setExact  = 0 // then the hashes, 8 bytes each, ascending
	setSketch = 1 // then what the library writes
)

// AppendBinary implements [encoding.BinaryAppender].
func (s *Set) AppendBinary(dst []byte) ([]byte, error) {
	if s.sketch != nil {
		return s.sketch.AppendBinary(append(dst, setSketch))
	}
	dst = append(dst, setExact)
	for _, h := range s.hashes {
		dst = binary.BigEndian.AppendUint64(dst, h)
	}
	return dst, nil
}

var errSet = errors.New("a stored set of distinct values is damaged")

// UnmarshalBinary implements [encoding.BinaryUnmarshaler].
func (s *Set) UnmarshalBinary(b []byte) error {
	*s = Set{}
	switch {
	case len(b) > 0 && b[0] == setSketch:
		sketch := newSketch()
		if err := sketch.UnmarshalBinary(b[1:]); err != nil {
			return fmt.Errorf("%w: %w", errSet, err)
		}
		s.sketch = sketch
		return nil
	case len(b) == 0 || b[0] != setExact || len(b)%8 != 1 || len(b)/8 > exactDistinct:
		return errSet
	}
	for b = b[1:]; len(b) > 0; b = b[8:] {
		h := binary.BigEndian.Uint64(b)
		if n := len(s.hashes); n > 0 && s.hashes[n-1] >= h {
			return errSet
		}
		s.hashes = append(s.hashes, h)
	}
	return nil
}
