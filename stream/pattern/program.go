package pattern

import (
	"hash/fnv"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// maxEdges is the number of ways on from one position; a partial match keeps
// them as the bits of one word.
const maxEdges = 64

const (
	start = 0  // the position before the first event
	end   = -1 // the target of an edge that completes a match
)

// A program is the automaton of a pattern. A position is one repetition of one
// step; being there means that its event has just been taken. Edges lead to the
// positions that may take the next event.
type program struct {
	steps       []string // of steps and negations; the first conditions are theirs
	names       []string // of conditions
	positions   []position
	within      int64 // microseconds; 0 is no limit
	fingerprint uint64
}

type position struct {
	cond     int // of its step
	edges    []edge
	all      uint64 // a bit for every edge
	anyLinks uint64 // … for those that stay open when they take an event
	end      int    // the edge that completes a match, or none
	atOnce   bool   // … and it does so without waiting
	place           // what edges into it inherit
}

// place is what every edge into a position has.
type place struct {
	until  []int // conditions that close a loop around it
	within int64 // since the event taken before; 0 is no limit
}

type edge struct {
	to      int
	link    link
	nots    []negation
	kills   uint64 // edges of the same position that die when this one takes an event
	killers uint64 // edges that kill this one
	within  int64
}

// A negation kills its edge when its condition holds for an event behind the one
// of the edge's position.
type negation struct {
	cond   int
	next   bool  // only the event directly behind counts
	within int64 // how long it holds; 0 is as long as the edge lives
}

func micros(d time.Duration) int64 { return int64(d / time.Microsecond) }

// after is at+d, kept in range.
func after(at, d int64) int64 {
	if d == 0 || at > math.MaxInt64-d {
		return math.MaxInt64
	}
	return at + d
}

// soonest is the shorter of two limits of which 0 is none.
func soonest(a, b int64) int64 {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}

// finish derives what is looked up at run time.
func (p *program) finish() {
	for i := range p.positions {
		pos := &p.positions[i]
		pos.all = 1<<len(pos.edges) - 1
		pos.end = none
		for j := range pos.edges {
			for k := pos.edges[j].kills; k != 0; k &= k - 1 {
				pos.edges[bits.TrailingZeros64(k)].killers |= 1 << j
			}
			if pos.edges[j].to == end {
				pos.end = j
			} else if pos.edges[j].link == linkFollowedByAny {
				pos.anyLinks |= 1 << j
			}
		}
		if pos.end != none {
			last := &pos.edges[pos.end]
			pos.atOnce = len(last.nots) == 0 && last.killers == 0
		}
	}
	p.fingerprint = p.hash()
}

// hash is FNV-1a of the structure as text.
func (p *program) hash() uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(p.structure()))
	return h.Sum64()
}

// structure describes positions by the names of their steps, so that it does not
// depend on how conditions are numbered.
func (p *program) structure() string {
	var b strings.Builder
	for i := range p.positions {
		pos := &p.positions[i]
		if i != start {
			b.WriteString(strconv.Quote(p.steps[pos.cond]))
		}
		for _, e := range pos.edges {
			b.WriteString(" " + strconv.Itoa(e.to) + "/" + strconv.Itoa(int(e.link)) + "/" + strconv.FormatUint(e.kills, 16))
			for _, n := range e.nots {
				b.WriteString("!" + strconv.Itoa(n.cond))
				if n.next {
					b.WriteString("+")
				}
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
