package state

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
)

// Timers is a table with at most one time per key, in µs of event or processing time as the operator likes. The times
// stand in the backend in their order; the nearest are in a heap in memory.
type Timers[K any] struct {
	v       *Value[K, timer]
	near    int        // entries that are in the heap, which are pinned
	heap    []nearTime // by time; may hold more, which have been moved or cancelled since
	group   []uint32   // those due at groupAt that PopDue has not called yet, by key
	groupAt int64
	spare   []uint32 // memory of the group
	all     bool     // all timers are in the heap; else those up to the horizon are
	edge    []byte   // the horizon: time and key, as in the backend; nil is before all
	lo      []byte   // prefix of the times in the backend
}

// timer is an entry of the table.
type timer struct {
	At       int64
	Stored   int64 `state:"-"` // where it stands in the backend, or will when the flush is committed
	IsStored bool  `state:"-"`
}

type nearTime struct {
	at    int64
	entry uint32
}

// OpenTimers opens the timers of a name.
func OpenTimers[K any](s *Space, name string) (*Timers[K], error) {
	t := &Timers[K]{}
	v, err := openValue[K](s, name, KindTimers, TableOptions{}, func(f *format[timer]) {
		t.lo = place(nil, s.prefix, placeTimer, f.d.id)
		f.loaded = func(v *timer) { v.Stored, v.IsStored = v.At, true }
		f.writing = t.write
	})
	if err != nil {
		return nil, err
	}
	t.v, t.all = v, v.t.count == 0
	v.t.onMove = func([]uint32) { t.rebuild() }
	s.members[len(s.members)-1] = t
	return t, nil
}

// Set gives a key its time, in place of the one it has.
func (t *Timers[K]) Set(k K, at int64) {
	tab := t.v.t
	t.v.key = t.v.keys.AppendKey(t.v.key[:0], k)
	if i := tab.get(t.v.key); i != noEntry && tab.value(i).At == at {
		return
	}
	i, _ := tab.upsert(t.v.key)
	tab.value(i).At = at
	if t.inside(at, t.v.key) {
		t.push(i)
	} else {
		t.unpin(i)
	}
	if len(t.heap) > 2*t.near+1024 {
		t.rebuild()
	}
}

// Cancel takes a key's time away and reports whether there was one.
func (t *Timers[K]) Cancel(k K) bool {
	t.v.key = t.v.keys.AppendKey(t.v.key[:0], k)
	i := t.v.t.get(t.v.key)
	if i == noEntry {
		return false
	}
	t.drop(i)
	return true
}

// Get returns the time of a key.
func (t *Timers[K]) Get(k K) (at int64, ok bool) {
	if v := t.v.Get(k); v != nil {
		return v.At, true
	}
	return 0, false
}

// Len returns the number of timers.
func (t *Timers[K]) Len() int { return t.v.Len() }

// Next returns the earliest time.
func (t *Timers[K]) Next() (at int64, ok bool) {
	for {
		for len(t.heap) > 0 && !t.valid(t.heap[0]) {
			t.pop()
		}
		switch {
		case len(t.heap) > 0:
			return t.heap[0].at, true
		case t.all:
			return 0, false
		}
		if err := t.refill(); err != nil {
			t.v.t.f.fail("cannot read", err)
			return 0, false
		}
	}
}

// PopDue removes all timers that are due at now and calls fn for them, by time, then key. fn may set and cancel timers;
// each call is for the first of those that are due then.
func (t *Timers[K]) PopDue(now int64, fn func(k K, at int64)) error {
	for {
		at, ok := t.Next()
		if !ok || at > now {
			return t.v.t.f.space.err
		}
		t.takeGroup(at)
		if err := t.popGroup(at, fn); err != nil {
			return err
		}
	}
}

