package rollup

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/warehouse/warehousetest"
)

// failing is a store whose transactions end at a statement, as when the process is killed
// there; or whose answer is lost behind the commit.
type failing struct {
	Store
	left int // statements until it fails
	lost bool
}

var errKilled = errors.New("killed")

func (f *failing) Transform(ctx context.Context, do func(olap.Tx) error) error {
	err := f.Store.Transform(ctx, func(tx olap.Tx) error { return do(dying{tx, f}) })
	if err == nil && f.lost {
		f.lost = false
		return errKilled
	}
	return err
}

type dying struct {
	olap.Tx
	f *failing
}

func (d dying) Exec(sql string) error {
	if d.f.left--; d.f.left == 0 {
		return errKilled
	}
	return d.Tx.Exec(sql)
}

const byCountry = `  - {name: by_country, description: test, dataset: order_lines, grain: %s, dimensions: [kind, country, currency%s], measures: [{name: n, aggregate: count}, {name: worth, aggregate: sum, field: amount}, {name: bought, aggregate: distinct, field: order_id}]}
`

var year = metric.Query{Metrics: []string{"revenue", "orders", "order_lines"}, Dimensions: []string{"country"}, Grain: "month"}

// TestKilledBetweenAnyTwoStatements ends steps at every statement in turn, and loses the
// answers of some that were stored: with rows to add, a repair, and a definition that
// changes on the way. Whenever it is, rollups give what rows do.
func TestKilledBetweenAnyTwoStatements(t *testing.T) {
	file := declare(t, fmt.Sprintf(byCountry, "day", ""))
	w := newWorld(t, 150, file)
	f := &failing{Store: w.store}
	w.open(f, 150, file)
	w.Write(w.RetailBatch(0, warehousetest.Retail(t, 2500)))
	killed, changed := 0, false
	for n := 1; ; n++ {
		f.left, f.lost = n, n%7 == 0
		more, err := w.keeper.Step(t.Context())
		f.left, f.lost = 0, false
		if n%5 == 0 {
			w.same(year)
		}
		switch {
		case err != nil:
			if killed++; !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
			if n%9 == 0 { // as a start does
				w.open(f, 150, file)
			}
		case more:
		case !changed:
			changed, n = true, 0
			rewrite(t, file, fmt.Sprintf(byCountry, "hour", ", guest"))
			if did, err := w.keeper.Reload(); !did || err != nil {
				t.Fatalf("%t %v", did, err)
			}
			if err := w.keeper.Repair(t.Context(), time.Date(2011, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2011, 3, 1, 0, 0, 0, 0, time.UTC)); err != nil {
				t.Fatal(err)
			}
		default:
			if killed < 10 {
				t.Errorf("%d steps were killed", killed)
			}
			if s := w.same(year)[0]; s.Rollup == "" {
				t.Errorf("rows are read: %v", s.Why)
			}
			return
		}
	}
}

// TestFormerDefinitionServes reads the former tables until those of a changed definition
// have all rows, and rows where a rollup is declared no more.
func TestFormerDefinitionServes(t *testing.T) {
	file := declare(t, fmt.Sprintf(byCountry, "day", ""))
	w := newWorld(t, 50, file)
	write := func(text string) {
		t.Helper()
		rewrite(t, file, text)
		if _, err := w.keeper.Reload(); err != nil {
			t.Fatal(err)
		}
	}
	state := func() string {
		for _, s := range w.keeper.Status() {
			if s.Name == "by_country" {
				return s.State()
			}
		}
		return "gone"
	}
	lines := warehousetest.Retail(t, 2000)
	w.Write(w.RetailBatch(0, lines[:200]))
	w.catchUp()
	write(fmt.Sprintf(byCountry, "hour", ""))
	if _, err := w.keeper.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Write(w.RetailBatch(0, lines[200:]))
	if sources := w.same(year); state() != "refilling" || sources[0].Rollup != "by_country" || sources[0].Grain != "day" {
		t.Fatalf("%s, %+v", state(), sources)
	}
	w.catchUp()
	if sources := w.same(year); state() != "serving" || sources[0].Grain != "hour" {
		t.Fatalf("%s, %+v", state(), sources)
	}
	write("  - {name: by_country, description: test, dataset: order_lines, grain: day, measures: [{name: n, aggregate: count}], disabled: true}\n")
	w.catchUp()
	if sources := w.same(year); state() != "gone" || sources[0].Rollup != "" {
		t.Fatalf("%s, %+v", state(), sources)
	}
	if left := w.rows("SELECT table_name FROM information_schema.tables WHERE table_name LIKE '%by_country%'"); len(left) > 0 {
		t.Errorf("tables are left: %v", left)
	}
}

