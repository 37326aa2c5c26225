package quality

import (
	"github.com/millrace/millrace/event"
)

// correction is a compiled correctionSpec. It is immutable. One of text, number and
// exchange is set.
type correction struct {
	name     string
	field    *field
	group    int
	when     *condition
	missing  bool // only where the field is missing
	says     string
	severity string // what becomes of an event that it cannot be made for
	file     string
	line     int
	digest   string
	agreed   bool // that it may change every event

	// text and number return the corrected value at position p, the same value if
	// nothing is to be changed, and false if the correction cannot be made. pure ones
	// depend on the old value alone, so that a dictionary column is corrected once per
	// distinct value.
	text     func(a *applier, p int32, before string) (string, bool)
	number   func(a *applier, p int32, before int64) (int64, bool)
	pure     bool
	exchange *exchange
	failed   fault
}

// run applies the correction to the positions of sel.
func (c *correction) run(a *applier, index int32, sel []int32) {
	a.failedEvent = -1
	if c.missing {
		a.missing = c.scanMissing(a, sel, a.missing[:0])
		sel = a.missing
	}
	if c.when != nil {
		a.chosen = c.when.filter(a, c.field.item, true, sel, a.chosen[:0])
		sel = a.chosen
	}
	switch {
	case c.exchange != nil:
		c.exchange.run(a, c, index, sel)
	case c.number != nil:
		c.runNumbers(a, index, sel)
	case c.field.kind == kindText:
		c.runTexts(a, index, sel)
	case c.pure:
		c.runPerValue(a, index, sel)
	default:
		c.runCodes(a, index, sel)
	}
}

func (c *correction) runTexts(a *applier, index int32, sel []int32) {
	column := c.field.text(a.batch)
	for _, p := range sel {
		before := column[p]
		after, ok := c.text(a, p, before)
		switch {
		case !ok:
			a.fail(c, index, p)
		case after != before:
			a.change(c, index, p, before, after, undo{text: before})
			column[p] = after
		}
	}
}

func (c *correction) runCodes(a *applier, index int32, sel []int32) {
	column := c.field.dict(a.batch)
	for _, p := range sel {
		before := column.Get(int(p))
		after, ok := c.text(a, p, before)
		switch {
		case !ok:
			a.fail(c, index, p)
		case after != before:
			a.change(c, index, p, before, after, undo{code: column.Codes[p]})
			column.Set(int(p), after)
		}
	}
}

func (c *correction) runNumbers(a *applier, index int32, sel []int32) {
	for _, p := range sel {
		before := c.field.intAt(a.batch, p)
		after, ok := c.number(a, p, before)
		switch {
		case !ok:
			a.fail(c, index, p)
		case after != before:
			a.setNumber(c, index, c.field, p, after)
		}
	}
}

// setNumber changes a number and records it.
func (a *applier) setNumber(c *correction, index int32, f *field, p int32, after int64) {
	before := f.intAt(a.batch, p)
	was := a.show(f, p)
	f.set(a.batch, p, after)
	a.change(c, index, p, was, a.show(f, p), undo{field: f, number: before})
}

// show is a value as a reader writes it.
func (a *applier) show(f *field, p int32) string {
	a.scratch = a.appendValue(a.scratch[:0], f, p)
	return a.arena.keep(a.scratch)
}

func (f *field) set(b *event.Batch, p int32, v int64) {
	if f.kind == kindMoney {
		f.money(b)[p] = event.Micros(v)
		return
	}
	f.num(b)[p] = v
}

func (c *correction) scanMissing(a *applier, sel, out []int32) []int32 {
	for _, p := range sel {
		if a.missing1(c.field, p) {
			out = append(out, p)
		}
	}
	return out
}

const (
	codeUnknown uint32 = iota
	codeFailed
	codeKnown // and the code
)

// runPerValue corrects a dictionary column, finding the new code of each
// distinct value that occurs once.
func (c *correction) runPerValue(a *applier, index int32, sel []int32) {
	column := c.field.dict(a.batch)
	to := a.codesFor(column)
	for _, p := range sel {
		code := column.Codes[p]
		if to[code] == codeUnknown {
			to[code] = codeFailed
			if after, ok := c.text(a, p, column.Get(int(p))); ok {
				to[code] = codeKnown + column.Code(after)
			}
		}
		if to[code] == codeFailed {
			a.fail(c, index, p)
		} else if after := to[code] - codeKnown; after != code {
			a.change(c, index, p, column.Values[code], column.Values[after], undo{code: code})
			column.Codes[p] = after
		}
	}
}

// change records a changed value and how to take it back.
func (a *applier) change(c *correction, index, p int32, before, after string, back undo) {
	if back.field == nil {
		back.field = c.field
	}
	e := p
	if back.field.item {
		e = a.batch.Items.Event[p]
	}
	back.event, back.position, back.correction, back.marks = e, p, index, a.batch.Marks[e]
	a.undo = append(a.undo, back)
	a.batch.AddChange(int(e), c.name, back.field.name, before, after)
}

// fail counts a correction that cannot be made at position p, and does to the event what
// its severity says.
func (a *applier) fail(c *correction, index, p int32) {
	a.unmade[index]++
	e := p
	if c.field.item {
		e = a.batch.Items.Event[p]
	}
	if c.severity != "warn" && c.severity != "quarantine" || a.failedEvent == e || a.decoded.has(a.batch, e, c.field.name) {
		return
	}
	a.failedEvent = e
	a.record(finding{
		rule: c.name, field: c.field, event: e, position: p, warn: c.severity == "warn", category: c.failed.category, message: c.failed.message,
	})
}

// undo is what a change replaced.
type undo struct {
	event, position int32
	correction      int32
	code            uint32
	marks           event.Mark
	field           *field
	text            string
	number          int64
}

func (u *undo) restore(b *event.Batch) {
	switch u.field.kind {
	case kindDict:
		u.field.dict(b).Codes[u.position] = u.code
	case kindText:
		u.field.text(b)[u.position] = u.text
	default:
		u.field.set(b, u.position, u.number)
	}
	b.Marks[u.event] = u.marks | b.Marks[u.event]&^event.Corrected
}

// takeBack restores the events that are quarantined, drops their changes, which
// begin at index start of the batch's, and counts the changes that stand.
func (a *applier) takeBack(start int) {
	b := a.batch
	restored := false
	for i := len(a.undo) - 1; i >= 0; i-- {
		u := &a.undo[i]
		if b.Verdict[u.event] != event.Quarantined {
			a.changed[u.correction]++
			continue
		}
		restored = true
		u.restore(b)
	}
	if !restored {
		return
	}
	kept := b.Changes[:start]
	for _, change := range b.Changes[start:] {
		if b.Verdict[change.Event] != event.Quarantined {
			kept = append(kept, change)
		}
	}
	clear(b.Changes[len(kept):])
	b.Changes = kept
}
