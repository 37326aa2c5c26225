package analysis_test

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/internal/warehouse/analysis"
	"github.com/millrace/millrace/internal/warehouse/warehousetest"
)

func open(t testing.TB) *duckdb.Store {
	t.Helper()
	s, err := duckdb.Open(duckdb.Config{Path: filepath.Join(t.TempDir(), "analytics.duckdb"), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

var settings = analysis.Settings{
	MaxRows: 2_000_000, Value: analysis.ValueSettings{Months: 12, Discount: 0.01},
	Touches: analysis.TouchSettings{Channel: "source_medium", Lookback: 30 * 24 * time.Hour, HalfLife: 7 * 24 * time.Hour},
	Baskets: analysis.BasketSettings{MinSupport: 0.01, MinConfidence: 0.3, MaxItems: 3, MaxItemsets: 50_000},
}

func service(t testing.TB, s analysis.Store, change func(*analysis.Config)) *analysis.Service {
	t.Helper()
	cfg := analysis.Config{Store: s, Settings: settings, Timeout: time.Minute, Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&cfg)
	}
	service, err := analysis.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return service
}

func run(t testing.TB, s *analysis.Service, name string) *analysis.Run {
	t.Helper()
	r, err := s.RunNow(t.Context(), name, "test")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// table returns the rows of a query as lines.
func table(t testing.TB, s olap.Store, sql string) string {
	t.Helper()
	result, err := s.Query(t.Context(), olap.Query{SQL: sql, Untrusted: true})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := result.All()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, row := range rows {
		lines = append(lines, strings.TrimSuffix(fmt.Sprintln(row...), "\n"))
	}
	return strings.Join(lines, "\n")
}

// retail returns a store with the year of Online Retail.
func retail(t testing.TB) *duckdb.Store {
	t.Helper()
	store := open(t)
	w := warehousetest.New(t, store)
	lines := warehousetest.Retail(t, 1)
	for p := range int32(2) {
		w.Write(w.RetailBatch(p, lines[len(lines)*int(p)/2:len(lines)*int(p+1)/2]))
	}
	return store
}

func want(t *testing.T, store olap.Store, sql, want string) {
	t.Helper()
	if got := table(t, store, sql); got != strings.TrimSpace(want) {
		t.Errorf("%s gives\n%s\nwant\n%s", sql, got, strings.TrimSpace(want))
	}
}
