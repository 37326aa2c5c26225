package job

import (
	"slices"
	"strings"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
)

// Profiles are what is known of customers who have ordered: when they last did, how
// often, for how much, which categories they like, and the segment that follows from
// it. A profile is published at the commit that has changed it, and when event
// time moves the customer into another band of recency.
func Profiles(p Params) *stream.Job {
	p = p.withDefaults()
	j := stream.NewJob("profiles", 1).Describe("Customers by recency, frequency and value of their orders, with a live segment and their favourite categories.")
	purchases := stream.Events(j, "purchases", readPurchase, stream.Types(typeOrder, typeOrderLine, typeRefund))
	purchases = runsOf(purchases, "runs", samePurchase, (*purchase).add)
	byCustomer := stream.KeyBy(purchases, "by customer", func(c purchase) string { return c.Customer })
	profiles := stream.Connect(byCustomer.Stream, "profiles", func(
		c *stream.Context, emit func(stream.Element[Profile]),
	) (func(stream.Element[stream.Record[string, purchase]]), stream.Operator, error) {
		o := &profiler{c: c, emit: emit, bands: p.Bands, inTurn: make(map[string]bool)}
		err := o.open(state.TableOptions{TTL: p.ProfileMemory})
		return o.take, o, err
	})
	stream.ToTable(profiles, "customer_profiles", "Customers with their orders and segment; see docs/jobs.md", "customer_id")
	return j
}

// Profile is a row of the table customer_profiles.
type Profile struct {
	Customer     string        `state:"customer_id"`
	Revision     uint32        `state:"revision"`
	FirstOrderAt event.Instant `state:"first_order_at"`
	LastOrderAt  event.Instant `state:"last_order_at"`
	Orders       int64         `state:"orders"`
	Value        event.Micros  `state:"value"` // of orders less cancellations
	Units        int64         `state:"units"`
	Cancelled    event.Micros  `state:"cancelled"` // amount of cancellations, below zero
	Recency      int32         `state:"recency_score"`
	Frequency    int32         `state:"frequency_score"`
	Monetary     int32         `state:"value_score"`
	Segment      string        `state:"segment"`
	Favourites   []string      `state:"favourite_categories"` // at most three, the one with the most lines first
}

// guestPrefix begins the customer ids that rules give to orders without a customer.
const guestPrefix = "guest:"

// purchase is what an event says of its customer's orders.
type purchase struct {
	Customer  string
	Order     string
	Sold      bool
	Single    bool // the event is all of its order
	Amount    event.Micros
	Cancelled event.Micros
	Units     int64
	Lines     []categoryLines
}

func readPurchase(b *event.Batch, i int, emit func(purchase)) {
	p := purchase{Customer: b.CustomerID[i], Order: b.OrderID[i]}
	if p.Customer == "" || strings.HasPrefix(p.Customer, guestPrefix) {
		return
	}
	kind := b.Type.Get(i)
	p.Amount, p.Single, p.Sold = baseAmount(b, i), kind == typeOrder, kind == typeOrder
	cancelled := kind == typeRefund
	from, to := b.ItemRange(i)
	for k := from; k < to; k++ {
		switch b.Items.Kind.Get(k) {
		case event.KindSale:
			p.Sold = true
			p.Units += b.Items.Quantity[k]
			if c := b.Items.Category.Get(k); c != "" {
				p.Lines = append(p.Lines, categoryLines{c, 1})
			}
		case event.KindCancellation:
			cancelled = true
			p.Units += b.Items.Quantity[k]
		}
	}
	if cancelled && !p.Sold {
		p.Cancelled = p.Amount
	}
	emit(p)
}

// samePurchase reports whether two lines came alone and are of one order.
func samePurchase(a, b *purchase) bool {
	return !a.Single && !b.Single && a.Customer == b.Customer && a.Order == b.Order
}

func (p *purchase) add(o *purchase) {
	p.Sold = p.Sold || o.Sold
	p.Amount += o.Amount
	p.Cancelled += o.Cancelled
	p.Units += o.Units
	p.Lines = append(p.Lines, o.Lines...)
}

// profile is the state of a customer. All of it is sums and extremes, so that it does not
// depend on the order in which events come.
type profile struct {
	First      int64           `state:"first"`
	Last       int64           `state:"last"`
	Orders     int64           `state:"orders"`
	Value      event.Micros    `state:"value"`
	Units      int64           `state:"units"`
	Cancelled  event.Micros    `state:"cancelled"`
	Categories []categoryLines `state:"categories"` // by name
	Revision   uint32          `state:"revision"`
	Cause      stream.Cause    `state:"cause"`
}

type categoryLines struct {
	Category string `state:"category"`
	Lines    int64  `state:"lines"`
}

// maxCategories bounds the categories of a customer. Further ones are not counted.
const maxCategories = 1000

func (p *profile) addCategories(lines []categoryLines) {
	for _, l := range lines {
		at, found := slices.BinarySearchFunc(p.Categories, l.Category, func(c categoryLines, name string) int { return strings.Compare(c.Category, name) })
		switch {
		case found:
			p.Categories[at].Lines += l.Lines
		case len(p.Categories) < maxCategories:
			p.Categories = slices.Insert(p.Categories, at, categoryLines{strings.Clone(l.Category), l.Lines})
		}
	}
}

// favourites returns the three categories with the most lines; of equal ones those that
// come first in the alphabet.
func (p *profile) favourites() []string {
	best := slices.Clone(p.Categories)
	slices.SortStableFunc(best, func(a, b categoryLines) int { return int(b.Lines - a.Lines) })
	names := make([]string, 0, 3)
	for _, c := range best[:min(3, len(best))] {
		names = append(names, c.Category)
	}
	return names
}

// row makes the row of a customer at an instant.
func (p *profile) row(customer string, bands *Bands, now int64) Profile {
	r := Profile{
		Customer: customer, Revision: p.Revision, FirstOrderAt: event.Instant(p.First), LastOrderAt: event.Instant(p.Last),
		Orders: p.Orders, Value: p.Value, Units: p.Units, Cancelled: p.Cancelled, Favourites: p.favourites(),
	}
	r.Recency, r.Frequency, r.Monetary = bands.recency(now-p.Last), bands.frequency(p.Orders), bands.value(p.Value)
	r.Segment = segment(r.Recency, r.Frequency, r.Monetary)
	return r
}
