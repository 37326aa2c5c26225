//go:build !race

package rollup

import (
	"testing"

	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/warehouse/warehousetest"
)

// TestOnlineRetail reads the figures of a real shop's year from rollups; they were computed from the file by
// exact decimals. Rows without a price are not accepted. Steps run between writes.
func TestOnlineRetail(t *testing.T) {
	w := newWorld(t, 100_000)
	lines := warehousetest.Retail(t, 1)
	for k := range 4 {
		w.Write(w.RetailBatch(0, lines[len(lines)*k/4:len(lines)*(k+1)/4]))
		if k < 3 {
			w.catchUp()
		}
	}
	for _, caughtUp := range []bool{false, true} { // a quarter of the rows is behind the tables at first
		if caughtUp {
			w.catchUp()
		}
		want(t, w, metric.Query{Metrics: []string{"revenue", "order_lines", "gross_merchandise_value", "fees", "cancelled_value", "adjustments", "cancelled_orders"}},
			"0001-01-01 00:00:00 | 9769872.054 | 539392 | 10271034.610 | 384587.874 | -896812.490 | 11062.060 | 3836")
		want(t, w, metric.Query{Metrics: []string{"revenue"}, Grain: "month", From: day(2011, 8, 1), To: day(2011, 11, 1)},
			"2011-08-01 00:00:00 | 704804.630\n2011-09-01 00:00:00 | 1019687.622\n2011-10-01 00:00:00 | 1070704.670")
		want(t, w, metric.Query{
			Metrics: []string{"revenue"}, Dimensions: []string{"country"}, Order: []metric.Order{{By: "revenue", Descending: true}}, Limit: 2,
			Filters: []metric.Filter{{Dimension: "country", Operator: "not_in", Values: []string{"United Kingdom"}}},
		}, "0001-01-01 00:00:00 | Netherlands | 284661.540\n0001-01-01 00:00:00 | EIRE | 263276.820")
	}
}
