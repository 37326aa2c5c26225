package fingerprint

import "math/bits"

const (
	minSlots = 1 << 11
	// maxMemoryEntries keeps at least five tag bits in a slot.
	maxMemoryEntries = 1 << 25
)

// table is the set of the newest entries: records in order of arrival, which makes a delta a plain range of them, and
// slots that find them. A slot is 0 when free, else index+1 in its low bits and a tag of the key in the bits above.
// It costs 24 bytes for a record, a quarter of that for growth, and 5.3 to 10.7 for the slots, and has no pointers for the
// garbage collector to follow.
type table struct {
	records []record
	slots   []uint32
	mask    uint32
	shift   uint8
	seed    uint64
	limit   int // growth doubles up to this many records, then goes in quarters
}

func newTable(limit int, seed uint64) *table {
	t := &table{seed: seed, limit: limit}
	t.setSlots(minSlots)
	t.records = make([]record, 0, min(limit, minSlots/2))
	return t
}

func (t *table) setSlots(n int) {
	if n > 1<<31 {
		panic("BUG: fingerprint table of more than 2^31 slots")
	}
	t.slots = make([]uint32, n)
	t.mask = uint32(n - 1)
	t.shift = uint8(64 - bits.TrailingZeros(uint(n)))
}

// home is the key's first slot. The seed keeps senders who choose their keys from choosing their slots.
func (t *table) home(lo uint64) uint32 {
	return uint32((lo ^ t.seed) * 0x9e3779b97f4a7c15 >> t.shift)
}

// find returns the index of the key's record and its slot, or -1 and the free slot where it belongs.
func (t *table) find(hi, lo uint64) (index int, slot uint32) {
	tag := uint32(hi) &^ t.mask
	for i := t.home(lo); ; i++ {
		i &= t.mask
		s := t.slots[i]
		if s == 0 {
			return -1, i
		}
		if s&^t.mask == tag {
			r := &t.records[s&t.mask-1]
			if r.hi == hi && r.lo == lo {
				return int(s&t.mask) - 1, i
			}
		}
	}
}

// put appends r and makes slot, which find returned for its key, refer to it.
func (t *table) put(r record, slot uint32) {
	if len(t.records) == cap(t.records) {
		t.growRecords()
	}
	t.records = append(t.records, r)
	t.slots[slot] = uint32(r.hi)&^t.mask | uint32(len(t.records))
	if len(t.records) >= len(t.slots)/4*3 {
		t.growSlots()
	}
}

func (t *table) growRecords() {
	n := 2 * cap(t.records)
	if n > t.limit {
		n = max(t.limit, cap(t.records)) + t.limit/4 + 1
	}
	grown := make([]record, len(t.records), n)
	copy(grown, t.records)
	t.records = grown
}

func (t *table) growSlots() {
	t.setSlots(2 * len(t.slots))
	for i := range t.records {
		r := &t.records[i]
		_, slot := t.find(r.hi, r.lo) // a superseded record's slot goes to its successor
		t.slots[slot] = uint32(r.hi)&^t.mask | uint32(i+1)
	}
}

func (t *table) reset() {
	t.records = t.records[:0]
	clear(t.slots)
}

func (t *table) bytes() int64 {
	if t == nil {
		return 0
	}
	return int64(cap(t.records))*recordSize + int64(len(t.slots))*4
}
