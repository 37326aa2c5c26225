package pattern

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// A reader takes numbers off the front of bytes. The first failure is kept, and
// everything read afterwards is zero.
type reader struct {
	b   []byte
	bad string
}

func (r *reader) fail(why string) {
	if r.bad == "" {
		r.bad = why
	}
}

func (r *reader) byte() byte {
	if len(r.b) == 0 || r.bad != "" {
		r.fail("it ends too early")
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *reader) fixed64() uint64 {
	if len(r.b) < 8 || r.bad != "" {
		r.fail("it ends too early")
		return 0
	}
	v := binary.BigEndian.Uint64(r.b)
	r.b = r.b[8:]
	return v
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || r.bad != "" {
		r.fail("a number is cut off")
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 || r.bad != "" {
		r.fail("a number is cut off")
		return 0
	}
	r.b = r.b[n:]
	return v
}

// count reads the length of a list, each entry of which takes at least a byte.
// Limits are not asked: they may have been lowered since.
func (r *reader) count() int {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.fail("a list is too long")
		return 0
	}
	return int(n)
}

func (r *reader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.b)) || r.bad != "" {
		r.fail("it ends too early")
		return nil
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

func sortBy(ids []int32, key func(int32) uint64) {
	slices.SortFunc(ids, func(x, y int32) int { return cmp.Compare(key(x), key(y)) })
}
