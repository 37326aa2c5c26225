package warehouse_test

import (
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/generate"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/internal/warehouse"
	"github.com/millrace/millrace/internal/warehouse/analysis"
	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/warehouse/warehousetest"
)

var whole = flag.Bool("whole", false, "shuffle whole years in place of samples (make shuffle)")

// delay is how late records come at most.
const delay = 30 * 24 * time.Hour

// TestYearShuffled lets the events of a year come in the order in which they happened, and
// each up to 30 days late, in other batches, partitions and steps. The star, all metrics and all
// analyses say the same.
func TestYearShuffled(t *testing.T) {
	every, orders := 200, 2
	if *whole {
		every, orders = 1, 2
	}
	for _, year := range []struct {
		name    string
		records []record
	}{{"shop", shopYear(t, every)}, {"retail", retailYear(t, every)}} {
		t.Run(year.name, func(t *testing.T) {
			want := final(t, year.records, 0)
			if len(want) < 100 {
				t.Fatalf("only %d results are compared", len(want))
			}
			for seed := range uint64(orders - 1) {
				got := final(t, shuffled(year.records, seed+1), seed+1)
				for _, what := range slices.Sorted(maps.Keys(want)) {
					if got[what] != want[what] {
						t.Errorf("seed %d: %s says\n%.2000s\nin the order of time\n%.2000s", seed+1, what, got[what], want[what])
					}
				}
			}
		})
	}
}

// record is one to decode: native where there is no number among equal lines.
type record struct {
	at         time.Time
	text       []byte
	occurrence uint32
}

// shopYear is visits, orders, stock and prices of some minutes of each month of a year: of shops
// of which each has other prices and names for the same products, so that these change.
func shopYear(t *testing.T, every int) []record {
	t.Helper()
	perMonth := 100_000 / every
	var all []record
	for month := range 12 {
		c, err := generate.Scenario("calm")
		if err != nil {
			t.Fatal(err)
		}
		c.Seed, c.Start, c.Rate, c.Steady = uint64(11+month), time.Date(2026, time.Month(1+month), 3, 12, 0, 0, 0, time.UTC), 20, true
		c.Products, c.Warehouses, c.Stores, c.Customers, c.Regulars = 60, 1, 1, 20_000, 30
		shop, err := generate.New(c)
		if err != nil {
			t.Fatal(err)
		}
		for range perMonth {
			e := shop.Next()
			all = append(all, record{time.UnixMicro(e.At), slices.Clone(e.Payload), 0})
		}
	}
	return all
}

// retailYear is Online Retail, or one line in so many, spread evenly over its year.
func retailYear(t *testing.T, every int) []record {
	t.Helper()
	lines := warehousetest.Retail(t, every)
	start, year := time.Date(2010, 12, 1, 0, 0, 0, 0, time.UTC), 374*24*time.Hour
	all := make([]record, len(lines))
	for i, l := range lines {
		all[i] = record{start.Add(year / time.Duration(len(lines)) * time.Duration(i)), l.Text, l.Occurrence}
	}
	return all
}

// shuffled delays every record by up to 30 days.
func shuffled(records []record, seed uint64) []record {
	r := rand.New(rand.NewPCG(seed, 30))
	late := slices.Clone(records)
	for i := range late {
		late[i].at = late[i].at.Add(time.Duration(r.Int64N(int64(delay))))
	}
	slices.SortStableFunc(late, func(a, b record) int { return a.at.Compare(b.at) })
	return late
}

