package history

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
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

// world is a store with a keeper.
type world struct {
	*warehousetest.World
	store  *duckdb.Store
	keeper *Keeper
}

func newWorld(t testing.TB, maxEvents int64) *world {
	t.Helper()
	store, err := duckdb.Open(duckdb.Config{Path: filepath.Join(t.TempDir(), "t.duckdb"), Threads: 1, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	w := &world{World: warehousetest.New(t, store), store: store}
	w.open(maxEvents)
	return w
}

// open begins anew with what the store has.
func (w *world) open(maxEvents int64) {
	w.T.Helper()
	k, err := Open(w.T.Context(), Config{Store: w.store, Interval: time.Second, MaxEvents: maxEvents, Share: 50, Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler), sortRows: 20})
	if err != nil {
		w.T.Fatal(err)
	}
	w.keeper = k
}

func (w *world) step() (more bool) {
	w.T.Helper()
	more, err := w.keeper.Step(w.T.Context())
	if err != nil {
		w.T.Fatal(err)
	}
	return more
}

func (w *world) catchUp() {
	w.T.Helper()
	for w.step() {
	}
}

// keeps reports whether metrics may read the table now.
func (w *world) keeps() bool {
	w.T.Helper()
	at, err := w.store.Positions(w.T.Context())
	if err != nil {
		w.T.Fatal(err)
	}
	return w.keeper.Keeps(metric.CustomerOrders, at.Offsets)
}

func (w *world) query(sql string) string {
	w.T.Helper()
	result, err := w.store.Query(w.T.Context(), olap.Query{SQL: sql})
	if err != nil {
		w.T.Fatalf("%v\n%s", err, sql)
	}
	rows, err := result.All()
	if err != nil {
		w.T.Fatal(err)
	}
	return fmt.Sprint(rows)
}

// rowsOf is the query of the orders that all rows of the log make.
func rowsOf() string {
	for _, d := range metric.Datasets() {
		if d.Name == metric.CustomerOrders {
			return "SELECT " + strings.Join(shown, ", ") + " FROM " + d.Whole()
		}
	}
	panic("BUG: there is no such dataset")
}

// want fails unless the view has the rows that the log makes, and no others.
func (w *world) want(when string) {
	w.T.Helper()
	view, rows := "SELECT "+strings.Join(shown, ", ")+" FROM customer_orders", rowsOf()
	if n := w.query("SELECT count(*) FROM ((" + view + " EXCEPT ALL " + rows + ") UNION ALL (" + rows + " EXCEPT ALL " + view + "))"); n != "[[0]]" {
		w.T.Fatalf("%s: %s orders differ\nview %s\nrows %s", when, n, w.query(view+" ORDER BY ALL"), w.query(rows+" ORDER BY ALL"))
	}
}

// order is a line of an order. Customer 0 is none, so that it is a guest's.
func order(id, order, customer int, at time.Time, currency, kind string) string {
	who := ""
	if customer > 0 {
		who = fmt.Sprintf(`"customer_id":"c%d",`, customer)
	}
	return fmt.Sprintf(`{"id":"%d","type":"order_completed","time":"%s",%s"anonymous_id":"v%d","order_id":"o%d","country":"%s","currency":"%s","amount":5,"items":[{"product_id":"A","kind":"%s","quantity":%d,"price":5}]}`,
		id, at.Format(time.RFC3339), who, customer, order, []string{"DE", "FR", "GB"}[id%3], currency, kind, 1+id%4)
}

// random are lines that happened at any time, in several orders of one customer and with
// several lines of one order, beside visits.
func random(rng *rand.Rand, from, n int) string {
	var lines []string
	for i := range n {
		id := from + i
		at := time.Date(2026, 3, 1+rng.IntN(9), rng.IntN(24), rng.IntN(3)*20, 0, 0, time.UTC)
		if rng.IntN(4) == 0 {
			lines = append(lines, fmt.Sprintf(`{"id":"%d","type":"page","time":"%s","anonymous_id":"v1"}`, id, at.Format(time.RFC3339)))
			continue
		}
		customer := rng.IntN(9)
		lines = append(lines, order(id, customer*20+rng.IntN(12), customer, at, []string{"EUR", "EUR", "USD"}[rng.IntN(3)], []string{"sale", "sale", "sale", "cancellation"}[rng.IntN(4)]))
	}
	return strings.Join(lines, "\n")
}

// TestEqualsRows keeps orders that come in disorder, of several partitions, in steps of random
// size, and compares the view with the rows of the log before, between and behind them.
func TestEqualsRows(t *testing.T) {
	const seed = 20261123
	rng := rand.New(rand.NewPCG(5, seed))
	for round := range 3 {
		w := newWorld(t, 1+rng.Int64N(60))
		if w.query("SELECT count(*) FROM customer_orders"); w.keeper.Keeps(metric.CustomerOrders, map[int32]int64{0: 0}) {
			t.Error("it can be read before it has begun")
		}
		n := 0
		for turn := range 25 {
			took := 1 + rng.IntN(40)
			w.Write(w.Batch(int32(rng.IntN(1+turn/8)), random(rng, n, took)))
			n += took
			for range rng.IntN(3) {
				w.step()
			}
			if rng.IntN(6) == 0 {
				w.open(1 + rng.Int64N(60)) // the former one ended with its process
			}
			if w.keeps() {
				w.want(fmt.Sprintf("seed %d, round %d, turn %d", seed, round, turn))
			}
		}
		w.catchUp()
		w.want("when it has all")
		at := w.keeper.Status()
		if rows := w.query("SELECT count(*) FROM customer_orders"); rows != fmt.Sprintf("[[%d]]", at.Rows) || rows != w.query("SELECT count(*) FROM "+stored) {
			t.Errorf("the view has %s rows, the status says %d", rows, at.Rows)
		}
	}
}

// TestMetricsReadIt asks metrics of customers while orders come, and compares with what rows
// give.
func TestMetricsReadIt(t *testing.T) {
	w := newWorld(t, 1000)
	s, err := metric.Open(metric.Config{Store: w.store, Keeps: w.keeper.Keeps, Engine: "duckdb", Timeout: time.Minute, Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(6, 20261123))
	for turn := range 8 {
		w.Write(w.Batch(0, random(rng, turn*30, 30)))
		if turn%3 > 0 {
			w.step()
		}
		for _, name := range []string{"customer_orders", "repeat_orders", "new_customers", "repeat_rate"} {
			q := metric.Query{Metrics: []string{name}, Currency: "EUR", Grain: "day", From: time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 8, 0, 0, 0, 0, time.UTC)}
			got, err := s.Query(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			q.Rows = true
			want, err := s.Query(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(got.Statement, "FROM customer_orders") != (turn > 0) || strings.Contains(want.Statement, "FROM customer_orders") {
				t.Fatalf("statements are\n%s\nand\n%s", got.Statement, want.Statement)
			}
			if show(got) != show(want) {
				t.Errorf("turn %d, %s is\n%s\nof rows it is\n%s", turn, name, show(got), show(want))
			}
		}
	}
}

func show(a *metric.Answer) string {
	var b strings.Builder
	for _, r := range a.Rows {
		fmt.Fprint(&b, r.Time.Format(time.DateOnly))
		for _, v := range slices.Concat(r.Dimensions, r.Values, r.Previous) {
			if v == nil {
				b.WriteString(" -")
			} else {
				b.WriteString(" " + *v)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// TestStepWritesWhatDiffers counts the rows that steps replace: of orders that come in turn none,
// of one that came late those behind it.
func TestStepWritesWhatDiffers(t *testing.T) {
	w := newWorld(t, 1000)
	w.keeper.cfg.sortRows = 1000
	day := func(n int) time.Time { return time.Date(2026, 3, n, 12, 0, 0, 0, time.UTC) }
	for i, c := range []struct {
		line    string
		deleted int64 // so far
	}{
		{order(1, 1, 7, day(1), "EUR", "sale"), 0},
		{order(2, 2, 7, day(3), "EUR", "sale"), 0},
		{order(3, 3, 7, day(5), "EUR", "sale"), 0},
		{order(4, 4, 7, day(4), "EUR", "sale"), 1}, // the third is the fourth now
		{order(5, 3, 7, day(5), "EUR", "sale"), 2}, // a line more
		{order(6, 5, 7, day(6), "EUR", "cancellation"), 2},
		{order(7, 6, 0, day(6), "EUR", "sale"), 2}, // a guest
	} {
		w.Write(w.Batch(0, c.line))
		w.step()
		w.want(fmt.Sprintf("behind line %d", i))
		if w.keeper.state.Deleted != c.deleted {
			t.Errorf("behind line %d %d rows were deleted, want %d", i, w.keeper.state.Deleted, c.deleted)
		}
	}
}

// TestErase marks the customers before rows go, and puts their orders in turn anew: behind the
// erasure, and at the next start when the process ended in between.
func TestErase(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 20261123))
	w := newWorld(t, 1000)
	w.Write(w.Batch(0, random(rng, 0, 200)))
	w.step()
	w.Write(w.Batch(0, random(rng, 200, 50))) // the table lacks these
	erase := func(condition string) func(context.Context) error {
		return func(ctx context.Context) error {
			if n := w.query("SELECT count(*) > 0 FROM events WHERE " + condition); n != "[[true]]" {
				t.Errorf("nothing is erased where %s", condition)
			}
			if w.keeps() {
				t.Error("the table can be read while rows of a person go")
			}
			return w.store.Transform(ctx, func(tx olap.Tx) error {
				return tx.Exec("DELETE FROM _millrace.fact_order WHERE " + condition + ";\nDELETE FROM _millrace.fact_order_visit WHERE " + condition)
			})
		}
	}
	if err := w.keeper.Erase(t.Context(), "customer_id", "c3", erase("customer_id = 'c3'")); err != nil {
		t.Fatal(err)
	}
	w.want("behind the erasure of a customer")
	if !w.keeps() {
		t.Error("the table cannot be read behind an erasure")
	}
	if err := w.keeper.Erase(t.Context(), "order_id", "o43", erase("order_id = 'o43'")); err != nil {
		t.Fatal(err)
	}
	w.want("behind the erasure of an order")
	failure := errors.New("a disk")
	ended := erase("customer_id = 'c5'")
	if err := w.keeper.Erase(t.Context(), "customer_id", "c5", func(context.Context) error { return failure }); !errors.Is(err, failure) {
		t.Errorf("%v, want the failure of the erasure", err)
	}
	w.want("behind an erasure that failed")
	if err := w.store.Transform(t.Context(), func(tx olap.Tx) error { return tx.Exec(markSQL("customer_id", "c5")) }); err != nil {
		t.Fatal(err)
	}
	w.keeper.erasing.Store(true)
	if err := ended(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.open(1000)
	w.want("when the process ended behind an erasure")
	if n := w.query("SELECT count(*) FROM " + repairs); n != "[[0]]" {
		t.Errorf("%s customers are still marked", n)
	}
	w.catchUp()
	w.want("when it has all")
}
