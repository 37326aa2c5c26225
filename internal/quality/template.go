package quality

import (
	"errors"

	"github.com/millrace/millrace/internal/braces"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/yamldoc"
)

// template is a text with fields in it.
type template []part

// part is a piece of a template: text as it stands, or the value of a field.
type part struct {
	text  string
	field *field
}

// constant reports whether the template names no field.
func (t template) constant() bool {
	for i := range t {
		if t[i].field != nil {
			return false
		}
	}
	return true
}

// render fills the template for position p of a field. It leaves the value alone when a
// field that it names is missing: "guest:" with nothing behind it would make one
// customer of all orders that have no number.
func (t template) render(a *applier, of *field, p int32, before string) string {
	if len(t) == 0 {
		return ""
	}
	if len(t) == 1 && t[0].field == nil {
		return t[0].text
	}
	text := a.scratch[:0]
	for i := range t {
		f := t[i].field
		if f == nil {
			text = append(text, t[i].text...)
			continue
		}
		length := len(text)
		if text = a.appendValue(text, f, a.place(of, f, p)); len(text) == length {
			return before
		}
	}
	a.scratch = text
	if string(text) == before {
		return before
	}
	return a.arena.keep(text)
}

// errSaid ends the parsing of a text whose fault has been noted already.
var errSaid = errors.New("the fault is noted")

// template parses text with {field} in it; {{ and }} stand for braces.
func (s *source) template(at, text string, corrected *field) template {
	var parts template
	err := braces.Parse(text, func(plain string) { parts = append(parts, part{text: plain}) }, func(name string) error {
		f := s.templateField(at, name, corrected)
		if f == nil {
			return errSaid
		}
		parts = append(parts, part{field: f})
		return nil
	})
	switch {
	case err == nil:
		return parts
	case !errors.Is(err, errSaid):
		s.Fail(at, "%v", err)
	}
	return nil
}

func (s *source) templateField(at, name string, corrected *field) *field {
	f := findField(name)
	if column, _ := propertyOf(name); f == nil && column != nil {
		return s.property(at, name)
	}
	switch {
	case f == nil:
		s.Fail(at, "{%s} names no field; %s", yamldoc.Clip(name), spell.Suggest(name, fieldNames(nil)))
	case f.item && !corrected.item:
		s.Fail(at, "{%s} is a field of items, and %s is one of the event; an event may have many items", name, corrected.name)
		return nil
	}
	return f
}
