package state

// The first chunk of a slab doubles until it is full, so that small tables stay small; then chunks are added, so that
// large ones grow without copying.
const (
	chunkBits = 13
	chunkLen  = 1 << chunkBits
	chunkMask = chunkLen - 1
	firstLen  = 8
)

// slab is a growing array whose elements beyond the first chunk never move.
type slab[T any] struct {
	chunks [][]T
	len    uint32
}

func (s *slab[T]) at(i uint32) *T { return &s.chunks[i>>chunkBits][i&chunkMask] }

// extend adds a zero element and returns its index.
func (s *slab[T]) extend() uint32 {
	i := s.len
	s.len++
	switch chunk := int(i >> chunkBits); {
	case chunk == len(s.chunks) && chunk == 0:
		s.chunks = append(s.chunks, make([]T, firstLen))
	case chunk == len(s.chunks):
		s.chunks = append(s.chunks, make([]T, chunkLen))
	case int(i&chunkMask) == len(s.chunks[chunk]):
		grown := make([]T, 2*len(s.chunks[chunk]))
		copy(grown, s.chunks[chunk])
		s.chunks[chunk] = grown
	}
	return i
}

// reset empties the slab and keeps the first chunk.
func (s *slab[T]) reset() {
	if len(s.chunks) > 0 {
		clear(s.chunks[0])
		clear(s.chunks[1:])
		s.chunks = s.chunks[:1]
	}
	s.len = 0
}

// capacity returns the number of elements that there is memory for.
func (s *slab[T]) capacity() int64 {
	if len(s.chunks) == 0 {
		return 0
	}
	return int64(len(s.chunks[0])) + int64(len(s.chunks)-1)*chunkLen
}

// arena keeps the bytes of long keys. Bytes are freed by copying what is alive to a new arena.
type arena struct {
	blocks [][]byte
	live   int64
	size   int64
}

const blockLen = 1 << 18

// add copies b and returns where it is.
func (a *arena) add(b []byte) (ref uint64) {
	last := len(a.blocks) - 1
	if last < 0 || cap(a.blocks[last])-len(a.blocks[last]) < len(b) {
		grown := blockLen
		if last < 8 {
			grown = 512 << max(0, last+1)
		}
		a.blocks = append(a.blocks, make([]byte, 0, max(grown, len(b))))
		last++
		a.size += int64(cap(a.blocks[last]))
	}
	at := len(a.blocks[last])
	a.blocks[last] = append(a.blocks[last], b...)
	a.live += int64(len(b))
	return uint64(last)<<32 | uint64(at)
}

func (a *arena) get(ref uint64, n uint32) []byte {
	at := uint32(ref)
	return a.blocks[ref>>32][at : at+n : at+n]
}
