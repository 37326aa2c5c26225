package reconcile_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/ledger"
	"github.com/millrace/millrace/internal/reconcile"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/record"
)

// silent is a database's log.
type silent struct{}

func (silent) Infof(string, ...any)              {}
func (silent) Errorf(string, ...any)             {}
func (silent) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// book is a ledger in memory.
type book struct {
	t  *testing.T
	db *pebble.DB
}

func newBook(t *testing.T) *book {
	t.Helper()
	db, err := pebble.Open("", &pebble.Options{FS: vfs.NewMem(), Merger: ledger.Merger(), Logger: silent{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return &book{t, db}
}

func (b *book) LedgerAt(fn func(*ledger.Ledger, map[int32]int64) error) error {
	return fn(ledger.New(b.db), nil)
}

// receive books events of a minute; verdicts may be fewer.
func (b *book) receive(source, minute string, received int, verdicts ...event.Verdict) {
	b.t.Helper()
	var d ledger.Delta
	micros := at(minute).UnixMicro()
	for range received {
		d.Receive(source, micros, micros)
	}
	for _, v := range verdicts {
		d.Judge(source, micros, micros, v, 0)
	}
	batch := b.db.NewBatch()
	if err := d.AppendTo(batch, 0); err != nil {
		b.t.Fatal(err)
	}
	if err := batch.Commit(pebble.Sync); err != nil {
		b.t.Fatal(err)
	}
}

func TestStatements(t *testing.T) {
	b, now := newBook(t), clock.NewFake(at("2026-01-03T00:05:00Z"))
	records := (&world{t: t}).records()
	s := &reconcile.Statements{Records: records, Ledger: b, Clock: now, Grace: 10 * time.Minute}
	b.receive("web", "2026-01-01T10:00:00Z", 2, event.Accepted, event.Duplicate)
	b.receive("till", "2026-01-01T23:59:00Z", 1, event.Quarantined)
	b.receive("web", "2026-01-02T10:00:00Z", 2, event.Accepted)
	closeDays := func(want int) {
		t.Helper()
		if n, err := s.Close(t.Context()); err != nil || n != want {
			t.Fatalf("closed %d days, %v; want %d", n, err, want)
		}
	}
	closeDays(1) // the second is within its grace
	now.Advance(10 * time.Minute)
	closeDays(1)
	closeDays(0)
	first, changes, err := s.Get(t.Context(), "2026-01-01")
	if err != nil || len(changes) != 0 || first.Total.Received != 3 || len(first.Sources) != 2 || first.Previous != "" {
		t.Fatalf("the first day: %+v, changed %q, %v", first, changes, err)
	}
	// What was not balanced needs a word.
	if _, err := s.Sign(t.Context(), "2026-01-02", "ada", ""); !errors.Is(err, reconcile.ErrUnbalanced) {
		t.Errorf("signing what does not balance: %v", err)
	}
	if _, err := s.Sign(t.Context(), "2026-01-02", "ada", "seen"); err != nil {
		t.Error(err)
	}
	if _, err := s.Sign(t.Context(), "2026-01-02", "ada", "seen"); !errors.Is(err, reconcile.ErrSigned) {
		t.Errorf("signing twice: %v", err)
	}
	if _, err := s.Sign(t.Context(), "2026-01-05", "ada", ""); !errors.Is(err, reconcile.ErrNoStatement) {
		t.Errorf("signing a day without a statement: %v", err)
	}
	b.receive("late", "2026-01-01T10:00:00Z", 1, event.Accepted)
	_, changes, err = s.Get(t.Context(), "2026-01-01")
	if err != nil || len(changes) != 1 || changes[0] != "late: nothing then, 1 received, 1 accepted now" {
		t.Errorf("after a late record: %q, %v", changes, err)
	}
	if signed, err := s.Sign(t.Context(), "2026-01-01", "bob", ""); err != nil || len(signed.Signed[0].Changes) != 1 {
		t.Errorf("signing a changed day: %+v, %v", signed, err)
	}
	if n, err := s.Verify(t.Context()); n != 2 || err != nil {
		t.Errorf("verified %d, %v", n, err)
	}
}

// A day on which nothing was received has a statement that says so: what waited in a spool
// is booked at the minute of its receipt, days later.
func TestStatementsOfEmptyDays(t *testing.T) {
	b, now := newBook(t), clock.NewFake(at("2026-01-05T00:30:00Z"))
	s := &reconcile.Statements{Records: (&world{t: t}).records(), Ledger: b, Clock: now, Grace: 10 * time.Minute, Retention: 2400 * time.Hour}
	if n, err := s.Close(t.Context()); err != nil || n != 0 {
		t.Fatalf("closed %d days before the first event, %v", n, err)
	}
	b.receive("web", "2026-01-01T10:00:00Z", 1, event.Accepted)
	b.receive("web", "2026-01-03T10:00:00Z", 1, event.Accepted)
	if n, err := s.Close(t.Context()); err != nil || n != 4 {
		t.Fatalf("closed %d days, %v; want 4", n, err)
	}
	for _, day := range []string{"2026-01-02", "2026-01-04"} {
		if st, changes, err := s.Get(t.Context(), day); err != nil || len(changes) != 0 || st.Total.Received != 0 {
			t.Errorf("%s: %+v, changed %q, %v", day, st, changes, err)
		}
	}
	b.receive("spool", "2026-01-02T10:00:00Z", 1, event.Accepted)
	_, changes, err := s.Get(t.Context(), "2026-01-02")
	if err != nil || len(changes) != 1 || changes[0] != "spool: nothing then, 1 received, 1 accepted now" {
		t.Errorf("a late record of an empty day: %q, %v", changes, err)
	}
	if n, err := s.Verify(t.Context()); err != nil || n != 4 {
		t.Errorf("verified %d, %v", n, err)
	}
}

func TestStatementsChangedByHand(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, tx record.Tx)
		want   string
	}{
		"a number": {func(t *testing.T, tx record.Tx) {
			edit(t, tx, "2026-01-02", func(s *reconcile.Statement) { s.Total.Received++ })
		}, "2026-01-02 is not what was closed"},
		"one taken away": {func(t *testing.T, tx record.Tx) {
			if err := tx.Delete("ledger_statement", "2026-01-02"); err != nil {
				t.Fatal(err)
			}
		}, "before that of 2026-01-03"},
		"a signature": {func(t *testing.T, tx record.Tx) {
			edit(t, tx, "2026-01-02", func(s *reconcile.Statement) {
				s.Signed = append(s.Signed, reconcile.Signature{By: "eve", Digest: "00"})
			})
		}, "eve signed another statement"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			b := newBook(t)
			records := (&world{t: t}).records()
			s := &reconcile.Statements{Records: records, Ledger: b, Clock: clock.NewFake(at("2026-01-04T00:00:00Z"))}
			for _, day := range []string{"2026-01-01", "2026-01-02", "2026-01-03"} {
				b.receive("web", day+"T10:00:00Z", 1, event.Accepted)
			}
			if n, err := s.Close(t.Context()); n != 3 || err != nil {
				t.Fatalf("closed %d, %v", n, err)
			}
			err := records.Update(t.Context(), func(tx record.Tx) error { c.change(t, tx); return nil })
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Verify(t.Context()); !errors.Is(err, reconcile.ErrBroken) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("verify: %v, want %s", err, c.want)
			}
		})
	}
}

