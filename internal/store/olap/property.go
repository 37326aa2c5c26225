package olap

import (
	"strings"

	"github.com/millrace/millrace/adapter/jsontext"
)

// property is the text of a member of the event's properties, as their ->> operator gives
// it: text without its quotes, other values as they stand, and nothing for null.
func property(name string) TextOf {
	quoted := `"` + name + `"`
	return func(s *Selection, r Row) string {
		text := s.Batch.Properties[r.Event]
		if !strings.Contains(text, quoted) { // of most events; spares reading it
			return ""
		}
		return member(text, name)
	}
}

// member returns the first member of that name of an object. It allocates for a text with
// escapes only.
func member(object, name string) string {
	var c jsontext.Cursor
	c.Reset(object)
	for c.Object(); c.More(); {
		key, value := c.Key(), c.Value()
		switch {
		case key.Raw != name || c.Err() != nil:
			continue
		case value.Kind == jsontext.Null:
			return ""
		case value.Escaped:
			return string(jsontext.Unescape(nil, value.Raw))
		}
		return value.Raw
	}
	return ""
}
