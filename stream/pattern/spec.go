package pattern

import (
	"fmt"
	"strings"
	"time"
)

// Spec declares a pattern as data, for instance in the YAML of a job. Conditions
// are opaque text.
type Spec struct {
	Steps  []StepSpec    `json:"steps" yaml:"steps"`
	Within time.Duration `json:"within,omitempty" yaml:"within,omitempty"`
	Skip   SkipSpec      `json:"skip,omitzero" yaml:"skip,omitempty"`
}

// SkipSpec declares an after-match skip strategy.
type SkipSpec struct {
	To   string `json:"to,omitempty" yaml:"to,omitempty"`     // none (default), next, past_last_event, first, last
	Step string `json:"step,omitempty" yaml:"step,omitempty"` // of first and last
}

// StepSpec declares a step, a negation, a group (Steps) or an alternation (Or).
type StepSpec struct {
	Name  string       `json:"name,omitempty" yaml:"name,omitempty"`
	Link  string       `json:"link,omitempty" yaml:"link,omitempty"` // followed_by (default), next, followed_by_any, not_next, not_followed_by
	Where string       `json:"where,omitempty" yaml:"where,omitempty"`
	Steps []StepSpec   `json:"steps,omitempty" yaml:"steps,omitempty"`
	Or    [][]StepSpec `json:"or,omitempty" yaml:"or,omitempty"`

	Times    *TimesSpec `json:"times,omitempty" yaml:"times,omitempty"`
	Optional bool       `json:"optional,omitempty" yaml:"optional,omitempty"`
	Mode     string     `json:"mode,omitempty" yaml:"mode,omitempty"`   // every length (default), greedy, reluctant
	Inner    string     `json:"inner,omitempty" yaml:"inner,omitempty"` // of a loop: relaxed (default), consecutive, combinations
	Until    string     `json:"until,omitempty" yaml:"until,omitempty"`

	WithinPrevious time.Duration `json:"within_previous,omitempty" yaml:"within_previous,omitempty"`
}

// TimesSpec is a quantifier: Min to Max repetitions; a Max of 0 is no upper limit.
type TimesSpec struct {
	Min int `json:"min" yaml:"min"`
	Max int `json:"max,omitempty" yaml:"max,omitempty"`
}

// FromSpec compiles a declaration. compileCondition makes a condition from its
// text; its error is reported at the field the text came from. It may be nil when
// the declaration has no conditions. The error names every mistake by its field,
// "steps[2].times"; each is an [Error].
func FromSpec[E any](spec Spec, compileCondition func(step, source string) (func(E, *Partial[E]) (bool, error), error)) (*Pattern[E], error) {
	b := newBuilder[E]()
	d := declaration[E]{b: b, compile: compileCondition}
	b.seq = d.sequence("steps", spec.Steps)
	if spec.Within != 0 {
		b.Within(spec.Within)
	}
	d.skip(spec.Skip)
	return b.Compile()
}

// declaration turns a Spec into a Builder.
type declaration[E any] struct {
	b       *Builder[E]
	compile func(step, source string) (func(E, *Partial[E]) (bool, error), error)
}

func (d *declaration[E]) sequence(path string, steps []StepSpec) []*element {
	seq := make([]*element, len(steps))
	for i := range steps {
		seq[i] = d.element(fmt.Sprintf("%s[%d]", path, i), &steps[i])
	}
	return seq
}

func (d *declaration[E]) element(path string, s *StepSpec) *element {
	e := newElement(s.Name, linkFollowedBy)
	e.path = path
	switch s.Link {
	case "", "followed_by":
	case "next":
		e.link = linkNext
	case "followed_by_any":
		e.link = linkFollowedByAny
	case "not_next":
		e.link, e.not = linkNext, true
	case "not_followed_by":
		e.not = true
	default:
		e.fault("link", "unknown link %q; it can be followed_by, next, followed_by_any, not_next, not_followed_by", s.Link)
	}
	d.body(e, s)
	d.quantifier(e, s)
	if s.WithinPrevious != 0 {
		e.within, e.withinSet = s.WithinPrevious, true
	}
	return e
}

// body fills a group, or the condition of a step.
func (d *declaration[E]) body(e *element, s *StepSpec) {
	e.hasWhere = d.condition(e, "where", s.Where, d.b.where)
	e.hasUntil = d.condition(e, "until", s.Until, d.b.until)
	if s.Steps == nil && s.Or == nil {
		return
	}
	e.isGroup, e.hasWhere = true, false
	switch {
	case s.Steps != nil && s.Or != nil:
		e.fault("or", "it has steps and alternatives; keep one, or put the alternatives into the steps")
	case e.not:
		e.fault("link", "only a single step can be negated")
	}
	if s.Name != "" {
		e.fault("name", "a group has no name; the steps in it have")
	}
	if s.Where != "" {
		e.fault("where", "a group has no condition; put it on the steps in it")
	}
	e.not = false
	if s.Steps != nil {
		e.body = append(e.body, d.sequence(e.path+".steps", s.Steps))
	}
	for i, alternative := range s.Or {
		e.body = append(e.body, d.sequence(fmt.Sprintf("%s.or[%d]", e.path, i), alternative))
	}
}

// condition compiles one, and tells whether there is one.
func (d *declaration[E]) condition(e *element, field, source string, into map[*element]*condition[E]) bool {
	if strings.TrimSpace(source) == "" {
		return false
	}
	if d.compile == nil {
		e.fault(field, "conditions cannot be compiled here")
		return true
	}
	fn, err := d.compile(e.name, source)
	switch {
	case err != nil:
		e.fault(field, "%v", err)
	case fn == nil:
		e.fault(field, "compiles to nothing")
	default:
		into[e] = &condition[E]{with: []func(E, *Partial[E]) (bool, error){fn}}
	}
	return true
}

func (d *declaration[E]) quantifier(e *element, s *StepSpec) {
	if t := s.Times; t != nil {
		e.quantified, e.min, e.max = true, t.Min, t.Max
		if t.Max == 0 {
			e.max = unbounded
		}
		if t.Max < 0 {
			e.fault("times.max", "it is negative; 0 is no upper limit")
			e.max = unbounded
		}
	}
	e.optional = s.Optional
	switch s.Mode {
	case "":
	case "greedy":
		e.mode, e.modeSet = greedy, 1
	case "reluctant":
		e.mode, e.modeSet = reluctant, 1
	default:
		e.fault("mode", "unknown mode %q; it can be greedy, reluctant, or left out for every length", s.Mode)
	}
	switch s.Inner {
	case "", "relaxed":
	case "consecutive":
		e.inner, e.innerSet = linkNext, true
	case "combinations":
		e.inner, e.innerSet = linkFollowedByAny, true
	default:
		e.fault("inner", "unknown contiguity %q; it can be relaxed, consecutive, combinations", s.Inner)
	}
}

func (d *declaration[E]) skip(s SkipSpec) {
	switch s.To {
	case "", "none":
		d.b.skip = NoSkip
	case "next":
		d.b.skip = ToNext
	case "past_last_event":
		d.b.skip = PastLastEvent
	case "first":
		d.b.skip = ToFirst(s.Step)
	case "last":
		d.b.skip = ToLast(s.Step)
	default:
		d.b.faults = append(d.b.faults, Error{Path: "skip.to", Text: fmt.Sprintf("unknown strategy %q; it can be none, next, past_last_event, first, last", s.To)})
	}
	if s.Step != "" && !d.b.skip.named() {
		d.b.faults = append(d.b.faults, Error{Path: "skip.step", Text: "only first and last have a step"})
	}
}
