package declared

import (
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/expression"
)

// ref is an event of a batch, or one of its items. It is of use only while the batch is
// read.
type ref struct {
	batch *event.Batch
	event int
	item  int
}

// field is a column of events that expressions can name.
type field struct {
	name string
	kind expression.Kind
	item bool // one value per item
	sure bool // it is never missing
	desc string
	read func(r ref) cell
}

// fields lists the columns, in the order of the reference.
var fields = []field{
	{name: "type", kind: expression.Text, desc: "What happened: product_viewed, order_completed, …",
		read: dict(func(b *event.Batch) *event.Dict { return &b.Type })},
	{name: "source", kind: expression.Text, desc: "Name of the configured source.",
		read: dict(func(b *event.Batch) *event.Dict { return &b.Source })},
	{name: "stream", kind: expression.Text, desc: "File name, or door.",
		read: dict(func(b *event.Batch) *event.Dict { return &b.Stream })},
	{name: "event_time", kind: expression.Instant, desc: "When it happened, UTC. Windows go by it, or by received_at where it is missing.",
		read: instant(func(b *event.Batch) []int64 { return b.Time })},
	{name: "received_at", kind: expression.Instant, desc: "When the log appended it, UTC.",
		read: instant(func(b *event.Batch) []int64 { return b.Received })},
	{name: "customer_id", kind: expression.Text, desc: "The customer, as the shop knows them.",
		read: text(func(b *event.Batch) []string { return b.CustomerID })},
	{name: "anonymous_id", kind: expression.Text, desc: "The visitor, as a device knows them.",
		read: text(func(b *event.Batch) []string { return b.AnonymousID })},
	{name: "order_id", kind: expression.Text, desc: "Order or invoice number.",
		read: text(func(b *event.Batch) []string { return b.OrderID })},
	{name: "session_id", kind: expression.Text, desc: "The visit.",
		read: text(func(b *event.Batch) []string { return b.SessionID })},
	{name: "actor", kind: expression.Text, desc: "Who did it: customer_id, else anonymous_id, else order_id.",
		read: func(r ref) cell {
			return firstOf(r.batch.CustomerID[r.event], r.batch.AnonymousID[r.event], r.batch.OrderID[r.event])
		}},
	{name: "visitor", kind: expression.Text, desc: "The device in front of the shop, which stays when the visitor logs in: anonymous_id, else the actor.",
		read: func(r ref) cell {
			return firstOf(r.batch.AnonymousID[r.event], r.batch.CustomerID[r.event], r.batch.OrderID[r.event])
		}},
	{name: "channel", kind: expression.Text, desc: "web, app, store, …",
		read: dict(func(b *event.Batch) *event.Dict { return &b.Channel })},
	{name: "country", kind: expression.Text, desc: "ISO 3166-1 code.",
		read: dict(func(b *event.Batch) *event.Dict { return &b.Country })},
	{name: "currency", kind: expression.Text, desc: "ISO 4217 code.",
		read: dict(func(b *event.Batch) *event.Dict { return &b.Currency })},
	{name: "amount", kind: expression.Money, sure: true, desc: "Value of the event, in its currency.",
		read: func(r ref) cell { return cell{Number: int64(r.batch.Amount[r.event]), Known: true} }},
	{name: "amount_base", kind: expression.Money, desc: "The amount in the shop's currency; missing when it is 0 or unknown.",
		read: func(r ref) cell {
			amount := int64(r.batch.AmountBase[r.event])
			return cell{Number: amount, Known: amount != 0}
		}},
	{name: "device", kind: expression.Text, desc: "desktop, mobile, tablet or other.",
		read: dict(func(b *event.Batch) *event.Dict { return &b.Device })},
	{name: "browser", kind: expression.Text, desc: "Browser and its major version.",
		read: dict(func(b *event.Batch) *event.Dict { return &b.Browser })},
	{name: "os", kind: expression.Text, desc: "Operating system.",
		read: dict(func(b *event.Batch) *event.Dict { return &b.OS })},
	{name: "bot", kind: expression.Text, desc: "Program that sent it in place of a visitor.",
		read: dict(func(b *event.Batch) *event.Dict { return &b.Bot })},
	{name: "campaign_source", kind: expression.Text, desc: "Who sent the visitor.",
		read: text(func(b *event.Batch) []string { return b.CampaignSource })},
	{name: "campaign_medium", kind: expression.Text, desc: "How: paid, search, social, email, referral, direct, …",
		read: text(func(b *event.Batch) []string { return b.CampaignMedium })},
	{name: "campaign_name", kind: expression.Text, desc: "The campaign.",
		read: text(func(b *event.Batch) []string { return b.CampaignName })},
	{name: "segment", kind: expression.Text, desc: "Segment of the customer.",
		read: dict(func(b *event.Batch) *event.Dict { return &b.Segment })},
	{name: "items", kind: expression.Integer, sure: true, desc: "How many items the event has.",
		read: func(r ref) cell {
			from, to := r.batch.ItemRange(r.event)
			return cell{Number: int64(to - from), Known: true}
		}},

	{name: "item.product_id", kind: expression.Text, item: true, desc: "The product.",
		read: func(r ref) cell { return cell{Text: r.batch.Items.ProductID[r.item]} }},
	{name: "item.name", kind: expression.Text, item: true, desc: "The product's name.",
		read: func(r ref) cell { return cell{Text: r.batch.Items.Name[r.item]} }},
	{name: "item.category", kind: expression.Text, item: true, desc: "The product's category.",
		read: func(r ref) cell { return cell{Text: r.batch.Items.Category.Get(r.item)} }},
	{name: "item.kind", kind: expression.Text, item: true, desc: "sale, cancellation, adjustment, fee or view.",
		read: func(r ref) cell { return cell{Text: r.batch.Items.Kind.Get(r.item)} }},
	{name: "item.quantity", kind: expression.Integer, item: true, sure: true, desc: "Pieces; negative in a cancellation.",
		read: func(r ref) cell { return cell{Number: r.batch.Items.Quantity[r.item], Known: true} }},
	{name: "item.price", kind: expression.Money, item: true, sure: true, desc: "Price of one piece.",
		read: func(r ref) cell { return cell{Number: int64(r.batch.Items.Price[r.item]), Known: true} }},
	{name: "item.amount", kind: expression.Money, item: true, sure: true, desc: "Quantity × price.",
		read: func(r ref) cell { return cell{Number: int64(r.batch.Items.Amount[r.item]), Known: true} }},
}

func text(of func(*event.Batch) []string) func(ref) cell {
	return func(r ref) cell { return cell{Text: of(r.batch)[r.event]} }
}

func dict(of func(*event.Batch) *event.Dict) func(ref) cell {
	return func(r ref) cell { return cell{Text: of(r.batch).Get(r.event)} }
}

func instant(of func(*event.Batch) []int64) func(ref) cell {
	return func(r ref) cell {
		at := of(r.batch)[r.event]
		return cell{Number: at, Known: at != 0}
	}
}

func firstOf(texts ...string) cell {
	for _, t := range texts {
		if t != "" {
			return cell{Text: t}
		}
	}
	return cell{}
}

func findField(name string) *field {
	for i := range fields {
		if fields[i].name == name {
			return &fields[i]
		}
	}
	return nil
}
