package pattern

import (
	"fmt"
	"slices"
	"time"
)

// An entry is a way out of what stands to the left: the position of the newest
// event, and what holds for every edge from there.
type entry struct {
	from   int
	link   link
	fixed  bool // link was decided outside of the group in which the entry now is
	nots   []negation
	leaves []leave
}

// A leave says that an edge from the entry leaves a loop that could go on by
// other edges of the same position.
type leave struct {
	mode mode
	on   uint64 // the edges by which the loop goes on
}

// A part is an element unrolled: one copy of its body per repetition, the last of
// which an unbounded loop enters again and again.
type part struct {
	*element
	copies []copied
}

// A copied is one copy of a body: a position, or sequences of parts.
type copied struct {
	pos  int
	body [][]part
}

// compiler builds the automaton as Glushkov did: positions first, then for each
// the positions that may follow it, without empty moves. Edges of a position keep
// what a text-book automaton has no need for: contiguity, negations, and which
// edge is preferred to which.
type compiler struct {
	program
	tooWide int // a position that has more than maxEdges edges, or none
}

// compile makes the automaton of a pattern that check has passed.
func compile(seq []*element, within time.Duration, steps, names []string) (*program, error) {
	c := &compiler{tooWide: none}
	c.within, c.steps, c.names = micros(within), steps, names
	c.positions = append(c.positions, position{cond: none})
	root := c.unrollAll(seq, place{})
	c.enterAll(root, []entry{{from: start, fixed: true}})
	last := c.exitsAll(root)
	for _, e := range last {
		c.connect(e, end)
	}
	if c.tooWide != none {
		return nil, c.wide(seq)
	}
	c.finish()
	if wrong := c.unboundedWaits(seq); len(wrong) > 0 {
		return nil, joined(wrong)
	}
	return &c.program, nil
}

func (c *compiler) unrollAll(seq []*element, in place) []part {
	parts := make([]part, len(seq))
	for i, e := range seq {
		parts[i] = c.unroll(e, in)
	}
	return parts
}

// unroll makes the positions of an element.
func (c *compiler) unroll(e *element, in place) part {
	p := part{element: e}
	if e.not {
		return p
	}
	in.within = soonest(in.within, micros(e.within))
	if e.hasUntil {
		in.until = append(slices.Clip(in.until), e.until)
	}
	for range e.copies() {
		cp := copied{pos: none}
		if e.isGroup {
			for _, seq := range e.body {
				cp.body = append(cp.body, c.unrollAll(seq, in))
			}
		} else {
			cp.pos = len(c.positions)
			c.positions = append(c.positions, position{cond: e.cond, place: in})
		}
		p.copies = append(p.copies, cp)
	}
	return p
}

// enterAll adds the edges from entries to the positions at which a sequence may
// begin. It returns the entries that remain when the sequence is left out.
func (c *compiler) enterAll(seq []part, in []entry) []entry {
	for _, p := range seq {
		if len(in) == 0 || p.not {
			break
		}
		in, _ = c.enter(p, in)
	}
	return in
}

// enter adds the edges into a part, and returns the entries that pass by it.
func (c *compiler) enter(p part, in []entry) (by []entry, added map[int]uint64) {
	inside := make([]entry, len(in))
	for i, e := range in {
		if !e.fixed {
			e.link, e.fixed = p.link, true
		}
		inside[i] = e
	}
	added = c.enterCopy(p.copies[0], inside)
	if !p.skippable() {
		return nil, added
	}
	return leaving(in, p.mode, added), added
}

// enterCopy adds the edges into one repetition. It returns them by position.
func (c *compiler) enterCopy(cp copied, in []entry) map[int]uint64 {
	before := map[int]int{}
	for _, e := range in {
		before[e.from] = len(c.positions[e.from].edges)
	}
	if cp.pos != none {
		for _, e := range in {
			c.connect(e, cp.pos)
		}
	}
	for _, seq := range cp.body {
		c.enterAll(seq, in)
	}
	added := map[int]uint64{}
	for from, n := range before {
		added[from] = (1<<len(c.positions[from].edges) - 1) &^ (1<<n - 1)
	}
	return added
}

