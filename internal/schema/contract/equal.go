package contract

import (
	"bytes"
	"slices"

	"github.com/millrace/millrace/adapter/jsontext"
)

// appendEqual appends a form of a JSON value that equal values share, whatever their
// layout: members in the order of their names, numbers without what does not count,
// texts without escapes. The value must be valid.
func appendEqual(dst []byte, v jsontext.Value) []byte {
	switch v.Kind {
	case jsontext.String:
		dst = append(dst, '"')
		if v.Escaped {
			dst = jsontext.Unescape(dst, v.Raw)
		} else {
			dst = append(dst, v.Raw...)
		}
		return append(dst, 0xff) // which no text has
	case jsontext.Number:
		return append(readDecimal(v.Raw).appendTo(dst), 0xff)
	case jsontext.Array:
		var c jsontext.Cursor
		c.Reset(v.Raw)
		dst = append(dst, '[')
		for c.Array(); c.More(); {
			dst = appendEqual(dst, c.Value())
		}
		return append(dst, ']')
	case jsontext.Object:
		return appendEqualObject(dst, v.Raw)
	}
	return append(dst, v.Raw...)
}

// appendEqualObject takes the last of members with one name, as most readers of JSON do.
func appendEqualObject(dst []byte, raw string) []byte {
	type member struct{ key, value []byte }
	var members []member
	var c jsontext.Cursor
	c.Reset(raw)
	for c.Object(); c.More(); {
		key := appendEqual(nil, c.Key())
		value := appendEqual(nil, c.Value())
		if i := slices.IndexFunc(members, func(m member) bool { return bytes.Equal(m.key, key) }); i >= 0 {
			members[i].value = value
			continue
		}
		members = append(members, member{key, value})
	}
	slices.SortFunc(members, func(a, b member) int { return bytes.Compare(a.key, b.key) })
	dst = append(dst, '{')
	for _, m := range members {
		dst = append(append(dst, m.key...), m.value...)
	}
	return append(dst, '}')
}

// unique reports whether an array has no two equal items.
func (c *Checker) unique(raw string) bool {
	var items jsontext.Cursor
	items.Reset(raw)
	forms := c.forms[:0]
	from := len(c.scratch)
	for items.Array(); items.More(); {
		start := len(c.scratch)
		c.scratch = appendEqual(c.scratch, items.Value())
		forms = append(forms, span{start, len(c.scratch)})
	}
	slices.SortFunc(forms, func(a, b span) int {
		return bytes.Compare(c.scratch[a.from:a.to], c.scratch[b.from:b.to])
	})
	unique := true
	for i := 1; i < len(forms) && unique; i++ {
		unique = !bytes.Equal(c.scratch[forms[i-1].from:forms[i-1].to], c.scratch[forms[i].from:forms[i].to])
	}
	c.scratch, c.forms = c.scratch[:from], forms[:0]
	return unique
}

type span struct{ from, to int }
