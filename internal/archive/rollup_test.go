package archive_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/archive"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/olaptest"
	"github.com/millrace/millrace/internal/warehouse/history"
	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/warehouse/rollup"
)

const dailySales = `version: 1
rollups:
  - {name: daily, description: test, dataset: order_lines, grain: day, dimensions: [kind, currency], measures: [{name: n, aggregate: count}, {name: worth, aggregate: sum, field: amount}, {name: orders, aggregate: distinct, field: order_id}]}
`

// openRollup keeps a rollup of the shop's orders beside the moves to the lake.
func (s *shop) openRollup() *rollup.Keeper {
	s.Helper()
	file := filepath.Join(s.TempDir(), "rollups.yaml")
	if err := os.WriteFile(file, []byte(dailySales), 0o600); err != nil {
		s.Fatal(err)
	}
	k, err := rollup.Open(s.Context(), rollup.Config{
		Store: s.store, Paths: []string{file}, Interval: time.Second, MaxEvents: 7 * perDay, MaxRows: 1_000_000, Share: 50, Clock: s.clock, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		s.Fatal(err)
	}
	return k
}

// sellLate stores orders whose month is in the lake, or older than all of it.
func (s *shop) sellLate(at time.Time) {
	s.Helper()
	b := olaptest.Sales(0, s.next, 3)
	for i := range b.Time {
		b.Time[i] = at.UnixMicro()
	}
	s.next += 3
	if err := s.store.Write(s.Context(), olap.Commit{Batches: []*event.Batch{b}, Positions: map[int32]int64{0: s.next}}); err != nil {
		s.Fatal(err)
	}
}

const (
	ofRollup = `SELECT "time"::DATE AS day, n::BIGINT AS n, worth::DECIMAL(38,6) AS worth, orders::BIGINT AS orders FROM rollup_daily`
	ofRows   = `SELECT event_time::DATE AS day, count(*) AS n, sum(amount)::DECIMAL(38,6) AS worth, count(DISTINCT order_id) AS orders FROM order_lines GROUP BY 1`
)

// wantRollup fails unless the rollup gives day by day what store and lake do together, in one statement.
func (s *shop) wantRollup(when string) {
	s.Helper()
	differ := "SELECT count(*) FROM ((" + ofRollup + " EXCEPT " + ofRows + ") UNION ALL (" + ofRows + " EXCEPT " + ofRollup + "))"
	if n := s.query(differ); n != "[[0]]" {
		s.Fatalf("%s: %s days differ\nrollup %s\nrows   %s", when, n, s.query(ofRollup+" ORDER BY 1"), s.query(ofRows+" ORDER BY 1"))
	}
}

// TestRollupsOverHotAndColdRows: wherever rows rest, and whether a rollup has taken them before they moved, late
// ones too, it gives what they do; and what it has of rows that are gone for good it keeps.
func TestRollupsOverHotAndColdRows(t *testing.T) {
	t.Parallel()
	s := openShop(t, t.TempDir(), options{change: func(c *archive.Config) {
		c.Keep = map[string]time.Duration{"events": 60 * 24 * time.Hour, "order_lines": 60 * 24 * time.Hour}
	}})
	k := s.openRollup()
	step := func() (more bool) {
		more, err := k.Step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return more
	}
	catchUp := func() {
		for step() {
		}
	}
	move := func() {
		s.flush()
		s.do(s.Tier)
	}
	s.sell(3)
	catchUp() // it is read from here on
	s.sell(47)
	step()
	s.wantRollup("while it has ten days, and all rows are in the store")
	move()
	s.wantRollup("while rows that it lacks are in the lake")
	step()
	s.wantRollup("when a step has read files")
	catchUp()
	s.wantRollup("when it has all")
	s.sellLate(time.Date(2026, 1, 3, 12, 0, 0, 0, time.UTC))
	s.wantRollup("with a late row of a day that is in the lake")
	move()
	s.wantRollup("when that row is in the lake, too")
	catchUp()
	s.wantRollup("when the rollup has it")
	if err := k.Rebuild(t.Context(), "daily", false); err != nil {
		t.Fatal(err)
	}
	step()
	s.wantRollup("while it is made anew")
	catchUp()
	s.wantRollup("when it was made anew from files and store")

	s.sell(50) // to April 10: January leaves the lake
	catchUp()
	const january = "SELECT sum(n)::BIGINT, sum(worth)::DECIMAL(38,6), sum(orders)::BIGINT FROM (" + ofRollup + ") WHERE day < DATE '2026-02-01'"
	before := s.query(january)
	s.do(s.Round)
	if left := s.query("SELECT count(*) FROM order_lines WHERE event_time < '2026-02-01'"); left != "[[0]]" {
		t.Fatalf("%s rows of January are left", left)
	}
	if after := s.query(january); after != before {
		t.Errorf("of January the rollup has %s, had %s", after, before)
	}
	s.sell(1)
	catchUp()
	if after := s.query(january); after != before {
		t.Errorf("of January the rollup has %s behind a step, had %s", after, before)
	}
}

// TestHistoryOverHotAndColdRows: wherever rows rest, the orders of customers are those that rows make; behind
// an erasure they are without the person's, and behind expiry they stay.
func TestHistoryOverHotAndColdRows(t *testing.T) {
	t.Parallel()
	s := openShop(t, t.TempDir(), options{change: func(c *archive.Config) {
		c.Keep = map[string]time.Duration{"events": 60 * 24 * time.Hour, "order_lines": 60 * 24 * time.Hour}
	}})
	k, err := history.Open(t.Context(), history.Config{Store: s.store, Interval: time.Second, MaxEvents: 7 * perDay, Share: 50, Clock: s.clock, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	step := func() (more bool) {
		more, err := k.Step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return more
	}
	rows := ""
	for _, d := range metric.Datasets() {
		if d.Name == metric.CustomerOrders {
			rows = d.Whole()
		}
	}
	want := func(when string) {
		t.Helper()
		const view = "SELECT customer_id, order_id, order_number, first_ordered_at, previous_ordered_at, amount, pieces FROM "
		differ := "SELECT count(*) FROM ((" + view + "customer_orders EXCEPT ALL " + view + rows + ") UNION ALL (" + view + rows + " EXCEPT ALL " + view + "customer_orders))"
		if n := s.query(differ); n != "[[0]]" {
			t.Fatalf("%s: %s orders differ", when, n)
		}
	}
	s.sell(50)
	step()
	want("while it has a week, and all rows are in the store")
	s.flush()
	s.do(s.Tier)
	want("while rows that it lacks are in the lake")
	step()
	want("when a step has read files")
	for step() {
	}
	want("when it has all")
	s.sellLate(time.Date(2026, 1, 3, 12, 0, 0, 0, time.UTC))
	want("with a late row of a day that is in the lake")
	step()
	want("when it has that row")
	err = k.Erase(t.Context(), "customer_id", "c7", func(ctx context.Context) error {
		_, err := s.Erase(ctx, "customer_id", "c7")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want("behind an erasure")
	if left := s.query("SELECT count(*) FROM history.orders WHERE customer_id = 'c7'"); left != "[[0]]" {
		t.Errorf("%s orders of the person are left", left)
	}
	s.sell(50) // to April 10: January leaves the lake
	for step() {
	}
	const january = "SELECT count(*), sum(amount)::VARCHAR, max(order_number) FROM customer_orders WHERE ordered_at < DATE '2026-02-01'"
	before := s.query(january)
	s.do(s.Round)
	if left := s.query("SELECT count(*) FROM order_lines WHERE event_time < '2026-02-01'"); left != "[[0]]" {
		t.Fatalf("%s rows of January are left", left)
	}
	if after := s.query(january); after != before || before == "[[0 <nil> <nil>]]" {
		t.Errorf("of January there is %s, was %s", after, before)
	}
}

// moving is a store that does something before it answers a query of its own rows.
type moving struct {
	metric.Store
	before func()
}

func (m *moving) Query(ctx context.Context, q olap.Query) (*olap.Result, error) {
	if before := m.before; before != nil && strings.Contains(q.SQL, olap.OwnRows("order_lines")) {
		m.before = nil
		before()
	}
	return m.Store.Query(ctx, q)
}

// TestAnswersWhileRowsMove: what is added to an answer that is kept may move to files between the
// question and its statement, which does not read files.
func TestAnswersWhileRowsMove(t *testing.T) {
	t.Parallel()
	s := openShop(t, t.TempDir(), options{})
	store := &moving{Store: s.store}
	metrics, err := metric.Open(metric.Config{Store: store, Engine: "duckdb", Timeout: time.Minute, Clock: s.clock, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(rows bool) string {
		a, err := metrics.Query(t.Context(), metric.Query{Metrics: []string{"order_lines", "orders"}, Currency: metric.AnyCurrency, Rows: rows})
		if err != nil {
			t.Fatal(err)
		}
		return *a.Rows[0].Values[0] + " " + *a.Rows[0].Values[1]
	}
	s.sell(50)
	s.flush()
	s.do(s.Tier)
	first := ask(false)
	s.sellLate(time.Date(2026, 1, 3, 12, 0, 0, 0, time.UTC))
	moved := false
	store.before = func() {
		moved = true
		s.flush()
		s.do(s.Tier)
	}
	if got, want := ask(false), ask(true); got != want || got == first || !moved {
		t.Errorf("the numbers are %s, of all rows %s; they were %s, and rows moved: %v", got, want, first, moved)
	}
	if n := s.query("SELECT count(*) FROM " + olap.OwnRows("order_lines") + " WHERE event_time < DATE '2026-01-04'"); n != "[[0]]" {
		t.Errorf("%s rows of the first days did not move", n)
	}
}
