package archive_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/archive"
	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/store/lake"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/olaptest"
)

// TestStepByStep: whatever is done to them, the tables show every order once.
func TestStepByStep(t *testing.T) {
	t.Parallel()
	s := openShop(t, t.TempDir(), options{})
	for range 3 {
		s.sell(30)
		for _, step := range []func(){s.flush, func() { s.do(s.Tier) }, func() {
			for _, table := range shopTables {
				if _, err := s.Compact(t.Context(), table, true); err != nil {
					t.Fatal(err)
				}
			}
		}, func() { s.do(s.Tier) }} {
			step()
			s.wantOrders(0, s.next)
			s.wantLake(0, s.next)
		}
	}
	if own := s.query("SELECT count(*), min(event_time)::VARCHAR FROM " + olap.OwnRows("events")); own != fmt.Sprintf("[[%d 2026-03-11 00:00:00]]", 21*perDay) {
		t.Errorf("the store has %s itself, want the last twenty days", own)
	}
	late := olaptest.SalesWithViews(0, s.next, 3) // of December 2010
	if err := s.store.Write(t.Context(), olap.Commit{Batches: []*event.Batch{late}, Positions: map[int32]int64{0: s.next + 3}}); err != nil {
		t.Fatal(err)
	}
	s.next += 3
	s.wantOrders(0, s.next)
	s.do(s.Round)
	s.wantOrders(0, s.next)
	if own := s.query("SELECT count(*) FROM " + olap.OwnRows("events") + " WHERE event_time < '2026-01-01'"); own != "[[0]]" {
		t.Errorf("%s late rows are in the store behind the next round", own)
	}
}

// TestFilesOfTheDays: a query about days in the store opens no file, one about days in the
// lake plans one branch of files.
func TestFilesOfTheDays(t *testing.T) {
	t.Parallel()
	s := openShop(t, t.TempDir(), options{})
	s.sell(150)
	s.do(s.Round)
	for _, days := range []struct {
		within   string
		branches int
	}{
		{"event_time >= '2026-02-10' AND event_time < '2026-02-12'", 1},
		{"event_time >= '2026-05-25' AND event_time < '2026-05-27'", 0},
	} {
		plan := s.query("EXPLAIN ANALYZE SELECT count(*), sum(amount) FROM events WHERE " + days.within)
		if n := strings.Count(plan, "READ_PARQUET"); n != days.branches {
			t.Errorf("%s: the query reads %d times from files, want %d:\n%s", days.within, n, days.branches, plan)
		}
		if got := s.query("SELECT count(*) FROM events WHERE " + days.within); got != fmt.Sprintf("[[%d]]", 2*perDay) {
			t.Errorf("%s: two days have %s events", days.within, got)
		}
	}
}

// TestQueriesMeanwhile: queries that run while rows come, go to the lake, leave the store
// and are written again see whole commits, each row once.
func TestQueriesMeanwhile(t *testing.T) {
	t.Parallel()
	s := openShop(t, t.TempDir(), options{})
	s.sell(40)
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	asked := 0
	all.Go(func() {
		for before := int64(0); ctx.Err() == nil; asked++ {
			var n int64
			var sum string
			got := s.query(`SELECT count(*), sum(amount) FROM events`)
			if _, err := fmt.Sscanf(got, "[[%d %s", &n, &sum); err != nil || n < before || n%perDay != 0 || sum != fmt.Sprint(event.Micros(n*(n+1)/2)*1000)+"]]" {
				t.Errorf("the events are %s, there were %d before (%v)", got, before, err)
				return
			}
			before = n
		}
	})
	for range 4 {
		s.sell(25)
		s.do(s.Round)
		s.clock.Advance(2 * time.Hour) // old snapshots expire, their files go
	}
	stop()
	all.Wait()
	if asked == 0 {
		t.Error("nobody asked")
	}
	s.wantOrders(0, s.next)
	s.wantLake(0, s.next)
}

// TestExpiry: rows that are older than they are kept leave lake and tables, and their
// files the disk, once nobody can read them.
func TestExpiry(t *testing.T) {
	t.Parallel()
	s := openShop(t, t.TempDir(), options{change: func(c *archive.Config) {
		c.Keep = map[string]time.Duration{"events": 60 * 24 * time.Hour, "order_lines": 60 * 24 * time.Hour, "product_events": 60 * 24 * time.Hour}
	}})
	s.sell(100) // to April 10: January is older than sixty days, February is not all
	s.flush()
	january := s.load("events", lake.Version{}).Files[0].Path
	s.do(s.Round)
	s.wantOrders(31*perDay, s.next)
	s.wantLake(31*perDay, s.next)
	if _, err := os.Stat(january); err != nil {
		t.Fatalf("a file is gone that a reader may still have: %v", err)
	}
	s.clock.Advance(48 * time.Hour)
	s.do(s.Round)
	if _, err := os.Stat(january); !os.IsNotExist(err) {
		t.Errorf("the file of January stays: %v", err)
	}
	s.wantOrders(31*perDay, s.next)
}

