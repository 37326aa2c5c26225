package segment

import "github.com/millrace/millrace/adapter"

var _ adapter.Declared = (*Adapter)(nil)

// Fills implements [adapter.Declared].
func (*Adapter) Fills() []adapter.Fill {
	return []adapter.Fill{
		{Field: "type", From: []string{"event", "type"}, Derived: true},
		{Field: "event_time", From: []string{"originalTimestamp", "timestamp", "$received", "$skew"}, Derived: true},
		{Field: "customer_id", From: []string{"userId"}},
		{Field: "anonymous_id", From: []string{"anonymousId"}},
		{Field: "order_id", From: []string{"properties.order_id", "properties.orderId"}},
		{Field: "session_id", From: []string{"properties.session_id", "context.sessionId", "context.session_id"}},
		{Field: "channel", From: []string{"channel"}},
		{Field: "country", From: []string{"context.location.country"}},
		{Field: "currency", From: []string{"properties.currency"}},
		{Field: "amount", Derived: true, From: []string{
			"properties.revenue", "properties.total", "properties.shipping", "properties.tax", "properties.value",
			"properties.products[].price", "properties.products[].quantity", "properties.price", "properties.quantity", "event",
		}},
		{Field: "properties", From: []string{"properties", "traits"}},
		{Field: "context", From: []string{"context", "$envelope.context"}},
		{Field: "item.product_id", From: []string{
			"properties.products[].product_id", "properties.products[].sku", "properties.product_id", "properties.sku",
		}},
		{Field: "item.name", From: []string{"properties.products[].name", "properties.name"}},
		{Field: "item.category", From: []string{"properties.products[].category", "properties.category"}},
		{Field: "item.price", From: []string{"properties.products[].price", "properties.price"}},
		{Field: "item.quantity", From: []string{"properties.products[].quantity", "properties.quantity", "event"}, Derived: true},
		{Field: "item.amount", Derived: true, From: []string{
			"properties.products[].price", "properties.products[].quantity", "properties.price", "properties.quantity", "event",
		}},
		{Field: "item.kind", From: []string{"event"}, Derived: true},
	}
}
