package duckdb

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/olaptest"
)

// TestRoles: a role sees its tables, of them its columns, and nothing else by any name.
func TestRoles(t *testing.T) {
	s := openTest(t, t.TempDir(), nil)
	if err := s.Write(t.Context(), olap.Commit{Batches: []*event.Batch{olaptest.Shop()}, Positions: map[int32]int64{3: 16}}); err != nil {
		t.Fatal(err)
	}
	analyst := &olap.Reader{Name: "analyst", Tables: []string{"events", "order_*", "quarantine"}, Hidden: map[string][]string{"quarantine": {"payload", "message"}}}
	ask := func(r *olap.Reader, sql string) (string, error) {
		result, err := s.Query(t.Context(), olap.Query{SQL: sql, Untrusted: true, Reader: r, Session: &olap.Session{User: "ann", Database: "millrace"}})
		if err != nil {
			return "", err
		}
		rows, err := result.All()
		var names []string
		for _, c := range result.Columns {
			names = append(names, c.Name)
		}
		return strings.Join(names, ",") + " " + fmt.Sprint(rows), err
	}
	for _, sql := range []string{
		"SELECT count(*) FROM events", "SELECT * FROM quarantine", "SELECT q.rule FROM main.quarantine q", `SELECT quarantine.rule FROM "main"."quarantine"`,
		"WITH x AS (FROM quarantine) SELECT * FROM x JOIN quarantine USING (event_id)", "EXPLAIN SELECT * FROM quarantine", "SELECT (SELECT count(*) FROM quarantine) AS n",
		"FROM quarantine", "DESCRIBE quarantine", "SUMMARIZE main.quarantine", "SELECT q FROM quarantine q", "SELECT * FROM quarantine POSITIONAL JOIN events", "SELECT * FROM /* payload */ quarantine -- x\n WHERE rule <> 'x' ORDER BY ALL", "SHOW TABLES",
		"SELECT table_name, column_name FROM information_schema.columns", "SELECT relname FROM pg_class", "DESCRIBE events",
	} {
		got, err := ask(analyst, sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
		}
		if strings.Contains(got, "payload") && !strings.Contains(sql, "payload") || strings.Contains(got, "rejections") || strings.Contains(got, "_millrace") && !strings.HasPrefix(sql, "EXPLAIN") {
			t.Errorf("%s shows what is hidden: %s", sql, got)
		}
	}
	for _, sql := range []string{
		"SELECT payload FROM quarantine", "SELECT q.payload FROM quarantine q", "SELECT message FROM main.quarantine", "SELECT quarantine.payload FROM quarantine",
		"SELECT main.quarantine.payload FROM quarantine", "SELECT * FROM rejections", "UNPIVOT quarantine ON payload", "SELECT * REPLACE (payload AS rule) FROM quarantine", "SHOW TABLES FROM analytics", "TABLE quarantine",
		"EXPLAIN (ANALYZE /*) SELECT 1 --*/) SELECT error(payload) FROM quarantine", "EXPLAIN ANALYZE /* /* */ ANALYZE SELECT 1 -- */ SELECT error(payload) FROM quarantine",
		"SUMMARIZE SELECT payload FROM quarantine",
		"SELECT * FROM (WITH quarantine AS (SELECT 1) FROM quarantine) a, quarantine b",
		"SELECT * FROM (WITH rejections AS (SELECT 1) FROM rejections) a, rejections b", "SELECT * FROM analytics.main.quarantine",
		"SELECT COLUMNS('payload') FROM quarantine", "EXPLAIN SELECT payload FROM quarantine", "SELECT * FROM _tables", "SELECT * FROM _columns, pg_class",
		"SELECT * FROM info.tables", "SELECT * FROM pg_class, _columns", "SELECT * FROM pg_class, events", "SELECT pg_sleep(10)", "SELECT relname, getenv('HOME') FROM pg_class",
		"SELECT * FROM pg_class, read_csv('/etc/passwd')", "SELECT * FROM pg_catalog.duckdb_databases", "SELECT * FROM pg_class WHERE oid IN (SELECT 1 FROM duckdb_settings())",
	} {
		got, err := ask(analyst, sql)
		if !errors.Is(err, olap.ErrNotQuery) && !errors.Is(err, olap.ErrSyntax) {
			t.Errorf("%s\n got %s, %v", sql, got, err)
		}
	}
	if got, err := ask(nil, "SELECT count(payload) FROM quarantine"); err != nil || !strings.HasPrefix(got, "count") {
		t.Errorf("without a role: %s, %v", got, err)
	}
}
