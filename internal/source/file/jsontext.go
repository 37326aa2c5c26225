package filesource

import (
	"bytes"
	"errors"
)

// jsonText is the format of files that are one array of objects, or objects that
// go over several lines. It serves one file: it remembers whether the array has
// been closed.
//
// It cuts the text at the ends of its values and leaves their grammar to the
// adapter, which quarantines what it cannot read. Only what stands between
// values changes its state, since a value may be looked at more than once.
type jsonText struct {
	array  bool
	opened bool
	closed bool
	skip   jsonScanner // of a value that is too long
}

const jsonSpace = " \t\r\n"

var byteOrderMark = []byte("\ufeff")

// isDocument reports whether a text is JSON that is not one object a line: an
// array, or an object that does not end in its first line.
func isDocument(head []byte) (array, document bool) {
	text := bytes.TrimLeft(bytes.TrimPrefix(head, byteOrderMark), jsonSpace)
	switch {
	case len(text) == 0:
		return false, false
	case text[0] == '[':
		return true, true
	case text[0] != '{':
		return false, false
	}
	line, _, ended := bytes.Cut(text, []byte{'\n'})
	var s jsonScanner
	_, whole := s.scan(line)
	return false, ended && !whole
}

// Next implements adapter.FileFormat.
func (j *jsonText) Next(data []byte, atEOF bool) (advance int, record []byte, breaks int) {
	if n := j.between(data); n > 0 {
		return n, nil, bytes.Count(data[:n], []byte{'\n'})
	}
	if len(data) == 0 {
		return 0, nil, 0
	}
	var end int
	switch data[0] {
	case '{', '[', '"':
		var s jsonScanner
		n, whole := s.scan(data)
		if !whole {
			return 0, nil, 0
		}
		end = n
	default:
		stops := "\n"
		if j.array && !j.closed {
			stops = ",]\n"
		}
		if end = bytes.IndexAny(data[1:], stops) + 1; end == 0 {
			if !atEOF {
				return 0, nil, 0
			}
			end = len(data)
		}
	}
	return end, bytes.TrimRight(data[:end], jsonSpace), bytes.Count(data[:end], []byte{'\n'})
}

// between goes over what stands between two values.
func (j *jsonText) between(data []byte) int {
	n := 0
	if !j.opened && bytes.HasPrefix(data, byteOrderMark) {
		n = len(byteOrderMark)
	}
	for n < len(data) {
		switch c := data[n]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
		case !j.array:
			j.opened = true
			return n
		case c == '[' && (!j.opened || j.closed):
			j.opened, j.closed = true, false
		case c == ',' && j.opened && !j.closed:
		case c == ']' && j.opened && !j.closed:
			j.closed = true
		default:
			return n
		}
		n++
	}
	return n
}

// Header implements adapter.FileFormat.
func (*jsonText) Header([]byte) (envelope string, skip bool, err error) { return "", false, nil }

// ended returns what is wrong with a text that ends here.
func (j *jsonText) ended() error {
	if j.array && !j.closed {
		return errors.New("its array is not closed; it is cut off")
	}
	return nil
}

// skipValue drops data up to the end of a value that was refused, of which it is
// the next piece.
func (j *jsonText) skipValue(data []byte) (rest []byte, done bool) {
	n, done := j.skip.scan(data)
	if done {
		j.skip = jsonScanner{}
	}
	return data[n:], done
}

// jsonScanner finds the end of a value whose text comes in pieces.
type jsonScanner struct {
	depth    int
	inString bool
	escaped  bool
}

// structure marks the bytes that matter outside of strings.
var structure = [256]bool{'"': true, '{': true, '}': true, '[': true, ']': true}

// scan returns the length of the value's rest, and whether it ends in data. What
// is neither a container nor a string ends at once.
func (s *jsonScanner) scan(data []byte) (n int, whole bool) {
	for i, c := range data {
		if s.inString {
			switch {
			case s.escaped:
				s.escaped = false
			case c == '\\':
				s.escaped = true
			case c == '"':
				if s.inString = false; s.depth == 0 {
					return i + 1, true
				}
			}
			continue
		}
		if !structure[c] {
			continue
		}
		switch c {
		case '"':
			s.inString = true
		case '{', '[':
			s.depth++
		default:
			if s.depth--; s.depth <= 0 {
				return i + 1, true
			}
		}
	}
	return len(data), false
}
