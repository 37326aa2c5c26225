package declared

import (
	"math"
	"strconv"
	"strings"

	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/expression"
)

// member is a member of an event's JSON, and where its value goes; or an object with
// members.
type member struct {
	name     string
	kind     expression.Kind
	slot     int // -1: only members within it are wanted
	children []member
}

// addMember adds a path to the members that are read.
func addMember(to []member, path string, kind expression.Kind, slot int) []member {
	name, rest, nested := strings.Cut(path, ".")
	at := -1
	for i := range to {
		if to[i].name == name {
			at = i
		}
	}
	if at < 0 {
		at = len(to)
		to = append(to, member{name: name, slot: -1})
	}
	if nested {
		to[at].children = addMember(to[at].children, rest, kind, slot)
	} else {
		to[at].kind, to[at].slot = kind, slot
	}
	return to
}

// readMembers sets the cells of the members that a JSON object has. Adapters have
// checked the document, so an error in it ends the members.
func readMembers(members []member, json string, cells []cell) {
	if json == "" {
		return
	}
	var c jsontext.Cursor
	c.Reset(json)
	for c.Object(); c.More(); {
		key := c.Key()
		value := c.Value()
		if c.Err() != nil {
			return
		}
		for i := range members {
			m := &members[i]
			if m.name != key.Raw {
				continue
			}
			if m.slot >= 0 {
				cells[m.slot] = m.cell(value)
			}
			if len(m.children) > 0 && value.Kind == jsontext.Object {
				readMembers(m.children, value.Raw, cells)
			}
		}
	}
}

// cell reads a value as the member's kind; what is none is missing.
func (m *member) cell(v jsontext.Value) cell {
	if v.Kind != jsontext.String && v.Kind != jsontext.Number && v.Kind != jsontext.Bool {
		return cell{}
	}
	written := v.Raw
	if v.Escaped {
		written = string(jsontext.Unescape(nil, v.Raw))
	}
	switch m.kind {
	case expression.Boolean:
		return cell{Number: truth(written == "true").Number, Known: written == "true" || written == "false"}
	case expression.Number:
		f, err := strconv.ParseFloat(written, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return cell{}
		}
		return cell{Number: int64(math.Float64bits(f)), Known: true}
	case expression.Text:
		return cell{Text: written}
	}
	n, err := m.integer(written)
	if err != nil {
		return cell{}
	}
	return cell{Number: n, Known: true}
}

func (m *member) integer(written string) (int64, error) {
	switch m.kind {
	case expression.Money:
		v, err := event.ParseMicros(written)
		return int64(v), err
	case expression.Instant:
		return expression.ParseTime(written)
	}
	return strconv.ParseInt(written, 10, 64)
}
