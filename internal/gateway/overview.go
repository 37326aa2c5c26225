package gateway

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/millrace/millrace/event"
)

const topRows = 10

// extent is the range and the currency of the data there is.
type extent struct {
	from, to time.Time // first and last event time
	currency string    // that of most lines
}

func (e extent) empty() bool { return e.from.IsZero() }

// extent reads what range and currency order lines have.
func (g *Gateway) extent(ctx context.Context) (extent, error) {
	var e extent
	rows, err := g.rows(ctx, `SELECT currency, min(event_time), max(event_time), count(*) AS lines
FROM order_lines WHERE `+orderKinds+` AND event_time IS NOT NULL
GROUP BY currency ORDER BY lines DESC, currency`)
	for i, r := range rows {
		from, to := r.time(1), r.time(2)
		if i == 0 {
			e = extent{from: from, to: to, currency: r.text(0)}
		}
		if from.Before(e.from) {
			e.from = from
		}
		if to.After(e.to) {
			e.to = to
		}
	}
	return e, err
}

// period resolves the asked range against the data: absent ends are the data's,
// in whole hours.
func (in *overviewInput) period(data extent) (from, to time.Time) {
	from, to = in.From.UTC(), in.To.UTC()
	if in.From.IsZero() {
		from = data.from.Truncate(time.Hour)
	}
	if in.To.IsZero() {
		to = data.to.Truncate(time.Hour).Add(time.Hour)
	}
	if !from.Before(to) {
		to = from.Add(time.Hour) // the range asked for lies beside the data
	}
	return from, to
}

// computeOverview reads everything of an overview but the platform's strip.
func (g *Gateway) computeOverview(ctx context.Context, in *overviewInput) (*OverviewAnswer, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	data, err := g.extent(ctx)
	if err != nil {
		return nil, err
	}
	answer := &OverviewAnswer{Grain: in.Grain, Series: []Point{}, Products: []ProductRow{}, Countries: []CountryRow{}}
	if data.empty() {
		if answer.Grain == "" {
			answer.Grain = grainOf(0)
		}
		return answer, nil
	}
	from, to := in.period(data)
	answer.From, answer.To, answer.DataFrom, answer.DataTo = &from, &to, &data.from, &data.to
	answer.Currency = data.currency
	if answer.Grain == "" {
		answer.Grain = grainOf(to.Sub(from))
	}
	// Refuse too many buckets before the work.
	if _, err := fill(nil, from, to, answer.Grain, g.cfg.Limits.Buckets); err != nil {
		return nil, err
	}
	s := scope{from: from, to: to, currency: data.currency}
	if err := g.readOrders(ctx, answer, s); err != nil {
		return nil, err
	}
	if err := g.readProducts(ctx, answer, s); err != nil {
		return nil, err
	}
	if before := from.Add(-to.Sub(from)); in.Compare && from.After(data.from) {
		answer.Previous, err = g.readKPIs(ctx, scope{from: before, to: from, currency: data.currency})
	}
	return answer, err
}

// perOrder folds the lines into one row per order, kind and bucket: everything
// but products is computed from these few rows, in one scan of the lines.
func perOrder(s scope, bucket string) string {
	return fmt.Sprintf(`WITH o AS MATERIALIZED (
  SELECT order_id, customer_id, country, kind, %s AS bucket, sum(amount) AS amount, sum(quantity) AS quantity
  FROM order_lines
  WHERE %s
  GROUP BY ALL)
`, bucket, s.where(orderKinds))
}

// selectMetrics gives the columns that kpisOf reads.
const selectMetrics = sumRevenue + `, ` + countOrders + `, ` + sumUnits + `, ` + countCustomers + `, ` + countCancelled

