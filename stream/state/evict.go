package state

const (
	settleBytes   = 64 << 10 // what the budget may not know of a table
	roomForOne    = 4        // entries evicted for one that comes in, so that a table over budget shrinks
	clockSteps    = 64       // heads that the clock looks at for one that comes in
	shrinkEntries = 4096     // a table with fewer unused entries is not worth copying
)

// makeRoom keeps the budget when an entry is about to come in. Pointers into the table end here.
func (t *table[V]) makeRoom() {
	if d := t.charge - t.charged; d > settleBytes || d < -settleBytes {
		t.settle()
	}
	if t.f.space.opt.Budget.over() > 0 {
		t.turnClock(clockSteps, roomForOne, 1<<62)
	}
}

// evict frees up to bytes, oldest use first, and returns how many it has freed.
func (t *table[V]) evict(bytes int64) int64 {
	if bytes <= 0 {
		return 0
	}
	// Twice round: the first turn may only take the marks of recent use away.
	freed := t.turnClock(2*int64(t.entries.len), int64(t.entries.len), bytes)
	t.shrink()
	t.settle()
	return freed
}

// turnClock looks at up to steps entries, and evicts up to most of them or until bytes are free.
func (t *table[V]) turnClock(steps, most, bytes int64) (freed int64) {
	const kept = deleted | dirty | inFlight | pinned
	before := t.charge
	if t.entries.len == 0 {
		return 0
	}
	for ; steps > 0 && most > 0 && before-t.charge < bytes; steps-- {
		if t.hand >= t.entries.len {
			t.hand = 0
		}
		i := t.hand
		t.hand++
		h := t.head(i)
		switch {
		case h.flags&used == 0 || h.flags&kept != 0:
		case h.flags&recent != 0:
			h.flags &^= recent
		default:
			t.forget(i)
			t.live--
			t.counts.evictions++
			most--
		}
	}
	return before - t.charge
}

// shrink copies the table when most of its memory is unused.
func (t *table[V]) shrink() {
	unused := uint32(len(t.free))
	if unused < shrinkEntries || unused < t.entries.len/2 {
		if waste := t.arena.size - t.arena.live; waste < blockLen*2 || waste < t.arena.size/2 {
			return
		}
	}
	t.move()
}

// move copies all entries to new memory, in their order.
func (t *table[V]) move() {
	old := *t
	t.entries, t.extras, t.arena, t.free, t.index = slab[entry[V]]{}, slab[extra]{}, arena{}, nil, index{}
	if t.order != nil {
		t.order = &order{keyOf: t.keyOf}
	}
	moved := make([]uint32, old.entries.len)
	charge := t.charge
	for i := range old.entries.len {
		h := old.head(i)
		if h.flags&used == 0 {
			moved[i] = noEntry
			continue
		}
		key := old.keyOf(i)
		to := t.insert(key, t.hash(key))
		t.head(to).flags = h.flags
		*t.value(to) = *old.value(i)
		if t.f.extras {
			*t.extras.at(to) = *old.extras.at(i)
		}
		moved[i] = to
	}
	t.charge = charge
	for _, list := range [][]uint32{t.dirty, t.inFlight} {
		for n, i := range list {
			list[n] = moved[i]
		}
	}
	t.hand = 0
	if t.onMove != nil {
		t.onMove(moved)
	}
}
