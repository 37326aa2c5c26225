package job

import (
	"strings"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
)

// Carts are those that were abandoned: nothing was done with a cart that has products
// for Params.CartTimeout of event time, and it was not ordered. An order that comes
// within Params.CartMemory says that the cart was recovered.
func Carts(p Params) *stream.Job {
	p = p.withDefaults()
	j := stream.NewJob("carts", 1).Describe("Abandoned carts with their value and products, and whether they were recovered later.").Lateness(p.Lateness)
	timeout := stream.Micros(p.CartTimeout)
	carts := stream.Timeline(cartEvents(j), "carts", stream.Machine[string, cartLife, cartEvent, AbandonedCart]{
		Apply: func(t *stream.Turn[string, cartLife, AbandonedCart], e cartEvent) {
			s := t.State
			switch e.Do {
			case orderCart:
				if s.Abandoned.Times > 0 {
					s.Abandoned.Recovered, s.Abandoned.RecoveredAt, s.Abandoned.Order = true, event.Instant(t.Time), strings.Clone(e.Order)
					t.Emit(uint64(s.Opened), s.Abandoned)
				}
				*s = cartLife{}
			case addToCart, takeFromCart:
				s.change(&e, t.Time)
			}
			t.WakeAt(0)
			if len(s.Lines) > 0 {
				s.Last = t.Time
				t.WakeAt(t.Time + timeout)
			}
		},
		Wake: func(t *stream.Turn[string, cartLife, AbandonedCart]) {
			t.State.abandon(t.Time)
			t.Emit(uint64(t.State.Opened), t.State.Abandoned)
		},
		Retain: p.retain(), Settle: p.CartMemory, TTL: p.CartMemory,
	})
	rows := stream.Map(carts.Results, "rows", func(r stream.Revised[string, AbandonedCart]) AbandonedCart {
		row := r.Value
		row.Cart, row.Revision, row.Retracted = r.Key, r.Revision, r.Retracted
		return row
	})
	stream.ToTable(rows, "abandoned_carts", "Carts with products that were left alone; see docs/jobs.md", "cart_id", "opened_at")
	return j
}

// AbandonedCart is a row of the table abandoned_carts.
type AbandonedCart struct {
	Cart      string        `state:"cart_id"`
	OpenedAt  event.Instant `state:"opened_at"` // its first product
	Revision  uint32        `state:"revision"`
	Retracted bool          `state:"retracted"`

	LastAt      event.Instant `state:"last_event_at"`
	AbandonedAt event.Instant `state:"abandoned_at"` // the last time it was
	Times       int64         `state:"times"`        // it was
	Customer    string        `state:"customer_id"`
	Visitor     string        `state:"anonymous_id"`
	Channel     string        `state:"channel"`
	Country     string        `state:"country"`
	Currency    string        `state:"currency"`
	Value       event.Micros  `state:"value"`  // of the products when it was abandoned
	Pieces      int64         `state:"pieces"` // likewise
	Products    []string      `state:"product_ids"`
	Recovered   bool          `state:"recovered"`
	RecoveredAt event.Instant `state:"recovered_at"`
	Order       string        `state:"order_id"`
}

// cartLife is a cart from its first product to its order.
type cartLife struct {
	cart      `state:"cart"`
	Last      int64         `state:"last"` // its newest event
	Abandoned AbandonedCart `state:"abandoned"`
}

// abandon makes the row of a cart that is abandoned at an instant.
func (c *cartLife) abandon(at int64) {
	pieces, value := c.sums()
	products := make([]string, len(c.Lines))
	for i, l := range c.Lines {
		products[i] = l.Product
	}
	c.Abandoned = AbandonedCart{
		OpenedAt: event.Instant(c.Opened), LastAt: event.Instant(c.Last), AbandonedAt: event.Instant(at), Times: c.Abandoned.Times + 1,
		Customer: c.Customer, Visitor: c.Visitor, Channel: c.Of.Channel, Country: c.Of.Country, Currency: c.Currency,
		Value: value, Pieces: pieces, Products: products,
	}
}
