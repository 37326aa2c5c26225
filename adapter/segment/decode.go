package segment

import (
	"strings"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/internal/commerce"
	"github.com/millrace/millrace/adapter/internal/jsonevent"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// Decoder reads messages. It serves one goroutine.
type Decoder struct {
	in     jsonevent.Reader
	m      message
	digest jsonevent.Digest
	key    []byte
	types  commerce.Types // of event names seen

	envelope string // as the fields below were read from it
	shared   sharedContext
}

// message is what was found, before the batch gets it: members come in any
// order, and what a product is depends on the event's name.
type message struct {
	call, name               string
	id, user, anonymous      string
	previous, group          string
	channel                  string
	original, timestamp      int64
	hasOriginal, hasTime     bool
	properties, traits       string
	context                  string
	country                  string
	orderID, session         string
	contextSession, currency string
	single                   jsonevent.Item
	hasSingle                bool
	sale                     commerce.Sale
	checks                   jsonevent.Span // what was found wrong with the properties
}

func (m *message) reset() {
	m.sale.Reset()
	*m = message{sale: m.sale, single: jsonevent.Item{Quantity: 1}}
}

// calls are the types of messages.
var calls = map[string]bool{"track": true, "identify": true, "page": true, "screen": true, "group": true, "alias": true}

// volatile reports whether delivery changes a member of a message.
func volatile(key string) bool {
	switch key {
	case "sentAt", "receivedAt", "writeKey", "_metadata":
		return true
	}
	return false
}

var identity = jsonevent.Identity{ID: "messageId", Volatile: volatile}

// RouteKey implements [adapter.Decoder]: userId, else anonymousId, else the
// order, else a hash of the message.
func (d *Decoder) RouteKey(dst []byte, r *adapter.Record) ([]byte, error) {
	var user, anonymous, order jsontext.Value
	c := &d.in.Cursor
	c.Reset(jsontext.View(r.Payload))
	for c.Object(); c.More(); {
		switch key := d.in.Unquote(c.Key()); key {
		case "userId":
			user = c.Value()
		case "anonymousId":
			anonymous = c.Value()
		case "properties":
			if c.Kind() != jsontext.Object {
				c.Value()
				continue
			}
			for c.Object(); c.More(); {
				if key, v := c.Key(), c.Value(); key.Raw == "order_id" || key.Raw == "orderId" {
					order = v
				}
			}
		default:
			c.Value()
		}
	}
	return d.in.AppendRouteKey(dst, r.Payload, user, anonymous, order)
}

// IdempotencyKey implements [adapter.Decoder].
func (d *Decoder) IdempotencyKey(dst []byte, r *adapter.Record) []byte {
	return identity.AppendKey(dst, r, &d.in)
}

// Decode implements [adapter.Decoder].
func (d *Decoder) Decode(b *event.Batch, i int, r *adapter.Record) {
	d.in.Start(b, i)
	d.m.reset()
	d.digest.Reset()
	d.share(r.Envelope)
	payload := jsontext.View(r.Payload)
	changes := len(b.Changes)
	d.in.Cursor.Reset(payload)
	d.read()
	err := d.in.Cursor.End()
	if err != nil {
		d.m.reset()
		b.Changes, b.Marks[i] = b.Changes[:changes], 0
	}
	d.key = identity.AppendKeyOf(d.key[:0], r, d.m.id)
	b.ID[i] = event.NewID(r.Source, d.key)
	if err == nil {
		if d.m.id != "" {
			b.Check[i] = d.digest.Sum()
		}
		d.store(b, i, r)
	}
	d.in.Finish(payload, err)
}

// read walks the message into d.m.
func (d *Decoder) read() {
	c := &d.in.Cursor
	for c.Object(); c.More(); {
		key := d.in.Unquote(c.Key())
		from := c.Offset()
		d.member(key)
		if !volatile(key) && c.Err() == nil {
			d.digest.Add(key, c.From(from))
		}
	}
}

func (d *Decoder) member(key string) {
	in, m, at := &d.in, &d.m, jsonevent.Path{Key: key}
	c := &in.Cursor
	switch key {
	case "type":
		m.call = in.Text(c.Value(), "type", at)
	case "event":
		m.name = in.Text(c.Value(), "type", at)
	case "messageId":
		m.id = in.Text(c.Value(), "event_id", at)
	case "userId":
		m.user = in.Text(c.Value(), "customer_id", at)
	case "anonymousId":
		m.anonymous = in.Text(c.Value(), "anonymous_id", at)
	case "previousId":
		m.previous = in.Text(c.Value(), "customer_id", at)
	case "groupId":
		m.group = in.Text(c.Value(), "group_id", at)
	case "channel":
		m.channel = in.Text(c.Value(), "channel", at)
	case "originalTimestamp":
		m.original, m.hasOriginal = in.Instant(c.Value(), "event_time", at)
	case "timestamp":
		m.timestamp, m.hasTime = in.Instant(c.Value(), "event_time", at)
	case "properties":
		d.properties()
	case "traits":
		if in.IsObject("properties", at) {
			m.traits = c.Value().Raw
		}
	case "context":
		d.context()
	default:
		c.Value()
	}
}

// store puts the message into the batch, and checks what needs all of it.
func (d *Decoder) store(b *event.Batch, i int, r *adapter.Record) {
	m := &d.m
	b.CustomerID[i], b.AnonymousID[i] = m.user, m.anonymous
	b.OrderID[i], b.SessionID[i] = m.orderID, m.session
	if m.session == "" {
		b.SessionID[i] = m.contextSession
	}
	b.Channel.Set(i, m.channel)
	b.Country.Set(i, m.country)
	b.Currency.Set(i, m.currency)
	b.Properties[i], b.Context[i] = m.properties, m.context
	switch {
	case m.hasOriginal:
		b.Time[i] = m.original + r.Skew
	case m.hasTime:
		b.Time[i] = m.timestamp + r.Skew
	default:
		b.Time[i] = r.Received
	}
	d.storeType(b, i, r)
	if !commerce.InSpec(b.Type.Get(i)) {
		d.in.Drop(m.checks)
	}
	if m.user == "" && m.anonymous == "" && m.previous == "" {
		d.in.Problem(event.Missing, "segment.identity", "customer_id", "", "userId and anonymousId are both missing; one is needed")
	}
	if m.call == "track" {
		d.storeItems(b, i)
	}
}

func (d *Decoder) storeType(b *event.Batch, i int, r *adapter.Record) {
	m := &d.m
	if m.call == "" {
		// A body of /v1/track and its like need not repeat its type.
		if last := r.Stream[strings.LastIndexByte(r.Stream, '/')+1:]; calls[last] {
			m.call = last
		}
	}
	switch {
	case m.call == "":
		d.in.Problem(event.Missing, "segment.call", "type", "", "type is missing; want track, identify, page, screen, group or alias")
	case !calls[m.call]:
		d.in.Problem(event.Schema, "segment.call", "type", m.call, "type is none of track, identify, page, screen, group and alias")
	case m.call != "track":
		b.Type.Set(i, m.call)
		if m.call == "identify" || m.call == "group" {
			b.Properties[i] = m.traits
		}
		if m.call == "group" && m.group == "" {
			d.in.Problem(event.Missing, "segment.group", "group_id", "", "groupId is missing")
		}
		if m.call == "alias" && m.previous == "" {
			d.in.Problem(event.Missing, "segment.alias", "customer_id", "", "previousId is missing")
		}
	default:
		t := d.types.Of(m.name, commerce.EventType)
		b.Type.Set(i, t)
		if t == "" {
			d.in.Problem(event.Missing, "segment.event", "type", m.name, "event is missing: a track call needs the name of what happened")
		}
	}
}
