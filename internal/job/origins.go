package job

import (
	"strings"

	"github.com/millrace/millrace/stream"
)

// What several jobs read in one way: see actor, visitor, baseAmount and deviceKind.
const (
	visitorFields = "anonymous_id customer_id order_id"
	amountFields  = "amount properties.amount_base"
	deviceFields  = "context.device.type context.userAgent channel"
)

// made says what columns of an output are made of: lists separated by blanks.
func made(output, columns string, by stream.Derivation, fields string) []stream.Origin {
	var all []stream.Origin
	for column := range strings.FieldsSeq(columns) {
		all = append(all, stream.Origin{Output: output, Column: column, Fields: strings.Fields(fields), By: by})
	}
	return all
}

// decided says what decides about all rows of an output.
func decided(output, fields string) []stream.Origin {
	return []stream.Origin{{Output: output, Fields: strings.Fields(fields), By: stream.Decided}}
}

func joined(parts ...[]stream.Origin) (all []stream.Origin) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// origins says what the outputs of the platform's jobs are made of. A test plays each
// job with every field changed: one that is not named here must change nothing.
func origins() map[string][]stream.Origin {
	return map[string][]stream.Origin{
		"kpis": kpiOrigins(), "popularity": popularityOrigins(), "sessions": sessionOrigins(), "carts": cartOrigins(),
		"profiles": profileOrigins(), "fraud": fraudOrigins(), "price_errors": priceOrigins(), "stock": stockOrigins(),
		"volume": volumeOrigins(),
	}
}

func kpiOrigins() []stream.Origin {
	const out = "kpis"
	return joined(
		decided(out, "type event_time channel country "+deviceFields),
		made(out, "dimension", stream.Computed, "channel country "+deviceFields),
		made(out, "member", stream.Computed, "channel country "+deviceFields),
		made(out, "minute", stream.Computed, "event_time"),
		made(out, "revenue", stream.Aggregated, amountFields),
		made(out, "orders", stream.Aggregated, "order_id item.kind"),
		made(out, "average_order_value", stream.Aggregated, "order_id item.kind "+amountFields),
		made(out, "units", stream.Aggregated, "item.quantity item.kind"),
		made(out, "sessions_with_view", stream.Aggregated, "session_id "+visitorFields),
		made(out, "conversion", stream.Aggregated, "order_id item.kind session_id "+visitorFields),
		made(out, "open_carts", stream.Aggregated, "properties.cart_id item.product_id item.quantity item.amount "+visitorFields),
		made(out, "cancellations", stream.Aggregated, "order_id item.kind"),
		made(out, "cancelled_amount", stream.Aggregated, "item.kind "+amountFields),
	)
}

func popularityOrigins() []stream.Origin {
	const counted = "type item.product_id item.kind event_time"
	return joined(
		decided("", counted),
		made("popularity", "product_id", stream.Copied, "item.product_id"),
		made("popularity", "until", stream.Computed, "event_time"),
		made("popularity", "views additions purchases score score_before trend", stream.Aggregated, counted),
		made("popularity_top", "rank score", stream.Aggregated, counted),
		made("popularity_top", "product_id", stream.Copied, "item.product_id"),
	)
}

func sessionOrigins() []stream.Origin {
	const out = "visits"
	return joined(
		decided(out, "type event_time channel "+visitorFields),
		made(out, "visitor", stream.Computed, visitorFields),
		made(out, "started_at ended_at", stream.Aggregated, "event_time"),
		made(out, "customer_id", stream.Copied, "customer_id"),
		made(out, "channel", stream.Copied, "channel"),
		made(out, "country", stream.Copied, "country"),
		made(out, "entry_page exit_page", stream.Computed, "type properties.path properties.name"),
		made(out, "campaign", stream.Copied, "context.campaign.name"),
		made(out, "events bounce", stream.Aggregated, "type"),
		made(out, "step_no step", stream.Aggregated, "type"),
		made(out, "orders", stream.Aggregated, "type"),
		made(out, "order_value", stream.Aggregated, amountFields),
		decided("funnel", "type event_time channel "+visitorFields),
		made("funnel", "hour", stream.Computed, "event_time"),
		made("funnel", "step_no step", stream.Computed, "type"),
		made("funnel", "visits", stream.Aggregated, "type"),
	)
}

func cartOrigins() []stream.Origin {
	const out = "abandoned_carts"
	return joined(
		decided(out, "type event_time properties.cart_id item.product_id item.quantity "+visitorFields),
		made(out, "cart_id", stream.Computed, "properties.cart_id "+visitorFields),
		made(out, "opened_at last_event_at abandoned_at recovered_at", stream.Computed, "event_time"),
		made(out, "times recovered", stream.Aggregated, "type event_time"),
		made(out, "customer_id", stream.Copied, "customer_id"),
		made(out, "anonymous_id", stream.Copied, "anonymous_id"),
		made(out, "channel", stream.Copied, "channel"),
		made(out, "country", stream.Copied, "country"),
		made(out, "currency", stream.Copied, "currency"),
		made(out, "value", stream.Aggregated, "item.amount"),
		made(out, "pieces", stream.Aggregated, "item.quantity"),
		made(out, "product_ids", stream.Aggregated, "item.product_id"),
		made(out, "order_id", stream.Copied, "order_id"),
	)
}

func profileOrigins() []stream.Origin {
	const out = "customer_profiles"
	return joined(
		decided(out, "type customer_id event_time item.kind order_id"),
		made(out, "customer_id", stream.Copied, "customer_id"),
		made(out, "first_order_at last_order_at recency_score", stream.Aggregated, "event_time"),
		made(out, "orders frequency_score", stream.Aggregated, "order_id item.kind"),
		made(out, "value value_score", stream.Aggregated, amountFields),
		made(out, "units", stream.Aggregated, "item.quantity item.kind"),
		made(out, "cancelled", stream.Aggregated, "item.kind "+amountFields),
		made(out, "segment", stream.Aggregated, "event_time order_id item.kind "+amountFields),
		made(out, "favourite_categories", stream.Aggregated, "item.category item.kind"),
	)
}

