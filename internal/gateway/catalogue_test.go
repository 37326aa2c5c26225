package gateway_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/generate"
	"github.com/millrace/millrace/internal/warehouse/warehousetest"
)

// generated writes an hour of a shop in three commits, in an order that has nothing to do
// with event time; some events are marked as late or as corrected.
func generated(t *testing.T, p *platform) {
	t.Helper()
	c, err := generate.Scenario("calm")
	if err != nil {
		t.Fatal(err)
	}
	c.Start, c.Rate, c.Steady = time.Date(2026, 3, 2, 23, 30, 0, 0, time.UTC), 1, true
	shop, err := generate.New(c)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for range 4000 {
		if e := shop.Next(); e.Delivery == generate.First {
			lines = append(lines, string(e.Payload))
		}
	}
	r := rand.New(rand.NewPCG(3, 9))
	r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	w := warehousetest.New(t, p.store)
	for part := range 3 {
		b := w.Batch(int32(part%2), strings.Join(lines[part*len(lines)/3:(part+1)*len(lines)/3], "\n"))
		for i := range b.Len() {
			b.Marks[i] |= []event.Mark{0, event.Late, event.Corrected, event.Late | event.Corrected}[r.IntN(4)]
		}
		w.Write(b)
	}
}

// TestTheOverviewIsTheCatalogues: the overview computes its numbers in one scan of its own,
// since it is asked for every second. They are those of the catalogue of metrics: in all, in
// each bucket of time, by country and by product.
func TestTheOverviewIsTheCatalogues(t *testing.T) {
	p := start(t, withMetrics(t))
	generated(t, p)
	for _, query := range []string{"", "?from=2026-03-02T23:41:17Z&to=2026-03-03T00:07:03Z&grain=hour", "?grain=day"} {
		var o gateway.OverviewAnswer
		p.get("/api/v1/overview"+query, &o)
		if query == "" && o.KPIs.Orders < 5 {
			t.Fatalf("%q has %+v: nothing is compared", query, o.KPIs)
		}
		all := p.catalogued(&o, `["revenue","orders","average_order_value","units","customers","cancellation_rate"]`, "")[0].Values // one row, whatever there is
		same(t, query+" in all", all, map[string]string{
			"revenue": o.KPIs.Revenue.String(), "orders": fmt.Sprint(o.KPIs.Orders), "average_order_value": o.KPIs.AverageOrderValue.String(),
			"units": fmt.Sprint(o.KPIs.Units), "customers": fmt.Sprint(o.KPIs.Customers), "cancellation_rate": fmt.Sprint(o.KPIs.CancellationRate),
		})
		points := make(map[string]gateway.Point)
		for _, point := range o.Series {
			points[point.Time.Format(time.RFC3339)] = point
		}
		buckets := p.catalogued(&o, `["revenue","orders","units","customers"]`, fmt.Sprintf(`"grain":%q`, o.Grain))
		for _, row := range buckets {
			at := row.Time.UTC().Format(time.RFC3339)
			point, is := points[at]
			if !is {
				t.Errorf("%q has no point of %s", query, at)
			}
			same(t, query+" of "+at, row.Values, map[string]string{
				"revenue": point.Revenue.String(), "orders": fmt.Sprint(point.Orders), "units": fmt.Sprint(point.Units), "customers": fmt.Sprint(point.Customers),
			})
			delete(points, at)
		}
		for at, point := range points {
			if point.Revenue != 0 || point.Orders != 0 || point.Units != 0 || point.Customers != 0 {
				t.Errorf("%q has at %s %+v, and the catalogue nothing", query, at, point)
			}
		}
		p.sameRows(query, &o)
	}
}

// sameRows compares the rows of countries and of products.
func (p *platform) sameRows(query string, o *gateway.OverviewAnswer) {
	p.t.Helper()
	countries := make(map[string]map[string]*string)
	for _, row := range p.catalogued(o, `["revenue","orders"]`, `"dimensions":["country"]`) {
		if c := row.Dimensions["country"]; c != nil {
			countries[*c] = row.Values
		}
	}
	for _, c := range o.Countries {
		same(p.t, query+" of "+c.Country, countries[c.Country], map[string]string{"revenue": c.Revenue.String(), "orders": fmt.Sprint(c.Orders)})
	}
	products := make(map[string]map[string]*string)
	for _, row := range p.catalogued(o, `["revenue","units","orders"]`, `"dimensions":["product_id"],"filters":[{"dimension":"kind","operator":"in","values":["sale","cancellation"]}]`) {
		if c := row.Dimensions["product_id"]; c != nil {
			products[*c] = row.Values
		}
	}
	for _, r := range o.Products {
		same(p.t, query+" of "+r.ProductID, products[r.ProductID], map[string]string{"revenue": r.Revenue.String(), "units": fmt.Sprint(r.Units), "orders": fmt.Sprint(r.Orders)})
	}
	if query == "" && (len(o.Countries) < 3 || len(o.Products) != 10) {
		p.t.Errorf("%q has %d countries and %d products: too few are compared", query, len(o.Countries), len(o.Products))
	}
}

// catalogued asks the catalogue for metrics over the range of an overview.
func (p *platform) catalogued(o *gateway.OverviewAnswer, metrics, more string) []gateway.MetricRow {
	p.t.Helper()
	if more != "" {
		more = "," + more
	}
	var r gateway.MetricsResult
	p.ask(fmt.Sprintf(`{"metrics":%s,"from":%q,"to":%q,"currency":%q%s}`, metrics, o.From.Format(time.RFC3339Nano), o.To.Format(time.RFC3339Nano), o.Currency, more), &r)
	return r.Rows
}

func same(t testing.TB, what string, got map[string]*string, want map[string]string) {
	t.Helper()
	for name, w := range want {
		v := got[name]
		if v == nil || *v != w && (name != "cancellation_rate" || !near(*v, w)) {
			text, err := json.Marshal(got)
			t.Errorf("%s: %s is %s, the catalogue says %s (%v)", what, name, w, text, err)
		}
	}
}
