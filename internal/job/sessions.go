package job

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/window"
)

// Sessions are the visits of the shop: the events of a visitor that are less than
// Params.VisitGap apart. And the funnel: how many visits of an hour have come how far.
func Sessions(p Params) *stream.Job {
	p = p.withDefaults()
	j := stream.NewJob("sessions", 1).Describe("Visits: entry, exit, campaign, events, bounce, how far they came and what they ordered; " +
		"and the funnel of each hour.").Lateness(p.Lateness)
	hits := stream.Events(j, "hits", readHit, stream.Types(hitTypes()...))
	byVisitor := stream.KeyBy(hits, "by visitor", func(h hit) string { return h.Visitor })
	spec := window.Session(p.VisitGap).MaxLength(p.VisitLimit)
	results := window.Aggregate(byVisitor, "visits", spec, foldVisit(), window.Lateness(p.Lateness))
	visits := stream.Map(results, "rows", visitRow)
	stream.ToTable(visits, "visits", "Visits of the shop; see docs/jobs.md", "visitor", "started_at")

	// A visit is known an hour or more behind its beginning, and may be revised.
	settled := p.VisitLimit + p.VisitGap + p.Lateness
	byVisit := stream.KeyBy(visits, "by visit", func(v Visit) visitKey { return visitKey{v.Visitor, int64(v.StartedAt)} })
	steps := visitSteps(byVisit, "steps", 2*settled)
	perHour := window.AggregateBy(steps, "funnel", func(s stepChange) Step { return s.Step }, window.Tumbling(time.Hour),
		aggregate.Sum(func(s stepChange) int64 { return s.By }), window.Lateness(settled), window.Emit(window.Every(p.Refresh)))
	rows := stream.Map(perHour, "funnel rows", funnelRow)
	stream.ToTable(rows, "funnel", "Visits per hour and step of the funnel; see docs/jobs.md", "hour", "step_no")
	return j
}

// Visit is a row of the table visits.
type Visit struct {
	Visitor   string        `state:"visitor"`
	StartedAt event.Instant `state:"started_at"`
	EndedAt   event.Instant `state:"ended_at"` // its last event
	Revision  uint32        `state:"revision"`
	Phase     window.Phase  `state:"phase"`
	Retracted bool          `state:"retracted"` // it was a part of another visit

	Customer   string       `state:"customer_id"`
	Channel    string       `state:"channel"`
	Country    string       `state:"country"`
	Entry      string       `state:"entry_page"`
	Exit       string       `state:"exit_page"`
	Campaign   string       `state:"campaign"`
	Events     int64        `state:"events"`
	Bounce     bool         `state:"bounce"` // it has one event
	StepNo     int32        `state:"step_no"`
	Step       string       `state:"step"`
	Orders     int64        `state:"orders"`
	OrderValue event.Micros `state:"order_value"`
}

// Step is a step of the funnel.
type Step int32

// The steps of the funnel. A visit that has come to one counts for those before it.
const (
	StepVisit Step = iota
	StepView
	StepCart
	StepCheckout
	StepPayment
	StepOrder

	stepCount = iota
)

var stepNames = [stepCount]string{"visit", "view", "cart", "checkout", "payment", "order"}

func (s Step) String() string { return stepNames[s] }

// hitSteps are the types of events that a visit is made of, and how far they show that
// it has come.
var hitSteps = map[string]Step{
	"page": StepVisit, "screen": StepVisit, "products_searched": StepVisit, "product_list_viewed": StepVisit,
	"login": StepVisit, "account_created": StepVisit, typeProductViewed: StepView,
	typeProductAdded: StepCart, typeProductRemoved: StepCart, typeCartViewed: StepCart,
	typeCheckout: StepCheckout, typeCheckoutStep: StepCheckout,
	typePaymentInfo: StepPayment, "payment_attempted": StepPayment, "payment_authorized": StepPayment, "payment_declined": StepPayment,
	typeOrder: StepOrder,
}

func hitTypes() []string { return slices.Sorted(maps.Keys(hitSteps)) }

// hit is an event of a visit.
type hit struct {
	Visitor  string
	Customer string
	Channel  string
	Country  string
	Page     string
	Campaign string
	Step     Step
	Ordered  bool
	Value    event.Micros
}