// popGroup calls fn for the group, until fn sets an earlier timer: the rest goes back to the heap then.
func (t *Timers[K]) popGroup(at int64, fn func(k K, at int64)) error {
	tab := t.v.t
	for len(t.group) > 0 {
		i := t.group[0]
		t.group = t.group[1:]
		if !t.valid(nearTime{at, i}) {
			continue
		}
		k, err := t.v.keys.DecodeKey(tab.keyOf(i))
		if err != nil {
			return tab.f.space.wrap(tab.f.d.name, "cannot read a key of", err)
		}
		t.drop(i)
		fn(k, at)
		if next, ok := t.Next(); ok && next < at {
			break
		}
	}
	rest := t.group
	t.group = nil
	for _, i := range rest {
		if t.valid(nearTime{at, i}) {
			t.push(i)
		}
	}
	return nil
}

// takeGroup moves what is due at the time from the heap into the group, by key. Its entries stay pinned. While there is
// a group, a timer of that time goes into it, so that a key that comes earlier is called earlier.
func (t *Timers[K]) takeGroup(at int64) {
	t.group, t.groupAt = t.spare[:0], at
	for len(t.heap) > 0 && t.heap[0].at == at {
		if t.valid(t.heap[0]) {
			t.group = append(t.group, t.heap[0].entry)
		}
		t.pop()
	}
	t.v.t.sort(t.group)
	t.group = slices.Compact(t.group)
	t.spare = t.group
}

// joinGroup puts an entry at its place among those that are due with it.
func (t *Timers[K]) joinGroup(i uint32) {
	at, _ := slices.BinarySearchFunc(t.group, t.v.t.keyOf(i), func(other uint32, key []byte) int {
		return bytes.Compare(t.v.t.keyOf(other), key)
	})
	t.group = slices.Insert(t.group, at, i)
}

// valid reports whether an item of the heap is what its entry says. An entry that was cancelled and taken by another key
// of the same time is that key's: the item may stand for it twice, and counts once.
func (t *Timers[K]) valid(n nearTime) bool {
	return t.v.t.head(n.entry).flags&(used|deleted|pinned) == used|pinned && t.v.t.value(n.entry).At == n.at
}

// drop removes an entry, but keeps where the backend has it.
func (t *Timers[K]) drop(i uint32) {
	t.unpin(i)
	tab := t.v.t
	was := *tab.value(i)
	tab.removeEntry(i)
	*tab.value(i) = was
}

func (t *Timers[K]) push(i uint32) {
	tab := t.v.t
	if h := tab.head(i); h.flags&pinned == 0 {
		h.flags |= pinned
		t.near++
	}
	if tab.value(i).At == t.groupAt && len(t.group) > 0 {
		t.joinGroup(i)
		return
	}
	t.heap = append(t.heap, nearTime{tab.value(i).At, i})
	for child := len(t.heap) - 1; child > 0; {
		parent := (child - 1) / 2
		if t.heap[parent].at <= t.heap[child].at {
			return
		}
		t.heap[parent], t.heap[child] = t.heap[child], t.heap[parent]
		child = parent
	}
}

func (t *Timers[K]) pop() {
	last := len(t.heap) - 1
	t.heap[0] = t.heap[last]
	t.heap = t.heap[:last]
	for parent := 0; ; {
		child := 2*parent + 1
		if child >= last {
			return
		}
		if child+1 < last && t.heap[child+1].at < t.heap[child].at {
			child++
		}
		if t.heap[parent].at <= t.heap[child].at {
			return
		}
		t.heap[parent], t.heap[child] = t.heap[child], t.heap[parent]
		parent = child
	}
}

func (t *Timers[K]) unpin(i uint32) {
	if h := t.v.t.head(i); h.flags&pinned != 0 {
		h.flags &^= pinned
		t.near--
	}
}

// rebuild makes the heap anew from the pinned entries. A list in order is a heap.
func (t *Timers[K]) rebuild() {
	tab := t.v.t
	t.heap = make([]nearTime, 0, t.near+t.near/8)
	for i := range tab.entries.len {
		if tab.head(i).flags&(used|deleted|pinned) == used|pinned {
			t.heap = append(t.heap, nearTime{tab.value(i).At, i})
		}
	}
	slices.SortFunc(t.heap, func(a, b nearTime) int { return cmp.Compare(a.at, b.at) })
}

