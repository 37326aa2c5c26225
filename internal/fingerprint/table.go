package fingerprint

import (
	"encoding/binary"
	"math/bits"
)

const (
	minGroups  = 1 << 7
	groupSlots = 12
	// fullGroups is how many records a group has on average when the groups are doubled.
	fullGroups = 9
	// maxMemoryEntries keeps indexes within a uint32 with room to grow.
	maxMemoryEntries = 1 << 30
)

// group is one cache line of the table: the indexes of up to twelve records and a tag of each one's key. All tags are
// compared at once, so that a key that is not there takes one load and no branch that is hard to predict: the processor
// goes on to the next events while it waits for memory.
type group struct {
	tags  [groupSlots]byte
	used  uint32
	index [groupSlots]uint32
}

// table is the set of the newest entries: records in order of arrival, which makes a delta a plain range of them, and
// groups that find them. It has no pointers for the garbage collector to follow. An entry takes 24 bytes for its record,
// a quarter of that for growth, and 7 to 14 of a group.
type table struct {
	records []record
	groups  []group
	shift   uint8
	seed    uint64
	limit   int // growth doubles up to this many records, then goes in quarters
}

func newTable(limit int, seed uint64) *table {
	t := &table{seed: seed, limit: limit}
	t.setGroups(minGroups)
	t.records = make([]record, 0, min(limit, minGroups*8))
	return t
}

func (t *table) setGroups(n int) {
	t.groups = make([]group, n)
	t.shift = uint8(64 - bits.TrailingZeros(uint(n)))
}

// home is the key's first group. The seed keeps senders who choose their keys from choosing their groups.
func (t *table) home(lo uint64) int {
	return int((lo ^ t.seed) * 0x9e3779b97f4a7c15 >> t.shift)
}

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// zeros has the high bit of each byte of x set that is 0, and perhaps of some above one that is.
func zeros(x uint64) uint64 { return (x - lowBits) &^ x & highBits }

// find returns the index of the key's record and where a group refers to it, or -1 and where one may.
func (t *table) find(hi, lo uint64) (index int, at place) {
	tag := uint64(byte(hi)) * lowBits
	for n := t.home(lo); ; n++ {
		n &= len(t.groups) - 1
		g := &t.groups[n]
		// The second word holds the last four tags; its upper half, of the first word, is shifted out.
		first := zeros(binary.LittleEndian.Uint64(g.tags[:]) ^ tag)
		last := zeros(binary.LittleEndian.Uint64(g.tags[4:])^tag) >> 32
		for ; first != 0; first &= first - 1 {
			if i, ok := t.match(g, bits.TrailingZeros64(first)/8, hi, lo); ok {
				return i, place{n, bits.TrailingZeros64(first) / 8}
			}
		}
		for ; last != 0; last &= last - 1 {
			if i, ok := t.match(g, bits.TrailingZeros64(last)/8+8, hi, lo); ok {
				return i, place{n, bits.TrailingZeros64(last)/8 + 8}
			}
		}
		if g.used < groupSlots {
			return -1, place{n, int(g.used)}
		}
	}
}

// match reports whether slot of g refers to the key. A tag beyond those used is 0 and may match.
func (t *table) match(g *group, slot int, hi, lo uint64) (int, bool) {
	if slot >= int(g.used) {
		return 0, false
	}
	i := int(g.index[slot])
	r := &t.records[i]
	return i, r.hi == hi && r.lo == lo
}

// place is a slot of a group.
type place struct{ group, slot int }

// put appends r and makes at, which find returned for its key, refer to it.
func (t *table) put(r record, at place) {
	if len(t.records) == cap(t.records) {
		t.growRecords()
	}
	t.records = append(t.records, r)
	t.refer(len(t.records)-1, at)
	if len(t.records) >= len(t.groups)*fullGroups {
		t.growGroups()
	}
}

func (t *table) refer(i int, at place) {
	g := &t.groups[at.group]
	g.tags[at.slot] = byte(t.records[i].hi)
	g.index[at.slot] = uint32(i)
	g.used = max(g.used, uint32(at.slot)+1)
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

func (t *table) growGroups() {
	t.setGroups(2 * len(t.groups))
	for i := range t.records {
		r := &t.records[i]
		_, at := t.find(r.hi, r.lo) // a superseded record's slot goes to its successor
		t.refer(i, at)
	}
}

func (t *table) reset() {
	t.records = t.records[:0]
	clear(t.groups)
}

func (t *table) bytes() int64 {
	if t == nil {
		return 0
	}
	return int64(cap(t.records))*recordSize + int64(len(t.groups))*64
}
