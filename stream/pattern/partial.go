package pattern

import (
	"fmt"
	"iter"
	"slices"
)

// Partial is what a partial match has taken so far, for a condition that depends
// on it. It is valid during the call of the condition. The event that is being
// judged is not part of it.
//
// First, Last and Count are cheap however long a loop is (they walk the changes
// from step to step); All, Sum, Min and Max visit every event of the step. A name
// that is not a step of the pattern makes the condition fail with an error.
type Partial[E any] struct {
	a     *arena[E]
	node  int32
	steps []string
	path  []int32 // scratch of All
	err   error
}

// cond returns the number of a step.
func (p *Partial[E]) cond(step string) int32 {
	for i, name := range p.steps {
		if name == step {
			return int32(i)
		}
	}
	if p.err == nil {
		p.err = fmt.Errorf("no step %q in the pattern; there are %q", step, p.steps)
	}
	return none - 1
}

// Len returns the number of events taken.
func (p *Partial[E]) Len() int {
	n := 0
	for id := p.node; id != none; id = p.a.nodes[id].before {
		n += int(p.a.nodes[id].count)
	}
	return n
}

// Count returns the number of events that the step took.
func (p *Partial[E]) Count(step string) int {
	cond, n := p.cond(step), 0
	for id := p.node; id != none; id = p.a.nodes[id].before {
		if p.a.nodes[id].cond == cond {
			n += int(p.a.nodes[id].count)
		}
	}
	return n
}

// Last returns the newest event that the step took, and whether there is one.
func (p *Partial[E]) Last(step string) (E, bool) {
	cond := p.cond(step)
	for id := p.node; id != none; id = p.a.nodes[id].before {
		if p.a.nodes[id].cond == cond {
			return p.a.slots[p.a.nodes[id].event].event, true
		}
	}
	var zero E
	return zero, false
}

// First returns the oldest event that the step took, and whether there is one.
func (p *Partial[E]) First(step string) (E, bool) {
	cond, found := p.cond(step), int32(none)
	for id := p.node; id != none; id = p.a.nodes[id].before {
		if p.a.nodes[id].cond == cond {
			found = p.a.nodes[id].first
		}
	}
	if found == none {
		var zero E
		return zero, false
	}
	return p.a.slots[p.a.nodes[found].event].event, true
}

// Previous returns the event taken before, by whatever step, its step and time.
func (p *Partial[E]) Previous() (Taken[E], bool) {
	if p.node == none {
		return Taken[E]{}, false
	}
	return p.taken(p.node), true
}

func (p *Partial[E]) taken(id int32) Taken[E] {
	n := &p.a.nodes[id]
	s := &p.a.slots[n.event]
	return Taken[E]{Step: p.steps[n.cond], At: s.at, Event: s.event}
}

// All yields the events that the step took, oldest first.
func (p *Partial[E]) All(step string) iter.Seq[E] {
	cond := p.cond(step)
	return func(yield func(E) bool) {
		p.path = p.path[:0]
		for id := p.node; id != none; id = p.a.nodes[id].prev {
			if p.a.nodes[id].cond == cond {
				p.path = append(p.path, id)
			}
		}
		for _, id := range slices.Backward(p.path) {
			if !yield(p.a.slots[p.a.nodes[id].event].event) {
				return
			}
		}
	}
}

// Sum adds a number of every event that the step took, newest first.
func (p *Partial[E]) Sum(step string, of func(E) float64) float64 {
	sum := 0.0
	p.each(step, func(e E) { sum += of(e) })
	return sum
}

// Min returns the least number, and whether the step took an event.
func (p *Partial[E]) Min(step string, of func(E) float64) (least float64, ok bool) {
	p.each(step, func(e E) {
		if v := of(e); !ok || v < least {
			least, ok = v, true
		}
	})
	return least, ok
}

// Max returns the greatest number, and whether the step took an event.
func (p *Partial[E]) Max(step string, of func(E) float64) (most float64, ok bool) {
	p.each(step, func(e E) {
		if v := of(e); !ok || v > most {
			most, ok = v, true
		}
	})
	return most, ok
}

func (p *Partial[E]) each(step string, fn func(E)) {
	cond := p.cond(step)
	for id := p.node; id != none; id = p.a.nodes[id].prev {
		if p.a.nodes[id].cond == cond {
			fn(p.a.slots[p.a.nodes[id].event].event)
		}
	}
}
