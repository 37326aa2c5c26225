package pattern

import "time"

// A Builder is a pattern, or a part of one, while it is being written. Methods
// that add something (Next, FollowedBy, …) make that the current element; methods
// that say something (Where, Times, Greedy, …) say it of the current element.
// Mistakes are collected and returned together by [Builder.Compile].
//
// A Builder that was given to another one (as a group or an alternative) must not
// be used again.
type Builder[E any] struct {
	seq    []*element
	where  map[*element]*condition[E]
	until  map[*element]*condition[E]
	within time.Duration
	bounds bool // Within was called
	skip   Skip
	faults []Error // of a declaration, known before it is compiled
}

func newBuilder[E any]() *Builder[E] {
	return &Builder[E]{where: map[*element]*condition[E]{}, until: map[*element]*condition[E]{}}
}

// Begin starts a pattern with a step. Step names are unique in a pattern. A step
// without Where takes every event.
func Begin[E any](step string) *Builder[E] {
	return newBuilder[E]().add(newElement(step, linkFollowedBy))
}

// Group starts a pattern with a group: a pattern as one step, which may have a
// quantifier.
func Group[E any](sub *Builder[E]) *Builder[E] {
	return newBuilder[E]().addGroup(linkFollowedBy, sub)
}

// Or starts a pattern with an alternation: one of the patterns. To use it further
// on, give it to FollowedByGroup and its like.
func Or[E any](subs ...*Builder[E]) *Builder[E] {
	return newBuilder[E]().addGroup(linkFollowedBy, subs...)
}

// Next adds a step that takes the event directly behind the one taken before
// (strict contiguity), among the events of the key.
func (b *Builder[E]) Next(step string) *Builder[E] { return b.add(newElement(step, linkNext)) }

// FollowedBy adds a step that takes the first event that fits; others between
// are passed over (relaxed contiguity).
func (b *Builder[E]) FollowedBy(step string) *Builder[E] {
	return b.add(newElement(step, linkFollowedBy))
}

// FollowedByAny adds a step that takes any later event that fits, each in a match
// of its own (non-deterministic relaxed contiguity).
func (b *Builder[E]) FollowedByAny(step string) *Builder[E] {
	return b.add(newElement(step, linkFollowedByAny))
}

// NotNext says that the event directly behind the one taken before must not fit.
func (b *Builder[E]) NotNext(name string) *Builder[E] {
	e := newElement(name, linkNext)
	e.not = true
	return b.add(e)
}

// NotFollowedBy says that no event fits between the one taken before and the one
// taken next, the latter included. At the end of a pattern it needs Within, or
// WithinPrevious: then the pattern matches when the time is over.
func (b *Builder[E]) NotFollowedBy(name string) *Builder[E] {
	e := newElement(name, linkFollowedBy)
	e.not = true
	return b.add(e)
}

// NextGroup adds a group as Next adds a step.
func (b *Builder[E]) NextGroup(sub *Builder[E]) *Builder[E] { return b.addGroup(linkNext, sub) }

// FollowedByGroup adds a group as FollowedBy adds a step.
func (b *Builder[E]) FollowedByGroup(sub *Builder[E]) *Builder[E] {
	return b.addGroup(linkFollowedBy, sub)
}

// FollowedByAnyGroup adds a group as FollowedByAny adds a step.
func (b *Builder[E]) FollowedByAnyGroup(sub *Builder[E]) *Builder[E] {
	return b.addGroup(linkFollowedByAny, sub)
}

// Where asks something of the event alone. It is asked at most once per event,
// however many partial matches wait. Several conditions must all hold.
func (b *Builder[E]) Where(fn func(E) bool) *Builder[E] {
	if c := b.whereOf("Where", fn == nil); c != nil {
		c.alone = append(c.alone, fn)
	}
	return b
}

// WhereWith asks something of the event together with what the partial match has
// taken so far (an iterative condition). The Partial is valid during the call.
func (b *Builder[E]) WhereWith(fn func(E, *Partial[E]) bool) *Builder[E] {
	if c := b.whereOf("WhereWith", fn == nil); c != nil {
		c.with = append(c.with, func(e E, m *Partial[E]) (bool, error) { return fn(e, m), nil })
	}
	return b
}

// Times asks for exactly n repetitions, or with a second number for n to m.
func (b *Builder[E]) Times(n int, m ...int) *Builder[E] {
	e := b.current()
	switch len(m) {
	case 0:
		return b.quantify(n, n)
	case 1:
		return b.quantify(n, m[0])
	}
	e.fault("times", "Times takes one number or two, not %d", 1+len(m))
	return b
}

// TimesOrMore asks for n or more repetitions.
func (b *Builder[E]) TimesOrMore(n int) *Builder[E] { return b.quantify(n, unbounded) }

// OneOrMore asks for one or more repetitions.
func (b *Builder[E]) OneOrMore() *Builder[E] { return b.quantify(1, unbounded) }