func fraudOrigins() []stream.Origin {
	const parties = "properties.card_fingerprint properties.device_id properties.ip customer_id"
	const judged = "type event_time properties.payment_id " + parties + " properties.lat properties.lon properties.account_created_at " + amountFields
	all := decided("", "type event_time properties.payment_id "+parties)
	for _, out := range []string{"fraud_decisions", "fraud-alerts", "fraud_alerts"} {
		all = append(all, joined(
			made(out, "payment_id", stream.Copied, "properties.payment_id"),
			made(out, "order_id", stream.Copied, "order_id"),
			made(out, "customer_id", stream.Copied, "customer_id"),
			made(out, "time", stream.Copied, "event_time"),
			made(out, "amount", stream.Computed, amountFields),
			made(out, "decision score reasons", stream.Aggregated, judged),
			made(out, "card_attempts_1m card_attempts_10m card_attempts_1h card_attempts_24h", stream.Aggregated, "properties.card_fingerprint event_time"),
			made(out, "device_attempts_1m device_attempts_10m device_attempts_1h device_attempts_24h", stream.Aggregated, "properties.device_id event_time"),
			made(out, "ip_attempts_1m ip_attempts_10m ip_attempts_1h ip_attempts_24h", stream.Aggregated, "properties.ip event_time"),
			made(out, "account_attempts_1m account_attempts_10m account_attempts_1h account_attempts_24h", stream.Aggregated, "customer_id event_time"),
		)...)
	}
	return all
}

func priceOrigins() []stream.Origin {
	const band = "item.price properties.band_low properties.band_high properties.list_price"
	const sold = "item.price item.quantity properties.fx_rate item.kind order_id"
	all := decided("", "type event_time item.product_id "+band+" properties.fx_rate item.kind")
	for _, out := range []string{"price_errors", "price-alerts", "price_alerts"} {
		all = append(all, joined(
			made(out, "product_id", stream.Copied, "item.product_id"),
			made(out, "since until", stream.Computed, "event_time"),
			made(out, "direction basis", stream.Computed, band),
			made(out, "price", stream.Copied, "item.price"),
			made(out, "band_low", stream.Computed, "properties.band_low properties.list_price item.price"),
			made(out, "band_high", stream.Computed, "properties.band_high properties.list_price item.price"),
			made(out, "expected_price", stream.Computed, band),
			made(out, "orders", stream.Aggregated, "order_id item.kind"),
			made(out, "pieces", stream.Aggregated, "item.quantity item.kind"),
			made(out, "value_lost", stream.Aggregated, sold+" "+band),
		)...)
	}
	return append(all, joined(
		made("price_error_sales", "product_id", stream.Copied, "item.product_id"),
		made("price_error_sales", "order_id", stream.Copied, "order_id"),
		made("price_error_sales", "line", stream.Computed, "item.product_id"),
		made("price_error_sales", "since time", stream.Computed, "event_time"),
		made("price_error_sales", "price", stream.Computed, "item.price properties.fx_rate"),
		made("price_error_sales", "expected_price", stream.Computed, band),
		made("price_error_sales", "pieces", stream.Copied, "item.quantity"),
		made("price_error_sales", "value_lost", stream.Computed, sold+" "+band),
	)...)
}

func stockOrigins() []stream.Origin {
	const moved = "type item.quantity properties.reason"
	all := joined(
		decided("", "type event_time item.product_id properties.location_id item.quantity"),
		made("stock", "product_id", stream.Copied, "item.product_id"),
		made("stock", "location_id", stream.Copied, "properties.location_id"),
		made("stock", "time", stream.Aggregated, "event_time"),
		made("stock", "available on_hand", stream.Aggregated, moved),
		made("stock_changes", "product_id", stream.Copied, "item.product_id"),
		made("stock_changes", "location_id", stream.Copied, "properties.location_id"),
		made("stock_changes", "time happened_at", stream.Copied, "event_time"),
		made("stock_changes", "partition", stream.Copied, "partition"),
		made("stock_changes", "offset", stream.Copied, "offset"),
		made("stock_changes", "line", stream.Computed, "item.product_id"),
		made("stock_changes", "type", stream.Copied, "type"),
		made("stock_changes", "reason", stream.Copied, "properties.reason"),
		made("stock_changes", "order_id", stream.Copied, "order_id"),
		made("stock_changes", "available_change on_hand_change", stream.Computed, moved),
		made("stock_changes", "available on_hand", stream.Aggregated, moved),
	)
	for _, out := range []string{"stock_alerts", "stock-alerts"} {
		all = append(all, joined(
			made(out, "product_id", stream.Copied, "item.product_id"),
			made(out, "location_id", stream.Copied, "properties.location_id"),
			made(out, "kind since until lowest", stream.Aggregated, moved+" event_time"),
			made(out, "order_id", stream.Copied, "order_id"),
		)...)
	}
	return all
}

func volumeOrigins() []stream.Origin {
	const counted = "type event_time source context.source"
	all := decided("", counted)
	for _, out := range []string{"volume_anomalies", "volume-alerts", "volume_alerts"} {
		all = append(all, joined(
			made(out, "source", stream.Computed, "context.source source"),
			made(out, "type", stream.Copied, "type"),
			made(out, "since until", stream.Computed, "event_time"),
			made(out, "over direction observed expected sigmas basis", stream.Aggregated, counted),
		)...)
	}
	return all
}
