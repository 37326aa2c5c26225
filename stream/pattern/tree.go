package pattern

import (
	"fmt"
	"time"
)

// A link says how far behind the event taken before the next one may stand.
type link uint8

const (
	linkFollowedBy    link = iota // the first event that fits; others between are passed over
	linkNext                      // directly behind
	linkFollowedByAny             // any event that fits, each in a match of its own
)

// A mode says which lengths of a loop are wanted.
type mode uint8

const (
	exhaustive mode = iota // every length
	greedy                 // do not leave while the loop can take the event
	reluctant              // do not go on when the event can be taken behind the loop
)

// unbounded is the max of a loop without upper end.
const unbounded = -1

// none is "no condition", "no node", "no event".
const none = -1

// An element is a step, a negation, a group or an alternation, with its
// quantifier. It is the same for every type of event; conditions are kept aside.
type element struct {
	path       string // of the declaration, "steps[2]"; empty when built in Go
	name       string // of a step or negation
	link       link
	not        bool
	min, max   int
	quantified bool
	optional   bool // may be left out as a whole, whatever min is
	mode       mode
	modeSet    int // how often a mode was named; twice is a mistake
	inner      link
	innerSet   bool
	within     time.Duration // since the event taken before; 0 is no limit
	withinSet  bool
	body       [][]*element // a group has one sequence, an alternation several, a step none
	isGroup    bool
	cond       int // its condition; set when compiled
	until      int // its stop condition, or none
	hasWhere   bool
	hasUntil   bool
	faults     []fault // misuse seen while it was built
}

// A fault is a mistake at a field of an element.
type fault struct{ field, text string }

func newElement(name string, l link) *element {
	return &element{name: name, link: l, min: 1, max: 1, cond: none, until: none}
}

func (e *element) fault(field, format string, args ...any) {
	e.faults = append(e.faults, fault{field, fmt.Sprintf(format, args...)})
}

func (e *element) isLoop() bool { return e.max == unbounded || e.max > 1 }

// skippable tells whether a match may leave the element out.
func (e *element) skippable() bool {
	return e.optional || e.min == 0 || e.emptyBody()
}

// emptyBody tells whether one repetition may take no event.
func (e *element) emptyBody() bool {
	for _, seq := range e.body {
		if nullable(seq) {
			return true
		}
	}
	return false
}

// nullable tells whether a sequence may take no event.
func nullable(seq []*element) bool {
	for _, e := range seq {
		if !e.not && !e.skippable() {
			return false
		}
	}
	return true
}

// walk calls fn for every element, parents first, in order of declaration.
func walk(seq []*element, fn func(*element)) {
	for _, e := range seq {
		fn(e)
		for _, inner := range e.body {
			walk(inner, fn)
		}
	}
}

// label names an element in an error: a step by its name, a group by the steps
// in it.
func (e *element) label() string {
	switch {
	case e.not:
		return fmt.Sprintf("negation %q", e.name)
	case !e.isGroup:
		return fmt.Sprintf("step %q", e.name)
	}
	first := ""
	walk(e.body0(), func(x *element) {
		if first == "" {
			first = x.name
		}
	})
	if len(e.body) > 1 {
		return fmt.Sprintf("alternation that begins with %q", first)
	}
	return fmt.Sprintf("group that begins with %q", first)
}

func (e *element) body0() []*element {
	if len(e.body) == 0 {
		return nil
	}
	return e.body[0]
}
