package cloudevents

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/internal/commerce"
	"github.com/millrace/millrace/adapter/internal/jsonevent"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// Decoder reads events. It serves one goroutine.
type Decoder struct {
	in      jsonevent.Reader
	report  bool // whether there is an event to report problems of
	a       attributes
	data    string // as form says
	form    form
	who     actors // read only where the event is not decoded
	digest  jsonevent.Digest
	context jsonevent.Object
	object  jsonevent.Object
	key, id []byte
	encoded []byte
	types   commerce.Types
	d       content
}

// RouteKey implements [adapter.Decoder]: the customer, anonymous id or order of
// the data, else the partitionkey extension, else the subject, else a hash of the
// identity.
func (d *Decoder) RouteKey(dst []byte, r *adapter.Record) ([]byte, error) {
	d.report = false
	if err := d.read(r); err != nil {
		return dst, fmt.Errorf("%w: %w", adapter.ErrUndecodable, err)
	}
	for _, actor := range [...]string{d.who.customer, d.who.anonymous, d.who.order, d.text(d.a.partition), d.text(d.a.subject)} {
		if actor != "" {
			return append(dst, actor...), nil
		}
	}
	d.key = d.appendKey(d.key[:0], r)
	return fmt.Appendf(dst, "event:%08x", crc32.ChecksumIEEE(d.key)), nil
}

// actors reads who did it from data that does not stand in a document of its own.
// For an event that is decoded all members are read later.
func (d *Decoder) actors() actors {
	c := &d.in.Cursor
	if d.report || d.form != document {
		return actors{}
	}
	if c.Reset(d.data); c.Kind() != jsontext.Object {
		return actors{}
	}
	who := d.readActors()
	if c.End() != nil {
		return actors{}
	}
	return who
}

// readActors walks the object at the cursor.
func (d *Decoder) readActors() (who actors) {
	c := &d.in.Cursor
	for c.Object(); c.More(); {
		switch key, v := d.in.Unquote(c.Key()), c.Value(); key {
		case "customer_id":
			who.customer = d.text(v)
		case "anonymous_id":
			who.anonymous = d.text(v)
		case "order_id":
			who.order = d.text(v)
		}
	}
	return who
}

// IdempotencyKey implements [adapter.Decoder].
func (d *Decoder) IdempotencyKey(dst []byte, r *adapter.Record) []byte {
	d.report = false
	_ = d.read(r) // of a broken document no attribute is left
	return d.appendKey(dst, r)
}

// identity is that of events without source or id: their content.
var identity = jsonevent.Identity{Volatile: func(string) bool { return false }}

func (d *Decoder) appendKey(dst []byte, r *adapter.Record) []byte {
	source, id := d.text(d.a.source), d.text(d.a.id)
	if source == "" || id == "" {
		return identity.AppendKeyOf(dst, r, "")
	}
	d.id = append(binary.AppendUvarint(d.id[:0], uint64(len(source))), source...)
	d.id = append(d.id, id...)
	return identity.AppendKeyOf(dst, r, jsontext.View(d.id))
}

// Decode implements [adapter.Decoder].
func (d *Decoder) Decode(b *event.Batch, i int, r *adapter.Record) {
	d.in.Start(b, i)
	d.report = true
	err := d.read(r)
	d.key = d.appendKey(d.key[:0], r)
	b.ID[i] = event.NewID(r.Source, d.key)
	if err == nil {
		if d.text(d.a.source) != "" && d.text(d.a.id) != "" {
			b.Check[i] = d.digest.Sum()
		}
		d.store(b, i, r)
	}
	d.in.Finish(jsontext.View(r.Payload), err)
}

// store puts the event into the batch, and checks what needs all of it.
func (d *Decoder) store(b *event.Batch, i int, r *adapter.Record) {
	d.required()
	b.Context[i] = d.context.Keep(&d.in)
	b.Time[i] = r.Received
	if at, ok := d.in.Instant(d.a.time, "event_time", jsonevent.Path{Key: "time"}); ok {
		b.Time[i] = at + r.Skew
	}
	b.Type.Set(i, d.types.Of(d.text(d.a.typ), eventType))
	d.storeData(b, i)
}

// required checks the attributes that every event has.
func (d *Decoder) required() {
	for _, a := range [...]struct {
		name, field string
		value       *jsontext.Value
	}{
		{"id", "event_id", &d.a.id}, {"source", "context", &d.a.source}, {"type", "type", &d.a.typ},
	} {
		switch {
		case a.value.Kind != jsontext.String && a.value.Kind != jsontext.Invalid:
			d.in.Problem(event.Schema, d.in.Rules.Type, a.field, a.value.Raw, a.name+" is "+a.value.Kind.String()+", want text")
		case a.value.Raw == "":
			d.in.Problem(event.Missing, "cloudevents.required", a.field, "", "the attribute "+a.name+" is missing or empty")
		}
	}
	if version := d.text(d.a.version); !strings.HasPrefix(version, "1.") {
		d.in.Problem(event.Schema, "cloudevents.specversion", "context", version, "specversion is not 1.0")
	}
}

// storeData puts the data into the batch.
func (d *Decoder) storeData(b *event.Batch, i int) {
	o := &d.object
	o.Reset()
	switch d.form {
	case plain:
		o.String("data", d.data)
	case opaque:
		d.encoded = base64.StdEncoding.AppendEncode(d.encoded[:0], []byte(d.data))
		o.String("data_base64", jsontext.View(d.encoded))
	case document:
		in := &d.in
		in.Cursor.Reset(d.data)
		if in.Cursor.Kind() == jsontext.Object {
			d.members(b, i)
			return
		}
		v := in.Cursor.Value()
		if err := in.Cursor.End(); err != nil {
			d.dataProblem(err)
			return
		}
		if v.Kind == jsontext.String {
			o.Text("data", v)
		} else {
			o.Raw("data", v.Raw)
		}
	}
	b.Properties[i] = o.Keep(&d.in)
}

func (d *Decoder) dataProblem(err *jsontext.SyntaxError) {
	d.in.Problem(event.Undecodable, "cloudevents.data", "properties", d.data, "the data is "+err.Error())
}
