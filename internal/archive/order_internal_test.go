package archive

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // has the rows that are ordered

	"github.com/millrace/millrace/internal/store/lake"
)

const (
	curveGroups = 100  // row groups of the file
	curveRows   = 2048 // of a row group
)

// curveShop are lines of a month. Few products and customers have most of them, by Zipf's law
// with the exponent of the generator's shop, where the popular products have the lowest numbers.
var curveShop = []string{
	"SET threads = 1",
	"SELECT setseed(0.5)",
	"CREATE TABLE products AS SELECT i, sum(w) OVER (ORDER BY i) / sum(w) OVER () AS upto FROM (SELECT i, pow(i + 1, -1.05) AS w FROM range(1000) r(i))",
	"CREATE TABLE customers AS SELECT i, sum(w) OVER (ORDER BY i) / sum(w) OVER () AS upto FROM (SELECT i, pow(i + 1, -0.9) AS w FROM range(20000) r(i))",
	fmt.Sprintf(`CREATE TABLE lines AS
SELECT TIMESTAMP '2026-01-01' + to_microseconds((r.at * 31 * 86400e6)::BIGINT) AS event_time, 'p' || (10000 + p.i) AS product_id, 'c' || (c.i + 1) AS customer_id, r.i AS n
FROM (SELECT i, random() AS at, random() AS product, random() AS customer FROM range(%d) r(i)) r ASOF JOIN products p ON r.product <= p.upto ASOF JOIN customers c ON r.customer <= c.upto`, curveGroups*curveRows),
}

// TestCurveOfUnevenRows: queries about one product, one customer or one day read few row
// groups of a file also where few products have most of the rows. Values are asked for as
// often as they are in the rows.
func TestCurveOfUnevenRows(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1) // the settings are of a connection
	run := func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%v in %s", err, statement)
		}
	}
	for _, statement := range curveShop {
		run(statement)
	}
	path := filepath.Join(t.TempDir(), "lines.parquet")
	january := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	q := source{
		from: "lines", where: "true", span: lake.Partition{Column: "event_time", Span: lake.Month}, start: january, end: january.AddDate(0, 1, 0),
		names: map[string]string{"event_time": "event_time", "product_id": "product_id", "customer_id": "customer_id"}, selected: []string{"event_time", "product_id", "customer_id"},
	}
	run(fmt.Sprintf("COPY (%s) TO %s (FORMAT parquet, ROW_GROUP_SIZE %d)", q.sql(&lake.Table{Sort: []string{"event_time", "product_id", "customer_id"}, Curve: true}), literal(path), curveRows))

	var sum float64
	for _, one := range []struct {
		column string
		asked  string  // values lo to hi
		most   float64 // share of the row groups
	}{
		{"product_id", "SELECT product_id AS lo, product_id AS hi FROM lines WHERE n % 50 = 0", 0.42},
		{"customer_id", "SELECT customer_id AS lo, customer_id AS hi FROM lines WHERE n % 50 = 0", 0.48},
		{"event_time", "SELECT (TIMESTAMP '2026-01-01' + to_days(i::INTEGER))::VARCHAR AS lo, (TIMESTAMP '2026-01-02' + to_days(i::INTEGER))::VARCHAR AS hi FROM range(31) r(i)", 0.36},
	} {
		var share float64
		var groups int
		if err := db.QueryRowContext(t.Context(), fmt.Sprintf(`SELECT avg((g.stats_min_value <= a.hi AND g.stats_max_value >= a.lo)::INT), count(DISTINCT g.row_group_id)
FROM parquet_metadata(%s) g, (%s) a WHERE g.path_in_schema = '%s'`, literal(path), one.asked, one.column)).Scan(&share, &groups); err != nil {
			t.Fatal(err)
		}
		t.Logf("one value of %s is looked for in %.1f %% of the row groups", one.column, share*100)
		if sum += share; groups != curveGroups || share > one.most {
			t.Errorf("one value of %s is looked for in %.1f %% of %d row groups, want at most %.1f %% of %d", one.column, share*100, groups, one.most*100, curveGroups)
		}
	}
	if mean := sum / 3; mean > 0.38 {
		t.Errorf("%.1f %% of the row groups are read in the mean, want at most 38 %%", mean*100)
	}
}
