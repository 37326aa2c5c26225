package rollup

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/warehouse/warehousetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a store with rollups, and the metrics that are read from them.
type world struct {
	*warehousetest.World
	store   *duckdb.Store
	keeper  *Keeper
	metrics *metric.Service
}

func newWorld(t testing.TB, maxEvents int64, files ...string) *world {
	t.Helper()
	store, err := duckdb.Open(duckdb.Config{Path: filepath.Join(t.TempDir(), "t.duckdb"), Threads: 1, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	w := &world{World: warehousetest.New(t, store), store: store}
	w.open(store, maxEvents, files...)
	return w
}

// open opens keeper and metrics, as a start of the process does.
func (w *world) open(store Store, maxEvents int64, files ...string) {
	w.T.Helper()
	var err error
	w.keeper, err = Open(w.T.Context(), Config{
		Store: store, Paths: files, Interval: time.Second, MaxEvents: maxEvents, MaxRows: 1_000_000, Share: 50, foldRows: 200, Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		w.T.Fatal(err)
	}
	w.ask()
}

// ask opens the metrics, with those of files.
func (w *world) ask(files ...string) {
	w.T.Helper()
	var err error
	w.metrics, err = metric.Open(metric.Config{
		Store: w.store, Rollups: w.keeper.Serving, Paths: files, Engine: "duckdb", Timeout: time.Minute, Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		w.T.Fatal(err)
	}
}

// catchUp runs steps until all rows are in.
func (w *world) catchUp() {
	w.T.Helper()
	for {
		more, err := w.keeper.Step(w.T.Context())
		if err != nil {
			w.T.Fatal(err)
		}
		if !more {
			return
		}
	}
}

func (w *world) rows(sql string) [][]any {
	w.T.Helper()
	result, err := w.store.Query(w.T.Context(), olap.Query{SQL: sql})
	if err != nil {
		w.T.Fatal(err)
	}
	rows, err := result.All()
	if err != nil {
		w.T.Fatal(err)
	}
	return rows
}

// declare writes a file of rollups, beside which those of the platform are not kept.
func declare(t testing.TB, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "rollups.yaml")
	rewrite(t, name, text)
	return name
}

func rewrite(t testing.TB, name, text string) {
	t.Helper()
	all, err := Load(Defaults(), metric.Datasets())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all.All() {
		text += fmt.Sprintf("  - {name: %s, description: none, dataset: events, grain: year, measures: [{name: n, aggregate: count}], disabled: true}\n", d.Name)
	}
	write(t, name, "version: 1\nrollups:\n"+text)
}

func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// same asks once of rollups and once of rows, and compares all numbers. It returns what the
// first were computed from.
func (w *world) same(q metric.Query) []metric.Source {
	w.T.Helper()
	rolled, err := w.metrics.Query(w.T.Context(), q)
	if err != nil {
		w.T.Fatal(err)
	}
	q.Rows = true
	rows, err := w.metrics.Query(w.T.Context(), q)
	if err != nil {
		w.T.Fatal(err)
	}
	if got, want := tabulate(rolled), tabulate(rows); got != want {
		w.T.Fatalf("%+v: rollups give\n%srows give\n%s%s", q, got, want, rolled.Statement)
	}
	return rolled.Sources
}

func tabulate(a *metric.Answer) string {
	var b strings.Builder
	for _, r := range a.Rows {
		b.WriteString(r.Time.Format(time.DateTime))
		for _, v := range slices.Concat(r.Dimensions, r.Values) {
			if v == nil {
				b.WriteString(" | -")
				continue
			}
			b.WriteString(" | " + *v)
		}
		b.WriteString("\n")
	}
	return b.String()
}
