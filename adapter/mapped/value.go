package mapped

import (
	"fmt"
	"strings"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/internal/commerce"
	"github.com/millrace/millrace/adapter/internal/jsonevent"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// at returns what stands at a place.
func (d *Decoder) at(r *ref) jsontext.Value {
	switch r.from {
	case inDocument:
		return d.document[r.node.slot]
	case inEnvelope:
		return d.envelope[r.node.slot]
	case inItem:
		return d.item[r.node.slot]
	}
	return jsontext.Value{Kind: jsontext.Object, Raw: d.payload}
}

// first returns the first value of a field that is neither null nor empty.
func (d *Decoder) first(f *reading) jsontext.Value {
	for i := range f.refs {
		v := d.at(&f.refs[i])
		if d.a.xml {
			v = d.content(v)
		}
		if v.Kind != jsontext.Invalid && v.Kind != jsontext.Null && (v.Kind != jsontext.String || v.Raw != "") {
			if d.path.Key = f.refs[i].path; d.path.Index > 0 {
				d.path.Key = strings.TrimPrefix(d.path.Key, "/")
			}
			return v
		}
	}
	return jsontext.Value{}
}

// plain returns a value as text: that of numbers and of true and false as they
// are written, empty for null, lists and objects.
func (d *Decoder) plain(v jsontext.Value) string {
	if d.a.xml {
		v = d.content(v)
	}
	switch v.Kind {
	case jsontext.String:
		if v.Escaped {
			return d.in.Unquote(v)
		}
		return v.Raw
	case jsontext.Number, jsontext.Bool:
		return v.Raw
	}
	return ""
}

// text reads a field of text. It reports nothing.
func (d *Decoder) text(f *reading) string { return d.finished(f, d.first(f)) }

func (d *Decoder) finished(f *reading, v jsontext.Value) string {
	s := d.trimmed(f, d.plain(v))
	if s == "" {
		return f.otherwise
	}
	if to, ok := f.values[s]; ok {
		return to
	}
	switch f.letters {
	case lower:
		return d.rewrite(s, lowerByte)
	case upper:
		return d.rewrite(s, upperByte)
	case snake:
		return d.rewrite(s, snakeByte)
	}
	return s
}

func (d *Decoder) trimmed(f *reading, s string) string {
	if !f.trims {
		return s
	}
	if f.space {
		s = strings.TrimSpace(s)
	}
	return strings.TrimSuffix(strings.TrimPrefix(s, f.prefix), f.suffix)
}

func lowerByte(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

func upperByte(c byte) byte {
	if c >= 'a' && c <= 'z' {
		c -= 'a' - 'A'
	}
	return c
}

func snakeByte(c byte) byte {
	c = lowerByte(c)
	if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c < 0x80 {
		return '_'
	}
	return c
}

// rewrite changes the letters of ASCII; others stay.
func (d *Decoder) rewrite(s string, to func(byte) byte) string {
	i := 0
	for i < len(s) && to(s[i]) == s[i] {
		i++
	}
	if i == len(s) {
		return s
	}
	out := append(d.in.Memory.Buffer(len(s)), s...)
	for ; i < len(out); i++ {
		out[i] = to(out[i])
	}
	return d.in.Memory.Keep(out)
}

// checked reads a field of text and reports what is wrong with it. The field
// may be nil.
func (d *Decoder) checked(f *reading) string {
	if f == nil {
		return ""
	}
	v := d.first(f)
	if v.Kind == jsontext.Array || v.Kind == jsontext.Object {
		d.wrongKind(f, v, "text")
		return ""
	}
	s := d.finished(f, v)
	if s == "" && f.required {
		d.missing(f)
	}
	return s
}

func (d *Decoder) wrongKind(f *reading, v jsontext.Value, want string) {
	d.in.Problem(event.Schema, d.in.Rules.Type, f.field, v.Raw, fmt.Sprintf("%s is %s, want %s", d.path, v.Kind, want))
}

func (d *Decoder) missing(f *reading) {
	var paths []string
	for i := range f.refs {
		path := f.refs[i].path
		if d.path.Index > 0 {
			path = strings.TrimPrefix(path, "/")
		}
		paths = append(paths, path)
	}
	at := jsonevent.Path{Base: d.path.Base, Index: d.path.Index, Key: strings.Join(paths, " or ")}
	d.in.Problem(event.Missing, "mapped.required", f.field, "", at.String()+" is required and empty")
}

// eventType bounds what may come from a header that nobody has signed.
func (d *Decoder) eventType(f *reading) string {
	s := d.checked(f)
	if len(s) > commerce.MaxTypeBytes {
		d.in.Problem(event.Schema, d.in.Rules.Type, "type", s, fmt.Sprintf("the type has more than %d bytes", commerce.MaxTypeBytes))
		return ""
	}
	return s
}

func (d *Decoder) currency(f *reading) string {
	code := d.checked(f)
	if code != "" && !isCurrency(code) {
		d.in.Problem(event.Format, "mapped.currency", "currency", code, "currency is no ISO 4217 code such as GBP")
		return ""
	}
	return code
}

// time returns the event time, which is the receive time where the document has
// none.
func (d *Decoder) time(f *reading, r *adapter.Record) int64 {
	if f == nil {
		return r.Received
	}
	v := d.first(f)
	if v.Kind == jsontext.Array || v.Kind == jsontext.Object {
		d.wrongKind(f, v, "a time")
		return r.Received
	}
	s := d.trimmed(f, d.plain(v))
	if s == "" {
		s = f.otherwise
	}
	if s == "" {
		if f.required {
			d.missing(f)
		}
		return r.Received
	}
	for i := range f.formats {
		if micros, ok := f.formats[i].Parse(s, d.zone); ok {
			return micros + r.Skew
		}
	}
	d.in.Problem(event.Format, d.in.Rules.Time, f.field, s, fmt.Sprintf("%s is not %s", d.path, f.want))
	return r.Received
}

// numeral returns the value of a number's field, trimmed, or its default; the
// problem of a missing one is reported. ok is false without any.
func (d *Decoder) numeral(f *reading) (v jsontext.Value, ok bool) {
	v = d.first(f)
	if f.trims && v.Kind == jsontext.String {
		v = jsontext.Value{Kind: jsontext.String, Raw: d.trimmed(f, d.plain(v))}
	}
	if v.Kind == jsontext.Invalid || v.Kind == jsontext.String && v.Raw == "" {
		if f.otherwise == "" {
			if f.required {
				d.missing(f)
			}
			return v, false
		}
		v = jsontext.Value{Kind: jsontext.String, Raw: f.otherwise}
	}
	return v, true
}

// money reads an amount. The field may be nil.
func (d *Decoder) money(f *reading, currency string) (event.Micros, bool) {
	if f == nil {
		return 0, false
	}
	v, ok := d.numeral(f)
	if !ok {
		return 0, false
	}
	m, ok := d.in.Money(v, f.field, d.path)
	if !ok {
		return 0, false
	}
	if f.minor {
		unit := d.a.digits.perUnit(currency)
		if m%unit != 0 {
			d.in.Problem(event.Format, d.in.Rules.Number, f.field, v.Raw, d.path.String()+" has more than six decimals")
			return 0, false
		}
		m /= unit
	}
	if f.negate {
		m = -m
	}
	return m, true
}

// quantity reads a number of pieces.
func (d *Decoder) quantity(f *reading) int64 {
	n := int64(1)
	if f == nil {
		return n
	}
	if v, ok := d.numeral(f); ok {
		if whole, ok := d.in.Integer(v, f.field, d.path); ok {
			n = whole
		}
	}
	if f.negate {
		n = -n
	}
	return n
}

// meets reports whether a condition holds.
func (d *Decoder) meets(c *condition) bool {
	v := d.at(&c.ref)
	if c.present {
		return v.Kind != jsontext.Invalid && v.Kind != jsontext.Null && (v.Kind != jsontext.String || v.Raw != "")
	}
	if v.Kind == jsontext.Invalid {
		return false
	}
	s := d.plain(v)
	switch {
	case c.in != nil:
		_, ok := c.in[s]
		return ok
	case c.pattern != nil:
		return c.pattern.MatchString(s)
	}
	return strings.HasPrefix(s, c.prefix)
}