// TestKeptAnswers: an answer that was kept is not given any more when the rows are gone that it
// was made of, though nothing was stored since.
func TestKeptAnswers(t *testing.T) {
	t.Parallel()
	s := openShop(t, t.TempDir(), options{change: func(c *archive.Config) {
		c.Keep = map[string]time.Duration{"events": 60 * 24 * time.Hour, "order_lines": 60 * 24 * time.Hour, "product_events": 60 * 24 * time.Hour}
	}})
	asked := query.New(query.Config{Store: s.store, CacheBytes: 1 << 20, Now: s.clock.Now, Logger: s.cfg.Logger})
	want := func(when string, events int64) {
		t.Helper()
		for _, cached := range []bool{false, true} {
			result, err := asked.Ask(t.Context(), &query.User{Role: &query.Role{}}, olap.Query{SQL: "SELECT count(*) FROM events"})
			if err != nil {
				t.Fatal(err)
			}
			rows, err := result.All()
			if err != nil || fmt.Sprint(rows) != fmt.Sprintf("[[%d]]", events) || result.Cached != cached {
				t.Errorf("%s there are %v events, cached: %t, %v; want %d, %t", when, rows, result.Cached, err, events, cached)
			}
		}
	}
	s.sell(100) // to April 10: January is older than sixty days
	want("at first", s.next)
	s.do(s.Round)
	want("when January is gone", s.next-31*perDay)
	done, err := s.Erase(t.Context(), "customer_id", "c7")
	if err != nil || done.Events == 0 {
		t.Fatalf("erased: %+v, %v", done, err)
	}
	want("behind an erasure", s.next-31*perDay-int64(done.Events))
}

// TestErase: a person's events leave store and lake; other engines see that from the
// first commit on.
func TestErase(t *testing.T) {
	t.Parallel()
	var s *shop
	var left []string
	s = openShop(t, t.TempDir(), options{change: func(c *archive.Config) {
		c.Forget = func(_ context.Context, events []olap.Coordinates) error {
			left = append(left, fmt.Sprint(len(events))+s.query(`SELECT count(*) FROM events WHERE customer_id = 'c7'`))
			return nil
		}
	}})
	s.sell(50)
	s.do(s.Round)
	before := s.load("events", lake.Version{})
	done, err := s.Erase(t.Context(), "customer_id", "c7")
	if err != nil {
		t.Fatal(err)
	}
	if n := int(s.next / 100); done.Events != n || done.Rows != int64(len(shopTables)*n) {
		t.Errorf("%+v was erased, want %d events in each table", done, n)
	}
	for _, table := range shopTables {
		if got := s.query(`SELECT count(*), count(*) FILTER (customer_id = 'c7') FROM ` + table); got != fmt.Sprintf("[[%d 0]]", s.next-s.next/100) {
			t.Errorf("%s are %s", table, got)
		}
		var rows int64
		for _, f := range s.load(table, lake.Version{}).Files {
			if rows += f.Rows; len(f.Deletes) > 0 {
				t.Errorf("%s still has deleted rows", f.Path)
			}
		}
		if rows != s.next-s.next/100 {
			t.Errorf("files of %s have %d rows", table, rows)
		}
	}
	after := s.load("events", lake.Version{})
	var operations []string
	for _, one := range after.Snapshots {
		operations = append(operations, one.Operation)
	}
	if got := strings.Join(operations[len(before.Snapshots):], " "); !strings.HasPrefix(got, "delete replace") {
		t.Errorf("the erasure is %q", got)
	}
	if got, n := fmt.Sprint(left), s.next/100; got != fmt.Sprintf("[%d[[%d]] %d[[0]]]", n, n, n) {
		t.Errorf("what is quoted of them was forgotten as %s, want before and behind the erasure", got)
	}
	if done, err := s.Erase(t.Context(), "customer_id", "nobody"); err != nil || done.Events != 0 {
		t.Errorf("erasing nobody: %+v, %v", done, err)
	}
}

