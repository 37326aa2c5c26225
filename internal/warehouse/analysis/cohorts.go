package analysis

import (
	"context"
	"strconv"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse/customer"
)

// An order is of the month in which its first sale was.
func runCohorts(ctx context.Context, s *scan) (*outcome, error) {
	rows, err := s.query(ctx, `WITH lines AS (`+s.lines("customer_id, event_time, kind, order_id, amount")+" AND "+known+`),
orders AS (SELECT customer_id, order_id, min(event_time) AS moment FROM lines WHERE kind = 'sale' GROUP BY ALL)
SELECT customer_id, month, sum(orders)::BIGINT, sum(revenue) FROM (
	SELECT customer_id, year(moment) * 12 + month(moment) - 1 AS month, count(*) AS orders, 0::DECIMAL(18,6) AS revenue FROM orders GROUP BY ALL
	UNION ALL
	SELECT customer_id, year(event_time) * 12 + month(event_time) - 1 AS month, 0 AS orders, sum(amount) AS revenue FROM lines GROUP BY ALL)
GROUP BY ALL`)
	if err != nil {
		return nil, err
	}
	all := make([]customer.Activity, 0, len(rows))
	for _, row := range rows {
		r := reader{row: row}
		a := customer.Activity{Customer: r.text(), Month: customer.Month(r.number()), Orders: int(r.number()), Revenue: r.micros()}
		if r.err != nil {
			return nil, r.err
		}
		all = append(all, a)
	}
	c := customer.Group(all, customer.Month(s.until.Year()*12+int(s.until.Month())-1))
	t := newTable(CohortsTable, "Customers by the month of their first order, month by month",
		col("cohort", olap.Timestamp, "First day of the month of the first order, UTC"),
		col("age_months", olap.Int32, "Months since: 0 is that month"),
		col("size", olap.Int64, "Customers of the cohort"),
		col("customers", olap.Int64, "Of these, with an order in this month"),
		col("retention", olap.Double, "customers by size"),
		col("orders", olap.Int64, "Orders of the cohort in this month"),
		col("revenue", olap.Money, "Sum of all its lines in this month"))
	for i := range c.Cells {
		cell := &c.Cells[i]
		month := time.Date(cell.Cohort.Year(), time.Month(cell.Cohort.Of()), 1, 0, 0, 0, 0, time.UTC)
		t.number(month.UnixMicro()).count(cell.Age).count(cell.Size).count(cell.Customers).double(cell.Retention()).count(cell.Orders).money(cell.Revenue)
	}
	s.figures["customers"] = strconv.Itoa(c.Customers)
	s.figures["customers_with_two_orders"] = strconv.Itoa(c.Repeaters)
	if c.Customers > 0 {
		s.figures["repeat_rate"] = strconv.FormatFloat(float64(c.Repeaters)/float64(c.Customers), 'f', 6, 64)
	}
	s.figures["revenue_before_first_order"] = c.Before.String()
	s.figures["revenue_of_customers_without_orders"] = c.Without.String()
	return &outcome{tables: []olap.Snapshot{t.Snapshot}}, nil
}
