package quality

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/expression"
	"github.com/millrace/millrace/internal/yamldoc"
)

// compareCheck compares a field with others of the same event, or item.
type compareCheck struct {
	field     *field
	how       string // a key of compareSpec
	others    []*field
	tolerance int64
	unmet     fault
}

func (c *compareCheck) scan(a *applier, sel, hits []int32) []int32 {
	broken := c.brokenNumber
	if c.field.textual() {
		broken = c.brokenText
	}
	for _, p := range sel {
		if broken(a, p) {
			hits = append(hits, p)
		}
	}
	return hits
}

func (c *compareCheck) fault(*applier, int32) fault { return c.unmet }
func (c *compareCheck) demands() []string           { return []string{c.unmet.message} }

func (c *compareCheck) brokenText(a *applier, p int32) bool {
	v, other := a.textAt(c.field, p), a.textAt(c.others[0], a.place(c.field, c.others[0], p))
	if v == "" || other == "" {
		return false
	}
	return (v == other) != (c.how == "equals")
}

func (c *compareCheck) brokenNumber(a *applier, p int32) bool {
	v := c.field.intAt(a.batch, p)
	other, ok := c.expected(a, p)
	if c.field.kind == kindTime && (v == 0 || other == 0) {
		return false
	}
	switch c.how {
	case "less_than":
		return v >= other
	case "at_most":
		return v > other
	case "greater_than":
		return v <= other
	case "at_least":
		return v < other
	case "not_equals":
		return v == other
	}
	return !ok || distance(v, other) > uint64(c.tolerance)
}

func distance(a, b int64) uint64 {
	if a > b {
		return uint64(a) - uint64(b)
	}
	return uint64(b) - uint64(a)
}

// expected is what the field is compared with; false when that is no number that fits.
func (c *compareCheck) expected(a *applier, p int32) (int64, bool) {
	switch c.how {
	case "sum_of":
		sum := int64(0)
		for _, f := range c.others {
			sum = expression.Sum(sum, c.sum(a, f, p))
		}
		return sum, sum != math.MinInt64 && sum != math.MaxInt64
	case "product_of":
		product := int64(1)
		for _, f := range c.others {
			next, ok := event.Micros(product).Mul(f.intAt(a.batch, a.place(c.field, f, p)))
			if !ok {
				return 0, false
			}
			product = int64(next)
		}
		return product, true
	}
	return c.others[0].intAt(a.batch, a.place(c.field, c.others[0], p)), true
}

// sum is the other field's value, or the sum over the event's items.
func (c *compareCheck) sum(a *applier, f *field, p int32) int64 {
	if !f.item || c.field.item {
		return f.intAt(a.batch, a.place(c.field, f, p))
	}
	sum := int64(0)
	from, to := a.batch.ItemRange(int(p))
	for k := from; k < to; k++ {
		sum = expression.Sum(sum, f.intAt(a.batch, int32(k)))
	}
	return sum
}

var compareWords = map[string]string{
	"equals": "must be equal to", "not_equals": "must differ from", "less_than": "must be less than", "at_most": "must be at most",
	"greater_than": "must be greater than", "at_least": "must be at least", "sum_of": "must be the sum of", "product_of": "must be the product of",
}

func (s *source) compileCompare(at string, spec *compareSpec, f *field) check {
	var how []string
	for _, key := range yamldoc.KeysOf(reflect.TypeFor[compareSpec]()) {
		if key != "tolerance" && s.Has(at+"."+key) {
			how = append(how, key)
		}
	}
	if len(how) != 1 {
		s.Fail(at, "a comparison has exactly one of equals, not_equals, less_than, at_most, greater_than, at_least, sum_of and product_of; this one has %d", len(how))
		return nil
	}
	c := &compareCheck{field: f, how: how[0]}
	names := map[string][]string{
		"equals": {spec.Equals}, "not_equals": {spec.NotEquals}, "less_than": {spec.LessThan}, "at_most": {spec.AtMost},
		"greater_than": {spec.GreaterThan}, "at_least": {spec.AtLeast}, "sum_of": spec.SumOf, "product_of": spec.ProductOf,
	}[c.how]
	if s.countList(at+"."+c.how, len(names)); len(names) == 0 {
		return nil
	}
	for i, name := range names {
		place := at + "." + c.how
		if s.Has(fmt.Sprintf("%s[%d]", place, i)) {
			place = fmt.Sprintf("%s[%d]", place, i)
		}
		other := s.find(place, name)
		if other == nil || !s.comparable(place, c, other) {
			return nil
		}
		c.others = append(c.others, other)
	}
	if c.how == "product_of" && !s.productFits(at, c) {
		return nil
	}
	c.unmet = fault{event.Business, compareWords[c.how] + " " + strings.Join(names, ", ")}
	if s.Has(at + ".tolerance") {
		s.tolerance(at+".tolerance", spec.Tolerance, c)
	}
	return c
}

// comparable reports whether a comparison of the two fields means something.
func (s *source) comparable(at string, c *compareCheck, other *field) bool {
	f := c.field
	exact := c.how == "equals" || c.how == "not_equals"
	switch {
	case other == f && c.how != "sum_of" && c.how != "product_of":
		s.Fail(at, "%s is compared with itself", f.name)
	case other.item && !f.item && c.how != "sum_of":
		s.Fail(at, "%s is a field of items, and %s is one of the event; an event may have many items", other.name, f.name)
	case f.textual() && (!exact || !other.textual()):
		s.Fail(at, "%q does not work between %s (%s) and %s (%s)", c.how, f.name, kindNames[f.kind], other.name, kindNames[other.kind])
	case c.how != "product_of" && !f.textual() && dimension(f.kind) != dimension(other.kind),
		other.kind == kindTime && (c.how == "sum_of" || c.how == "product_of"), other.textual() != f.textual():
		s.Fail(at, "%q does not work between %s (%s) and %s (%s)", c.how, f.name, kindNames[f.kind], other.name, kindNames[other.kind])
	default:
		return true
	}
	return false
}

func dimension(k kind) kind {
	if k == kindCount {
		return kindInt
	}
	return k
}

func (s *source) productFits(at string, c *compareCheck) bool {
	money := 0
	for _, f := range c.others {
		if f.kind == kindMoney {
			money++
		}
	}
	want := 0
	if c.field.kind == kindMoney {
		want = 1
	}
	if money == want && c.field.kind != kindTime {
		return true
	}
	s.Fail(at+".product_of", "a product with %d amounts of money cannot be %s (%s); want %d", money, c.field.name, kindNames[c.field.kind], want)
	return false
}

func (s *source) tolerance(at, text string, c *compareCheck) {
	if !slices.Contains([]string{"equals", "sum_of", "product_of"}, c.how) || c.field.textual() || c.field.kind == kindTime {
		s.Fail(at, "a tolerance works with equals, sum_of and product_of of numbers and money")
		return
	}
	v, err := c.field.parse(text)
	if err != nil || v < 0 {
		s.Fail(at, "cannot take %q for a tolerance of %s; want a number that is not negative", yamldoc.Clip(text), c.field.name)
		return
	}
	c.tolerance = v
	c.unmet.message += ", within " + text
}
