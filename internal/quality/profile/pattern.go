package profile

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

const maxPatterns = 4

// part is a run of characters of one class, in the texts of all shapes that are alike.
type part struct {
	class    byte
	min, max int
}

// pattern is the expression for all shapes of the column: those that differ by the
// lengths of their runs only are one. It is empty when there are too many shapes, or some
// of which no expression should be made.
func (c *column) pattern() string {
	if c.shapes.full || len(c.shapes.slots) == 0 {
		return ""
	}
	var order []string
	alike := make(map[string][]part)
	for _, i := range c.shapes.order() {
		parts, ok := parseShape(string(c.shapes.slots[i].value))
		if !ok {
			return ""
		}
		classes := make([]byte, len(parts))
		for k, p := range parts {
			classes[k] = p.class
		}
		key := string(classes)
		before, known := alike[key]
		if !known {
			order = append(order, key)
			alike[key] = parts
			continue
		}
		for k, p := range parts {
			before[k].min, before[k].max = min(before[k].min, p.min), max(before[k].max, p.max)
		}
	}
	if len(order) > maxPatterns {
		return ""
	}
	branches := make([]string, len(order))
	for i, key := range order {
		branches[i] = expression(alike[key])
	}
	if len(branches) == 1 {
		return "^" + branches[0] + "$"
	}
	return "^(?:" + strings.Join(branches, "|") + ")$"
}

// parseShape reads a shape. It refuses those that are cut, that have braces of their own,
// or characters outside ASCII.
func parseShape(s string) ([]part, bool) {
	var parts []part
	for i := 0; i < len(s); {
		class := s[i]
		if class >= utf8.RuneSelf || class == '{' || class == '}' {
			return nil, false
		}
		p := part{class, 1, 1}
		if i++; i < len(s) && s[i] == '{' {
			end := strings.IndexByte(s[i:], '}')
			if end < 0 {
				return nil, false
			}
			n, err := strconv.Atoi(s[i+1 : i+end])
			if err != nil || n < 2 || n > 1000 {
				return nil, false
			}
			p.min, p.max = n, n
			i += end + 1
		}
		parts = append(parts, p)
	}
	return parts, true
}

func expression(parts []part) string {
	var b strings.Builder
	for _, p := range parts {
		switch p.class {
		case 'A':
			b.WriteString("[A-Z]")
		case 'a':
			b.WriteString("[a-z]")
		case '9':
			b.WriteString("[0-9]")
		default:
			b.WriteString(regexp.QuoteMeta(string(p.class)))
		}
		switch {
		case p.max == 1:
		case p.min == p.max:
			b.WriteString("{" + strconv.Itoa(p.min) + "}")
		default:
			b.WriteString("{" + strconv.Itoa(p.min) + "," + strconv.Itoa(p.max) + "}")
		}
	}
	return b.String()
}
