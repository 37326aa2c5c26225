package contract

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/millrace/millrace/adapter/jsontext"
)

// Violation is one way in which an event breaks its contract.
type Violation struct {
	Field   string // with positions in lists: properties.products[2].price
	Keyword string // of the schema: type, required, minimum …
	Value   string // as received, cut to 256 bytes by whoever stores it
	Message string
}

// maxViolations bounds what is told of one event.
const maxViolations = 16

// Checker checks documents and events. It serves one goroutine, and does not allocate
// for those that keep their contract.
type Checker struct {
	set     *Set
	cursors []*jsontext.Cursor // by how many are in use around
	depth   int
	quiet   int // above 0 while it is only tried
	failed  bool
	found   []Violation
	path    []step
	scratch []byte
	// scratchKey holds the name of a field while it is looked up.
	scratchKey []byte
	forms      []span
	pending    drifts
	memo       []*Contract // by code of the types of the batch at hand
}

// step leads from a value to one within it.
type step struct {
	name  string
	index int // when name is empty
}

// field is the way from the root to the value at hand, or to a member of it.
func (c *Checker) field(member string) string {
	var text []byte
	for _, s := range c.path {
		if s.name == "" {
			text = append(strconv.AppendInt(append(text, '['), int64(s.index), 10), ']')
			continue
		}
		text = appendName(text, s.name)
	}
	return string(appendName(text, member))
}

// appendField appends the way to a member, without positions in lists.
func (c *Checker) appendField(dst []byte, member string) []byte {
	for _, s := range c.path {
		dst = appendName(dst, s.name)
	}
	return appendName(dst, member)
}

func appendName(dst []byte, name string) []byte {
	if len(dst) > 0 && name != "" {
		dst = append(dst, '.')
	}
	return append(dst, name...)
}

// fail notes that the value at hand breaks its schema. The message is in two parts, which
// are put together only if it is told.
func (c *Checker) fail(keyword, member, value, message, detail string) {
	c.failed = true
	if c.quiet == 0 && len(c.found) < maxViolations {
		c.found = append(c.found, Violation{Field: c.field(member), Keyword: keyword, Value: value, Message: message + detail})
	}
}

// failCount is fail for a number of things.
func (c *Checker) failCount(keyword string, n int, message string, limit int, of string) {
	if c.failed = true; c.quiet == 0 {
		c.fail(keyword, "", strconv.Itoa(n), message, strconv.Itoa(limit)+of)
	}
}

// cursor returns a cursor before a document; release gives it back.
func (c *Checker) cursor(text string) *jsontext.Cursor {
	if c.depth == len(c.cursors) {
		c.cursors = append(c.cursors, new(jsontext.Cursor))
	}
	cursor := c.cursors[c.depth]
	c.depth++
	cursor.Reset(text)
	return cursor
}

func (c *Checker) release() { c.depth-- }

// document checks a text against a schema. What is no JSON is a violation.
func (c *Checker) document(n *node, text string) {
	cursor := c.cursor(text)
	c.walk(n, cursor)
	if err := cursor.End(); err != nil {
		c.fail("json", "", "", err.Error(), "")
	}
	c.release()
}

// fits tries a value against a schema.
func (c *Checker) fits(n *node, v jsontext.Value) bool {
	before := c.failed
	c.failed = false
	c.quiet++
	c.value(n, v)
	c.quiet--
	fits := !c.failed
	c.failed = before
	return fits
}

// value checks a value that was read.
func (c *Checker) value(n *node, v jsontext.Value) {
	switch {
	case n.never:
		c.fail("false", "", v.Raw, "must not be there", "")
	case v.Kind == jsontext.Object || v.Kind == jsontext.Array:
		cursor := c.cursor(v.Raw)
		c.walk(n, cursor)
		c.release()
	default:
		c.types(n, v)
		c.scalar(n, v)
		c.again(n, v)
	}
}

// walk checks the value at the cursor, and goes behind it.
func (c *Checker) walk(n *node, cursor *jsontext.Cursor) {
	start := cursor.Offset()
	kind := cursor.Kind()
	switch {
	case n.never:
	case kind == jsontext.Object && n.entersObject():
		c.types(n, jsontext.Value{Kind: kind})
		c.object(n, cursor)
		c.container(n, kind, start, cursor)
		return
	case kind == jsontext.Array && n.entersArray():
		c.types(n, jsontext.Value{Kind: kind})
		c.array(n, cursor)
		c.container(n, kind, start, cursor)
		return
	}
	v := cursor.Value()
	switch {
	case cursor.Err() != nil:
	case !n.never && (kind == jsontext.Object || kind == jsontext.Array):
		c.types(n, v)
		c.again(n, v)
	default:
		c.value(n, v)
	}
}

