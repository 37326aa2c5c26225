package edi

import (
	"bytes"
	"fmt"
)

// Standard is one of the two families of syntax.
type Standard uint8

// The standards.
const (
	X12 Standard = iota
	EDIFACT
)

// services are the segments that make envelopes.
type services struct {
	name                               string // as rules and users spell it
	interchange, interchangeEnd        string
	group, groupEnd                    string
	message, messageEnd                string
	groupWord, messageWord, trailerRef string
}

var serviceSegments = [...]services{
	X12:     {"x12", "ISA", "IEA", "GS", "GE", "ST", "SE", "functional group", "transaction set", "02"},
	EDIFACT: {"edifact", "UNB", "UNZ", "UNG", "UNE", "UNH", "UNT", "functional group", "message", "02"},
}

func (s Standard) services() *services { return &serviceSegments[s] }

// String is the name that adapters and rules have.
func (s Standard) String() string { return serviceSegments[s].name }

// Syntax is what the beginning of an interchange declares.
type Syntax struct {
	Standard   Standard
	Element    byte // between elements
	Component  byte // between components of an element
	Repetition byte // between repetitions of an element; 0: there are none
	Release    byte // makes the next byte data; 0: there is none
	Segment    byte // behind a segment
	Charset    string

	class [256]uint8 // what a byte is to the scanner
}

// The classes of bytes.
const (
	isData = iota
	isElement
	isSegment
	isRelease
)

func (x *Syntax) prepare() {
	x.class = [256]uint8{}
	x.class[x.Element] = isElement
	x.class[x.Segment] = isSegment
	if x.Release != 0 {
		x.class[x.Release] = isRelease
	}
}

// Separators are the delimiters as an envelope carries them: element, component,
// segment, repetition, release; a blank for one that there is not.
func (x *Syntax) Separators() string {
	b := []byte{x.Element, x.Component, x.Segment, ' ', ' '}
	if x.Repetition != 0 {
		b[3] = x.Repetition
	}
	if x.Release != 0 {
		b[4] = x.Release
	}
	return string(b)
}

// SyntaxOf is the syntax that [Syntax.Separators] was made of.
func SyntaxOf(s Standard, separators, charset string) (*Syntax, bool) {
	if len(separators) != 5 {
		return nil, false
	}
	x := &Syntax{Standard: s, Element: separators[0], Component: separators[1], Segment: separators[2], Charset: charset}
	if c := separators[3]; c != ' ' {
		x.Repetition = c
	}
	if c := separators[4]; c != ' ' {
		x.Release = c
	}
	x.prepare()
	return x, x.distinct()
}

