package pattern

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// stateVersion is the version of the layout below.
//
//	version      1 byte
//	fingerprint  8 bytes, big endian
//	seq          uvarint, time of the newest event varint
//	events       count, then per event: seq behind the one before, time behind the
//	             one before, length, bytes
//	nodes        count, then per node: previous node + 1, event, step, flags
//	runs         count, then per run: node, position, open edges
//	held         count, then per match: node, time, timed out
//
// Numbers are uvarints unless said otherwise. Events stand in their order; nodes
// behind their previous ones, in the order in which runs, then held matches, reach
// them. So equal states have equal bytes, whatever became of them before.
const stateVersion = 1

const (
	flagAccepted = 1 << iota
	flagReported
)

// ErrState is wrapped by every error of [Matcher.DecodeState].
var ErrState = errors.New("state of another pattern, or damaged")

// AppendState appends a state as bytes. An idle state is no bytes at all. encode
// appends one event.
func (m *Matcher[E]) AppendState(dst []byte, s *State[E], encode func(dst []byte, e E) []byte) []byte {
	a := s.a
	if a == nil {
		return dst
	}
	dst = append(dst, stateVersion)
	dst = binary.BigEndian.AppendUint64(dst, m.prog.fingerprint)
	dst = binary.AppendUvarint(dst, a.seq)
	dst = binary.AppendVarint(dst, a.last)
	nodes := m.orderNodes(a)
	slots, rank := m.orderSlots(a)
	dst = binary.AppendUvarint(dst, uint64(len(slots)))
	var seq uint64
	var at int64
	for _, id := range slots {
		s := &a.slots[id]
		dst = binary.AppendUvarint(dst, s.seq-seq)
		dst = binary.AppendVarint(dst, s.at-at)
		seq, at = s.seq, s.at
		m.raw = encode(m.raw[:0], s.event)
		dst = binary.AppendUvarint(dst, uint64(len(m.raw)))
		dst = append(dst, m.raw...)
	}
	dst = m.appendNodes(dst, a, nodes, rank)
	dst = binary.AppendUvarint(dst, uint64(len(a.runs)))
	for i := range a.runs {
		r := &a.runs[i]
		dst = binary.AppendUvarint(dst, uint64(m.number[r.node]))
		dst = binary.AppendUvarint(dst, uint64(r.pos))
		dst = binary.AppendUvarint(dst, r.alive)
	}
	dst = binary.AppendUvarint(dst, uint64(len(a.held)))
	for i := range a.held {
		h := &a.held[i]
		dst = binary.AppendUvarint(dst, uint64(m.number[h.node]))
		dst = binary.AppendVarint(dst, h.at)
		dst = append(dst, bit(h.timed))
	}
	return dst
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// orderNodes numbers the nodes in use in m.number, and returns them in that order.
func (m *Matcher[E]) orderNodes(a *arena[E]) []int32 {
	m.number = m.number[:0]
	for range a.nodes {
		m.number = append(m.number, none)
	}
	order := m.order[0][:0]
	visit := func(id int32) {
		m.paths[0] = a.path(m.paths[0][:0], id)
		for _, n := range m.paths[0] {
			if m.number[n] == none {
				m.number[n] = int32(len(order))
				order = append(order, n)
			}
		}
	}
	for i := range a.runs {
		visit(a.runs[i].node)
	}
	for i := range a.held {
		visit(a.held[i].node)
	}
	m.order[0] = order
	return order
}

// orderSlots returns the slots in use in the order of their events, and the place
// of each slot in it.
func (m *Matcher[E]) orderSlots(a *arena[E]) (order, rank []int32) {
	order, rank = m.order[1][:0], m.order[2][:0]
	for i := range a.slots {
		if a.slots[i].refs > 0 {
			order = append(order, int32(i))
		}
	}
	sortBy(order, func(id int32) uint64 { return a.slots[id].seq })
	for range a.slots {
		rank = append(rank, none)
	}
	for i, id := range order {
		rank[id] = int32(i)
	}
	m.order[1], m.order[2] = order, rank
	return order, rank
}

func (m *Matcher[E]) appendNodes(dst []byte, a *arena[E], nodes, rank []int32) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(nodes)))
	for _, id := range nodes {
		n := &a.nodes[id]
		prev := uint64(0)
		if n.prev != none {
			prev = uint64(m.number[n.prev]) + 1
		}
		dst = binary.AppendUvarint(dst, prev)
		dst = binary.AppendUvarint(dst, uint64(rank[n.event]))
		dst = binary.AppendUvarint(dst, uint64(n.cond))
		dst = append(dst, bit(n.accepted)*flagAccepted|bit(n.reported)*flagReported)
	}
	return dst
}