// ZeroOrMore asks for any number of repetitions.
func (b *Builder[E]) ZeroOrMore() *Builder[E] { return b.quantify(0, unbounded) }

// Optional lets a match leave the element out, its repetitions included:
// Times(3).Optional() is three or none.
func (b *Builder[E]) Optional() *Builder[E] {
	b.current().optional = true
	return b
}

// Greedy makes a loop keep what it can take: it is not left, nor ended, while the
// next event could be one more repetition. It does not give back.
func (b *Builder[E]) Greedy() *Builder[E] { return b.setMode(greedy) }

// Reluctant makes a loop end as soon as what follows can go on.
func (b *Builder[E]) Reluctant() *Builder[E] { return b.setMode(reluctant) }

// Consecutive asks that repetitions stand directly behind each other.
func (b *Builder[E]) Consecutive() *Builder[E] { return b.setInner(linkNext) }

// AllowCombinations lets repetitions pass over events that fit.
func (b *Builder[E]) AllowCombinations() *Builder[E] { return b.setInner(linkFollowedByAny) }

// Until ends a loop: an event for which fn holds, and what comes after it, is not
// taken by the loop.
func (b *Builder[E]) Until(fn func(E) bool) *Builder[E] {
	if c := b.untilOf("Until", fn == nil); c != nil {
		c.alone = append(c.alone, fn)
	}
	return b
}

// UntilWith is Until with the partial match, as WhereWith is Where.
func (b *Builder[E]) UntilWith(fn func(E, *Partial[E]) bool) *Builder[E] {
	if c := b.untilOf("UntilWith", fn == nil); c != nil {
		c.with = append(c.with, func(e E, m *Partial[E]) (bool, error) { return fn(e, m), nil })
	}
	return b
}

// WithinPrevious bounds the time between an event of the current element and the
// event taken before it: less than d. On a negation it is how long it holds.
func (b *Builder[E]) WithinPrevious(d time.Duration) *Builder[E] {
	e := b.current()
	e.within, e.withinSet = d, true
	return b
}

// Within bounds the whole pattern: the last event comes less than d after the first.
func (b *Builder[E]) Within(d time.Duration) *Builder[E] {
	b.within, b.bounds = d, true
	return b
}

// Skip says what becomes of other partial matches after a match; [NoSkip] without it.
func (b *Builder[E]) Skip(s Skip) *Builder[E] {
	b.skip = s
	return b
}

func (b *Builder[E]) add(e *element) *Builder[E] {
	b.seq = append(b.seq, e)
	return b
}

func (b *Builder[E]) addGroup(l link, subs ...*Builder[E]) *Builder[E] {
	e := newElement("", l)
	e.isGroup = true
	b.add(e)
	for _, sub := range subs {
		if sub == nil {
			e.fault("", "a part is nil")
			continue
		}
		b.adopt(e, sub)
	}
	return b
}

// adopt makes sub one alternative of e.
func (b *Builder[E]) adopt(e *element, sub *Builder[E]) {
	if sub.bounds || sub.skip != (Skip{}) {
		e.fault("", "Within and Skip belong to the whole pattern; on a part use WithinPrevious")
	}
	e.body = append(e.body, sub.seq)
	for k, c := range sub.where {
		b.where[k] = c
	}
	for k, c := range sub.until {
		b.until[k] = c
	}
}

func (b *Builder[E]) current() *element { return b.seq[len(b.seq)-1] }

func (b *Builder[E]) quantify(lo, hi int) *Builder[E] {
	e := b.current()
	if e.quantified {
		e.fault("times", "it has two quantifiers; keep one")
	}
	e.min, e.max, e.quantified = lo, hi, true
	return b
}

func (b *Builder[E]) setMode(m mode) *Builder[E] {
	e := b.current()
	e.mode = m
	e.modeSet++
	return b
}

func (b *Builder[E]) setInner(l link) *Builder[E] {
	e := b.current()
	if e.innerSet {
		e.fault("inner", "it is Consecutive and AllowCombinations; keep one")
	}
	e.inner, e.innerSet = l, true
	return b
}

func (b *Builder[E]) whereOf(method string, isNil bool) *condition[E] {
	e := b.current()
	if e.isGroup {
		e.fault("where", "%s on a group; put it on the steps in it", method)
		return nil
	}
	e.hasWhere = true
	return conditionOf(b.where, e, method, isNil)
}

func (b *Builder[E]) untilOf(method string, isNil bool) *condition[E] {
	e := b.current()
	e.hasUntil = true
	return conditionOf(b.until, e, method, isNil)
}

func conditionOf[E any](of map[*element]*condition[E], e *element, method string, isNil bool) *condition[E] {
	if isNil {
		e.fault("", "%s was given a nil function", method)
		return nil
	}
	c := of[e]
	if c == nil {
		c = &condition[E]{}
		of[e] = c
	}
	return c
}
