package jsontext

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// SyntaxError says where a document is not JSON.
type SyntaxError struct {
	Position
	Message string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("not JSON at line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// Position is a place in a text. The zero value is before its beginning.
type Position struct {
	Offset int // byte, from 0
	Line   int // from 1
	Column int // character of the line, from 1, so that it is what an editor shows
}

// Move goes forward to a byte of the text. Its cost is the distance.
func (p *Position) Move(text string, offset int) {
	if p.Line == 0 {
		p.Line, p.Column = 1, 1
	}
	passed := text[p.Offset:offset]
	if end := strings.LastIndexByte(passed, '\n'); end >= 0 {
		p.Line += strings.Count(passed, "\n")
		p.Column = 1
		passed = passed[end+1:]
	}
	p.Column += utf8.RuneCountInString(passed)
	p.Offset = offset
}

// fault is why a text is not JSON. The scan returns one instead of an error,
// which is made, with its position, only for the caller.
type fault uint8

const (
	sound fault = iota
	notUTF8
	tooDeep
	leadingZero
	controlCharacter
	wantValue // from here on, something else stands where this should be
	wantObject
	wantArray
	wantKey
	wantColon
	wantMember
	wantElement
	wantQuote
	wantEscape
	wantHex
	wantDigit
	wantTrue
	wantFalse
	wantNull
	wantEnd
)

var wants = [...]string{
	wantValue: "a value", wantObject: "'{'", wantArray: "'['", wantKey: "a member name in double quotes", wantColon: "':'",
	wantMember: "',' or '}'", wantElement: "',' or ']'", wantQuote: `the closing '"' of a string`,
	wantEscape: `an escape sequence such as \n, \" or \u00e9`, wantHex: `four hexadecimal digits after '\u'`, wantDigit: "a digit",
	wantTrue: `"true"`, wantFalse: `"false"`, wantNull: `"null"`, wantEnd: "nothing more after the end of the value",
}

// message describes a fault at a byte of the text.
func (f fault) message(text string, pos int) string {
	switch {
	case f == notUTF8:
		return fmt.Sprintf("byte 0x%02x is not UTF-8", text[pos])
	case f == tooDeep:
		return fmt.Sprintf("arrays and objects are nested more than %d deep", MaxDepth)
	case f == leadingZero:
		return "a number with a leading zero"
	case f == controlCharacter:
		return fmt.Sprintf("control character 0x%02x in a string, write it as an escape", text[pos])
	case pos >= len(text):
		return "unexpected end, want " + wants[f]
	}
	r, _ := utf8.DecodeRuneInString(text[pos:])
	return fmt.Sprintf("unexpected %q, want %s", r, wants[f])
}

// fail records a fault and where it is. The cursor stays there.
func (c *Cursor) fail(pos int, f fault) {
	c.pos = min(pos, len(c.text))
	c.err = &SyntaxError{Message: f.message(c.text, c.pos)}
	c.err.Move(c.text, c.pos)
}

// Validate checks that text is one JSON document. The error is nil or a
// *SyntaxError; the pointer type lets callers use its fields at once.
func Validate(text string) *SyntaxError {
	var c Cursor
	c.Reset(text)
	c.Value()
	return c.End()
}
