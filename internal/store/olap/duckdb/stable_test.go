package duckdb

import (
	"slices"
	"testing"

	"github.com/millrace/millrace/internal/store/olap"
)

// TestUnstableFunctions: DuckDB knows no function beyond the list that changes by itself.
func TestUnstableFunctions(t *testing.T) {
	s := openTest(t, t.TempDir(), nil)
	result, err := s.Query(t.Context(), olap.Query{SQL: `SELECT DISTINCT function_name FROM duckdb_functions()
		WHERE function_type = 'scalar' AND stability <> 'CONSISTENT' ORDER BY ALL`})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := result.All()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%d functions, %v", len(rows), err)
	}
	for _, r := range rows {
		if name := r[0].(string); !slices.Contains(unstable, name) && !slices.Contains(deniedFunctions, name) {
			t.Errorf("%s is not consistent, and taken for stable", name)
		}
	}
}

func TestStable(t *testing.T) {
	s := openTest(t, t.TempDir(), nil)
	for sql, want := range map[string]bool{
		"SELECT count(*) FROM events": true, "FROM events ORDER BY event_time LIMIT 3": true, "WITH x AS (SELECT 1 AS a) SELECT max(a) FROM x": true,
		"SELECT now()": false, "SELECT current_date": false, "SELECT CURRENT_TIMESTAMP": false, "SELECT random()": false, "SELECT gen_random_uuid()": false,
		"SELECT * FROM events USING SAMPLE 10%": false, "SELECT * FROM events TABLESAMPLE 10%": false, "SELECT count(*) FROM events WHERE event_time > today()": false,
		"EXPLAIN ANALYZE SELECT 1": false, "SELECT (SELECT max(event_time) FROM events WHERE event_time < now())": false,
	} {
		result, err := s.Query(t.Context(), olap.Query{SQL: sql, Untrusted: true})
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		if result.Stable != want {
			t.Errorf("%s: stable is %t", sql, result.Stable)
		}
		_ = result.Close()
	}
}
