package quality

import (
	"strings"

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

// template parses text with {field} in it; {{ and }} stand for braces.
func (s *source) template(at, text string, corrected *field) template {
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