// final is all that a platform says in the end that took records in an order.
func final(t *testing.T, records []record, seed uint64) map[string]string {
	t.Helper()
	store, err := duckdb.Open(duckdb.Config{Path: filepath.Join(t.TempDir(), "t.duckdb"), Threads: 1, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	loader, err := warehouse.Open(t.Context(), warehouse.Config{Store: store, Interval: time.Second, MaxEvents: 100_000, Share: 50, Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	w := warehousetest.New(t, store)
	r := rand.New(rand.NewPCG(seed, 1))
	for from := 0; from < len(records); {
		to := min(len(records), from+len(records)/6+r.IntN(1+len(records)/4))
		w.Write(batch(w, int32(r.IntN(3)), records[from:to]))
		if r.IntN(4) > 0 {
			catchUp(t, loader)
		}
		from = to
	}
	catchUp(t, loader)
	out := make(map[string]string)
	tables(t, store, out)
	metrics(t, store, out)
	analyses(t, store, out)
	return out
}

func batch(w *warehousetest.World, partition int32, records []record) *event.Batch {
	if records[0].occurrence > 0 {
		lines := make([]warehousetest.Line, len(records))
		for i, r := range records {
			lines[i] = warehousetest.Line{Text: r.text, Occurrence: r.occurrence}
		}
		return w.RetailBatch(partition, lines)
	}
	var text strings.Builder
	for _, r := range records {
		text.Write(r.text)
		text.WriteByte('\n')
	}
	return w.Batch(partition, text.String())
}

func catchUp(t *testing.T, l *warehouse.Loader) {
	t.Helper()
	for more := true; more; {
		var err error
		if more, err = l.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// tables adds digests of the tables of the star, without where events lie in the log.
func tables(t *testing.T, store *duckdb.Store, out map[string]string) {
	t.Helper()
	for _, table := range warehouse.Star() {
		if table.Kind == warehouse.View {
			continue // over a table of a job
		}
		out["table "+table.Name] = rows(t, store, `SELECT count(*), sum(hash(r)) FROM (SELECT COLUMNS(c -> c NOT IN ('partition', 'offset')) FROM warehouse.`+table.Name+`) AS r`)
	}
}

func rows(t *testing.T, store *duckdb.Store, sql string) string {
	t.Helper()
	result, err := store.Query(t.Context(), olap.Query{SQL: sql, Limits: olap.Limits{Rows: 1 << 20, Timeout: time.Minute}})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	all, err := result.All()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var text strings.Builder
	for _, row := range all {
		fmt.Fprintln(&text, row...)
	}
	return text.String()
}

// metrics adds every metric of the catalogue, by month.
func metrics(t *testing.T, store *duckdb.Store, out map[string]string) {
	t.Helper()
	s, err := metric.Open(metric.Config{Store: store, Engine: "duckdb", Timeout: time.Minute, Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for chunk := range slices.Chunk(s.Catalog().All(), metric.MaxMetrics) {
		q := metric.Query{Grain: "month"}
		for _, m := range chunk {
			q.Metrics = append(q.Metrics, m.Name)
		}
		a, err := s.Query(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range a.Rows {
			for i, v := range row.Values {
				if v != nil {
					out["metric "+q.Metrics[i]] += row.Time.Format("2006-01 ") + *v + "\n"
				}
			}
		}
	}
}

// analyses adds what each analysis says, or that it has no result.
func analyses(t *testing.T, store *duckdb.Store, out map[string]string) {
	t.Helper()
	s, err := analysis.Open(t.Context(), analysis.Config{
		Store: store, Timeout: time.Minute, Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler),
		Settings: analysis.Settings{
			MaxRows: 5_000_000, Value: analysis.ValueSettings{Months: 12, Discount: 0.01},
			Touches: analysis.TouchSettings{Channel: "source_medium", Lookback: delay, HalfLife: 7 * 24 * time.Hour},
			Baskets: analysis.BasketSettings{MinSupport: 0.01, MinConfidence: 0.3, MaxItems: 3, MaxItemsets: 50_000},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range analysis.All() {
		r, err := s.RunNow(t.Context(), a.Name, "test")
		if err != nil {
			out["analysis "+a.Name] = err.Error()
			continue
		}
		out["figures "+a.Name] = fmt.Sprint(r.Figures)
		for _, table := range a.Tables {
			out["analysis "+table.Name] = rows(t, store, "SELECT count(*), sum(hash(r)) FROM "+table.Name+" AS r")
		}
	}
}
