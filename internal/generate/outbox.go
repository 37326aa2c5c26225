package generate

import (
	"container/heap"
	"slices"
)

// nearSlots is how many slots ahead have a box of their own, about half a
// second. What arrives later waits one by one.
const nearSlots = 32

// entry is a delivery that waits for its time.
type entry struct {
	event    Event
	from, to int
	key      [2]int32 // in the payload
}

// box holds the deliveries of one slot.
type box struct {
	entries []entry
	bytes   []byte
}

// outbox orders deliveries by their arrival, and those of one moment by when
// they were put in.
type outbox struct {
	boxes [nearSlots]box
	far   farEntries
	spare [][]byte // payload buffers of far entries that were delivered
	seq   uint64
	now   int64    // slot that is being handed out
	order []uint64 // its entries as they go out
	out   int      // of order
}

// put adds a delivery, which must not arrive before the slot that is next to be
// opened.
func (o *outbox) put(e Event, payload []byte, key [2]int32, open int64) {
	slot := slotOf(e.Arrival)
	if slot < open {
		panic("BUG: a delivery for the past")
	}
	if slot-open >= nearSlots-1 {
		o.seq++
		heap.Push(&o.far, farEntry{event: e, payload: append(o.buffer(), payload...), key: key, seq: o.seq})
		return
	}
	o.boxes[slot%nearSlots].add(e, payload, key)
}

func (b *box) add(e Event, payload []byte, key [2]int32) {
	from := len(b.bytes)
	b.bytes = append(b.bytes, payload...)
	b.entries = append(b.entries, entry{event: e, from: from, to: len(b.bytes), key: key})
}

func (o *outbox) buffer() []byte {
	if n := len(o.spare); n > 0 {
		b := o.spare[n-1]
		o.spare = o.spare[:n-1]
		return b[:0]
	}
	return make([]byte, 0, 640)
}

// open makes the deliveries of a slot ready, after those of the slot before.
func (o *outbox) open(slot int64) {
	o.boxes[o.now%nearSlots].reset()
	b := &o.boxes[slot%nearSlots]
	for len(o.far) > 0 && slotOf(o.far[0].event.Arrival) <= slot {
		f := heap.Pop(&o.far).(farEntry)
		b.add(f.event, f.payload, f.key)
		if len(o.spare) < 1<<16 {
			o.spare = append(o.spare, f.payload)
		}
	}
	o.now, o.out, o.order = slot, 0, o.order[:0]
	for i := range b.entries {
		o.order = append(o.order, uint64(b.entries[i].event.Arrival&(slotWidth-1))<<32|uint64(i))
	}
	slices.Sort(o.order)
}

// next hands out the next delivery of the open slot, or nil.
func (o *outbox) next() *Event {
	if o.out == len(o.order) {
		return nil
	}
	b := &o.boxes[o.now%nearSlots]
	e := &b.entries[uint32(o.order[o.out])]
	o.out++
	e.event.Payload = b.bytes[e.from:e.to:e.to]
	if e.key[1] > 0 {
		e.event.Key = e.event.Payload[e.key[0]:e.key[1]]
	}
	return &e.event
}

func (b *box) reset() {
	clear(b.entries)
	b.entries, b.bytes = b.entries[:0], b.bytes[:0]
}

// farEntry is a delivery for later than half a second from now.
type farEntry struct {
	event   Event
	payload []byte
	key     [2]int32
	seq     uint64
}

// farEntries is a heap by arrival, then by when they were put in.
type farEntries []farEntry

func (h farEntries) Len() int { return len(h) }
func (h farEntries) Less(i, j int) bool {
	a, b := &h[i], &h[j]
	return a.event.Arrival < b.event.Arrival || a.event.Arrival == b.event.Arrival && a.seq < b.seq
}
func (h farEntries) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *farEntries) Push(x any)   { *h = append(*h, x.(farEntry)) }
func (h *farEntries) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = farEntry{}
	*h = old[:len(old)-1]
	return last
}
