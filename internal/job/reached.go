package job

import (
	"strings"
	"time"

	"github.com/millrace/millrace/event"
)

// Reached says which rows of a table an event is a part of, as a condition over the table's
// columns; an empty one: none.
type Reached func(b *event.Batch, i int) (where string, args []any)

// TablesReached returns it of the jobs' tables.
func TablesReached(params Params) map[string]Reached {
	p := params.withDefaults()
	return map[string]Reached{
		"kpis":              reachedKpis,
		"popularity":        p.reachedPopularity,
		"popularity_top":    reachedTop,
		"visits":            reachedVisit,
		"funnel":            reachedFunnel,
		"abandoned_carts":   reachedCart,
		"customer_profiles": of(reachedProfile, typeOrder, typeOrderLine, typeRefund),
		"fraud_decisions":   of(reachedDecision, typePaymentAttempted, typePaymentAuthorized, typePaymentDeclined),
		"price_errors":      of(p.Prices.withDefaults().reachedError, typePriceChanged, typeOrder),
		"price_error_sales": of(reachedSale, typeOrder),
		"stock":             of(reachedStock, stockTypes...),
		"stock_changes":     of(reachedChange, stockTypes...),
		"stock_alerts":      of(reachedAlert, stockTypes...),
		"volume_anomalies":  reachedAnomaly,
	}
}

var stockTypes = []string{typeStockReceived, typeStockReserved, typeStockReleased, typeStockSold, typeStockAdjusted}

// of takes only events of some types.
func of(f Reached, types ...string) Reached {
	return func(b *event.Batch, i int) (string, []any) {
		for _, t := range types {
			if b.Type.Get(i) == t {
				return f(b, i)
			}
		}
		return "", nil
	}
}

// happened is the time that jobs take an event at.
func happened(b *event.Batch, i int) time.Time {
	if b.Time[i] != 0 {
		return time.UnixMicro(b.Time[i]).UTC()
	}
	return time.UnixMicro(b.Received[i]).UTC()
}

func reachedKpis(b *event.Batch, i int) (string, []any) {
	none := true
	readFact(b, i, func(fact) { none = false })
	switch b.Type.Get(i) {
	case typeOrderLine, typeOrder, typeRefund, typeProductViewed:
	default:
		none = true
	}
	if none {
		return "", nil
	}
	d := dimensionsOf(b, i)
	args := []any{happened(b, i).Truncate(time.Minute)}
	var groups []string
	for n := range groupings {
		g := d.group(n)
		groups = append(groups, "dimension = ? AND member = ?")
		args = append(args, g.Dimension, g.Member)
	}
	return "minute = ? AND (" + strings.Join(groups, " OR ") + ")", args
}

// products is the condition that a column is one of an event's products.
func products(b *event.Batch, i int, column string) (string, []any) {
	var args []any
	from, to := b.ItemRange(i)
	for _, p := range b.Items.ProductID[from:to] {
		if p != "" {
			args = append(args, p)
		}
	}
	if len(args) == 0 {
		return "", nil
	}
	return column + " IN (?" + strings.Repeat(", ?", len(args)-1) + ")", args
}

func (p Params) reachedPopularity(b *event.Batch, i int) (string, []any) {
	switch b.Type.Get(i) {
	case typeProductViewed, typeProductAdded, typeOrder, typeOrderLine:
	default:
		return "", nil
	}
	where, args := products(b, i, "product_id")
	if where == "" {
		return "", nil
	}
	at := happened(b, i)
	return where + ` AND "until" > ? AND "until" <= ?`, append(args, at, at.Add(2*p.PopularityWindow))
}

func reachedTop(b *event.Batch, i int) (string, []any) {
	where, args := products(b, i, "p.product_id")
	if where == "" {
		return "", nil
	}
	at := happened(b, i)
	return `product_id IN (SELECT p.product_id FROM popularity p WHERE ` + where + ` AND p."until" > ? AND p."until" - INTERVAL 1 HOUR <= ?)`, append(args, at, at)
}

func isHit(b *event.Batch, i int) (visitorID string, is bool) {
	readHit(b, i, func(h hit) { visitorID = h.Visitor })
	_, is = hitSteps[b.Type.Get(i)]
	return visitorID, is && visitorID != ""
}

func reachedVisit(b *event.Batch, i int) (string, []any) {
	v, is := isHit(b, i)
	if !is {
		return "", nil
	}
	return "visitor = ? AND started_at <= ? AND ended_at >= ?", []any{v, happened(b, i), happened(b, i)}
}

func reachedFunnel(b *event.Batch, i int) (string, []any) {
	v, is := isHit(b, i)
	if !is {
		return "", nil
	}
	return "EXISTS (SELECT 1 FROM visits v WHERE v.visitor = ? AND v.started_at <= ? AND v.ended_at >= ? AND hour = date_trunc('hour', v.started_at) AND funnel.step_no <= v.step_no)",
		[]any{v, happened(b, i), happened(b, i)}
}

func reachedCart(b *event.Batch, i int) (where string, args []any) {
	switch b.Type.Get(i) {
	case typeProductAdded, typeProductRemoved, typeCartViewed, typeCheckout, typeCheckoutStep, typePaymentInfo, typeOrder:
	default:
		return "", nil
	}
	readCartEvent(b, i, func(e cartEvent) {
		at := happened(b, i)
		where, args = "cart_id = ? AND opened_at <= ? AND (recovered_at IS NULL OR recovered_at >= ?)", []any{e.Cart, at, at}
	})
	return where, args
}

func reachedProfile(b *event.Batch, i int) (string, []any) {
	return "customer_id = ?", []any{b.CustomerID[i]}
}

func reachedDecision(b *event.Batch, i int) (string, []any) {
	return "payment_id = ?", []any{property(b, i, "payment_id")}
}

func (p PriceParams) reachedError(b *event.Batch, i int) (string, []any) {
	where, args := products(b, i, "product_id")
	if where == "" {
		return "", nil
	}
	at := happened(b, i)
	return where + ` AND since <= ? AND ("until" IS NULL OR "until" >= ?)`, append(args, at, at.Add(-p.Grace))
}

func reachedSale(b *event.Batch, i int) (string, []any) {
	return "order_id = ?", []any{b.OrderID[i]}
}

func reachedStock(b *event.Batch, i int) (string, []any) {
	where, args := products(b, i, "product_id")
	if where == "" {
		return "", nil
	}
	return where + " AND coalesce(location_id, '') = ?", append(args, property(b, i, "location_id"))
}

func reachedChange(b *event.Batch, i int) (string, []any) {
	return `partition = ? AND "offset" = ?`, []any{b.Partition, b.Offset[i]}
}

func reachedAlert(b *event.Batch, i int) (string, []any) {
	where, args := reachedStock(b, i)
	if where == "" {
		return "", nil
	}
	at := happened(b, i)
	return where + ` AND since <= ? AND ("until" IS NULL OR "until" >= ?)`, append(args, at, at)
}

func reachedAnomaly(b *event.Batch, i int) (where string, args []any) {
	readSender(b, i, func(s sender) {
		at := happened(b, i)
		where, args = `source = ? AND type = ? AND since <= ? AND "until" > ?`, []any{s.Source, s.Type, at, at}
	})
	return where, args
}