// readOrders fills KPIs, series and countries.
func (g *Gateway) readOrders(ctx context.Context, answer *OverviewAnswer, s scope) error {
	rows, err := g.rows(ctx, perOrder(s, fmt.Sprintf(`date_trunc('%s', event_time)`, answer.Grain))+`
SELECT 'total' AS part, NULL::TIMESTAMP AS bucket, NULL::VARCHAR AS country, `+selectMetrics+` FROM o
UNION ALL
SELECT 'bucket', bucket::TIMESTAMP, NULL, `+selectMetrics+` FROM o GROUP BY bucket
UNION ALL
SELECT 'country', NULL, country, sum(amount), count(DISTINCT order_id) FILTER (kind = 'sale'), 0, 0, 0 FROM o GROUP BY country
ORDER BY 1, 4 DESC, 3`)
	if err != nil {
		return err
	}
	points := make(map[time.Time]Point)
	for _, r := range rows {
		k, err := kpisOf(r[3:])
		if err != nil {
			return err
		}
		switch part := r.text(0); {
		case part == "total":
			answer.KPIs = *k
		case part == "bucket":
			points[r.time(1)] = Point{Revenue: k.Revenue, Orders: k.Orders, Units: k.Units, Customers: k.Customers}
		case len(answer.Countries) < topRows:
			answer.Countries = append(answer.Countries, CountryRow{Country: r.text(2), Revenue: k.Revenue, Orders: k.Orders})
		}
	}
	answer.Series, err = fill(points, *answer.From, *answer.To, answer.Grain, g.cfg.Limits.Buckets)
	return err
}

func (g *Gateway) readKPIs(ctx context.Context, s scope) (*KPIs, error) {
	rows, err := g.rows(ctx, perOrder(s, `NULL`)+`SELECT `+selectMetrics+` FROM o`)
	if err != nil {
		return nil, err
	}
	return kpisOf(rows[0])
}

// kpisOf reads the columns of selectMetrics.
func kpisOf(r row) (*KPIs, error) {
	revenue, err := r.money(0)
	if err != nil {
		return nil, err
	}
	k := &KPIs{Revenue: revenue, Orders: r.count(1), Units: r.count(2), Customers: r.count(3)}
	cancelled := r.count(4)
	if k.Orders > 0 {
		k.AverageOrderValue = divide(revenue, k.Orders)
	}
	if all := k.Orders + cancelled; all > 0 {
		k.CancellationRate = float64(cancelled) / float64(all)
	}
	return k, nil
}

// divide rounds half away from zero to a millionth.
func divide(m event.Micros, n int64) event.Micros {
	q, r := int64(m)/n, int64(m)%n
	switch {
	case r*2 >= n:
		q++
	case -r*2 >= n:
		q--
	}
	return event.Micros(q)
}

// readProducts fills the best products: ten by revenue in a first scan, and what
// is dearer to know of these ten in a second.
func (g *Gateway) readProducts(ctx context.Context, answer *OverviewAnswer, s scope) error {
	where := s.where(`kind IN ('sale', 'cancellation') AND product_id IS NOT NULL`)
	best, err := g.rows(ctx, fmt.Sprintf(`SELECT product_id, sum(amount) AS revenue, sum(quantity)
FROM order_lines
WHERE %s
GROUP BY product_id
ORDER BY revenue DESC, product_id
LIMIT %d`, where, topRows))
	if err != nil || len(best) == 0 {
		return err
	}
	ids := make([]string, len(best))
	for i, r := range best {
		ids[i] = literal(r.text(0))
	}
	details, err := g.rows(ctx, fmt.Sprintf(`SELECT product_id, max_by(product_name, event_time), count(DISTINCT order_id) FILTER (kind = 'sale')
FROM order_lines
WHERE %s AND product_id IN (%s)
GROUP BY product_id`, where, strings.Join(ids, ", ")))
	if err != nil {
		return err
	}
	known := make(map[string]row, len(details))
	for _, r := range details {
		known[r.text(0)] = r
	}
	for _, r := range best {
		p := ProductRow{ProductID: r.text(0), Units: r.count(2)}
		if p.Revenue, err = r.money(1); err != nil {
			return err
		}
		if detail := known[p.ProductID]; detail != nil {
			p.Name, p.Orders = detail.text(1), detail.count(2)
		}
		answer.Products = append(answer.Products, p)
	}
	return nil
}
