package patch

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/adapter"
)

// content is a payload that is open for changes.
type content interface {
	// find returns the places that a field names, in the order of the text. Places that
	// are missing, and could be made, are among them.
	find(*ref) ([]place, error)
	read(place) value
	// write puts values in places of one find, in its order.
	write([]edit) error
	// remove takes one place out of the payload.
	remove(place) error
	payload() []byte
}

// place is where a value stands in a payload, or could. It is good until the next change.
type place struct {
	name   string // for people
	exists bool

	column int // of a line

	// Of a JSON document: the value, with the name of its member before it, or, when it
	// does not exist, where to put what; rest is what must be made around it.
	from, to  int
	keyFrom   int
	member    bool // of an object
	first     bool // nothing stands before it in its container
	container int  // where its container begins
	rest      []segment
}

// edit puts a value in a place.
type edit struct {
	place
	value value
}

// kind is what a value is in its format. In lines all values are texts.
type kind uint8

const (
	kindMissing kind = iota // not there, or null
	kindText
	kindNumber
	kindBoolean
	kindComposite // an array or object, as JSON text
)

// value is a value as text.
type value struct {
	kind kind
	text string
	// retype makes the value's kind count when it is written; else a place keeps the kind
	// that it had, if the text allows it.
	retype bool
}

func (v value) empty() bool { return v.kind == kindMissing || v.text == "" }

// with is the same value with another text.
func (v value) with(text string) value {
	if v.kind == kindMissing || v.kind == kindComposite {
		return value{kind: kindText, text: text}
	}
	v.text = text
	return v
}

// ref is a field that a patch names.
type ref struct {
	name     string
	position int       // from 1, of $4; 0: none
	path     []segment // nil when the name is no path
}

func newRef(name string) *ref {
	r := &ref{name: name}
	if digits, ok := strings.CutPrefix(name, "$"); ok {
		if n, ok := small(digits, maxColumns); ok && n > 0 {
			r.position = n
		}
	}
	r.path, _ = parsePath(name)
	return r
}

// many reports whether a path can name several places.
func (r *ref) many() bool {
	return slices.ContainsFunc(r.path, func(s segment) bool { return s.all })
}

// small reads a number of at most max.
func small(digits string, most int) (int, bool) {
	n := 0
	for i := range len(digits) {
		c := digits[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		if n = n*10 + int(c-'0'); n > most {
			return 0, false
		}
	}
	return n, digits != ""
}

// Format says how payloads are written.
type Format = adapter.Layout

// Document is a payload to be repaired.
type Document struct {
	Payload  []byte
	Format   Format // of its envelope: [adapter.LayoutOf]
	MaxBytes int    // of the repaired payload; 1 MiB when 0
}

// errText says that a payload has no fields.
var errText = errors.New("payloads of this format have no fields; use replace or payload on the whole")

func open(d *Document) (content, error) {
	switch d.Format.Syntax {
	case adapter.JSON:
		return openJSON(d.Payload)
	case adapter.Delimited:
		return openLine(d.Payload, &d.Format)
	}
	return nil, errText
}

// Value is one field of a payload.
type Value struct {
	Field string `json:"field"` // as a step's field
	Text  string `json:"text"`
}

// Read lists the fields of a payload in its order, each under a name that a step can
// use. Of JSON documents they are the values that are neither arrays nor objects. The
// error says why the payload has no fields that can be changed.
func Read(d Document) ([]Value, error) {
	c, err := open(&d)
	if err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case *line:
		return c.values(), nil
	case *document:
		return c.values()
	}
	panic(fmt.Sprintf("BUG: %T lists no values", c))
}
