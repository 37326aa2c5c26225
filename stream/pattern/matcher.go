package pattern

import (
	"fmt"
	"math"
	"math/bits"
)

// never is a time that does not come.
const never = math.MaxInt64

// A Matcher runs a pattern over the events of many keys, one at a time. It belongs
// to one goroutine. Its memory is scratch space and a pool; what a key holds is in
// its [State].
type Matcher[E any] struct {
	prog   *program
	conds  []condition[E]
	skip   Skip
	limits Limits
	stats  Stats

	// Of the present event.
	event E
	at    int64
	epoch uint64
	memo  []uint64 // per condition: epoch<<1 | answer of the parts that ask the event alone
	err   error    // the first of a condition

	view  Partial[E]
	pool  []*arena[E]
	taken []Taken[E]
	paths [2][]int32
	timed []int32 // nodes that timed out in this round

	// While state is written.
	number []int32    // of nodes
	order  [3][]int32 // nodes, slots, places of slots
	raw    []byte     // an event
}

// NewMatcher returns a Matcher. It panics on negative limits.
func NewMatcher[E any](p *Pattern[E], l Limits) *Matcher[E] {
	if l.Runs < 0 || l.Entries < 0 {
		panic(fmt.Sprintf("BUG: pattern: limits %+v are negative", l))
	}
	if l.Runs == 0 {
		l.Runs = 1024
	}
	if l.Entries == 0 {
		l.Entries = 16384
	}
	l.Entries = min(l.Entries, math.MaxInt32)
	return &Matcher[E]{
		prog: p.prog, conds: p.conds, skip: p.skip, limits: l,
		memo: make([]uint64, len(p.conds)), view: Partial[E]{steps: p.prog.steps},
	}
}

// Stats returns the counts so far.
func (m *Matcher[E]) Stats() Stats { return m.stats }

// Advance gives the next event of a key, at a time in microseconds. Events come in
// event-time order; equal times keep the order in which they are given.
//
// Everything that is due at that time expires first. Partial matches that time
// out then are counted but not handed out: whoever wants them calls Expire up to
// the time of the event before, when NextDeadline says so.
//
// emit must not keep the match (see [Match.Clone]) nor call the Matcher. An error
// is that of a condition, which counts as not fulfilled; or says that the event is
// older than the one before it, and is then not taken.
func (m *Matcher[E]) Advance(s *State[E], at int64, e E, emit func(Match[E])) error {
	m.stats.Events++
	if s.a != nil {
		if at < s.a.last {
			return fmt.Errorf("pattern: event at %d µs comes after one at %d µs of the same key; sort events by event time", at, s.a.last)
		}
		if s.a.next <= at {
			m.Expire(s, at, emit, nil)
		}
	}
	m.event, m.at, m.err = e, at, nil
	m.epoch++
	begins := m.begins()
	if s.a == nil {
		if begins == 0 {
			return m.failure()
		}
		s.a = m.acquire()
	}
	a := s.a
	a.seq++
	a.last, a.cur = at, none
	m.step(a)
	for ; begins != 0; begins &= begins - 1 {
		m.follow(a, &run{node: none, pos: start}, bits.TrailingZeros64(begins))
	}
	if len(a.held) > 0 {
		m.settle(a, emit)
	}
	m.rest(s)
	return m.failure()
}

// failure returns the first error of a condition, and forgets the event.
func (m *Matcher[E]) failure() error {
	var zero E
	m.event = zero
	return m.err
}

// begins returns the edges by which the event begins a match.
func (m *Matcher[E]) begins() uint64 {
	m.view.a, m.view.node = nil, none
	edges := m.prog.positions[start].edges
	var taken, killed uint64
	for i := range edges {
		e := &edges[i]
		if m.denied(e, true, math.MinInt64) || !m.holds(m.prog.positions[e.to].cond) {
			continue
		}
		taken |= 1 << i
		killed |= e.kills
	}
	return taken &^ killed
}

// step gives the event to every run.
func (m *Matcher[E]) step(a *arena[E]) {
	kept, n := 0, len(a.runs)
	a.next = never
	for i := range n {
		r := a.runs[i] // a copy: new runs are appended meanwhile
		if m.stepRun(a, &r) {
			a.next = min(a.next, r.next)
			a.runs[kept] = r
			kept++
			continue
		}
		a.drop(r.node)
	}
	for _, r := range a.runs[n:] {
		a.next = min(a.next, r.next)
	}
	kept += copy(a.runs[kept:], a.runs[n:])
	a.runs = a.runs[:kept]
}

