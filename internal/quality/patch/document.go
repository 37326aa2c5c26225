package patch

import (
	"errors"
	"fmt"
	"strings"

	"github.com/millrace/millrace/adapter/jsontext"
)

// document is a JSON document that is edited as text.
type document struct{ text string }

func openJSON(payload []byte) (*document, error) {
	d := &document{text: string(payload)}
	if err := jsontext.Validate(d.text); err != nil {
		return nil, fmt.Errorf("%w; repair the text first, with replace or payload on the whole", err)
	}
	return d, nil
}

func (d *document) payload() []byte { return []byte(d.text) }

// search is one walk to the places of a path.
type search struct {
	cursor jsontext.Cursor
	places []place
	err    error
}

// find implements [content]. Of repeated members all are found.
func (d *document) find(f *ref) ([]place, error) {
	if f.path == nil {
		_, err := parsePath(f.name)
		return nil, fmt.Errorf("%q is no place of a JSON document: %w", f.name, err)
	}
	var s search
	s.cursor.Reset(d.text)
	s.walk(place{}, f.path)
	if s.err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, s.err)
	}
	return s.places, nil
}

// walk goes from the value that the cursor is at along a path. at is the value's place.
func (s *search) walk(at place, path []segment) {
	at.from = s.cursor.Offset()
	switch {
	case len(path) == 0:
		s.cursor.Value()
		at.to, at.exists = at.from+len(s.cursor.From(at.from)), true
		if s.places = append(s.places, at); len(s.places) > maxPlaces {
			s.err = fmt.Errorf("more than %d places", maxPlaces)
		}
	case path[0].element && s.cursor.Kind() == jsontext.Array:
		s.array(at, path)
	case !path[0].element && s.cursor.Kind() == jsontext.Object:
		s.object(at, path)
	default:
		s.cursor.Value()
	}
}

func (s *search) array(at place, path []segment) {
	s.cursor.Array()
	for i := 0; s.cursor.More(); i++ {
		if s.err != nil || !path[0].all && path[0].index != i {
			s.cursor.Value()
			continue
		}
		next := place{name: appendElement(at.name, i), keyFrom: s.cursor.Offset(), first: i == 0, container: at.from}
		s.walk(next, path[1:])
	}
}

func (s *search) object(at place, path []segment) {
	s.cursor.Object()
	found, empty := false, true
	for ; s.cursor.More(); empty = false {
		keyFrom := s.cursor.Offset()
		if key := s.cursor.Key(); s.err != nil || !isKey(key, path[0].key) {
			s.cursor.Value()
			continue
		}
		found = true
		next := place{name: appendMember(at.name, path[0].key), keyFrom: keyFrom, member: true, first: empty, container: at.from}
		s.walk(next, path[1:])
	}
	if found || s.err != nil || !allKeys(path) {
		return
	}
	// The member can be made: behind the last one, before the brace.
	at.to = at.from + len(s.cursor.From(at.from)) - 1
	for _, k := range path {
		at.name = appendMember(at.name, k.key)
	}
	at.from, at.first, at.member, at.rest = at.to, empty, true, path
	if s.places = append(s.places, at); len(s.places) > maxPlaces {
		s.err = fmt.Errorf("more than %d places", maxPlaces)
	}
}

func isKey(key jsontext.Value, name string) bool {
	if !key.Escaped {
		return key.Raw == name
	}
	return string(jsontext.Unescape(nil, key.Raw)) == name
}

func allKeys(path []segment) bool {
	for _, s := range path {
		if s.element {
			return false
		}
	}
	return true
}

func (d *document) read(p place) value {
	if !p.exists {
		return value{}
	}
	return valueOf(d.text[p.from:p.to])
}

