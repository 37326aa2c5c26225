package jsontext

import (
	"unicode/utf8"
	"unsafe"
)

// MaxDepth bounds the nesting of arrays and objects.
const MaxDepth = 128

// Kind says what a value is.
type Kind uint8

// The kinds of values.
const (
	Invalid Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

var kindNames = [...]string{"nothing", "null", "true or false", "a number", "text", "an array", "an object"}

// String names the kind as a message to a sender does.
func (k Kind) String() string { return kindNames[k] }

// Value is a value as it stands in the document.
type Value struct {
	Kind    Kind
	Escaped bool
	// Raw is the text of the value. That of a string is without its quotes, and
	// still escaped if Escaped says so.
	Raw string
}

// Cursor walks one document. The zero value is at the end of an empty one. It
// serves one goroutine and does not allocate, but for an error.
//
//	c.Reset(text)
//	for c.Object(); c.More(); {
//		key := c.Key()
//		value := c.Value() // or descend with Object or Array
//	}
//	err := c.End()
//
// After an error every method returns zero values and More is false, so that
// loops end and the error is asked for once.
type Cursor struct {
	text  string
	pos   int
	depth int
	first bool // the next member or element is the first of its container
	array [MaxDepth + 1]bool
	err   *SyntaxError
}

// Reset places the cursor before the document's value.
func (c *Cursor) Reset(text string) {
	c.text, c.pos, c.depth, c.first, c.err = text, 0, 0, false, nil
	if !utf8.ValidString(text) {
		for i := 0; ; {
			r, n := utf8.DecodeRuneInString(text[i:])
			if r == utf8.RuneError && n == 1 {
				c.fail(i, notUTF8)
				return
			}
			i += n
		}
	}
	c.pos = skipSpace(text, 0)
}

// View is the bytes as a text that is not copied: neither it nor any part of it
// may be used once they change.
func View(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Err returns what is wrong with the document up to the cursor, or nil.
func (c *Cursor) Err() *SyntaxError { return c.err }

// Offset returns the position of the next value.
func (c *Cursor) Offset() int { return c.pos }

// From returns the document from offset, an earlier [Cursor.Offset], up to the
// cursor, without the white space at its end.
func (c *Cursor) From(offset int) string {
	end := c.pos
	for end > offset && isSpace(c.text[end-1]) {
		end--
	}
	return c.text[offset:end]
}

// End checks that nothing follows the document's value.
func (c *Cursor) End() *SyntaxError {
	if c.err == nil && c.pos < len(c.text) {
		c.fail(c.pos, wantEnd)
	}
	return c.err
}

// Kind returns what the next value is, by its first character.
func (c *Cursor) Kind() Kind {
	if c.err != nil || c.pos == len(c.text) {
		return Invalid
	}
	return kinds[c.text[c.pos]]
}

// Object enters the object that the cursor is at.
func (c *Cursor) Object() { c.enter('{', false, wantObject) }

// Array enters the array that the cursor is at.
func (c *Cursor) Array() { c.enter('[', true, wantArray) }

func (c *Cursor) enter(open byte, array bool, f fault) {
	switch {
	case c.err != nil:
	case c.pos == len(c.text) || c.text[c.pos] != open:
		c.fail(c.pos, f)
	case c.depth == MaxDepth:
		c.fail(c.pos, tooDeep)
	default:
		c.depth++
		c.array[c.depth] = array
		c.first = true
		c.pos = skipSpace(c.text, c.pos+1)
	}
}

// More goes to the next member or element of the container that was entered
// last and not left. It is false, and leaves the container, when there is none.
func (c *Cursor) More() bool {
	if c.err != nil {
		return false
	}
	closing := byte('}')
	if c.array[c.depth] {
		closing = ']'
	}
	end, more, f := scanNext(c.text, c.pos, closing, c.first)
	c.first = false
	switch {
	case f != sound:
		c.fail(end, f)
	case more:
		c.pos = end
	default:
		c.depth--
		c.pos = skipSpace(c.text, end)
	}
	return more
}

// Key reads the key of a member, and goes to its value.
func (c *Cursor) Key() Value {
	if c.err != nil {
		return Value{}
	}
	keyEnd, escaped, end, f := scanKey(c.text, c.pos)
	if f != sound {
		c.fail(end, f)
		return Value{}
	}
	key := Value{Kind: String, Raw: c.text[c.pos+1 : keyEnd-1], Escaped: escaped}
	c.pos = end
	return key
}

// Value reads the next value, whatever it is, and goes behind it.
func (c *Cursor) Value() Value {
	if c.err != nil {
		return Value{}
	}
	v, start := Value{Kind: c.Kind()}, c.pos
	var end int
	var f fault
	switch v.Kind {
	case String:
		end, v.Escaped, f = scanString(c.text, start)
	case Number:
		end, f = scanNumber(c.text, start)
	default:
		end, f = scanValue(c.text, start, c.depth)
	}
	if f != sound {
		c.fail(end, f)
		return Value{}
	}
	c.pos = skipSpace(c.text, end)
	if v.Kind == String {
		start, end = start+1, end-1
	}
	v.Raw = c.text[start:end]
	return v
}
