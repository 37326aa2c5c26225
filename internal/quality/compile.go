package quality

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/expression"
	"github.com/millrace/millrace/internal/yamldoc"
)

var checkKeyNames = yamldoc.KeysOf(reflect.TypeFor[checkSpec]())

// compileCheck compiles the check of the rule at path.
func (s *source) compileCheck(path string, spec *checkSpec, f *field) check {
	at := path + ".check"
	for _, key := range []string{"expr", "compare", "reference", "unique"} {
		if s.Has(at + "." + key) {
			return s.compileLone(at, key, spec, f)
		}
	}
	s.checkKeys(at, f)
	if f.textual() {
		return s.compileTextCheck(at, spec, f)
	}
	return s.compileNumberCheck(at, spec, f)
}

// compileLone compiles a check that stands alone.
func (s *source) compileLone(at, key string, spec *checkSpec, f *field) check {
	for _, other := range checkKeyNames {
		if other != key && s.Has(at+"."+other) {
			advice := "make it a rule of its own"
			if key == "expr" {
				advice = "write " + strconv.Quote(other) + " into the condition, or " + advice
			}
			s.Fail(at+"."+other, "%q stands alone in a check; %s", key, advice)
		}
	}
	switch key {
	case "compare":
		return s.compileCompare(at+".compare", &spec.Compare, f)
	case "reference":
		return s.compileReference(at+".reference", &spec.Reference, f)
	case "unique":
		return s.compileUnique(at+".unique", &spec.Unique, f)
	}
	condition := s.condition(at+".expr", spec.Expr, f)
	if condition == nil {
		return nil
	}
	return &conditionCheck{condition: condition, items: f.item, unmet: fault{event.Business, "must meet: " + spec.Expr}}
}

// checkKeys refuses the keys that mean nothing for the field's kind.
func (s *source) checkKeys(at string, f *field) {
	set := 0
	for _, key := range checkKeyNames {
		if !s.Has(at + "." + key) {
			continue
		}
		set++
		numeric := strings.HasPrefix(key, "m") // min, max and their exclusive forms
		textual := key == "regex" || key == "length" || key == "format" || key == "type"
		switch {
		case key == "required" && !f.canMiss():
			s.Fail(at+"."+key, "%s (%s) is never missing; use a limit such as min", f.name, kindNames[f.kind])
		case numeric && f.textual() && f.kind != kindProperty, textual && !f.textual():
			s.Fail(at+"."+key, "%q does not work on %s (%s)", key, f.name, kindNames[f.kind])
		}
	}
	if set == 0 && s.Has(at) {
		s.Fail(at, "the check demands nothing; set one of %s", strings.Join(checkKeyNames, ", "))
	}
}

func (s *source) compileTextCheck(at string, spec *checkSpec, f *field) check {
	c := &textCheck{field: f, required: spec.Required}
	add := func(holds func(string) bool, message string) {
		c.tests = append(c.tests, textTest{holds: holds, fault: fault{event.Format, message}})
	}
	if spec.Type != "" {
		s.addType(at+".type", spec.Type, c)
	}
	if s.Has(at + ".in") {
		listed := s.texts(at+".in", spec.In)
		add(func(v string) bool { return listed[v] }, "must be one of "+listing(spec.In))
	}
	if s.Has(at + ".regex") {
		if compiled, err := expression.CompileRegex(spec.Regex); err != nil {
			s.Fail(at+".regex", "%v", err)
		} else {
			add(compiled.MatchString, "must match "+spec.Regex)
		}
	}
	if s.Has(at + ".length") {
		s.addLength(at+".length", spec.Length, add)
	}
	if spec.Format != "" {
		add(formatOf(spec.Format))
	}
	if f.kind == kindProperty {
		s.addLimits(at, spec, c)
	}
	return c
}

// addType demands that a text is of a type; of a JSON property that it is written so.
func (s *source) addType(at, name string, c *textCheck) {
	t := typeTests[name]
	if t.holds == nil {
		t.holds = func(string) bool { return true }
	}
	if c.field.kind != kindProperty && (name == "text" || name == "list" || name == "object") {
		s.Fail(at, "%s is text; %q is a type of JSON properties", c.field.name, name)
	}
	t.fault = fault{event.Schema, "must be " + t.fault.message}
	if c.field.kind != kindProperty {
		t.kinds = 0
	}
	c.tests = append(c.tests, t)
}

// typeTests are the tests of checkSpec.Type.
var typeTests = map[string]textTest{
	"text":    {kinds: 1 << jsontext.String, fault: fault{message: "text"}},
	"integer": {kinds: 1 << jsontext.Number, holds: isInteger, fault: fault{message: "a whole number"}},
	"decimal": {kinds: 1 << jsontext.Number, holds: isNumber, fault: fault{message: "a number"}},
	"boolean": {kinds: 1 << jsontext.Bool, holds: isBoolean, fault: fault{message: "true or false"}},
	"date":    {kinds: 1 << jsontext.String, holds: isDate, fault: fault{message: "a date such as 2011-01-31"}},
	"time":    {kinds: 1 << jsontext.String, holds: isTime, fault: fault{message: "a time such as 2011-01-31T08:26:00Z"}},
	"list":    {kinds: 1 << jsontext.Array, fault: fault{message: "a list"}},
	"object":  {kinds: 1 << jsontext.Object, fault: fault{message: "an object"}},
}