func (x *Syntax) distinct() bool {
	return x.Element != x.Segment && x.Element != x.Component && x.Component != x.Segment &&
		!isAlphanumeric(x.Element) && !isAlphanumeric(x.Segment)
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

func isBlank(c byte) bool { return c == '\n' || c == '\r' || c == ' ' || c == '\t' }

// skipBlank returns the position of the first byte at or behind pos that is no
// line break or indentation between segments.
func (x *Syntax) skipBlank(data []byte, pos int) int {
	for pos < len(data) && isBlank(data[pos]) && x.class[data[pos]] == isData {
		pos++
	}
	return pos
}

// segmentEnd returns the position of the terminator of the segment at pos, or -1.
func (x *Syntax) segmentEnd(data []byte, pos int) int {
	for from := pos; ; {
		n := bytes.IndexByte(data[from:], x.Segment)
		if n < 0 {
			return -1
		}
		end := from + n
		if x.Release == 0 || end == pos || data[end-1] != x.Release || !x.released(data[pos:end]) {
			return end
		}
		from = end + 1
	}
}

// released reports whether the byte behind text, which ends in a release
// character, is data.
func (x *Syntax) released(text []byte) bool {
	odd := false
	for i := len(text) - 1; i >= 0 && text[i] == x.Release; i-- {
		odd = !odd
	}
	return odd
}

const (
	isaLength   = 106 // with its terminator
	isaElements = 16
	// isaLongest bounds the search for the end of an ISA that is not of the length
	// it must have.
	isaLongest = 256
)

var mark = []byte("\xef\xbb\xbf") // of UTF-8 at the beginning of a file

// readISA reads the syntax that an ISA segment at the beginning of data declares.
// size is its length with the terminator, 0 when data is too short to tell. The
// delimiters stand in fixed places; where a mailbox has squeezed blanks, the
// places are found by counting elements.
func readISA(data []byte) (x *Syntax, size int, err error) {
	if len(data) >= isaLength {
		x = &Syntax{Standard: X12, Element: data[3], Component: data[104], Segment: data[105]}
		if x.distinct() && bytes.Count(data[:105], data[3:4]) == isaElements && data[103] == data[3] {
			return x.withRepetition(data[:105]), isaLength, nil
		}
	} else if len(data) < 4 {
		return nil, 0, nil
	}
	pos := 3
	for n := 1; n < isaElements; n++ {
		next := bytes.IndexByte(data[pos+1:min(len(data), isaLongest)], data[3])
		if next < 0 {
			if len(data) < isaLongest {
				return nil, 0, nil
			}
			return nil, 0, fmt.Errorf("ISA has %d elements within its first %d characters; it must have %d", n, isaLongest, isaElements)
		}
		pos += 1 + next
	}
	if len(data) < pos+3 {
		return nil, 0, nil
	}
	x = &Syntax{Standard: X12, Element: data[3], Component: data[pos+1], Segment: data[pos+2]}
	if !x.distinct() {
		return nil, 0, fmt.Errorf("ISA declares the delimiters %q, %q and %q; they must be three different characters that are no letters or digits",
			x.Element, x.Component, x.Segment)
	}
	return x.withRepetition(data[:pos+2]), pos + 3, nil
}

// withRepetition reads ISA11, which is the repetition separator since version
// 00402 and the letter U before.
func (x *Syntax) withRepetition(isa []byte) *Syntax {
	elements := bytes.SplitN(isa, []byte{x.Element}, 14)
	if r := elements[11]; len(r) == 1 && !isAlphanumeric(r[0]) && string(elements[12]) >= "00402" {
		x.Repetition = r[0]
	}
	x.prepare()
	return x
}

const unaLength = 9

// readUNB reads the syntax of an EDIFACT interchange, by its UNA segment if it has
// one and by the level that UNB names. size is the length of UNA and what stands
// between it and UNB; -1 says that data is too short to tell.
func readUNB(data []byte) (x *Syntax, size int, err error) {
	x = &Syntax{Standard: EDIFACT, Component: ':', Element: '+', Release: '?', Segment: '\''}
	if bytes.HasPrefix(data, []byte("UNA")) {
		if len(data) < unaLength {
			return nil, -1, nil
		}
		x.Component, x.Element, x.Release, x.Segment = data[3], data[4], data[6], data[8]
		if data[7] != ' ' && data[7] != data[3] {
			x.Repetition = data[7]
		}
		if x.Release == ' ' {
			x.Release = 0
		}
		size = unaLength
		if !x.distinct() || x.Release == x.Segment || x.Release == x.Element {
			return nil, 0, fmt.Errorf("UNA declares %q, which are not different delimiters", data[3:unaLength])
		}
	}
	x.prepare()
	size = x.skipBlank(data, size)
	const level = "UNB+UNOA:1+" // how much of UNB is needed
	if len(data) < size+len(level) {
		return nil, -1, nil
	}
	if unb := data[size:]; !bytes.HasPrefix(unb, []byte("UNB")) || unb[3] != x.Element {
		return nil, 0, fmt.Errorf("UNA is followed by %q; want UNB%c", data[size:size+4], x.Element)
	}
	x.Charset = string(data[size+4 : size+8])
	if version := data[size+9]; x.Repetition == 0 && version >= '4' && size == 0 {
		x.Repetition = '*'
	}
	return x, size, nil
}
