package duckdb

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/olaptest"
)

var derived = olap.Schema{Name: "derived", Version: "1", DDL: "CREATE TABLE derived.t (n BIGINT)", Tables: []string{"t"}}

// read runs a user's query of one number.
func read(t *testing.T, s *Store, sql string) any {
	t.Helper()
	r, err := s.Query(t.Context(), olap.Query{SQL: sql, Untrusted: true})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	rows, err := r.All()
	if err != nil || len(rows) != 1 {
		t.Fatalf("%s: %d rows, %v", sql, len(rows), err)
	}
	return rows[0][0]
}

func TestTransform(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir, nil)
	ctx := t.Context()
	if _, err := s.Query(ctx, olap.Query{SQL: "SELECT n FROM derived.t", Untrusted: true}); !errors.Is(err, olap.ErrSyntax) {
		t.Errorf("a schema that is not there: %v", err)
	}
	if err := s.Prepare(ctx, derived); err != nil {
		t.Fatal(err)
	}
	insert := func(tx olap.Tx) error { return tx.Exec("INSERT INTO derived.t SELECT count(*) FROM events") }
	if err := s.Transform(ctx, insert); err != nil {
		t.Fatal(err)
	}
	// A transaction that fails leaves nothing, and commits of events go on beside one.
	broken := errors.New("broken")
	err := s.Transform(ctx, func(tx olap.Tx) error {
		b := olaptest.Sales(1, 0, 10)
		if err := s.Write(ctx, olap.Commit{Batches: []*event.Batch{b}, Positions: map[int32]int64{1: 10}}); err != nil {
			return err
		}
		return errors.Join(insert(tx), broken)
	})
	if !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if n := read(t, s, "SELECT count(*) FROM derived.t"); n != int64(1) {
		t.Errorf("%v rows, want 1", n)
	}
	if n := read(t, s, "SELECT count(*) FROM events"); n != int64(10) {
		t.Errorf("%v events, want 10", n)
	}
	// It is there when the file is opened again; another version begins anew.
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, dir, nil)
	if err := s.Prepare(ctx, derived); err != nil {
		t.Fatal(err)
	}
	if n := read(t, s, "SELECT max(n) FROM derived.t"); n != int64(0) {
		t.Errorf("the row says %v, want 0", n)
	}
	next := derived
	next.Version = "2"
	if err := s.Prepare(ctx, next); err != nil {
		t.Fatal(err)
	}
	if n := read(t, s, "SELECT count(*) FROM derived.t"); n != int64(0) {
		t.Errorf("%v rows of another version", n)
	}
	hides := &olap.Reader{Name: "h", Hidden: map[string][]string{"events": {"customer_id"}}}
	if _, err := s.Query(ctx, olap.Query{SQL: "SELECT n FROM derived.t", Untrusted: true, Reader: hides}); err == nil {
		t.Error("a reader who does not see a column reads what is derived from its table")
	}
	for _, sql := range []string{"SELECT * FROM derived.schema_version", "SELECT * FROM _millrace.state", "DROP TABLE derived.t"} {
		if _, err := s.Query(ctx, olap.Query{SQL: sql, Untrusted: true}); err == nil {
			t.Errorf("a user may run %s", sql)
		}
	}
}

// TestTransformEndsWithItsContext stops a statement that would take minutes, and one that
// runs when the store is closed.
func TestTransformEndsWithItsContext(t *testing.T) {
	s := openTest(t, t.TempDir(), nil)
	long := "CREATE TEMP TABLE x AS SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = 7"
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Transform(ctx, func(tx olap.Tx) error {
		cancel()
		return tx.Exec(long)
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	closed := make(chan error)
	err = s.Transform(t.Context(), func(tx olap.Tx) error {
		go func() { closed <- s.Close() }()
		return tx.Exec(long)
	})
	if !errors.Is(err, olap.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := s.Transform(t.Context(), func(olap.Tx) error { return nil }); !errors.Is(err, olap.ErrClosed) || !strings.Contains(err.Error(), "closed") {
		t.Errorf("a closed store: %v", err)
	}
}

// TestTransformNow runs one beside a transform that is not done, and commits of events beside both.
func TestTransformNow(t *testing.T) {
	s := openTest(t, t.TempDir(), nil)
	ctx := t.Context()
	if err := s.Prepare(ctx, olap.Schema{Name: "derived", Version: "1", DDL: "CREATE TABLE derived.t (n BIGINT);\nCREATE TABLE derived.soon (n BIGINT)", Tables: []string{"t", "soon"}}); err != nil {
		t.Fatal(err)
	}
	err := s.Transform(ctx, func(tx olap.Tx) error {
		if err := tx.Exec("INSERT INTO derived.t VALUES (1)"); err != nil {
			return err
		}
		if err := s.Write(ctx, olap.Commit{Batches: []*event.Batch{olaptest.Sales(1, 0, 10)}, Positions: map[int32]int64{1: 10}}); err != nil {
			return err
		}
		return s.TransformNow(ctx, func(now olap.Tx) error { return now.Exec("INSERT INTO derived.soon SELECT count(*) FROM events") })
	})
	if err != nil {
		t.Fatal(err)
	}
	for sql, want := range map[string]any{"SELECT max(n) FROM derived.soon": int64(10), "SELECT max(n) FROM derived.t": int64(1)} {
		if got := read(t, s, sql); got != want {
			t.Errorf("%s gives %v, want %v", sql, got, want)
		}
	}
	if len(s.transforms) > 0 {
		t.Errorf("%d transforms run", len(s.transforms))
	}
}
