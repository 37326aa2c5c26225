package olaptest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/store/olap"
)

// RunSnapshots runs the suite of stores that keep tables which are replaced as a whole.
func RunSnapshots(t *testing.T, open Open) {
	t.Run("Replaced", func(t *testing.T) { testReplaced(t, open) })
	t.Run("ReplacedWhileRead", func(t *testing.T) { testReplacedWhileRead(t, open) })
}

// ranking is a table of n rows, whose second column says which one it is.
func ranking(name string, n int, edition int64) olap.Snapshot {
	s := olap.Snapshot{Name: name, Comment: "Who's first", Values: make([]olap.JobValues, 3), Columns: []olap.SnapshotColumn{
		{JobColumn: olap.JobColumn{Name: "customer", Type: olap.Text}, Comment: "Who"},
		{JobColumn: olap.JobColumn{Name: "edition", Type: olap.Int64}, Comment: "Which"},
		{JobColumn: olap.JobColumn{Name: "worth", Type: olap.Money}, Comment: "What"},
	}}
	for i := range n {
		s.Values[0].Texts = append(s.Values[0].Texts, fmt.Sprintf("customer %d", i))
		s.Values[1].Ints = append(s.Values[1].Ints, edition)
		s.Values[2].Ints = append(s.Values[2].Ints, int64(i)*1_500_000)
	}
	return s
}

func replace(t *testing.T, s olap.Store, tables ...olap.Snapshot) {
	t.Helper()
	if err := s.(olap.Snapshots).Replace(t.Context(), tables); err != nil {
		t.Fatalf("Replace: %v", err)
	}
}

func testReplaced(t *testing.T, open Open) {
	const many = 50_000 // rows of several transactions
	const sums = `SELECT count(*), count(DISTINCT customer), min(edition), max(edition), sum(worth) FROM ranking`
	dir := t.TempDir()
	s := openIn(t, open, dir)
	replace(t, s, ranking("ranking", many, 1), ranking("ranking_runs", 1, 1))
	wantQuery(t, s, "50000 50000 1 1 1874962500.000", sums)

	// With other columns, and no rows.
	other := ranking("ranking", 2, 2)
	other.Columns[0].Name = "person"
	replace(t, s, other, ranking("ranking_runs", 0, 1))
	wantQuery(t, s, "customer 0 2 0.000\ncustomer 1 2 1.500", `SELECT * FROM ranking ORDER BY ALL`)
	wantQuery(t, s, "", `SELECT * FROM ranking_runs`)
	wantQuery(t, s, "Who", `SELECT comment FROM duckdb_columns() WHERE table_name = 'ranking' AND column_name = 'person' AND schema_name = 'main'`)

	// Users read it, also when the store was opened again.
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openIn(t, open, dir)
	r, err := s.Query(t.Context(), olap.Query{SQL: "SELECT person FROM ranking", Untrusted: true})
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := r.All(); err != nil || len(rows) != 2 {
		t.Errorf("users read %v, %v", rows, err)
	}

	// Names are taken only once.
	shelves := ranking("shelves", 1, 1)
	job := Shelves()
	job.Name = "ranking"
	if err := s.Define(t.Context(), []olap.JobTable{job}); err == nil || !strings.Contains(err.Error(), "choose another") {
		t.Errorf("a job's table of the same name gives %v", err)
	}
	define(t, s, Shelves())
	if err := s.(olap.Snapshots).Replace(t.Context(), []olap.Snapshot{shelves}); err == nil {
		t.Error("a job's table was replaced")
	}
	events := ranking("events", 1, 1)
	if err := s.(olap.Snapshots).Replace(t.Context(), []olap.Snapshot{events}); err == nil {
		t.Error("the table of events was replaced")
	}
	wantQuery(t, s, "2", `SELECT count(*) FROM ranking`)
}

// testReplacedWhileRead looks for a query that sees two editions, or a part of one.
func testReplacedWhileRead(t *testing.T, open Open) {
	s := openIn(t, open, t.TempDir())
	replace(t, s, ranking("ranking", 5000, 0), ranking("ranking_runs", 1, 0))
	done := make(chan error, 1)
	go func() {
		for edition := range int64(20) {
			if err := s.(olap.Snapshots).Replace(t.Context(), []olap.Snapshot{ranking("ranking", 5000, edition), ranking("ranking_runs", 1, edition)}); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for {
		wantQuery(t, s, "5000 1 true", `SELECT count(*), count(DISTINCT edition), min(edition) = (SELECT edition FROM ranking_runs) FROM ranking`)
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			return
		default:
		}
	}
}
