package native

import (
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/internal/jsonevent"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/spell"
)

// Decoder reads native events. It serves one goroutine.
type Decoder struct {
	in     jsonevent.Reader
	digest jsonevent.Digest
	key    []byte
	e      content
}

// content is what was found, before the batch gets it: a document may break
// behind it.
type content struct {
	id, typ, customer, anonymous, order string
	session, channel, country, currency string
	properties, context                 string
	time                                int64
	hasTime                             bool
	amount                              event.Micros
	hasAmount                           bool
	items                               []item
}

type item struct {
	jsonevent.Item
	kind string
}

func (e *content) reset() { *e = content{items: e.items[:0]} }

// The keys of an event and of an item, in the order of the documentation.
var (
	eventKeys = []string{
		"id", "type", "time", "customer_id", "anonymous_id", "order_id", "session_id",
		"channel", "country", "currency", "amount", "items", "properties", "context",
	}
	itemKeys = []string{"product_id", "name", "category", "quantity", "price", "kind"}
)

// volatile reports whether a member is about the delivery, not the event: a
// sender that cannot set headers puts its write key into the body.
func volatile(key string) bool { return key == "writeKey" }

var identity = jsonevent.Identity{ID: "id", Volatile: volatile}

// RouteKey implements [adapter.Decoder]: customer_id, else anonymous_id, else
// order_id, else a hash of the event.
func (d *Decoder) RouteKey(dst []byte, r *adapter.Record) ([]byte, error) {
	var actors [3]jsontext.Value
	c := &d.in.Cursor
	c.Reset(jsontext.View(r.Payload))
	for c.Object(); c.More(); {
		key, v := d.in.Unquote(c.Key()), c.Value()
		switch key {
		case "customer_id":
			actors[0] = v
		case "anonymous_id":
			actors[1] = v
		case "order_id":
			actors[2] = v
		}
	}
	return d.in.AppendRouteKey(dst, r.Payload, actors[:]...)
}

// IdempotencyKey implements [adapter.Decoder].
func (d *Decoder) IdempotencyKey(dst []byte, r *adapter.Record) []byte {
	return identity.AppendKey(dst, r, &d.in)
}

// Decode implements [adapter.Decoder].
func (d *Decoder) Decode(b *event.Batch, i int, r *adapter.Record) {
	d.in.Start(b, i)
	d.e.reset()
	d.digest.Reset()
	payload := jsontext.View(r.Payload)
	changes := len(b.Changes)
	d.in.Cursor.Reset(payload)
	d.read()
	err := d.in.Cursor.End()
	if err != nil {
		d.e.reset()
		b.Changes, b.Marks[i] = b.Changes[:changes], 0
	}
	d.key = identity.AppendKeyOf(d.key[:0], r, d.e.id)
	b.ID[i] = event.NewID(r.Source, d.key)
	if err == nil {
		if d.e.id != "" {
			b.Check[i] = d.digest.Sum()
		}
		d.store(b, i, r)
	}
	d.in.Finish(payload, err)
}

func (d *Decoder) read() {
	c := &d.in.Cursor
	seen := uint64(0)
	for c.Object(); c.More(); {
		key := d.in.Unquote(c.Key())
		if c.Err() != nil {
			return
		}
		if volatile(key) {
			c.Value()
			continue
		}
		from := c.Offset()
		n := d.member(key)
		if n >= 0 {
			d.once(&seen, n, key, "payload")
		} else {
			d.unknown(key, "event", eventKeys)
		}
		if c.Err() == nil {
			d.digest.Add(key, c.From(from))
		}
	}
}

// once records that a key stands twice: which of the two was meant?
func (d *Decoder) once(seen *uint64, n int, key, field string) {
	if *seen&(1<<n) != 0 {
		d.in.Problem(event.Schema, "native.repeated_key", field, key, fmt.Sprintf("key %q stands twice", key))
	}
	*seen |= 1 << n
}

func (d *Decoder) unknown(key, place string, known []string) {
	message := fmt.Sprintf("unknown key %q in %s; it knows %s", key, place, strings.Join(known, ", "))
	if near := spell.Nearest(key, known); near != "" {
		message = fmt.Sprintf("unknown key %q in %s; did you mean %q?", key, place, near)
	}
	d.in.Problem(event.Schema, "native.unknown_key", jsonevent.FieldPayload, key, message)
}

