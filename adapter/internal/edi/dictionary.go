package edi

import (
	"fmt"
	"strconv"
	"strings"
)

// A dictionary says what the elements of segments must be. It is text, one
// segment a line:
//
//	BEG M:ID2/2 M:ID2/2 M:AN1/22 O:AN1/30 M:DT6/8 +6
//	DTM M:(M:an3 O:an35 O:an3)
//
// An element is mandatory (M) or optional (O), has a type, and a least and a
// greatest length (one number is the greatest). Parentheses hold the components
// of a composite. "*" is an element that is not checked, "+6" are six of them.
// "10x(O:ID2/2 O:AN1/80)" repeats elements. A blank line or one that begins with
// # says nothing.
//
// Lengths are those of the newest directory that is in use, since a longer text
// in an older one does no harm.

// elementType is what an element may hold.
type elementType uint8

const (
	anyText elementType = iota // not checked
	text
	identifier // a code: text that does not carry blanks at its ends
	decimal
	integer
	cents // an integer with two implied decimals
	date
	clock
)

var typeNames = map[string]elementType{
	"AN": text, "ID": identifier, "R": decimal, "N0": integer, "N2": cents, "DT": date, "TM": clock,
	"an": text, "a": text, "n": decimal,
}

// elementSpec is what one element or component must be.
type elementSpec struct {
	mandatory  bool
	typ        elementType
	min, max   int
	components []elementSpec
}

// dictionary is the segments that are known, by tag.
type dictionary map[tag][]elementSpec

// tag is a segment's tag, packed: tags have two or three characters.
type tag uint32

func tagOf[T string | []byte](s T) tag {
	if len(s) > 3 || len(s) == 0 {
		return 0
	}
	var t tag
	for i := range len(s) {
		t = t<<8 | tag(s[i])
	}
	return t
}

func (t tag) String() string {
	b := []byte{byte(t >> 16), byte(t >> 8), byte(t)}
	for len(b) > 0 && b[0] == 0 {
		b = b[1:]
	}
	return string(b)
}

func parseDictionary(lines string) (dictionary, error) {
	d := make(dictionary)
	for n, line := range strings.Split(lines, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, rest, _ := strings.Cut(line, " ")
		specs, rest, err := parseElements(rest)
		if err == nil && rest != "" {
			err = fmt.Errorf("%q is too much", rest)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d of the dictionary (%s): %w", n+1, name, err)
		}
		d[tagOf(name)] = specs
	}
	return d, nil
}

// parseElements reads elements up to the end or a closing parenthesis.
func parseElements(s string) (specs []elementSpec, rest string, err error) {
	for {
		s = strings.TrimLeft(s, " ")
		if s == "" || s[0] == ')' {
			return specs, s, nil
		}
		var one []elementSpec
		if one, s, err = parseElement(s); err != nil {
			return nil, "", err
		}
		specs = append(specs, one...)
	}
}

func parseElement(s string) (specs []elementSpec, rest string, err error) {
	word, rest, _ := strings.Cut(s, " ")
	word, closing, closed := strings.Cut(word, ")")
	if closed {
		rest = s[len(word):]
	}
	_ = closing
	switch {
	case word == "*":
		return []elementSpec{{}}, rest, nil
	case word[0] == '+':
		n, err := strconv.Atoi(word[1:])
		return make([]elementSpec, n), rest, err
	}
	if times, _, found := strings.Cut(word, "x("); found {
		n, err := strconv.Atoi(times)
		if err != nil {
			return nil, "", err
		}
		inner, rest, err := parseGroup(s[len(times)+1:])
		for range n {
			specs = append(specs, inner...)
		}
		return specs, rest, err
	}
	if len(word) < 3 || word[1] != ':' || word[0] != 'M' && word[0] != 'O' {
		return nil, "", fmt.Errorf("%q is no element; want M: or O: and a type", word)
	}
	spec := elementSpec{mandatory: word[0] == 'M'}
	if word[2] == '(' {
		spec.components, rest, err = parseGroup(s[2:])
		return []elementSpec{spec}, rest, err
	}
	err = spec.parseType(word[2:])
	return []elementSpec{spec}, rest, err
}

func parseGroup(s string) (inner []elementSpec, rest string, err error) {
	inner, rest, err = parseElements(s[1:])
	if err == nil && rest == "" {
		err = fmt.Errorf("a parenthesis in %q is not closed", s)
	}
	if err != nil {
		return nil, "", err
	}
	return inner, rest[1:], nil
}

func (e *elementSpec) parseType(s string) error {
	if s == "*" {
		return nil
	}
	name := strings.TrimRight(s, "0123456789/")
	if len(name) < len(s) && name == "N" { // N0 and N2: the digit is of the type
		name = s[:2]
	}
	typ, ok := typeNames[name]
	if !ok {
		return fmt.Errorf("there is no type %q", s)
	}
	e.typ, e.min = typ, 1
	least, most, two := strings.Cut(s[len(name):], "/")
	if !two {
		most = least
	}
	var err error
	if e.max, err = strconv.Atoi(most); err != nil {
		return fmt.Errorf("%q has no length", s)
	}
	if two {
		e.min, err = strconv.Atoi(least)
	}
	return err
}
