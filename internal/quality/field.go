package quality

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/expression"
)

// kind is how a column lies in memory.
type kind uint8

const (
	kindText     kind = iota // []string
	kindDict                 // event.Dict
	kindInt                  // []int64
	kindMoney                // []event.Micros
	kindTime                 // []int64, µs since 1970; 0 is missing
	kindCount                // number of items, no column of its own
	kindProperty             // a value in JSON, see properties
)

var kindNames = [...]string{"text", "text", "whole number", "money", "time", "whole number", "JSON property"}

// field is one column of a batch that rules can name, or a value in JSON. Exactly one
// of the accessors is set, by its kind (none for kindCount and kindProperty).
type field struct {
	name  string
	item  bool // one value per item, not per event
	kind  kind
	fixed bool // no correction may change it
	desc  string

	text  func(*event.Batch) []string
	dict  func(*event.Batch) *event.Dict
	num   func(*event.Batch) []int64
	money func(*event.Batch) []event.Micros

	column *field // of a property: where it is found
	index  int    // of a property: among those of the rule set
}

// textual reports whether the values are text, however they are stored.
func (f *field) textual() bool {
	return f.kind == kindText || f.kind == kindDict || f.kind == kindProperty
}

// correctable reports whether corrections may change the field. When an event was
// received, by which source, and what it has in JSON stay what they are.
func (f *field) correctable() bool { return !f.fixed && f.kind != kindCount && f.kind != kindProperty }

// canMiss reports whether a value can be missing.
func (f *field) canMiss() bool { return f.textual() || f.kind == kindTime }

// fields lists the columns that rules can name, in the order of the reference.
// Left out are coordinates and marks, which say where an event lies and not what
// it is, and the event ID, which follows from the content.
var fields = []field{
	{name: "source", kind: kindDict, fixed: true, desc: "Name of the configured source.",
		dict: func(b *event.Batch) *event.Dict { return &b.Source }},
	{name: "stream", kind: kindDict, fixed: true, desc: "File name, or door.",
		dict: func(b *event.Batch) *event.Dict { return &b.Stream }},
	{name: "type", kind: kindDict, desc: "What happened: order_line, Product Viewed, …",
		dict: func(b *event.Batch) *event.Dict { return &b.Type }},
	{name: "event_time", kind: kindTime, desc: "When it happened, UTC.",
		num: func(b *event.Batch) []int64 { return b.Time }},
	{name: "received_at", kind: kindTime, fixed: true, desc: "When the log appended it, UTC.",
		num: func(b *event.Batch) []int64 { return b.Received }},
	{name: "customer_id", kind: kindText, desc: "The customer, as the shop knows them.",
		text: func(b *event.Batch) []string { return b.CustomerID }},
	{name: "anonymous_id", kind: kindText, desc: "The visitor, as a device knows them.",
		text: func(b *event.Batch) []string { return b.AnonymousID }},
	{name: "order_id", kind: kindText, desc: "Order or invoice number.",
		text: func(b *event.Batch) []string { return b.OrderID }},
	{name: "session_id", kind: kindText, desc: "The visit.",
		text: func(b *event.Batch) []string { return b.SessionID }},
	{name: "channel", kind: kindDict, desc: "web, app, pos, …",
		dict: func(b *event.Batch) *event.Dict { return &b.Channel }},
	{name: "country", kind: kindDict, desc: "As the sender wrote it: enrichment makes it an ISO code after the rules.",
		dict: func(b *event.Batch) *event.Dict { return &b.Country }},
	{name: "currency", kind: kindDict, desc: "As the sender wrote it: enrichment makes it an ISO code after the rules.",
		dict: func(b *event.Batch) *event.Dict { return &b.Currency }},
	{name: "amount", kind: kindMoney, desc: "Value of the event.",
		money: func(b *event.Batch) []event.Micros { return b.Amount }},
	{name: "properties", kind: kindText, fixed: true, desc: "What else the sender said, as JSON.",
		text: func(b *event.Batch) []string { return b.Properties }},
	{name: "context", kind: kindText, fixed: true, desc: "Page, device, campaign, …, as JSON.",
		text: func(b *event.Batch) []string { return b.Context }},
	{name: "items", kind: kindCount, desc: "How many items the event has."},

	{name: "item.product_id", item: true, kind: kindText, desc: "The product.",
		text: func(b *event.Batch) []string { return b.Items.ProductID }},
	{name: "item.name", item: true, kind: kindText, desc: "The product's name.",
		text: func(b *event.Batch) []string { return b.Items.Name }},
	{name: "item.category", item: true, kind: kindDict, desc: "The product's category.",
		dict: func(b *event.Batch) *event.Dict { return &b.Items.Category }},
	{name: "item.kind", item: true, kind: kindDict, desc: "sale, cancellation, adjustment, fee or view.",
		dict: func(b *event.Batch) *event.Dict { return &b.Items.Kind }},
	{name: "item.quantity", item: true, kind: kindInt, desc: "Pieces; negative in a cancellation.",
		num: func(b *event.Batch) []int64 { return b.Items.Quantity }},
	{name: "item.price", item: true, kind: kindMoney, desc: "Price of one piece.",
		money: func(b *event.Batch) []event.Micros { return b.Items.Price }},
	{name: "item.amount", item: true, kind: kindMoney, desc: "Quantity × price.",
		money: func(b *event.Batch) []event.Micros { return b.Items.Amount }},
}

