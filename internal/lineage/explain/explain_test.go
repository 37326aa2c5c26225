package explain_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/lineage/explain"
	"github.com/millrace/millrace/internal/store/olap"
)

// all reads all pages of an answer.
func all(t *testing.T, e *explain.Explainer, s explain.Statement) *explain.Answer {
	t.Helper()
	s.Limit = 1000
	first, err := e.SQL(context.Background(), s)
	if err != nil {
		t.Fatalf("%s: %v", s.SQL, err)
	}
	rows := first.Listed
	for next := first.Next; next != ""; {
		s.Cursor = next
		a, err := e.SQL(context.Background(), s)
		if err != nil {
			t.Fatalf("%s: %v", s.SQL, err)
		}
		rows, next = append(rows, a.Listed...), a.Next
	}
	first.Listed = rows
	return first
}

// statements are cells of all kinds of statements.
var statements = []struct {
	sql, column string
	row         map[string]any
}{
	{sql: "SELECT sum(amount) FROM order_lines"},
	{sql: "SELECT sum(amount) AS revenue FROM order_lines WHERE country = 'France'"},
	{sql: "SELECT count(*) FROM events"},
	{sql: "SELECT country, sum(amount) AS revenue, count(DISTINCT order_id) AS orders FROM order_lines GROUP BY country ORDER BY revenue DESC LIMIT 3",
		column: "revenue", row: map[string]any{"country": "France"}},
	{sql: "SELECT country, count(DISTINCT order_id) FILTER (kind = 'sale') AS orders FROM order_lines GROUP BY ALL", column: "orders", row: map[string]any{"country": "United Kingdom"}},
	{sql: "SELECT country AS c, avg(amount) AS a FROM order_lines GROUP BY c HAVING count(*) > 3", column: "a", row: map[string]any{"c": "France"}},
	{sql: "SELECT 1 + 1 AS two, date_trunc('hour', event_time) AS h, min(unit_price), max(unit_price) AS m, median(amount) FROM order_lines GROUP BY 2",
		column: "m", row: map[string]any{"h": "2010-12-01T09:00:00Z"}},
	{sql: "SELECT sum(amount) / nullif(count(DISTINCT order_id) FILTER (kind = 'sale'), 0) AS aov FROM order_lines"},
	{sql: "SELECT sum(amount) AS s, s / 2 AS half FROM order_lines", column: "half"},
	{sql: "SELECT country, sum(amount) AS amount, sum(amount) / nullif(sum(quantity), 0) AS mean FROM order_lines GROUP BY country", column: "mean", row: map[string]any{"country": "France"}},
	{sql: "SELECT quantile_cont(amount, 0.9) AS q FROM order_lines WHERE kind = 'sale'"},
	{sql: "WITH fr AS (SELECT * FROM order_lines WHERE country = 'France'), x AS (SELECT order_id, amount FROM fr) SELECT sum(amount) FROM x"},
	{sql: "SELECT country, revenue FROM (SELECT country, sum(amount) AS revenue FROM order_lines GROUP BY country) WHERE revenue > 10 ORDER BY revenue",
		column: "revenue", row: map[string]any{"country": "France"}},
	{sql: "WITH c AS (SELECT country, sum(amount) AS revenue FROM order_lines GROUP BY country) SELECT * FROM c", column: "revenue", row: map[string]any{"country": "France"}},
	{sql: "SELECT avg(o) AS a FROM (SELECT order_id, sum(amount) AS o FROM order_lines GROUP BY order_id)"},
	{sql: "SELECT count(*) AS customers FROM (SELECT DISTINCT customer_id FROM order_lines WHERE country = 'France')"},
	{sql: "SELECT sum(l.amount) AS s FROM events e JOIN order_lines l USING (event_id) WHERE e.source = 'onlineretail' AND l.country = 'France'"},
	{sql: "SELECT sum(l.amount) AS s FROM order_lines l LEFT JOIN corrections c ON c.event_id = l.event_id WHERE l.country = 'France'"},
	{sql: "SELECT sum(x) AS s FROM (SELECT amount AS x FROM order_lines WHERE country = 'France' UNION ALL SELECT amount FROM order_lines WHERE country = 'Germany')"},
	{sql: "SELECT sum(amount) AS s FROM order_lines WHERE order_id IN (SELECT order_id FROM order_lines WHERE country = 'France')"},
	{sql: "SELECT order_id, amount FROM order_lines WHERE country = 'France' ORDER BY amount DESC LIMIT 5", column: "amount", row: map[string]any{"order_id": "536370", "amount": "90.000"}},
	{sql: "SELECT sum(amount) FROM (SELECT * FROM order_lines QUALIFY row_number() OVER (PARTITION BY order_id ORDER BY event_id, line_no) = 1)"},
	{sql: "SELECT sum(amount) FROM order_lines WHERE false"},
	{sql: "SELECT rule, count(*) AS n FROM quarantine GROUP BY rule", column: "n", row: map[string]any{}},
	{sql: "SELECT country || '!' AS c, count(*) || ' of ' || country AS n FROM order_lines GROUP BY country", column: "n", row: map[string]any{"c": "France!"}},
	{sql: "SELECT country, rank() OVER (ORDER BY sum(amount)) AS r, sum(amount) AS s FROM order_lines GROUP BY country", column: "s", row: map[string]any{"r": 1.0}},
	{sql: "SELECT sum(quantity) AS n, stddev(quantity) AS d, bool_or(quantity < 0) AS b FROM order_lines GROUP BY customer_id HAVING customer_id = '17850'", column: "d"},
}