// inside reports whether a timer is within the horizon.
func (t *Timers[K]) inside(at int64, key []byte) bool {
	if t.all || len(t.edge) == 0 {
		return t.all
	}
	c := cmp.Compare(at, ordered(t.edge))
	return c < 0 || c == 0 && bytes.Compare(key, t.edge[8:]) <= 0
}

// narrow brings the horizon so near that NearTimers are within it. It sorts by time first, since keys are far in memory.
func (t *Timers[K]) narrow() {
	t.rebuild()
	tab, keep := t.v.t, t.v.t.f.space.opt.NearTimers
	slices.SortFunc(t.heap, func(a, b nearTime) int {
		if c := cmp.Compare(a.at, b.at); c != 0 {
			return c
		}
		return bytes.Compare(tab.keyOf(a.entry), tab.keyOf(b.entry))
	})
	for _, n := range t.heap[keep:] {
		t.unpin(n.entry)
	}
	last := t.heap[keep-1]
	t.heap = slices.Clone(t.heap[:keep])
	t.all, t.edge = false, append(appendOrdered(nil, last.at), tab.keyOf(last.entry)...)
}

// refill moves the horizon on by NearTimers of the backend's timers, and takes in those that only memory knows.
func (t *Timers[K]) refill() error {
	tab, seen := t.v.t, 0
	lo := slices.Concat(t.lo, t.edge)
	if t.edge != nil {
		lo = append(lo, 0)
	}
	err := tab.f.space.backend.Scan(lo, successor(t.lo), func(key, _ []byte) error {
		if seen == tab.f.space.opt.NearTimers {
			return errEnough
		}
		seen++
		if len(key) < len(t.lo)+8 {
			return errEntry
		}
		t.edge = append(t.edge[:0], key[len(t.lo):]...)
		t.admit(ordered(t.edge), t.edge[8:])
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	t.all = err == nil
	for _, list := range [][]uint32{tab.dirty, tab.inFlight} {
		for _, i := range list {
			if tab.head(i).flags&(deleted|pinned) == 0 && t.inside(tab.value(i).At, tab.keyOf(i)) {
				t.push(i)
			}
		}
	}
	return nil
}

// admit takes a timer of the backend in, unless memory knows better.
func (t *Timers[K]) admit(at int64, key []byte) {
	tab := t.v.t
	hash := tab.hash(key)
	i := tab.find(key, hash)
	if i == noEntry {
		tab.makeRoom()
		i = tab.insert(key, hash)
		*tab.value(i) = timer{at, at, true}
		tab.head(i).flags |= stored
		tab.live++
	}
	if h := tab.head(i); h.flags&(deleted|pinned) == 0 && tab.value(i).At == at {
		t.push(i)
	}
}

// write keeps the order of times in the backend with the entries.
func (t *Timers[K]) write(w Writer, key []byte, v *timer, f flags) error {
	gone := f&deleted != 0
	if v.IsStored && !gone && v.Stored == v.At {
		return nil
	}
	if v.IsStored {
		if err := w.Delete(t.timeKey(v.Stored, key)); err != nil {
			return err
		}
	}
	v.Stored, v.IsStored = v.At, !gone
	if gone {
		return nil
	}
	return w.Set(t.timeKey(v.At, key), nil)
}

func (t *Timers[K]) timeKey(at int64, key []byte) []byte {
	k := make([]byte, 0, len(t.lo)+8+len(key))
	k = binary.BigEndian.AppendUint64(append(k, t.lo...), uint64(at)^1<<63)
	return append(k, key...)
}

// Stats returns the figures of the table.
func (t *Timers[K]) Stats() Stats { return t.v.Stats() }

func (t *Timers[K]) flush(w Writer) error { return t.v.flush(w) }

func (t *Timers[K]) committed() {
	t.v.committed()
	if t.near > 2*t.v.t.f.space.opt.NearTimers {
		t.narrow()
	}
}

func (t *Timers[K]) advance() error          { return nil }
func (t *Timers[K]) evict(bytes int64) int64 { return t.v.evict(bytes) }
func (t *Timers[K]) stats() Stats            { return t.v.stats() }
func (t *Timers[K]) warm() error             { return t.v.warm() }
