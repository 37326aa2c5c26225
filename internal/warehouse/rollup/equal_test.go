package rollup

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/warehouse/warehousetest"
)

// lineMetrics have their parts in what randomRollup keeps; lineDimensions are those of order lines.
var (
	lineMetrics    = []string{"revenue", "order_lines", "orders", "cancelled_orders", "units", "gross_merchandise_value", "average_order_value", "cancelled_value"}
	lineDimensions = []string{"kind", "country", "currency", "product_id", "source", "hour_of_day", "guest"}
)

// randomRollup declares a rollup of order lines.
func randomRollup(rng *rand.Rand, name string) string {
	dimensions := []string{"kind", "currency"}
	for _, d := range lineDimensions[1:] {
		if d != "currency" && rng.IntN(3) == 0 {
			dimensions = append(dimensions, d)
		}
	}
	measures := []string{
		"{name: n, aggregate: count}", "{name: pieces, aggregate: sum, field: quantity}", "{name: worth, aggregate: sum, field: amount}",
		"{name: bought, aggregate: distinct, field: order_id}", "{name: dearest, aggregate: max, field: unit_price}",
	}
	rng.Shuffle(len(measures), func(i, k int) { measures[i], measures[k] = measures[k], measures[i] })
	return fmt.Sprintf("  - {name: %s, description: random, dataset: order_lines, grain: %s, dimensions: [%s], measures: [%s]}\n",
		name, metric.Grains[rng.IntN(5)], strings.Join(dimensions, ", "), strings.Join(measures[:1+rng.IntN(len(measures))], ", "))
}

func randomQuery(rng *rand.Rand, from, to time.Time) metric.Query {
	q := metric.Query{Metrics: []string{lineMetrics[rng.IntN(len(lineMetrics))], lineMetrics[rng.IntN(len(lineMetrics))]}}
	q.Metrics = slices.Compact(q.Metrics)
	for _, d := range lineDimensions {
		if rng.IntN(8) == 0 {
			q.Dimensions = append(q.Dimensions, d)
		}
	}
	if rng.IntN(4) == 0 {
		q.Filters = append(q.Filters, metric.Filter{Dimension: "country", Operator: "in", Values: []string{"United Kingdom", "France"}})
	}
	if rng.IntN(3) > 0 {
		q.Grain = metric.Grains[1+rng.IntN(6)] // not by the minute
	}
	if q.Grain == "hour" {
		to = from.AddDate(0, 0, 30)
	}
	if rng.IntN(3) > 0 || q.Grain == "hour" {
		a, b := from.Add(time.Duration(rng.Int64N(int64(to.Sub(from))))), from.Add(time.Duration(rng.Int64N(int64(to.Sub(from)))))
		if b.Before(a) {
			a, b = b, a
		}
		if rng.IntN(2) == 0 {
			a, b = metric.Truncate(a, "day"), metric.Next(metric.Truncate(b, "day"), "day")
		}
		q.From, q.To = a, b.Add(time.Second)
	}
	return q
}

// TestEqualsRows keeps random rollups of lines that come in random order, in steps of random
// size, and asks random questions of rollups and of rows: before, between and behind the steps.
func TestEqualsRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, uint64(20261122)))
	from, to := time.Date(2010, 12, 1, 0, 0, 0, 0, time.UTC), time.Date(2011, 12, 10, 0, 0, 0, 0, time.UTC)
	byRollup, byRows := 0, 0
	for round := range 3 {
		text := ""
		for i := range 3 {
			text += randomRollup(rng, fmt.Sprintf("random_%d", i))
		}
		w := newWorld(t, 1+rng.Int64N(500), declare(t, text))
		lines := warehousetest.Retail(t, 700+round)
		rng.Shuffle(len(lines), func(i, k int) { lines[i], lines[k] = lines[k], lines[i] })
		others := rand.New(rand.NewPCG(8, uint64(round)))
		kept := []metric.Query{randomQuery(others, from, to), randomQuery(others, from, to), {Metrics: []string{"orders"}, From: from, To: to}, {Metrics: []string{"average_order_value"}, Grain: "month", From: from, To: to}}
		for len(lines) > 0 {
			n := min(len(lines), 1+rng.IntN(300))
			w.Write(w.RetailBatch(int32(rng.IntN(3)), lines[:n]))
			lines = lines[n:]
			for range rng.IntN(3) {
				if _, err := w.keeper.Step(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			for _, q := range kept { // what they gave is kept, and added to
				w.same(q)
			}
			for range 4 {
				for _, s := range w.same(randomQuery(rng, from, to)) {
					if s.Rollup != "" {
						byRollup++
					} else {
						byRows++
					}
				}
			}
		}
		w.catchUp()
		for range 10 {
			w.same(randomQuery(rng, from, to))
		}
	}
	if byRollup < 20 || byRows < 5 {
		t.Errorf("%d numbers were read from rollups, %d from rows: the test says little", byRollup, byRows)
	}
}

// TestRowsAndRollupAreOneState reads, in single statements, how many lines there are and how many
// the rollup has, while lines come and steps run.
func TestRowsAndRollupAreOneState(t *testing.T) {
	w := newWorld(t, 50)
	lines := warehousetest.Retail(t, 1500)
	w.Write(w.RetailBatch(0, lines[:20]))
	w.catchUp()
	done := make(chan error, 1)
	go func() {
		for {
			if _, err := w.keeper.Step(t.Context()); err != nil {
				done <- err
				return
			}
			select {
			case done <- nil:
				return
			default:
			}
		}
	}()
	for lines = lines[20:]; len(lines) > 0; {
		n := min(len(lines), 10)
		w.Write(w.RetailBatch(0, lines[:n]))
		lines = lines[n:]
		for _, r := range w.rows(`SELECT (SELECT sum(lines) FROM rollup_sales_daily)::BIGINT, (SELECT count(*) FROM order_lines),
  (SELECT sum(amount) FROM rollup_sales_daily), (SELECT sum(amount) FROM order_lines)`) {
			if r[0] != r[1] || r[2] != r[3] {
				t.Fatalf("the rollup has %v lines of %v, the rows are %v of %v", r[0], r[2], r[1], r[3])
			}
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
