// Package laketest has the test that every driver of the lake passes.
package laketest

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/store/lake"
)

// Driver opens a lake in a folder. It may be opened again once it was closed, by close.
type Driver func(t *testing.T, dir string) (s lake.Store, closed func())

// Run tests a driver.
func Run(t *testing.T, open Driver) {
	for name, test := range map[string]func(*testing.T, *bench){
		"Append": testAppend, "Conflict": testConflict, "Replace": testReplace, "DeletePositions": testDeletePositions,
		"Evolve": testEvolve, "TimeTravel": testTimeTravel, "Expire": testExpire, "Orphans": testOrphans, "Reopen": testReopen, "Errors": testErrors,
	} {
		t.Run(name, func(t *testing.T) {
			b := &bench{T: t, open: open, dir: t.TempDir()}
			b.reopen()
			if err := b.Define(t.Context(), visits()); err != nil {
				t.Fatal(err)
			}
			test(t, b)
		})
	}
}

// bench is a lake with the table of the suite.
type bench struct {
	*testing.T
	lake.Store
	open Driver
	dir  string
}

func (b *bench) reopen() {
	var closed func()
	b.Store, closed = b.open(b.T, b.dir)
	b.Cleanup(closed)
}

func (b *bench) load(at lake.Version) *lake.State {
	b.Helper()
	s, err := b.Load(b.Context(), "visits", at)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func (b *bench) commit(c lake.Change) *lake.State {
	b.Helper()
	c.Table, c.Base = "visits", b.load(lake.Version{}).Snapshot.ID
	s, err := b.Commit(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// add appends a file with a row in each of some days of a month.
func (b *bench) add(name string, month time.Month, days ...int) *lake.State {
	b.Helper()
	var rows []Row
	for _, d := range days {
		rows = append(rows, Row{ID: int64(d), Time: time.Date(2026, month, d, 12, 0, 0, 0, time.UTC), Name: name})
	}
	return b.commit(lake.Change{Add: []string{write(b.T, b.load(lake.Version{}), name, rows...)}})
}

func names(files []lake.File) []string {
	out := []string{}
	for _, f := range files {
		out = append(out, filepath.Base(f.Path))
	}
	return out
}

func (b *bench) want(s *lake.State, files ...string) {
	b.Helper()
	for i := range files {
		files[i] += ".parquet"
	}
	if got := names(s.Files); !slices.Equal(got, files) {
		b.Fatalf("the table has files %v, want %v", got, files)
	}
}

func testAppend(t *testing.T, b *bench) {
	s := b.load(lake.Version{})
	if s.Snapshot.ID != 0 || len(s.Files) != 0 || s.Comment != "Visits of a shop" || len(s.Columns) != 3 || s.Columns[1].Type != lake.Timestamp || s.Declared["name"] != 3 {
		t.Fatalf("the new table is %+v", s)
	}
	path := write(t, s, "a", Row{1, time.Date(2026, 1, 31, 23, 59, 59, 999_999_000, time.UTC), "x"}, Row{2, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), "y"})
	s = b.commit(lake.Change{Add: []string{path}, Positions: &lake.Positions{Offsets: map[int32]int64{0: 7, 3: 9}, Results: 4}, Summary: map[string]string{"millrace.reason": "test"}})
	b.want(s, "a")
	f := s.Files[0]
	january := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if f.Path != path || f.Rows != 2 || f.Bytes == 0 || !f.From.Equal(january) || !f.To.Equal(january.AddDate(0, 1, 0)) {
		t.Errorf("the file is %+v", f)
	}
	if p := s.Snapshot.Positions; p.Offsets[0] != 7 || p.Offsets[3] != 9 || p.Results != 4 || s.Snapshot.Operation != "append" || s.Snapshot.Summary["millrace.reason"] != "test" {
		t.Errorf("the snapshot is %+v", s.Snapshot)
	}
	s = b.commit(lake.Change{Positions: &lake.Positions{Offsets: map[int32]int64{0: 8, 3: 9}, Results: 4}})
	if s.Snapshot.Positions.Offsets[0] != 8 || len(s.Snapshots) != 1 {
		t.Errorf("positions without rows are %+v in %d snapshots", s.Snapshot.Positions, len(s.Snapshots))
	}
	s = b.add("b", time.March, 5)
	b.want(s, "a", "b")
	if p := s.Snapshot.Positions; p.Offsets[0] != 8 || p.Offsets[3] != 9 || p.Results != 4 {
		t.Errorf("a commit without positions lost them: %+v", p)
	}
}

func testConflict(t *testing.T, b *bench) {
	base := b.add("a", time.January, 1)
	b.add("b", time.January, 2)
	path := write(t, base, "c", Row{3, time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC), "c"})
	_, err := b.Commit(t.Context(), lake.Change{Table: "visits", Base: base.Snapshot.ID, Add: []string{path}})
	if !errors.Is(err, lake.ErrConflict) {
		t.Fatalf("a commit from an old snapshot: %v", err)
	}
	b.want(b.load(lake.Version{}), "a", "b")
}

func testReplace(t *testing.T, b *bench) {
	b.add("a", time.January, 1)
	b.add("b", time.January, 2, 3)
	s := b.add("c", time.February, 1)
	merged := write(t, s, "m", Row{1, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), "m"}, Row{2, time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), "m"})
	s = b.commit(lake.Change{Add: []string{merged}, Remove: []string{s.Files[0].Path, s.Files[1].Path}})
	b.want(s, "m", "c")
	if s.Snapshot.Operation != "replace" {
		t.Errorf("the operation is %q", s.Snapshot.Operation)
	}
	s = b.commit(lake.Change{Remove: []string{merged}})
	b.want(s, "c")
	_, err := b.Commit(t.Context(), lake.Change{Table: "visits", Base: s.Snapshot.ID, Remove: []string{merged}})
	if !errors.Is(err, lake.ErrConflict) {
		t.Errorf("removing a file twice: %v", err)
	}
}

