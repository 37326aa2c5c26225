package declared

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/millrace/millrace/internal/expression"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/stream/pattern"
)

// taken is the vocabulary of a pattern's conditions and columns: the fields of the event
// at hand, and those of the events that steps have taken.
type taken struct {
	in    *capture
	steps []string // that can be named
	asked bool     // a step was named
}

func (v *taken) language() expression.Language[row] {
	lang := language(v)
	lang.Call = v.call
	return lang
}

// field implements [vocabulary]. step.field is that of the last event that the step took.
func (v *taken) field(name string) (operand, error) {
	step, field, dotted := strings.Cut(name, ".")
	switch {
	case dotted && slices.Contains(v.steps, step):
		return v.of(step, field, steps.last)
	case slices.Contains(v.steps, name):
		return operand{}, fmt.Errorf("%q is a step; name a field of its events, such as %s.amount, or count(%s)", name, name, name)
	case dotted && len(v.steps) > 0 && findField(name) == nil && !slices.Contains([]string{"item", "properties", "context"}, step):
		return operand{}, fmt.Errorf("no step %q comes up to here; %s", step, spell.Suggest(step, v.steps))
	}
	return v.in.field(name)
}

// of reads a field of one of the events that a step took.
func (v *taken) of(step, field string, pick func(steps, string) *row) (operand, error) {
	o, err := v.in.field(field)
	if err != nil {
		return o, err
	}
	v.asked = true
	return elsewhere(o, func(r *row) *row {
		if r.found == nil {
			return nil
		}
		return pick(r.found, step)
	}), nil
}

// call compiles the functions over the events of a step.
func (v *taken) call(_ *expression.Compiler[row], name string, args []ast.Node) (operand, bool, error) {
	if !slices.Contains(ownFunctions, name) {
		return operand{}, false, nil
	}
	if len(args) != 1 {
		return operand{}, true, fmt.Errorf("%s() takes a step, or a field of a step: count(refused), first(refused.amount)", name)
	}
	written, ok := expression.Dotted(args[0])
	step, field, dotted := strings.Cut(written, ".")
	switch {
	case !ok || !slices.Contains(v.steps, step):
		return operand{}, true, expression.Refuse(args[0], "%s() is of the events of a step; %s", name, spell.Suggest(step, v.steps))
	case name == "count" && !dotted:
		v.asked = true
		return countOf(step), true, nil
	case name == "count" || !dotted:
		return operand{}, true, expression.Refuse(args[0], "count() takes a step, the others a field of one: count(%[1]s), first(%[1]s.amount)", step)
	}
	o, err := v.fold(name, step, field)
	if err != nil {
		err = expression.Refuse(args[0], "%v", err)
	}
	return o, true, err
}

func (v *taken) fold(name, step, field string) (operand, error) {
	switch name {
	case "first":
		return v.of(step, field, steps.first)
	case "last":
		return v.of(step, field, steps.last)
	case "sum", "min", "max":
	default:
		return operand{}, fmt.Errorf("%s() is not for the events of a step; there are count, first, last, sum, min and max", name)
	}
	o, err := v.in.field(field)
	if err != nil {
		return o, err
	}
	v.asked = true
	if o.Kind != expression.Integer && o.Kind != expression.Money && (name == "sum" || o.Kind != expression.Instant) {
		return o, fmt.Errorf("%s() does not work on %s", name, o.Kind)
	}
	return foldOf(name, step, o), nil
}

func countOf(step string) operand {
	return operand{Kind: expression.Integer, Int: func(r *row) (n int64) {
		if r.found != nil {
			r.found.each(step, func(*row) { n++ })
		}
		return n
	}}
}

// foldOf adds up, or compares, what the events of a step have.
func foldOf(name, step string, o operand) operand {
	fold := func(r *row) (all int64, known bool) {
		if r.found == nil {
			return 0, false
		}
		r.found.each(step, func(e *row) {
			if o.Known != nil && !o.Known(e) {
				return
			}
			v := o.Int(e)
			switch {
			case !known:
				all = v
			case name == "sum":
				all = expression.Sum(all, v)
			case name == "min":
				all = min(all, v)
			default:
				all = max(all, v)
			}
			known = true
		})
		return all, known
	}
	return operand{
		Kind: o.Kind,
		Int: func(r *row) int64 {
			v, _ := fold(r)
			return v
		},
		Known: func(r *row) bool {
			_, known := fold(r)
			return known
		},
	}
}

// partial are the events of a match that is not complete.
type partial struct{ p *pattern.Partial[*row] }

func (t partial) first(step string) *row {
	r, _ := t.p.First(step)
	return r
}

func (t partial) last(step string) *row {
	r, _ := t.p.Last(step)
	return r
}

func (t partial) each(step string, fn func(*row)) {
	for r := range t.p.All(step) {
		fn(r)
	}
}

// matched are the events of a match.
type matched struct{ m pattern.Match[*row] }

func (t matched) first(step string) *row {
	r, _ := t.m.First(step)
	return r
}

func (t matched) last(step string) *row {
	r, _ := t.m.Last(step)
	return r
}

func (t matched) each(step string, fn func(*row)) {
	for i := range t.m.Taken {
		if t.m.Taken[i].Step == step {
			fn(t.m.Taken[i].Event)
		}
	}
}
