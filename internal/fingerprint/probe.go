package fingerprint

import "math/bits"

// probe is what a lookup needs of a shard, in less than a cache line: where it is, and its filter's parameters.
//
// The filter is read here and not by xorfilter, which builds it, because the hash can then be computed once for all
// runs, and the probes of several runs and events overlap in the processor: a third of the time of a new key at 10 M
// entries. The algorithm is part of the run's format; a test holds it equal to xorfilter's.
type probe struct {
	records      uint64 // offsets into the run
	fingerprints uint64
	seed         uint64
	total        uint32 // length of all segments but the last two; 0: no filter
	segment      uint32 // length, a power of two
}

// firstSeed is the seed with which xorfilter begins, and in nearly all cases ends.
const firstSeed = 0x910a2dec89025cc1

// filterHash is the finalizer of MurmurHash3.
func filterHash(word, seed uint64) uint64 {
	h := word + seed
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// probe returns the probe of a shard that begins at off.
func (m *shardMeta) probe(off uint64) probe {
	p := probe{records: off, fingerprints: off + uint64(m.count)*recordSize, seed: m.seed}
	if m.filterLen > 0 {
		p.total, p.segment = m.segmentsTotal, m.segment
	}
	return p
}

// mayContain reports false if no record of the shard has the high word, and true in one of 256 cases otherwise. hash is
// filterHash(word, firstSeed).
func (p *probe) mayContain(data []byte, word, hash uint64) bool {
	if p.total == 0 {
		return true
	}
	if p.seed != firstSeed {
		hash = filterHash(word, p.seed)
	}
	h, _ := bits.Mul64(hash, uint64(p.total))
	mask := p.segment - 1
	h0 := uint32(h)
	h1 := (h0 + p.segment) ^ uint32(hash>>18)&mask
	h2 := (h0 + 2*p.segment) ^ uint32(hash)&mask
	f := data[p.fingerprints:]
	return byte(hash^hash>>32)^f[h0]^f[h1]^f[h2] == 0
}