func TestStatements(t *testing.T) {
	s, events := retail(t, 3000)
	w := live(t, s, events, nil)
	e := w.explainer()
	for _, c := range statements {
		t.Run(c.sql, func(t *testing.T) {
			a := all(t, e, explain.Statement{SQL: c.sql, Column: c.column, Row: c.row})
			if !a.Equals {
				t.Errorf("the cell is %v, its rows come to %v: %s", a.Value, a.Total, a.Query)
			}
			if int64(len(a.Listed)) != a.Rows {
				t.Errorf("%d rows of %d are listed", len(a.Listed), a.Rows)
			}
			for i, p := range a.Parts {
				var n int64
				sum := exact{}
				for _, r := range a.Listed {
					if r.Counts[i] {
						n++
						sum.add(r.Values[i])
					}
					if len(r.Origins) == 0 || r.Origins[0].EventID == "" && r.Origins[0].Table != "rejections" {
						t.Fatalf("row without an origin: %+v", r)
					}
				}
				if n != p.Rows {
					t.Errorf("%s has %d rows, listed are %d", p.Text, p.Rows, n)
				}
				if strings.HasPrefix(p.Text, "sum(") && n > 0 && sum.String() != exactOf(p.Value).String() {
					t.Errorf("%s is %v, the listed rows come to %s", p.Text, p.Value, sum.String())
				}
				if p.Text == "count_star()" && p.Value != n {
					t.Errorf("%s is %v, listed are %d", p.Text, p.Value, n)
				}
			}
			t.Logf("%v = %v of %d rows, %v, %v", a.Value, a.Total, a.Rows, a.Parts, a.Versions)
		})
	}
}

func TestRefusals(t *testing.T) {
	s, events := retail(t, 300)
	w := live(t, s, events, nil)
	e := w.explainer()
	for _, c := range []struct{ sql, column, want string }{
		{"SELECT country, sum(amount) AS s FROM order_lines GROUP BY country", "s", "several rows"},
		{"SELECT country, sum(amount) AS s FROM order_lines GROUP BY ROLLUP(country)", "s", "groupings"},
		{"SELECT list(amount) AS l FROM order_lines", "", "does not follow"},
		{"SELECT sum(amount) AS l, count(*) AS n FROM order_lines", "x", "no column"},
		{"SELECT sum(amount) FROM (SELECT amount FROM order_lines LIMIT 3)", "", "LIMIT without ORDER BY"},
		{"SELECT sum(amount) FROM (SELECT amount FROM order_lines UNION SELECT amount FROM order_lines)", "", "UNION ALL"},
		{"SELECT sum(amount) FROM order_lines WHERE event_time < now()", "", "another one each time"},
		{"SELECT sum(x) FROM range(10) r(x)", "", "no table"},
		{"SELECT sum(amount) FROM order_lines TABLESAMPLE 10%", "", "sample"},
		{"SELECT sum(amount) OVER () AS s FROM order_lines LIMIT 1", "s", "several rows"},
		{"SELECT count(*) FROM duckdb_settings()", "", "not allowed"},
		{"SELECT sum(amount) FROM read_csv('/etc/passwd')", "", "not allowed"},
		{"DELETE FROM events", "", "only a SELECT"},
		{"SELECT 1; SELECT 2", "", "one statement"},
		{"SELECT sum(amount FROM order_lines", "", "syntax"},
		{"SELECT sum(amout) FROM order_lines", "", "amout"},
		{"SELECT sum(n) FROM (WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r)", "", "recursi"},
	} {
		_, err := e.SQL(context.Background(), explain.Statement{SQL: c.sql, Column: c.column})
		var refusal *explain.Refusal
		var statement *olap.Error
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.As(err, &refusal) && !errors.As(err, &statement) {
			t.Errorf("%s: %v, want %q", c.sql, err, c.want)
		}
	}
	if _, err := e.SQL(context.Background(), explain.Statement{SQL: "SELECT count(*) FROM events", Cursor: "x"}); err == nil {
		t.Error("a cursor of nothing was taken")
	}
}

// exact sums money and counts without rounding.
type exact struct{ micros int64 }

func (x *exact) add(v any)     { x.micros += exactOf(v).micros }
func (x exact) String() string { return fmt.Sprint(x.micros) }

func exactOf(v any) exact {
	switch v := v.(type) {
	case int64:
		return exact{v * 1_000_000}
	case olap.Decimal:
		m, ok := v.Micros()
		if !ok {
			panic(fmt.Sprintf("%v does not fit", v))
		}
		return exact{int64(m)}
	}
	return exact{}
}