// readHit reads an event of a visitor. What was bought in a store is no visit.
func readHit(b *event.Batch, i int, emit func(hit)) {
	h := hit{Visitor: visitor(b, i), Channel: b.Channel.Get(i)}
	if h.Visitor == "" || h.Channel == "store" {
		return
	}
	kind := b.Type.Get(i)
	h.Customer, h.Country, h.Step, h.Campaign = b.CustomerID[i], b.Country.Get(i), hitSteps[kind], campaignOf(b, i)
	switch kind {
	case "page", "screen":
		h.Page = cmp.Or(property(b, i, "path"), property(b, i, "name"))
	case typeOrder:
		h.Ordered, h.Value = true, baseAmount(b, i)
	}
	h.Page = cmp.Or(h.Page, kind)
	emit(h)
}

// campaignOf returns the name of context.campaign.
func campaignOf(b *event.Batch, i int) string {
	m := membersOf(b.Context[i])
	for m.next() {
		if m.key != "campaign" || m.value.Kind != jsontext.Object {
			continue
		}
		campaign := membersOf(m.value.Raw)
		for campaign.next() {
			if campaign.key == "name" {
				return campaign.text()
			}
		}
	}
	return ""
}

// visitSum is what the events of a visit come to.
type visitSum struct {
	Customer aggregate.Placed[string] `state:"customer"` // last that is known
	Channel  aggregate.Placed[string] `state:"channel"`
	Country  aggregate.Placed[string] `state:"country"`
	Entry    aggregate.Placed[string] `state:"entry"`
	Exit     aggregate.Placed[string] `state:"exit"`
	Campaign aggregate.Placed[string] `state:"campaign"` // first that is named
	Events   int64                    `state:"events"`
	Step     Step                     `state:"step"`
	Orders   int64                    `state:"orders"`
	Value    event.Micros             `state:"value"`
}

func foldVisit() aggregate.Aggregator[hit, visitSum, visitSum] {
	text := strings.Clone // one of a batch would hold all of it in memory
	first, last := aggregate.First(text), aggregate.Last(text)
	named := func(v string) bool { return v != "" }
	firstNamed, lastNamed := aggregate.If(named, first), aggregate.If(named, last)
	return aggregate.Aggregator[hit, visitSum, visitSum]{
		Add: func(s *visitSum, h hit, at aggregate.At) {
			lastNamed.Add(&s.Customer, h.Customer, at)
			firstNamed.Add(&s.Channel, h.Channel, at)
			firstNamed.Add(&s.Country, h.Country, at)
			first.Add(&s.Entry, h.Page, at)
			last.Add(&s.Exit, h.Page, at)
			firstNamed.Add(&s.Campaign, h.Campaign, at)
			s.Events++
			s.Step = max(s.Step, h.Step)
			if h.Ordered {
				s.Orders++
				s.Value += h.Value
			}
		},
		Merge: func(s, o *visitSum) {
			last.Merge(&s.Customer, &o.Customer)
			first.Merge(&s.Channel, &o.Channel)
			first.Merge(&s.Country, &o.Country)
			first.Merge(&s.Entry, &o.Entry)
			last.Merge(&s.Exit, &o.Exit)
			first.Merge(&s.Campaign, &o.Campaign)
			s.Events += o.Events
			s.Step = max(s.Step, o.Step)
			s.Orders += o.Orders
			s.Value += o.Value
		},
		Result: func(s *visitSum) visitSum { return *s },
	}
}

func visitRow(r window.Result[string, visitSum]) Visit {
	s := r.Value
	return Visit{
		Visitor: r.Key, StartedAt: r.Start, EndedAt: event.Instant(s.Exit.At.Time), Revision: r.Revision, Phase: r.Phase, Retracted: r.Retracted,
		Customer: s.Customer.Value, Channel: s.Channel.Value, Country: s.Country.Value, Entry: s.Entry.Value, Exit: s.Exit.Value,
		Campaign: s.Campaign.Value, Events: s.Events, Bounce: s.Events == 1, StepNo: int32(s.Step), Step: s.Step.String(),
		Orders: s.Orders, OrderValue: s.Value,
	}
}
