package edi

import (
	"math"
	"slices"

	"github.com/millrace/millrace/event"
)

// applyLine applies the rules of lines.
func (d *Decoder) applyLine(r *rule) {
	f := &d.found
	at := r.at[0]
	if r.target == toLine {
		d.openLine(at)
		return
	}
	if f.scope == nil {
		return
	}
	if r.target == toIDs {
		for e := at.element; int(e)+1 <= d.in.scan.Segment.Elements; e += 2 {
			d.productID(d.text(position{element: e}), d.text(position{element: e + 1}))
		}
		return
	}
	if r.target == toID {
		d.productID(d.text(at), d.text(r.at[1]))
		return
	}
	if f.item < 0 {
		return
	}
	items := &f.b.Items
	switch r.target {
	case toName:
		d.first(&items.Name[f.item], at)
	case toQuantity:
		d.quantity(at)
	case toPrice:
		if len(d.raw(at)) == 0 {
			return
		}
		price, ok := d.money(at, "item.price")
		f.current.bad = f.current.bad || !ok
		items.Price[f.item] = price
	case toItemAmount:
		if m, ok := d.money(at, "item.amount"); ok {
			f.current.amount, f.current.hasTotal = m, true
		}
	}
}

// openLine begins a line. It ends with the loop that it stands in.
func (d *Decoder) openLine(number position) {
	f := &d.found
	d.closeLine()
	f.scope = d.in.stack[len(d.in.stack)-1].use
	f.count++
	f.line.reset()
	if d.in.message.Kind == "" {
		f.line.set("control", d.text(number))
	} else {
		f.line.set("line", d.text(number))
	}
	f.current = item{rank: math.MaxInt}
	if f.lineOrder != "" && f.lineOrder != f.order {
		f.line.set("order", f.lineOrder)
	}
	kind := f.kind
	if kind == "" {
		kind = d.in.message.Kind
	}
	if f.item = -1; kind != "" {
		f.item = f.b.AddItem()
		f.b.Items.Kind.Set(f.item, kind)
		f.b.Items.Quantity[f.item] = 1
	}
}

// closeLine ends the open line, if there is one.
func (d *Decoder) closeLine() {
	f := &d.found
	if f.scope == nil {
		return
	}
	f.scope = nil
	if !f.line.empty() {
		f.lines = f.line.appendTo(append(f.lines, ','))
	}
	if f.item < 0 {
		return
	}
	items := &f.b.Items
	quantity := items.Quantity[f.item]
	amount := f.current.amount
	if !f.current.hasTotal && !f.current.bad {
		var ok bool
		if amount, ok = items.Price[f.item].Mul(quantity); !ok {
			d.problem(event.OutOfRange, "amount", "item.amount", "", "quantity × price does not fit")
		}
	} else if quantity < 0 && amount > 0 {
		amount = -amount
	}
	items.Amount[f.item] = amount
	sum := f.sum + amount
	f.overflow = f.overflow || amount > 0 && sum < f.sum || amount < 0 && sum > f.sum
	f.sum = sum
}

// productID takes an identification of the line's product: the best one is the
// item's, all are properties of the line.
func (d *Decoder) productID(qualifier, id string) {
	if id == "" {
		return
	}
	f := &d.found
	l := f.line.list("ids")
	l.entries = append(l.entries, ',', '{')
	from := len(l.entries)
	l.entries = appendMember(l.entries, "type", qualifier)
	l.entries = append(l.entries[:from], l.entries[from+1:]...)
	l.entries = append(appendMember(l.entries, "id", id), '}')
	if f.item < 0 {
		return
	}
	rank := slices.Index(d.in.message.ids, qualifier)
	if rank < 0 {
		rank = len(d.in.message.ids)
	}
	if rank < f.current.rank {
		f.current.rank = rank
		f.b.Items.ProductID[f.item] = id
	}
}

// quantity takes the line's quantity, which must be a whole number. That of a
// cancellation is negative.
func (d *Decoder) quantity(at position) {
	f := &d.found
	v := d.raw(at)
	if f.current.quantity || len(v) == 0 {
		return
	}
	f.current.quantity = true
	m, ok := d.money(at, "item.quantity")
	if ok && m%event.MicrosPerUnit != 0 {
		d.number(at, "item.quantity", v, "is not a whole number of pieces")
		ok = false
	}
	if !ok {
		f.current.bad = true
		return
	}
	n := int64(m / event.MicrosPerUnit)
	if f.kind == event.KindCancellation && n > 0 {
		n = -n
	}
	f.b.Items.Quantity[f.item] = n
}
