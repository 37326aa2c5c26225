package quality

import (
	"slices"

	"github.com/millrace/millrace/event"
)

// check is what a rule demands of its field. Implementations are immutable.
// Positions are indices of events, or of items for a field of items.
type check interface {
	// scan appends the positions of sel that break the check to hits, in order.
	scan(a *applier, sel, hits []int32) []int32
	// fault says what is wrong at a position that scan returned.
	fault(a *applier, p int32) fault
	// demands lists what the check demands, for people.
	demands() []string
}

// fault is one demand that is not met, and its category unless the rule has one.
type fault struct {
	category event.Category
	message  string // without the field: "must be greater than 0"
}

func faultMessages(faults ...fault) []string {
	var out []string
	for _, f := range faults {
		if f.message != "" {
			out = append(out, f.message)
		}
	}
	return out
}

var mustExist = fault{event.Missing, "is missing"}

// numberCheck limits a number, an amount of money or a time.
type numberCheck struct {
	field    *field
	required bool // of times: 0 is missing
	lo, hi   int64
	in       []int64 // nil: anything
	limits   fault
	listed   fault
}

func (c *numberCheck) scan(a *applier, sel, hits []int32) []int32 {
	switch {
	case c.in != nil || c.field.kind == kindCount:
		for _, p := range sel {
			if c.broken(c.field.intAt(a.batch, p)) {
				hits = append(hits, p)
			}
		}
		return hits
	case c.field.kind == kindTime:
		return c.scanTimes(c.field.num(a.batch), sel, hits)
	case c.field.kind == kindMoney:
		return scanRange(c.field.money(a.batch), sel, hits, c.lo, c.hi)
	}
	return scanRange(c.field.num(a.batch), sel, hits, c.lo, c.hi)
}

func scanRange[T ~int64](column []T, sel, hits []int32, lo, hi int64) []int32 {
	for _, p := range sel {
		if v := int64(column[p]); v < lo || v > hi {
			hits = append(hits, p)
		}
	}
	return hits
}

func (c *numberCheck) scanTimes(column []int64, sel, hits []int32) []int32 {
	for _, p := range sel {
		if v := column[p]; v == 0 && c.required || v != 0 && (v < c.lo || v > c.hi) {
			hits = append(hits, p)
		}
	}
	return hits
}

func (c *numberCheck) broken(v int64) bool {
	if v == 0 && c.field.kind == kindTime {
		return c.required
	}
	return v < c.lo || v > c.hi || c.in != nil && !slices.Contains(c.in, v)
}

func (c *numberCheck) fault(a *applier, p int32) fault {
	v := c.field.intAt(a.batch, p)
	switch {
	case v == 0 && c.field.kind == kindTime:
		return mustExist
	case v < c.lo || v > c.hi:
		return c.limits
	}
	return c.listed
}

func (c *numberCheck) demands() []string {
	messages := faultMessages(c.limits, c.listed)
	if c.required {
		messages = append([]string{"is required"}, messages...)
	}
	return messages
}

// textCheck demands something of a text.
type textCheck struct {
	field    *field
	required bool
	tests    []textTest
}

type textTest struct {
	holds func(string) bool
	// kinds are those of JSON that a property may have, as a set of bits; 0: any.
	kinds uint16
	fault fault
}

func (c *textCheck) broken(v string) bool {
	if v == "" {
		return c.required
	}
	for i := range c.tests {
		if !c.tests[i].holds(v) {
			return true
		}
	}
	return false
}

func (t *textTest) meets(v value) bool {
	return (t.kinds == 0 || t.kinds&(1<<v.kind) != 0) && t.holds(v.text)
}

func (c *textCheck) brokenProperty(v value) bool {
	if v.text == "" {
		return c.required
	}
	for i := range c.tests {
		if !c.tests[i].meets(v) {
			return true
		}
	}
	return false
}

func (c *textCheck) scan(a *applier, sel, hits []int32) []int32 {
	switch c.field.kind {
	case kindDict:
		return c.scanDict(a, sel, hits)
	case kindProperty:
		for _, p := range sel {
			if c.brokenProperty(a.properties.get(a.batch, c.field, p)) {
				hits = append(hits, p)
			}
		}
		return hits
	}
	column := c.field.text(a.batch)
	if len(c.tests) == 0 {
		return scanMissing(column, sel, hits)
	}
	// The lines of an order lie together: what is true of one value is of the next.
	last, broken := "", c.required
	for _, p := range sel {
		if v := column[p]; v != last {
			last, broken = v, c.broken(v)
		}
		if broken {
			hits = append(hits, p)
		}
	}
	return hits
}

func scanMissing(column []string, sel, hits []int32) []int32 {
	for _, p := range sel {
		if column[p] == "" {
			hits = append(hits, p)
		}
	}
	return hits
}

// scanDict judges each distinct value that occurs once.
func (c *textCheck) scanDict(a *applier, sel, hits []int32) []int32 {
	column := c.field.dict(a.batch)
	known := a.memoFor(column)
	for _, p := range sel {
		code := column.Codes[p]
		if known[code] == memoUnknown {
			known[code] = memoOf(c.broken(column.Get(int(p))))
		}
		if known[code] == memoTrue {
			hits = append(hits, p)
		}
	}
	return hits
}

func (c *textCheck) fault(a *applier, p int32) fault {
	v := value{text: a.textAt(c.field, p)}
	if c.field.kind == kindProperty {
		v = a.properties.get(a.batch, c.field, p)
	}
	if v.text != "" {
		for i := range c.tests {
			if t := &c.tests[i]; c.field.kind == kindProperty && !t.meets(v) || !t.holds(v.text) {
				return t.fault
			}
		}
	}
	return mustExist
}

func (c *textCheck) demands() []string {
	var messages []string
	if c.required {
		messages = append(messages, "is required")
	}
	for i := range c.tests {
		messages = append(messages, c.tests[i].fault.message)
	}
	return messages
}

// conditionCheck demands that a condition holds.
type conditionCheck struct {
	condition *condition
	items     bool // positions are items
	unmet     fault
}

func (c *conditionCheck) scan(a *applier, sel, hits []int32) []int32 {
	return c.condition.filter(a, c.items, false, sel, hits)
}

func (c *conditionCheck) fault(*applier, int32) fault { return c.unmet }
func (c *conditionCheck) demands() []string           { return []string{c.unmet.message} }

// filter appends the positions of sel at which the condition is as wanted.
func (c *condition) filter(a *applier, items, want bool, sel, out []int32) []int32 {
	s := &a.scope
	s.batch, s.applier = a.batch, a
	if c.only != nil && c.only.item == items {
		column := c.only.dict(a.batch)
		known := a.memoFor(column)
		for _, p := range sel {
			code := column.Codes[p]
			if known[code] == memoUnknown {
				a.moveTo(p, items)
				known[code] = memoOf(c.holds(s))
			}
			if (known[code] == memoTrue) == want {
				out = append(out, p)
			}
		}
		return out
	}
	for _, p := range sel {
		a.moveTo(p, items)
		if c.holds(s) == want {
			out = append(out, p)
		}
	}
	return out
}
