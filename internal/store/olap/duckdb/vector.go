package duckdb

import (
	"runtime"
	"unicode/utf8"
	"unsafe"

	capi "github.com/duckdb/duckdb-go-bindings"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

// chunkRows is DuckDB's vector size: what a data chunk holds.
const chunkRows = 2048

// at returns element i of C memory.
func at[T any](data unsafe.Pointer, i int) T {
	var zero T
	return *(*T)(unsafe.Add(data, uintptr(i)*unsafe.Sizeof(zero)))
}

func put[T any](data unsafe.Pointer, i int, v T) {
	*(*T)(unsafe.Add(data, uintptr(i)*unsafe.Sizeof(v))) = v
}

// text is DuckDB's string_t: up to 12 bytes are inside, longer ones have their
// first 4 bytes inside and an address in the last 8.
type text struct {
	length uint32
	inside [12]byte
}

const textInside = 12

// vector is one column of a data chunk that is being filled.
type vector struct {
	v     capi.Vector
	data  unsafe.Pointer
	valid unsafe.Pointer // one bit per row, nil until the first NULL
	dict  dictCache
}

func (v *vector) reset(chunk capi.DataChunk, k int) {
	v.v = capi.DataChunkGetVector(chunk, capi.IdxT(k))
	v.data = capi.VectorGetData(v.v)
	v.valid = nil
}

func (v *vector) setNull(i int) {
	v.nullable()
	word := (*uint64)(unsafe.Add(v.valid, uintptr(i/64)*8))
	*word &^= 1 << (i % 64)
}

// setNulls does that with elements [from, to), a word of 64 at a time.
func (v *vector) setNulls(from, to int) {
	v.nullable()
	for from < to {
		end := min(to, from/64*64+64)
		mask := ^uint64(0) >> (64 - (end - from)) << (from % 64)
		word := (*uint64)(unsafe.Add(v.valid, uintptr(from/64)*8))
		*word &^= mask
		from = end
	}
}

func (v *vector) nullable() {
	if v.valid == nil {
		capi.VectorEnsureValidityWritable(v.v)
		v.valid = capi.VectorGetValidity(v.v)
	}
}

// uuid is DuckDB's layout of a UUID: a signed 128-bit number, low half first,
// with its top bit flipped so that numbers sort as the text does.
type uuid struct {
	lower uint64
	upper uint64
}

const uuidFlip = 1 << 63

func uuidOf(id *event.ID) uuid {
	return uuid{upper: beUint64(id[0:8]) ^ uuidFlip, lower: beUint64(id[8:16])}
}

func beUint64(b []byte) uint64 {
	_ = b[7]
	return uint64(b[7]) | uint64(b[6])<<8 | uint64(b[5])<<16 | uint64(b[4])<<24 |
		uint64(b[3])<<32 | uint64(b[2])<<40 | uint64(b[1])<<48 | uint64(b[0])<<56
}

func (u uuid) id() (id event.ID) {
	u.upper ^= uuidFlip
	for i := range 8 {
		id[i] = byte(u.upper >> (56 - 8*i))
		id[8+i] = byte(u.lower >> (56 - 8*i))
	}
	return id
}

// arena keeps the long strings of a chunk until DuckDB has copied them. Its
// blocks are pinned, so that C memory may point to them; this replaces a call
// into C per string.
type arena struct {
	pinner  runtime.Pinner
	blocks  [][]byte
	current int
	escaped []byte // text made valid, before it is kept
	made    []byte // text made of several, before it is kept
}

const arenaBlock = 256 * kiB

func (a *arena) reset() {
	for i := range a.blocks {
		if cap(a.blocks[i]) > arenaBlock { // made for one huge string
			a.close()
			break
		}
		a.blocks[i] = a.blocks[i][:0]
	}
	a.current = 0
	if cap(a.escaped) > arenaBlock || cap(a.made) > arenaBlock {
		a.escaped, a.made = nil, nil
	}
}

func (a *arena) close() {
	a.pinner.Unpin()
	a.blocks, a.current = nil, 0
}

// keep copies s and returns its address.
func (a *arena) keep(s string) unsafe.Pointer {
	for a.current < len(a.blocks) {
		b := a.blocks[a.current]
		if n := len(b); cap(b)-n >= len(s) {
			b = append(b, s...)
			a.blocks[a.current] = b
			return unsafe.Pointer(&b[n])
		}
		a.current++
	}
	b := make([]byte, 0, max(arenaBlock, len(s)))
	a.pinner.Pin(unsafe.SliceData(b))
	b = append(b, s...)
	a.blocks = append(a.blocks, b)
	return unsafe.Pointer(&b[0])
}

// text returns s as DuckDB holds it. Text that is not UTF-8 is escaped.
func (a *arena) text(s string) (t text) {
	if !utf8.ValidString(s) {
		a.escaped = olap.AppendText(a.escaped[:0], s)
		s = unsafe.String(unsafe.SliceData(a.escaped), len(a.escaped))
	}
	t.length = uint32(len(s))
	if len(s) <= textInside {
		copy(t.inside[:], s)
		return t
	}
	copy(t.inside[:4], s)
	*(*uint64)(unsafe.Pointer(&t.inside[4])) = uint64(uintptr(a.keep(s)))
	return t
}

// dictCache holds the texts of a dictionary's values: each is made once per
// chunk and batch.
type dictCache struct {
	texts []text
	made  []uint32 // generation that made the text
	gen   uint32
}

func (d *dictCache) next(values int) {
	if len(d.texts) < values {
		d.texts = make([]text, values)
		d.made = make([]uint32, values)
		d.gen = 0
	}
	d.gen++
	if d.gen == 0 {
		clear(d.made)
		d.gen = 1
	}
}
