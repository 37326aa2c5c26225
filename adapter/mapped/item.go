package mapped

import (
	"github.com/millrace/millrace/adapter/internal/jsonevent"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// items adds the items of a document and returns the sum of their amounts; fits
// is false when it does not fit.
func (d *Decoder) items(all []*items, currency string) (sum event.Micros, fits bool) {
	fits = true
	for _, it := range all {
		amount, ok := d.list(it, currency)
		if fits = fits && ok; fits {
			sum, fits = jsonevent.Add(sum, amount)
		}
	}
	return sum, fits
}

// list is items for one list of them.
func (d *Decoder) list(it *items, currency string) (sum event.Micros, fits bool) {
	if it.each == nil {
		return d.addItem(it, currency), true
	}
	list := d.document[it.each.slot]
	switch {
	case list.Kind == jsontext.Invalid, list.Kind == jsontext.Null, d.a.xml && list.Raw == "":
		return 0, true
	case list.Kind != jsontext.Array && list.Kind != jsontext.Object:
		d.in.Problem(event.Schema, d.in.Rules.Type, "items", list.Raw, it.eachPath+" is "+list.Kind.String()+", want a list")
		return 0, true
	}
	return d.eachItem(it, list, currency)
}

// eachItem walks the list, which is known to be sound.
func (d *Decoder) eachItem(it *items, list jsontext.Value, currency string) (sum event.Micros, fits bool) {
	defer func(c jsontext.Cursor) { d.in.Cursor = c }(d.in.Cursor)
	c := &d.in.Cursor
	c.Reset(list.Raw)
	fits = true
	w := walker{in: &d.in, slots: d.item, repeats: d.a.xml}
	one := func(n int) {
		d.path = jsonevent.Path{Base: it.eachPath, Index: n}
		if c.Kind() != jsontext.Object {
			v := c.Value()
			d.in.Problem(event.Schema, d.in.Rules.Type, "items", v.Raw, it.eachPath+" has "+v.Kind.String()+", want objects")
			return
		}
		w.object(it.tree.top)
		if amount := d.addItem(it, currency); fits {
			sum, fits = jsonevent.Add(sum, amount)
		}
	}
	if list.Kind == jsontext.Object {
		one(1)
	} else {
		n := 0
		for c.Array(); c.More(); {
			n++
			one(n)
		}
	}
	d.path = jsonevent.Path{}
	return sum, fits
}

// addItem adds the item whose values are in the slots.
func (d *Decoder) addItem(it *items, currency string) event.Micros {
	item := jsonevent.Item{
		ProductID: d.checked(it.productID), Name: d.checked(it.name), Category: d.checked(it.category), Quantity: d.quantity(it.quantity),
	}
	item.Price, _ = d.money(it.price, currency)
	if it.skipZero && item.Price == 0 {
		return 0
	}
	return d.in.AddItem(&item, d.kind(it))
}

func (d *Decoder) kind(it *items) string {
	for i := range it.rules {
		if d.meets(&it.rules[i].test) {
			return it.rules[i].kind
		}
	}
	return it.kind
}
