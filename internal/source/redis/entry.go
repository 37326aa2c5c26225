package redissource

import (
	"fmt"

	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/internal/source/route"
)

// entry is one entry of a stream, as the server sent it: fields and values in turn.
type entry struct {
	id     string
	fields []any
}

// entriesOf returns the entries in the answer to an XREAD of one stream.
func entriesOf(reply []any) ([]any, error) {
	if len(reply) == 1 {
		if stream, ok := reply[0].([]any); ok && len(stream) == 2 {
			if entries, ok := stream[1].([]any); ok {
				return entries, nil
			}
		}
	}
	return nil, fmt.Errorf("the server's answer to XREAD is of an unknown form")
}

// parse takes an entry of an answer, and returns its position.
func (e *entry) parse(raw any) (int64, error) {
	pair, ok := raw.([]any)
	if !ok || len(pair) != 2 {
		return 0, fmt.Errorf("the server sent an entry of an unknown form")
	}
	id, ok := pair[0].(string)
	if !ok {
		return 0, fmt.Errorf("the server sent an entry without an id")
	}
	e.id = id
	e.fields, _ = pair[1].([]any) // nil: it was deleted while it was read
	return position(id)
}

// value returns the value of a field.
func (e *entry) value(name string) (string, bool) {
	for i := 0; i+1 < len(e.fields); i += 2 {
		if e.fields[i] == name {
			v, ok := e.fields[i+1].(string)
			return v, ok
		}
	}
	return "", false
}

// size is how many bytes the entry has.
func (e *entry) size() (n int) {
	for _, f := range e.fields {
		text, _ := f.(string)
		n += len(text)
	}
	return n
}

// fieldMissing is why an entry without the configured field is refused.
const fieldMissing = "field_missing"

// payload appends the record, and returns why it is refused.
func (e *entry) payload(dst []byte, field string) ([]byte, string) {
	switch field {
	case "*":
		return e.object(dst)
	case "":
		for _, name := range [...]string{"payload", "data"} {
			if v, ok := e.value(name); ok {
				return appendValue(dst, v)
			}
		}
		return e.object(dst)
	}
	if v, ok := e.value(field); ok {
		return appendValue(dst, v)
	}
	dst, _ = e.object(dst)
	return dst, fieldMissing
}

func appendValue(dst []byte, v string) ([]byte, string) {
	if v == "" {
		return dst, route.Empty
	}
	return append(dst, v...), ""
}

// object appends all fields as an object of JSON, in their order. Values are text, as
// they are in Redis.
func (e *entry) object(dst []byte) ([]byte, string) {
	if len(e.fields) == 0 {
		return dst, route.Empty
	}
	for i := 0; i+1 < len(e.fields); i += 2 {
		name, _ := e.fields[i].(string)
		v, _ := e.fields[i+1].(string)
		dst = append(dst, "{,"[min(i, 1)])
		dst = jsontext.AppendString(dst, name)
		dst = jsontext.AppendString(append(dst, ':'), v)
	}
	return append(dst, '}'), ""
}

// envelope is what the adapter is told besides. The id is the entry's field of that
// name, as Millrace's sink writes it, else the entry's own.
func (e *entry) envelope(key string) string {
	v := route.Envelope{ID: e.id, Topic: key}
	if id, ok := e.value("id"); ok && id != "" {
		v.ID = id
	}
	v.Key, _ = e.value("key")
	return string(v.Append(nil))
}
