package pattern

import (
	"cmp"
	"slices"
)

// settle hands out complete matches as far as the skip strategy lets it, and
// drops what it skips. A match that begins later waits for partial matches that
// began earlier: of overlapping matches the one that begins first counts.
func (m *Matcher[E]) settle(a *arena[E], emit func(Match[E])) {
	if len(a.held) == 0 {
		return
	}
	if len(a.held) > 1 {
		slices.SortFunc(a.held, func(x, y held) int {
			if x.first != y.first {
				return cmp.Compare(x.first, y.first)
			}
			return m.compare(a, x.node, y.node)
		})
	}
	if m.skip.to == skipNothing {
		for i := range a.held {
			m.handOut(a, &a.held[i], emit)
		}
		a.held = a.held[:0]
		return
	}
	m.oneEach(a)
	for len(a.held) > 0 {
		h := a.held[0]
		if oldest(a.runs) < h.first {
			return
		}
		until := m.skipTarget(a, &h)
		a.held = slices.Delete(a.held, 0, 1)
		m.handOut(a, &h, emit)
		m.skipBefore(a, until)
	}
}

// oneEach keeps the first match of every first event: what else begins there
// would be skipped after it.
func (m *Matcher[E]) oneEach(a *arena[E]) {
	kept := a.held[:0]
	for i := range a.held {
		h := a.held[i]
		if last := len(kept) - 1; last >= 0 && kept[last].first == h.first {
			a.drop(h.node)
			continue
		}
		kept = append(kept, h)
	}
	a.held = kept
	m.dropRuns(a, func(first uint64) bool {
		_, done := slices.BinarySearchFunc(a.held, first, func(h held, first uint64) int { return cmp.Compare(h.first, first) })
		return done
	})
}

// oldest returns the number of the earliest first event.
func oldest(runs []run) uint64 {
	first := ^uint64(0)
	for i := range runs {
		first = min(first, runs[i].first)
	}
	return first
}

// skipTarget returns the number of the event at which the search goes on.
func (m *Matcher[E]) skipTarget(a *arena[E], h *held) uint64 {
	if m.skip.to == skipPastLast {
		return a.seqOf(h.node) + 1
	}
	target := h.first + 1
	if !m.skip.named() {
		return target
	}
	for id := h.node; id != none; id = a.nodes[id].prev {
		if m.prog.steps[a.nodes[id].cond] != m.skip.step {
			continue
		}
		target = max(h.first+1, a.seqOf(id))
		if m.skip.to == skipToLast {
			break
		}
	}
	return target
}

// skipBefore drops everything that began before an event.
func (m *Matcher[E]) skipBefore(a *arena[E], until uint64) {
	kept := a.held[:0]
	for _, h := range a.held {
		if h.first < until {
			a.drop(h.node)
			continue
		}
		kept = append(kept, h)
	}
	a.held = kept
	m.dropRuns(a, func(first uint64) bool { return first < until })
}

// dropRuns drops the runs whose first event is unwanted.
func (m *Matcher[E]) dropRuns(a *arena[E], unwanted func(first uint64) bool) {
	kept := a.runs[:0]
	a.next = never
	for i := range a.runs {
		r := a.runs[i]
		if unwanted(r.first) {
			a.drop(r.node)
			continue
		}
		a.next = min(a.next, r.next)
		kept = append(kept, r)
	}
	a.runs = kept
	a.live = len(kept)
}

// handOut gives a match to emit and lets go of it.
func (m *Matcher[E]) handOut(a *arena[E], h *held, emit func(Match[E])) {
	m.stats.Matches++
	m.take(a, h.node)
	emit(Match[E]{Taken: m.taken, At: h.at, TimedOut: h.timed})
	a.drop(h.node)
}

// take fills m.taken with the events of a node and those before it.
func (m *Matcher[E]) take(a *arena[E], id int32) {
	m.paths[0] = a.path(m.paths[0][:0], id)
	m.view.a = a
	m.taken = m.taken[:0]
	for _, n := range m.paths[0] {
		m.taken = append(m.taken, m.view.taken(n))
	}
}

// compare orders partial matches as dictionaries order words: by their first
// events, then the second, …; at the same event by the order of steps; a beginning
// comes before what goes on from it.
func (m *Matcher[E]) compare(a *arena[E], x, y int32) int {
	m.paths[0] = a.path(m.paths[0][:0], x)
	m.paths[1] = a.path(m.paths[1][:0], y)
	return slices.CompareFunc(m.paths[0], m.paths[1], func(x, y int32) int {
		return cmp.Or(cmp.Compare(a.seqOf(x), a.seqOf(y)), cmp.Compare(a.nodes[x].cond, a.nodes[y].cond))
	})
}

func (m *Matcher[E]) sortNodes(a *arena[E], nodes []int32) {
	slices.SortFunc(nodes, func(x, y int32) int { return m.compare(a, x, y) })
}

// A pooled arena of more runs or slots than these is left to the garbage
// collector, so that one busy key does not hold its memory for ever.
const (
	pooledRuns   = 256
	pooledSlots  = 1024
	pooledArenas = 256
)

func (m *Matcher[E]) acquire() *arena[E] {
	if last := len(m.pool) - 1; last >= 0 {
		a := m.pool[last]
		m.pool = m.pool[:last]
		return a
	}
	a := &arena[E]{}
	a.reset()
	return a
}

// rest takes the arena from a state that waits for nothing.
func (m *Matcher[E]) rest(s *State[E]) {
	a := s.a
	if len(a.runs) > 0 || len(a.held) > 0 {
		return
	}
	s.a = nil
	m.view.a = nil
	if len(m.pool) < pooledArenas && cap(a.runs) <= pooledRuns && cap(a.slots) <= pooledSlots {
		a.reset()
		m.pool = append(m.pool, a)
	}
}
