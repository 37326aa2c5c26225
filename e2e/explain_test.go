package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
)

// explained is what the test reads of an answer of /api/v1/explain.
type explained struct {
	Value, Total any
	Equals       bool
	Reason       string
	RowCount     int64 `json:"row_count"`
	Rows         []struct {
		Origins []struct {
			EventID   string `json:"event_id"`
			Partition int32
			Offset    int64
		}
	}
}

// explain opens a number by the API.
func (p *platform) explain(request map[string]any) (a explained) {
	p.t.Helper()
	body, err := json.Marshal(request)
	if err != nil {
		p.t.Fatal(err)
	}
	status, text := p.post("/api/v1/explain", "application/json", body)
	if status != 200 {
		p.t.Fatalf("%s: %d %s", body, status, text)
	}
	p.decode(text, &a)
	return a
}

// TestNumbersOpenDownToTheirEvents opens cells of statements and of the tables of jobs, drawn at
// random, and one of them down to the raw bytes.
func TestNumbersOpenDownToTheirEvents(t *testing.T) {
	p := up(t, configured(t, "sources: [{name: shop, adapter: native}]\n")...)
	file := filepath.Join(t.TempDir(), "shop.jsonl")
	must(t, "generate", "--events", "4000", "--rate", "max", "--seed", "5", "--start", "2026-01-01T00:00:00Z", "--to", file)
	must(t, "ingest", file, "--adapter", "native", "--source", "shop", "--url", p.url)
	p.settle()
	random := rand.New(rand.NewPCG(5, 6))
	for table, of := range map[string]struct{ key, columns string }{
		"kpis":              {"dimension, member, minute", "revenue orders units open_carts sessions_with_view"},
		"popularity":        {"product_id", "views purchases score trend"},
		"customer_profiles": {"customer_id", "orders value units segment"},
		"stock":             {"product_id, location_id", "available on_hand"},
		"fraud_decisions":   {"payment_id", "score decision reasons"},
	} {
		var rows [][]any
		p.eventually("table "+table+" to have rows", waitLong, func() bool {
			rows = p.sqlRows("SELECT " + of.key + " FROM " + table + " ORDER BY ALL")
			return len(rows) > 0
		})
		names, columns := strings.Split(of.key, ", "), strings.Fields(of.columns)
		for range 5 {
			row, key := rows[random.IntN(len(rows))], make(map[string]any)
			for i, name := range names {
				key[name] = row[i]
			}
			column := columns[random.IntN(len(columns))]
			var a explained
			// A window that goes on is published again a moment after its newest event.
			p.eventually("the window of the cell to be published again", waitLong, func() bool {
				a = p.explain(map[string]any{"table": table, "key": key, "column": column, "limit": 1})
				return a.Equals || !strings.Contains(a.Reason, "ask again")
			})
			if !a.Equals {
				t.Errorf("%s.%s of %v is %v; its %d events come to %v: %s", table, column, key, a.Value, a.RowCount, a.Total, a.Reason)
			}
		}
	}
	query := "SELECT country, sum(amount) AS revenue, count(DISTINCT order_id) AS orders FROM order_lines GROUP BY country"
	for _, row := range p.sqlRows(query) {
		a := p.explain(map[string]any{"query": query, "row": map[string]any{"country": row[0]}, "column": "revenue"})
		if !a.Equals || fmt.Sprint(a.Value) != fmt.Sprint(row[1]) {
			t.Errorf("the revenue of %v is %v, opened %v; its rows come to %v", row[0], row[1], a.Value, a.Total)
		}
		first := a.Rows[0].Origins[0]
		var passport string
		p.eventually("the results of its jobs to be stored", waitLong, func() bool {
			passport = p.get("/api/v1/events/" + first.EventID)
			return strings.Contains(passport, `"reached":[{"job":"`)
		})
		contains(t, "the passport", passport, `"available":true`, fmt.Sprintf(`"offset":%d`, first.Offset))
	}
	if r := millrace(t, "explain", "--url", p.url, "SELECT sum(amount) AS revenue FROM order_lines", "--limit", "2"); r.code != 0 || !strings.Contains(r.stdout, "the rows come to it") {
		t.Errorf("millrace explain ended with %d:\n%s%s", r.code, r.stdout, r.stderr)
	}
	r := millrace(t, "explain", "--url", p.url, "SELECT country, sum(amount) AS revenue FROM order_lines GROUP BY country", "--column", "revenue")
	if r.code != 1 || !strings.Contains(r.stderr, "several rows") {
		t.Errorf("a cell of no row: %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}
