package job

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/event"
)

// Behind says which events a row of a job's table is made of: run over these alone,
// the job publishes the row again. Package lineage/explain reads it.
type Behind func(row Row, column string) Made

// Row is a row of a table: text, bool, int64, float64, [event.Micros] and [time.Time] by column;
// what is NULL is nil.
type Row map[string]any

// Made are the events that a row is made of.
type Made struct {
	// Where is a condition over the columns of the table events, as e, with the time that jobs
	// take an event at as happened, and Args are the values of its placeholders.
	Where string
	Args  []any
	// Keep decides about what SQL cannot see, such as items that were only looked at; nil: all.
	Keep func(b *event.Batch, i int) bool
	// Until is the event time at which the job has the row like that; zero: as far as the job
	// is. UntilNewest names a table and column whose newest value it is.
	Until       time.Time
	UntilNewest [2]string
}

// The names that jobs know actors, visitors, carts and senders by, over the columns of events.
const (
	sqlVisitor = `coalesce(anonymous_id, customer_id, order_id)`
	sqlCart    = `coalesce(json_extract_string(properties, '$.cart_id'), anonymous_id, customer_id, order_id)`
	sqlSender  = `coalesce(json_extract_string(context, '$.source'), source)`

	sqlCartEvents = `type IN ('product_added', 'product_removed', 'cart_viewed', 'checkout_started', 'checkout_step_completed', 'payment_info_entered', 'order_completed')`
	sqlPayments   = `type IN ('payment_attempted', 'payment_authorized', 'payment_declined')`
	sqlStock      = `type IN ('stock_received', 'stock_reserved', 'stock_released', 'stock_sold', 'stock_adjusted')`
)

// sqlHits lists the types of events that visits are made of.
var sqlHits = "'" + strings.Join(hitTypes(), "', '") + "'"

// Arrival are the columns that say how a row came to be published, and not what it says: they
// follow from when events came, too.
var Arrival = []string{"revision", "phase", "retracted"}

// TablesBehind returns what is behind the rows of the jobs' tables.
func TablesBehind(params Params) map[string]Behind {
	p := params.withDefaults()
	return map[string]Behind{
		"kpis":              p.behindKpis,
		"popularity":        p.behindPopularity,
		"popularity_top":    p.behindTop,
		"visits":            behindVisit,
		"funnel":            behindFunnel,
		"abandoned_carts":   behindCart,
		"customer_profiles": behindProfile,
		"fraud_decisions":   behindDecision,
		"price_errors":      p.Prices.withDefaults().behindError,
		"price_error_sales": behindSale,
		"stock":             behindStock,
		"stock_changes":     behindChange,
		"stock_alerts":      behindStock,
		"volume_anomalies":  p.Volume.withDefaults().behindAnomaly,
	}
}

func (r Row) text(column string) string { s, _ := r[column].(string); return s }

func (r Row) instant(column string) time.Time { t, _ := r[column].(time.Time); return t }

func (r Row) count(column string) int64 { n, _ := r[column].(int64); return n }

func (r Row) flag(column string) bool { is, _ := r[column].(bool); return is }

// behindKpis: what happened in the minute to the group; of open carts, also all that was done
// with those that were touched within the timeout before the end of the minute, since others
// had been closed.
func (p Params) behindKpis(r Row, column string) Made {
	from := r.instant("minute")
	to := from.Add(time.Minute)
	m := Made{
		Where: `(type IN ('order_line', 'order_completed', 'order_refunded', 'product_viewed') AND happened >= ? AND happened < ?)`,
		Args:  []any{from, to}, Until: to,
	}
	if column == "open_carts" {
		m.Where += ` OR (` + sqlCartEvents + ` AND happened < ? AND ` + sqlCart + ` IN (SELECT ` + sqlCart +
			` FROM events WHERE ` + sqlCartEvents + ` AND coalesce(event_time, received_at) >= ? AND coalesce(event_time, received_at) < ?))`
		m.Args = append(m.Args, to, from.Add(-p.CartTimeout), to)
		return m
	}
	if dimension, member := r.text("dimension"), r.text("member"); dimension != "total" {
		n := slices.Index([]string{"total", "channel", "country", "device"}, dimension)
		m.Keep = func(b *event.Batch, i int) bool {
			d := dimensionsOf(b, i)
			return d.group(n).Member == member
		}
	}
	return m
}

// behindPopularity: the uses of the product in the window and the one before it.
func (p Params) behindPopularity(r Row, _ string) Made {
	until, product := r.instant("until"), r.text("product_id")
	return Made{
		Where: `type IN ('product_viewed', 'product_added', 'order_completed', 'order_line') AND happened >= ? AND happened < ?`,
		Args:  []any{until.Add(-2 * p.PopularityWindow), until}, Until: until, Keep: itemsOf(product),
	}
}

// itemsOf keeps the events that have an item of a product.
func itemsOf(product string) func(b *event.Batch, i int) bool {
	return func(b *event.Batch, i int) bool {
		from, to := b.ItemRange(i)
		return slices.Contains(b.Items.ProductID[from:to], product)
	}
}

