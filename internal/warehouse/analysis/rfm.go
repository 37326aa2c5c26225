package analysis

import (
	"context"
	"strconv"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse/customer"
)

func runRFM(ctx context.Context, s *scan) (*outcome, error) {
	rows, err := s.query(ctx, `SELECT customer_id, epoch_us(max(event_time) FILTER (kind = 'sale')), count(DISTINCT order_id) FILTER (kind = 'sale'), sum(amount)
FROM (`+s.lines("customer_id, event_time, kind, order_id, amount")+" AND "+known+`) GROUP BY 1`)
	if err != nil {
		return nil, err
	}
	var all []customer.Purchases
	last := make(map[string]int64, len(rows))
	var without event.Micros
	for _, row := range rows {
		r := reader{row: row}
		p := customer.Purchases{Customer: r.text()}
		at := r.number()
		p.Orders, p.Revenue = int(r.number()), r.micros()
		if r.err != nil {
			return nil, r.err
		}
		if p.Orders == 0 {
			without += p.Revenue
			continue
		}
		p.Days = int(day(s.until.UnixMicro()) - day(at))
		last[p.Customer] = at
		all = append(all, p)
	}
	t := newTable(RFMTable, "How recent, frequent and valuable each customer is",
		col("customer_id", olap.Text, "Customer; guests are none"),
		col("last_order_at", olap.Timestamp, "Time of the last sale, UTC"),
		col("days_since_order", olap.Int64, "Days (UTC) from then to the newest line of an order in the tables"),
		col("orders", olap.Int64, "Orders with a sale"),
		col("revenue", olap.Money, "Sum of all lines: sales, less cancellations, with adjustments and fees"),
		col("recency", olap.Int32, "1 to 5 by days_since_order, 5 for the fewest"),
		col("frequency", olap.Int32, "1 to 5 by orders"),
		col("monetary", olap.Int32, "1 to 5 by revenue"),
		col("segment", olap.Text, "Group of customers, by recency and frequency"))
	sizes := make(map[customer.Segment]int)
	for _, r := range customer.Score(all) {
		sizes[r.Segment]++
		t.text(r.Customer).number(last[r.Customer]).count(r.Days).count(r.Orders).money(r.Revenue)
		t.number(int64(r.Recency)).number(int64(r.Frequency)).number(int64(r.Monetary)).text(string(r.Segment))
	}
	s.figures["customers"] = strconv.Itoa(len(all))
	s.figures["revenue_of_customers_without_orders"] = without.String()
	for _, segment := range customer.Segments() {
		s.figures["segment_"+string(segment)] = strconv.Itoa(sizes[segment])
	}
	return &outcome{tables: []olap.Snapshot{t.Snapshot}}, nil
}

// day is the number of a time's day, UTC.
func day(micros int64) int64 {
	const perDay = 24 * 60 * 60 * 1_000_000
	d := micros / perDay
	if micros%perDay < 0 {
		d--
	}
	return d
}
