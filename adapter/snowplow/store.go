package snowplow

import (
	"strings"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/internal/commerce"
	"github.com/millrace/millrace/adapter/internal/jsonevent"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// The values of e that have a meaning here.
const (
	pageView       = "pv"
	pagePing       = "pp"
	structured     = "se"
	selfDescribing = "ue"
	transaction    = "tr"
	item           = "ti"
)

// store puts the event into the batch, and checks what needs all of it.
func (d *Decoder) store(b *event.Batch, i int, r *adapter.Record) {
	f, v := &d.f, &d.v
	kind := d.kind(r)
	d.actors()
	if kind == selfDescribing && v.schema == "" {
		d.selfDescribed()
	}
	d.typeOf(kind)
	b.Type.Set(i, d.types.Of(v.typ, eventType))
	if b.Type.Get(i) == "" {
		d.in.Problem(event.Missing, "snowplow.type", "type", d.text(f.e), "the event does not say what happened: e is missing, or what it needs")
	}
	b.CustomerID[i], b.AnonymousID[i] = v.customer, v.anonymous
	b.SessionID[i] = v.session
	if sid := d.text(f.sid); sid != "" {
		b.SessionID[i] = sid
	}
	b.Time[i] = d.time(r)
	b.Channel.Set(i, channelOf(d.text(f.p)))
	b.Properties[i] = d.properties(kind)
	d.money(b, i, kind)
	b.Context[i] = d.context()
}

// kind returns e; of a self-describing object alone, that of such an event.
func (d *Decoder) kind(r *adapter.Record) string {
	f, v := &d.f, &d.v
	switch {
	case f.e.Kind != jsontext.Invalid:
		return d.in.Text(f.e, "type", jsonevent.Path{Key: "e"})
	case d.schema != "":
		v.schema, v.data = d.schema, jsontext.Value{Kind: jsontext.Object, Raw: jsontext.View(r.Payload)}
		if isQuery(v.data.Raw) {
			v.data = jsontext.Value{}
		}
		return selfDescribing
	case f.schema.Kind == jsontext.String:
		v.schema, v.data = d.text(f.schema), f.data
		if query := jsontext.View(r.Payload); isQuery(query) {
			v.data = d.queryData(query)
		}
		return selfDescribing
	}
	return ""
}

// queryData makes an object of the parts of a query that are not the protocol's.
func (d *Decoder) queryData(query string) jsontext.Value {
	d.object.Reset()
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		name, raw, _ := strings.Cut(pair, "=")
		if name == "" || name == "key" || d.f.at(name) != nil || volatile(name) {
			continue
		}
		if key, ok := d.unescape(name); ok {
			text, _ := d.unescape(raw)
			d.object.String(key, text)
		}
	}
	return jsontext.Value{Kind: jsontext.Object, Raw: d.object.Keep(&d.in)}
}

// typeOf finds the name of what happened.
func (d *Decoder) typeOf(kind string) {
	v := &d.v
	switch kind {
	case pageView:
		v.typ = "page_view"
	case pagePing:
		v.typ = "page_ping"
	case structured:
		v.typ = d.in.Text(d.f.seAc, "type", jsonevent.Path{Key: "se_ac"})
	case transaction:
		v.typ = "transaction"
	case item:
		v.typ = commerce.OrderLine
	case selfDescribing:
		var vendor string
		if vendor, v.typ = parseSchema(v.schema); vendor == vendorEcommerce && v.typ == "snowplow_ecommerce_action" {
			v.typ = d.action()
		}
	default:
		v.typ = kind
	}
}

// action returns the type of a snowplow_ecommerce_action.
func (d *Decoder) action() (name string) {
	c := &d.inner
	if d.v.data.Kind != jsontext.Object {
		return ""
	}
	c.Reset(d.v.data.Raw)
	for c.Object(); c.More(); {
		if key, v := c.Key().Raw, c.Value(); key == "type" {
			name = d.in.Text(v, "type", jsonevent.Path{Base: "snowplow_ecommerce_action", Key: key})
		}
	}
	return name
}

