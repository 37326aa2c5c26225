package duckdb

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/olaptest"
)

// lakeFields numbers the columns of a table.
func lakeFields(table string) (fields []olap.FileColumn, names []string) {
	for _, t := range olap.Tables() {
		if t.Name != table {
			continue
		}
		for i, c := range t.Columns {
			fields, names = append(fields, olap.FileColumn{Name: c.Name, ID: i + 1}), append(names, quote(c.Name))
		}
	}
	return fields, names
}

// copyTable writes the rows of a table that the store itself has, from an offset on.
func copyTable(t *testing.T, s *Store, table, name string) olap.FileTable {
	t.Helper()
	fields, names := lakeFields(table)
	path := filepath.Join(s.cfg.LakeDir, name)
	if _, err := s.Copy(t.Context(), olap.Copy{
		Query: olap.Query{SQL: "SELECT " + strings.Join(names, ", ") + " FROM " + olap.OwnRows(table) + " ORDER BY event_time"}, Path: path, Columns: fields,
	}); err != nil {
		t.Fatal(err)
	}
	return olap.FileTable{Name: table, Columns: fields, Groups: []olap.FileGroup{{From: time.Unix(0, 0), To: time.Unix(1<<33, 0), Files: []string{name}}}}
}

func openLake(t *testing.T, dir string) *Store {
	t.Helper()
	lake := filepath.Join(dir, "lake")
	if err := os.MkdirAll(lake, 0o755); err != nil {
		t.Fatal(err)
	}
	return openTest(t, dir, func(c *Config) { c.LakeDir = lake })
}

func TestShift(t *testing.T) {
	dir := t.TempDir()
	s := openLake(t, dir)
	commit := func(from int64, n int) {
		t.Helper()
		b := olaptest.Sales(1, from, n)
		for i := range b.Time {
			b.Time[i] += b.Offset[i] * 600_000_000 // ten minutes
		}
		if err := s.Write(t.Context(), olap.Commit{Batches: []*event.Batch{b}, Positions: map[int32]int64{1: from + int64(n)}}); err != nil {
			t.Fatal(err)
		}
	}
	commit(0, 5000)
	before := contents(t, s)
	seam := olap.Seam{Offsets: map[int32]int64{1: 5000}, Tables: []olap.FileTable{copyTable(t, s, "events", "e.parquet"), copyTable(t, s, "order_lines", "l.parquet")}}
	for _, q := range []float64{0.3, 0.3, 0.7, 1} {
		r, err := s.Query(t.Context(), olap.Query{SQL: fmt.Sprintf("SELECT quantile_disc(event_time, %g) FROM events", q)})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := r.All()
		if err != nil {
			t.Fatal(err)
		}
		seam.Below = rows[0][0].(time.Time)
		if q == 1 {
			seam.Below = seam.Below.Add(time.Second)
		}
		if err := s.Shift(t.Context(), seam); err != nil {
			t.Fatal(err)
		}
		if got := contents(t, s); got != before {
			t.Fatalf("the seam at %g of the events changed what is read:\n%s\nwas\n%s", q, got, before)
		}
	}
	r, err := s.Query(t.Context(), olap.Query{SQL: "SELECT count(*) FROM " + olap.OwnRows("events")})
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := r.All(); err != nil || rows[0][0] != int64(0) {
		t.Fatalf("%v rows are left in the store, %v", rows, err)
	}
	commit(5000, 100)
	after := contents(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openLake(t, dir)
	if got := contents(t, s); got != after {
		t.Fatalf("another opening shows\n%s\nwas\n%s", got, after)
	}
}

func contents(t *testing.T, s *Store) string {
	t.Helper()
	var b strings.Builder
	for _, table := range []string{"events", "order_lines"} {
		r, err := s.Query(t.Context(), olap.Query{SQL: fmt.Sprintf("SELECT count(*), bit_xor(hash(x)), sum(amount) FROM %s x", table)})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := r.All()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, rows)
	}
	return b.String()
}