// addLimits compiles the limits of a number in JSON.
func (s *source) addLimits(at string, spec *checkSpec, c *textCheck) {
	limits := &numberCheck{field: propertyNumber}
	if s.compileLimits(at, spec, limits); limits.limits.message == "" {
		return
	}
	c.tests = append(c.tests,
		textTest{holds: isNumber, fault: fault{event.Format, "must be a number"}},
		textTest{fault: limits.limits, holds: func(text string) bool { return within(text, limits.lo, limits.hi) }})
}

// propertyNumber is how limits of numbers in JSON are written: as money, with up to six
// decimals.
var propertyNumber = &field{name: "a JSON property", kind: kindMoney}

// within compares a number with limits in millionths. One that has more decimals, an
// exponent, or does not fit, is compared as a float.
func within(text string, lo, hi int64) bool {
	if m, err := event.ParseMicros(text); err == nil {
		return int64(m) >= lo && int64(m) <= hi
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return false
	}
	f *= event.MicrosPerUnit
	return (lo == math.MinInt64 || f >= float64(lo)) && (hi == math.MaxInt64 || f <= float64(hi))
}

func (s *source) texts(at string, values []string) map[string]bool {
	s.countList(at, len(values))
	set := make(map[string]bool, len(values))
	for i, v := range values {
		if set[v] {
			s.Fail(fmt.Sprintf("%s[%d]", at, i), "%q stands twice in the list", yamldoc.Clip(v))
		}
		set[v] = true
	}
	return set
}

func (s *source) countList(at string, n int) {
	switch {
	case n == 0:
		s.Fail(at, "the list is empty; nothing would pass")
	case n > maxListValues:
		s.Fail(at, "the list has %d values, at most %d are allowed", n, maxListValues)
	}
}

func (s *source) addLength(at string, spec lengthSpec, add func(func(string) bool, string)) {
	lo, hi := int64(spec.Min), int64(math.MaxInt64)
	message := fmt.Sprintf("must have at least %d characters", lo)
	if s.Has(at + ".max") {
		hi = int64(spec.Max)
		message = fmt.Sprintf("must have %d to %d characters", lo, hi)
	}
	if lo > hi || lo == 0 && hi == math.MaxInt64 {
		s.Fail(at, "a length needs a min or a max, and min must not be above max")
	}
	add(func(v string) bool { n := int64(utf8.RuneCountInString(v)); return n >= lo && n <= hi }, message)
}

// listing writes the values of a list for a reader, the first ten of them.
func listing(values []string) string {
	const most = 10
	if len(values) <= most {
		return strings.Join(values, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(values[:most], ", "), len(values)-most)
}

func (s *source) compileNumberCheck(at string, spec *checkSpec, f *field) check {
	c := &numberCheck{field: f, required: spec.Required}
	s.compileLimits(at, spec, c)
	if s.Has(at + ".in") {
		s.countList(at+".in", len(spec.In))
		c.in = s.numbers(at+".in", spec.In, f)
		c.listed = fault{event.Format, "must be one of " + listing(spec.In)}
	}
	return c
}

// compileLimits reads min, max and their exclusive forms into c.
func (s *source) compileLimits(at string, spec *checkSpec, c *numberCheck) {
	f := c.field
	c.lo, c.hi = math.MinInt64, math.MaxInt64
	var said []string
	limit := func(key, text, words string, step int64, exclusive bool) {
		if !s.Has(at + "." + key) {
			return
		}
		v, err := f.parse(text)
		if err != nil {
			s.Fail(at+"."+key, "cannot take %q for %s: %v", yamldoc.Clip(text), f.name, err)
			return
		}
		v, possible := bound(v, exclusive, step)
		if !possible {
			s.Fail(at+"."+key, "nothing is beyond %s", text)
		}
		said = append(said, words+" "+text)
		if step > 0 {
			c.lo = max(c.lo, v)
		} else {
			c.hi = min(c.hi, v)
		}
	}
	limit("min", spec.Min, "at least", 1, false)
	limit("min_exclusive", spec.MinExclusive, "greater than", 1, true)
	limit("max", spec.Max, "at most", -1, false)
	limit("max_exclusive", spec.MaxExclusive, "less than", -1, true)
	if c.lo > c.hi {
		s.Fail(at, "nothing can be %s", strings.Join(said, " and "))
	}
	if len(said) > 0 {
		c.limits = fault{event.OutOfRange, "must be " + strings.Join(said, " and ")}
	}
}

func (s *source) numbers(at string, values []string, f *field) []int64 {
	numbers := make([]int64, 0, len(values))
	for i, text := range values {
		v, err := f.parse(text)
		if err != nil {
			s.Fail(fmt.Sprintf("%s[%d]", at, i), "cannot take %q for %s: %v", yamldoc.Clip(text), f.name, err)
		}
		numbers = append(numbers, v)
	}
	return numbers
}