// stepRun gives the event to a run, and tells whether the run still waits.
func (m *Matcher[E]) stepRun(a *arena[E], r *run) bool {
	m.view.a, m.view.node = a, r.node
	s := &a.slots[a.nodes[r.node].event]
	directly, since := a.seq == s.seq+1, s.at
	pos := &m.prog.positions[r.pos]
	var taken, killed uint64
	for rest := r.alive; rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros64(rest)
		e, bit := &pos.edges[i], uint64(1)<<i
		switch {
		case m.denied(e, directly, since):
			r.alive &^= bit
		case e.to == end:
		case m.holds(m.prog.positions[e.to].cond):
			taken |= bit
			killed |= e.kills
		case e.link == linkNext:
			r.alive &^= bit
		}
	}
	taken &^= killed
	r.alive &^= killed | taken&^pos.anyLinks
	if r.alive == 0 {
		a.live-- // before it goes on: at the limit it makes place for itself
	}
	for rest := taken; rest != 0; rest &= rest - 1 {
		m.follow(a, r, bits.TrailingZeros64(rest))
	}
	if r.alive == 0 {
		return false
	}
	m.complete(a, r, m.at, false)
	if r.alive == 0 {
		a.live--
	}
	return r.alive != 0
}

// denied tells whether a negation closes an edge; directly is whether no event
// stands between.
func (m *Matcher[E]) denied(e *edge, directly bool, since int64) bool {
	for i := range e.nots {
		n := &e.nots[i]
		if n.next && !directly {
			continue
		}
		if n.within != 0 && after(since, n.within) <= m.at {
			continue
		}
		if m.holds(n.cond) {
			return true
		}
	}
	return false
}

// complete accepts the run if its edge to the end is open and nothing that could
// close it remains.
func (m *Matcher[E]) complete(a *arena[E], r *run, now int64, timed bool) {
	pos := &m.prog.positions[r.pos]
	if pos.end == none || r.alive&(1<<pos.end) == 0 {
		return
	}
	e := &pos.edges[pos.end]
	if r.alive&e.killers != 0 {
		return
	}
	s := &a.slots[a.nodes[r.node].event]
	for i := range e.nots {
		n := &e.nots[i]
		over := n.within != 0 && after(s.at, n.within) <= now
		if !over && (!n.next || a.seq == s.seq) {
			return
		}
	}
	r.alive &^= 1<<pos.end | e.kills
	m.accept(a, r.node, r.first, now, timed)
}

// follow takes the event by an edge of r.
func (m *Matcher[E]) follow(a *arena[E], r *run, edge int) {
	to := m.prog.positions[r.pos].edges[edge].to
	pos := &m.prog.positions[to]
	id := a.find(r.node, pos.cond)
	isNew := id == none
	if isNew && a.entries() >= m.limits.Entries {
		m.stats.DroppedEntries++
		return
	}
	next := run{first: r.first, since: r.since, node: id, pos: int32(to), alive: pos.all}
	if pos.atOnce {
		next.alive &^= 1<<pos.end | pos.edges[pos.end].kills
	}
	waits := next.alive != 0 && (isNew || !a.runsAt(id, int32(to)))
	held := r.node == none && m.skip.to != skipNothing // a first event may add a match that waits
	if (waits || held) && m.full(a) {
		m.stats.DroppedRuns++
		if waits = false; held {
			return
		}
	}
	if !waits && !pos.atOnce {
		return
	}
	if isNew {
		if a.cur == none {
			a.keep(m.event, m.at)
		}
		id = a.take(r.node, pos.cond)
		next.node = id
	}
	if r.node == none {
		next.first, next.since = a.seq, m.at
	}
	if waits {
		next.next = m.deadline(a, &next)
		a.next = min(a.next, next.next)
		a.nodes[id].refs++
		a.runs = append(a.runs, next)
		a.live++
	}
	if pos.atOnce {
		m.accept(a, id, next.first, m.at, false)
	}
}

// full tells whether the key is at its limit of partial matches and of matches that
// wait for them. Without skip strategy none waits beyond its event.
func (m *Matcher[E]) full(a *arena[E]) bool {
	n := a.live
	if m.skip.to != skipNothing {
		n += len(a.held)
	}
	return n >= m.limits.Runs
}

// runsAt tells whether a run of the present event is at the node and position.
// Runs of one event stand at the end.
func (a *arena[E]) runsAt(id, pos int32) bool {
	for i := len(a.runs) - 1; i >= 0; i-- {
		r := &a.runs[i]
		if r.node == id && r.pos == pos {
			return true
		}
		if a.seqOf(r.node) != a.seq {
			return false
		}
	}
	return false
}

// accept notes a complete match, once.
func (m *Matcher[E]) accept(a *arena[E], id int32, first uint64, at int64, timed bool) {
	n := &a.nodes[id]
	if n.accepted {
		return
	}
	n.accepted = true
	n.refs++
	a.held = append(a.held, held{first: first, at: at, node: id, timed: timed})
}