// money sets order, currency, items and amount.
func (d *Decoder) money(b *event.Batch, i int, kind string) {
	f, v := &d.f, &d.v
	switch kind {
	case transaction:
		at := func(key string) jsonevent.Path { return jsonevent.Path{Key: key} }
		v.order = d.in.Text(f.trID, "order_id", at("tr_id"))
		v.currency = d.in.CurrencyCode(f.trCu, at("tr_cu"))
		v.sale.Total, v.sale.Tax, v.sale.Shipping = d.sum(f.trTt, at("tr_tt")), d.sum(f.trTx, at("tr_tx")), d.sum(f.trSh, at("tr_sh"))
	case item:
		d.line(b, i)
		return
	case selfDescribing:
		vendor, name := parseSchema(v.schema)
		if vendor == vendorSnowplow && (name == "add_to_cart" || name == "remove_from_cart") && v.data.Kind == jsontext.Object {
			d.product(v.data.Raw)
		}
	}
	b.OrderID[i] = v.order
	for _, currency := range [...]string{v.currency, v.productCurrency, v.cartCurrency} {
		if b.Currency.Get(i) == "" {
			b.Currency.Set(i, currency)
		}
	}
	if len(v.sale.Items) == 0 && !v.sale.Value.Named {
		v.sale.Value = v.cartValue
	}
	if b.Type.Get(i) == commerce.OrderCompleted && v.order == "" {
		d.in.Problem(event.Missing, "snowplow.transaction", "order_id", "", "a transaction needs its id")
	}
	v.sale.Store(&d.in, b, i)
}

// line adds the item of an old transaction. Its order's amount is that of the
// transaction, which comes as an event of its own.
func (d *Decoder) line(b *event.Batch, i int) {
	f, in := &d.f, &d.in
	at := func(key string) jsonevent.Path { return jsonevent.Path{Key: key} }
	b.OrderID[i] = in.Text(f.tiID, "order_id", at("ti_id"))
	b.Currency.Set(i, in.CurrencyCode(f.tiCu, at("ti_cu")))
	it := jsonevent.Item{
		ProductID: in.Text(f.tiSk, "item.product_id", at("ti_sk")),
		Name:      in.Text(f.tiNm, "item.name", at("ti_nm")),
		Category:  in.Text(f.tiCa, "item.category", at("ti_ca")),
		Quantity:  1,
	}
	it.Price, _ = in.Money(f.tiPr, "item.price", at("ti_pr"))
	if it.Price < 0 {
		in.Negative(f.tiPr, "item.price", at("ti_pr"))
	}
	if n, ok := in.Integer(f.tiQu, "item.quantity", at("ti_qu")); ok {
		it.Quantity = n
	}
	in.AddItem(&it, event.KindSale)
}

// properties are the data of a self-describing event, or what the fields of the
// event's kind say.
func (d *Decoder) properties(kind string) string {
	f, o := &d.f, &d.object
	o.Reset()
	switch kind {
	case selfDescribing:
		if d.v.data.Kind == jsontext.Object {
			return d.v.data.Raw
		}
		return ""
	case structured:
		o.Text("category", f.seCa)
		o.Text("action", f.seAc)
		o.Text("label", f.seLa)
		o.Text("property", f.sePr)
		o.Text("value", f.seVa)
	case transaction:
		o.Text("affiliation", f.trAf)
		o.Text("total", f.trTt)
		o.Text("tax", f.trTx)
		o.Text("shipping", f.trSh)
		o.Text("city", f.trCi)
		o.Text("state", f.trSt)
		o.Text("country", f.trCo)
	case pageView, pagePing:
		o.Text("url", f.url)
		o.String("path", pathOf(d.text(f.url)))
		o.Text("title", f.page)
		o.Text("referrer", f.refr)
		o.Text("min_x", f.ppMix)
		o.Text("max_x", f.ppMax)
		o.Text("min_y", f.ppMiy)
		o.Text("max_y", f.ppMay)
	}
	return o.Keep(&d.in)
}

// pathOf returns the path of a URL.
func pathOf(url string) string {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		return ""
	}
	n := strings.IndexByte(rest, '/')
	if n < 0 {
		return "/"
	}
	rest = rest[n:]
	if n = strings.IndexAny(rest, "?#"); n >= 0 {
		rest = rest[:n]
	}
	return rest
}

// context is where the event happened, and the entities as received.
func (d *Decoder) context() string {
	f, o := &d.f, &d.object
	o.Reset()
	o.Text("app_id", f.aid)
	o.Raw("contexts", d.v.entities)
	o.Text("language", f.lang)
	o.Text("page_title", f.page)
	o.Text("page_url", f.url)
	o.Text("platform", f.p)
	o.Text("referrer", f.refr)
	o.String("schema", d.v.schema)
	o.Text("screen", d.v.screen)
	o.Text("tracker", f.tv)
	if f.ua.Raw != "" {
		o.Text("userAgent", f.ua)
	} else {
		o.String("userAgent", d.agent)
	}
	return o.Keep(&d.in)
}
