package duckdb

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/olaptest"
)

// shelfAt is the result of a number, the same each time: of few keys, parts of
// which are missing, and every seventh takes one away.
func shelfAt(number int) olaptest.Shelf {
	random := rand.New(rand.NewPCG(uint64(number), 1))
	s := olaptest.Shelf{Pieces: int64(number), Retracted: random.IntN(7) == 0}
	if shop := random.IntN(9); shop > 0 {
		s.Shop = fmt.Sprint("shop ", shop, strings.Repeat(" in a long street", shop%2))
	}
	if start := random.IntN(6); start > 0 {
		s.Start = int64(start) * 1_000_000
	}
	return s
}

// shelfRows returns results [from, to).
func shelfRows(from, to int) olap.JobRows {
	all := make([]olaptest.Shelf, 0, to-from)
	for n := from; n < to; n++ {
		all = append(all, shelfAt(n))
	}
	return olaptest.ShelfRows(uint64(from), all...)
}

// newestShelves returns the numbers of the results of [0, to) that are shown.
func newestShelves(to int) []int {
	newest := make(map[string]int)
	for n := range to {
		s := shelfAt(n)
		key := fmt.Sprint(s.Shop, "|", s.Start)
		if newest[key] = n; s.Retracted {
			delete(newest, key)
		}
	}
	var numbers []int
	for _, n := range newest {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	return numbers
}

// wantShelves compares the tables with what results [0, to) make of them.
func wantShelves(t *testing.T, s *Store, to int) {
	t.Helper()
	want := fmt.Sprint(newestShelves(to))
	if got := rowsOf(t, s, `SELECT coalesce(list(pieces ORDER BY pieces), []) FROM shelves`); got != "[["+want+"]]" {
		t.Errorf("of %d results are shown %s, want %s", to, got, want)
	}
	want = fmt.Sprintf("[[%d %[1]d %d]]", to, to-1)
	if to == 0 {
		want = "[[0 0 <nil>]]"
	}
	if got := rowsOf(t, s, `SELECT count(*), count(DISTINCT revision_no), max(revision_no) FROM shelves_revisions WHERE revision_no = pieces`); got != want {
		t.Errorf("revisions are %s, want %s", got, want)
	}
	positions, err := s.Positions(t.Context())
	if err != nil || positions.Results != uint64(to) {
		t.Errorf("the next result is %d, %v; want %d", positions.Results, err, to)
	}
}

func storeShelves(t *testing.T, s *Store, from, to int) {
	t.Helper()
	if err := s.Write(t.Context(), olap.Commit{Results: []olap.JobRows{shelfRows(from, to)}, ResultsTo: uint64(to)}); err != nil {
		t.Fatal(err)
	}
}

// TestFold: the newest rows are the same with small tails and large ones, after
// redelivery, and in a store that was opened again.
func TestFold(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	open := func() *Store {
		s := openTest(t, dir, func(c *Config) { c.foldRows = 1 + random.IntN(300) })
		if err := s.Define(t.Context(), []olap.JobTable{olaptest.Shelves()}); err != nil {
			t.Fatal(err)
		}
		return s
	}
	s, next := open(), 0
	for range 60 {
		to := next + random.IntN(100)
		storeShelves(t, s, max(0, next-random.IntN(50)), to)
		next = to
		wantShelves(t, s, next)
		if random.IntN(10) == 0 {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open()
			wantShelves(t, s, next)
		}
	}
	if folded := s.w.jobs["shelves"].table.folded; folded == 0 {
		t.Error("nothing was folded")
	}
}

// TestRetention: revisions are there for the retention, and not much longer; what
// is current stays.
func TestRetention(t *testing.T) {
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	open := func() *Store {
		s := openTest(t, dir, func(c *Config) {
			c.Now, c.RevisionRetention, c.foldRows = func() time.Time { return now }, time.Hour, 50
		})
		if err := s.Define(t.Context(), []olap.JobTable{olaptest.Shelves()}); err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	const perMinute, step = 30, 3
	for minute := 0; minute < 180; minute += step {
		storeShelves(t, s, minute*perMinute, (minute+step)*perMinute)
		now = now.Add(step * time.Minute)
		if minute == 99 {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open()
		}
	}
	const next = 180 * perMinute
	numbers := newestShelves(next)
	if got, want := rowsOf(t, s, `SELECT list(pieces ORDER BY pieces) FROM shelves`), fmt.Sprintf("[[%v]]", numbers); got != want {
		t.Errorf("shown are %s, want %s", got, want)
	}
	// Nothing of the last hour is gone, and what is shown is among the revisions.
	const kept = next - 60*perMinute
	if got, want := rowsOf(t, s, fmt.Sprintf(`SELECT count(*), count(DISTINCT revision_no) FROM shelves_revisions WHERE revision_no >= %d`, kept)),
		fmt.Sprintf("[[%d %[1]d]]", next-kept); got != want {
		t.Errorf("revisions of the last hour are %s, want %s", got, want)
	}
	if got := rowsOf(t, s, `SELECT count(*) FROM shelves WHERE pieces NOT IN (SELECT revision_no FROM shelves_revisions)`); got != "[[0]]" {
		t.Errorf("%s rows are shown and no revisions", got)
	}
	old := 0
	for _, n := range numbers {
		if n < kept {
			old++
		}
	}
	// Of two commits, one may wait to be folded, and one is behind its mark of time.
	const slack = 2 * step * perMinute
	got := rowsOf(t, s, fmt.Sprintf(`SELECT count(*) <= %d FROM shelves_revisions WHERE revision_no < %d`, old+slack, kept))
	if got != "[[true]]" {
		t.Errorf("of before the last hour are %s revisions, want up to %d",
			rowsOf(t, s, fmt.Sprintf(`SELECT count(*) FROM shelves_revisions WHERE revision_no < %d`, kept)), old+slack)
	}
	if marks, err := s.w.conn.number("SELECT count(*) FROM _millrace.result_marks"); err != nil || marks > marksPerRetention+2 {
		t.Errorf("%d marks of time are kept, %v", marks, err)
	}
}

// TestLargeTailIsFoldedAlone: tables are folded one at a time, the largest first.
func TestLargeTailIsFoldedAlone(t *testing.T) {
	s := openTest(t, t.TempDir(), func(c *Config) { c.foldRows = 10 })
	small := olap.JobTable{Name: "small", Key: []string{"n"}, Columns: []olap.JobColumn{{Name: "n", Type: olap.Int64}}}
	if err := s.Define(t.Context(), []olap.JobTable{olaptest.Shelves(), small}); err != nil {
		t.Fatal(err)
	}
	numbers := func(from, to uint64) (r olap.JobRows) {
		r = olap.JobRows{Table: "small", Columns: make([]olap.JobValues, 1)}
		for n := from; n < to; n++ {
			r.Numbers, r.Columns[0].Ints = append(r.Numbers, n), append(r.Columns[0].Ints, int64(n))
		}
		return r
	}
	if err := s.Write(t.Context(), olap.Commit{Results: []olap.JobRows{shelfRows(0, 30), numbers(30, 50)}, ResultsTo: 50}); err != nil {
		t.Fatal(err)
	}
	jobs := s.w.jobs
	if jobs["shelves"].rows != 0 || jobs["small"].rows != 20 {
		t.Errorf("tails have %d and %d rows, want 0 and 20", jobs["shelves"].rows, jobs["small"].rows)
	}
	if err := s.Write(t.Context(), olap.Commit{Results: []olap.JobRows{numbers(50, 51)}, ResultsTo: 51}); err != nil {
		t.Fatal(err)
	}
	if jobs["small"].rows != 0 {
		t.Errorf("the second tail has %d rows, want 0", jobs["small"].rows)
	}
	if got := rowsOf(t, s, `SELECT count(*), sum(n) FROM small`); got != "[[21 840]]" {
		t.Errorf("rows are %s", got)
	}
}

// TestJobTablesAreGuarded: users read the views, not what is behind them.
func TestJobTablesAreGuarded(t *testing.T) {
	s := openTest(t, t.TempDir(), nil)
	if err := s.Define(t.Context(), []olap.JobTable{olaptest.Shelves()}); err != nil {
		t.Fatal(err)
	}
	storeShelves(t, s, 0, 30)
	for _, sql := range []string{
		`SELECT * FROM _millrace."shelves.revisions"`, `SELECT * FROM "shelves.revisions"`, `SELECT * FROM shelves.revisions`,
		`SELECT * FROM _millrace.job_tables`, `DELETE FROM shelves`, `DROP VIEW shelves`, `INSERT INTO _millrace."shelves.current" SELECT 1`,
	} {
		if _, err := untrusted(t.Context(), s, sql); !errors.Is(err, olap.ErrSyntax) && !errors.Is(err, olap.ErrNotQuery) {
			t.Errorf("%s: %v", sql, err)
		}
	}
	plan, err := untrusted(t.Context(), s, `EXPLAIN SELECT count(*) FROM shelves`)
	if err != nil || len(plan) == 0 {
		t.Errorf("EXPLAIN: %v, %v", plan, err)
	}
	wantShelves(t, s, 30)
}
