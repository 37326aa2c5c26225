package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

const salesByHour = `version: 1
rollups:
  - name: sales_hourly
    description: What is sold by hour and category.
    dataset: order_lines
    grain: hour
    dimensions: [kind, currency, category]
    measures:
      - {name: lines, aggregate: count}
      - {name: amount, aggregate: sum, field: amount}
      - {name: orders, aggregate: distinct, field: order_id}
`

// metricsAnswer is what "millrace metric query --json" prints.
type metricsAnswer struct {
	Rows []struct {
		Time   string
		Values map[string]*string
	}
	Sources []struct {
		Rollup, Grain string
		Why           []string
	}
}

func (p *platform) metrics(args ...string) metricsAnswer {
	p.t.Helper()
	var answer metricsAnswer
	p.decode(must(p.t, append([]string{"metric", "query", "--json", "--url", p.url}, args...)...), &answer)
	return answer
}

// A shop declares a rollup. Metrics are read from it and say so; a late order corrects the hour that it is of.
func TestMetricsAreReadFromADeclaredRollup(t *testing.T) {
	t.Parallel()
	file := written(t, "rollups.yaml", salesByHour)
	p := up(t, configured(t, fmt.Sprintf(`
pass: {jobs: {enabled: false}}
rollups: {interval: 100ms, files: [%q]}
sources: [{name: shop, adapter: native, write_keys: [key]}]
`, file))...)
	sell := func(name string, orders ...[2]string) {
		var body bytes.Buffer
		for i, o := range orders {
			fmt.Fprintf(&body, `{"id":"%s-%d","type":"order_completed","time":%q,"customer_id":"c%d","order_id":"%[1]s-%[2]d","currency":"GBP","amount":%[5]q,`+
				`"items":[{"product_id":"lamp","name":"Lamp","category":"home","quantity":1,"price":%[5]q,"kind":"sale"}]}`+"\n", name, i, o[0], i%3, o[1])
		}
		must(t, "ingest", written(t, name+".jsonl", body.String()), "--adapter", "native", "--source", "shop", "--url", p.url)
	}
	query := []string{"revenue", "orders", "--grain", "hour", "--by", "category", "--from", "2026-03-01", "--to", "2026-03-02"}
	wantHours := func(when string, want ...string) {
		t.Helper()
		var a metricsAnswer
		taken := func(rows []any) bool { return len(rows) == 1 && fmt.Sprint(rows[0]) == "true" }
		p.eventually("the rollup to have taken the orders", waitLong, func() bool {
			var r struct {
				State     string
				Positions map[string]int64
			}
			p.decode(p.get("/api/v1/rollups/sales_hourly"), &r)
			sum := int64(0)
			for _, next := range r.Positions {
				sum += next
			}
			return r.State == "serving" && taken(p.sql(fmt.Sprintf("SELECT count(*) = %d FROM events", sum)))
		})
		a = p.metrics(query...)
		rows := p.metrics(append(query, "--from-rows")...)
		if len(a.Sources) != 1 || a.Sources[0].Rollup != "sales_hourly" || rows.Sources[0].Rollup != "" {
			t.Errorf("%s: read from %+v, and rows from %+v", when, a.Sources, rows.Sources)
		}
		var got []string
		for _, r := range a.Rows {
			at, err := time.Parse(time.RFC3339, r.Time)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%s %s %s", at.Format("15:04"), *r.Values["revenue"], *r.Values["orders"]))
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || fmt.Sprint(encoded(t, a.Rows)) != fmt.Sprint(encoded(t, rows.Rows)) {
			t.Errorf("%s: %q, want %q; rows are %s", when, got, want, encoded(t, rows.Rows))
		}
	}
	sell("morning", [2]string{"2026-03-01T08:10:00Z", "10.00"}, [2]string{"2026-03-01T08:50:00Z", "5.50"}, [2]string{"2026-03-01T10:00:00Z", "1.25"})
	wantHours("at first", "08:00 15.500 2", "10:00 1.250 1")
	sell("late", [2]string{"2026-03-01T08:59:59Z", "0.50"}, [2]string{"2026-03-01T09:00:00Z", "3.00"})
	wantHours("behind late orders", "08:00 16.000 3", "09:00 3.000 1", "10:00 1.250 1")
	told := must(t, append([]string{"metric", "query", "--sql", "--url", p.url}, query...)...)
	contains(t, "metric query --sql", told, "rollup sales_hourly, by hour")
	told = must(t, "metric", "query", "revenue", "--by", "country", "--sql", "--grain", "hour", "--url", p.url)
	contains(t, "metric query --sql", told, "rows of order_lines", "not sales_hourly: it has no dimension country", "not sales_daily: its grain is day")
	contains(t, "metrics", p.get("/metrics"), `millrace_rollup_state{rollup="sales_hourly",state="serving"} 1`, `millrace_rollup_limit_rows 2e+07`)
}

func encoded(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
