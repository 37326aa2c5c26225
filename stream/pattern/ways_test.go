package pattern

import (
	"slices"
	"strings"
)

// A way is a beginning of a way through the declaration, and all ways to go on.
type way struct {
	at   spot // nil before the first event
	last bool // the pattern may end here
	next []*way
}

// A spot is where a step stands in a way through the declaration: for each level
// which element of the sequence, which repetition of it, which alternative.
type spot []level

type level struct{ element, repetition, alternative int }

type word struct {
	spots []spot
	cut   bool // longer than there are events
}

// words lists the ways through a sequence, cut behind most spots.
func (o *oracle) words(steps []StepSpec, most int) []word {
	out := []word{{}}
	for i := range steps {
		if strings.HasPrefix(steps[i].Link, "not_") {
			continue
		}
		out = o.product(out, o.wordsOf(&steps[i], i, most), most)
	}
	return out
}

// wordsOf lists the ways through an element with its quantifier.
func (o *oracle) wordsOf(s *StepSpec, index, most int) []word {
	lo, hi := 1, 1
	if s.Times != nil {
		lo, hi = s.Times.Min, s.Times.Max
		if hi == 0 {
			hi = max(most, lo)
		}
	}
	hi = min(hi, max(most, lo))
	empty := s.Optional || lo == 0
	var out []word
	row := []word{{}}
	for r := range hi {
		once, nothing := o.once(s, level{index, r, 0}, most)
		if nothing { // a repetition that takes nothing counts
			lo, empty = 0, true
		}
		row = o.product(row, once, most)
		if r+1 >= lo {
			out = append(out, row...)
		}
		if len(out)+len(row) > tooMany {
			o.cut = true
			break
		}
	}
	for _, w := range row {
		if w.cut { // cut before lo repetitions
			out = append(out, w)
		}
	}
	if empty {
		out = append(out, word{})
	}
	return out
}

// once lists the ways through one repetition that take something, and whether it
// may take nothing.
func (o *oracle) once(s *StepSpec, l level, most int) (out []word, nothing bool) {
	if s.Steps == nil && s.Or == nil {
		return []word{{spots: []spot{{l}}}}, false
	}
	bodies := s.Or
	if s.Steps != nil {
		bodies = [][]StepSpec{s.Steps}
	}
	for a, body := range bodies {
		l.alternative = a
		for _, w := range o.words(body, most) {
			if len(w.spots) == 0 {
				nothing = true
				continue
			}
			inner := word{cut: w.cut}
			for _, at := range w.spots {
				inner.spots = append(inner.spots, append(spot{l}, at...))
			}
			out = append(out, inner)
		}
	}
	return out, nothing
}

func (o *oracle) product(left, right []word, most int) []word {
	var out []word
	for _, l := range left {
		if l.cut {
			out = append(out, l)
			continue
		}
		for _, r := range right {
			w := word{spots: append(slices.Clip(l.spots), r.spots...), cut: r.cut}
			if len(w.spots) > most {
				w.spots, w.cut = w.spots[:most], true
			}
			out = append(out, w)
		}
		if len(out) > tooMany {
			o.cut = true
			return out
		}
	}
	return out
}

func (w *way) add(x word) {
	for _, at := range x.spots {
		i := slices.IndexFunc(w.next, func(n *way) bool { return slices.Equal(n.at, at) })
		if i < 0 {
			i = len(w.next)
			w.next = append(w.next, &way{at: at})
		}
		w = w.next[i]
	}
	w.last = w.last || !x.cut
}

// ---- what the declaration says of two spots

// sequenceOf returns the sequence that the first n levels lead to.
func (o *oracle) sequenceOf(at spot, n int) []StepSpec {
	steps := o.spec.Steps
	for _, l := range at[:n] {
		s := &steps[l.element]
		if s.Steps != nil {
			steps = s.Steps
		} else {
			steps = s.Or[l.alternative]
		}
	}
	return steps
}

func (o *oracle) elementAt(at spot, depth int) *StepSpec {
	return &o.sequenceOf(at, depth)[at[depth].element]
}

func (o *oracle) step(at spot) *StepSpec { return o.elementAt(at, len(at)-1) }

func (o *oracle) number(at spot) int { return slices.Index(o.names, o.step(at).Name) }

// fork returns the first level at which two spots differ.
func fork(p, n spot) int {
	d := 0
	for d < len(p) && d < len(n) && p[d] == n[d] {
		d++
	}
	return d
}

// linkOf returns how n must stand behind p.
func (o *oracle) linkOf(p, n spot) string {
	d := fork(p, n)
	s := o.elementAt(n, d)
	if p[d].element != n[d].element {
		return map[string]string{"": "followed_by"}[s.Link] + s.Link
	}
	switch s.Inner {
	case "consecutive":
		return "next"
	case "combinations":
		return "followed_by_any"
	}
	return "followed_by"
}

// negations returns what must not come between p and n; n is nil for the end.
func (o *oracle) negations(p, n spot) []*StepSpec {
	if p == nil {
		return nil
	}
	d := -1
	if n != nil {
		d = fork(p, n)
	}
	var out []*StepSpec
	for depth := range p {
		if depth < d {
			continue
		}
		steps := o.sequenceOf(p, depth)
		to := len(steps)
		if depth == d {
			to = n[depth].element // the same element when it repeats
		}
		for i := p[depth].element + 1; i < to; i++ {
			if strings.HasPrefix(steps[i].Link, "not_") {
				out = append(out, &steps[i])
			}
		}
	}
	return out
}

// prefers tells whether a is preferred to b behind p by the mode of a loop or of an
// optional element; nil is the end of the pattern.
func (o *oracle) prefers(p, a, b spot) bool {
	return o.wants(p, a, b, "greedy") || o.wants(p, b, a, "reluctant")
}

// wants tells whether goes enters or repeats an element of the mode which leaves
// leaves.
func (o *oracle) wants(p, goes, leaves spot, mode string) bool {
	for d := range goes {
		if o.elementAt(goes, d).Mode != mode {
			continue
		}
		sequence, element := goes[:d], goes[d].element
		inside := func(x spot) bool { // of the sequence in which the element stands
			return len(x) > d && slices.Equal(x[:d], sequence)
		}
		at := func(x spot) bool { return inside(x) && x[d].element == element }
		if at(leaves) {
			continue
		}
		switch {
		case at(p):
			if goes[d].repetition == p[d].repetition+1 {
				return true
			}
		case inside(p):
			if !inside(leaves) || leaves[d].element > element {
				return true
			}
		default:
			if inside(leaves) && leaves[d].element > element {
				return true
			}
		}
	}
	return false
}
