package snowplow

import (
	"encoding/base64"
	"strings"

	"github.com/millrace/millrace/adapter/internal/commerce"
	"github.com/millrace/millrace/adapter/internal/jsonevent"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// document returns the JSON that stands in a field as text, or, in its sibling,
// as Base64. It is false if there is none, or if it is not Base64, which bad says.
func (d *Decoder) document(plain, encoded jsontext.Value) (text string, bad bool) {
	if plain.Kind == jsontext.String && plain.Raw != "" {
		return d.in.Unquote(plain), false
	}
	if encoded.Kind != jsontext.String || encoded.Raw == "" {
		return "", false
	}
	raw := strings.TrimRight(d.in.Unquote(encoded), "=")
	encoding := base64.RawURLEncoding
	if strings.ContainsAny(raw, "+/") {
		encoding = base64.RawStdEncoding
	}
	d.encoded = append(d.encoded[:0], raw...)
	b, err := encoding.AppendDecode(d.in.Memory.Buffer(encoding.DecodedLen(len(raw))), d.encoded)
	if err != nil {
		return "", true
	}
	return d.in.Memory.Keep(b), false
}

// described reads a self-describing object at the cursor: its schema, and its
// data as it stands.
func described(c *jsontext.Cursor, in *jsonevent.Reader) (schema string, data jsontext.Value) {
	if c.Kind() != jsontext.Object {
		c.Value()
		return "", data
	}
	for c.Object(); c.More(); {
		switch key, v := c.Key().Raw, c.Value(); key {
		case "schema":
			schema = ""
			if v.Kind == jsontext.String {
				schema = in.Unquote(v)
			}
		case "data":
			data = v
		}
	}
	return schema, data
}

// selfDescribed reads the event of ue_pr or ue_px.
func (d *Decoder) selfDescribed() {
	text, bad := d.document(d.f.uePr, d.f.uePx)
	if text == "" && !bad {
		d.problem("ue_pr", "snowplow.event", event.Missing, "", "the event has neither ue_pr nor ue_px")
		return
	}
	c := &d.outer
	c.Reset(text)
	_, inner := described(c, &d.in)
	err := c.End()
	if bad || err != nil || inner.Kind != jsontext.Object {
		d.broken("ue_pr", bad, text, err)
		return
	}
	c.Reset(inner.Raw)
	d.v.schema, d.v.data = described(c, &d.in)
}

func (d *Decoder) broken(field string, bad bool, text string, err *jsontext.SyntaxError) {
	message := "is not a self-describing object"
	switch {
	case bad:
		message = "is not Base64"
	case err != nil:
		message = "is " + err.Error()
	}
	d.problem(field, "snowplow.document", event.Format, text, field+" "+message)
}

func (d *Decoder) problem(field, rule string, category event.Category, value, message string) {
	if d.report {
		d.in.Problem(category, rule, field, value, message)
	}
}

// contexts reads the entities of co or cx.
func (d *Decoder) contexts() {
	text, bad := d.document(d.f.co, d.f.cx)
	if text == "" && !bad {
		return
	}
	c := &d.outer
	c.Reset(text)
	_, data := described(c, &d.in)
	err := c.End()
	if bad || err != nil || data.Kind != jsontext.Array {
		d.broken("co", bad, text, err)
		return
	}
	d.v.entities = data.Raw
	c.Reset(data.Raw)
	for c.Array(); c.More(); {
		if schema, entity := described(c, &d.in); entity.Kind == jsontext.Object {
			d.entity(schema, entity.Raw)
		}
	}
}

// entity reads an entity that has a meaning here.
func (d *Decoder) entity(schema, data string) {
	vendor, name := parseSchema(schema)
	switch {
	case vendor == vendorSnowplow && name == "client_session":
		d.session(data)
	case !d.report: // what identifies an event is read
	case vendor == vendorEcommerce && name == "product":
		d.product(data)
	case vendor == vendorEcommerce && (name == "transaction" || name == "refund"):
		d.transaction(name, data)
	case vendor == vendorEcommerce && name == "cart":
		d.cart(data)
	case vendor == vendorMobile && name == "screen":
		d.screen(data)
	}
}

func (d *Decoder) session(data string) {
	c := &d.inner
	c.Reset(data)
	for c.Object(); c.More(); {
		switch key, v := c.Key().Raw, c.Value(); key {
		case "userId":
			d.v.sessionUser = d.text(v)
		case "sessionId":
			d.v.session = d.text(v)
		}
	}
}

func (d *Decoder) text(v jsontext.Value) string {
	if v.Kind != jsontext.String {
		return ""
	}
	return d.in.Unquote(v)
}

func (d *Decoder) screen(data string) {
	c := &d.inner
	c.Reset(data)
	for c.Object(); c.More(); {
		if key, v := c.Key().Raw, c.Value(); key == "name" {
			d.v.screen = v
		}
	}
}

// product reads an item: of the entity, or of the old add_to_cart event.
func (d *Decoder) product(data string) {
	in, c := &d.in, &d.inner
	it := jsonevent.Item{Quantity: 1}
	at := jsonevent.Path{Base: "product", Index: len(d.v.sale.Items) + 1}
	c.Reset(data)
	for c.Object(); c.More(); {
		key, v := c.Key().Raw, c.Value()
		at.Key = key
		switch key {
		case "id", "sku":
			it.ProductID = in.Text(v, "item.product_id", at)
		case "name":
			it.Name = in.Text(v, "item.name", at)
		case "category":
			it.Category = in.Text(v, "item.category", at)
		case "price", "unitPrice", "unit_price":
			price, ok := in.Money(v, "item.price", at)
			if ok && price < 0 {
				in.Negative(v, "item.price", at)
			}
			it.Price = price
		case "quantity":
			if n, ok := in.Integer(v, "item.quantity", at); ok {
				it.Quantity = n
			}
		case "currency":
			d.v.productCurrency = in.CurrencyCode(v, at)
		}
	}
	d.v.sale.Items = append(d.v.sale.Items, it)
}

func (d *Decoder) sum(v jsontext.Value, at jsonevent.Path) (s commerce.Sum) {
	s.Amount, s.Named = d.in.Money(v, "amount", at)
	return s
}

// transaction reads a transaction, or a refund of one.
func (d *Decoder) transaction(name, data string) {
	c := &d.inner
	c.Reset(data)
	for c.Object(); c.More(); {
		key, v := c.Key().Raw, c.Value()
		at := jsonevent.Path{Base: name, Key: key}
		switch key {
		case "transaction_id":
			d.v.order = d.in.Text(v, "order_id", at)
		case "revenue":
			d.v.sale.Total = d.sum(v, at)
		case "refund_amount":
			d.v.sale.Value = d.sum(v, at)
		case "tax":
			d.v.sale.Tax = d.sum(v, at)
		case "shipping":
			d.v.sale.Shipping = d.sum(v, at)
		case "currency":
			d.v.currency = d.in.CurrencyCode(v, at)
		}
	}
}

func (d *Decoder) cart(data string) {
	c := &d.inner
	c.Reset(data)
	for c.Object(); c.More(); {
		key, v := c.Key().Raw, c.Value()
		at := jsonevent.Path{Base: "cart", Key: key}
		switch key {
		case "total_value":
			d.v.cartValue = d.sum(v, at)
		case "currency":
			d.v.cartCurrency = d.in.CurrencyCode(v, at)
		}
	}
}
