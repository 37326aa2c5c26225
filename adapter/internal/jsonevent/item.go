package jsonevent

import (
	"slices"
	"strings"

	"github.com/millrace/millrace/event"
)

var kinds = []string{event.KindSale, event.KindCancellation, event.KindAdjustment, event.KindFee, event.KindView}

// ItemMember reads the value of a member of an item, in the spelling of our own formats. A
// member that says the item's kind sets kind, if it is one.
func (r *Reader) ItemMember(it *Item, kind *string, at Path) {
	v := r.Cursor.Value()
	switch at.Key {
	case "product_id":
		it.ProductID = r.Text(v, "item.product_id", at)
	case "name":
		it.Name = r.Text(v, "item.name", at)
	case "category":
		it.Category = r.Text(v, "item.category", at)
	case "price":
		it.Price, _ = r.Money(v, "item.price", at)
	case "quantity":
		if n, ok := r.Integer(v, "item.quantity", at); ok {
			it.Quantity = n
		}
	case "kind":
		text := r.Text(v, "item.kind", at)
		switch {
		case slices.Contains(kinds, text):
			*kind = text
		case text != "":
			r.Problem(event.Schema, r.Rules.Kind, "item.kind", text, at.String()+" is none of "+strings.Join(kinds, ", "))
		}
	}
}