// TestLakeIsShut: a lake opens its own folder to the platform, and nothing to users.
func TestLakeIsShut(t *testing.T) {
	dir := t.TempDir()
	s := openLake(t, dir)
	if err := s.Write(t.Context(), olap.Commit{Batches: []*event.Batch{olaptest.Sales(1, 0, 100)}, Positions: map[int32]int64{1: 100}}); err != nil {
		t.Fatal(err)
	}
	copyTable(t, s, "events", "e.parquet")
	inside := filepath.Join(s.cfg.LakeDir, "e.parquet")
	for _, sql := range []string{
		"SELECT * FROM read_parquet('FILE')", "SELECT * FROM 'FILE'", "SELECT * FROM parquet_metadata('FILE')", "SELECT * FROM glob('FILE')", "SELECT * FROM read_blob('FILE')",
		"COPY events TO 'FILE'", "COPY (SELECT 1) TO 'FILE.csv'", "SELECT * FROM " + olap.OwnRows("events"), "SELECT * FROM _millrace.lake_seam", "EXPORT DATABASE 'FILE'",
	} {
		if got, err := untrusted(t.Context(), s, strings.ReplaceAll(sql, "FILE", inside)); err == nil {
			t.Errorf("%s: %v", sql, got)
		}
	}
	outside := filepath.Join(t.TempDir(), "secret.csv")
	if err := os.WriteFile(outside, []byte("swordfish,1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"SELECT * FROM read_csv('" + outside + "')", "SELECT * FROM read_blob('" + s.cfg.LakeDir + "/../../secret.csv')", "SELECT * FROM read_text('" + s.cfg.Path + "')",
		"SET allowed_directories = ['/']", "SET enable_external_access = true", "COPY (SELECT 1) TO '" + inside + "'",
	} {
		if r, err := s.Query(t.Context(), olap.Query{SQL: sql}); err == nil {
			if rows, err := r.All(); err == nil {
				t.Errorf("%s: %v", sql, rows)
			}
		}
	}
	if _, err := s.Copy(t.Context(), olap.Copy{Query: olap.Query{SQL: "SELECT 1 AS a"}, Path: outside + ".parquet", Columns: []olap.FileColumn{{Name: "a", ID: 1}}}); err == nil {
		t.Error("a file outside of the lake was written")
	}
	if rows, err := untrusted(t.Context(), s, "SELECT count(*) FROM events"); err != nil || rows[0][0] != int64(100) {
		t.Errorf("the events are %v, %v", rows, err)
	}
}

// TestSeamGoesForward: what would lose rows or show them twice is refused.
func TestSeamGoesForward(t *testing.T) {
	s := openLake(t, t.TempDir())
	if err := s.Write(t.Context(), olap.Commit{Batches: []*event.Batch{olaptest.Sales(1, 0, 100)}, Positions: map[int32]int64{1: 100}}); err != nil {
		t.Fatal(err)
	}
	file := copyTable(t, s, "events", "e.parquet")
	at := time.Date(2010, 12, 1, 0, 0, 0, 0, time.UTC)
	seam := olap.Seam{Below: at, Offsets: map[int32]int64{1: 101}, Tables: []olap.FileTable{file}}
	if err := s.Shift(t.Context(), seam); err == nil {
		t.Error("rows are read from files that the store does not have yet")
	}
	seam.Offsets[1] = 100
	if err := s.Shift(t.Context(), seam); err != nil {
		t.Fatal(err)
	}
	for _, back := range []olap.Seam{{Below: at.Add(-time.Hour), Offsets: map[int32]int64{1: 100}}, {Below: at, Offsets: map[int32]int64{1: 99}}, {Below: at}} {
		if err := s.Shift(t.Context(), back); err == nil {
			t.Errorf("the seam went back to %+v", back)
		}
	}
	missing := seam
	missing.Tables = []olap.FileTable{{Name: "events", Columns: file.Columns, Groups: []olap.FileGroup{{From: time.Unix(0, 0), To: at, Files: []string{"none.parquet"}}}}}
	if err := s.Shift(t.Context(), missing); err == nil {
		t.Error("a file is read that is not there")
	}
	if got, err := s.Seam(t.Context()); err != nil || !got.Below.Equal(at) || got.Offsets[1] != 100 || got.Tables[0].Groups[0].Files[0] != "e.parquet" {
		t.Errorf("the seam is %+v, %v", got, err)
	}
}
