package generate

import (
	"container/heap"
	"slices"
)

// role is what an agent does; see the step of each.
type role uint8

const (
	idle role = iota
	shopper
	till
	follower // of a script's plan: frauds and what resembles them
	restocker
	keeper // of an incident in the shop
)

// The steps of those that have few.
const (
	firstStep uint8 = iota
	secondStep
	thirdStep
)

// line is a product in a cart.
type line struct {
	product  uint32
	quantity uint16
	price    int32 // cents of the base currency, once the checkout has begun
}

const maxLines = 4

// agent is somebody or something that acts at a time. One is in memory from its
// first step to its last.
type agent struct {
	at        int64 // of the next step
	rng       random
	next      int32 // in its slot of the wheel, or among the free
	role      role
	step      uint8
	channel   channel
	lines     uint8
	attempts  uint8
	budget    uint8 // products it will still look at
	location  uint8
	known     bool // logged in
	touched   bool // the cart has been used
	who       person
	session   uint64
	order     uint64
	product   uint32 // the one it looks at
	wanted    int32  // the one it came for; -1 without
	cart      [maxLines]line
	skew      int64  // of its clock, µs
	added     uint64 // id of the first product_added
	readded   uint64 // id of the last
	started   int64
	paid      int64 // time of the order
	cartAt    int64 // time of the last change of the cart
	delivered int64 // when the last of what a label may name arrives
	script    *script
	paymentID uint64
}

// reset empties a used agent.
func (a *agent) reset() { *a = agent{next: none, wanted: -1} }

const (
	none      = -1
	chunkBits = 12
	chunkSize = 1 << chunkBits
)

// Time passes in slots.
const (
	slotBits  = 14 // 16.384 ms
	slotWidth = 1 << slotBits
	wheelSize = 1 << 13 // slots: 134 s
)

func slotOf(at int64) int64 { return at >> slotBits }

// wheel holds the agents by the slot of their next step: near ones in a ring of
// lists, far ones in a heap.
type wheel struct {
	chunks [][]agent // their addresses stay
	free   int32
	live   int64
	slots  [wheelSize]int32
	now    int64 // slot at hand
	far    farAgents
	keys   []uint64 // scratch
}

func newWheel(now int64) *wheel {
	w := &wheel{free: none, now: now}
	for i := range w.slots {
		w.slots[i] = none
	}
	return w
}

func (w *wheel) agent(i int32) *agent { return &w.chunks[i>>chunkBits][i&(chunkSize-1)] }

// add returns a fresh agent.
func (w *wheel) add() (int32, *agent) {
	if w.free == none {
		base := int32(len(w.chunks)) * chunkSize
		chunk := make([]agent, chunkSize)
		for i := range chunk {
			chunk[i].next = base + int32(i) + 1
		}
		chunk[chunkSize-1].next = none
		w.chunks, w.free = append(w.chunks, chunk), base
	}
	i := w.free
	a := w.agent(i)
	w.free = a.next
	a.reset()
	w.live++
	return i, a
}

func (w *wheel) remove(i int32) {
	a := w.agent(i)
	a.reset()
	a.next, w.free = w.free, i
	w.live--
}

// schedule puts an agent where its next step belongs, the slot at hand at the
// earliest.
func (w *wheel) schedule(i int32) {
	a := w.agent(i)
	slot := max(slotOf(a.at), w.now)
	if slot-w.now >= wheelSize {
		heap.Push(&w.far, farAgent{slot, i})
		return
	}
	head := &w.slots[slot&(wheelSize-1)]
	a.next, *head = *head, i
}

// due returns the agents of the slot at hand in the order of their times. What
// is scheduled from then on belongs to the next slot at the earliest.
func (w *wheel) due() []uint64 {
	for len(w.far) > 0 && w.far[0].slot < w.now+wheelSize {
		w.schedule(heap.Pop(&w.far).(farAgent).index)
	}
	start := w.now << slotBits
	head := &w.slots[w.now&(wheelSize-1)]
	w.keys = w.keys[:0]
	for i := *head; i != none; i = w.agent(i).next {
		w.keys = append(w.keys, uint64(max(w.agent(i).at-start, 0))<<32|uint64(i))
	}
	*head = none
	slices.Sort(w.keys)
	w.now++
	return w.keys
}

type farAgent struct {
	slot  int64
	index int32
}

// farAgents is a heap by slot, then index.
type farAgents []farAgent

func (h farAgents) Len() int { return len(h) }
func (h farAgents) Less(i, j int) bool {
	return h[i].slot < h[j].slot || h[i].slot == h[j].slot && h[i].index < h[j].index
}
func (h farAgents) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *farAgents) Push(x any)   { *h = append(*h, x.(farAgent)) }
func (h *farAgents) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
