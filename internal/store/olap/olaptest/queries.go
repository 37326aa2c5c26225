package olaptest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

func testArguments(t *testing.T, open Open) {
	s := openIn(t, open, t.TempDir())
	write(t, s, map[int32]int64{3: 16}, Shop())
	at := time.Date(2010, 12, 1, 8, 26, 0, 0, time.UTC)
	id, err := event.ParseID("8a000000-0000-0007-9900-00000000000a")
	if err != nil {
		t.Fatal(err)
	}
	wantQuery(t, s, "10", `SELECT "offset" FROM events WHERE event_id = ?`, id)
	wantQuery(t, s, "2", `SELECT count(*) FROM events WHERE event_time = ? AND event_time < ?`, at, at.Add(time.Second))
	wantQuery(t, s, "2", `SELECT count(*) FROM events WHERE amount = ?`, event.Micros(15_300_000))
	wantQuery(t, s, "-0.000001", `SELECT ?`, event.Micros(-1))
	wantQuery(t, s, "8a000000-0000-0007-9900-00000000000a", `SELECT ?::UUID`, id)
	wantQuery(t, s, "it's true 7 8 9 0.5 ∅", `SELECT ?, ?, ?, ?, ?, ?, ?`, "it's", true, 7, int32(8), int64(9), 0.5, nil)
	if _, err := s.Query(t.Context(), olap.Query{SQL: "SELECT ?"}); !errors.Is(err, olap.ErrSyntax) {
		t.Errorf("a missing argument: %v", err)
	}
}

func testLimits(t *testing.T, open Open) {
	s := openIn(t, open, t.TempDir())
	write(t, s, map[int32]int64{0: 5000}, Sales(0, 0, 5000))
	for _, c := range []struct {
		limits    olap.Limits
		rows      int
		truncated bool
	}{
		{olap.Limits{}, 5000, false},
		{olap.Limits{Rows: 5000}, 5000, false},
		{olap.Limits{Rows: 4999}, 4999, true},
		{olap.Limits{Rows: 1}, 1, true},
		{olap.Limits{Bytes: 800}, 100, true},
	} {
		r, err := s.Query(t.Context(), olap.Query{SQL: `SELECT "offset" FROM events ORDER BY 1`, Limits: c.limits})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := r.All()
		if err != nil || len(rows) != c.rows || r.Rows() != c.rows || r.Truncated() != c.truncated {
			t.Errorf("limits %+v: %d rows, truncated %v, %v; want %d, %v", c.limits, len(rows), r.Truncated(), err, c.rows, c.truncated)
		}
		if len(rows) > 0 && rows[len(rows)-1][0] != int64(c.rows-1) {
			t.Errorf("limits %+v: the last row is %v", c.limits, rows[len(rows)-1])
		}
	}
	const endless = `SELECT count(*) FROM range(10000000) a, range(10000000) b`
	_, err := drain(t.Context(), s, olap.Query{SQL: endless, Limits: olap.Limits{Timeout: 200 * time.Millisecond}})
	if !errors.Is(err, olap.ErrTimeout) {
		t.Errorf("an endless query: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err = drain(ctx, s, olap.Query{SQL: endless}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a cancelled query: %v", err)
	}
	wantQuery(t, s, "5000", "SELECT count(*) FROM events")
}

func drain(ctx context.Context, s olap.Store, q olap.Query) ([][]any, error) {
	r, err := s.Query(ctx, q)
	if err != nil {
		return nil, err
	}
	return r.All()
}

func testErrors(t *testing.T, open Open) {
	s := openIn(t, open, t.TempDir())
	for _, c := range []struct {
		sql          string
		kind         error
		line, column int
	}{
		{"SELEC 1", olap.ErrSyntax, 1, 1},
		{"SELECT *\n  FROM nowhere", olap.ErrSyntax, 2, 8},
		{"SELECT 'ä', amuont FROM events", olap.ErrSyntax, 1, 13},
		{"SELECT 1; SELECT 2", olap.ErrNotQuery, 0, 0},
		{"", olap.ErrSyntax, 0, 0},
		{"DELETE FROM events", olap.ErrNotQuery, 0, 0},
	} {
		for _, untrusted := range []bool{false, true} {
			_, err := drain(t.Context(), s, olap.Query{SQL: c.sql, Untrusted: untrusted})
			var e *olap.Error
			if !errors.As(err, &e) || !errors.Is(err, c.kind) || e.Message == "" {
				t.Errorf("%q: error %v, want %v", c.sql, err, c.kind)
				continue
			}
			if c.line > 0 && (e.Line != c.line || e.Column != c.column) {
				t.Errorf("%q: %v at line %d, column %d, want %d, %d", c.sql, err, e.Line, e.Column, c.line, c.column)
			}
		}
	}
	_, err := drain(t.Context(), s, olap.Query{SQL: "SELECT 'x'::INTEGER + count(*) FROM events"})
	if !errors.Is(err, olap.ErrSyntax) {
		t.Errorf("a value that cannot be converted: %v", err)
	}
}