func testDeletePositions(t *testing.T, b *bench) {
	b.add("a", time.January, 1, 2, 3)
	s := b.add("b", time.January, 4)
	s = b.commit(lake.Change{Delete: []lake.Deletes{writeDeletes(t, s, "d", s.Files[0], 1)}})
	b.want(s, "a", "b")
	if got := names(s.Files[0].Deletes); !slices.Equal(got, []string{"d.parquet"}) || len(s.Files[1].Deletes) != 0 || s.Files[0].Foreign {
		t.Fatalf("deletes of a are %v, of b %v", got, s.Files[1].Deletes)
	}
	path := write(t, s, "m", Row{1, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), "m"})
	s = b.commit(lake.Change{Add: []string{path}, Remove: []string{s.Files[0].Path}})
	b.want(s, "b", "m")
	for _, f := range s.Files {
		if len(f.Deletes) > 0 {
			t.Errorf("deletes that were applied still apply to %s", f.Path)
		}
	}
}

func testEvolve(t *testing.T, b *bench) {
	before := b.add("a", time.January, 1)
	s := b.commit(lake.Change{Evolve: []lake.ColumnChange{{Rename: "name", To: "title"}, {Widen: "id", Type: lake.Int64}, {Add: &lake.Column{Name: "extra", Type: lake.Double}}}})
	kinds := map[string]lake.Type{}
	for _, c := range s.Columns {
		kinds[c.Name] = c.Type
	}
	if kinds["title"] != lake.Text || kinds["id"] != lake.Int64 || kinds["extra"] != lake.Double || len(kinds) != 4 || s.Declared["name"] != 3 {
		t.Errorf("columns are %v, declared are %v", kinds, s.Declared)
	}
	b.want(b.add("b", time.February, 1), "a", "b") // written as int, with the old names
	s = b.commit(lake.Change{Evolve: []lake.ColumnChange{{Drop: "title"}}})
	if len(s.Columns) != 3 {
		t.Errorf("columns are %v", s.Columns)
	}
	if old := b.load(lake.Version{Snapshot: before.Snapshot.ID}); len(old.Columns) != 3 || old.Columns[2].Name != "name" {
		t.Errorf("the old snapshot has columns %v", old.Columns)
	}
	table := visits()
	table.Columns = append(table.Columns, lake.Column{Name: "late", Type: lake.Bool})
	if err := b.Define(t.Context(), table); err != nil {
		t.Fatal(err)
	}
	if s = b.load(lake.Version{}); len(s.Columns) != 4 || s.Columns[3].Name != "late" || s.Declared["late"] != s.Columns[3].ID {
		t.Errorf("a declared column was not added, or a dropped one was: %v, %v", s.Columns, s.Declared)
	}
	for _, c := range []lake.ColumnChange{{Drop: "event_time"}, {Widen: "extra", Type: lake.Text}, {Rename: "none", To: "x"}, {}} {
		if _, err := b.Commit(t.Context(), lake.Change{Table: "visits", Base: s.Snapshot.ID, Evolve: []lake.ColumnChange{c}}); err == nil {
			t.Errorf("%+v was done", c)
		}
	}
}

func testTimeTravel(t *testing.T, b *bench) {
	first := b.add("a", time.January, 1)
	s := b.commit(lake.Change{Refs: []lake.RefChange{{Name: "closing"}, {Name: "trial", Branch: true}}})
	if len(s.Refs) != 3 {
		t.Fatalf("refs are %v", s.Refs)
	}
	b.add("b", time.January, 2)
	b.want(b.load(lake.Version{}), "a", "b")
	for _, at := range []lake.Version{{Snapshot: first.Snapshot.ID}, {Ref: "closing"}, {Ref: "trial"}, {At: first.Snapshot.At}} {
		b.want(b.load(at), "a")
	}
	b.commit(lake.Change{Refs: []lake.RefChange{{Name: "trial", Remove: true}}})
	for _, at := range []lake.Version{{Snapshot: 1}, {Ref: "trial"}, {At: first.Snapshot.At.Add(-time.Hour)}} {
		if _, err := b.Load(t.Context(), "visits", at); !errors.Is(err, lake.ErrNoSnapshot) {
			t.Errorf("%+v: %v", at, err)
		}
	}
}