func edit(t *testing.T, tx record.Tx, day string, change func(*reconcile.Statement)) {
	t.Helper()
	one, err := tx.Get("ledger_statement", day)
	if err != nil {
		t.Fatal(err)
	}
	var s reconcile.Statement
	if err := json.Unmarshal(one.Value, &s); err != nil {
		t.Fatal(err)
	}
	change(&s)
	text, err := json.Marshal(&s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Put("ledger_statement", day, text); err != nil {
		t.Fatal(err)
	}
}

// Days of which the ledger has lost minutes are neither closed nor compared.
func TestStatementsOfExpiredDays(t *testing.T) {
	b, now := newBook(t), clock.NewFake(at("2026-01-09T12:00:00Z"))
	s := &reconcile.Statements{Records: (&world{t: t}).records(), Ledger: b, Clock: now, Retention: 48 * time.Hour}
	for _, day := range []string{"2026-01-06", "2026-01-07", "2026-01-08"} {
		b.receive("web", day+"T13:00:00Z", 1, event.Accepted)
	}
	if n, err := s.Close(t.Context()); n != 1 || err != nil {
		t.Fatalf("closed %d days, %v; only the last is whole", n, err)
	}
	now.Advance(24 * time.Hour)
	b.receive("web", "2026-01-08T13:00:00Z", 1, event.Accepted)
	if _, changes, err := s.Get(t.Context(), "2026-01-08"); err != nil || len(changes) != 0 {
		t.Errorf("a day that is half gone differs: %q, %v", changes, err)
	}
}

func TestBalance(t *testing.T) {
	b := newBook(t)
	now := clock.NewFake(at("2026-01-03T00:00:00Z"))
	reported := make(chan []reconcile.Imbalance)
	watch := &reconcile.Balance{
		Ledger: b, Statements: &reconcile.Statements{Records: (&world{t: t}).records(), Ledger: b, Clock: now},
		Interval: time.Minute, Clock: now, Logger: slog.New(slog.DiscardHandler),
	}
	watch.Report = func(ctx context.Context, found []reconcile.Imbalance) { reported <- found }
	b.receive("web", "2026-01-02T10:00:00Z", 1, event.Accepted)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- watch.Run(ctx) }()
	if found := <-reported; len(found) != 0 {
		t.Errorf("a ledger that balances: %+v", found)
	}
	b.receive("web", "2026-01-03T00:00:00Z", 2, event.Accepted)
	found := []reconcile.Imbalance{}
	for len(found) == 0 {
		now.Advance(time.Minute)
		select {
		case found = <-reported:
		case <-time.After(10 * time.Millisecond):
		}
	}
	if len(found) != 2 || found[0].Source != "web" || found[0].Detail == "" {
		t.Errorf("one event has no verdict: %+v", found)
	}
	cancel()
	for open := true; open; {
		select {
		case <-reported:
		case err := <-ended:
			open = false
			if err != nil {
				t.Error(err)
			}
		}
	}
}
