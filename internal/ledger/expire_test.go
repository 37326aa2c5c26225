package ledger_test

import (
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/ledger"
)

// An event may be settled long after its minute has expired. What is left of that minute
// would say that fewer than no events are open.
func TestAnExpiredMinuteStaysExpired(t *testing.T) {
	db, err := pebble.Open("", &pebble.Options{FS: vfs.NewMem(), Merger: ledger.Merger()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	l := ledger.New(db)
	at := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	commit := func(change func(*pebble.Batch)) {
		t.Helper()
		b := db.NewBatch()
		change(b)
		if err := b.Commit(pebble.Sync); err != nil {
			t.Fatal(err)
		}
	}
	add := func(change func(*ledger.Delta)) {
		t.Helper()
		commit(func(b *pebble.Batch) {
			var d ledger.Delta
			change(&d)
			if err := d.AppendTo(b, 3); err != nil {
				t.Fatal(err)
			}
		})
	}
	add(func(d *ledger.Delta) {
		d.Receive("shop", at.UnixMicro(), at.UnixMicro())
		d.Judge("shop", at.UnixMicro(), at.UnixMicro(), event.Quarantined, 0)
	})
	commit(func(b *pebble.Batch) {
		if err := l.Expire(b, at.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	})
	add(func(d *ledger.Delta) {
		d.Settle("shop", at.UnixMicro(), at.UnixMicro(), ledger.Open, ledger.Recovered)
	})
	for kind, want := range map[ledger.Kind]int{ledger.ByMinute: 0, ledger.ByDay: 1, ledger.BySource: 1} {
		rows, err := l.Rows(kind, ledger.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != want {
			t.Errorf("%c: %d rows, want %d: %+v", kind, len(rows), want, rows)
		}
		for _, r := range rows {
			if r.Open() != 0 || r.Recovered != 1 {
				t.Errorf("%c: %+v", kind, r)
			}
		}
	}
}
