package state

// index finds entries by the hash of their key: open addressing with linear probing and without pointers. A slot is the
// hash, then the number of the entry plus one; 0 is empty. The hash in the slot keeps a probe from touching entries
// of other keys, and lets the index grow without reading any key.
type index struct {
	slots []uint64
	mask  uint32
	used  uint32
}

const firstSlots = 16

func slot(hash, entry uint32) uint64 { return uint64(hash)<<32 | uint64(entry+1) }

func (x *index) add(hash, entry uint32) {
	if 4*int(x.used) >= 3*len(x.slots) {
		x.resize(max(firstSlots, 2*len(x.slots)))
	}
	x.used++
	x.place(slot(hash, entry))
}

func (x *index) place(s uint64) {
	i := uint32(s>>32) & x.mask
	for x.slots[i] != 0 {
		i = (i + 1) & x.mask
	}
	x.slots[i] = s
}

func (x *index) resize(n int) {
	old := x.slots
	x.slots, x.mask = make([]uint64, n), uint32(n-1)
	for _, s := range old {
		if s != 0 {
			x.place(s)
		}
	}
}

// remove takes an entry out and moves later ones of its run back, so that no slot has to be marked as deleted.
func (x *index) remove(hash, entry uint32) {
	want := slot(hash, entry)
	i := hash & x.mask
	for x.slots[i] != want {
		i = (i + 1) & x.mask
	}
	x.used--
	for next := (i + 1) & x.mask; x.slots[next] != 0; next = (next + 1) & x.mask {
		home := uint32(x.slots[next]>>32) & x.mask
		if (next-home)&x.mask >= (next-i)&x.mask {
			x.slots[i] = x.slots[next]
			i = next
		}
	}
	x.slots[i] = 0
}

func (x *index) reset() {
	if len(x.slots) > 1<<16 {
		*x = index{}
		return
	}
	clear(x.slots)
	x.used = 0
}
