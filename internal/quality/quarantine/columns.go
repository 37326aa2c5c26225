package quarantine

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/millrace/millrace/adapter"
)

// line is a payload that is one line of fields, cut into them.
type line struct {
	layout  adapter.Layout
	payload []byte
	fields  []span
}

// span is the bytes of a field, its quotes among them.
type span struct{ from, to int }

// line cuts a record's payload into fields. It is false for payloads that are no lines,
// or have more or fewer fields than their file.
func (s *Service) line(r *adapter.Record) (*line, bool) {
	a, ok := s.cfg.Adapters[r.Adapter]
	if !ok || !utf8.Valid(r.Payload) {
		return nil, false
	}
	layout, err := adapter.LayoutOf(a, r.Envelope)
	if err != nil || layout.Syntax != adapter.Delimited || layout.Delimiter == 0 {
		return nil, false
	}
	l := &line{layout: layout, payload: r.Payload}
	l.cut()
	return l, len(l.fields) == len(layout.Columns)
}

func (l *line) cut() {
	from, quoted := 0, false
	for i, b := range l.payload {
		switch {
		case l.layout.Quote != 0 && b == l.layout.Quote && (i == from || l.payload[from] == b):
			quoted = !quoted // a doubled one closes and opens again
		case b == l.layout.Delimiter && !quoted:
			l.fields = append(l.fields, span{from, i})
			from = i + 1
		}
	}
	l.fields = append(l.fields, span{from, len(l.payload)})
}

// value returns the text of a field.
func (l *line) value(i int) string {
	raw := l.payload[l.fields[i].from:l.fields[i].to]
	q := l.layout.Quote
	if q == 0 || len(raw) < 2 || raw[0] != q || raw[len(raw)-1] != q {
		return string(raw)
	}
	quote := []byte{q}
	return string(bytes.ReplaceAll(raw[1:len(raw)-1], []byte{q, q}, quote))
}

// with returns the payload with other values for some fields; the rest stays byte for
// byte.
func (l *line) with(values map[int]string) ([]byte, error) {
	var out []byte
	for i, f := range l.fields {
		if i > 0 {
			out = append(out, l.layout.Delimiter)
		}
		v, changed := values[i]
		if !changed {
			out = append(out, l.payload[f.from:f.to]...)
			continue
		}
		var err error
		if out, err = l.append(out, v); err != nil {
			return nil, fmt.Errorf("column %q: %w", l.layout.Columns[i].Name, err)
		}
	}
	return out, nil
}

func (l *line) append(dst []byte, v string) ([]byte, error) {
	q := l.layout.Quote
	special := bytes.ContainsAny([]byte(v), "\r\n") || bytes.IndexByte([]byte(v), l.layout.Delimiter) >= 0 || q != 0 && bytes.IndexByte([]byte(v), q) >= 0
	switch {
	case !special:
		return append(dst, v...), nil
	case q == 0:
		return nil, fmt.Errorf("%w: %q holds a delimiter or a line break, and the format has no quotes", ErrInvalid, v)
	case !l.layout.Multiline && bytes.ContainsAny([]byte(v), "\r\n"):
		return nil, fmt.Errorf("%w: %q holds a line break, which the format does not allow", ErrInvalid, v)
	}
	dst = append(dst, q)
	dst = append(dst, bytes.ReplaceAll([]byte(v), []byte{q}, []byte{q, q})...)
	return append(dst, q), nil
}

// columns returns the fields of a payload that is a line.
func (s *Service) columns(r *adapter.Record) (names, values []string, ok bool) {
	l, ok := s.line(r)
	if !ok {
		return nil, nil, false
	}
	for i, c := range l.layout.Columns {
		names = append(names, c.Name)
		values = append(values, l.value(i))
	}
	return names, values, true
}