// valueOf reads the text of one valid value.
func valueOf(raw string) value {
	switch raw[0] {
	case '"':
		if !strings.Contains(raw, `\`) {
			return value{kind: kindText, text: raw[1 : len(raw)-1]}
		}
		return value{kind: kindText, text: string(jsontext.Unescape(nil, raw[1:len(raw)-1]))}
	case 'n':
		return value{}
	case 't', 'f':
		return value{kind: kindBoolean, text: raw}
	case '{', '[':
		return value{kind: kindComposite, text: raw}
	}
	return value{kind: kindNumber, text: raw}
}

// render appends a value to be written where before stood.
func render(dst []byte, v, before value) []byte {
	as := before.kind
	if v.retype || as == kindMissing {
		as = v.kind
	}
	switch {
	case v.kind == kindMissing:
		return append(dst, "null"...)
	case as == kindNumber && isNumber(v.text),
		as == kindBoolean && (v.text == "true" || v.text == "false"),
		as == kindComposite && v.kind == kindComposite:
		return append(dst, v.text...)
	}
	return jsontext.AppendString(dst, v.text)
}

func isNumber(text string) bool {
	if text == "" || text[0] != '-' && (text[0] < '0' || text[0] > '9') {
		return false
	}
	return jsontext.Validate(text) == nil
}

// write implements [content]: all edits in one copy of the text.
func (d *document) write(edits []edit) error {
	out := make([]byte, 0, len(d.text)+64*len(edits))
	done := 0
	for i := range edits {
		e := &edits[i]
		end := e.from
		if end < done {
			return fmt.Errorf("%s is inside of another field of the same step", e.name)
		}
		for !e.exists && end > done && space(d.text[end-1]) {
			end-- // a new member stands behind the last one, not behind the white space
		}
		out = append(out, d.text[done:end]...)
		if done = end; e.exists {
			out = render(out, e.value, valueOf(d.text[e.from:e.to]))
			done = e.to
			continue
		}
		if !e.first {
			out = append(out, ',')
		}
		for k, s := range e.rest {
			if k > 0 {
				out = append(out, '{')
			}
			out = append(jsontext.AppendString(out, s.key), ':')
		}
		out = render(out, e.value, value{})
		for range len(e.rest) - 1 {
			out = append(out, '}')
		}
	}
	d.text = string(append(out, d.text[done:]...))
	return nil
}

func space(b byte) bool { return b == ' ' || b == '\n' || b == '\t' || b == '\r' }

var errRoot = errors.New("the whole document cannot be removed")

// remove implements [content]: the member or element with the comma that it needed.
func (d *document) remove(p place) error {
	switch {
	case !p.exists:
		return nil
	case p.name == "":
		return errRoot
	case p.first:
		to := p.to
		for to < len(d.text) && space(d.text[to]) {
			to++
		}
		if d.text[to] == ',' {
			for to++; space(d.text[to]); to++ {
			}
		} else {
			to = p.to // it was the only one
		}
		d.text = d.text[:p.keyFrom] + d.text[to:]
	default:
		from := strings.LastIndexByte(d.text[:p.keyFrom], ',')
		d.text = d.text[:from] + d.text[p.to:]
	}
	return nil
}

// rename gives a member another name where it is.
func (d *document) rename(p place, name string) error {
	if !p.member {
		return fmt.Errorf("%s is an element of a list and has no name", p.name)
	}
	end := p.keyFrom + 1
	for d.text[end] != '"' {
		if d.text[end] == '\\' {
			end++
		}
		end++
	}
	d.text = d.text[:p.keyFrom] + string(jsontext.AppendString(nil, name)) + d.text[end+1:]
	return nil
}

// values lists all values that hold no others.
func (d *document) values() ([]Value, error) {
	var out []Value
	var c jsontext.Cursor
	c.Reset(d.text)
	var walk func(name string)
	walk = func(name string) {
		switch c.Kind() {
		case jsontext.Object:
			for c.Object(); c.More(); {
				key := c.Key()
				text := key.Raw
				if key.Escaped {
					text = string(jsontext.Unescape(nil, key.Raw))
				}
				walk(appendMember(name, text))
			}
		case jsontext.Array:
			c.Array()
			for i := 0; c.More(); i++ {
				walk(appendElement(name, i))
			}
		default:
			start := c.Offset()
			c.Value()
			out = append(out, Value{name, valueOf(c.From(start)).text})
		}
	}
	walk("")
	if len(out) > maxColumns {
		return nil, fmt.Errorf("the document has %d values, at most %d are listed", len(out), maxColumns)
	}
	return out, nil
}
