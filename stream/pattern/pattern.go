package pattern

import (
	"fmt"
	"slices"
)

// A Pattern is compiled and immutable; several goroutines may share it.
type Pattern[E any] struct {
	prog  *program
	conds []condition[E]
	skip  Skip
}

// Compile checks the pattern and makes its automaton. The error names every
// mistake; each is an [Error].
func (b *Builder[E]) Compile() (*Pattern[E], error) {
	wrong := append(slices.Clip(b.faults), check(b.seq, limits{within: b.within, bounded: b.bounds, skip: b.skip})...)
	if len(wrong) > 0 {
		return nil, joined(wrong)
	}
	p := &Pattern[E]{skip: b.skip}
	var steps []string
	walk(b.seq, func(e *element) {
		if !e.isGroup {
			e.cond = len(p.conds)
			p.conds = append(p.conds, valueOf(b.where[e]))
			steps = append(steps, e.name)
		}
	})
	names := slices.Clone(steps)
	walk(b.seq, func(e *element) {
		if e.hasUntil {
			e.until = len(p.conds)
			p.conds = append(p.conds, valueOf(b.until[e]))
			names = append(names, fmt.Sprintf("until of %s", e.label()))
		}
	})
	prog, err := compile(b.seq, b.within, steps, names)
	if err != nil {
		return nil, err
	}
	p.prog = prog
	return p, nil
}

func valueOf[E any](c *condition[E]) condition[E] {
	if c == nil {
		return condition[E]{}
	}
	return *c
}

// Steps returns the names of the steps and negations in order of declaration.
func (p *Pattern[E]) Steps() []string { return slices.Clone(p.prog.steps) }

// Fingerprint identifies the structure: steps by name, order, contiguity and
// quantifiers, but not conditions, times or the skip strategy, which may change
// while state is kept.
func (p *Pattern[E]) Fingerprint() uint64 { return p.prog.fingerprint }
