package commerce

import (
	"github.com/millrace/millrace/adapter/internal/jsonevent"
	"github.com/millrace/millrace/event"
)

// Sum is an amount that a sender may have named.
type Sum struct {
	Amount event.Micros
	Named  bool
}

// Sale is what an event says of products and money.
type Sale struct {
	Items []jsonevent.Item
	// Revenue and Value are without shipping and tax, Total is with both.
	Revenue, Total, Shipping, Tax, Value Sum
}

// Reset empties the sale and keeps its memory.
func (s *Sale) Reset() { *s = Sale{Items: s.Items[:0]} }

// KindOf returns the kind of the items of a type of event, and whether it takes
// back what was sold. An order that is updated repeats what order_completed
// said, so its items are views.
func KindOf(eventType string) (kind string, reversed bool) {
	switch eventType {
	case OrderCompleted:
		return event.KindSale, false
	case OrderRefunded, OrderCancelled:
		return event.KindCancellation, true
	}
	return event.KindView, false
}

// Store adds the items to the newest event of the batch, whose type is set, and
// sets its amount: the revenue; else the total less shipping and tax; else the
// value; else the sum of the items. It is negative where the event takes back.
func (s *Sale) Store(in *jsonevent.Reader, b *event.Batch, i int) {
	kind, reversed := KindOf(b.Type.Get(i))
	var items event.Micros
	fits := true
	for k := range s.Items {
		it := &s.Items[k]
		if reversed {
			it.Quantity = -it.Quantity
		}
		amount := in.AddItem(it, kind)
		if fits {
			items, fits = jsonevent.Add(items, amount)
		}
	}
	if !fits {
		in.Problem(event.OutOfRange, in.Rules.Amount, "amount", "", "the sum of the products does not fit")
	}
	b.Amount[i] = s.amount(in, items, kind, reversed)
}

func (s *Sale) amount(in *jsonevent.Reader, items event.Micros, kind string, reversed bool) event.Micros {
	amount := items
	switch {
	case s.Revenue.Named:
		amount = s.Revenue.Amount
	case s.Total.Named:
		var ok, too bool
		amount, ok = jsonevent.Add(s.Total.Amount, -s.Shipping.Amount)
		amount, too = jsonevent.Add(amount, -s.Tax.Amount)
		if !ok || !too {
			in.Problem(event.OutOfRange, in.Rules.Amount, "amount", s.Total.Amount.String(), "total less shipping and tax does not fit")
			return 0
		}
	case s.Value.Named:
		amount = s.Value.Amount
	}
	if kind == event.KindSale && amount < 0 {
		in.Problem(event.OutOfRange, in.Rules.Negative, "amount", amount.String(), "the revenue of a completed order is below zero")
	}
	if reversed && amount > 0 {
		amount = -amount
	}
	return amount
}
