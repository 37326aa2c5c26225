package ga4

import (
	"github.com/millrace/millrace/adapter/internal/commerce"
	"github.com/millrace/millrace/adapter/internal/jsonevent"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// params reads the parameters that have a meaning here.
func (d *Decoder) params() {
	in, e := &d.in, &d.e
	if !in.IsObject("properties", jsonevent.Path{Key: "params"}) {
		return
	}
	c := &in.Cursor
	from, mark := c.Offset(), in.Mark()
	e.sale.Reset()
	e.transaction = ""
	for c.Object(); c.More(); {
		key := in.Unquote(c.Key())
		at, start := jsonevent.Path{Base: "params", Key: key}, c.Offset()
		switch key {
		case "transaction_id":
			e.transaction = identifier(in, "order_id", "params.transaction_id", true)
		case "session_id", "ga_session_id":
			e.session = identifier(in, "session_id", "params.session_id", true)
		case "currency":
			e.currency = in.CurrencyCode(c.Value(), at)
		case "value":
			e.sale.Value = d.sum(at)
		case "shipping":
			e.sale.Shipping = d.sum(at)
		case "tax":
			e.sale.Tax = d.sum(at)
		case "items":
			d.items()
		default:
			c.Value()
			continue
		}
		if key != "session_id" && key != "ga_session_id" && c.Err() == nil {
			d.digest.Add(key, c.From(start))
		}
	}
	e.params = c.From(from)
	e.checks = in.Since(mark)
}

func (d *Decoder) sum(at jsonevent.Path) (s commerce.Sum) {
	s.Amount, s.Named = d.in.Money(d.in.Cursor.Value(), "amount", at)
	return s
}

func (d *Decoder) items() {
	in, e := &d.in, &d.e
	if !in.IsArray("items", jsonevent.Path{Base: "params", Key: "items"}) {
		return
	}
	c := &in.Cursor
	e.sale.Items = e.sale.Items[:0]
	for c.Array(); c.More(); {
		at := jsonevent.Path{Base: "params.items", Index: len(e.sale.Items) + 1}
		if c.Kind() != jsontext.Object {
			if v := c.Value(); c.Err() == nil {
				in.Problem(event.Schema, in.Rules.Type, "items", v.Raw, "params.items has "+v.Kind.String()+", want objects")
			}
			continue
		}
		item := jsonevent.Item{Quantity: 1}
		for c.Object(); c.More(); {
			at.Key = in.Unquote(c.Key())
			d.itemMember(&item, at)
		}
		if item.ProductID == "" && item.Name == "" && c.Err() == nil {
			at.Key = "item_id"
			in.Problem(event.Missing, "ga4.item", "item.product_id", "", at.String()+" and its item_name are both missing; one is needed")
		}
		e.sale.Items = append(e.sale.Items, item)
	}
}

func (d *Decoder) itemMember(it *jsonevent.Item, at jsonevent.Path) {
	in := &d.in
	switch at.Key {
	case "item_id":
		v := in.Cursor.Value()
		if it.ProductID = v.Raw; v.Kind != jsontext.Number {
			it.ProductID = in.Text(v, "item.product_id", at)
		}
	case "item_name":
		it.Name = in.Text(in.Cursor.Value(), "item.name", at)
	case "item_category":
		it.Category = in.Text(in.Cursor.Value(), "item.category", at)
	case "price":
		v := in.Cursor.Value()
		price, ok := in.Money(v, "item.price", at)
		if ok && price < 0 {
			in.Negative(v, "item.price", at)
		}
		it.Price = price
	case "quantity":
		v := in.Cursor.Value()
		n, ok := in.Integer(v, "item.quantity", at)
		switch {
		case !ok:
			n = 1
		case n < 0:
			in.Negative(v, "item.quantity", at)
		}
		it.Quantity = n
	default:
		in.Cursor.Value()
	}
}