// TestEvolved: columns that are renamed, widened and added in the lake stay what they are
// in the tables.
func TestEvolved(t *testing.T) {
	t.Parallel()
	s := openShop(t, t.TempDir(), options{})
	s.sell(45)
	s.do(s.Round)
	at := s.load("events", lake.Version{})
	if _, err := s.lake.Commit(t.Context(), lake.Change{Table: "events", Base: at.Snapshot.ID, Evolve: []lake.ColumnChange{
		{Rename: "order_id", To: "invoice"}, {Widen: "partition", Type: lake.Int64}, {Add: &lake.Column{Name: "note", Type: lake.Text}},
	}}); err != nil {
		t.Fatal(err)
	}
	s.sell(45)
	s.do(s.Round)
	s.wantOrders(0, s.next)
	if _, err := s.Compact(t.Context(), "events", true); err != nil {
		t.Fatal(err)
	}
	s.do(s.Tier)
	s.wantOrders(0, s.next)
	if got := s.query(`SELECT count(DISTINCT order_id) FROM events`); got != fmt.Sprintf("[[%d]]", s.next) {
		t.Errorf("%s orders", got)
	}
}

// TestResultsOfJobs: the lake has every revision of a job's results, once.
func TestResultsOfJobs(t *testing.T) {
	t.Parallel()
	s := openShop(t, t.TempDir(), options{})
	s.sell(1)
	if err := s.store.Define(t.Context(), []olap.JobTable{{Name: "kpis", Columns: []olap.JobColumn{{Name: "name", Type: olap.Text}, {Name: "value", Type: olap.Money}}, Key: []string{"name"}}}); err != nil {
		t.Fatal(err)
	}
	for n := range uint64(5) {
		if err := s.store.Write(t.Context(), olap.Commit{ResultsTo: n + 1, Results: []olap.JobRows{{
			Table: "kpis", Numbers: []uint64{n}, Columns: []olap.JobValues{{Texts: []string{"revenue"}}, {Ints: []int64{int64(n) * 1_000_000}}},
		}}}); err != nil {
			t.Fatal(err)
		}
		s.flush()
		s.flush()
	}
	state := s.load("kpis_revisions", lake.Version{})
	var rows int64
	for _, f := range state.Files {
		rows += f.Rows
	}
	if rows != 5 || len(state.Files) != 5 || state.Snapshot.Positions.Results != 5 || state.Columns[2].Type != lake.Money {
		t.Errorf("the lake has %d rows in %d files up to result %d of %v", rows, len(state.Files), state.Snapshot.Positions.Results, state.Columns)
	}
	if done, err := s.Compact(t.Context(), "kpis_revisions", false); err != nil || done.Removed != 5 || done.Added != 1 {
		t.Errorf("compaction did %+v, %v", done, err)
	}
}

// TestTiers: what the service says of where events rest, and of its work, is what it did.
func TestTiers(t *testing.T) {
	s := openShop(t, t.TempDir(), options{change: func(c *archive.Config) { c.Keep = map[string]time.Duration{"events": 40 * 24 * time.Hour} }})
	look := func() archive.Tiers {
		t.Helper()
		tiers, err := s.Tiers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return tiers
	}
	if got := look(); got != (archive.Tiers{}) {
		t.Errorf("an empty shop has tiers: %+v", got)
	}
	s.sell(45) // the newest day is the 14th of February
	seam := time.Date(2026, 1, 25, 0, 0, 0, 0, time.UTC)
	if got := look(); got.Hot != s.next || !got.First.Equal(timeOf(0)) || got.Waiting != s.next || got.Cold != 0 || !got.Next.Equal(seam) || !got.Below.IsZero() {
		t.Errorf("before the first round: %+v", got)
	}
	s.do(s.Round)
	s.sell(1)
	cold := int64(24 * perDay)
	got := look()
	want := archive.Tiers{
		Waiting: perDay, Hot: s.next - cold, First: seam, Cold: cold, Oldest: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Below: seam, Newest: timeOf(s.next - 1), Next: seam.AddDate(0, 0, 1), Expires: timeOf(s.next-1).AddDate(0, 0, -40),
	}
	if got != want {
		t.Errorf("behind a round: %+v, want %+v", got, want)
	}
	for _, w := range s.Status().Work {
		if w.At.IsZero() || w.Failed != "" || w.Step == "flush" && (w.Did.Rows < 2*45*perDay || w.Did.Rows != s.Status().Rows) {
			t.Errorf("%+v was not noted as it was done", w)
		}
	}
}
