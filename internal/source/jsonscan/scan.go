package jsonscan

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// MaxDepth is how deeply arrays and objects may be nested.
const MaxDepth = 128

// Error says where and why a document is not JSON.
type Error struct {
	Offset int // byte offset in the scanned data
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("%s at byte %d", e.Reason, e.Offset) }

// LineColumn returns the line and the column, both from 1, of a byte offset.
// Columns count characters, so that they match what an editor shows.
func LineColumn(data []byte, offset int) (line, column int) {
	offset = min(offset, len(data))
	start := bytes.LastIndexByte(data[:offset], '\n') + 1
	return 1 + bytes.Count(data[:start], []byte{'\n'}), 1 + utf8.RuneCount(data[start:offset])
}

// SkipSpace returns the offset of the first byte at or after pos that is no
// JSON whitespace, or len(data).
func SkipSpace(data []byte, pos int) int {
	for pos < len(data) && isSpace(data[pos]) {
		pos++
	}
	return pos
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// CheckUTF8 returns an error at the first byte that is not UTF-8.
func CheckUTF8(data []byte) *Error {
	if utf8.Valid(data) {
		return nil
	}
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return &Error{i, fmt.Sprintf("byte 0x%02x is not UTF-8", data[i])}
		}
		i += n
	}
	return nil
}

// Value validates the value that starts at pos (no leading whitespace) and
// returns the offset behind it.
func Value(data []byte, pos int) (int, *Error) { return value(data, pos, 0) }

// Document validates that data is exactly one JSON value between whitespace.
func Document(data []byte) *Error {
	if err := CheckUTF8(data); err != nil {
		return err
	}
	end, err := value(data, SkipSpace(data, 0), 0)
	if err != nil {
		return err
	}
	return End(data, end)
}

// Visitor is told what an object consists of. Reuse one: its functions are then
// not allocated per object.
type Visitor struct {
	// Member is called for each member with its name as written (escapes are
	// kept) and the bounds of its value.
	Member func(name []byte, start, end int)
	// List names a member. When its value is an array, Element is called with
	// the bounds of each element, before Member.
	List    string
	Element func(start, end int)
}

// Object validates the object at pos, telling v what it consists of. v may be
// nil.
func Object(data []byte, pos int, v *Visitor) (int, *Error) {
	if pos >= len(data) || data[pos] != '{' {
		return pos, unexpected(data, pos, "'{'")
	}
	return object(data, pos, 0, v)
}

// Array validates the array at pos and calls element with the bounds of each
// of its elements. element may be nil.
func Array(data []byte, pos int, element func(start, end int)) (int, *Error) {
	if pos >= len(data) || data[pos] != '[' {
		return pos, unexpected(data, pos, "'['")
	}
	return array(data, pos, 0, element)
}

func value(data []byte, pos, depth int) (int, *Error) {
	if pos >= len(data) {
		return pos, unexpected(data, pos, "a value")
	}
	switch c := data[pos]; {
	case c == '"':
		return str(data, pos)
	case c == '{':
		return object(data, pos, depth, nil)
	case c == '[':
		return array(data, pos, depth, nil)
	case c == '-' || c >= '0' && c <= '9':
		return number(data, pos)
	case c == 't':
		return literal(data, pos, "true")
	case c == 'f':
		return literal(data, pos, "false")
	case c == 'n':
		return literal(data, pos, "null")
	}
	return pos, unexpected(data, pos, "a value")
}

func object(data []byte, pos, depth int, v *Visitor) (int, *Error) {
	if depth >= MaxDepth {
		return pos, tooDeep(pos)
	}
	pos = SkipSpace(data, pos+1)
	if pos < len(data) && data[pos] == '}' {
		return pos + 1, nil
	}
	for {
		if pos >= len(data) || data[pos] != '"' {
			return pos, unexpected(data, pos, "a member name in double quotes")
		}
		nameEnd, err := str(data, pos)
		if err != nil {
			return nameEnd, err
		}
		name := data[pos+1 : nameEnd-1]
		pos = SkipSpace(data, nameEnd)
		if pos >= len(data) || data[pos] != ':' {
			return pos, unexpected(data, pos, "':'")
		}
		pos = SkipSpace(data, pos+1)
		end, err := member(data, pos, depth+1, name, v)
		if err != nil {
			return end, err
		}
		pos = SkipSpace(data, end)
		if pos < len(data) && data[pos] == '}' {
			return pos + 1, nil
		}
		if pos >= len(data) || data[pos] != ',' {
			return pos, unexpected(data, pos, "',' or '}'")
		}
		pos = SkipSpace(data, pos+1)
	}
}

func member(data []byte, pos, depth int, name []byte, v *Visitor) (end int, err *Error) {
	if v == nil {
		return value(data, pos, depth)
	}
	if v.Element != nil && pos < len(data) && data[pos] == '[' && string(name) == v.List {
		end, err = array(data, pos, depth, v.Element)
	} else {
		end, err = value(data, pos, depth)
	}
	if err == nil {
		v.Member(name, pos, end)
	}
	return end, err
}

func array(data []byte, pos, depth int, element func(start, end int)) (int, *Error) {
	if depth >= MaxDepth {
		return pos, tooDeep(pos)
	}
	pos = SkipSpace(data, pos+1)
	if pos < len(data) && data[pos] == ']' {
		return pos + 1, nil
	}
	for {
		end, err := value(data, pos, depth+1)
		if err != nil {
			return end, err
		}
		if element != nil {
			element(pos, end)
		}
		pos = SkipSpace(data, end)
		if pos < len(data) && data[pos] == ']' {
			return pos + 1, nil
		}
		if pos >= len(data) || data[pos] != ',' {
			return pos, unexpected(data, pos, "',' or ']'")
		}
		pos = SkipSpace(data, pos+1)
	}
}

func tooDeep(pos int) *Error {
	return &Error{pos, fmt.Sprintf("arrays and objects are nested more than %d deep", MaxDepth)}
}

// unexpected describes what stands at pos instead of what was wanted.
func unexpected(data []byte, pos int, want string) *Error {
	if pos >= len(data) {
		return &Error{len(data), "unexpected end, want " + want}
	}
	r, _ := utf8.DecodeRune(data[pos:])
	return &Error{pos, fmt.Sprintf("unexpected %q, want %s", r, want)}
}

// End returns an error unless only whitespace follows from pos.
func End(data []byte, pos int) *Error {
	if pos = SkipSpace(data, pos); pos < len(data) {
		return unexpected(data, pos, "nothing more after the end of the value")
	}
	return nil
}
