package gateway

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// orderKinds are the kinds of order lines that are part of an order. Items of
// product views are not.
const orderKinds = `kind IN ('sale', 'cancellation', 'adjustment', 'fee')`

// The parts of which every metric is made. The overview computes all metrics in
// one statement of these parts; the definitions show them one by one.
const (
	sumRevenue      = `sum(amount)`
	countOrders     = `count(DISTINCT order_id) FILTER (kind = 'sale')`
	countCancelled  = `count(DISTINCT order_id) FILTER (kind = 'cancellation')`
	countCustomers  = `count(DISTINCT customer_id) FILTER (kind = 'sale')`
	sumUnits        = `coalesce(sum(quantity) FILTER (kind IN ('sale', 'cancellation')), 0)`
	revenuePerOrder = sumRevenue + ` / nullif(` + countOrders + `, 0)`
	cancelledShare  = countCancelled + ` / nullif(` + countOrders + ` + ` + countCancelled + `, 0)`
)

// overviewMetric is a number that the overview shows.
type overviewMetric struct {
	name, label, unit, text, formula string
	aggregate                        string // over order_lines
	lines                            string // which lines are behind it
}

func metrics() []overviewMetric {
	return []overviewMetric{
		{
			name: "revenue", label: "Revenue", unit: "money",
			text:      "What was sold less what was cancelled, with adjustments and fees.",
			formula:   "sum of quantity × unit price over all lines of orders",
			aggregate: sumRevenue, lines: orderKinds,
		},
		{
			name: "orders", label: "Orders", unit: "count",
			text:      "Orders with at least one sale line. A cancellation does not take its order away; see cancellation rate.",
			formula:   "distinct order ids of sale lines",
			aggregate: countOrders, lines: `kind = 'sale'`,
		},
		{
			name: "average_order_value", label: "Average order value", unit: "money",
			text:      "Revenue per order. Cancellations lower it, because they lower revenue.",
			formula:   "revenue ÷ orders",
			aggregate: revenuePerOrder, lines: orderKinds,
		},
		{
			name: "units", label: "Units", unit: "count",
			text:      "Pieces of products sold less pieces cancelled. Fees and adjustments are no products.",
			formula:   "sum of quantity over sale and cancellation lines",
			aggregate: sumUnits, lines: `kind IN ('sale', 'cancellation')`,
		},
		{
			name: "cancellation_rate", label: "Cancellation rate", unit: "ratio",
			text:      "Share of cancellations among all orders and cancellations.",
			formula:   "cancelled orders ÷ (orders + cancelled orders)",
			aggregate: cancelledShare, lines: `kind IN ('sale', 'cancellation')`,
		},
		{
			name: "customers", label: "Customers", unit: "count",
			text:      "Distinct customers with a sale line. An order without a customer counts as a guest of its own.",
			formula:   "distinct customer ids of sale lines",
			aggregate: countCustomers, lines: `kind = 'sale'`,
		},
	}
}

// scope is what lines a query is about, beside their kind.
type scope struct {
	from, to time.Time // zero: open
	currency string    // empty: lines without one
	all      bool      // whatever the currency
}

// where writes the scope as a condition with literal values, which users can run.
func (s scope) where(lines string) string {
	conditions := []string{lines}
	if !s.from.IsZero() {
		conditions = append(conditions, `event_time >= `+timestamp(s.from))
	}
	if !s.to.IsZero() {
		conditions = append(conditions, `event_time < `+timestamp(s.to))
	}
	switch {
	case s.all:
	case s.currency == "":
		conditions = append(conditions, `currency IS NULL`)
	default:
		conditions = append(conditions, `currency = `+literal(s.currency))
	}
	return strings.Join(conditions, "\n  AND ")
}

func timestamp(t time.Time) string {
	return `TIMESTAMP '` + t.UTC().Format("2006-01-02 15:04:05.999999") + `'`
}

func literal(s string) string { return `'` + strings.ReplaceAll(s, `'`, `''`) + `'` }

func (m overviewMetric) define(s scope) Definition {
	return Definition{
		Name: m.name, Label: m.label, Unit: m.unit, Text: m.text, Formula: m.formula,
		SQL: fmt.Sprintf("SELECT %s AS %s\nFROM order_lines\nWHERE %s", m.aggregate, m.name, s.where(orderKinds)),
		RowsSQL: fmt.Sprintf("SELECT event_time, order_id, kind, product_id, product_name, quantity, unit_price, amount, customer_id, country, event_id\n"+
			"FROM order_lines\nWHERE %s\nORDER BY event_time DESC, order_id, line_no\nLIMIT 1000", s.where(m.lines)),
	}
}

func (g *Gateway) definitions(ctx context.Context, in *Range) (*DefinitionsAnswer, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	data, err := g.extent(ctx)
	if err != nil {
		return nil, err
	}
	s := scope{from: in.From, to: in.To, currency: data.currency, all: data.empty()}
	answer := &DefinitionsAnswer{Definitions: []Definition{}}
	for _, m := range metrics() {
		answer.Definitions = append(answer.Definitions, m.define(s))
	}
	return answer, nil
}
