package archive_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/archive"
	"github.com/millrace/millrace/internal/store/lake"
	"github.com/millrace/millrace/internal/store/olap"
)

// errCrash stands for the end of the process.
var errCrash = errors.New("the process died")

// crasher ends the process twice at everything that is done to lake and store: before it
// is done, and behind it.
type crasher struct {
	on    bool
	dead  bool // nothing is done any more
	met   map[string]int
	count map[string]int // crashes by kind of act
}

func newCrasher() *crasher { return &crasher{met: make(map[string]int), count: make(map[string]int)} }

// guard does something, or dies before or behind it. what names it: the same act is tried
// again under the same name by the next process.
func (c *crasher) guard(kind, what string, do func() error) error {
	if c.dead {
		return errCrash
	}
	if !c.on {
		return do()
	}
	what = kind + " " + what
	c.met[what]++
	if c.met[what] == 1 {
		return c.die(kind)
	}
	err := do()
	if err == nil && c.met[what] == 2 {
		return c.die(kind)
	}
	return err
}

func (c *crasher) die(kind string) error {
	c.dead = true
	c.count[kind]++
	return errCrash
}

// restart makes the next process.
func (s *shop) restart(c *crasher) {
	c.dead, s.Service = false, archive.New(s.cfg)
}

type crashingLake struct {
	lake.Store
	*crasher
}

func (l crashingLake) Commit(ctx context.Context, c lake.Change) (state *lake.State, err error) {
	err = l.guard("commit of "+kindOf(&c), fmt.Sprint(c.Table, c.Add, c.Remove, c.Delete), func() error {
		state, err = l.Store.Commit(ctx, c)
		return err
	})
	return state, err
}

// kindOf tells the commits of the service apart.
func kindOf(c *lake.Change) string {
	if c.Positions != nil {
		return "flush"
	}
	return c.Summary["millrace.reason"]
}

func (l crashingLake) Expire(ctx context.Context, name string, replaced time.Time) (n int, err error) {
	if name != "events" { // one is enough of what is done to each table alike
		return l.Store.Expire(ctx, name, replaced)
	}
	err = l.guard("expire", fmt.Sprint(name, replaced), func() error {
		n, err = l.Store.Expire(ctx, name, replaced)
		return err
	})
	return n, err
}

func (l crashingLake) Orphans(ctx context.Context, name string, written time.Time) (found []lake.Orphan, err error) {
	if name != "events" {
		return l.Store.Orphans(ctx, name, written)
	}
	err = l.guard("clean", fmt.Sprint(name, written), func() error {
		found, err = l.Store.Orphans(ctx, name, written)
		return err
	})
	return found, err
}

type crashingStore struct {
	archive.Store
	*crasher
}

// Copy leaves half a file behind when it dies before it is done.
func (s crashingStore) Copy(ctx context.Context, c olap.Copy) (n int64, err error) {
	if !strings.Contains(c.Path, "/events/") {
		return s.Store.Copy(ctx, c)
	}
	err = s.guard("copy", c.Path, func() error {
		n, err = s.Store.Copy(ctx, c)
		return err
	})
	if n == 0 && errors.Is(err, errCrash) {
		err = errors.Join(err, os.WriteFile(c.Path, []byte("PAR1 half a file"), 0o600))
	}
	return n, err
}

func (s crashingStore) Shift(ctx context.Context, seam olap.Seam) error {
	return s.guard("shift", fmt.Sprint(seam), func() error { return s.Store.Shift(ctx, seam) })
}

// crash does something until no process dies of it any more. Behind every death the tables
// show the orders once, and who has a snapshot open reads on.
func (s *shop) crash(c *crasher, from int64, do func(context.Context) error) {
	s.Helper()
	reader, rows := s.reader()
	for c.on = true; ; {
		err := do(s.Context())
		if err != nil && !errors.Is(err, errCrash) {
			s.Fatal(err)
		}
		s.wantOrders(from, s.next)
		if got := s.query(reader); got != rows {
			s.Fatalf("a reader of a snapshot found %s, then %s", rows, got)
		}
		if c.on = err != nil; !c.on {
			return
		}
		s.restart(c)
	}
}

// reader is a query of the newest snapshot of events, and what it finds.
func (s *shop) reader() (query, rows string) {
	s.Helper()
	state, err := s.lake.Load(s.Context(), "events", lake.Version{})
	if errors.Is(err, lake.ErrNoTable) {
		return "SELECT 0", "[[0]]"
	}
	if err != nil {
		s.Fatal(err)
	}
	paths := make([]string, len(state.Files))
	for i, f := range state.Files {
		paths[i] = "'" + f.Path + "'"
	}
	query = `SELECT count(*), sum("offset") FROM read_parquet([` + strings.Join(paths, ", ") + "])"
	return query, s.query(query)
}