// DecodeState reads what AppendState wrote into s, which it replaces. decode
// reads one event; it must not keep the bytes. An error wraps [ErrState] when the
// bytes are damaged or of a pattern with another [Pattern.Fingerprint]; s is then
// idle.
func (m *Matcher[E]) DecodeState(b []byte, s *State[E], decode func([]byte) (E, error)) error {
	s.a = nil
	if len(b) == 0 {
		return nil
	}
	d := &reader{b: b}
	if v := d.byte(); v != stateVersion {
		return fmt.Errorf("pattern: state has version %d, this program reads %d: %w", v, stateVersion, ErrState)
	}
	if f := d.fixed64(); f != m.prog.fingerprint {
		return fmt.Errorf("pattern: state was written by a pattern of structure %016x, this one is %016x; "+
			"restore the steps or drop the state: %w", f, m.prog.fingerprint, ErrState)
	}
	a := &arena[E]{}
	a.reset()
	a.seq, a.last = d.uvarint(), d.varint()
	if err := m.readEvents(d, a, decode); err != nil {
		return err
	}
	m.readNodes(d, a)
	m.readRuns(d, a)
	m.readHeld(d, a)
	if d.bad == "" && len(d.b) > 0 {
		d.fail("bytes behind the end")
	}
	if d.bad == "" && len(a.runs) == 0 {
		d.fail("no partial match")
	}
	if d.bad != "" {
		return fmt.Errorf("pattern: cannot read state, %s at byte %d: %w", d.bad, len(b)-len(d.b), ErrState)
	}
	s.a = a
	return nil
}

func (m *Matcher[E]) readEvents(d *reader, a *arena[E], decode func([]byte) (E, error)) error {
	n := d.count()
	var seq uint64
	var at int64
	for i := 0; i < n && d.bad == ""; i++ {
		step := d.uvarint()
		at += d.varint()
		if step == 0 || step > a.seq-seq || at > a.last || (i > 0 && at < a.slots[i-1].at) {
			d.fail("events are not in order")
			return nil
		}
		seq += step
		raw := d.bytes()
		if d.bad != "" {
			return nil
		}
		e, err := decode(raw)
		if err != nil {
			return fmt.Errorf("pattern: cannot read event %d of state: %w: %w", i, err, ErrState)
		}
		a.slots = append(a.slots, slot[E]{event: e, at: at, seq: seq})
	}
	return nil
}

func (m *Matcher[E]) readNodes(d *reader, a *arena[E]) {
	n := d.count()
	for i := 0; i < n && d.bad == ""; i++ {
		prev, event, cond, flags := d.uvarint(), d.uvarint(), d.uvarint(), d.byte()
		switch {
		case prev > uint64(i) || event >= uint64(len(a.slots)) || cond >= uint64(len(m.prog.steps)) || flags > flagAccepted|flagReported:
			d.fail("a node is out of range")
			return
		case prev > 0 && a.seqOf(int32(prev-1)) >= a.slots[event].seq:
			d.fail("nodes are not in order")
			return
		}
		a.cur = int32(event)
		id := a.take(int32(prev)-1, int(cond))
		a.nodes[id].accepted, a.nodes[id].reported = flags&flagAccepted != 0, flags&flagReported != 0
	}
	a.cur = none
	a.root.childSeq = 0
	for i := range a.nodes {
		// Children are found by the number of the present event: none is present.
		a.nodes[i].childSeq = 0
	}
}

func (m *Matcher[E]) readRuns(d *reader, a *arena[E]) {
	n := d.count()
	for i := 0; i < n && d.bad == ""; i++ {
		id, pos, alive := d.uvarint(), d.uvarint(), d.uvarint()
		if id >= uint64(len(a.nodes)) || pos == start || pos >= uint64(len(m.prog.positions)) {
			d.fail("a partial match is out of range")
			return
		}
		p := &m.prog.positions[pos]
		if alive == 0 || alive&^p.all != 0 || int32(p.cond) != a.nodes[id].cond {
			d.fail("a partial match does not fit its position")
			return
		}
		r := run{node: int32(id), pos: int32(pos), alive: alive}
		r.first, r.since = a.begin(r.node)
		r.next = m.deadlineAfter(a, &r, a.last)
		a.next = min(a.next, r.next)
		a.nodes[id].refs++
		a.runs = append(a.runs, r)
		a.live++
	}
}

func (m *Matcher[E]) readHeld(d *reader, a *arena[E]) {
	n := d.count()
	for i := 0; i < n && d.bad == ""; i++ {
		id, at, timed := d.uvarint(), d.varint(), d.byte()
		if id >= uint64(len(a.nodes)) || timed > 1 || !a.nodes[id].accepted {
			d.fail("a complete match is out of range")
			return
		}
		h := held{node: int32(id), at: at, timed: timed == 1}
		h.first, _ = a.begin(h.node)
		if i > 0 && h.first <= a.held[i-1].first {
			d.fail("complete matches are not in order")
			return
		}
		a.nodes[id].refs++
		a.held = append(a.held, h)
	}
	for i := range a.nodes {
		if a.nodes[i].refs == 0 && d.bad == "" {
			d.fail("a node that nothing needs")
		}
	}
	for i := range a.slots {
		if a.slots[i].refs == 0 && d.bad == "" {
			d.fail("an event that nothing needs")
		}
	}
}

// begin returns number and time of the first event before a node.
func (a *arena[E]) begin(id int32) (uint64, int64) {
	for a.nodes[id].before != none {
		id = a.nodes[id].before
	}
	s := &a.slots[a.nodes[a.nodes[id].first].event]
	return s.seq, s.at
}
