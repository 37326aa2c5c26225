package ga4

import (
	"encoding/binary"
	"strconv"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/internal/commerce"
	"github.com/millrace/millrace/adapter/internal/jsonevent"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// Decoder reads events. It serves one goroutine.
type Decoder struct {
	in     jsonevent.Reader
	e      content
	digest jsonevent.Digest
	key    []byte
	types  commerce.Types

	envelope string // as shared was read from it
	shared   shared
}

// content is what was found in an event, before the batch gets it.
type content struct {
	name        string
	own         shared
	transaction string
	session     string
	currency    string
	params      string
	sale        commerce.Sale
	checks      jsonevent.Span // what was found wrong with the params
}

func (e *content) reset() {
	e.sale.Reset()
	*e = content{sale: e.sale}
}

// isPurchase reports whether the event is an order, whose identity is its
// transaction.
func (e *content) isPurchase() bool { return e.name == purchase || e.name == oldPurchase }

// RouteKey implements [adapter.Decoder]: of a purchase its transaction, which is
// its identity, whoever tells it; else the user, else the client, else the order,
// else a hash of the event.
func (d *Decoder) RouteKey(dst []byte, r *adapter.Record) ([]byte, error) {
	d.share(r.Envelope)
	err := d.skim(r)
	who := d.e.own.over(&d.shared)
	identity := ""
	if d.e.isPurchase() {
		identity = d.e.transaction
	}
	for _, actor := range [...]string{identity, who.user, who.anonymous(), d.e.transaction} {
		if actor != "" && err == nil {
			return append(dst, actor...), nil
		}
	}
	return d.in.AppendRouteKey(dst, r.Payload)
}

// IdempotencyKey implements [adapter.Decoder].
func (d *Decoder) IdempotencyKey(dst []byte, r *adapter.Record) []byte {
	d.share(r.Envelope)
	if d.skim(r) != nil {
		d.e.reset()
	}
	return d.appendKey(dst, r)
}

// skim reads what identifies an event, and nothing else.
func (d *Decoder) skim(r *adapter.Record) *jsontext.SyntaxError {
	in, e := &d.in, &d.e
	c := &in.Cursor
	e.reset()
	c.Reset(jsontext.View(r.Payload))
	for c.Object(); c.More(); {
		key := in.Unquote(c.Key())
		switch {
		case key == "name":
			e.name = ""
			if v := c.Value(); v.Kind == jsontext.String {
				e.name = in.Unquote(v)
			}
		case key == "params" && c.Kind() == jsontext.Object:
			e.transaction = ""
			for c.Object(); c.More(); {
				if in.Unquote(c.Key()) == "transaction_id" {
					e.transaction = identifier(in, "", "", false)
				} else {
					c.Value()
				}
			}
		case e.own.member(in, key, false):
		default:
			c.Value()
		}
	}
	return c.End()
}

// The first byte of an idempotency key, beyond those of package jsonevent.
const (
	keyOfTransaction = 'p'
	keyOfTimestamp   = 't'
	keyOfMinute      = 'm'
)

// appendKey appends the idempotency key of the event in d.e.
func (d *Decoder) appendKey(dst []byte, r *adapter.Record) []byte {
	e := &d.e
	if e.isPurchase() && e.transaction != "" {
		return append(append(dst, keyOfTransaction), e.transaction...)
	}
	who := e.own.over(&d.shared)
	if at, ok := micros(who.timestamp); ok {
		dst = binary.BigEndian.AppendUint64(append(dst, keyOfTimestamp), uint64(at))
	} else {
		dst = binary.BigEndian.AppendUint64(append(dst, keyOfMinute), uint64(who.minute))
	}
	for _, id := range [...]string{who.client, who.app, who.user} {
		dst = append(binary.AppendUvarint(dst, uint64(len(id))), id...)
	}
	return identity.AppendKeyOf(dst, r, "")
}

// identity is that of events without a transaction: their content.
var identity = jsonevent.Identity{Volatile: func(string) bool { return false }}

// micros reads a timestamp, which may be a number or text that is one.
func micros(v jsontext.Value) (at int64, ok bool) {
	if v.Kind != jsontext.Number && v.Kind != jsontext.String {
		return 0, false
	}
	at, err := strconv.ParseInt(v.Raw, 10, 64)
	const yearEnd = 253_402_300_800_000_000 // of 9999
	return at, err == nil && at > 0 && at < yearEnd
}

// Decode implements [adapter.Decoder].
func (d *Decoder) Decode(b *event.Batch, i int, r *adapter.Record) {
	d.share(r.Envelope)
	d.in.Start(b, i)
	d.e.reset()
	d.digest.Reset()
	payload, changes := jsontext.View(r.Payload), len(b.Changes)
	d.in.Cursor.Reset(payload)
	d.read()
	err := d.in.Cursor.End()
	if err != nil {
		d.e.reset()
		b.Changes, b.Marks[i] = b.Changes[:changes], 0
	}
	d.key = d.appendKey(d.key[:0], r)
	b.ID[i] = event.NewID(r.Source, d.key)
	if err == nil {
		if d.key[0] == keyOfTransaction {
			b.Check[i] = d.digest.Sum()
		}
		d.store(b, i, r)
	}
	d.in.Finish(payload, err)
}

// read walks the event into d.e.
func (d *Decoder) read() {
	in, e := &d.in, &d.e
	c := &in.Cursor
	for c.Object(); c.More(); {
		key := in.Unquote(c.Key())
		switch {
		case key == "name":
			e.name = in.Text(c.Value(), "type", jsonevent.Path{Key: key})
		case key == "params":
			d.params()
		case e.own.member(in, key, true):
		default:
			c.Value()
		}
	}
}

// store puts the event into the batch, and checks what needs all of it.
func (d *Decoder) store(b *event.Batch, i int, r *adapter.Record) {
	e := &d.e
	who := e.own.over(&d.shared)
	b.CustomerID[i], b.AnonymousID[i] = who.user, who.anonymous()
	b.OrderID[i], b.SessionID[i] = e.transaction, e.session
	b.Country.Set(i, who.country)
	b.Currency.Set(i, e.currency)
	b.Properties[i], b.Context[i] = e.params, d.envelope
	switch {
	case who.client != "":
		b.Channel.Set(i, "web")
	case who.app != "":
		b.Channel.Set(i, "app")
	default:
		d.in.Problem(event.Missing, "ga4.client", "anonymous_id", "", "client_id (of a web stream) and app_instance_id (of an app) are both missing; one is needed")
	}
	b.Time[i] = r.Received
	if at, ok := micros(who.timestamp); ok {
		b.Time[i] = at
	} else if who.timestamp.Kind != jsontext.Invalid && who.timestamp.Kind != jsontext.Null {
		d.in.Problem(event.Format, d.in.Rules.Time, "event_time", who.timestamp.Raw, "timestamp_micros is no number of microseconds since 1970")
	}
	t := d.types.Of(e.name, eventType)
	b.Type.Set(i, t)
	if t == "" {
		d.in.Problem(event.Missing, "ga4.name", "type", e.name, "name is missing: an event needs to say what happened")
	}
	if !commerce.InSpec(t) {
		d.in.Drop(e.checks)
	}
	if t == commerce.OrderCompleted && e.transaction == "" {
		d.in.Problem(event.Missing, "ga4.transaction", "order_id", "", "a purchase needs a transaction_id: without it a repetition counts again")
	}
	e.sale.Store(&d.in, b, i)
}
