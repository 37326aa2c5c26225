package snowplow

import "github.com/millrace/millrace/adapter"

var _ adapter.Declared = (*Adapter)(nil)

// Fills implements [adapter.Declared]. What stands in contexts and self-describing events
// is named by the entity and its member.
func (*Adapter) Fills() []adapter.Fill {
	return []adapter.Fill{
		{Field: "type", From: []string{"e", "se_ac", "ue_pr", "ue_px", "schema", "$envelope.schema"}, Derived: true},
		{Field: "event_time", From: []string{"ttm", "dtm", "stm", "$received", "$skew"}, Derived: true},
		{Field: "customer_id", From: []string{"uid"}},
		{Field: "anonymous_id", From: []string{"duid", "client_session.userId", "tnuid", "nuid"}},
		{Field: "order_id", From: []string{"transaction.transaction_id", "refund.transaction_id", "tr_id", "ti_id"}},
		{Field: "session_id", From: []string{"sid", "client_session.sessionId"}},
		{Field: "channel", From: []string{"p"}, Derived: true},
		{Field: "currency", From: []string{"transaction.currency", "refund.currency", "product.currency", "cart.currency", "tr_cu", "ti_cu"}},
		{Field: "amount", Derived: true, From: []string{
			"transaction.revenue", "transaction.tax", "transaction.shipping", "refund.refund_amount", "cart.total_value",
			"product.price", "product.quantity", "tr_tt", "tr_tx", "tr_sh",
		}},
		{Field: "properties", From: []string{
			"ue_pr", "ue_px", "data", "se_ca", "se_ac", "se_la", "se_pr", "se_va", "tr_id", "tr_af", "tr_tt", "tr_tx", "tr_sh", "tr_cu",
			"tr_ci", "tr_st", "tr_co", "pp_mix", "pp_max", "pp_miy", "pp_may", "url", "page", "refr",
		}, Derived: true},
		{Field: "context", From: []string{"aid", "p", "tv", "ua", "lang", "url", "page", "refr", "co", "cx", "$envelope.user_agent"}, Derived: true},
		{Field: "item.product_id", From: []string{"product.id", "product.sku", "ti_sk"}},
		{Field: "item.name", From: []string{"product.name", "ti_nm", "ti_na"}},
		{Field: "item.category", From: []string{"product.category", "ti_ca"}},
		{Field: "item.price", From: []string{"product.price", "product.unitPrice", "product.unit_price", "ti_pr"}},
		{Field: "item.quantity", From: []string{"product.quantity", "ti_qu"}, Derived: true},
		{Field: "item.amount", From: []string{"product.price", "product.quantity", "ti_pr", "ti_qu"}, Derived: true},
		{Field: "item.kind", From: []string{"e", "schema"}, Derived: true},
	}
}
