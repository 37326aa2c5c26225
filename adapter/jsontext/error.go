package jsontext

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// SyntaxError says where a document is not JSON.
type SyntaxError struct {
	Offset  int // byte, from 0
	Line    int // from 1
	Column  int // character of the line, from 1
	Message string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("not JSON at line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// Position returns the line and the column, both from 1, of a byte of text.
// Columns count characters.
func Position(text string, offset int) (line, column int) {
	before := text[:min(offset, len(text))]
	line = strings.Count(before, "\n") + 1
	return line, utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
}

// fail records what is wrong at the cursor, quoting what stands there when the
// message is about it.
func (c *Cursor) fail(message string) {
	if strings.HasPrefix(message, "is ") && c.pos < len(c.text) {
		message = fmt.Sprintf("%q %s", excerpt(c.text[c.pos:]), message)
	}
	line, column := Position(c.text, c.pos)
	c.err = &SyntaxError{Offset: c.pos, Line: line, Column: column, Message: message}
}

func (c *Cursor) failEnd() { c.fail("the document ends too early") }

// excerpt is the start of s up to a blank or a delimiter.
func excerpt(s string) string {
	const longest = 20
	n := 1
	for n < len(s) && n < longest && strings.IndexByte(" \t\r\n,:]}\"", s[n]) < 0 {
		n++
	}
	return s[:n]
}

// Validate checks that text is one JSON document. The error is nil or a
// *SyntaxError; the pointer type lets callers use its fields at once.
func Validate(text string) *SyntaxError {
	var c Cursor
	c.Reset(text)
	c.Value()
	return c.End()
}