func findField(name string) *field {
	for i := range fields {
		if fields[i].name == name {
			return &fields[i]
		}
	}
	return nil
}

func fieldNames(keep func(*field) bool) []string {
	var names []string
	for i := range fields {
		if keep == nil || keep(&fields[i]) {
			names = append(names, fields[i].name)
		}
	}
	return names
}

// textAt and intAt read one value, for the paths that are not hot: p is the
// index of the event, or of the item.
func (f *field) textAt(b *event.Batch, p int32) string {
	if f.kind == kindDict {
		return f.dict(b).Get(int(p))
	}
	return f.text(b)[p]
}

func (f *field) intAt(b *event.Batch, p int32) int64 {
	switch f.kind {
	case kindMoney:
		return int64(f.money(b)[p])
	case kindCount:
		from, to := b.ItemRange(int(p))
		return int64(to - from)
	default:
		return f.num(b)[p]
	}
}

// appendValue appends the value as a reader writes it; nothing when missing.
func (f *field) appendValue(dst []byte, b *event.Batch, p int32) []byte {
	switch {
	case f.textual():
		return append(dst, f.textAt(b, p)...)
	case f.kind == kindMoney:
		return event.Micros(f.intAt(b, p)).AppendTo(dst)
	case f.kind == kindTime && f.intAt(b, p) == 0:
		return dst
	case f.kind == kindTime:
		return time.UnixMicro(f.intAt(b, p)).UTC().AppendFormat(dst, time.RFC3339Nano)
	}
	return strconv.AppendInt(dst, f.intAt(b, p), 10)
}

// parse reads a limit or a listed value in the notation of the field's kind.
func (f *field) parse(text string) (int64, error) {
	switch f.kind {
	case kindMoney:
		m, err := event.ParseMicros(text)
		if err != nil {
			return 0, fmt.Errorf(`%w; money is a plain decimal such as "12.50", with at most six decimals`, err)
		}
		return int64(m), nil
	case kindTime:
		return expression.ParseTime(text)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, errors.New("want a whole number such as 100")
	}
	return n, nil
}

// bound turns an exclusive limit into the inclusive one beside it; false when
// there is none.
func bound(limit int64, exclusive bool, step int64) (int64, bool) {
	if !exclusive {
		return limit, true
	}
	if (step > 0 && limit == math.MaxInt64) || (step < 0 && limit == math.MinInt64) {
		return limit, false
	}
	return limit + step, true
}
