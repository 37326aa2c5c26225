package mapped

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/internal/civil"
	"github.com/millrace/millrace/adapter/internal/jsonevent"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// Decoder reads documents. It serves one goroutine.
type Decoder struct {
	a    *Adapter
	in   jsonevent.Reader
	zone *civil.Zone
	xml  transcoder

	inner   jsontext.Cursor // within a value
	payload string          // the document as JSON
	source  []byte          // the document as received
	start   int             // of the payload, behind white space
	around  string          // the envelope that the namespaces of xml are from
	// What the paths led to, by slot.
	document, envelope, item []jsontext.Value

	entry *entry // the one that holds
	key   []byte
	path  jsonevent.Path // of the value that is being read
}

// fault is why a record cannot be read.
type fault struct {
	json *jsontext.SyntaxError
	xml  error
}

func (f fault) any() bool { return f.json != nil || f.xml != nil }

func (f fault) undecodable() error {
	if f.json != nil {
		return fmt.Errorf("%w: %w", adapter.ErrUndecodable, f.json)
	}
	return fmt.Errorf("%w: %w", adapter.ErrUndecodable, f.xml)
}

// read walks the record's envelope and document.
func (d *Decoder) read(r *adapter.Record) fault {
	d.readEnvelope(r.Envelope)
	d.payload, d.source = jsontext.View(r.Payload), r.Payload
	if d.a.xml {
		if err := d.transcode(r); err != nil {
			return fault{xml: err}
		}
	}
	d.in.Cursor.Reset(d.payload)
	d.start = d.in.Cursor.Offset()
	w := walker{in: &d.in, slots: d.document, repeats: d.a.xml}
	w.object(d.a.inDocument.top)
	f := fault{json: d.in.Cursor.End()}
	if !f.any() {
		d.entry = d.choose()
	}
	return f
}

// transcode makes JSON of XML.
func (d *Decoder) transcode(r *adapter.Record) error {
	if d.around != r.Envelope {
		d.around = strings.Clone(r.Envelope)
		d.xml.declared = declaredIn(d.around)
	}
	text, err := d.xml.appendJSON(d.in.Memory.Buffer(2*len(r.Payload)), r.Payload)
	if err != nil {
		return err
	}
	d.payload = d.in.Memory.Keep(text)
	d.source = r.Payload[d.xml.start:d.xml.end]
	return nil
}

// readEnvelope fills what the door knows. An envelope that is no object of JSON
// says nothing.
func (d *Decoder) readEnvelope(text string) {
	clear(d.envelope)
	if text == "" || len(d.a.inEnvelope.top.below) == 0 {
		return
	}
	d.in.Cursor.Reset(text)
	w := walker{in: &d.in, slots: d.envelope}
	if w.object(d.a.inEnvelope.top); d.in.Cursor.End() != nil {
		clear(d.envelope)
	}
}

// choose returns the first entry whose conditions hold. The last one has none.
func (d *Decoder) choose() *entry {
	entries := d.a.entries
	for _, e := range entries[:len(entries)-1] {
		if d.holds(e.when) {
			return e
		}
	}
	return entries[len(entries)-1]
}

func (d *Decoder) holds(when []condition) bool {
	for i := range when {
		if !d.meets(&when[i]) {
			return false
		}
	}
	return true
}

// RouteKey implements [adapter.Decoder]. A document without an actor is keyed by
// its identity, so that all its deliveries meet.
func (d *Decoder) RouteKey(dst []byte, r *adapter.Record) ([]byte, error) {
	if f := d.read(r); f.any() {
		return dst, f.undecodable()
	}
	e := d.entry
	for _, p := range d.a.route {
		if field := e.fields[p.field]; field != nil {
			if text := d.text(field); text != "" {
				dst = append(append(dst, p.before...), text...)
				return append(dst, p.after...), nil
			}
		}
	}
	d.key = d.appendKey(d.key[:0], r, fault{})
	h := fnv.New64a()
	_, _ = h.Write(d.key) // never fails
	return strconv.AppendUint(append(dst, "event:"...), h.Sum64(), 16), nil
}

// keyOfParts is the first byte of an idempotency key of an entry of identity.
// Those of contents are lower; see [jsonevent.Identity].
const keyOfParts = 3

// whole says that the content is all of the document.
var whole = jsonevent.Identity{Volatile: func(string) bool { return false }}

// IdempotencyKey implements [adapter.Decoder].
func (d *Decoder) IdempotencyKey(dst []byte, r *adapter.Record) []byte {
	return d.appendKey(dst, r, d.read(r))
}

