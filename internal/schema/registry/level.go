package registry

import (
	"slices"

	"github.com/millrace/millrace/internal/schema"
)

// Level says which versions of a subject must be able to read whose data.
type Level string

// The levels of compatibility.
const (
	None               Level = "NONE"
	Backward           Level = "BACKWARD"            // the new version reads the newest one's data
	BackwardTransitive Level = "BACKWARD_TRANSITIVE" // and that of all before
	Forward            Level = "FORWARD"             // the newest version reads the new one's data
	ForwardTransitive  Level = "FORWARD_TRANSITIVE"
	Full               Level = "FULL" // both
	FullTransitive     Level = "FULL_TRANSITIVE"

	DefaultLevel = Backward
)

var levels = []Level{None, Backward, BackwardTransitive, Forward, ForwardTransitive, Full, FullTransitive}

func (l Level) valid() bool { return slices.Contains(levels, l) }

func (l Level) backward() bool {
	return l == Backward || l == BackwardTransitive || l == Full || l == FullTransitive
}

func (l Level) forward() bool {
	return l == Forward || l == ForwardTransitive || l == Full || l == FullTransitive
}

func (l Level) transitive() bool {
	return l == BackwardTransitive || l == ForwardTransitive || l == FullTransitive
}

// Mode says what may be done to a subject.
type Mode string

// The modes.
const (
	ReadWrite        Mode = "READWRITE"
	ReadOnly         Mode = "READONLY"
	ReadOnlyOverride Mode = "READONLY_OVERRIDE" // of all: holds even where a subject has its own
	Import           Mode = "IMPORT"            // the sender gives ids and versions
)

func (m Mode) valid() bool {
	return m == ReadWrite || m == ReadOnly || m == ReadOnlyOverride || m == Import
}

func (m Mode) writable() bool { return m == ReadWrite || m == Import }

// check returns why a new version does not fit an earlier one.
func (l Level) check(next, earlier schema.Schema, number int, text string) []string {
	var messages []string
	add := func(found []schema.Incompatibility) {
		for _, i := range found {
			messages = append(messages, i.String())
		}
	}
	if l.backward() {
		add(next.Reads(earlier))
	}
	if l.forward() {
		add(earlier.Reads(next))
	}
	if len(messages) > 0 {
		messages = append(messages,
			"{oldSchemaVersion: "+itoa(number)+"}", "{oldSchema: '"+text+"'}", "{compatibility: '"+string(l)+"'}")
	}
	return messages
}