// behindTop: the uses of all products in the newest window.
func (p Params) behindTop(Row, string) Made {
	return Made{
		Where: `type IN ('product_viewed', 'product_added', 'order_completed', 'order_line') AND happened >= ` +
			`(SELECT max("until") FROM popularity_revisions) - to_microseconds(?) AND happened < (SELECT max("until") FROM popularity_revisions)`,
		Args: []any{2 * p.PopularityWindow.Microseconds()}, UntilNewest: [2]string{"popularity_revisions", "until"},
	}
}

// behindVisit: the hits of the visitor from the first to the last of the visit.
func behindVisit(r Row, _ string) Made {
	return Made{
		Where: sqlVisitor + ` = ? AND happened >= ? AND happened <= ? AND channel IS DISTINCT FROM 'store' AND type IN (` + sqlHits + `)`,
		Args:  []any{r.text("visitor"), r.instant("started_at"), r.instant("ended_at")},
	}
}

// behindFunnel: the hits of the visits that began in the hour and came to the step.
func behindFunnel(r Row, _ string) Made {
	hour := r.instant("hour")
	return Made{
		Where: `channel IS DISTINCT FROM 'store' AND type IN (` + sqlHits + `) AND EXISTS (SELECT 1 FROM visits v WHERE v.visitor = coalesce(e.anonymous_id, e.customer_id, e.order_id)` +
			` AND happened >= v.started_at AND happened <= v.ended_at AND v.started_at >= ? AND v.started_at < ? AND v.step_no >= ?)`,
		Args: []any{hour, hour.Add(time.Hour), r.count("step_no")},
	}
}

// behindCart: what was done with the cart since its first product.
func behindCart(r Row, _ string) Made {
	m := Made{Where: sqlCartEvents + ` AND ` + sqlCart + ` = ? AND happened >= ?`, Args: []any{r.text("cart_id"), r.instant("opened_at")}}
	if r.flag("recovered") {
		m.Where += ` AND happened <= ?`
		m.Args = append(m.Args, r.instant("recovered_at"))
	}
	return m
}

// behindProfile: all orders of the customer.
func behindProfile(r Row, _ string) Made {
	return Made{Where: `type IN ('order_completed', 'order_line', 'order_refunded') AND customer_id = ?`, Args: []any{r.text("customer_id")}}
}

// behindDecision: the events of the payment, and those of its card, device, ip and account
// up to its last.
func behindDecision(r Row, _ string) Made {
	own := `(SELECT %s FROM events WHERE ` + sqlPayments + ` AND json_extract_string(properties, '$.payment_id') = ?)`
	id := r.text("payment_id")
	m := Made{
		Where: sqlPayments + ` AND happened <= ` + fmt.Sprintf(own, `max(coalesce(event_time, received_at))`) +
			` AND (json_extract_string(properties, '$.payment_id') = ? OR customer_id IN ` + fmt.Sprintf(own, "customer_id"),
		Args: []any{id, id, id},
	}
	for _, tool := range []string{"card_fingerprint", "device_id", "ip"} {
		x := `json_extract_string(properties, '$.` + tool + `')`
		m.Where += ` OR ` + x + ` IN ` + fmt.Sprintf(own, x)
		m.Args = append(m.Args, id)
	}
	m.Where += `)`
	return m
}

// behindError: prices and sales of the product until the error was over for orders, too.
func (p PriceParams) behindError(r Row, _ string) Made {
	m := Made{Where: `type IN ('price_changed', 'order_completed')`, Keep: itemsOf(r.text("product_id"))}
	if until := r.instant("until"); !until.IsZero() {
		m.Where += ` AND happened <= ?`
		m.Args = []any{until.Add(p.Grace)}
	}
	return m
}

// behindSale: prices and sales of the product up to this one.
func behindSale(r Row, _ string) Made {
	return Made{
		Where: `type IN ('price_changed', 'order_completed') AND happened <= ?`, Args: []any{r.instant("time")}, Keep: itemsOf(r.text("product_id")),
	}
}

// behindStock: all movements of the product at the location.
func behindStock(r Row, _ string) Made {
	return Made{
		Where: sqlStock + ` AND coalesce(json_extract_string(properties, '$.location_id'), '') = ?`, Args: []any{r.text("location_id")}, Keep: itemsOf(r.text("product_id")),
	}
}

// behindChange: those up to this one.
func behindChange(r Row, column string) Made {
	m := behindStock(r, column)
	m.Where += ` AND happened <= ?`
	m.Args = append(m.Args, r.instant("time"))
	return m
}

// behindAnomaly: all events of the source and type until it was over.
func (p VolumeParams) behindAnomaly(r Row, _ string) Made {
	m := Made{Where: sqlSender + ` = ? AND type = ?`, Args: []any{r.text("source"), r.text("type")}}
	if r.flag("over") {
		m.Until = r.instant("until").Add(p.Bucket)
		m.Where += ` AND happened < ?`
		m.Args = append(m.Args, m.Until)
	}
	return m
}
