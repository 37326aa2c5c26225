package fingerprint

import (
	"encoding/binary"
	"math/bits"
)

// A shard's filter is a Bloom filter of one cache line a key: 16 bits for each record, in blocks of 512 bits. A key sets
// four bits in one of a block's lower four words and four in one of its upper four; 0.2 % of unknown keys pass. Where its
// bits are is computed once for all runs, without a hash, because keys are uniform. docs/adr/030-dedup-index.md compares
// it with a binary fuse filter.
const (
	blockSize    = 64
	blockRecords = 32
)

// filterKey is where a key's bits are in the filter of any shard, computed once a lookup. Keys are uniform and need no
// hash: the block comes from the upper 16 bits of lo, the bits from the lower 48, the words from the end of hi.
type filterKey struct {
	lo           uint64
	lower, upper int // byte offsets of the words in a block
	lowerBits    uint64
	upperBits    uint64
}

func newFilterKey(hi, lo uint64) filterKey {
	return filterKey{
		lo:        lo,
		lower:     int(hi&3) * 8,
		upper:     int(hi>>2&3)*8 + blockSize/2,
		lowerBits: 1<<(lo&63) | 1<<(lo>>6&63) | 1<<(lo>>12&63) | 1<<(lo>>18&63),
		upperBits: 1<<(lo>>24&63) | 1<<(lo>>30&63) | 1<<(lo>>36&63) | 1<<(lo>>42&63),
	}
}

// block returns the key's block of a filter of that many.
func (k *filterKey) block(blocks uint32) uint64 {
	n, _ := bits.Mul64(k.lo, uint64(blocks))
	return n
}

// in reports whether all of the key's bits are set in its block.
func (k *filterKey) in(block []byte) bool {
	_ = block[blockSize-1]
	lower := binary.LittleEndian.Uint64(block[k.lower&(blockSize/2-8):])
	upper := binary.LittleEndian.Uint64(block[k.upper&(blockSize-8):])
	return lower&k.lowerBits^k.lowerBits|upper&k.upperBits^k.upperBits == 0
}

func (k *filterKey) addTo(block []byte) {
	for _, w := range [2]struct {
		at  int
		set uint64
	}{{k.lower, k.lowerBits}, {k.upper, k.upperBits}} {
		b := block[w.at:]
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)|w.set)
	}
}

// probe is what a lookup needs of a shard: where its records and its filter are in the run.
type probe struct {
	records, recordsEnd uint64
	filter              uint64
	blocks              uint32 // 0: no filter
}

// mayContain reports false only if the shard does not have the key.
func (p *probe) mayContain(data []byte, k *filterKey) bool {
	if p.blocks == 0 {
		return true
	}
	return k.in(data[p.filter+k.block(p.blocks)*blockSize:])
}