func testExpire(t *testing.T, b *bench) {
	first := b.add("a", time.January, 1)
	b.commit(lake.Change{Refs: []lake.RefChange{{Name: "closing"}}})
	second := b.add("b", time.January, 2)
	last := b.add("c", time.January, 3)
	n, err := b.Expire(t.Context(), "visits", second.Snapshot.At)
	if err != nil || n != 0 {
		t.Fatalf("%d snapshots expired that were the newest at that time, %v", n, err)
	}
	n, err = b.Expire(t.Context(), "visits", last.Snapshot.At.Add(time.Hour))
	if err != nil || n != 1 {
		t.Fatalf("%d snapshots expired, %v; want that which no tag names", n, err)
	}
	if _, err := b.Load(t.Context(), "visits", lake.Version{Snapshot: second.Snapshot.ID}); !errors.Is(err, lake.ErrNoSnapshot) {
		t.Errorf("the expired snapshot: %v", err)
	}
	b.want(b.load(lake.Version{Snapshot: first.Snapshot.ID}), "a")
	b.want(b.load(lake.Version{}), "a", "b", "c")
}

func testOrphans(t *testing.T, b *bench) {
	s := b.add("a", time.January, 1)
	left := write(t, s, "left", Row{9, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), "never committed"})
	s = b.commit(lake.Change{Remove: []string{s.Files[0].Path}})
	future := s.Snapshot.At.Add(time.Hour)
	orphans, err := b.Orphans(t.Context(), "visits", future)
	if err != nil || len(orphans) != 1 || orphans[0].Path != left || orphans[0].Bytes == 0 {
		t.Fatalf("orphans are %v, %v; want the file that was not committed", orphans, err)
	}
	if orphans, err = b.Orphans(t.Context(), "visits", s.Snapshot.At.Add(-time.Hour)); err != nil || len(orphans) != 0 {
		t.Fatalf("young files are orphans: %v, %v", orphans, err)
	}
	if _, err := b.Expire(t.Context(), "visits", future); err != nil {
		t.Fatal(err)
	}
	orphans, err = b.Orphans(t.Context(), "visits", future)
	if err != nil {
		t.Fatal(err)
	}
	var data int
	for _, o := range orphans {
		if filepath.Base(filepath.Dir(o.Path)) == "data" {
			data++
		}
		if err := os.Remove(o.Path); err != nil {
			t.Fatal(err)
		}
	}
	if data != 2 {
		t.Errorf("orphans of data are %v, want also the file of the expired snapshot", orphans)
	}
	b.want(b.add("b", time.February, 2), "b")
}

func testReopen(t *testing.T, b *bench) {
	path := write(t, b.load(lake.Version{}), "a", Row{1, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), "x"})
	b.commit(lake.Change{Add: []string{path}, Positions: &lake.Positions{Offsets: map[int32]int64{1: 5}}})
	b.reopen()
	if err := b.Define(t.Context(), visits()); err != nil {
		t.Fatal(err)
	}
	s := b.load(lake.Version{})
	b.want(s, "a")
	if s.Snapshot.Positions.Offsets[1] != 5 {
		t.Errorf("positions are %v", s.Snapshot.Positions)
	}
}

func testErrors(t *testing.T, b *bench) {
	if _, err := b.Load(t.Context(), "none", lake.Version{}); !errors.Is(err, lake.ErrNoTable) {
		t.Errorf("a table that is not there: %v", err)
	}
	s := b.load(lake.Version{})
	two := write(t, s, "two", Row{1, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), "x"}, Row{2, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), "y"})
	for _, c := range []lake.Change{{}, {Add: []string{two}}, {Add: []string{filepath.Join(s.Location, "none.parquet")}}, {Refs: []lake.RefChange{{Name: "x"}}}, {Refs: []lake.RefChange{{Name: "main", Remove: true}}}} {
		c.Table = "visits"
		if _, err := b.Commit(t.Context(), c); err == nil {
			t.Errorf("%+v was committed", c)
		}
	}
	bad := visits()
	bad.Name, bad.Columns[0].Type = "bad", "colour"
	if err := b.Define(t.Context(), bad); err == nil {
		t.Error("a type that is none was taken")
	}
}

// Fill makes the table of the suite in a lake, with one file, and returns its path.
func Fill(t *testing.T, s lake.Store) string {
	t.Helper()
	b := &bench{T: t, Store: s}
	if err := s.Define(t.Context(), visits()); err != nil {
		t.Fatal(err)
	}
	return b.add("a", time.January, 1, 2, 3).Files[0].Path
}
