package edi

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/millrace/millrace/event"
)

// take applies the rules of a segment's use.
func (d *Decoder) take(u *use) {
	f := &d.found
	if f.scope != nil && (u == f.scope || u.id < f.scope.id || u.id > f.scope.last) {
		d.closeLine()
	}
	for n := range u.rules {
		r := &u.rules[n]
		if r.in != nil && !slices.Contains(r.in, view(d.raw(r.when))) {
			continue
		}
		if d.route {
			d.routed(r)
		} else {
			d.apply(r)
		}
	}
}

// routed applies a rule if the route key may come of it, and stops where nothing
// behind can change it.
func (d *Decoder) routed(r *rule) {
	f := &d.found
	switch r.target {
	case toOrder, toOrderID, toCustomer:
		d.apply(r)
		d.in.stop = f.customer != "" || f.order != "" && !d.in.message.customer
	case toLine:
		d.in.stop = true
	}
}

// raw returns what stands in a position, as it stands; nil if nothing does.
func (d *Decoder) raw(p position) []byte {
	e := d.in.scan.Segment.Element(int(p.element))
	if p.component > 0 {
		return d.in.syntax.component(e, int(p.component))
	}
	return e
}

// text returns what stands in a position as UTF-8.
func (d *Decoder) text(p position) string {
	v := d.raw(p)
	x := d.in.syntax
	if x.plain(v) {
		return view(v)
	}
	return d.memory.Keep(x.appendText(d.memory.Buffer(3*len(v)), v))
}

// first keeps the first text that is not empty.
func (d *Decoder) first(dst *string, p position) {
	if *dst == "" {
		*dst = d.text(p)
	}
}

func (d *Decoder) apply(r *rule) {
	f := &d.found
	at := r.at[0]
	switch r.target {
	case toProperty:
		f.head.set(r.name, d.text(at))
	case toLineProperty:
		d.object().set(r.name, d.text(at))
	case toList:
		d.entry(r)
	case toOrderID:
		d.first(&f.order, at)
	case toOrder:
		d.order(at)
	case toCustomer:
		d.first(&f.customer, at)
	case toCurrency:
		d.currency(at)
	case toAmount:
		if m, ok := d.money(at, "amount"); ok && !f.hasAmount {
			f.amount, f.hasAmount = m, true
		}
	case toDate:
		if day, ok := parseDate(d.raw(at)); ok && !f.hasDay {
			f.day, f.hasDay = day, true
		}
	case toTime:
		f.day.Hour, f.day.Minute, f.day.Second, _ = parseClock(d.raw(at))
	case toInstant:
		d.instant(r)
	case toPurpose:
		d.purpose(at)
	case toLineCount:
		d.counted(at, f.count, "lines")
	case toLoopCount:
		d.counted(at, d.in.loops, "HL segments")
	default:
		d.applyLine(r)
	}
}

// object is what a property of the line goes into: the line, or the message where
// none is open.
func (d *Decoder) object() *object {
	if d.found.scope != nil {
		return &d.found.line
	}
	return &d.found.head
}

// entry adds an entry to a list.
func (d *Decoder) entry(r *rule) {
	l := d.object().list(r.name)
	from := len(l.entries)
	l.entries = append(l.entries, ',', '{')
	open := len(l.entries)
	for n, key := range r.keys {
		spec := d.specOf(r.at[n])
		value := d.text(r.at[n])
		if spec != nil && spec.typ == cents {
			if m, ok := d.money(r.at[n], ""); ok {
				value = d.keep(m.String())
			}
		}
		if value == "" {
			continue
		}
		l.entries = appendMember(l.entries, key, value)
	}
	if len(l.entries) == open { // nothing is said
		l.entries = l.entries[:from]
		d.object().dropEmpty()
		return
	}
	l.entries = append(append(l.entries[:open], l.entries[open+1:]...), '}')
}

