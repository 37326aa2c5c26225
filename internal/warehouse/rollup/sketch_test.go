package rollup

import (
	"context"
	"math"
	"strconv"
	"testing"

	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/warehouse/warehousetest"
)

const sketched = `  - {name: sketched, description: test, dataset: order_lines, grain: day, dimensions: [kind, country, currency], measures: [{name: bought, aggregate: approx_distinct, field: order_id}, {name: prices, aggregate: quantiles, field: unit_price}, {name: worth, aggregate: quantiles, field: amount}]}
`

const priceMetrics = `version: 1
metrics:
  - {name: typical_price, label: Typical price, description: test, owner: test, kind: simple, format: money, measure: {dataset: order_lines, aggregate: median, field: unit_price, where: [{field: kind, is: sale}]}}
  - {name: dear_line, label: Dear line, description: test, owner: test, kind: simple, format: money, measure: {dataset: order_lines, aggregate: p95, field: amount}}
`

// TestSketches compares numbers from sketches, which come in steps and are folded, with those of the rows: within
// their errors, and only where they are allowed.
func TestSketches(t *testing.T) {
	w := newWorld(t, 400, declare(t, sketched))
	file := t.TempDir() + "/metrics.yaml"
	write(t, file, priceMetrics)
	w.ask(file)
	w.Write(w.RetailBatch(0, warehousetest.Retail(t, 100)))
	w.catchUp()
	q := metric.Query{Metrics: []string{"orders", "typical_price", "dear_line"}, Dimensions: []string{"country"}, Grain: "quarter"}
	for _, s := range w.same(q) {
		if s.Rollup != "" {
			t.Errorf("sketches are read, which nobody allowed: %+v", s)
		}
	}
	for _, grain := range []string{"quarter", ""} {
		q.Grain, q.Approximate, q.Rows = grain, true, false
		rolled, err := w.metrics.Query(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range rolled.Sources {
			if s.Rollup != "sketched" || s.Error == 0 {
				t.Errorf("%+v", s)
			}
		}
		q.Rows = true
		rows, err := w.metrics.Query(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(rolled.Rows) != len(rows.Rows) {
			t.Fatalf("%d rows, want %d:\n%s\n%s", len(rolled.Rows), len(rows.Rows), tabulate(rolled), tabulate(rows))
		}
		for i := range rows.Rows {
			for k, most := range []float64{0.05, 0.0101, 0.0101} { // three standard errors; rounding
				near(t, rolled.Rows[i].Values[k], rows.Rows[i].Values[k], most)
			}
		}
	}
	if got := w.rows("SELECT bought, prices FROM rollup_sketched WHERE kind = 'sale' LIMIT 1")[0]; got[0] == nil || got[1] == nil {
		t.Errorf("users see %v", got)
	}
}

func near(t *testing.T, got, want *string, most float64) {
	t.Helper()
	if got == nil || want == nil {
		if got != want {
			t.Errorf("got %v, want %v", got, want)
		}
		return
	}
	a, err := strconv.ParseFloat(*got, 64)
	b, err2 := strconv.ParseFloat(*want, 64)
	if err != nil || err2 != nil || math.Abs(a-b) > most*math.Abs(b)+1e-6 {
		t.Errorf("got %v, want %v within %v %%", *got, *want, 100*most)
	}
}

// TestLargeSketch counts many values, beyond where registers are counted one by one.
func TestLargeSketch(t *testing.T) {
	w := newWorld(t, 1000)
	m := metric.Measure{Name: "v", Aggregate: "approx_distinct"}
	for _, n := range []int{0, 1, 100, 5000, 20_000, 500_000} {
		sql := "SELECT " + metric.Estimate("w") + " FROM (SELECT " + m.KeyOf("i") + " AS k, max(" + m.WeightOf("i") + ") AS w FROM range(" + strconv.Itoa(n) + ") AS r(i) GROUP BY ALL)"
		got, ok := w.rows(sql)[0][0].(int64)
		if !ok || math.Abs(float64(got)-float64(n)) > 0.05*float64(n) {
			t.Errorf("%d values are counted as %d", n, got)
		}
	}
}

// TestErase forgets a person: buckets with events of hers are made anew, and what names her where the rows were gone
// before is removed.
func TestErase(t *testing.T) {
	w := newWorld(t, 1000, declare(t, `  - {name: by_day, description: test, dataset: order_lines, grain: month, dimensions: [kind, country, currency], measures: [{name: n, aggregate: count}, {name: worth, aggregate: sum, field: amount}, {name: bought, aggregate: distinct, field: order_id}, {name: people, aggregate: distinct, field: customer_id}]}
`))
	w.Write(w.RetailBatch(0, warehousetest.Retail(t, 700)))
	w.catchUp()
	remove := func(where string) error {
		return w.store.Transform(t.Context(), func(tx olap.Tx) error { return tx.Exec("DELETE FROM _millrace.fact_order WHERE " + where) })
	}
	const person = "17841"
	named := `SELECT count(*) FROM rollup."` + w.keeper.states[0].Views[2][len(`rollup."`):] + ` WHERE people = '` + person + "'"
	if w.rows(named)[0][0] == int64(0) {
		t.Fatal("the person bought nothing: the test says nothing")
	}
	if err := remove("event_time < TIMESTAMP '2011-02-01'"); err != nil { // their retention is over
		t.Fatal(err)
	}
	serves := func(when string, want bool) {
		if got := len(w.keeper.Serving()) > 0; got != want {
			t.Errorf("%s: the rollup is read: %v", when, got)
		}
	}
	serves("before", true)
	err := w.keeper.Erase(t.Context(), "customer_id", person, func(ctx context.Context) error {
		w.catchUp() // steps go on meanwhile, and leave what is marked alone
		serves("during the erasure", false)
		return remove("customer_id = '" + person + "'")
	})
	if err != nil {
		t.Fatal(err)
	}
	serves("behind it", false)
	w.catchUp()
	serves("when it is made anew", true)
	if left := w.rows(named)[0][0]; left != int64(0) {
		t.Errorf("the person is named %v times", left)
	}
	q := metric.Query{Metrics: []string{"revenue", "orders", "customers", "order_lines"}, Grain: "month", From: day(2011, 2, 1), To: day(2012, 1, 1)}
	if s := w.same(q); s[0].Rollup != "by_day" {
		t.Errorf("%+v", s)
	}
}