// container looks at an object or a list again, after it was walked.
func (c *Checker) container(n *node, kind jsontext.Kind, start int, cursor *jsontext.Cursor) {
	if (n.limited || n.unique || n.combined()) && cursor.Err() == nil {
		c.again(n, jsontext.Value{Kind: kind, Raw: cursor.From(start)})
	}
}

func (n *node) entersObject() bool {
	return n.properties != nil || n.additional != nil || n.minMembers > 0 || n.maxMembers >= 0
}

func (n *node) entersArray() bool { return n.items != nil || n.minItems > 0 || n.maxItems >= 0 }

func (c *Checker) types(n *node, v jsontext.Value) {
	if n.types.takes(v) {
		return
	}
	if c.failed = true; c.quiet == 0 {
		c.fail("type", "", v.Raw, "is "+v.Kind.String()+", must be ", n.types.String())
	}
}

func (c *Checker) scalar(n *node, v jsontext.Value) {
	if c.quiet > 0 && c.failed {
		return // nobody asks why
	}
	switch v.Kind {
	case jsontext.Number:
		c.number(n, v.Raw)
	case jsontext.String:
		c.text(n, v)
	}
}

func (c *Checker) number(n *node, text string) {
	if n.minimum != nil && n.minimum.compare(text) < 0 {
		c.fail("minimum", "", text, "must be at least ", n.minimum.text)
	}
	if n.maximum != nil && n.maximum.compare(text) > 0 {
		c.fail("maximum", "", text, "must be at most ", n.maximum.text)
	}
	if n.above != nil && n.above.compare(text) <= 0 {
		c.fail("exclusiveMinimum", "", text, "must be above ", n.above.text)
	}
	if n.below != nil && n.below.compare(text) >= 0 {
		c.fail("exclusiveMaximum", "", text, "must be below ", n.below.text)
	}
	if n.step != nil && !n.step.divides(text) {
		c.fail("multipleOf", "", text, "must be a multiple of ", n.step.text)
	}
}

func (c *Checker) text(n *node, v jsontext.Value) {
	if n.minLength == 0 && n.maxLength < 0 && n.pattern == nil && n.has == nil {
		return
	}
	text, from := v.Raw, len(c.scratch)
	if v.Escaped {
		c.scratch = jsontext.Unescape(c.scratch, v.Raw)
		text = jsontext.View(c.scratch[from:])
	}
	if n.minLength > 0 && utf8.RuneCountInString(text) < n.minLength {
		c.failCount("minLength", utf8.RuneCountInString(text), "must have at least ", n.minLength, " characters")
	}
	if n.maxLength >= 0 && len(text) > n.maxLength && utf8.RuneCountInString(text) > n.maxLength {
		c.failCount("maxLength", utf8.RuneCountInString(text), "must have at most ", n.maxLength, " characters")
	}
	if n.pattern != nil && !n.pattern.MatchString(text) {
		c.fail("pattern", "", v.Raw, "must match ", n.pattern.String())
	}
	if n.has != nil && !n.has(text) {
		c.fail("format", "", v.Raw, "must be ", formats[n.format].want)
	}
	c.scratch = c.scratch[:from]
}

func (c *Checker) array(n *node, cursor *jsontext.Cursor) {
	count := 0
	for cursor.Array(); cursor.More(); count++ {
		if n.items == nil {
			cursor.Value()
			continue
		}
		c.path = append(c.path, step{index: count})
		c.walk(n.items, cursor)
		c.path = c.path[:len(c.path)-1]
	}
	if count < n.minItems {
		c.failCount("minItems", count, "must have at least ", n.minItems, " items")
	}
	if n.maxItems >= 0 && count > n.maxItems {
		c.failCount("maxItems", count, "must have at most ", n.maxItems, " items")
	}
}

