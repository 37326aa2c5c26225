package quality

import (
	"fmt"
	"strings"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/yamldoc"
)

// correction is a compiled correctionSpec. It is immutable.
type correction struct {
	name    string
	field   *field
	when    *condition
	missing bool // only where the field is missing
	action  string
	parts   []part            // of fill and value
	table   map[string]string // of map
	says    string            // for people
}

// part is a piece of a template: text as it stands, or the value of a field.
type part struct {
	text  string
	field *field
}

// pure reports whether the new value depends on the old one alone, so that a
// dictionary column is corrected once per distinct value. Which rows are
// corrected is decided before.
func (c *correction) pure() bool {
	for i := range c.parts {
		if c.parts[i].field != nil {
			return false
		}
	}
	return true
}

// after is the corrected value at position p; the same text, if nothing is to be
// changed.
func (c *correction) after(a *applier, p int32, before string) string {
	switch c.action {
	case "trim":
		return strings.TrimSpace(before)
	case "upper":
		return strings.ToUpper(before)
	case "lower":
		return strings.ToLower(before)
	case "map":
		if to, ok := c.table[before]; ok {
			return to
		}
		return before
	}
	return c.render(a, p, before)
}

// render fills the template. It leaves the value alone when a field that it
// names is missing: "guest:" with nothing behind it would make one customer of
// all orders that have no number.
func (c *correction) render(a *applier, p int32, before string) string {
	if len(c.parts) == 0 {
		return ""
	}
	if len(c.parts) == 1 && c.parts[0].field == nil {
		return c.parts[0].text
	}
	text := a.scratch[:0]
	for i := range c.parts {
		f := c.parts[i].field
		if f == nil {
			text = append(text, c.parts[i].text...)
			continue
		}
		at := p
		if c.field.item && !f.item {
			at = a.batch.Items.Event[p]
		}
		length := len(text)
		if text = f.appendValue(text, a.batch, at); len(text) == length {
			return before
		}
	}
	a.scratch = text
	if string(text) == before {
		return before
	}
	return a.arena.keep(text)
}

// run applies the correction to the positions of sel.
func (c *correction) run(a *applier, index int32, sel []int32) {
	if c.missing {
		a.missing = c.scanMissing(a, sel, a.missing[:0])
		sel = a.missing
	}
	if c.when != nil {
		a.chosen = c.when.filter(a, c.field.item, true, sel, a.chosen[:0])
		sel = a.chosen
	}
	switch {
	case c.field.kind == kindText:
		column := c.field.text(a.batch)
		for _, p := range sel {
			before := column[p]
			if after := c.after(a, p, before); after != before {
				a.change(c, index, p, before, after, 0)
				column[p] = after
			}
		}
	case c.pure():
		c.runPerValue(a, index, sel)
	default:
		column := c.field.dict(a.batch)
		for _, p := range sel {
			before := column.Get(int(p))
			if after := c.after(a, p, before); after != before {
				a.change(c, index, p, before, after, column.Codes[p])
				column.Set(int(p), after)
			}
		}
	}
}

func (c *correction) scanMissing(a *applier, sel, out []int32) []int32 {
	if c.field.kind == kindText {
		return scanMissing(c.field.text(a.batch), sel, out)
	}
	column := c.field.dict(a.batch)
	for _, p := range sel {
		if column.Codes[p] == 0 {
			out = append(out, p)
		}
	}
	return out
}

// runPerValue corrects a dictionary column, finding the new code of each
// distinct value that occurs once.
func (c *correction) runPerValue(a *applier, index int32, sel []int32) {
	column := c.field.dict(a.batch)
	to := a.codesFor(column)
	for _, p := range sel {
		code := column.Codes[p]
		if to[code] == 0 {
			to[code] = 1 + column.Code(c.after(a, p, column.Get(int(p))))
		}
		if after := to[code] - 1; after != code {
			a.change(c, index, p, column.Values[code], column.Values[after], code)
			column.Codes[p] = after
		}
	}
}

// change records a changed value and how to take it back.
func (a *applier) change(c *correction, index, p int32, before, after string, code uint32) {
	e := p
	if c.field.item {
		e = a.batch.Items.Event[p]
	}
	a.undo = append(a.undo, undo{
		event: e, position: p, correction: index, code: code, text: before, marks: a.batch.Marks[e],
	})
	a.batch.AddChange(int(e), c.name, c.field.name, before, after)
}

