package duckdb

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/millrace/millrace/internal/store/olap"
)

var update = flag.Bool("update", false, "write the golden files")

// TestSchemaVersion: a change of the tables needs a new version, because stores
// of the old one exist.
func TestSchemaVersion(t *testing.T) {
	name := fmt.Sprintf("testdata/schema_v%d.sql", olap.SchemaVersion)
	got := ddl(newLayout(olap.Tables()), "")
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the tables differ from %s: raise olap.SchemaVersion, then run with -update. They are\n%s", name, got)
	}
}

func TestPlace(t *testing.T) {
	const sql = "SELECT 'ä',\n  x\n"
	for _, c := range []struct{ pos, line, column int }{
		{0, 1, 1}, {11, 1, 11}, {13, 2, 1}, {15, 2, 3}, {len(sql), 3, 1}, {1000, 3, 1}, {-1, 1, 1},
	} {
		if line, column := place(sql, c.pos); line != c.line || column != c.column {
			t.Errorf("byte %d is at line %d, column %d, want %d, %d", c.pos, line, column, c.line, c.column)
		}
	}
}

func TestExplained(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT 1":         "SELECT 1",
		"explain SELECT 1": " SELECT 1",
		" /* a */ EXPLAIN -- b\n ANALYZE (SELECT 1)": " (SELECT 1)",
		"EXPLAIN (FORMAT json) SELECT 1":             " SELECT 1",
		"EXPLAIN (ANALYZE, FORMAT json) x":           " x",
		"EXPLAIN (ANALYZE /*) SELECT 1 --*/) x":      " x",
		"EXPLAIN /* /* */ ANALYZE y -- */ x":         " /* /* */ ANALYZE y -- */ x",
		"EXPLAIN ANALYZE /* /* */ */ ANALYZE x":      " x",
		"explained":                                  "explained",
		"EXPLAIN (ANALYZE":                           "EXPLAIN (ANALYZE",
		"":                                           "",
	} {
		if body, run := explained(sql); run[body:] != want || len(run) != len(sql) {
			t.Errorf("%q is run as %q from %d, want %q there", sql, run, body, want)
		}
	}
}
