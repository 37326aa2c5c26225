package pattern

// A node of the shared buffer says that a step took an event after what its
// previous nodes took. A partial match is its newest node; matches with a common
// beginning share its nodes. A node lives as long as runs, held matches or later
// nodes refer to it, and an event as long as nodes do.
type node struct {
	prev   int32 // or none
	event  int32
	refs   int32
	cond   int32 // of the step
	count  int32 // nodes in this block up to this one
	first  int32 // of this block: nodes of one step directly behind each other
	before int32 // the node before this block, or none

	child    int32 // the newest node behind this one …
	childSeq uint64
	sibling  int32 // … and one of the same event and previous node, or none

	accepted bool // it has been a match
	reported bool // it has been handed out as timed out
}

// A slot holds an event.
type slot[E any] struct {
	event E
	at    int64
	seq   uint64 // which event of the key it was
	refs  int32
}

// A run is a partial match that waits for events.
type run struct {
	first uint64 // seq of the first event
	since int64  // its time
	next  int64  // when time changes it
	alive uint64 // the edges that are still open
	node  int32
	pos   int32
}

// A held match is complete and waits until it is sure which match comes first.
type held struct {
	first uint64
	at    int64
	node  int32
	timed bool // time completed it
}

// An arena is what one key holds while partial matches wait.
type arena[E any] struct {
	seq    uint64 // events seen
	last   int64  // time of the newest event
	next   int64  // the least next of runs
	runs   []run
	live   int // runs that are not over; less than len(runs) while an event is given to them
	held   []held
	nodes  []node
	slots  []slot[E]
	free   []int32 // nodes
	vacant []int32 // slots
	cur    int32   // slot of the present event, or none
	root   node    // its children are the nodes without a previous one
}

// reset empties an arena of which nothing is in use; drop has cleared its events.
func (a *arena[E]) reset() {
	a.seq, a.last, a.next, a.cur = 0, 0, never, none
	a.root = node{child: none}
	a.runs, a.held, a.live = a.runs[:0], a.held[:0], 0
	a.nodes, a.free = a.nodes[:0], a.free[:0]
	a.slots, a.vacant = a.slots[:0], a.vacant[:0]
}

// entries is the number of nodes in use.
func (a *arena[E]) entries() int { return len(a.nodes) - len(a.free) }

// parent is the node, or the root, whose children come behind prev.
func (a *arena[E]) parent(prev int32) *node {
	if prev == none {
		return &a.root
	}
	return &a.nodes[prev]
}

// find returns the node of the present event, if there is one, by which a step
// follows prev.
func (a *arena[E]) find(prev int32, cond int) int32 {
	p := a.parent(prev)
	if p.childSeq != a.seq {
		return none
	}
	for n := p.child; n != none; n = a.nodes[n].sibling {
		if int(a.nodes[n].cond) == cond {
			return n
		}
	}
	return none
}

// take adds a node of the present event, which is in slot a.cur. Its count of
// references is 0.
func (a *arena[E]) take(prev int32, cond int) int32 {
	var id int32
	if last := len(a.free) - 1; last >= 0 {
		id = a.free[last]
		a.free = a.free[:last]
	} else {
		id = int32(len(a.nodes))
		a.nodes = append(a.nodes, node{})
	}
	n := node{prev: prev, event: a.cur, cond: int32(cond), count: 1, first: id, before: prev, child: none, sibling: none}
	if prev != none {
		a.nodes[prev].refs++
		if b := a.nodes[prev]; int(b.cond) == cond {
			n.count, n.first, n.before = b.count+1, b.first, b.before
		}
	}
	p := a.parent(prev)
	if p.childSeq == a.seq {
		n.sibling = p.child
	}
	p.child, p.childSeq = id, a.seq
	a.nodes[id] = n
	a.slots[a.cur].refs++
	return id
}

// keep stores the present event.
func (a *arena[E]) keep(e E, at int64) {
	var id int32
	if last := len(a.vacant) - 1; last >= 0 {
		id = a.vacant[last]
		a.vacant = a.vacant[:last]
	} else {
		id = int32(len(a.slots))
		a.slots = append(a.slots, slot[E]{})
	}
	a.slots[id] = slot[E]{event: e, at: at, seq: a.seq}
	a.cur = id
}

// drop takes back a reference to a node, and frees what nothing refers to.
func (a *arena[E]) drop(id int32) {
	for id != none {
		n := &a.nodes[id]
		n.refs--
		if n.refs > 0 {
			return
		}
		s := &a.slots[n.event]
		s.refs--
		if s.refs == 0 {
			var zero E
			s.event = zero
			a.vacant = append(a.vacant, n.event)
		}
		a.free = append(a.free, id)
		id = n.prev
	}
}

// seqOf is the number of the event of a node.
func (a *arena[E]) seqOf(id int32) uint64 { return a.slots[a.nodes[id].event].seq }

// path appends the nodes of a partial match to dst, oldest first.
func (a *arena[E]) path(dst []int32, id int32) []int32 {
	from := len(dst)
	for ; id != none; id = a.nodes[id].prev {
		dst = append(dst, id)
	}
	for i, j := from, len(dst)-1; i < j; i, j = i+1, j-1 {
		dst[i], dst[j] = dst[j], dst[i]
	}
	return dst
}
