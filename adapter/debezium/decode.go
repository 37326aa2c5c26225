package debezium

import (
	"math"
	"strconv"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/internal/jsonevent"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// Decoder reads Debezium envelopes. It serves one goroutine.
type Decoder struct {
	in    jsonevent.Reader
	e     envelope
	hint  keyHint
	types typed
	key   []byte
}

// IdempotencyKey implements [adapter.Decoder].
func (d *Decoder) IdempotencyKey(dst []byte, r *adapter.Record) []byte {
	return d.appendKey(dst, r, d.read(jsontext.View(r.Payload)))
}

// Decode implements [adapter.Decoder].
func (d *Decoder) Decode(b *event.Batch, i int, r *adapter.Record) {
	d.in.Start(b, i)
	payload := jsontext.View(r.Payload)
	err := d.read(payload)
	d.key = d.appendKey(d.key[:0], r, err)
	b.ID[i] = event.NewID(r.Source, d.key)
	if err == nil {
		d.store(b, i, r)
	}
	d.in.Finish(payload, err)
}

func (d *Decoder) store(b *event.Batch, i int, r *adapter.Record) {
	e := &d.e
	b.Time[i] = d.time(r)
	if e.boundary() {
		typ := "transaction_begun"
		if e.status.Raw == "END" {
			typ = "transaction_ended"
		}
		b.Type.Set(i, typ)
		b.Properties[i] = d.object(field{"id", e.id}, field{"status", e.status})
		return
	}
	suffix := suffixOf(e.op.Raw)
	if suffix == "" {
		d.in.Problem(event.Schema, "debezium.op", "op", e.op.Raw, "op is none of c, u, d, r, t, m: this is no change of a row")
		return
	}
	b.Context[i] = d.context()
	if e.op.Raw == "m" {
		b.Type.Set(i, "logical_message")
		b.Properties[i] = e.message.Raw
		return
	}
	if !present(e.from.table) {
		d.in.Problem(event.Missing, "debezium.table", "source.table", "", "source.table is missing: nobody knows what was changed")
	}
	b.Type.Set(i, d.typeOf(suffix))
	if e.op.Raw == "t" {
		return
	}
	row, name := e.row(), "after"
	if e.op.Raw == "d" {
		name = "before"
	}
	if row.Kind != jsontext.Object {
		d.in.Problem(event.Missing, "debezium.row", name, row.Raw, name+" is not the row that a change of kind "+e.op.Raw+" has")
		return
	}
	b.Properties[i] = d.row(row)
}

// suffixOf is what an operation adds to a table's name; m has no table.
func suffixOf(op string) string {
	switch op {
	case "c":
		return "_created"
	case "u":
		return "_updated"
	case "d":
		return "_deleted"
	case "r":
		return "_read"
	case "t":
		return "_truncated"
	case "m":
		return "_message"
	}
	return ""
}

func (d *Decoder) typeOf(suffix string) string {
	table := d.in.Unquote(d.e.from.table)
	if table == "" {
		table = "row"
	}
	return d.in.Memory.Keep(append(append(d.in.Memory.Buffer(len(table)+len(suffix)), table...), suffix...))
}

// time is when the change was made, in µs: the finest clock reading of its
// source, else that of the connector, else when it was received.
func (d *Decoder) time(r *adapter.Record) int64 {
	e := &d.e
	readings := [...]struct {
		v        jsontext.Value
		mul, div int64
	}{
		{e.from.tsUS, 1, 1}, {e.from.tsNS, 1, 1000}, {e.from.tsMS, 1000, 1},
		{e.tsUS, 1, 1}, {e.tsNS, 1, 1000}, {e.tsMS, 1000, 1},
	}
	for _, at := range readings {
		if !present(at.v) || at.v.Raw == "0" {
			continue
		}
		n, err := strconv.ParseInt(at.v.Raw, 10, 64)
		if err != nil || n < 0 || n > math.MaxInt64/at.mul || n*at.mul/at.div > lastMicro {
			d.in.Problem(event.Format, d.in.Rules.Time, "event_time", at.v.Raw, "the time of the change is no number of seconds, or its parts, since 1970")
			continue
		}
		return n * at.mul / at.div
	}
	return r.Received
}

// lastMicro is the end of the year 9999.
const lastMicro = 253_402_300_799_999_999

type field struct {
	name string
	v    jsontext.Value
}

// context is the envelope without the row: what was before, and where it comes
// from.
func (d *Decoder) context() string {
	before := d.e.before
	if d.e.op.Raw == "d" {
		before = jsontext.Value{}
	}
	if before.Kind == jsontext.Object {
		before.Raw = d.row(before)
	}
	return d.object(field{"before", before}, field{"source", d.e.source}, field{"transaction", d.e.transaction})
}

// object writes an object of the fields that are not null.
func (d *Decoder) object(fields ...field) string {
	size := 2
	for _, f := range fields {
		size += len(f.name) + len(f.v.Raw) + 6
	}
	dst := append(d.in.Memory.Buffer(size), '{')
	for _, f := range fields {
		if f.v.Kind == jsontext.Invalid || f.v.Kind == jsontext.Null {
			continue
		}
		if len(dst) > 1 {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), f.name...), '"', ':')
		dst = appendValue(dst, f.v)
	}
	return d.in.Memory.Keep(append(dst, '}'))
}

func appendValue(dst []byte, v jsontext.Value) []byte {
	if v.Kind != jsontext.String {
		return append(dst, v.Raw...)
	}
	return append(append(append(dst, '"'), v.Raw...), '"')
}
