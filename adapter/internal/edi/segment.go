package edi

import "bytes"

// maxElements bounds what is kept of a segment; the widest of the standards has
// fewer than forty.
const maxElements = 128

// Segment is one segment of a message. It points into the message.
type Segment struct {
	Number int // in its message, from 1
	Offset int // of its first byte in the message
	// Elements is how many there are behind the tag; those above the limit are
	// counted and not kept.
	Elements int

	raw  []byte
	ends [maxElements + 1]int32 // of tag and elements, in raw
}

// Tag names the segment.
func (s *Segment) Tag() []byte { return s.raw[:s.ends[0]] }

// Element returns element n, from 1, as it stands; nil if there is none.
func (s *Segment) Element(n int) []byte {
	if n > s.Elements || n > maxElements {
		return nil
	}
	return s.raw[s.ends[n-1]+1 : s.ends[n]]
}

// offset returns where element n begins in the message.
func (s *Segment) offset(n int) int {
	if n < 1 || n > min(s.Elements, maxElements) {
		return s.Offset
	}
	return s.Offset + int(s.ends[n-1]) + 1
}

// Scanner goes through the segments of a message.
type Scanner struct {
	Segment Segment

	syntax *Syntax
	data   []byte
	pos    int
	// Unterminated says that the last segment was ended by the data's end.
	Unterminated bool
}

// Reset begins anew with data, which must not change while it is scanned.
func (s *Scanner) Reset(x *Syntax, data []byte) {
	s.syntax, s.data, s.pos, s.Unterminated = x, data, 0, false
	s.Segment.Number = 0
}

// Next reads a segment; it is false behind the last.
func (s *Scanner) Next() bool {
	for {
		s.pos = s.syntax.skipBlank(s.data, s.pos)
		if s.pos >= len(s.data) {
			return false
		}
		if s.syntax.class[s.data[s.pos]] != isSegment {
			break
		}
		s.pos++ // an empty segment, such as a blank line where lines are segments
	}
	g := &s.Segment
	g.Number++
	g.Offset = s.pos
	rest := s.data[s.pos:]
	n, elements := 0, 0
	for n < len(rest) {
		class := s.syntax.class[rest[n]]
		if class == isData {
			n++
			continue
		}
		if class == isRelease {
			n += 2
			continue
		}
		if class == isSegment {
			break
		}
		if elements < maxElements {
			g.ends[elements] = int32(n)
		}
		elements++
		n++
	}
	if n >= len(rest) {
		n = len(rest)
		s.Unterminated = true
		s.pos = len(s.data)
	} else {
		s.pos += n + 1
	}
	g.raw = rest[:n]
	g.Elements = elements
	g.ends[min(elements, maxElements)] = int32(n)
	return true
}

// component returns component n of an element, from 1, as it stands; nil if there
// is none.
func (x *Syntax) component(element []byte, n int) []byte {
	for {
		end := x.next(element, x.Component)
		if n == 1 {
			return element[:end]
		}
		if end == len(element) {
			return nil
		}
		element = element[end+1:]
		n--
	}
}

// next returns the position of the first separator in text that is not released,
// or the text's length.
func (x *Syntax) next(text []byte, separator byte) int {
	for from := 0; ; {
		n := bytes.IndexByte(text[from:], separator)
		if n < 0 {
			return len(text)
		}
		end := from + n
		if x.Release == 0 || end == 0 || text[end-1] != x.Release || !x.released(text[:end]) {
			return end
		}
		from = end + 1
	}
}

// appendUnreleased appends text without its release characters.
func (x *Syntax) appendUnreleased(dst, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		if text[i] == x.Release && x.Release != 0 && i+1 < len(text) {
			i++
		}
		dst = append(dst, text[i])
	}
	return dst
}
