package duckdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/olaptest"
)

const endless = "SELECT count(*) FROM range(10000000) a, range(10000000) b"

func TestBusy(t *testing.T) {
	s := openTest(t, t.TempDir(), func(c *Config) { c.MaxQueries, c.MaxWaiting, c.QueueTimeout = 2, 1, 50*time.Millisecond })
	var open []*olap.Result
	for range 2 {
		r, err := s.Query(t.Context(), olap.Query{SQL: "SELECT * FROM range(1000000)", Untrusted: true})
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, r)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := untrusted(t.Context(), s, "SELECT 1"); !errors.Is(err, olap.ErrBusy) {
				t.Errorf("one query too many: %v", err)
			}
		})
	}
	wg.Wait()
	// The platform's own queries have slots of their own.
	if got := rowsOf(t, s, "SELECT 1"); got != "[[1]]" {
		t.Error(got)
	}
	for _, r := range open {
		if err := errors.Join(r.Close(), r.Close()); err != nil {
			t.Error(err)
		}
	}
	if _, err := untrusted(t.Context(), s, "SELECT 1"); err != nil {
		t.Error(err)
	}
}

// TestForgottenResult: a result that nobody closes gives its slot back at its
// time limit.
func TestForgottenResult(t *testing.T) {
	s := openTest(t, t.TempDir(), func(c *Config) { c.MaxQueries = 1 })
	r, err := s.Query(t.Context(), olap.Query{SQL: "SELECT * FROM range(1000000)", Limits: olap.Limits{Timeout: 100 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	if got := rowsOf(t, s, "SELECT 1"); got != "[[1]]" {
		t.Error(got)
	}
	if _, err := r.Next(); !errors.Is(err, olap.ErrTimeout) {
		t.Errorf("Next behind the time limit: %v", err)
	}
}

func TestCloseEndsQueries(t *testing.T) {
	s := openTest(t, t.TempDir(), nil)
	failed := make(chan error)
	go func() {
		r, err := s.Query(t.Context(), olap.Query{SQL: endless})
		if err == nil {
			_, err = r.All()
		}
		failed <- err
	}()
	for { // until it runs
		s.mu.Lock()
		n := len(s.cursors)
		s.mu.Unlock()
		if n > 0 {
			break
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; !errors.Is(err, olap.ErrClosed) {
		t.Errorf("a query of a store that is closed: %v", err)
	}
}

// TestMemory: queries that need too much fail by themselves, and writing goes on
// beside them.
func TestMemory(t *testing.T) {
	s := openTest(t, t.TempDir(), func(c *Config) {
		c.MemoryLimit, c.SpillLimit, c.Logger = 64*miB, 16*miB, slog.New(slog.NewTextHandler(t.Output(), nil))
	})
	hungry := []string{
		"SELECT count(*) FROM (SELECT DISTINCT hash(range) FROM range(100000000))",
		"SELECT list(range) FROM range(100000000)",
		"SELECT string_agg(range::VARCHAR, '') FROM range(100000000)",
		"SELECT * FROM range(30000000) ORDER BY hash(range)",
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for _, sql := range hungry {
		wg.Go(func() {
			for ctx.Err() == nil {
				r, err := s.Query(ctx, olap.Query{SQL: sql})
				if err == nil {
					_, err = r.All()
				}
				// ErrBusy while the store recovers.
				if ctx.Err() == nil && !errors.Is(err, olap.ErrLimit) && !errors.Is(err, olap.ErrBusy) {
					t.Errorf("%s: %v", sql, err)
					return
				}
			}
		})
	}
	for i := range int64(20) {
		c := olap.Commit{Batches: []*event.Batch{olaptest.Sales(0, i*1000, 1000)}, Positions: map[int32]int64{0: (i + 1) * 1000}}
		if err := s.Write(t.Context(), c); err != nil {
			t.Errorf("Write beside hungry queries: %v", err)
		}
	}
	stop()
	wg.Wait()
	if got := rowsOf(t, s, "SELECT count(*) FROM order_lines"); got != "[[20000]]" {
		t.Errorf("rows are %s", got)
	}
}

func TestVersion(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir, nil)
	if err := s.w.conn.exec("UPDATE _millrace.state SET version = 999"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := Open(s.cfg)
	if !errors.Is(err, olap.ErrVersion) || !strings.Contains(fmt.Sprint(err), "999") {
		t.Errorf("opening another version: %v", err)
	}
}

// TestWriteAllocations: what a write allocates does not grow with its rows.
func TestWriteAllocations(t *testing.T) {
	s := openTest(t, t.TempDir(), nil)
	measure := func(partition int32, n int) float64 {
		b := olaptest.Sales(partition, 0, n)
		next := int64(0)
		return testing.AllocsPerRun(5, func() {
			for i := range b.Offset {
				b.Offset[i] = next + int64(i)
			}
			next += int64(n)
			if err := s.Write(t.Context(), olap.Commit{Batches: []*event.Batch{b}, Positions: map[int32]int64{partition: next}}); err != nil {
				t.Fatal(err)
			}
		})
	}
	few, many := measure(0, 2000), measure(1, 20_000)
	if perRow := (many - few) / 18_000; perRow > 0.01 {
		t.Errorf("a commit of 2,000 rows allocates %v times, one of 20,000 %v: %v per row", few, many, perRow)
	}
}

// TestGrowingText: text that expressions make is not under DuckDB's limit.
func TestGrowingText(t *testing.T) {
	s := openTest(t, t.TempDir(), func(c *Config) { c.MemoryLimit = 64 * miB })
	sql := "WITH a AS (SELECT string_agg('x', '') AS s FROM range(1000)) SELECT sum(length(replace(s, 'x', '" +
		strings.Repeat("y", 100) + "') || range)) FROM a, range(10000000)"
	start := time.Now()
	if _, err := untrusted(t.Context(), s, sql); !errors.Is(err, olap.ErrLimit) {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}
