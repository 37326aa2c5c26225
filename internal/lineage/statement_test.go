package lineage_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/lineage"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
)

// tables of the statements below.
var tables = map[string][]string{
	"orders": {"id", "customer", "amount", "day"}, "lines": {"id", "sku", "price", "pieces"}, "people": {"customer", "country"},
}

func columnsOf(table string) ([]string, bool) {
	c, ok := tables[table]
	return c, ok
}

// parser lets a real analytics store parse statements.
func parser(t testing.TB) func(sql string) []byte {
	t.Helper()
	store, err := duckdb.Open(duckdb.Config{Path: filepath.Join(t.TempDir(), "t.duckdb"), Threads: 1, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return func(sql string) []byte {
		t.Helper()
		answer, err := store.Query(t.Context(), olap.Query{SQL: "SELECT json_serialize_sql(?::VARCHAR)::VARCHAR", Args: []any{sql}})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := answer.All()
		if err != nil {
			t.Fatal(err)
		}
		text, _ := rows[0][0].(string)
		return []byte(text)
	}
}

func uses(all []lineage.Use) string {
	var out []string
	for _, u := range all {
		out = append(out, fmt.Sprintf("%s.%s:%s", u.Table, u.Column, u.Subtype))
	}
	return strings.Join(out, " ")
}

func TestStatements(t *testing.T) {
	parse := parser(t)
	for _, c := range []struct{ sql, want string }{
		{"SELECT * FROM people", "customer = people.customer:IDENTITY\ncountry = people.country:IDENTITY\n"},
		{
			"SELECT customer, sum(amount) AS spent, count(*) n FROM orders WHERE day > TIMESTAMP '2026-01-01' GROUP BY 1 ORDER BY spent DESC",
			"customer = orders.customer:IDENTITY\nspent = orders.amount:AGGREGATION\nn = \nrows orders.amount:SORT orders.customer:GROUP_BY orders.day:FILTER\n",
		},
		{
			"SELECT o.id, p.country FROM orders o JOIN people p USING (customer)",
			"id = orders.id:IDENTITY\ncountry = people.country:IDENTITY\nrows orders.customer:JOIN people.customer:JOIN\n",
		},
		{
			"SELECT o.id, l.price * l.pieces AS total FROM orders o LEFT JOIN lines l ON l.id = o.id",
			"id = orders.id:IDENTITY\ntotal = lines.pieces:TRANSFORMATION lines.price:TRANSFORMATION\nrows lines.id:JOIN orders.id:JOIN\n",
		},
		{
			"WITH big AS (SELECT id AS number, amount FROM orders WHERE amount > 100) SELECT number, amount / 2 AS half FROM big",
			"number = orders.id:IDENTITY\nhalf = orders.amount:TRANSFORMATION\nrows orders.amount:FILTER\n",
		},
		{"SELECT x.n FROM (SELECT max(day) AS n FROM orders) x", "n = orders.day:AGGREGATION\n"},
		{
			"SELECT CASE WHEN price > 1 THEN sku ELSE 'cheap' END AS kind FROM lines",
			"kind = lines.price:CONDITIONAL lines.sku:TRANSFORMATION\n",
		},
		{
			"SELECT sum(amount) FILTER (customer IS NOT NULL) AS known FROM orders",
			"known = orders.amount:AGGREGATION orders.customer:FILTER\n",
		},
		{
			"SELECT row_number() OVER (PARTITION BY customer ORDER BY day) AS nth, lag(amount) OVER (ORDER BY day) AS before FROM orders",
			"nth = orders.customer:WINDOW orders.day:WINDOW\nbefore = orders.amount:AGGREGATION orders.day:WINDOW\n",
		},
		{
			"SELECT id, (SELECT max(price) FROM lines l WHERE l.id = o.id) AS dearest FROM orders o",
			"id = orders.id:IDENTITY\ndearest = lines.id:FILTER lines.price:AGGREGATION orders.id:FILTER\n",
		},
		{"SELECT id FROM orders UNION ALL SELECT sku FROM lines", "id = lines.sku:IDENTITY orders.id:IDENTITY\n"},
		{
			"SELECT amount AS a, a * 2 AS b FROM orders QUALIFY row_number() OVER (PARTITION BY customer) = 1",
			"a = orders.amount:IDENTITY\nb = orders.amount:TRANSFORMATION\nrows orders.customer:WINDOW\n",
		},
		{
			"SELECT list_transform([price, pieces], x -> x + 1) AS l FROM lines",
			"l = lines.pieces:TRANSFORMATION lines.price:TRANSFORMATION\n",
		},
		{
			"SELECT t.*, o.* EXCLUDE (day, amount) FROM (VALUES (1, 2)) t(a, b), orders o",
			"a = \nb = \nid = orders.id:IDENTITY\ncustomer = orders.customer:IDENTITY\n",
		},
	} {
		s, err := lineage.ParseStatement(parse(c.sql), columnsOf)
		if err != nil {
			t.Errorf("%s: %v", c.sql, err)
			continue
		}
		var got string
		for _, column := range s.Columns {
			got += column.Name + " = " + uses(column.Uses) + "\n"
		}
		if len(s.Rows) > 0 {
			got += "rows " + uses(s.Rows) + "\n"
		}
		same(t, c.sql, got, c.want)
	}
}

func TestStatementsThatCannotBeFollowed(t *testing.T) {
	parse := parser(t)
	for sql, want := range map[string]string{
		"SELECT 1 FROM nothing":      `no table "nothing"`,
		"SELECT nothing FROM orders": `no column "nothing"`,
		"SELEC 1":                    "syntax error",
		"SELECT 1; SELECT 2":         "there are 2",
		"CREATE TABLE x (a INT)":     "SELECT",
	} {
		_, err := lineage.ParseStatement(parse(sql), columnsOf)
		if !errors.Is(err, lineage.ErrStatement) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", sql, err, want)
		}
	}
}

func FuzzParseStatement(f *testing.F) {
	parse := parser(f)
	for _, sql := range []string{"SELECT * FROM orders", "SELECT sum(price) FILTER (sku = '1') FROM lines GROUP BY ALL", "SELECT 1 UNION SELECT 2"} {
		f.Add(parse(sql))
	}
	f.Add([]byte(`{"error":false,"statements":[{"node":{"type":"SELECT_NODE","select_list":[1,{"class":"STAR"}],"from_table":{"type":"JOIN"}}}]}`))
	f.Fuzz(func(_ *testing.T, tree []byte) { _, _ = lineage.ParseStatement(tree, columnsOf) })
}