func (d *Decoder) appendKey(dst []byte, r *adapter.Record, f fault) []byte {
	if !f.any() {
		for _, parts := range d.entry.identity {
			if key, ok := d.appendParts(append(dst, keyOfParts), parts); ok {
				return key
			}
		}
	}
	content := adapter.Record{Payload: d.source, Occurrence: r.Occurrence}
	return whole.AppendKeyOf(dst, &content, "")
}

// appendParts appends the values of an entry of identity, each behind its
// length; false when one has none.
func (d *Decoder) appendParts(dst []byte, parts []ref) ([]byte, bool) {
	for i := range parts {
		var text string
		switch parts[i].from {
		case allPayload:
			text = jsontext.View(d.source)
		case literal:
			text = parts[i].path
		default:
			text = d.plain(d.at(&parts[i]))
		}
		if text == "" {
			return nil, false
		}
		dst = append(binary.AppendUvarint(dst, uint64(len(text))), text...)
	}
	return dst, true
}

// Decode implements [adapter.Decoder].
func (d *Decoder) Decode(b *event.Batch, i int, r *adapter.Record) {
	d.in.Start(b, i)
	f := d.read(r)
	d.key = d.appendKey(d.key[:0], r, f)
	b.ID[i] = event.NewID(r.Source, d.key)
	switch {
	case f.xml != nil:
		d.in.Problem(event.Undecodable, "mapped.xml", jsonevent.FieldPayload, d.payload, strings.ToValidUTF8(f.xml.Error(), "\ufffd"))
	case f.json == nil:
		d.store(b, i, r)
	}
	d.in.Finish(d.payload, f.json)
}

// store puts what was found into the batch.
func (d *Decoder) store(b *event.Batch, i int, r *adapter.Record) {
	e := d.entry
	if e.fields[fieldType] == nil {
		d.in.Problem(event.Schema, "mapped.event", "type", "", "no entry under events fits the document, and the mapping names no type for others")
	}
	b.Type.Set(i, d.eventType(e.fields[fieldType]))
	b.CustomerID[i] = d.checked(e.fields[fieldCustomerID])
	b.AnonymousID[i] = d.checked(e.fields[fieldAnonymousID])
	b.OrderID[i] = d.checked(e.fields[fieldOrderID])
	b.SessionID[i] = d.checked(e.fields[fieldSessionID])
	b.Channel.Set(i, d.checked(e.fields[fieldChannel]))
	b.Country.Set(i, d.checked(e.fields[fieldCountry]))
	currency := d.currency(e.fields[fieldCurrency])
	b.Currency.Set(i, currency)
	b.Time[i] = d.time(e.fields[fieldTime], r)
	b.Properties[i] = d.properties()
	if d.xml.declared == nil {
		b.Context[i] = contextOf(r.Envelope)
	}
	if f := e.fields[fieldType]; f != nil && !f.required && b.Type.Get(i) == "" {
		d.in.Problem(event.Missing, "mapped.required", "type", "", "type is empty: an event needs to say what happened")
	}
	sum, fits := d.items(e.items, currency)
	amount, ok := d.money(e.fields[fieldAmount], currency)
	switch {
	case ok:
		b.Amount[i] = amount
	case fits:
		b.Amount[i] = sum
	default:
		d.in.Problem(event.OutOfRange, d.in.Rules.Amount, "amount", "", "the sum of the items does not fit")
	}
}

// contextOf returns the envelope where it is an object: what the sender's
// headers said belongs to the event, too.
func contextOf(envelope string) string {
	if len(envelope) < 2 || envelope[0] != '{' || jsontext.Validate(envelope) != nil {
		return ""
	}
	return envelope
}

// properties returns the document, or the members that the mapping names.
func (d *Decoder) properties() string {
	if d.a.keepsDocument {
		return d.in.Cursor.From(d.start)
	}
	size := 2
	for i := range d.a.properties {
		p := &d.a.properties[i]
		size += len(p.key) + len(d.at(&p.ref).Raw) + 3
	}
	out := append(d.in.Memory.Buffer(size), '{')
	for i := range d.a.properties {
		p := &d.a.properties[i]
		v := d.at(&p.ref)
		if v.Kind == jsontext.Invalid {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, p.key...)
		if v.Kind == jsontext.String {
			out = append(append(append(out, '"'), v.Raw...), '"')
		} else {
			out = append(out, v.Raw...)
		}
	}
	if len(out) == 1 {
		return ""
	}
	return d.in.Memory.Keep(append(out, '}'))
}