// undo is what a change replaced.
type undo struct {
	event, position int32
	correction      int32
	code            uint32
	marks           event.Mark
	text            string
}

// takeBack restores the events that are quarantined, drops their changes, which
// begin at index start of the batch's, and counts the changes that stand.
func (a *applier) takeBack(rs *RuleSet, start int) {
	b := a.batch
	restored := false
	for i := len(a.undo) - 1; i >= 0; i-- {
		u := &a.undo[i]
		if b.Verdict[u.event] != event.Quarantined {
			a.changed[u.correction]++
			continue
		}
		restored = true
		if f := rs.corrections[u.correction].field; f.kind == kindDict {
			f.dict(b).Codes[u.position] = u.code
		} else {
			f.text(b)[u.position] = u.text
		}
		b.Marks[u.event] = u.marks | b.Marks[u.event]&^event.Corrected
	}
	if !restored {
		return
	}
	kept := b.Changes[:start]
	for _, change := range b.Changes[start:] {
		if b.Verdict[change.Event] != event.Quarantined {
			kept = append(kept, change)
		}
	}
	clear(b.Changes[len(kept):])
	b.Changes = kept
}

var actions = []string{"fill", "value", "trim", "upper", "lower", "map"}

// compileCorrection compiles the correction at path, or returns nil and leaves
// errors.
func (s *source) compileCorrection(path string, spec *correctionSpec) *correction {
	c := &correction{name: spec.Name, table: spec.Map}
	c.field = s.field(path+".field", spec.Field, (*field).correctable, "cannot be corrected")
	var set []string
	for _, action := range actions {
		if s.Has(path + "." + action) {
			set = append(set, action)
		}
	}
	if len(set) != 1 {
		s.Fail(path, "a correction does exactly one of %s; this one has %d (make it several)", strings.Join(actions, ", "), len(set))
		return nil
	}
	if c.field == nil {
		return nil
	}
	c.action, c.says = set[0], set[0]
	c.missing = c.action == "fill" || spec.When == "missing"
	if s.Has(path+".when") && spec.When != "missing" {
		c.when = s.condition(path+".when", spec.When, c.field)
	}
	switch at := path + "." + c.action; c.action {
	case "fill":
		c.parts, c.says = s.template(at, spec.Fill, c.field), "fill "+spec.Fill
		if spec.Fill == "" {
			s.Fail(at, "the text is empty; it would leave the field missing")
		}
	case "value":
		c.parts, c.says = s.template(at, spec.Value, c.field), "value "+spec.Value
		if !s.Has(path + ".when") {
			s.Fail(at, `"value" replaces every value; say which with "when"`)
		}
	case "map":
		s.countList(at, len(spec.Map))
		c.says = fmt.Sprintf("map %d values", len(spec.Map))
	}
	return c
}

// template parses text with {field} in it; {{ and }} stand for braces.
func (s *source) template(at, text string, corrected *field) []part {
	var parts []part
	var plain strings.Builder
	flush := func() {
		if plain.Len() > 0 {
			parts = append(parts, part{text: plain.String()})
			plain.Reset()
		}
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case (c == '{' || c == '}') && i+1 < len(text) && text[i+1] == c:
			plain.WriteByte(c)
			i++
		case c == '}':
			s.Fail(at, `a "}" without "{"; write "}}" for a brace`)
			return nil
		case c == '{':
			end := strings.IndexByte(text[i:], '}')
			if end < 0 {
				s.Fail(at, `a "{" without "}"; write "{{" for a brace`)
				return nil
			}
			flush()
			f := s.templateField(at, text[i+1:i+end], corrected)
			if f == nil {
				return nil
			}
			parts = append(parts, part{field: f})
			i += end
		default:
			plain.WriteByte(c)
		}
	}
	flush()
	return parts
}

func (s *source) templateField(at, name string, corrected *field) *field {
	f := findField(name)
	switch {
	case f == nil:
		s.Fail(at, "{%s} names no field; %s", yamldoc.Clip(name), spell.Suggest(name, fieldNames(nil)))
	case f.item && !corrected.item:
		s.Fail(at, "{%s} is a field of items, and %s is one of the event; an event may have many items", name, corrected.name)
		return nil
	}
	return f
}
