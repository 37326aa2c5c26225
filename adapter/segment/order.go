package segment

import (
	"github.com/millrace/millrace/adapter/internal/commerce"
	"github.com/millrace/millrace/adapter/internal/jsonevent"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

func (d *Decoder) properties() {
	in, m := &d.in, &d.m
	if !in.IsObject("properties", jsonevent.Path{Key: "properties"}) {
		return
	}
	c := &in.Cursor
	from, mark := c.Offset(), in.Mark()
	m.single, m.hasSingle = jsonevent.Item{Quantity: 1}, false
	m.sale.Reset()
	for c.Object(); c.More(); {
		key := in.Unquote(c.Key())
		at := jsonevent.Path{Base: "properties", Key: key}
		switch key {
		case "order_id", "orderId":
			m.orderID = in.Text(c.Value(), "order_id", at)
		case "session_id":
			m.session = in.Text(c.Value(), "session_id", at)
		case "currency":
			m.currency = in.CurrencyCode(c.Value(), at)
		case "revenue":
			m.sale.Revenue = d.sum(at)
		case "total":
			m.sale.Total = d.sum(at)
		case "shipping":
			m.sale.Shipping = d.sum(at)
		case "tax":
			m.sale.Tax = d.sum(at)
		case "value":
			m.sale.Value = d.sum(at)
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

func (d *Decoder) sum(at jsonevent.Path) (s commerce.Sum) {
	s.Amount, s.Named = d.in.Money(d.in.Cursor.Value(), "amount", at)
	return s
}

func (d *Decoder) products() {
	in := &d.in
	at := jsonevent.Path{Base: "properties", Key: "products"}
	if !in.IsArray("items", at) {
		return
	}
	c := &in.Cursor
	d.m.sale.Items = d.m.sale.Items[:0]
	for c.Array(); c.More(); {
		n := len(d.m.sale.Items) + 1
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
		d.m.sale.Items = append(d.m.sale.Items, item)
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
	if len(m.sale.Items) == 0 && m.hasSingle {
		m.sale.Items = append(m.sale.Items, m.single)
	}
	m.sale.Store(&d.in, b, i)
}
