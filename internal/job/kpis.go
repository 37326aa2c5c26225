package job

import (
	"cmp"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/window"
)

// Kpis are the figures of the business per minute: revenue, orders, units, conversion,
// open carts and cancellations, in total, and by channel, country and kind of device.
// The minute that runs is published each Params.Refresh, the final figures when the
// watermark has passed it, and revised ones for late events within Params.Lateness.
func Kpis(p Params) *stream.Job {
	p = p.withDefaults()
	j := stream.NewJob("kpis", 1).Describe("Business figures per minute: revenue, orders, average order value, units, conversion, open carts and " +
		"cancellations, in total and by channel, country and kind of device.").Lateness(p.Lateness)
	facts := stream.Events(j, "orders and views", readFact,
		stream.Types(typeOrderLine, typeOrder, typeRefund, typeProductViewed))
	facts = runsOf(facts, "runs", func(a, b *fact) bool { return a.thing == b.thing && a.dimensions == b.dimensions },
		func(run, v *fact) { run.add(&v.figures) })
	byThing := stream.KeyBy(facts, "by order or session", func(f fact) thingID { return f.id() })
	counted := distinctPerMinute(byThing, "distinct", p.Lateness)
	carts := openCarts(j, p)
	grouped := stream.FlatMap(stream.Merge("figures", counted, carts), "groups", eachGroup)
	sums := window.AggregateBy(grouped, "per minute", func(g grouping) Group { return g.Group }, window.Tumbling(time.Minute),
		sumFigures(), window.Lateness(p.Lateness), window.Emit(window.Every(p.Refresh)))
	stream.ToTable(withOpenCarts(sums, "open carts", p.Lateness), "kpis",
		"Business figures per minute and group; see docs/jobs.md", "dimension", "member", "minute")
	return j
}

// KPI is a row of the table kpis.
type KPI struct {
	Group     Group         `state:"group"`
	Minute    event.Instant `state:"minute"` // its start
	Revision  uint32        `state:"revision"`
	Phase     window.Phase  `state:"phase"`
	Retracted bool          `state:"retracted"` // nothing happened in it after all

	Revenue           event.Micros `state:"revenue"`
	Orders            int64        `state:"orders"`
	AverageOrderValue event.Micros `state:"average_order_value"`
	Units             int64        `state:"units"`
	Sessions          int64        `state:"sessions_with_view"`
	Conversion        float64      `state:"conversion"`
	OpenCarts         int64        `state:"open_carts"`
	Cancellations     int64        `state:"cancellations"`
	CancelledAmount   event.Micros `state:"cancelled_amount"`
}

// Group is one set of a grouping: its dimension and the member of it.
type Group struct {
	Dimension string `state:"dimension"` // total, channel, country or device
	Member    string `state:"member"`    // such as web; of total: all
}

// dimensions are what events are grouped by.
type dimensions struct {
	Channel string `state:"channel"`
	Country string `state:"country"`
	Device  string `state:"device"`
}

func dimensionsOf(b *event.Batch, i int) dimensions {
	return dimensions{b.Channel.Get(i), b.Country.Get(i), deviceKind(b, i)}
}

// groupings is how many groups a fact belongs to.
const groupings = 4

// group returns a fact's group of each grouping.
func (d *dimensions) group(n int) Group {
	switch n {
	case 0:
		return Group{"total", "all"}
	case 1:
		return Group{"channel", cmp.Or(d.Channel, unknownDevice)}
	case 2:
		return Group{"country", cmp.Or(d.Country, unknownDevice)}
	}
	return Group{"device", d.Device}
}

// thing is what is counted once, however many events there are of it.
type thing struct {
	Kind thingKind
	ID   string
}

type thingKind uint8

const (
	nothing thingKind = iota
	orderThing
	cancellationThing
	sessionThing
)

// fact is what an event adds to the figures.
type fact struct {
	thing      `state:"thing"`
	dimensions `state:"dimensions"`
	figures    `state:"figures"`
	first      uint8 `state:"first"` // groupings for which the thing is new in its minute: a bit each
}

// figures are sums of a minute and group.
type figures struct {
	Revenue       event.Micros `state:"revenue"`
	Orders        int64        `state:"orders"`
	Units         int64        `state:"units"`
	Sessions      int64        `state:"sessions"`
	Cancellations int64        `state:"cancellations"`
	Cancelled     event.Micros `state:"cancelled"`
	Carts         int64        `state:"carts"` // opened less closed
}

func (f *figures) add(o *figures) {
	f.Revenue += o.Revenue
	f.Orders += o.Orders
	f.Units += o.Units
	f.Sessions += o.Sessions
	f.Cancellations += o.Cancellations
	f.Cancelled += o.Cancelled
	f.Carts += o.Carts
}

// readFact reads an order, a part of one, or a view. An event of both kinds of lines,
// sold and cancelled, is two facts.
func readFact(b *event.Batch, i int, emit func(fact)) {
	f := fact{dimensions: dimensionsOf(b, i)}
	kind := b.Type.Get(i)
	if kind == typeProductViewed {
		if f.ID = cmp.Or(b.SessionID[i], visitor(b, i)); f.ID != "" {
			f.Kind = sessionThing
			emit(f)
		}
		return
	}
	sold, cancelled := kind == typeOrder, kind == typeRefund
	items := &b.Items
	from, to := b.ItemRange(i)
	for k := from; k < to; k++ {
		switch items.Kind.Get(k) {
		case event.KindSale:
			sold = true
			f.Units += items.Quantity[k]
		case event.KindCancellation:
			cancelled = true
			f.Units += items.Quantity[k]
		}
	}
	f.ID, f.Revenue = b.OrderID[i], baseAmount(b, i)
	if cancelled {
		c := fact{thing: thing{cancellationThing, f.ID}, dimensions: f.dimensions}
		if !sold {
			c.Cancelled = f.Revenue
		}
		emit(c)
	}
	if sold {
		f.Kind = orderThing
	}
	emit(f)
}

// grouping is what a fact adds to one of its groups.
type grouping struct {
	Group
	figures
}

func eachGroup(f fact, emit func(grouping)) {
	for n := range groupings {
		g := grouping{f.group(n), f.figures}
		if f.first&(1<<n) != 0 {
			switch f.Kind {
			case orderThing:
				g.Orders = 1
			case cancellationThing:
				g.Cancellations = 1
			case sessionThing:
				g.Sessions = 1
			}
		}
		if g.figures != (figures{}) {
			emit(g)
		}
	}
}

func sumFigures() aggregate.Aggregator[grouping, figures, figures] {
	return aggregate.Aggregator[grouping, figures, figures]{
		Add:    func(acc *figures, g grouping, _ aggregate.At) { acc.add(&g.figures) },
		Merge:  (*figures).add,
		Result: func(acc *figures) figures { return *acc },
	}
}

// row makes the row of a minute.
func (f *figures) row(r window.Result[Group, figures], revision uint32, openCarts int64) KPI {
	k := KPI{
		Group: r.Key, Minute: r.Start, Revision: revision, Phase: r.Phase,
		Revenue: f.Revenue, Orders: f.Orders, Units: f.Units, Sessions: f.Sessions, OpenCarts: openCarts,
		Cancellations: f.Cancellations, CancelledAmount: f.Cancelled,
	}
	if f.Orders > 0 {
		k.AverageOrderValue = f.Revenue / event.Micros(f.Orders)
	}
	if f.Sessions > 0 {
		k.Conversion = float64(f.Orders) / float64(f.Sessions)
	}
	return k
}
