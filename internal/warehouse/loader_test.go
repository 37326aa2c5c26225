package warehouse

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/internal/warehouse/warehousetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a store with a star.
type world struct {
	*warehousetest.World
	store  *duckdb.Store
	loader *Loader
}

func newWorld(t testing.TB, maxEvents int64) *world {
	t.Helper()
	return openWorld(t, filepath.Join(t.TempDir(), "t.duckdb"), maxEvents)
}

func openWorld(t testing.TB, path string, maxEvents int64) *world {
	t.Helper()
	store, err := duckdb.Open(duckdb.Config{Path: path, Threads: 1, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	w := &world{World: warehousetest.New(t, store), store: store}
	w.open(store, maxEvents)
	return w
}

func (w *world) open(s Store, maxEvents int64) {
	w.T.Helper()
	var err error
	w.loader, err = Open(w.T.Context(), Config{Store: s, Interval: time.Second, MaxEvents: maxEvents, Share: 50, Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		w.T.Fatal(err)
	}
}

// load steps until there is nothing left.
func (w *world) load() {
	w.T.Helper()
	for {
		more, err := w.loader.Step(w.T.Context())
		if err != nil {
			w.T.Fatal(err)
		}
		if !more {
			return
		}
	}
}

// rows returns the rows of a query as lines, as a user would get them.
func (w *world) rows(sql string) string {
	w.T.Helper()
	r, err := w.store.Query(w.T.Context(), olap.Query{SQL: sql, Untrusted: true, Limits: olap.Limits{Rows: 1 << 20, Bytes: 1 << 30, Timeout: time.Minute}})
	if err != nil {
		w.T.Fatalf("%s: %v", sql, err)
	}
	all, err := r.All()
	if err != nil {
		w.T.Fatalf("%s: %v", sql, err)
	}
	var b strings.Builder
	for _, row := range all {
		for i, v := range row {
			if i > 0 {
				b.WriteString(" | ")
			}
			switch v := v.(type) {
			case nil:
				b.WriteString("∅")
			case time.Time:
				b.WriteString(strings.TrimSuffix(v.Format("2006-01-02T15:04:05"), "T00:00:00"))
			default:
				fmt.Fprint(&b, v)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// dump returns everything that the star says, without where events lie in the log.
func (w *world) dump() map[string]string {
	w.T.Helper()
	out := make(map[string]string)
	star := Star()
	for i := range star {
		t := &star[i]
		if t.Kind == Fixed {
			continue
		}
		columns := []string{}
		for _, c := range t.columns() {
			if c.Name != "partition" && c.Name != "offset" {
				columns = append(columns, quote(c.Name))
			}
		}
		out[t.Name] = w.rows("SELECT " + strings.Join(columns, ", ") + " FROM warehouse." + t.Name + " ORDER BY ALL")
	}
	return out
}

func compare(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	for name := range want {
		if got[name] == want[name] {
			continue
		}
		a, b := strings.Split(got[name], "\n"), strings.Split(want[name], "\n")
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Errorf("%s: %s has %d rows, want %d; row %d is\n%s\nwant\n%s", what, name, len(a)-1, len(b)-1, i, a[i], b[i])
				break
			}
		}
		if len(a) != len(b) {
			t.Errorf("%s: %s has %d rows, want %d", what, name, len(a)-1, len(b)-1)
		}
	}
}

func TestScripts(t *testing.T) {
	datadriven.Walk(t, "testdata/scripts", func(t *testing.T, path string) {
		w := newWorld(t, 1000)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			w.T, w.World.T = t, t
			switch d.Cmd {
			case "events":
				partition := int32(0)
				d.MaybeScanArgs(t, "partition", &partition)
				w.Write(w.Batch(partition, d.Input))
				w.load()
				return ""
			case "tables": // of jobs; views over them are made when the star is opened
				if err := w.store.Transform(t.Context(), func(tx olap.Tx) error { return tx.Exec(d.Input) }); err != nil {
					t.Fatal(err)
				}
				w.open(w.store, 1000)
				return ""
			case "sql":
				return w.rows(d.Input)
			}
			t.Fatalf("unknown command %q", d.Cmd)
			return ""
		})
	})
}

// TestArrivalDoesNotMatter lets a sample of Online Retail, and the visits of a script, come
// in many orders and steps. The star says the same each time.
func TestArrivalDoesNotMatter(t *testing.T) {
	lines := warehousetest.Retail(t, 400)
	var want map[string]string
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 7))
		w := newWorld(t, 500+int64(r.IntN(600)))
		order := slices.Clone(lines)
		if seed > 0 {
			order = shuffled(r, lines, 30*24*time.Hour)
		}
		for from := 0; from < len(order); {
			to := min(len(order), from+200+r.IntN(900))
			partition := int32(r.IntN(3))
			w.Write(w.RetailBatch(partition, order[from:to]))
			if r.IntN(3) > 0 {
				w.load()
			}
			from = to
		}
		w.load()
		got := w.dump()
		if seed == 0 {
			want = got
			continue
		}
		compare(t, fmt.Sprintf("seed %d", seed), got, want)
	}
}

// shuffled delays every line by up to a span of time.
func shuffled(r *rand.Rand, lines []warehousetest.Line, most time.Duration) []warehousetest.Line {
	type due struct {
		warehousetest.Line
		at time.Duration
	}
	all := make([]due, len(lines))
	for i, l := range lines {
		// Lines are 374 days in the order of their time.
		all[i] = due{l, time.Duration(i)*374*24*time.Hour/time.Duration(len(lines)) + time.Duration(r.Int64N(int64(most)))}
	}
	slices.SortStableFunc(all, func(a, b due) int { return int((a.at - b.at) / time.Millisecond) })
	out := make([]warehousetest.Line, len(all))
	for i := range all {
		out[i] = all[i].Line
	}
	return out
}

// TestSightingsOfADay lets names of two products change within days, and come in any order:
// also sightings that fall between others of the same name, and those that say nothing.
func TestSightingsOfADay(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	var lines []string
	for n := range 60 {
		name := []string{`"name":"X",`, `"name":"Y",`, `"name":"Y","category":"K",`, ``}[r.IntN(4)]
		lines = append(lines, fmt.Sprintf(`{"id":"%d","type":"order_completed","time":"2026-03-%02dT%02d:00:00Z","order_id":"o%d","customer_id":"c%d","country":"%s","items":[{"product_id":"P%d",%s"kind":"sale","quantity":1,"price":1}]}`,
			n, 1+r.IntN(2), r.IntN(24), n, r.IntN(3), []string{"DE", "FR"}[r.IntN(2)], r.IntN(2), name))
	}
	var want map[string]string
	for seed := range 5 {
		w := newWorld(t, 1000)
		for from := 0; from < len(lines); {
			to := min(len(lines), from+2+r.IntN(20))
			w.Write(w.Batch(int32(r.IntN(2)), strings.Join(lines[from:to], "\n")))
			w.load()
			from = to
		}
		got := w.dump()
		if seed == 0 {
			want = got
		}
		compare(t, fmt.Sprintf("shuffle %d", seed), got, want)
		r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	}
	if versions := strings.Count(want["dim_product"], "| P0 |"); versions < 6 {
		t.Errorf("a product has %d versions:\n%s", versions, want["dim_product"])
	}
}
