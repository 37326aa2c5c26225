package duckdb

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/millrace/millrace/internal/store/olap"
)

// TestBloomFilters: a file whose rows are searched by value has a filter for columns that
// have nearly as many values as rows, by which a look-up skips row groups, and is compressed.
func TestBloomFilters(t *testing.T) {
	const groups = 3
	s := openLake(t, t.TempDir())
	// Orders have four rows in three, customers some dozens; both are spread over all groups,
	// so that ranges of values tell nothing.
	spread := func(of string) string { return "'o' || lpad((" + of + " * 48271 % 2147483647)::VARCHAR, 10, '0')" }
	query := fmt.Sprintf(`SELECT i AS id, %s AS order_id, 'c' || (i * 48271 %% 2147483647 %% 5000) AS customer_id FROM range(%d) r (i)`, spread("(i * 3 // 4)"), groups*rowGroup)
	write := func(name string, searched bool) string {
		t.Helper()
		path := filepath.Join(s.cfg.LakeDir, name)
		if _, err := s.Copy(t.Context(), olap.Copy{
			Query: olap.Query{SQL: query}, Path: path, Columns: []olap.FileColumn{{Name: "id", ID: 1}, {Name: "order_id", ID: 2}, {Name: "customer_id", ID: 3}}, Searched: searched,
		}); err != nil {
			t.Fatal(err)
		}
		return literal(path)
	}
	ask := func(sql string, args ...any) string {
		t.Helper()
		r, err := s.Query(t.Context(), olap.Query{SQL: fmt.Sprintf(sql, args...)})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := r.All()
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(rows)
	}
	const filters = `SELECT path_in_schema, count(*), count(bloom_filter_offset), count(dictionary_page_offset), count(*) FILTER (compression = 'ZSTD')
FROM parquet_metadata(%s) GROUP BY ALL ORDER BY path_in_schema`
	if got, want := ask(filters, write("plain.parquet", false)), "[[customer_id 3 3 3 3] [id 3 0 0 3] [order_id 3 0 0 3]]"; got != want {
		t.Errorf("by default columns have filters and dictionaries %s, want %s", got, want)
	}
	file := write("searched.parquet", true)
	if got, want := ask(filters, file), "[[customer_id 3 3 3 3] [id 3 0 0 3] [order_id 3 3 3 3]]"; got != want {
		t.Errorf("for searching columns have filters and dictionaries %s, want %s", got, want)
	}
	one := ask("SELECT %s", spread("(100 * 3 // 4)"))
	one = one[2 : len(one)-2]
	if got := ask("SELECT list(row_group_id ORDER BY row_group_id) FROM parquet_bloom_probe(%s, 'order_id', '%s') WHERE NOT bloom_filter_excludes", file, one); got != "[[[0]]]" {
		t.Errorf("the order is looked for in row groups %s, want the first only", got)
	}
	if got := ask("SELECT min(id), max(id), count(*) FROM read_parquet(%s) WHERE order_id = '%s'", file, one); got != "[[100 101 2]]" && got != "[[100 100 1]]" {
		t.Errorf("the order has rows %s", got)
	}
}
