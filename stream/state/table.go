package state

import (
	"bytes"
	"encoding/binary"
	"unsafe"

	"github.com/zeebo/xxh3"
)

// inlineLen is the longest key that is kept in its head; longer ones are in the arena.
const inlineLen = 28

// entry has the value beside the head, so that an entry of a small value is one cache line, or two neighbours.
type entry[V any] struct {
	head  head
	value V
}

// head is what a table keeps of an entry beside its value.
type head struct {
	key   [inlineLen]byte // or where it is in the arena: 8 bytes, and its length: 4 bytes
	len   uint8           // of an inline key; longKey when it is in the arena
	flags flags
	_     [2]byte
}

const longKey = 0xff

type flags uint8

const (
	used     flags = 1 << iota // the entry is in the index
	deleted                    // the key has no value; the entry says so until that is committed
	dirty                      // changed since the last flush, and in table.dirty
	inFlight                   // in the last flush, which is not committed yet, and in table.inFlight
	stored                     // the backend has the key, or will when the flush is committed
	recent                     // used since the hand of the clock passed
	pinned                     // must stay in memory
	indexed                    // the expiry index has the key under its present bucket
)

// extra is what only some tables keep of an entry.
type extra struct {
	written int64 // bucket of the watermark at the last write; tables with a TTL
	weight  int64 // estimated bytes that the value points to; tables whose values have pointers
}

// table is the entries of one prefix of the backend by encoded key. It is a write-back cache: an entry comes in on its
// first use, is written by a flush when it was changed, and goes when memory is short and it is neither changed nor on
// its way to the backend.
//
// The table knows how many keys there are in all. When as many are in memory, a key that is not there is nowhere, and
// the backend is not asked.
type table[V any] struct {
	f      *format[V]
	prefix []byte // of the keys in the backend
	count  int64  // keys that have a value, in memory or not
	live   int64  // those in memory

	index   index
	entries slab[entry[V]]
	extras  slab[extra] // empty unless the format needs it
	arena   arena
	free    []uint32
	order   *order // of ordered tables

	dirty    []uint32
	inFlight []uint32
	hand     uint32 // of the clock that finds entries to evict

	counts  counts
	charged int64                // bytes that the budget knows of
	charge  int64                // bytes in use by entries
	onMove  func(moved []uint32) // entries have new numbers, by old number
	onTouch func()               // something changes, first since the last flush, or an entry comes in

	buf     []byte // prefix and key for the backend
	flushed int64  // count in the newest flush
}

const noEntry = ^uint32(0)

func newTable[V any](f *format[V], prefix []byte) *table[V] {
	t := &table[V]{f: f, prefix: prefix}
	if f.ordered {
		t.order = &order{keyOf: t.keyOf}
	}
	return t
}

// hash leaves the end of a string at the end of a key out. It is the same in all keys; and it has just been written in
// smaller pieces than the hash reads, which the processor would have to wait for.
func (t *table[V]) hash(key []byte) uint32 {
	if n := len(key) - t.f.tail; n > 0 {
		key = key[:n]
	}
	return uint32(xxh3.Hash(key))
}

func (t *table[V]) head(i uint32) *head { return &t.entries.at(i).head }
func (t *table[V]) value(i uint32) *V   { return &t.entries.at(i).value }

// complete reports whether all keys are in memory.
func (t *table[V]) complete() bool { return t.live == t.count }

func (t *table[V]) keyOf(i uint32) []byte {
	h := t.head(i)
	if h.len != longKey {
		return h.key[:h.len]
	}
	return t.arena.get(binary.LittleEndian.Uint64(h.key[:]), binary.LittleEndian.Uint32(h.key[8:]))
}

// find returns the entry of a key in memory, or noEntry.
func (t *table[V]) find(key []byte, hash uint32) uint32 {
	x := &t.index
	if len(x.slots) == 0 {
		return noEntry
	}
	for at := hash & x.mask; ; at = (at + 1) & x.mask {
		s := x.slots[at]
		if uint32(s>>32) == hash && s != 0 {
			if i := uint32(s) - 1; t.hasKey(i, key) {
				return i
			}
		}
		if s == 0 {
			return noEntry
		}
	}
}

// hasKey is written out for the short key, since this is where a lookup spends its time.
func (t *table[V]) hasKey(i uint32, key []byte) bool {
	h := t.head(i)
	if h.len == longKey {
		return bytes.Equal(t.keyOf(i), key)
	}
	return int(h.len) == len(key) && string(h.key[:h.len]) == string(key)
}

// get returns the entry of a key that has a value, or noEntry.
func (t *table[V]) get(key []byte) uint32 {
	hash := t.hash(key)
	i := t.find(key, hash)
	if i == noEntry {
		if t.complete() {
			return noEntry
		}
		return t.load(key, hash)
	}
	h := t.head(i)
	if h.flags&deleted != 0 {
		return noEntry
	}
	h.flags |= recent
	return i
}

