package state

// lookahead is how many keys are looked for at a time.
const lookahead = 32

// largeTable is how many entries a table has when looking ahead begins to pay: their heads and slots are then more than
// the processor's second cache holds.
const largeTable = 1 << 14

// ahead is the memory of looking ahead.
type ahead struct {
	keys   []byte // one behind the other
	ends   [lookahead]int
	hashes [lookahead]uint32
	first  [lookahead]uint32 // entry that may be the key's, or noEntry
	seen   flags             // keeps the compiler from leaving the loads out
}

// UpsertAll is Upsert for the keys 0 up to n, in this order: use changes the value of key i, which is valid during the
// call, and must not use the table. In a table that the processor's caches do not hold, most of an Upsert is waiting
// for the slot of the key, and then for its entry. UpsertAll asks for many before it waits for the first of them.
func (v *Value[K, V]) UpsertAll(n int, key func(i int) K, use func(i int, value *V, existed bool)) {
	if v.t.index.used < largeTable {
		for i := range n {
			value, existed := v.Upsert(key(i))
			use(i, value, existed)
		}
		return
	}
	if v.ahead == nil {
		v.ahead = new(ahead)
	}
	a := v.ahead
	for from := 0; from < n; from += lookahead {
		group := min(lookahead, n-from)
		a.keys = a.keys[:0]
		for i := range group {
			start := len(a.keys)
			a.keys = v.keys.AppendKey(a.keys, key(from+i))
			a.ends[i] = len(a.keys)
			a.hashes[i] = v.t.hash(a.keys[start:])
		}
		v.t.lookAhead(a, group)
		start := 0
		for i, end := range a.ends[:group] {
			entry, existed := v.t.upsertHashed(a.keys[start:end], a.hashes[i])
			use(from+i, v.t.value(entry), existed)
			start = end
		}
	}
}

// lookAhead reads the first slot of each hash, and then a part of the entry that it names, for no other reason than to
// have them near; the entry may be that of another key. The loops are short, so that the processor is in many turns of
// them at a time.
func (t *table[V]) lookAhead(a *ahead, n int) {
	slots, mask := t.index.slots, t.index.mask
	for i, hash := range a.hashes[:n] {
		a.first[i] = uint32(slots[hash&mask]) - 1
	}
	seen := a.seen
	for _, i := range a.first[:n] {
		if i != noEntry {
			seen |= t.entries.at(i).head.flags
		}
	}
	a.seen = seen
}