// member reads a value and returns the position of its key in eventKeys, or -1.
func (d *Decoder) member(key string) int {
	in, e, at := &d.in, &d.e, jsonevent.Path{Key: key}
	n := slices.Index(eventKeys, key)
	c := &in.Cursor
	switch key {
	case "id":
		e.id = in.Text(c.Value(), "event_id", at)
	case "type":
		e.typ = in.Text(c.Value(), key, at)
	case "time":
		e.time, e.hasTime = in.Instant(c.Value(), "event_time", at)
	case "customer_id":
		e.customer = in.Text(c.Value(), key, at)
	case "anonymous_id":
		e.anonymous = in.Text(c.Value(), key, at)
	case "order_id":
		e.order = in.Text(c.Value(), key, at)
	case "session_id":
		e.session = in.Text(c.Value(), key, at)
	case "channel":
		e.channel = in.Text(c.Value(), key, at)
	case "country":
		e.country = in.Text(c.Value(), key, at)
	case "currency":
		e.currency = d.currency(c.Value(), at)
	case "amount":
		e.amount, e.hasAmount = in.Money(c.Value(), key, at)
	case "items":
		d.items(at)
	case "properties":
		e.properties = d.object(key, at)
	case "context":
		e.context = d.object(key, at)
	default:
		c.Value()
	}
	return n
}

func (d *Decoder) object(field string, at jsonevent.Path) string {
	if !d.in.IsObject(field, at) {
		return ""
	}
	return d.in.Cursor.Value().Raw
}

func (d *Decoder) currency(v jsontext.Value, at jsonevent.Path) string {
	code := d.in.Text(v, "currency", at)
	if code != "" && (len(code) != 3 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		d.in.Problem(event.Format, "native.currency", "currency", code, "currency is no ISO 4217 code such as GBP")
		return ""
	}
	return code
}

func (d *Decoder) items(at jsonevent.Path) {
	in := &d.in
	if !in.IsArray("items", at) {
		return
	}
	c := &in.Cursor
	d.e.items = d.e.items[:0]
	for c.Array(); c.More(); {
		at := jsonevent.Path{Base: "items", Index: len(d.e.items) + 1}
		it := item{Item: jsonevent.Item{Quantity: 1}, kind: event.KindView}
		if c.Kind() != jsontext.Object {
			if v := c.Value(); c.Err() == nil {
				in.Problem(event.Schema, in.Rules.Type, "items", v.Raw, "items has "+v.Kind.String()+", want objects")
			}
			continue
		}
		seen := uint64(0)
		for c.Object(); c.More(); {
			at.Key = in.Unquote(c.Key())
			if c.Err() != nil {
				return
			}
			in.ItemMember(&it.Item, &it.kind, at)
			if n := slices.Index(itemKeys, at.Key); n >= 0 {
				d.once(&seen, n, at.Key, "items")
			} else {
				d.unknown(at.Key, "an item", itemKeys)
			}
		}
		d.e.items = append(d.e.items, it)
	}
}

// store puts the content into the batch, and checks what needs all of it.
func (d *Decoder) store(b *event.Batch, i int, r *adapter.Record) {
	e := &d.e
	b.Type.Set(i, e.typ)
	b.Channel.Set(i, e.channel)
	b.Country.Set(i, e.country)
	b.Currency.Set(i, e.currency)
	b.CustomerID[i], b.AnonymousID[i] = e.customer, e.anonymous
	b.OrderID[i], b.SessionID[i] = e.order, e.session
	b.Properties[i], b.Context[i] = e.properties, e.context
	b.Time[i] = r.Received
	if e.hasTime {
		b.Time[i] = e.time + r.Skew
	}
	if e.typ == "" {
		d.in.Problem(event.Missing, "native.type_missing", "type", "", "type is missing: an event needs to say what happened")
	}
	var sum event.Micros
	fits := true
	for k := range e.items {
		amount := d.in.AddItem(&e.items[k].Item, e.items[k].kind)
		if fits {
			sum, fits = jsonevent.Add(sum, amount)
		}
	}
	switch {
	case e.hasAmount:
		b.Amount[i] = e.amount
	case fits:
		b.Amount[i] = sum
	default:
		d.in.Problem(event.OutOfRange, d.in.Rules.Amount, "amount", "", "the sum of the items does not fit")
	}
}
