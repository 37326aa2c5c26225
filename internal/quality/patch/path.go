package patch

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// segment is one step of a path into a JSON document: a member, an element, or all
// elements.
type segment struct {
	key     string
	index   int
	element bool
	all     bool
}

const maxSegments = 32

// parsePath reads items[0].price, items[*].price or ["odd.key"].x; a $. before it says
// that it is a path and nothing else.
func parsePath(text string) ([]segment, error) {
	rest, rooted := strings.CutPrefix(text, "$.")
	var path []segment
	for first := true; rest != ""; first = false {
		if len(path) == maxSegments {
			return nil, fmt.Errorf("a path has at most %d parts", maxSegments)
		}
		var s segment
		var err error
		switch {
		case rest[0] == '[':
			s, rest, err = parseBracket(rest)
		case first || rest[0] == '.':
			if !first {
				rest = rest[1:]
			}
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			s.key, rest = rest[:end], rest[end:]
			if s.key == "" {
				err = errors.New(`a name is missing between dots; write ["name"] for odd names`)
			}
		default:
			err = errors.New(`a "." or "[" is missing behind "]"`)
		}
		if err != nil {
			return nil, err
		}
		path = append(path, s)
	}
	if len(path) == 0 {
		return nil, errors.New("the path is empty")
	}
	if !rooted && strings.HasPrefix(text, "$") {
		return nil, errors.New(`a path into JSON begins with a name, or with "$." and a name`)
	}
	return path, nil
}

func parseBracket(text string) (s segment, rest string, err error) {
	if strings.HasPrefix(text, `["`) {
		quoted, err := strconv.QuotedPrefix(text[1:])
		if err != nil || !strings.HasPrefix(text[1+len(quoted):], "]") {
			return s, "", errors.New(`a name in brackets is not closed; write ["name"]`)
		}
		s.key, err = strconv.Unquote(quoted)
		return s, text[len(quoted)+2:], err
	}
	inside, rest, closed := strings.Cut(text[1:], "]")
	if !closed {
		return s, "", errors.New(`a "[" without "]"`)
	}
	if inside == "*" {
		return segment{element: true, all: true}, rest, nil
	}
	n, ok := small(inside, 1_000_000)
	if !ok {
		return s, "", fmt.Errorf(`cannot take [%s]; write [0], [*] or ["name"]`, inside)
	}
	return segment{element: true, index: n}, rest, nil
}

// appendMember and appendElement extend the name of a place, so that parsePath reads it.
func appendMember(name, key string) string {
	if key == "" || strings.ContainsAny(key, ".[]\"$") {
		return name + "[" + strconv.Quote(key) + "]"
	}
	if name == "" {
		return key
	}
	return name + "." + key
}

func appendElement(name string, index int) string {
	return name + "[" + strconv.Itoa(index) + "]"
}