func (c *Checker) object(n *node, cursor *jsontext.Cursor) {
	var seen uint64
	count := 0
	for cursor.Object(); cursor.More(); count++ {
		key := cursor.Key()
		if cursor.Err() != nil {
			return
		}
		p := c.lookup(n, key)
		if p == nil {
			c.further(n, key, cursor)
			continue
		}
		seen |= p.bit
		c.path = append(c.path, step{name: p.name})
		c.walk(p.node, cursor)
		c.path = c.path[:len(c.path)-1]
	}
	if cursor.Err() != nil {
		return
	}
	if missing := n.requiredBits &^ seen; missing != 0 {
		c.missing(n.required, n, missing)
	}
	for i := range n.dependents {
		if d := &n.dependents[i]; seen&d.bit != 0 {
			c.dependents(d, seen)
		}
	}
	if count < n.minMembers {
		c.failCount("minProperties", count, "must have at least ", n.minMembers, " members")
	}
	if n.maxMembers >= 0 && count > n.maxMembers {
		c.failCount("maxProperties", count, "must have at most ", n.maxMembers, " members")
	}
}

// lookup finds what is declared of a member.
func (c *Checker) lookup(n *node, key jsontext.Value) *property {
	if !key.Escaped {
		return n.properties[key.Raw]
	}
	from := len(c.scratch)
	c.scratch = jsontext.Unescape(c.scratch, key.Raw)
	p := n.properties[string(c.scratch[from:])]
	c.scratch = c.scratch[:from]
	return p
}

// further checks a member that the schema does not name.
func (c *Checker) further(n *node, key jsontext.Value, cursor *jsontext.Cursor) {
	switch {
	case n.additional == nil:
		cursor.Value()
		c.unknown(n, key)
	case n.additional.never:
		cursor.Value()
		c.fail("additionalProperties", "", key.Raw, "has a field that is not in the contract, which takes no further ones", "")
	default:
		c.path = append(c.path, step{name: "*"})
		c.walk(n.additional, cursor)
		c.path = c.path[:len(c.path)-1]
	}
}

func (c *Checker) missing(names []string, n *node, bits uint64) {
	for _, name := range names {
		if n.properties[name].bit&bits != 0 {
			c.fail("required", name, "", "is missing", "")
		}
	}
}

func (c *Checker) dependents(d *dependent, seen uint64) {
	for _, p := range d.needs {
		if seen&p.bit == 0 {
			c.fail("dependentRequired", p.name, "", "is missing, and required where there is ", d.name)
		}
	}
}

func (c *Checker) failValues(n *node, value string) {
	if c.failed = true; c.quiet == 0 {
		c.fail("enum", "", value, "must be one of ", valuesText(n.values))
	}
}

// again looks at a value for what cannot be told while walking it.
func (c *Checker) again(n *node, v jsontext.Value) {
	if n.limited && !c.isOne(n.values, v) {
		c.failValues(n, v.Raw)
	}
	if n.unique && v.Kind == jsontext.Array && !c.unique(v.Raw) {
		c.fail("uniqueItems", "", "", "must not have equal items", "")
	}
	if c.quiet > 0 && c.failed || !n.combined() {
		return
	}
	for _, sub := range n.allOf {
		c.value(sub, v)
	}
	if n.anyOf != nil && !c.fitsAny(n.anyOf, v) {
		c.fail("anyOf", "", v.Raw, "fits none of the alternatives", "")
	}
	if n.oneOf != nil {
		if fit := c.fitting(n.oneOf, v); fit != 1 {
			c.failCount("oneOf", fit, "must fit ", 1, " of the alternatives")
		}
	}
	if n.not != nil && c.fits(n.not, v) {
		c.fail("not", "", v.Raw, "fits what it must not fit", "")
	}
	if n.when != nil {
		next := n.then
		if !c.fits(n.when, v) {
			next = n.orElse
		}
		if next != nil {
			c.value(next, v)
		}
	}
}

func (c *Checker) fitsAny(nodes []*node, v jsontext.Value) bool {
	for _, n := range nodes {
		if c.fits(n, v) {
			return true
		}
	}
	return false
}

func (c *Checker) fitting(nodes []*node, v jsontext.Value) int {
	count := 0
	for _, n := range nodes {
		if c.fits(n, v) {
			count++
		}
	}
	return count
}

// isOne reports whether a value is one of those allowed.
func (c *Checker) isOne(values [][]byte, v jsontext.Value) bool {
	from := len(c.scratch)
	c.scratch = appendEqual(c.scratch, v)
	one := false
	for _, allowed := range values {
		one = one || bytes.Equal(allowed, c.scratch[from:])
	}
	c.scratch = c.scratch[:from]
	return one
}
