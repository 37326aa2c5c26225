package declared

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/expression"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/match"
	"github.com/millrace/millrace/stream/pattern"
)

// buildPattern makes the job of a pattern.
func (l *loader) buildPattern(in *capture) {
	l.shapes = append(l.shapes, "pattern")
	p := plan{keep: true, where: l.condition("where", l.doc.Where, language(in))}
	in.asked = true
	columns, parts := l.keyOf("", l.doc.Key, in)
	p.key = parts
	v := &taken{in: in}
	conditions := make(conditions)
	spec := pattern.Spec{
		Steps:  l.steps("pattern.steps", l.doc.Pattern.Steps, v, conditions),
		Within: l.duration("pattern.within", l.doc.Pattern.Within),
		Skip:   pattern.SkipSpec{To: l.doc.Pattern.Skip.To, Step: l.doc.Pattern.Skip.Step},
	}
	shown := l.columnsOf(v.language())
	if l.Failed() {
		return
	}
	compiled, err := pattern.FromSpec(spec, conditions.of)
	if err != nil {
		l.failPattern(err)
	}
	lateness := l.params.Lateness
	if l.Has("lateness") {
		lateness = l.duration("lateness", l.doc.Lateness)
	}
	ttl := l.patternTTL(spec.Within, lateness)
	if l.Failed() {
		return
	}
	// Events are kept as rows, by the place of their cells.
	l.shapes = append(l.shapes, strconv.FormatUint(compiled.Fingerprint(), 16), fmt.Sprint(in.columns))
	keyed := stream.KeyBy(in.rows(l, &p), "by key", func(r *row) string { return r.key })
	found := match.Pattern(keyed, "pattern", compiled, func(m pattern.Match[*row]) found {
		return found{
			event.Instant(m.Start()), event.Instant(m.End()), computeRow(shown, &row{found: matched{m}}).Cells,
		}
	}, match.Options[*row, found]{Lateness: lateness, TTL: ttl})
	l.output(&rows{
		stream: stream.Connect(found.Matches, "results", matchRows(columns)), columns: matchColumns(columns, shown),
		key: append(names(columns), "match_id"),
	})
}

func names(columns []column) []string {
	all := make([]string, len(columns))
	for i := range columns {
		all[i] = columns[i].name
	}
	return all
}

// patternTTL is how long the state of a key is kept: as long as a match may take, unless
// the file says more.
func (l *loader) patternTTL(within, lateness time.Duration) time.Duration {
	ttl := l.duration("ttl", l.doc.TTL)
	switch {
	case !l.Has("ttl") && within > 0:
		return within + lateness
	case !l.Has("ttl"):
		l.Fail("pattern", "the pattern has no within: say ttl, how long the state of a key is kept without events, such as ttl: 7d")
	case ttl < within:
		l.Fail("ttl", "a ttl of %v is shorter than the pattern may take, %v; raise it, or take it away", ttl, within)
	}
	return ttl
}

// found is what is kept of a match.
type found struct {
	Start event.Instant `state:"start"`
	End   event.Instant `state:"end"`
	Cells []cell        `state:"cells"`
}

func matchColumns(keys []column, shown []entry) []column {
	columns := append(slices.Clone(keys), column{name: "match_id", kind: expression.Text},
		column{name: "started_at", kind: expression.Instant}, column{name: "ended_at", kind: expression.Instant},
		column{name: "revision", kind: expression.Integer}, column{name: "retracted", kind: expression.Boolean})
	for i := range shown {
		columns = append(columns, shown[i].column)
	}
	return columns
}

// matchRows makes rows of matches.
func matchRows(keys []column) func(*stream.Context, func(stream.Element[*row])) (func(stream.Element[stream.Revised[string, found]]), stream.Operator, error) {
	return func(c *stream.Context, emit func(stream.Element[*row])) (func(stream.Element[stream.Revised[string, found]]), stream.Operator, error) {
		return func(e stream.Element[stream.Revised[string, found]]) {
			m := &e.Value
			out := &row{Cells: make([]cell, len(keys), len(keys)+5+len(m.Value.Cells))}
			if err := readKey(m.Key, keys, out.Cells); err != nil {
				c.Fail(err)
			}
			out.Cells = append(out.Cells, cell{Text: fmt.Sprintf("%016x", m.ID), Known: true},
				cell{Number: int64(m.Value.Start), Known: true}, cell{Number: int64(m.Value.End), Known: true},
				cell{Number: int64(m.Revision), Known: true}, truth(m.Retracted))
			out.Cells = append(out.Cells, m.Value.Cells...)
			emit(stream.Element[*row]{Value: out, Time: e.Time, Cause: e.Cause})
		}, nil, nil
	}
}

// conditions are those of the pattern's steps, by their paths in the file: these stand
// for their texts in the pattern's declaration, so that each is compiled in its place.
type conditions map[string]func(*row, *pattern.Partial[*row]) (bool, error)

func (c conditions) of(_, path string) (func(*row, *pattern.Partial[*row]) (bool, error), error) {
	return c[path], nil
}