// TestCrashes: a process dies before and behind every act of flush, compaction, tiering,
// expiry and clean-up. Nothing is lost, nothing counts twice, and it ends where a process
// ends that nothing happened to.
func TestCrashes(t *testing.T) {
	t.Parallel()
	c := newCrasher()
	s := openShop(t, t.TempDir(), options{
		change: func(cfg *archive.Config) {
			cfg.Keep = map[string]time.Duration{"events": 60 * 24 * time.Hour, "order_lines": 60 * 24 * time.Hour, "product_events": 60 * 24 * time.Hour}
		},
		lake:  func(l lake.Store) lake.Store { return crashingLake{l, c} },
		store: func(st archive.Store) archive.Store { return crashingStore{st, c} },
	})
	flush := func(ctx context.Context) error {
		_, err := s.Flush(ctx)
		return err
	}
	compact := func(ctx context.Context) error {
		for _, table := range shopTables {
			if _, err := s.Compact(ctx, table, true); err != nil {
				return err
			}
		}
		return nil
	}
	for _, days := range []int{45, 5} { // to February 19: all are kept
		s.sell(days)
		s.crash(c, 0, flush)
		s.crash(c, 0, func(ctx context.Context) error { return s.Tier(ctx) })
	}
	s.crash(c, 0, compact)
	s.crash(c, 0, func(ctx context.Context) error { return s.Tier(ctx) })
	s.clock.Advance(2 * time.Hour) // replaced snapshots and their files may go
	s.crash(c, 0, func(ctx context.Context) error { return s.Round(ctx) })
	s.wantLake(0, s.next)

	s.sell(45) // to April 10: January is older than sixty days
	s.crash(c, 0, flush)
	c.on = true
	for died := true; died; c.on = died {
		err := s.Round(t.Context())
		if died = errors.Is(err, errCrash); err != nil && !died {
			t.Fatal(err)
		}
		from := int64(0) // until the round came to an end, the store may still show January
		if got := s.query(`SELECT count(*) FROM events WHERE event_time < '2026-02-01'`); got == "[[0]]" {
			from = 31 * perDay
		}
		if !died || from == 0 {
			s.wantOrders(from, s.next)
		}
		s.restart(c)
	}
	s.wantOrders(31*perDay, s.next)
	s.wantLake(31*perDay, s.next)
	for _, kind := range []string{"copy", "commit of flush", "commit of compaction", "commit of expiry", "shift", "expire", "clean"} {
		if c.count[kind] < 2 {
			t.Errorf("no process died of %s often enough: %v", kind, c.count)
		}
	}
}

// TestForeignDeletes: a table from which another engine deleted rows in a form that is not
// understood here is refused wherever its rows would be read, and not written anew.
func TestForeignDeletes(t *testing.T) {
	t.Parallel()
	foreign := &foreignLake{}
	s := openShop(t, t.TempDir(), options{lake: func(l lake.Store) lake.Store { foreign.Store = l; return foreign }})
	s.sell(45)
	s.flush()
	foreign.on = true
	before := s.load("events", lake.Version{})
	for what, err := range map[string]error{
		"tiering": s.Tier(t.Context()),
		"asking the past": func() error {
			_, err := s.Views(t.Context(), lake.Version{})
			return err
		}(),
		"an erasure": func() error {
			_, err := s.Erase(t.Context(), "customer_id", "c7")
			return err
		}(),
	} {
		if !errors.Is(err, lake.ErrForeign) || !strings.Contains(fmt.Sprint(err), before.Files[0].Path) {
			t.Errorf("%s: %v, want that %q is refused", what, err, before.Files[0].Path)
		}
	}
	if done, err := s.Compact(t.Context(), "events", true); err != nil || done.Removed > 0 {
		t.Errorf("compaction did %+v, %v", done, err)
	}
	s.wantOrders(0, s.next)
}

// foreignLake says of the oldest file of each table that another engine deleted rows of it.
type foreignLake struct {
	lake.Store
	on bool
}

func (l *foreignLake) Load(ctx context.Context, name string, at lake.Version) (*lake.State, error) {
	state, err := l.Store.Load(ctx, name, at)
	if err == nil && l.on && len(state.Files) > 0 {
		state.Files[0].Foreign = true
	}
	return state, err
}
