package native

import "github.com/millrace/millrace/adapter"

var _ adapter.Declared = (*Adapter)(nil)

// Fills implements [adapter.Declared].
func (*Adapter) Fills() []adapter.Fill {
	return []adapter.Fill{
		{Field: "type", From: []string{"type"}},
		{Field: "event_time", From: []string{"time", "$received", "$skew"}, Derived: true},
		{Field: "customer_id", From: []string{"customer_id"}},
		{Field: "anonymous_id", From: []string{"anonymous_id"}},
		{Field: "order_id", From: []string{"order_id"}},
		{Field: "session_id", From: []string{"session_id"}},
		{Field: "channel", From: []string{"channel"}},
		{Field: "country", From: []string{"country"}},
		{Field: "currency", From: []string{"currency"}},
		{Field: "amount", From: []string{"amount", "items[].price", "items[].quantity"}, Derived: true},
		{Field: "properties", From: []string{"properties"}},
		{Field: "context", From: []string{"context"}},
		{Field: "item.product_id", From: []string{"items[].product_id"}},
		{Field: "item.name", From: []string{"items[].name"}},
		{Field: "item.category", From: []string{"items[].category"}},
		{Field: "item.price", From: []string{"items[].price"}},
		{Field: "item.quantity", From: []string{"items[].quantity"}},
		{Field: "item.amount", From: []string{"items[].price", "items[].quantity"}, Derived: true},
		{Field: "item.kind", From: []string{"items[].kind"}},
	}
}
