package warehouse

import (
	"context"
	"errors"
	"testing"

	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse/warehousetest"
)

// failing is a store whose transactions end at a statement, as when the process is killed
// there; or whose answer is lost behind the commit.
type failing struct {
	Store
	left     int // statements until it fails
	lost     bool
	attempts int
}

var errKilled = errors.New("killed")

func (f *failing) Transform(ctx context.Context, do func(olap.Tx) error) error {
	f.attempts++
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

func (d dying) Texts(sql string) ([]string, error) {
	if d.f.left--; d.f.left == 0 {
		return nil, errKilled
	}
	return d.Tx.Texts(sql)
}

// TestKilledBetweenAnyTwoStatements ends steps at every statement in turn, and loses the
// answers of some that were stored. Every line counts once.
func TestKilledBetweenAnyTwoStatements(t *testing.T) {
	lines := warehousetest.Retail(t, 2000)
	clean := newWorld(t, 100)
	clean.Write(clean.RetailBatch(0, lines))
	clean.load()
	want := clean.dump()

	w := newWorld(t, 100)
	f := &failing{Store: w.store}
	w.open(f, 100)
	w.Write(w.RetailBatch(0, lines))
	killed := 0
	for n := 1; ; n++ {
		f.left, f.lost = n, n%5 == 0
		more, err := w.loader.Step(t.Context())
		if err != nil {
			if killed++; !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
			continue
		}
		if !more {
			break
		}
	}
	if killed < 15 {
		t.Errorf("%d steps were killed", killed)
	}
	f.left = 0
	w.load()
	compare(t, "killed", w.dump(), want)
}

// TestOtherDeclarationsMakeTheStarAnew throws away a star of another version.
func TestOtherDeclarationsMakeTheStarAnew(t *testing.T) {
	w := newWorld(t, 1000)
	w.Write(w.RetailBatch(0, warehousetest.Retail(t, 5000)))
	w.load()
	want := w.dump()
	other := Schema(Star())
	other.Version = "old"
	if err := w.store.Prepare(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if rows := w.rows("SELECT count(*) FROM warehouse.fact_order_line"); rows != "0\n" {
		t.Errorf("the other star has %s rows", rows)
	}
	w.open(w.store, 1000)
	w.load()
	compare(t, "anew", w.dump(), want)
	w.open(w.store, 1000) // the same declarations keep what is there
	if more, err := w.loader.Step(t.Context()); more || err != nil {
		t.Errorf("%t %v", more, err)
	}
	compare(t, "kept", w.dump(), want)
}
