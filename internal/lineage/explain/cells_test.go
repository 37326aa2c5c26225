package explain_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/job"
	"github.com/millrace/millrace/internal/lineage/explain"
	"github.com/millrace/millrace/internal/result"
	"github.com/millrace/millrace/stream"
)

// long draws 1,000 cells: 50 of each of 14 tables, and 300 of statements. Without it a
// sixth must do.
var long = flag.Bool("long", false, "draw 1,000 cells")

func drawn(most int) int {
	if *long {
		return most
	}
	return most / 6
}

// cell is one result of a job.
type cell struct {
	table, column string
	key           map[string]any
}

// cells draws cells at random from the tables of all jobs, as many of each table.
func (w *world) cells(random *rand.Rand, perTable int) (all []cell) {
	w.t.Helper()
	for _, j := range w.jobs {
		for _, sink := range j.Sinks() {
			if sink.Kind != stream.Table {
				continue
			}
			table, err := result.NewTable(&sink)
			if err != nil {
				w.t.Fatal(err)
			}
			var columns []string
			for _, c := range table.Table.Columns {
				if !slices.Contains(table.Table.Key, c.Name) && !slices.Contains(job.Arrival, c.Name) {
					columns = append(columns, c.Name)
				}
			}
			keys := make([]string, len(table.Table.Key))
			for i, k := range table.Table.Key {
				keys[i] = `"` + k + `"`
			}
			rows := w.query("SELECT " + strings.Join(keys, ", ") + " FROM " + sink.Name + " ORDER BY ALL")
			w.t.Logf("%s: %d rows", sink.Name, len(rows))
			if len(rows) == 0 {
				continue
			}
			for range perTable {
				row := rows[random.IntN(len(rows))]
				key := make(map[string]any)
				for i, k := range table.Table.Key {
					switch v := row[i].(type) {
					case time.Time:
						key[k] = v.Format(time.RFC3339Nano)
					case nil:
						key[k] = nil
					default:
						key[k] = fmt.Sprint(v)
					}
				}
				all = append(all, cell{sink.Name, columns[random.IntN(len(columns))], key})
			}
		}
	}
	return all
}

// Whatever cell of a job's table is drawn: run over the events behind it alone, the job
// publishes it again, to the last digit.
func TestCellsOfJobs(t *testing.T) {
	s, events := generated(t, 11, 4000)
	w := live(t, s, events, job.All(job.Params{}))
	e := w.explainer()
	wrong := 0
	for _, c := range w.cells(rand.New(rand.NewPCG(1, 2)), drawn(50)) {
		a, err := e.Job(context.Background(), explain.Cell{Table: c.table, Column: c.column, Key: c.key, Limit: 1})
		if err != nil {
			t.Fatalf("%s.%s of %v: %v", c.table, c.column, c.key, err)
		}
		if !a.Equals {
			if wrong++; wrong < 40 {
				t.Errorf("%s.%s of %v is %v; its %d events come to %v: %s\n%v", c.table, c.column, c.key, a.Value, a.Rows, a.Total, a.Reason, a.Job.Row)
			}
		}
	}
}

// Of the tables of the gift shop, each cell of a grouping comes to the sum of its rows.
func TestCellsOfStatements(t *testing.T) {
	s, events := retail(t, 1500)
	w := live(t, s, events, []*stream.Job{job.Kpis(job.Params{}), job.Profiles(job.Params{})})
	e := w.explainer()
	random := rand.New(rand.NewPCG(3, 4))
	groups := []string{"country", "customer_id", "product_id", "order_id", "kind", "date_trunc('hour', event_time)", "currency"}
	aggregates := []string{
		"sum(amount)", "count(*)", "count(DISTINCT order_id)", "avg(amount)", "min(unit_price)", "max(amount)", "sum(quantity) FILTER (kind = 'sale')",
		"sum(amount) / nullif(count(DISTINCT order_id), 0)", "median(quantity)", "quantile_disc(amount, 0.75)", "count(DISTINCT customer_id) - 1",
	}
	sources := []string{
		"order_lines", "(SELECT l.* FROM order_lines l JOIN events e USING (event_id) WHERE NOT e.late)",
		"(SELECT * FROM order_lines WHERE quantity > 0 UNION ALL SELECT * FROM order_lines WHERE quantity <= 0)",
	}
	for range drawn(300) {
		group, aggregate := groups[random.IntN(len(groups))], aggregates[random.IntN(len(aggregates))]
		sql := fmt.Sprintf("SELECT %s AS g, %s AS v FROM %s AS s GROUP BY ALL", group, aggregate, sources[random.IntN(len(sources))])
		rows := w.query(sql + " ORDER BY g")
		row := rows[random.IntN(len(rows))]
		key := map[string]any{"g": nil}
		switch v := row[0].(type) {
		case nil:
		case time.Time:
			key["g"] = v.Format(time.RFC3339Nano)
		default:
			key["g"] = fmt.Sprint(v)
		}
		a, err := e.SQL(context.Background(), explain.Statement{SQL: sql, Column: "v", Row: key, Limit: 1})
		if err != nil {
			t.Fatalf("%s of %v: %v", sql, key, err)
		}
		if !a.Equals || fmt.Sprint(a.Value) != fmt.Sprint(row[1]) {
			t.Errorf("%s of %v is %v; its %d rows come to %v: %s", sql, key, row[1], a.Rows, a.Total, a.Reason)
		}
	}
}
