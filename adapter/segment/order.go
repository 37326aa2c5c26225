package segment

import (
	"strings"

	"github.com/millrace/millrace/adapter/internal/jsonevent"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// sums are the amounts that properties name.
type sums struct {
	revenue, total, shipping, tax, value                event.Micros
	hasRevenue, hasTotal, hasShipping, hasTax, hasValue bool
}

func (d *Decoder) properties() {
	in, m := &d.in, &d.m
	if !in.IsObject("properties", jsonevent.Path{Key: "properties"}) {
		return
	}
	c := &in.Cursor
	from, mark := c.Offset(), in.Mark()
	m.single, m.hasSingle = jsonevent.Item{Quantity: 1}, false
	m.products, m.sums = m.products[:0], sums{}
	for c.Object(); c.More(); {
		key := in.Unquote(c.Key())
		at := jsonevent.Path{Base: "properties", Key: key}
		switch key {
		case "order_id", "orderId":
			m.orderID = in.Text(c.Value(), "order_id", at)
		case "session_id":
			m.session = in.Text(c.Value(), "session_id", at)
		case "currency":
			m.currency = d.currency(c.Value(), at)
		case "revenue":
			m.sums.revenue, m.sums.hasRevenue = d.sum(at)
		case "total":
			m.sums.total, m.sums.hasTotal = d.sum(at)
		case "shipping":
			m.sums.shipping, m.sums.hasShipping = d.sum(at)
		case "tax":
			m.sums.tax, m.sums.hasTax = d.sum(at)
		case "value":
			m.sums.value, m.sums.hasValue = d.sum(at)
		case "products":
			d.products()
		case "product_id", "sku", "name", "category", "price", "quantity":
			m.hasSingle = d.productField(&m.single, key, at) || m.hasSingle
		default:
			c.Value()
		}
	}
	m.properties = c.From(from)
	m.checks = in.Since(mark)
}

func (d *Decoder) sum(at jsonevent.Path) (event.Micros, bool) {
	return d.in.Money(d.in.Cursor.Value(), "amount", at)
}

// currency reads an ISO 4217 code, in any case.
func (d *Decoder) currency(v jsontext.Value, at jsonevent.Path) string {
	text := d.in.Text(v, "currency", at)
	if text == "" {
		return ""
	}
	upper := strings.ToUpper(text) // allocates only if it is not
	if len(upper) != 3 || strings.Trim(upper, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		d.in.Problem(event.Format, "segment.currency", "currency", text, at.String()+" is no ISO 4217 code such as USD")
		return ""
	}
	return upper
}

func (d *Decoder) products() {
	in := &d.in
	at := jsonevent.Path{Base: "properties", Key: "products"}
	if !in.IsArray("items", at) {
		return
	}
	c := &in.Cursor
	d.m.products = d.m.products[:0]
	for c.Array(); c.More(); {
		n := len(d.m.products) + 1
		at := jsonevent.Path{Base: "properties.products", Index: n}
		item := jsonevent.Item{Quantity: 1}
		if c.Kind() != jsontext.Object {
			if v := c.Value(); c.Err() == nil {
				in.Problem(event.Schema, in.Rules.Type, "items", v.Raw, "properties.products has "+v.Kind.String()+", want objects")
			}
			continue
		}
		for c.Object(); c.More(); {
			at.Key = in.Unquote(c.Key())
			d.productField(&item, at.Key, at)
		}
		d.m.products = append(d.m.products, item)
	}
}

// productField reads one member of a product, and reports whether it names the
// product.
func (d *Decoder) productField(it *jsonevent.Item, key string, at jsonevent.Path) (names bool) {
	in := &d.in
	v := in.Cursor.Value()
	switch key {
	case "product_id":
		it.ProductID = in.Text(v, "item.product_id", at)
		return it.ProductID != ""
	case "sku":
		if sku := in.Text(v, "item.product_id", at); it.ProductID == "" {
			it.ProductID = sku
		}
		return it.ProductID != ""
	case "name":
		it.Name = in.Text(v, "item.name", at)
	case "category":
		it.Category = in.Text(v, "item.category", at)
	case "price":
		price, ok := in.Money(v, "item.price", at)
		if ok && price < 0 {
			in.Negative(v, "item.price", at)
		}
		it.Price = price
	case "quantity":
		n, ok := in.Integer(v, "item.quantity", at)
		switch {
		case !ok:
			n = 1
		case n < 0:
			in.Negative(v, "item.quantity", at)
		}
		it.Quantity = n
	}
	return false
}

// storeItems adds the products and the amount of a track call.
func (d *Decoder) storeItems(b *event.Batch, i int) {
	m := &d.m
	kind, reversed := event.KindView, false
	switch b.Type.Get(i) {
	case typeOrderCompleted:
		kind = event.KindSale
	case typeOrderRefunded, typeOrderCancelled:
		kind, reversed = event.KindCancellation, true
	}
	if len(m.products) == 0 && m.hasSingle {
		m.products = append(m.products, m.single)
	}
	var items event.Micros
	fits := true
	for k := range m.products {
		it := &m.products[k]
		if reversed {
			it.Quantity = -it.Quantity
		}
		amount := d.in.AddItem(it, kind)
		if fits {
			items, fits = jsonevent.Add(items, amount)
		}
	}
	if !fits {
		d.in.Problem(event.OutOfRange, d.in.Rules.Amount, "amount", "", "the sum of the products does not fit")
	}
	b.Amount[i] = d.amount(items, kind, reversed)
}

// amount is the value of the event, see the package's documentation.
func (d *Decoder) amount(items event.Micros, kind string, reversed bool) event.Micros {
	s := &d.m.sums
	amount := items
	switch {
	case s.hasRevenue:
		amount = s.revenue
	case s.hasTotal:
		var ok, too bool
		amount, ok = jsonevent.Add(s.total, -s.shipping)
		amount, too = jsonevent.Add(amount, -s.tax)
		if !ok || !too {
			d.in.Problem(event.OutOfRange, d.in.Rules.Amount, "amount", s.total.String(), "total less shipping and tax does not fit")
			return 0
		}
	case s.hasValue:
		amount = s.value
	}
	if kind == event.KindSale && amount < 0 {
		d.in.Problem(event.OutOfRange, d.in.Rules.Negative, "amount", amount.String(), "the revenue of a completed order is below zero")
	}
	if reversed && amount > 0 {
		amount = -amount
	}
	return amount
}