// leaving returns entries that leave a loop which could go on by the given edges.
func leaving(in []entry, m mode, on map[int]uint64) []entry {
	out := make([]entry, len(in))
	for i, e := range in {
		if m != exhaustive {
			e.leaves = append(slices.Clip(e.leaves), leave{m, on[e.from]})
		}
		out[i] = e
	}
	return out
}

// exitsAll adds the edges within a sequence. It returns the ways out of it.
func (c *compiler) exitsAll(seq []part) []entry {
	var out []entry
	for _, p := range seq {
		if p.not {
			n := negation{cond: p.cond, next: p.link == linkNext, within: micros(p.within)}
			for i := range out {
				out[i].nots = append(slices.Clip(out[i].nots), n)
			}
			continue
		}
		by, _ := c.enter(p, out)
		out = append(c.exits(p), by...)
	}
	return out
}

// exits adds the edges within a part: those of each repetition and those from one
// to the next.
func (c *compiler) exits(p part) []entry {
	var out []entry
	for i, cp := range p.copies {
		ends := c.exitsCopy(cp)
		next, goesOn := i+1, true
		if next == len(p.copies) {
			next, goesOn = i, p.max == unbounded
		}
		var on map[int]uint64
		if goesOn {
			again := slices.Clone(ends)
			for j := range again {
				again[j].link, again[j].fixed = p.inner, true
			}
			on = c.enterCopy(p.copies[next], again)
		}
		if i+1 < p.min && !p.emptyBody() {
			continue
		}
		if goesOn {
			ends = leaving(ends, p.mode, on)
		}
		out = append(out, ends...)
	}
	return out
}

func (c *compiler) exitsCopy(cp copied) []entry {
	if cp.pos != none {
		return []entry{{from: cp.pos}}
	}
	var out []entry
	for _, seq := range cp.body {
		out = append(out, c.exitsAll(seq)...)
	}
	return out
}

// connect adds an edge, and says which others it kills or is killed by.
func (c *compiler) connect(e entry, to int) {
	from := &c.positions[e.from]
	if len(from.edges) == maxEdges {
		c.tooWide = e.from
		return
	}
	added := edge{to: to, link: e.link, nots: slices.Clip(e.nots)}
	if to != end {
		added.within = c.positions[to].within
		for _, until := range c.positions[to].until {
			added.nots = append(added.nots, negation{cond: until})
		}
	}
	if e.from == start {
		added.within, added.link = 0, linkFollowedByAny
	}
	bit := uint64(1) << len(from.edges)
	for _, l := range e.leaves {
		if l.mode == reluctant {
			added.kills |= l.on
			continue
		}
		for i := range from.edges {
			if l.on&(1<<i) != 0 {
				from.edges[i].kills |= bit
			}
		}
	}
	from.edges = append(from.edges, added)
}

// elementOf finds the element whose condition a position asks.
func elementOf(seq []*element, cond int) *element {
	var found *element
	walk(seq, func(e *element) {
		if !e.isGroup && e.cond == cond {
			found = e
		}
	})
	return found
}

func (c *compiler) wide(seq []*element) error {
	wrong := Error{Text: fmt.Sprintf("more than %d steps can come next; make fewer of them optional", maxEdges)}
	if c.tooWide != start {
		e := elementOf(seq, c.positions[c.tooWide].cond)
		wrong.What, wrong.Path = e.label(), e.path
	}
	return joined([]Error{wrong})
}

// unboundedWaits returns a mistake for each step that could be waited for without
// end, which would keep the state of its key for ever.
func (c *compiler) unboundedWaits(seq []*element) []Error {
	if c.within != 0 {
		return nil
	}
	var conds []int
	note := func(cond int) {
		if !slices.Contains(conds, cond) {
			conds = append(conds, cond)
		}
	}
	for _, pos := range c.positions[1:] {
		for _, e := range pos.edges {
			if e.to != end && e.within == 0 {
				note(c.positions[e.to].cond)
			}
			for _, n := range e.nots {
				if e.to == end && n.within == 0 {
					note(n.cond)
				}
			}
		}
	}
	slices.Sort(conds)
	wrong := make([]Error, 0, len(conds))
	for _, cond := range conds {
		e := elementOf(seq, cond)
		wrong = append(wrong, Error{
			Path: e.path, What: e.label(),
			Text: "a partial match could wait for it for ever; give the pattern Within, or this step WithinPrevious",
		})
	}
	return wrong
}
