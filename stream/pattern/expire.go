package pattern

import (
	"math"
	"math/bits"
)

// NextDeadline returns the time, in microseconds, at which Expire has something to
// do, and false when the state is idle. It is never later than that time.
func (m *Matcher[E]) NextDeadline(s *State[E]) (int64, bool) {
	if s.a == nil {
		return 0, false
	}
	return s.a.next, true
}

// Expire says that every event before the watermark, in microseconds, has been
// given. Patterns that end by waiting for nothing match; partial matches whose
// time is over go to emitTimeout, which may be nil; deadlines are worked off in
// their order. Both callbacks are bound as that of Advance is.
func (m *Matcher[E]) Expire(s *State[E], watermark int64, emit func(Match[E]), emitTimeout func(Timeout[E])) {
	if s.a == nil {
		return
	}
	for s.a.next <= watermark && len(s.a.runs) > 0 {
		now := s.a.next
		m.expireAt(s.a, now)
		m.handOutTimeouts(s.a, now, emitTimeout)
		m.settle(s.a, emit)
	}
	m.rest(s)
}

// expireAt works off one deadline.
func (m *Matcher[E]) expireAt(a *arena[E], now int64) {
	kept := 0
	a.next = never
	for i := range a.runs {
		r := a.runs[i]
		if r.next <= now {
			m.expireRun(a, &r, now)
		}
		if r.alive == 0 {
			// It may be among those that timed out, and then lives until handed out.
			a.drop(r.node)
			continue
		}
		a.next = min(a.next, r.next)
		a.runs[kept] = r
		kept++
	}
	a.runs = a.runs[:kept]
	a.live = kept
}

// expireRun closes the edges of a run whose time is over.
func (m *Matcher[E]) expireRun(a *arena[E], r *run, now int64) {
	pos := &m.prog.positions[r.pos]
	if after(r.since, m.prog.within) <= now {
		if pos.end != none && r.alive&(1<<pos.end) != 0 {
			m.accept(a, r.node, r.first, now, true)
		}
		m.timeOut(a, r.node)
		r.alive = 0
		return
	}
	at := a.slots[a.nodes[r.node].event].at
	for rest := r.alive; rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros64(rest)
		if w := pos.edges[i].within; w != 0 && after(at, w) <= now {
			r.alive &^= 1 << i
		}
	}
	m.complete(a, r, now, true)
	if r.alive == 0 {
		m.timeOut(a, r.node)
		return
	}
	r.next = m.deadlineAfter(a, r, now)
}

// timeOut notes a partial match that waited in vain, unless it has been a match.
func (m *Matcher[E]) timeOut(a *arena[E], id int32) {
	n := &a.nodes[id]
	if n.accepted || n.reported {
		return
	}
	n.reported = true
	n.refs++
	m.timed = append(m.timed, id)
}

// handOutTimeouts hands out the partial matches that timed out in this round, in
// the order of their events.
func (m *Matcher[E]) handOutTimeouts(a *arena[E], now int64, emit func(Timeout[E])) {
	if len(m.timed) == 0 {
		return
	}
	m.sortNodes(a, m.timed)
	m.stats.Timeouts += uint64(len(m.timed))
	for _, id := range m.timed {
		if emit != nil {
			m.take(a, id)
			emit(Timeout[E]{Taken: m.taken, At: now})
		}
		a.drop(id)
	}
	m.timed = m.timed[:0]
}

// deadline returns when time next changes a run.
func (m *Matcher[E]) deadline(a *arena[E], r *run) int64 { return m.deadlineAfter(a, r, math.MinInt64) }

// deadlineAfter is deadline, of those later than now.
func (m *Matcher[E]) deadlineAfter(a *arena[E], r *run, now int64) int64 {
	next := after(r.since, m.prog.within)
	at := a.slots[a.nodes[r.node].event].at
	pos := &m.prog.positions[r.pos]
	consider := func(within int64) {
		if t := after(at, within); t > now {
			next = min(next, t)
		}
	}
	for rest := r.alive; rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros64(rest)
		e := &pos.edges[i]
		consider(e.within)
		for j := range e.nots {
			if i == pos.end {
				consider(e.nots[j].within)
			}
		}
	}
	return next
}
