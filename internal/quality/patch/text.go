package patch

import (
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/millrace/millrace/internal/braces"
)

// change returns the new value of a place.
type change = func(*state, value) (value, error)

// eachText is a change of a text that is there; one that is missing or empty stays.
func eachText(f func(string) string) change {
	return func(_ *state, v value) (value, error) {
		if v.empty() {
			return v, nil
		}
		if text := f(v.text); text != v.text {
			return v.with(text), nil
		}
		return v, nil
	}
}

// found is a change that may make nothing of a value: f is false then, and the value is
// left alone, or gets the default if there is one.
func found(otherwise string, f func(value) (value, bool)) change {
	return func(_ *state, v value) (value, error) {
		if !v.empty() {
			if after, ok := f(v); ok {
				return after, nil
			}
		}
		if otherwise != "" {
			return v.with(otherwise), nil
		}
		return v, nil
	}
}

func constant(text string) change {
	return func(_ *state, v value) (value, error) {
		if v.empty() {
			return v.with(text), nil
		}
		return v, nil
	}
}

func emptied(_ *state, v value) (value, error) {
	if v.empty() {
		return v, nil
	}
	return value{kind: kindText, retype: true}, nil
}

func truncated(most int) func(string) string {
	return func(text string) string {
		if utf8.RuneCountInString(text) <= most {
			return text
		}
		n := 0
		for i := range text {
			if n == most {
				return text[:i]
			}
			n++
		}
		return text
	}
}

// part is a piece of a template: text as it stands, a field, or the value itself.
type part struct {
	text  string
	field *ref
	own   bool
}

// templated sets a value by a template, everywhere or only where there is none.
func templated(parts []part, missing bool) change {
	return func(st *state, v value) (value, error) {
		if missing && !v.empty() {
			return v, nil
		}
		st.fault = nil
		var text []byte
		for i := range parts {
			p := &parts[i]
			piece := p.text
			switch {
			case p.own:
				piece = v.text
			case p.field != nil:
				piece = st.get(p.field).text
			}
			if piece == "" {
				return v, st.fault // "guest:" with nothing behind it would be one guest of all
			}
			if text = append(text, piece...); len(text) > maxTextBytes {
				return v, fmt.Errorf("the value would have more than %d bytes", maxTextBytes)
			}
		}
		if string(text) == v.text {
			return v, st.fault
		}
		return v.with(string(text)), st.fault
	}
}

// parseTemplate reads text with {field} in it; {{ and }} stand for braces.
func parseTemplate(text string) ([]part, error) {
	var parts []part
	err := braces.Parse(text, func(plain string) { parts = append(parts, part{text: plain}) }, func(name string) error {
		p := part{own: name == ownValue}
		if !p.own {
			p.field = newRef(name)
		}
		parts = append(parts, p)
		return nil
	})
	if err == nil && len(parts) > maxTemplateParts {
		err = fmt.Errorf("the text has %d parts, at most %d are allowed", len(parts), maxTemplateParts)
	}
	return parts, err
}

// replaceAll replaces what a regular expression finds, as long as the result is at most
// so long.
func replaceAll(r *regexp.Regexp, with string, text []byte, most int) ([]byte, error) {
	matches := r.FindAllSubmatchIndex(text, maxMatches+1)
	if len(matches) > maxMatches {
		return nil, fmt.Errorf("the regular expression fits more than %d times", maxMatches)
	}
	out, done := make([]byte, 0, len(text)), 0
	for _, m := range matches {
		out = append(out, text[done:m[0]]...)
		out = r.Expand(out, []byte(with), text, m)
		if done = m[1]; len(out) > most {
			return nil, fmt.Errorf("the text would have more than %d bytes", most)
		}
	}
	return append(out, text[done:]...), nil
}

// checkGroups reports a group that a replacement names and the expression has not.
func checkGroups(r *regexp.Regexp, with string) error {
	names := r.SubexpNames()
	for _, m := range groupForm.FindAllStringSubmatch(with, -1) {
		name := m[1] + m[2]
		if name == "" {
			continue // $$
		}
		if n, ok := small(name, maxColumns); ok && n < len(names) || !ok && slices.Contains(names, name) {
			continue
		}
		return fmt.Errorf("$%s is no group of the expression, which has %d; write ${1} before letters and digits, and $$ for a dollar sign", name, len(names)-1)
	}
	return nil
}

var groupForm = regexp.MustCompile(`\$(?:\$|\{(\w+)\}|(\w+))`)

// toUTF8 reads bytes that are no UTF-8 in another encoding.
func toUTF8(from *charmap.Charmap, text []byte) []byte {
	if utf8.Valid(text) {
		return text
	}
	out := make([]byte, 0, len(text)+8)
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			out = utf8.AppendRune(out, from.DecodeByte(text[i]))
		} else {
			out = append(out, text[i:i+n]...)
		}
		i += n
	}
	return out
}
