//go:build sources

package dbt

import (
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/generate"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/servicetest"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/internal/warehouse"
	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/warehouse/warehousetest"
)

// modules are what the project is run with. DuckDB is that of the platform.
var modules = []string{"dbt-core==1.11.16", "dbt-duckdb==1.11.1", "duckdb==1.5.5"}

// environment is a project in a folder, with a store of a shop's hour behind it.
type environment struct {
	*testing.T
	python, project, data string
}

// run runs dbt in the project, and returns what it said.
func (e *environment) run(args ...string) (string, error) {
	e.Helper()
	cmd := exec.CommandContext(e.Context(), filepath.Join(filepath.Dir(e.python), "dbt"), append(args, "--no-use-colors")...)
	cmd.Dir = e.project
	cmd.Env = append(os.Environ(), "MILLRACE_DUCKDB="+e.data, "DBT_PROFILES_DIR="+e.project)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (e *environment) must(args ...string) {
	e.Helper()
	if out, err := e.run(args...); err != nil {
		e.Fatalf("dbt %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// duck runs a statement in a file of DuckDB and returns its rows as JSON.
func (e *environment) duck(file, sql string) string {
	e.Helper()
	const script = "import duckdb,json,sys\nprint(json.dumps(duckdb.connect(sys.argv[1]).execute(sys.argv[2]).fetchall(),default=str))"
	out, err := exec.CommandContext(e.Context(), e.python, "-c", script, file, sql).CombinedOutput()
	if err != nil {
		e.Fatalf("%s: %v: %s", sql, err, out)
	}
	return strings.TrimSpace(string(out))
}

var opened = time.Date(2026, 3, 2, 23, 40, 0, 0, time.UTC)

// shop fills a store with what a shop does in an hour over midnight, and its star. It returns
// the revenue and orders of each day, by the platform itself.
func shop(t *testing.T, path string) string {
	t.Helper()
	store, err := duckdb.Open(duckdb.Config{Path: path, Threads: 1, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	c, err := generate.Scenario("calm")
	if err != nil {
		t.Fatal(err)
	}
	c.Start, c.Rate, c.Steady = opened, 1, true
	life, err := generate.New(c)
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for range 4000 {
		if e := life.Next(); e.Delivery == generate.First {
			lines.Write(append(e.Payload, '\n'))
		}
	}
	w := warehousetest.New(t, store)
	w.Write(w.Batch(0, lines.String()))
	logger := slog.New(slog.DiscardHandler)
	loader, err := warehouse.Open(t.Context(), warehouse.Config{Store: store, Interval: time.Second, MaxEvents: 10_000, Share: 50, Clock: clock.Real(), Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		if more, err = loader.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	metrics, err := metric.Open(metric.Config{Store: store, Currency: "EUR", Engine: "duckdb", Timeout: time.Minute, Clock: clock.Real(), Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := metrics.Query(t.Context(), metric.Query{
		Metrics: asked, Grain: "day", From: opened.Truncate(24 * time.Hour), To: opened.Truncate(24*time.Hour).AddDate(0, 0, 2), Currency: "EUR",
	})
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for i := range answer.Rows {
		for _, v := range answer.Rows[i].Values {
			if v == nil {
				t.Fatal("a number is not there")
			}
			rows = append(rows, trimmed(*v))
		}
	}
	return strings.Join(rows, " ")
}

// asked are metrics that are compared: a sum of money, a distinct count, a ratio, and one of
// another dataset.
var asked = []string{"revenue", "orders", "units_per_order", "repeat_orders"}

// TestRunsInDBT: dbt parses the project, builds its models, and all tests hold on generated
// data; its numbers are the platform's. When facts name a member that is not there, its test
// fails.
func TestRunsInDBT(t *testing.T) {
	e := &environment{T: t, python: servicetest.Python(t, "dbt-1.11.16-duckdb-1.5.5", modules...), project: t.TempDir()}
	e.data = filepath.Join(t.TempDir(), "millrace.duckdb")
	want := shop(t, e.data)
	for name, text := range generated(t) {
		path := filepath.Join(e.project, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e.must("parse", "--warn-error")
	vars := `{currency: EUR, from: "TIMESTAMP '2026-03-02'", to: "TIMESTAMP '2026-03-04'"}`
	e.must("build", "--vars", vars)
	e.must("docs", "generate", "--vars", vars)
	for _, name := range []string{"manifest.json", "catalog.json", "semantic_manifest.json"} {
		if info, err := os.Stat(filepath.Join(e.project, "target", name)); err != nil || info.Size() == 0 {
			t.Errorf("dbt left no %s: %v", name, err)
		}
	}
	got := e.duck(filepath.Join(e.project, "millrace_dbt.duckdb"), `SELECT s.revenue::VARCHAR, s.orders::VARCHAR, round(s.units_per_order, 6)::VARCHAR, c.repeat_orders::VARCHAR
FROM metrics_sales_daily s JOIN metrics_customers_daily c USING (time) ORDER BY time`)
	if got = flat(t, got); got != want || strings.Count(got, " ") < 7 {
		t.Errorf("by day %v are %s, want %s", asked, got, want)
	}

	e.duck(e.data, "DELETE FROM warehouse.dim_product WHERE product_key = (SELECT min(product_key) FROM warehouse.fact_order_line WHERE product_key > 0)")
	out, err := e.run("test", "--select", "source:warehouse.fact_order_line")
	if err == nil || !strings.Contains(out, "relationships_warehouse_fact_order_line_product_key") || !strings.Contains(out, "ERROR=1") {
		t.Errorf("facts name a product that is not there, and dbt says: %v\n%s", err, out)
	}
}

// flat writes rows of texts behind each other.
func flat(t *testing.T, rows string) string {
	t.Helper()
	var all [][]string
	if err := json.Unmarshal([]byte(rows), &all); err != nil {
		t.Fatal(err)
	}
	var cells []string
	for _, row := range all {
		for _, v := range row {
			cells = append(cells, trimmed(v))
		}
	}
	return strings.Join(cells, " ")
}

func trimmed(v string) string {
	if strings.Contains(v, ".") {
		v = strings.TrimSuffix(strings.TrimRight(v, "0"), ".")
	}
	return v
}
