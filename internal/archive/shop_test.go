package archive_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/archive"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/lake"
	"github.com/millrace/millrace/internal/store/lake/iceberg"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/internal/store/olap/olaptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// perDay orders are in a day of the shop of the tests, one partition of the log.
const perDay = 40

// shopTables are the tables that move together.
var shopTables = []string{"events", "order_lines", "product_events"}

// shop is an analytics store and a lake, with what moves rows between them.
type shop struct {
	*testing.T
	*archive.Service
	store *duckdb.Store
	lake  *iceberg.Store
	cfg   archive.Config
	clock *clock.Fake
	next  int64 // offset
}

type options struct {
	change func(*archive.Config)
	where  func(*iceberg.Config)
	lake   func(lake.Store) lake.Store       // in the place of the real one
	store  func(archive.Store) archive.Store // the same
}

func openShop(t *testing.T, dir string, o options) *shop {
	t.Helper()
	files := filepath.Join(dir, "lake")
	if err := os.MkdirAll(files, 0o755); err != nil {
		t.Fatal(err)
	}
	// Files and snapshots have real times: the clock starts from them, and then goes ahead.
	s := &shop{T: t, clock: clock.NewFake(time.Now())}
	var err error
	if s.store, err = duckdb.Open(duckdb.Config{Path: filepath.Join(dir, "analytics.duckdb"), LakeDir: files, Now: s.clock.Now}); err != nil {
		t.Fatal(err)
	}
	where := iceberg.Config{Dir: files}
	if o.where != nil {
		o.where(&where)
	}
	if s.lake, err = iceberg.Open(t.Context(), where); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = s.store.Close(), s.lake.Close() })
	cfg := archive.Config{
		Lake: s.lake, Files: s.lake, Store: s.store, Dir: files, Clock: s.clock, Logger: slog.New(slog.DiscardHandler),
		FlushInterval: time.Hour, FlushRows: 1 << 40, Hot: 20 * 24 * time.Hour, FileBytes: 1 << 20, Snapshots: time.Hour, Grace: time.Hour, Partition: lake.Month,
	}
	if o.change != nil {
		o.change(&cfg)
	}
	if o.lake != nil {
		cfg.Lake = o.lake(cfg.Lake)
	}
	if o.store != nil {
		cfg.Store = o.store(cfg.Store)
	}
	s.cfg, s.Service = cfg, archive.New(cfg)
	positions, err := s.store.Positions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.next = positions.Offsets[0]
	return s
}

// sell stores days of orders. Order o is worth (o+1) thousandths; each hundredth customer
// has the same name.
func (s *shop) sell(days int) {
	s.Helper()
	b := olaptest.SalesWithViews(0, s.next, days*perDay)
	for i := range b.Time {
		b.Time[i] = timeOf(b.Offset[i]).UnixMicro()
		b.CustomerID[i] = fmt.Sprint("c", b.Offset[i]%100)
	}
	s.next += int64(days) * perDay
	if err := s.store.Write(s.Context(), olap.Commit{Batches: []*event.Batch{b}, Positions: map[int32]int64{0: s.next}}); err != nil {
		s.Fatal(err)
	}
}

// timeOf is when the order of an offset was made.
func timeOf(offset int64) time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(offset) * 24 * time.Hour / perDay)
}

func (s *shop) do(f func(context.Context) error) {
	s.Helper()
	if err := f(s.Context()); err != nil {
		s.Fatal(err)
	}
}

func (s *shop) flush() {
	s.Helper()
	if _, err := s.Flush(s.Context()); err != nil {
		s.Fatal(err)
	}
}

func (s *shop) query(sql string) string {
	s.Helper()
	r, err := s.store.Query(s.Context(), olap.Query{SQL: sql})
	if err != nil {
		s.Fatal(err)
	}
	rows, err := r.All()
	if err != nil {
		s.Fatal(err)
	}
	return fmt.Sprint(rows)
}

func (s *shop) load(table string, at lake.Version) *lake.State {
	s.Helper()
	state, err := s.Load(s.Context(), table, at)
	if err != nil {
		s.Fatal(err)
	}
	return state
}

// wantOrders fails unless the tables have the orders from one offset to another, once.
func (s *shop) wantOrders(from, to int64) {
	s.Helper()
	sum := event.Micros((to*(to+1)-from*(from+1))/2) * 1000
	want := fmt.Sprintf("[[%d %[1]d %d %d %v]]", to-from, from, to-1, sum)
	for _, table := range shopTables {
		if got := s.query(`SELECT count(*), count(DISTINCT "offset"), min("offset"), max("offset"), sum(amount) FROM ` + table); got != want {
			s.Fatalf("%s are %s, want %s", table, got, want)
		}
	}
}

// wantLake fails unless the files of the lake have the orders from one offset to another.
func (s *shop) wantLake(from, to int64) {
	s.Helper()
	for _, table := range shopTables {
		state := s.load(table, lake.Version{})
		var paths []string
		for _, f := range state.Files {
			paths = append(paths, "'"+f.Path+"'")
			if len(f.Deletes) > 0 {
				s.Fatalf("%s has deleted rows", f.Path)
			}
		}
		want := fmt.Sprintf("[[%d %[1]d %d %d]]", to-from, from, to-1)
		if got := s.query(`SELECT count(*), count(DISTINCT "offset"), min("offset"), max("offset") FROM read_parquet([` + strings.Join(paths, ", ") + "])"); got != want {
			s.Fatalf("%s of the lake are %s, want %s", table, got, want)
		}
		if state.Snapshot.Positions.Offsets[0] != to {
			s.Fatalf("%s of the lake reflect %v, want %d", table, state.Snapshot.Positions, to)
		}
	}
}
