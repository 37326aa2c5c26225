package profile

import (
	"math"
	"unicode/utf8"

	"github.com/axiomhq/hyperloglog"

	"github.com/millrace/millrace/internal/sketch"
)

// Limits of what is kept of a column. With all of them reached a column takes some 40 kB:
// 4 kB of registers, up to 16 kB of quantiles, and the values and shapes.
const (
	precision   = 12 // 4,096 registers: a standard error of 1.6 %
	maxTop      = 48 // values counted
	maxShapes   = 24
	shownTop    = 10
	shownShapes = 10
	maxValue    = 128 // bytes of a value that is kept
	uniqueFrom  = 1000
)

// kind is what the values of a column are.
type kind uint8

const (
	unknown kind = iota // nothing but missing values were seen
	texts
	integers
	decimals
	money
	times
	booleans
)

var kindNames = [...]string{"unknown", "text", "integer", "decimal", "money", "time", "boolean"}

// column collects the values of one column. It serves one goroutine.
type column struct {
	kind     kind
	values   int64
	missing  int64
	other    int64               // values of another kind than that of the first one
	distinct *hyperloglog.Sketch // nil until there is a value
	spread   sketch.Quantiles    // of numbers, and of the lengths of texts in characters
	low      float64             // the least of what spread has, exactly
	high     float64
	first    []byte // smallest text, as far as maxValue
	last     []byte // greatest
	top      counter
	shapes   counter
	forms    form
	unique   bool // nearly every value is another one: the most frequent ones say nothing
	hostile  bool // some text is longer than maxValue, or no UTF-8
}

func newColumn(k kind) *column {
	return &column{
		kind: k, forms: allForms, low: math.Inf(1), high: math.Inf(-1),
		top: counter{limit: maxTop}, shapes: counter{limit: maxShapes},
	}
}

// differ counts a value among the different ones.
func (c *column) differ(hash uint64) {
	if c.distinct == nil {
		s, err := hyperloglog.NewSketch(precision, false)
		if err != nil {
			panic("BUG: " + err.Error())
		}
		c.distinct = s
	}
	c.distinct.InsertHash(hash)
}

// text adds a text; the empty one is missing.
func (c *column) text(s string) {
	if s == "" {
		c.missing++
		return
	}
	c.measure(float64(utf8.RuneCountInString(s)))
	c.value(s)
	kept := clip(s)
	if c.first == nil || kept < string(c.first) {
		c.first = append(c.first[:0], kept...)
	}
	if kept > string(c.last) {
		c.last = append(c.last[:0], kept...)
	}
	c.forms = c.forms.narrow(s)
	var buffer [maxShapeBytes + 8]byte
	shape := appendShape(buffer[:0], s)
	c.shapes.add(sketch.HashBytes(shape), shape, 1, 0)
}

// value counts a text among the different and the most frequent ones.
func (c *column) value(s string) {
	hash := sketch.HashString(s)
	c.differ(hash)
	c.hostile = c.hostile || len(s) > maxValue || !utf8.ValidString(s)
	if c.unique {
		return
	}
	var buffer [maxValue]byte
	c.top.add(hash, append(buffer[:0], clip(s)...), 1, 0)
	if c.values%uniqueFrom == 0 && c.distinct.Estimate() > uint64(c.values/2) {
		c.drop()
	}
}

// drop forgets the most frequent values: nearly all are different.
func (c *column) drop() { c.unique, c.top = true, counter{limit: maxTop, full: true} }

// number adds a number in the unit of the column: money in micros, times in µs. Whole
// numbers also have most frequent values; text is how they are written, and may be empty.
func (c *column) number(v float64, text []byte, hash uint64) {
	c.measure(v)
	c.differ(hash)
	if len(text) == 0 || c.unique {
		return
	}
	c.top.add(hash, text, 1, 0)
	if c.values%uniqueFrom == 0 && c.distinct.Estimate() > uint64(c.values/2) {
		c.drop()
	}
}

func (c *column) measure(v float64) {
	c.values++
	c.spread.Add(v)
	c.low, c.high = min(c.low, v), max(c.high, v)
}

func clip(s string) string { return s[:min(len(s), maxValue)] }

// count returns how many different values there were, and whether that is exact.
func (c *column) count() (n int64, exact bool) {
	if !c.top.full && len(c.top.slots) > 0 {
		return int64(len(c.top.slots)), true
	}
	if c.distinct == nil {
		return 0, true
	}
	return int64(c.distinct.Estimate()), false
}

// merge adds what another column collected, which stays as it is.
func (c *column) merge(o *column) {
	c.missing += o.missing
	if o.values == 0 {
		return
	}
	if c.values == 0 {
		c.kind = o.kind
	}
	c.mergeDistinct(o)
	c.values += o.values
	c.other += o.other
	if c.kind == o.kind {
		c.spread.Merge(&o.spread)
		c.low, c.high = min(c.low, o.low), max(c.high, o.high)
	} else {
		c.other += o.values - o.other
	}
	if o.first != nil && (c.first == nil || string(o.first) < string(c.first)) {
		c.first = append(c.first[:0], o.first...)
	}
	if string(o.last) > string(c.last) {
		c.last = append(c.last[:0], o.last...)
	}
	c.shapes.merge(&o.shapes)
	c.forms, c.hostile = c.forms&o.forms, c.hostile || o.hostile
	if c.unique || o.unique {
		c.drop()
		return
	}
	c.top.merge(&o.top)
}

func (c *column) mergeDistinct(o *column) {
	switch {
	case o.distinct == nil:
	case c.distinct == nil:
		c.distinct = o.distinct.Clone()
	default:
		if err := c.distinct.Merge(o.distinct); err != nil {
			panic("BUG: " + err.Error()) // all have one precision
		}
	}
}
