package pattern

import (
	"errors"
	"strings"
)

// Error is one mistake in a pattern.
type Error struct {
	Path string // field of a [Spec], "steps[2].times"; empty for a pattern built in Go
	What string // whom it is about: `step "B"`; empty for the whole pattern
	Text string // what is wrong and what to do
}

func (e *Error) Error() string {
	parts := make([]string, 0, 4)
	for _, p := range []string{"pattern", e.Path, e.What, e.Text} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ": ")
}

// joined makes one error of all.
func joined(wrong []Error) error {
	all := make([]error, len(wrong))
	for i := range wrong {
		all[i] = &wrong[i]
	}
	return errors.Join(all...)
}