// steps declares the steps at a path.
func (l *loader) steps(path string, specs []stepSpec, v *taken, c conditions) []pattern.StepSpec {
	all := make([]pattern.StepSpec, len(specs))
	for i := range specs {
		at := fmt.Sprintf("%s[%d]", path, i)
		all[i] = l.step(at, &specs[i], v, c)
	}
	return all
}

func (l *loader) step(at string, s *stepSpec, v *taken, c conditions) pattern.StepSpec {
	out := pattern.StepSpec{
		Name: s.Name, Link: s.Link, Optional: s.Optional, Mode: s.Mode, Inner: s.Inner, Times: l.times(at+".times", s.Times),
		WithinPrevious: l.duration(at+".within_previous", s.WithinPrevious),
	}
	if l.Has(at + ".name") {
		l.stepName(at+".name", s.Name, v)
	}
	// A loop looks at what it has taken itself.
	negated := strings.HasPrefix(s.Link, "not_")
	if s.Name != "" && !negated {
		v.steps = append(v.steps, s.Name)
	}
	out.Where = l.stepCondition(at+".where", s.Where, v, c)
	out.Until = l.stepCondition(at+".until", s.Until, v, c)
	if l.Has(at + ".steps") {
		out.Steps = l.steps(at+".steps", s.Steps, v, c)
	}
	for i := range s.Or {
		out.Or = append(out.Or, l.steps(fmt.Sprintf("%s.or[%d].steps", at, i), s.Or[i].Steps, v, c))
	}
	return out
}

func (l *loader) stepName(path, name string, v *taken) {
	switch {
	case !nameForm.MatchString(name):
		l.Fail(path, "cannot take %q as the name of a step; want %s", name, nameWanted)
	case slices.Contains([]string{"item", "properties", "context"}, name):
		l.Fail(path, "%q begins the names of fields; choose another name", name)
	case slices.Contains(v.steps, name):
		l.Fail(path, "two steps are named %q; give each its own name", name)
	}
}

// stepCondition compiles a condition and returns its path; "" for none.
func (l *loader) stepCondition(path, text string, v *taken, c conditions) string {
	if !l.Has(path) {
		return ""
	}
	v.asked = false
	holds := l.condition(path, text, v.language())
	if holds == nil {
		return ""
	}
	if !v.asked {
		c[path] = func(r *row, _ *pattern.Partial[*row]) (bool, error) { return holds(r), nil }
		return path
	}
	c[path] = func(r *row, p *pattern.Partial[*row]) (bool, error) {
		r.found = partial{p}
		is := holds(r)
		r.found = nil
		return is, nil
	}
	return path
}

// times reads 3, 2..5, or 1...
func (l *loader) times(path, text string) *pattern.TimesSpec {
	if !l.Has(path) {
		return nil
	}
	least, most, isRange := strings.Cut(text, "..")
	lo, err := strconv.Atoi(strings.TrimSpace(least))
	hi := lo
	if isRange {
		if hi = 0; strings.TrimSpace(most) != "" {
			var errMost error
			hi, errMost = strconv.Atoi(strings.TrimSpace(most))
			err = errors.Join(err, errMost)
			if hi < max(1, lo) {
				err = errors.New("it goes down")
			}
		}
	} else if lo == 0 && err == nil {
		err = errors.New("never")
	}
	if err != nil || lo < 0 {
		l.Fail(path, "cannot take %q; want how often, 3, or 2..5, or 1.. for at least once", text)
		return nil
	}
	return &pattern.TimesSpec{Min: lo, Max: hi}
}

// alternative is how package pattern names the steps of an alternative.
var alternative = regexp.MustCompile(`or\[(\d+)\]\[`)

// inTheFile puts what package pattern says into the words of the file.
var inTheFile = strings.NewReplacer(
	"Times(n, m)", "times: 2..5", "Within(", "within(", "Within", "within", "WithinPrevious", "within_previous", "Times", "times", "Until", "until", "Where", "where",
	"Greedy and Reluctant", "mode", "Consecutive and AllowCombinations", "inner", "neither Optional nor ZeroOrMore", "one that must be there",
	"OneOrMore or Optional", "times: 1.. or optional", "OneOrMore or times", "times: 1..", "OneOrMore", "times: 1..", "Optional", "optional",
)

// failPattern reports the mistakes of a pattern at their places.
func (l *loader) failPattern(err error) {
	all := []error{err}
	var several interface{ Unwrap() []error }
	if errors.As(err, &several) {
		all = several.Unwrap()
	}
	for _, err := range all {
		var wrong *pattern.Error
		if !errors.As(err, &wrong) {
			l.Fail("pattern", "%v", err)
			continue
		}
		path := "pattern." + alternative.ReplaceAllString(wrong.Path, "or[$1].steps[")
		text := inTheFile.Replace(wrong.Text)
		if wrong.What != "" {
			text = wrong.What + ": " + text
		}
		l.Fail(path, "%s", text)
	}
}
