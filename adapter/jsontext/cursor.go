package jsontext

import (
	"unicode/utf8"
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
	Kind Kind
	// Raw is the text of the value. That of a string is without its quotes, and
	// still escaped if Escaped says so.
	Raw     string
	Escaped bool
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
				c.pos = i
				c.fail("is not UTF-8")
				return
			}
			i += n
		}
	}
	c.space()
}

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
		c.fail("something follows the end of the document")
	}
	return c.err
}

// Kind returns what the next value is, by its first character.
func (c *Cursor) Kind() Kind {
	if c.err != nil || c.pos == len(c.text) {
		return Invalid
	}
	switch b := c.text[c.pos]; {
	case b == '"':
		return String
	case b == '{':
		return Object
	case b == '[':
		return Array
	case b == '-' || b >= '0' && b <= '9':
		return Number
	case b == 't' || b == 'f':
		return Bool
	case b == 'n':
		return Null
	}
	return Invalid
}

// Object enters the object that the cursor is at.
func (c *Cursor) Object() { c.enter('{', false, "an object is wanted here") }

// Array enters the array that the cursor is at.
func (c *Cursor) Array() { c.enter('[', true, "an array is wanted here") }

func (c *Cursor) enter(open byte, array bool, message string) {
	switch {
	case c.err != nil:
	case c.pos == len(c.text) || c.text[c.pos] != open:
		c.fail(message)
	case c.depth == MaxDepth:
		c.fail("is nested too deeply")
	default:
		c.depth++
		c.array[c.depth] = array
		c.first = true
		c.pos++
		c.space()
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
	if c.pos == len(c.text) {
		c.failEnd()
		return false
	}
	if c.text[c.pos] == closing {
		c.pos++
		c.depth--
		c.first = false
		c.space()
		return false
	}
	if !c.first {
		if c.text[c.pos] != ',' {
			c.fail("a comma or " + string(closing) + " is missing here")
			return false
		}
		c.pos++
		c.space()
	}
	c.first = false
	return true
}

// Key reads the key of a member, and goes to its value.
func (c *Cursor) Key() Value {
	if c.err != nil {
		return Value{}
	}
	if c.pos == len(c.text) || c.text[c.pos] != '"' {
		c.fail("a key in double quotes is missing here")
		return Value{}
	}
	key := c.string()
	if c.err != nil {
		return Value{}
	}
	c.space()
	if c.pos == len(c.text) || c.text[c.pos] != ':' {
		c.fail("a colon is missing here")
		return Value{}
	}
	c.pos++
	c.space()
	return key
}

// Value reads the next value, whatever it is, and goes behind it.
func (c *Cursor) Value() Value {
	start, kind := c.pos, c.Kind()
	v := Value{Kind: kind}
	switch kind {
	case String:
		v = c.string()
	case Number:
		c.number()
		v.Raw = c.text[start:c.pos]
	case Object, Array:
		c.container(kind)
		if c.err != nil {
			return Value{}
		}
		v.Raw = c.From(start)
		return v
	case Null:
		c.word("null")
		v.Raw = "null"
	case Bool:
		v.Raw = "true"
		if c.text[start] == 'f' {
			v.Raw = "false"
		}
		c.word(v.Raw)
	default:
		if c.err == nil {
			c.fail("a value is missing here")
		}
	}
	if c.err != nil {
		return Value{}
	}
	c.space()
	return v
}

func (c *Cursor) container(kind Kind) {
	if kind == Array {
		for c.Array(); c.More(); {
			c.Value()
		}
		return
	}
	for c.Object(); c.More(); {
		c.Key()
		c.Value()
	}
}

func (c *Cursor) word(w string) {
	if len(c.text)-c.pos < len(w) || c.text[c.pos:c.pos+len(w)] != w {
		c.fail("no value starts like this")
		return
	}
	c.pos += len(w)
}

// plain holds the bytes that stand for themselves in a string.
var plain = func() (t [256]bool) {
	for b := range t {
		t[b] = b >= 0x20 && b != '"' && b != '\\'
	}
	return t
}()

// string reads a string whose opening quote the cursor is at.
func (c *Cursor) string() Value {
	text, i := c.text, c.pos+1
	start, escaped := i, false
	for i < len(text) {
		b := text[i]
		switch {
		case plain[b]:
			i++
		case b == '"':
			c.pos = i + 1
			return Value{Kind: String, Raw: text[start:i], Escaped: escaped}
		case b == '\\':
			n := escapeLength(text[i:])
			if n == 0 {
				c.pos = i
				c.fail("is no escape that JSON has")
				return Value{}
			}
			escaped = true
			i += n
		default:
			c.pos = i
			c.fail("is a control character, which must be escaped in text")
			return Value{}
		}
	}
	c.pos = len(text)
	c.failEnd()
	return Value{}
}

// escapeLength is 0 when s does not start with a valid escape.
func escapeLength(s string) int {
	if len(s) < 2 {
		return 0
	}
	switch s[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(s[2:]); ok {
			return 6
		}
	}
	return 0
}

// number checks the grammar of RFC 8259, section 6.
func (c *Cursor) number() {
	text, i := c.text, c.pos
	if text[i] == '-' {
		i++
	}
	whole := digits(text, i)
	if whole == 0 || whole > 1 && text[i] == '0' {
		c.fail("is no number")
		return
	}
	i += whole
	if i < len(text) && text[i] == '.' {
		n := digits(text, i+1)
		if n == 0 {
			c.fail("is no number: digits are missing behind the point")
			return
		}
		i += 1 + n
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		n := digits(text, i)
		if n == 0 {
			c.fail("is no number: digits are missing in the exponent")
			return
		}
		i += n
	}
	c.pos = i
}

func digits(s string, from int) (n int) {
	for from+n < len(s) && s[from+n] >= '0' && s[from+n] <= '9' {
		n++
	}
	return n
}

func isSpace(b byte) bool { return b == ' ' || b == '\n' || b == '\t' || b == '\r' }

func (c *Cursor) space() {
	for c.pos < len(c.text) && isSpace(c.text[c.pos]) {
		c.pos++
	}
}
