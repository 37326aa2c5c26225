package pattern

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	maxRepeat    = 1000   // of Times
	maxPositions = 10_000 // of the automaton
)

// limits is what is said of a pattern as a whole.
type limits struct {
	within  time.Duration
	bounded bool // within was given
	skip    Skip
}

// checker collects mistakes.
type checker struct {
	limits
	wrong []Error
	names map[string]*element
}

// check returns every mistake that can be seen without the automaton.
func check(seq []*element, l limits) []Error {
	c := &checker{limits: l, names: map[string]*element{}}
	if len(seq) == 0 {
		c.say(nil, "steps", "a pattern needs at least one step")
		return c.wrong
	}
	walk(seq, c.element)
	c.sequence(seq, true)
	if first := seq[0]; first.withinSet && !first.isGroup && !first.isLoop() && !first.not {
		c.say(first, "within_previous", "nothing comes before the first step; take it away")
	}
	if nullable(seq) {
		c.say(nil, "steps", "the pattern can match no event at all; make one step neither Optional nor ZeroOrMore")
	}
	if l.bounded && l.within < time.Microsecond {
		c.say(nil, "within", "Within(%v) leaves no time; it must be at least a microsecond", l.within)
	}
	c.checkSkip()
	if len(c.wrong) == 0 && count(seq) > maxPositions {
		c.say(nil, "steps", "with all its repetitions the pattern has more than %d steps; lower Times", maxPositions)
	}
	return c.wrong
}

// say notes a mistake at a field of e, or of the whole pattern when e is nil.
func (c *checker) say(e *element, field, format string, args ...any) {
	wrong := Error{Path: field, Text: fmt.Sprintf(format, args...)}
	if e != nil {
		wrong.What, wrong.Path = e.label(), ""
		if e.path != "" { // declared as data
			wrong.Path = strings.Trim(e.path+"."+field, ".")
		}
	}
	c.wrong = append(c.wrong, wrong)
}

// element checks what does not depend on its neighbours.
func (c *checker) element(e *element) {
	for _, f := range e.faults {
		c.say(e, f.field, "%s", f.text)
	}
	if !e.isGroup {
		c.name(e)
	}
	c.quantifier(e)
	if e.withinSet && e.within < time.Microsecond {
		c.say(e, "within_previous", "WithinPrevious(%v) leaves no time; it must be at least a microsecond", e.within)
	}
	if e.isGroup && len(e.body) == 0 {
		c.say(e, "steps", "it has no steps")
	}
	for _, seq := range e.body {
		if len(seq) == 0 {
			c.say(e, "steps", "a part of it has no steps")
		}
		c.sequence(seq, false)
	}
}

func (c *checker) name(e *element) {
	if e.name == "" {
		c.say(e, "name", "a step needs a name")
		return
	}
	if c.names[e.name] != nil {
		c.say(e, "name", "two steps have this name; give each its own")
	}
	c.names[e.name] = e
}

func (c *checker) quantifier(e *element) {
	if e.not && (e.quantified || e.optional || e.modeSet > 0 || e.innerSet || e.hasUntil) {
		c.say(e, "times", "a negation has no quantifier, mode or Until")
		return
	}
	switch {
	case e.min < 0 || (e.max < 1 && e.max != unbounded):
		c.say(e, "times", "it repeats %d to %d times and can never match; ask for at least one", e.min, e.max)
	case e.max != unbounded && e.min > e.max:
		c.say(e, "times", "at least %d but at most %d; swap them", e.min, e.max)
	case e.min > maxRepeat || e.max > maxRepeat:
		c.say(e, "times", "more than %d repetitions; count with a window instead", maxRepeat)
	}
	if e.modeSet > 1 {
		c.say(e, "mode", "it is Greedy and Reluctant; keep one")
	}
	if e.modeSet > 0 && !e.isLoop() && !e.skippable() {
		c.say(e, "mode", "Greedy and Reluctant need a quantifier with a choice, such as OneOrMore or Optional")
	}
	if e.innerSet && !e.isLoop() {
		c.say(e, "inner", "Consecutive and AllowCombinations need a quantifier, such as OneOrMore or Times")
	}
	if e.hasUntil && !e.isLoop() {
		c.say(e, "until", "Until needs a quantifier, such as OneOrMore")
	}
	if e.max == unbounded && !c.bounded {
		c.say(e, "times", "the loop can go on for ever; give the pattern Within, or the loop an upper limit with Times(n, m)")
	}
}

// sequence checks where negations stand.
func (c *checker) sequence(seq []*element, root bool) {
	anchored := false
	for i, e := range seq {
		if !e.not {
			anchored = anchored || !e.skippable()
			continue
		}
		if !anchored {
			c.say(e, "", "a negation needs a step before it that is not optional, in the same group; nothing says from when on it holds")
		}
		if !e.hasWhere && !(root && i == len(seq)-1) {
			c.say(e, "where", "without a condition no event may follow, and what comes behind it can never match; give it Where")
		}
	}
}

func (c *checker) checkSkip() {
	if !c.skip.named() {
		return
	}
	e, known := c.names[c.skip.step]
	switch {
	case !known:
		var steps []string
		for name, e := range c.names {
			if !e.not {
				steps = append(steps, name)
			}
		}
		slices.Sort(steps)
		c.say(nil, "skip.step", "no step %q to skip to; there are %s", c.skip.step, strings.Join(steps, ", "))
	case e.not:
		c.say(nil, "skip.step", "cannot skip to negation %q, which takes no event", c.skip.step)
	}
}

// count returns the number of positions of a sequence, or a number above
// maxPositions.
func count(seq []*element) int {
	n := 0
	for _, e := range seq {
		one := 1
		if e.not {
			continue
		}
		if e.isGroup {
			one = 0
			for _, part := range e.body {
				one = min(one+count(part), maxPositions+1)
			}
		}
		n = min(n+one*e.copies(), maxPositions+1)
	}
	return n
}

// copies returns how often the body of an element stands in the automaton.
func (e *element) copies() int {
	if e.max == unbounded {
		return max(e.min, 1)
	}
	return e.max
}
