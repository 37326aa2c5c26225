package job

import (
	"cmp"
	"slices"
	"strings"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
)

// cartEvent is what an event does to a cart.
type cartEvent struct {
	Cart     string     `state:"cart"`
	Do       cartDo     `state:"do"`
	Customer string     `state:"customer"`
	Visitor  string     `state:"visitor"`
	Order    string     `state:"order"`
	Currency string     `state:"currency"`
	Of       dimensions `state:"of"`
	Lines    []cartLine `state:"lines"`
}

type cartDo uint8

const (
	touchCart cartDo = iota // the visitor is still at it
	addToCart
	takeFromCart
	orderCart
)

// cartLine is a product in a cart.
type cartLine struct {
	Product  string       `state:"product"`
	Quantity int64        `state:"quantity"`
	Amount   event.Micros `state:"amount"`
}

// cartEvents reads what is done to carts. The cart of an event is the cart_id of its
// properties, else that of its visitor, who then has one at a time.
func cartEvents(j *stream.Job) stream.Keyed[string, cartEvent] {
	all := stream.Events(j, "cart events", readCartEvent, stream.Types(
		typeProductAdded, typeProductRemoved, typeCartViewed, typeCheckout, typeCheckoutStep, typePaymentInfo, typeOrder))
	return stream.KeyBy(all, "by cart", func(e cartEvent) string { return e.Cart })
}

func readCartEvent(b *event.Batch, i int, emit func(cartEvent)) {
	e := cartEvent{
		Cart: cmp.Or(property(b, i, "cart_id"), visitor(b, i)), Customer: b.CustomerID[i], Visitor: b.AnonymousID[i],
		Order: b.OrderID[i], Currency: b.Currency.Get(i), Of: dimensionsOf(b, i),
	}
	switch b.Type.Get(i) {
	case typeProductAdded:
		e.Do = addToCart
	case typeProductRemoved:
		e.Do = takeFromCart
	case typeOrder:
		e.Do = orderCart
	}
	if e.Cart == "" {
		return
	}
	if e.Do == addToCart || e.Do == takeFromCart {
		from, to := b.ItemRange(i)
		for k := from; k < to; k++ {
			e.Lines = append(e.Lines, cartLine{b.Items.ProductID[k], b.Items.Quantity[k], b.Items.Amount[k]})
		}
	}
	emit(e)
}

// maxCartLines bounds the products of a cart. Further ones are not added.
const maxCartLines = 500

// cart is what is in a cart.
type cart struct {
	Opened   int64      `state:"opened"` // when its first product came; 0: it is empty
	Customer string     `state:"customer"`
	Visitor  string     `state:"visitor"`
	Currency string     `state:"currency"`
	Of       dimensions `state:"of"`    // when it was opened
	Lines    []cartLine `state:"lines"` // by product
}

// change puts lines into the cart, or takes them out.
func (c *cart) change(e *cartEvent, at int64) {
	sign := int64(1)
	if e.Do == takeFromCart {
		sign = -1
	}
	// The lines are copied: snapshots share the old ones.
	lines := slices.Clone(c.Lines)
	for _, l := range e.Lines {
		k, found := slices.BinarySearchFunc(lines, l.Product, func(o cartLine, p string) int { return strings.Compare(o.Product, p) })
		switch {
		case found:
			lines[k].Quantity += sign * l.Quantity
			lines[k].Amount += event.Micros(sign) * l.Amount
			if lines[k].Quantity <= 0 {
				lines = slices.Delete(lines, k, k+1)
			}
		case sign > 0 && l.Quantity > 0 && len(lines) < maxCartLines:
			l.Product = strings.Clone(l.Product)
			lines = slices.Insert(lines, k, l)
		}
	}
	c.Lines = lines
	if c.Opened == 0 && len(lines) > 0 {
		c.Opened, c.Of = at, e.Of
	}
	keepText(&c.Customer, e.Customer)
	keepText(&c.Visitor, e.Visitor)
	c.Currency = cmp.Or(e.Currency, c.Currency)
}

// keepText replaces a text of state by one that a batch has, unless that is empty. It is
// copied: a text of a batch holds all of it in memory.
func keepText(to *string, v string) {
	if v != "" && v != *to {
		*to = strings.Clone(v)
	}
}

// sums returns the pieces in a cart and what they come to.
func (c *cart) sums() (pieces int64, value event.Micros) {
	for _, l := range c.Lines {
		pieces += l.Quantity
		value += l.Amount
	}
	return pieces, value
}
