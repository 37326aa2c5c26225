package cloudevents

import (
	"github.com/millrace/millrace/adapter/internal/commerce"
	"github.com/millrace/millrace/adapter/internal/jsonevent"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// content is what the members of the data say that a native event has, too.
type content struct {
	customer, anonymous, order, session string
	channel, country, currency          string
	amount                              commerce.Sum
	items                               []item
}

type item struct {
	jsonevent.Item
	kind string // empty: that of the event's type
}

// members reads the object at the cursor into d.d, and puts it into the batch.
func (d *Decoder) members(b *event.Batch, i int) {
	in, e := &d.in, &d.d
	*e = content{items: e.items[:0]}
	mark, changes, marks := in.Mark(), len(b.Changes), b.Marks[i]
	c := &in.Cursor
	for c.Object(); c.More(); {
		d.member(in.Unquote(c.Key()))
	}
	if err := c.End(); err != nil {
		in.Drop(in.Since(mark))
		b.Changes, b.Marks[i] = b.Changes[:changes], marks
		d.dataProblem(err)
		return
	}
	if !commerce.InSpec(b.Type.Get(i)) {
		in.Drop(in.Since(mark))
	}
	b.CustomerID[i], b.AnonymousID[i] = e.customer, e.anonymous
	b.OrderID[i], b.SessionID[i] = e.order, e.session
	b.Channel.Set(i, e.channel)
	b.Country.Set(i, e.country)
	b.Currency.Set(i, e.currency)
	b.Properties[i] = d.data
	d.money(b, i)
}

func (d *Decoder) member(key string) {
	in, e := &d.in, &d.d
	c := &in.Cursor
	at := jsonevent.Path{Base: "data", Key: key}
	switch key {
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
		e.currency = in.CurrencyCode(c.Value(), at)
	case "amount":
		e.amount.Amount, e.amount.Named = in.Money(c.Value(), key, at)
	case "items":
		d.items(at)
	default:
		c.Value()
	}
}

func (d *Decoder) items(at jsonevent.Path) {
	in, e := &d.in, &d.d
	if !in.IsArray("items", at) {
		return
	}
	c := &in.Cursor
	e.items = e.items[:0]
	for c.Array(); c.More(); {
		at := jsonevent.Path{Base: "data.items", Index: len(e.items) + 1}
		if c.Kind() != jsontext.Object {
			if v := c.Value(); c.Err() == nil {
				in.Problem(event.Schema, in.Rules.Type, "items", v.Raw, "data.items has "+v.Kind.String()+", want objects")
			}
			continue
		}
		it := item{Item: jsonevent.Item{Quantity: 1}}
		for c.Object(); c.More(); {
			at.Key = in.Unquote(c.Key())
			in.ItemMember(&it.Item, &it.kind, at)
		}
		e.items = append(e.items, it)
	}
}

// money adds the items and sets the amount.
func (d *Decoder) money(b *event.Batch, i int) {
	in, e := &d.in, &d.d
	usual, reversed := commerce.KindOf(b.Type.Get(i))
	var sum event.Micros
	fits := true
	for k := range e.items {
		it := &e.items[k]
		if it.kind == "" {
			it.kind = usual
			if reversed && it.Quantity > 0 {
				it.Quantity = -it.Quantity
			}
		}
		amount := in.AddItem(&it.Item, it.kind)
		if fits {
			sum, fits = jsonevent.Add(sum, amount)
		}
	}
	amount := e.amount.Amount
	switch {
	case e.amount.Named:
		if reversed && amount > 0 {
			amount = -amount
		}
		b.Amount[i] = amount
	case fits:
		b.Amount[i] = sum
	default:
		in.Problem(event.OutOfRange, in.Rules.Amount, "amount", "", "the sum of the items does not fit")
	}
}
