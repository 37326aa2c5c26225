package metric

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/warehouse/warehousetest"
)

// TestOnlineRetail compares the metrics of a real shop's year with the figures that were
// computed from the file by exact decimals. Rows without a price are not accepted.
func TestOnlineRetail(t *testing.T) {
	s := newScript(t)
	lines := warehousetest.Retail(t, 1)
	if len(lines) != 541_909 {
		t.Fatalf("the file has %d rows", len(lines))
	}
	byHand := tally{orders: make(map[string]bool), customers: make(map[string]bool), products: make(map[string]bool)}
	for p := range int32(4) {
		b := s.RetailBatch(p, lines[len(lines)*int(p)/4:len(lines)*int(p+1)/4])
		byHand.add(b)
		s.Write(b)
	}
	want := func(what, want string, q Query) {
		t.Helper()
		a, err := s.service.Query(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if got := tabulate(a, q.Dimensions); strings.TrimSpace(got) != strings.TrimSpace(want) {
			t.Errorf("%s: got\n%swant%s", what, got, want)
		}
	}
	// Sales and fees of orders that are no cancellation are 10,655,622.484.
	want("the year", `
revenue | order_lines | gross_merchandise_value | fees | cancelled_value | adjustments
9769872.054 | 539392 | 10271034.610 | 384587.874 | -896812.490 | 11062.060`, Query{
		Metrics: []string{"revenue", "order_lines", "gross_merchandise_value", "fees", "cancelled_value", "adjustments"},
	})
	want("who buys what", fmt.Sprintf("cancelled_orders | orders | customers | products_sold | units\n3836 | %d | %d | %d | %d",
		len(byHand.orders), len(byHand.customers), len(byHand.products), byHand.units), Query{
		Metrics: []string{"cancelled_orders", "orders", "customers", "products_sold", "units"},
	})
	want("countries", `
country | revenue
Netherlands | 284661.540
EIRE | 263276.820
Germany | 221698.210
France | 197403.900
…`, Query{
		Metrics: []string{"revenue"}, Dimensions: []string{"country"}, Order: []Order{{"revenue", true}}, Limit: 4,
		Filters: []Filter{{"country", "not_in", []string{"United Kingdom"}}},
	})
	// All rows of August 2011 are 682,680.510; two of −11,062.06 each have no price.
	want("months", `
time | revenue
2010-12-01 | 748957.020
2011-01-01 | 560000.260
2011-02-01 | 498062.650
2011-03-01 | 683267.080
2011-04-01 | 493207.121
2011-05-01 | 723333.510
2011-06-01 | 691123.120
2011-07-01 | 681300.111
2011-08-01 | 704804.630
2011-09-01 | 1019687.622
2011-10-01 | 1070704.670
2011-11-01 | 1461756.250
2011-12-01 | 433668.010`, Query{
		Metrics: []string{"revenue"}, Grain: "month", From: time.Date(2010, 12, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC),
	})
}

// tally counts orders without SQL.
type tally struct {
	orders, customers, products map[string]bool
	units                       int64
}

func (y *tally) add(b *event.Batch) {
	for i := range b.Len() {
		from, _ := b.ItemRange(i)
		kind := b.Items.Kind.Get(from)
		if b.Verdict[i] != event.Accepted || kind != event.KindSale && kind != event.KindCancellation {
			continue
		}
		y.units += b.Items.Quantity[from]
		if kind == event.KindSale {
			y.orders[b.OrderID[i]], y.customers[b.CustomerID[i]], y.products[b.Items.ProductID[from]] = true, true, true
		}
	}
}
