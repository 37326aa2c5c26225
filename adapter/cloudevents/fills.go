package cloudevents

import "github.com/millrace/millrace/adapter"

var _ adapter.Declared = (*Adapter)(nil)

// Fills implements [adapter.Declared]. Attributes are named as in structured mode; in
// binary mode they stand in headers.
func (*Adapter) Fills() []adapter.Fill {
	return []adapter.Fill{
		{Field: "type", From: []string{"type"}, Derived: true},
		{Field: "event_time", From: []string{"time", "$received"}, Derived: true},
		{Field: "customer_id", From: []string{"data.customer_id"}},
		{Field: "anonymous_id", From: []string{"data.anonymous_id"}},
		{Field: "order_id", From: []string{"data.order_id"}},
		{Field: "session_id", From: []string{"data.session_id"}},
		{Field: "channel", From: []string{"data.channel"}},
		{Field: "country", From: []string{"data.country"}},
		{Field: "currency", From: []string{"data.currency"}},
		{Field: "amount", From: []string{"data.amount", "data.items[].price", "data.items[].quantity", "type"}, Derived: true},
		{Field: "properties", From: []string{"data", "data_base64"}},
		{Field: "context", From: []string{"id", "source", "specversion", "type", "time", "subject", "datacontenttype", "dataschema"}, Derived: true},
		{Field: "item.product_id", From: []string{"data.items[].product_id"}},
		{Field: "item.name", From: []string{"data.items[].name"}},
		{Field: "item.category", From: []string{"data.items[].category"}},
		{Field: "item.price", From: []string{"data.items[].price"}},
		{Field: "item.quantity", From: []string{"data.items[].quantity", "type"}, Derived: true},
		{Field: "item.amount", From: []string{"data.items[].price", "data.items[].quantity", "type"}, Derived: true},
		{Field: "item.kind", From: []string{"data.items[].kind", "type"}, Derived: true},
	}
}