// upsert returns the entry of a key, which it marks as changed.
func (t *table[V]) upsert(key []byte) (i uint32, existed bool) {
	return t.upsertHashed(key, t.hash(key))
}

func (t *table[V]) upsertHashed(key []byte, hash uint32) (i uint32, existed bool) {
	if i = t.find(key, hash); i == noEntry && !t.complete() {
		i = t.load(key, hash)
	}
	switch {
	case i == noEntry:
		t.makeRoom()
		i = t.insert(key, hash)
		t.live++
		t.count++
	case t.head(i).flags&deleted != 0:
		t.head(i).flags &^= deleted
		t.live++
		t.count++
	default:
		existed = true
	}
	t.change(i)
	return i, existed
}

// change marks an entry as changed now.
func (t *table[V]) change(i uint32) {
	h := t.head(i)
	if h.flags&(dirty|recent) != dirty|recent {
		if h.flags&dirty == 0 {
			if len(t.dirty) == 0 && t.onTouch != nil {
				t.onTouch()
			}
			t.dirty = append(t.dirty, i)
		}
		h.flags |= dirty | recent
	}
	if t.f.ttl > 0 {
		if x := t.extras.at(i); x.written != t.f.now {
			x.written = t.f.now
			h.flags &^= indexed
		}
	}
}

// remove takes the value of a key away.
func (t *table[V]) remove(key []byte) bool {
	i := t.get(key)
	if i == noEntry {
		return false
	}
	t.removeEntry(i)
	return true
}

func (t *table[V]) removeEntry(i uint32) {
	var zero V
	*t.value(i) = zero
	t.head(i).flags |= deleted
	t.reweigh(i, 0)
	t.live--
	t.count--
	t.change(i)
}

// insert adds an entry with a zero value for a key that is not in memory.
func (t *table[V]) insert(key []byte, hash uint32) uint32 {
	i := t.take()
	h := t.head(i)
	*h = head{flags: used | recent}
	if len(key) <= inlineLen {
		h.len = uint8(copy(h.key[:], key))
	} else {
		h.len = longKey
		binary.LittleEndian.PutUint64(h.key[:], t.arena.add(key))
		binary.LittleEndian.PutUint32(h.key[8:], uint32(len(key)))
	}
	t.index.add(hash, i)
	if t.order != nil {
		t.order.insert(i, key, hash)
	}
	t.charge += t.cost(h)
	return i
}

// take returns the number of an unused entry, whose value is zero.
func (t *table[V]) take() uint32 {
	if last := len(t.free) - 1; last >= 0 {
		i := t.free[last]
		t.free = t.free[:last]
		return i
	}
	if t.f.extras {
		t.extras.extend()
	}
	return t.entries.extend()
}

// cost is an entry's share of memory: its head, its value, its slot at the mean load, and a long key.
func (t *table[V]) cost(h *head) int64 {
	bytes := int64(unsafe.Sizeof(entry[V]{})) + 14
	if t.f.extras {
		bytes += int64(unsafe.Sizeof(extra{}))
	}
	if h.len == longKey {
		bytes += int64(binary.LittleEndian.Uint32(h.key[8:]))
	}
	return bytes
}

// forget takes an entry out of memory.
func (t *table[V]) forget(i uint32) {
	key := t.keyOf(i)
	hash := t.hash(key)
	if t.order != nil {
		t.order.remove(i, key)
	}
	t.index.remove(hash, i)
	h := t.head(i)
	if h.len == longKey {
		t.arena.live -= int64(len(key))
	}
	t.charge -= t.cost(h)
	*h = head{}
	var zero V
	*t.value(i) = zero
	t.reweigh(i, 0)
	t.free = append(t.free, i)
}

// reweigh corrects the estimate of what a value points to.
func (t *table[V]) reweigh(i uint32, weight int64) {
	if t.f.extras {
		x := t.extras.at(i)
		t.charge += weight - x.weight
		x.weight = weight
	}
}

// load brings the entry of a key in from the backend. An error fails the space.
func (t *table[V]) load(key []byte, hash uint32) uint32 {
	t.counts.misses++
	if t.onTouch != nil {
		t.onTouch()
	}
	t.buf = append(append(t.buf[:0], t.prefix...), key...)
	b, found, err := t.f.space.backend.Get(t.buf)
	if err != nil {
		t.f.fail("cannot read", err)
		return noEntry
	}
	if !found {
		return noEntry
	}
	t.makeRoom()
	return t.admit(key, hash, b)
}

// admit adds an entry with the value that the backend has for it.
func (t *table[V]) admit(key []byte, hash uint32, b []byte) uint32 {
	i := t.insert(key, hash)
	written, err := t.f.decode(b, t.value(i))
	if err != nil {
		t.f.fail("cannot read an entry of", err)
		t.forget(i)
		return noEntry
	}
	if t.f.extras {
		t.extras.at(i).written = written
		t.reweigh(i, t.f.weight(len(b)))
	}
	t.head(i).flags |= stored | indexed
	t.live++
	if t.f.loaded != nil {
		t.f.loaded(t.value(i))
	}
	return i
}