// dropEmpty forgets a list that was just begun and has no entry.
func (o *object) dropEmpty() {
	if o.used > 0 && len(o.lists[o.used-1].entries) == 0 {
		o.used--
	}
}

// specOf is the specification of a position of the scanner's segment.
func (d *Decoder) specOf(p position) *elementSpec {
	spec := d.maps.dictionary[tagOf(d.in.scan.Segment.Tag())]
	if int(p.element) > len(spec) {
		return nil
	}
	return &spec[p.element-1]
}

// order names the order that the message is about, or that the lines from here on
// are of.
func (d *Decoder) order(at position) {
	f := &d.found
	id := d.text(at)
	if id == "" {
		return
	}
	if f.order == "" {
		f.order = id
	}
	f.lineOrder = id
	if f.scope != nil {
		f.line.set("order", id)
	}
}

func (d *Decoder) currency(at position) {
	code := d.text(at)
	if d.found.currency != "" || code == "" {
		return
	}
	for _, c := range []byte(code) {
		if c < 'A' || c > 'Z' || len(code) != 3 {
			d.in.fault(CodeInvalid, int(at.element), int(at.component), "is no ISO 4217 code such as GBP")
			return
		}
	}
	d.found.currency = code
}

// money reads an amount exactly. What is no number was noted as a fault already.
func (d *Decoder) money(at position, field string) (event.Micros, bool) {
	v := d.raw(at)
	if len(v) == 0 {
		return 0, false
	}
	if i := bytes.IndexByte(v, ','); i >= 0 { // the decimal sign of EDIFACT may be a comma
		v = bytes.Clone(v)
		v[i] = '.'
	}
	m, err := event.ParseMicros(v)
	if spec := d.specOf(at); err == nil && spec != nil && spec.typ == cents {
		m /= 100
	}
	switch {
	case err == nil:
		return m, true
	case errors.Is(err, event.ErrPrecision):
		d.number(at, field, v, "has more than six decimals")
	case errors.Is(err, event.ErrOverflow):
		d.number(at, field, v, "does not fit")
	}
	return 0, false
}

// number is a problem of a number that is well formed and cannot be kept.
func (d *Decoder) number(at position, field string, v []byte, text string) {
	s := &d.in.scan.Segment
	d.problem(event.OutOfRange, "number", field, string(v), fmt.Sprintf("segment %d (%s), element %s: %s", s.Number, s.Tag(), at, text))
}

// instant reads a time of EDIFACT by its format (2379).
func (d *Decoder) instant(r *rule) {
	f := &d.found
	v, format := d.raw(r.at[0]), view(d.raw(r.at[1]))
	length, known := map[string]int{"101": 6, "102": 8, "201": 6, "203": 8, "204": 8}[format]
	if f.hasDay || !known {
		return
	}
	ok := len(v) >= length
	if ok {
		f.day, ok = parseDate(v[:length])
	}
	if rest := v[min(length, len(v)):]; ok && len(rest) > 0 {
		f.day.Hour, f.day.Minute, f.day.Second, ok = parseClock(rest)
	}
	if !ok {
		d.in.fault(DateInvalid, int(r.at[0].element), int(r.at[0].component), "is no time of format "+format)
		return
	}
	f.hasDay = true
}

// purpose says whether the message is something new, or changes what was said.
func (d *Decoder) purpose(at position) {
	f := &d.found
	code := d.text(at)
	f.head.set("purpose", code)
	for n := range d.in.message.Purposes {
		if p := &d.in.message.Purposes[n]; slices.Contains(p.Codes, code) {
			f.typ, f.kind = p.Event, p.Kind
		}
	}
}

// counted checks a control total.
func (d *Decoder) counted(at position, n int, what string) {
	if v := d.raw(at); len(v) > 0 && !sameCount(string(v), n) {
		d.in.fault(CountWrong, int(at.element), int(at.component), fmt.Sprintf("is not the number of %s, %d", what, n))
	}
}