// TestRowsThatAreGone: a rollup outlives its rows. What is erased is repaired; making the whole anew is
// refused, and a changed definition waits, until somebody says that the old buckets may go.
func TestRowsThatAreGone(t *testing.T) {
	file := declare(t, fmt.Sprintf(byCountry, "day", ""))
	w := newWorld(t, 1000, file)
	w.Write(w.RetailBatch(0, warehousetest.Retail(t, 2000)))
	w.catchUp()
	before := w.rows("SELECT sum(n) FROM rollup_by_country")[0][0]
	cut := time.Date(2011, 3, 1, 0, 0, 0, 0, time.UTC)
	err := w.store.Transform(t.Context(), func(tx olap.Tx) error {
		return tx.Exec("DELETE FROM _millrace.fact_order WHERE event_time < " + timestamp(cut) + " OR event_time >= TIMESTAMP '2011-06-01' AND event_time < TIMESTAMP '2011-06-03'")
	})
	if err != nil {
		t.Fatal(err)
	}
	if after := w.rows("SELECT sum(n) FROM rollup_by_country")[0][0]; after != before {
		t.Errorf("the rollup has %v lines, had %v", after, before)
	}
	if err := w.keeper.Repair(t.Context(), time.Date(2011, 6, 1, 5, 0, 0, 0, time.UTC), time.Date(2011, 6, 3, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	w.catchUp()
	later := year
	later.From, later.To = cut, time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC)
	w.same(later)
	if err := w.keeper.Rebuild(t.Context(), "by_country", false); !errors.Is(err, ErrLoss) {
		t.Errorf("the error is %v", err)
	}
	if err := w.keeper.Rebuild(t.Context(), "nothing", false); !errors.Is(err, ErrNotFound) {
		t.Errorf("the error is %v", err)
	}
	rewrite(t, file, fmt.Sprintf(byCountry, "day", ", guest"))
	if _, err := w.keeper.Reload(); err != nil {
		t.Fatal(err)
	}
	w.catchUp()
	if s := w.keeper.Status()[0]; s.State() != "held" {
		t.Fatalf("it is %s", s.State())
	}
	w.same(later)
	if err := w.keeper.Rebuild(t.Context(), "by_country", true); err != nil {
		t.Fatal(err)
	}
	w.catchUp()
	if s := w.keeper.Status()[0]; s.State() != "serving" {
		t.Fatalf("it is %s", s.State())
	}
	w.same(year)
}

// TestRetention drops old buckets, and reads what is asked for of them from rows.
func TestRetention(t *testing.T) {
	w := newWorld(t, 1000, declare(t, `  - {name: short, description: test, dataset: order_lines, grain: month, dimensions: [kind, country, currency], measures: [{name: worth, aggregate: sum, field: amount}], retention: 100d}
`))
	w.Write(w.RetailBatch(0, warehousetest.Retail(t, 2000)))
	w.catchUp()
	if first := w.rows(`SELECT min("time") FROM rollup_short`)[0][0]; first != time.Date(2011, 8, 1, 0, 0, 0, 0, time.UTC) {
		t.Errorf("the first bucket is of %v", first)
	}
	q := metric.Query{Metrics: []string{"revenue"}, Dimensions: []string{"country"}}
	if s := w.same(q); s[0].Rollup != "short" {
		t.Errorf("%+v", s)
	}
}

// TestFull: a rollup with more rows than it may have takes no further ones, and is chosen no more, though SQL
// reads all of it; it goes on where it was when it may have more.
func TestFull(t *testing.T) {
	w := newWorld(t, 100, declare(t, fmt.Sprintf(byCountry, "day", ", product_id")))
	w.keeper.cfg.MaxRows = 150
	lines := warehousetest.Retail(t, 1500)
	w.Write(w.RetailBatch(0, lines[:60]))
	w.catchUp()
	if s := w.same(year)[0]; s.Rollup != "by_country" {
		t.Fatalf("%+v", s)
	}
	w.Write(w.RetailBatch(0, lines[60:]))
	w.catchUp()
	status := w.keeper.Status()[0]
	if s := w.same(year)[0]; status.State() != "full" || s.Rollup != "" {
		t.Fatalf("with %d rows it is %s, and numbers are read from %+v", status.Rows, status.State(), s)
	}
	if got, want := w.rows("SELECT sum(n)::BIGINT FROM rollup_by_country")[0][0], w.rows("SELECT count(*) FROM order_lines")[0][0]; got != want {
		t.Errorf("it has %v lines of %v", got, want)
	}
	w.keeper.cfg.MaxRows = 100_000
	w.catchUp()
	if s := w.same(year)[0]; w.keeper.Status()[0].State() != "serving" || s.Rollup != "by_country" {
		t.Errorf("with room it is %s, and numbers are read from %+v", w.keeper.Status()[0].State(), s)
	}
}

// TestNamesOfColumns: a measure may be called as a column of the rows.
func TestNamesOfColumns(t *testing.T) {
	w := newWorld(t, 100, declare(t, `  - {name: named, description: test, dataset: order_lines, grain: day, dimensions: [kind, guest, currency], measures: [{name: offset, aggregate: count}, {name: partition, aggregate: sum, field: amount}, {name: customer_id, aggregate: distinct, field: order_id}, {name: event_time, aggregate: distinct, field: customer_id}]}
`))
	w.Write(w.RetailBatch(1, warehousetest.Retail(t, 2000)))
	w.catchUp()
	for _, s := range w.same(metric.Query{Metrics: []string{"revenue", "orders", "customers"}, Grain: "month"}) {
		if s.Rollup != "named" {
			t.Errorf("%+v", s)
		}
	}
}
