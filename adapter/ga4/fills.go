package ga4

import "github.com/millrace/millrace/adapter"

var _ adapter.Declared = (*Adapter)(nil)

// Fills implements [adapter.Declared].
func (*Adapter) Fills() []adapter.Fill {
	return []adapter.Fill{
		{Field: "type", From: []string{"name"}, Derived: true},
		{Field: "event_time", From: []string{"timestamp_micros", "$envelope.timestamp_micros", "$received"}, Derived: true},
		{Field: "customer_id", From: []string{"user_id", "$envelope.user_id"}},
		{Field: "anonymous_id", From: []string{"client_id", "app_instance_id", "$envelope.client_id", "$envelope.app_instance_id"}},
		{Field: "order_id", From: []string{"params.transaction_id"}},
		{Field: "session_id", From: []string{"params.session_id", "params.ga_session_id"}},
		{Field: "channel", From: []string{"client_id", "app_instance_id", "$envelope.client_id", "$envelope.app_instance_id"}, Derived: true},
		{Field: "country", From: []string{"user_location.country_id", "$envelope.user_location.country_id"}},
		{Field: "currency", From: []string{"params.currency"}},
		{Field: "amount", Derived: true, From: []string{
			"params.value", "params.shipping", "params.tax", "params.items[].price", "params.items[].quantity", "name",
		}},
		{Field: "properties", From: []string{"params"}},
		{Field: "context", From: []string{"$envelope"}},
		{Field: "item.product_id", From: []string{"params.items[].item_id"}},
		{Field: "item.name", From: []string{"params.items[].item_name"}},
		{Field: "item.category", From: []string{"params.items[].item_category"}},
		{Field: "item.price", From: []string{"params.items[].price"}},
		{Field: "item.quantity", From: []string{"params.items[].quantity", "name"}, Derived: true},
		{Field: "item.amount", From: []string{"params.items[].price", "params.items[].quantity", "name"}, Derived: true},
		{Field: "item.kind", From: []string{"name"}, Derived: true},
	}
}
