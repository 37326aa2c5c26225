package fingerprint

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// Key is a 128-bit fingerprint: uniformly distributed bytes, such as a truncated SHA-256. A key that is not uniform
// gives right answers slowly.
type Key [16]byte

// Entry is what the index knows of a key.
type Entry struct {
	Seen  int64  // receive time of the first accepted receipt, Unix seconds
	Check uint32 // the caller's content hash; a duplicate with another Check is a conflict
}

const recordSize = 24

// record is an entry in memory and, in little-endian words, in deltas and runs. hi and lo are the key's halves read
// big-endian, so that records in order of (hi, lo) are in order of the key's bytes.
type record struct {
	hi, lo uint64
	seen   uint32 // Unix seconds, until 2106
	check  uint32
}

func (k *Key) words() (hi, lo uint64) {
	return binary.BigEndian.Uint64(k[:8]), binary.BigEndian.Uint64(k[8:])
}

func (r *record) entry() Entry { return Entry{Seen: int64(r.seen), Check: r.check} }

func (r *record) compare(o *record) int {
	if c := cmp.Compare(r.hi, o.hi); c != 0 {
		return c
	}
	return cmp.Compare(r.lo, o.lo)
}

// put writes r to the first recordSize bytes of b.
func (r *record) put(b []byte) {
	_ = b[recordSize-1]
	binary.LittleEndian.PutUint64(b, r.hi)
	binary.LittleEndian.PutUint64(b[8:], r.lo)
	binary.LittleEndian.PutUint32(b[16:], r.seen)
	binary.LittleEndian.PutUint32(b[20:], r.check)
}

func getRecord(b []byte) record {
	_ = b[recordSize-1]
	return record{
		hi:    binary.LittleEndian.Uint64(b),
		lo:    binary.LittleEndian.Uint64(b[8:]),
		seen:  binary.LittleEndian.Uint32(b[16:]),
		check: binary.LittleEndian.Uint32(b[20:]),
	}
}

// sortRecords returns a copy of in, sorted by key; of equal keys the later one comes first. Keys are uniform, so one
// distribution by prefix into buckets of about eight does most of the work: 5 times as fast as slices.SortFunc at
// 128 Ki records.
func sortRecords(in []record) []record {
	bits := 0
	for len(in)>>bits > 8 {
		bits++
	}
	shift := uint(64 - bits)
	ends := make([]uint32, 1<<bits+1)
	for i := range in {
		ends[in[i].hi>>shift+1]++
	}
	for i := 1; i < len(ends); i++ {
		ends[i] += ends[i-1]
	}
	out := make([]record, len(in))
	for i := len(in) - 1; i >= 0; i-- { // from the latest, so that it is first among equals
		b := in[i].hi >> shift
		out[ends[b]] = in[i]
		ends[b]++
	}
	start := uint32(0)
	for _, end := range ends[:len(ends)-1] {
		sortBucket(out[start:end])
		start = end
	}
	return out
}

func sortBucket(b []record) {
	if len(b) > 32 { // keys that are not uniform
		slices.SortStableFunc(b, func(x, y record) int { return x.compare(&y) })
		return
	}
	for i := 1; i < len(b); i++ {
		for j := i; j > 0 && b[j].compare(&b[j-1]) < 0; j-- {
			b[j], b[j-1] = b[j-1], b[j]
		}
	}
}
