package olaptest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

// Shelves is a job table with a column of each type.
func Shelves() olap.JobTable {
	return olap.JobTable{
		Name: "shelves", Comment: "What's on the shelves", Key: []string{"shop", "start"}, Retracted: "retracted",
		Columns: []olap.JobColumn{
			{Name: "shop", Type: olap.Text}, {Name: "start", Type: olap.Timestamp}, {Name: "retracted", Type: olap.Bool},
			{Name: "pieces", Type: olap.Int64}, {Name: "row", Type: olap.Int32}, {Name: "value", Type: olap.Money},
			{Name: "share", Type: olap.Double}, {Name: "batch", Type: olap.UUID}, {Name: "note", Type: olap.Text},
		},
	}
}

// Shelf is a result of the table [Shelves].
type Shelf struct {
	Shop      string
	Start     int64
	Pieces    int64
	Note      string
	Retracted bool
}

// ShelfRows returns results as rows that are numbered from first on.
func ShelfRows(first uint64, shelves ...Shelf) olap.JobRows {
	r := olap.JobRows{Table: "shelves", Columns: make([]olap.JobValues, len(Shelves().Columns))}
	c := r.Columns
	for k, s := range shelves {
		r.Numbers = append(r.Numbers, first+uint64(k))
		c[0].Texts = append(c[0].Texts, s.Shop)
		c[1].Ints = append(c[1].Ints, s.Start)
		retracted := int64(0)
		if s.Retracted {
			retracted = 1
		}
		c[2].Ints = append(c[2].Ints, retracted)
		c[3].Ints = append(c[3].Ints, s.Pieces)
		c[4].Ints = append(c[4].Ints, -s.Pieces)
		c[5].Ints = append(c[5].Ints, s.Pieces*1_500_000)
		c[6].Floats = append(c[6].Floats, float64(s.Pieces)/4)
		c[7].IDs = append(c[7].IDs, event.ID{6: 0x70, 8: 0x80, 15: byte(s.Pieces)})
		c[8].Texts = append(c[8].Texts, s.Note)
	}
	return r
}

func define(t *testing.T, s olap.Store, tables ...olap.JobTable) {
	t.Helper()
	if err := s.Define(t.Context(), tables); err != nil {
		t.Fatalf("Define: %v", err)
	}
}

func writeResults(t *testing.T, s olap.Store, to uint64, rows ...olap.JobRows) {
	t.Helper()
	if err := s.Write(t.Context(), olap.Commit{Results: rows, ResultsTo: to}); err != nil {
		t.Fatalf("Write: %v", err)
	}
}

func wantResults(t *testing.T, s olap.Store, want uint64) {
	t.Helper()
	got, err := s.Positions(t.Context())
	if err != nil {
		t.Fatalf("Positions: %v", err)
	}
	if got.Results != want {
		t.Errorf("the next result is %d, want %d", got.Results, want)
	}
}

const (
	newestShelves = `SELECT shop, start, pieces, note FROM shelves ORDER BY ALL`
	allShelves    = `SELECT revision_no, shop, pieces, retracted FROM shelves_revisions ORDER BY ALL`
)

func testResults(t *testing.T, open Open) {
	dir := t.TempDir()
	s := openIn(t, open, dir)
	define(t, s, Shelves())
	wantResults(t, s, 0)
	wantQuery(t, s, "", newestShelves)

	const long = "a note that is not held inside of the vector"
	writeResults(t, s, 2, ShelfRows(0, Shelf{Shop: "north", Start: micros2010, Pieces: 3, Note: long}, Shelf{Shop: "", Pieces: 5}))
	wantQuery(t, s, "∅ ∅ false 5 -5 7.500 1.25 00000000-0000-7000-8000-000000000005 ∅\n"+
		"north 2010-12-01T08:26:00 false 3 -3 4.500 0.75 00000000-0000-7000-8000-000000000003 "+long, `SELECT * FROM shelves ORDER BY pieces DESC`)

	// Within a commit and from commit to commit, the newest row of a key is shown;
	// parts of a key that are missing are equal.
	writeResults(t, s, 10, ShelfRows(4, Shelf{Shop: "north", Start: micros2010, Pieces: 4}, Shelf{Shop: "north", Start: micros2010, Pieces: 5}, Shelf{Pieces: 6}),
		ShelfRows(7, Shelf{Shop: "south", Pieces: 7}))
	wantQuery(t, s, "north 2010-12-01T08:26:00 5 ∅\nsouth ∅ 7 ∅\n∅ ∅ 6 ∅", newestShelves)
	wantResults(t, s, 10)

	// A result is taken away, and comes again.
	writeResults(t, s, 11, ShelfRows(10, Shelf{Shop: "south", Retracted: true}))
	wantQuery(t, s, "north 2010-12-01T08:26:00 5 ∅\n∅ ∅ 6 ∅", newestShelves)
	writeResults(t, s, 12, ShelfRows(11, Shelf{Shop: "south", Pieces: 8}))
	newest := "north 2010-12-01T08:26:00 5 ∅\nsouth ∅ 8 ∅\n∅ ∅ 6 ∅"
	wantQuery(t, s, newest, newestShelves)

	// What is stored is skipped.
	writeResults(t, s, 12, ShelfRows(10, Shelf{Shop: "west"}, Shelf{Shop: "west"}))
	writeResults(t, s, 13, ShelfRows(11, Shelf{Shop: "west"}, Shelf{Shop: "north", Start: micros2010, Retracted: true}))
	writeResults(t, s, 0)
	writeResults(t, s, 5)
	newest = "south ∅ 8 ∅\n∅ ∅ 6 ∅"
	all := "0 north 3 false\n1 ∅ 5 false\n4 north 4 false\n5 north 5 false\n6 ∅ 6 false\n7 south 7 false\n10 south 0 true\n11 south 8 false\n12 north 0 true"
	wantQuery(t, s, newest, newestShelves)
	wantQuery(t, s, all, allShelves)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = openIn(t, open, dir)
	wantQuery(t, s, newest, newestShelves)
	define(t, s, Shelves())
	wantQuery(t, s, newest, newestShelves)
	wantQuery(t, s, all, allShelves)
	wantResults(t, s, 13)
}

func testResultsAreAtomic(t *testing.T, open Open) {
	s := openIn(t, open, t.TempDir())
	define(t, s, Shelves())
	good := ShelfRows(0, Shelf{Shop: "north"})
	short := ShelfRows(1, Shelf{Shop: "north"})
	short.Columns[3].Ints = nil
	unknown := ShelfRows(1, Shelf{})
	unknown.Table = "nowhere"
	for name, rows := range map[string]olap.JobRows{
		"an unknown table": unknown, "a missing value": short,
		"numbers that fall":      {Table: "shelves", Numbers: []uint64{3, 2}, Columns: ShelfRows(0, Shelf{}, Shelf{}).Columns},
		"a number above its own": ShelfRows(9, Shelf{}, Shelf{}),
		"the same number twice":  ShelfRows(0, Shelf{}),
	} {
		err := s.Write(t.Context(), olap.Commit{
			Batches: []*event.Batch{Sales(0, 0, 10)}, Positions: map[int32]int64{0: 10}, Results: []olap.JobRows{good, rows}, ResultsTo: 10,
		})
		if err == nil {
			t.Errorf("a commit with %s was taken", name)
		}
	}
	wantQuery(t, s, "0 0", `SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM shelves)`)
	wantResults(t, s, 0)
	err := s.Write(t.Context(), olap.Commit{
		Batches: []*event.Batch{Sales(0, 0, 10)}, Positions: map[int32]int64{0: 10}, Results: []olap.JobRows{good}, ResultsTo: 10,
	})
	if err != nil {
		t.Fatal(err)
	}
	wantQuery(t, s, "10 1", `SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM shelves)`)
	wantPositions(t, s, map[int32]int64{0: 10})
	wantResults(t, s, 10)
}

func testDefine(t *testing.T, open Open) {
	dir := t.TempDir()
	s := openIn(t, open, dir)
	one := olap.JobTable{Name: "visits", Key: []string{"page"}, Columns: []olap.JobColumn{{Name: "page", Type: olap.Text}, {Name: "n", Type: olap.Int64}}}
	define(t, s, one)
	writeResults(t, s, 1, olap.JobRows{Table: "visits", Numbers: []uint64{0}, Columns: []olap.JobValues{{Texts: []string{"a"}}, {Ints: []int64{1}}}})

	// A column is new and one is gone.
	two := one
	two.Columns = []olap.JobColumn{{Name: "share", Type: olap.Double}, {Name: "page", Type: olap.Text}}
	define(t, s, two)
	define(t, s, two)
	rows := olap.JobRows{Table: "visits", Numbers: []uint64{1}, Columns: []olap.JobValues{{Floats: []float64{0.5}}, {Texts: []string{"b"}}}}
	writeResults(t, s, 2, rows)
	wantQuery(t, s, "∅ a\n0.5 b", `SELECT * FROM visits ORDER BY page`)
	define(t, s, one)
	wantQuery(t, s, "a 1\nb ∅", `SELECT * FROM visits ORDER BY page`)
	wantQuery(t, s, "0 a 1\n1 b ∅", `SELECT * FROM visits_revisions ORDER BY page`)

	typed, keyed := one, one
	typed.Columns = []olap.JobColumn{{Name: "page", Type: olap.Text}, {Name: "n", Type: olap.Double}}
	keyed.Key = []string{"page", "n"}
	other := Shelves()
	for _, c := range []struct {
		table olap.JobTable
		says  []string
	}{
		{typed, []string{`"visits"`, `"n"`, "BIGINT", "DOUBLE", "another name"}},
		{keyed, []string{`"visits"`, "(page)", "(page, n)", "another name"}},
	} {
		err := s.Define(t.Context(), []olap.JobTable{other, c.table})
		for _, part := range c.says {
			if !strings.Contains(fmt.Sprint(err), part) {
				t.Errorf("Define: %v; it does not say %s", err, part)
			}
		}
	}
	if _, err := tryQuery(t.Context(), s, `SELECT * FROM shelves`); !errors.Is(err, olap.ErrSyntax) {
		t.Errorf("a table of a failed Define: %v", err)
	}
	wantQuery(t, s, "a 1\nb ∅", `SELECT * FROM visits ORDER BY page`)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Define(t.Context(), []olap.JobTable{one}); !errors.Is(err, olap.ErrClosed) {
		t.Errorf("Define in a closed store: %v", err)
	}
}

func testHostileNames(t *testing.T, open Open) {
	s := openIn(t, open, t.TempDir())
	column := []olap.JobColumn{{Name: "n", Type: olap.Int64}}
	bad := []olap.JobTable{{Name: "no_columns"}, {Name: "no_key", Columns: column, Key: []string{"m"}}, {Name: "no_flag", Columns: column, Retracted: "n"}}
	for _, name := range []string{
		"", "A", "Visits", "1a", "_a", "a b", "a\"", "a'; DROP TABLE quarantine; --", "main.a", "ä", "a\x00", strings.Repeat("a", 64),
		"events", "quarantine", "order_lines", "a_revisions", "duckdb_tables", "pg_class", "sqlite_master",
	} {
		bad = append(bad, olap.JobTable{Name: name, Columns: column})
	}
	for _, name := range []string{"", "A", "a b", `n" BIGINT); DROP TABLE quarantine; --`, "n\x00", "n", "revision_no"} {
		bad = append(bad, olap.JobTable{Name: "a", Columns: append([]olap.JobColumn{{Name: name}}, column...)})
	}
	for _, table := range bad {
		if err := s.Define(t.Context(), []olap.JobTable{table}); err == nil {
			t.Errorf("%+v was taken", table)
		}
	}
	if err := s.Define(t.Context(), []olap.JobTable{{Name: "a", Columns: column}, {Name: "a", Columns: column}}); err == nil {
		t.Error("a table was declared twice")
	}
	// Names that a store may use itself are free.
	for k, name := range []string{"tables", "state", "fact", "former_a", "tail_a", "current", "revisions", "job_tables", "millrace", "a"} {
		define(t, s, olap.JobTable{Name: name, Columns: column, Key: []string{"n"}})
		writeResults(t, s, uint64(k+1), olap.JobRows{Table: name, Numbers: []uint64{uint64(k)}, Columns: []olap.JobValues{{Ints: []int64{int64(k)}}}})
		wantQuery(t, s, fmt.Sprint(k, " 1"), `SELECT n, (SELECT count(*) FROM main.`+name+`_revisions) FROM main.`+name)
	}
	// Words of SQL are names like others.
	define(t, s, olap.JobTable{Name: "select", Comment: "it's", Columns: []olap.JobColumn{{Name: "order", Type: olap.Int64}}, Key: []string{"order"}})
	writeResults(t, s, 100, olap.JobRows{Table: "select", Numbers: []uint64{99}, Columns: []olap.JobValues{{Ints: []int64{7}}}})
	wantQuery(t, s, "7", `SELECT "order" FROM "select"`)
	wantQuery(t, s, "0", `SELECT count(*) FROM quarantine`)
}

// testResultsAreShown: users may read the two views of a job table and nothing
// behind them.
func testResultsAreShown(t *testing.T, open Open) {
	s := openIn(t, open, t.TempDir())
	plain := olap.JobTable{Name: "lines", Columns: []olap.JobColumn{{Name: "n", Type: olap.Int64}}}
	define(t, s, Shelves(), plain)
	writeResults(t, s, 2, olap.JobRows{Table: "lines", Numbers: []uint64{0, 1}, Columns: []olap.JobValues{{Ints: []int64{7, 7}}}})
	user := func(sql string) (string, error) {
		rows, err := drain(t.Context(), s, olap.Query{SQL: sql, Untrusted: true})
		return fmt.Sprint(rows), err
	}
	for sql, want := range map[string]string{
		`SELECT * FROM lines`:                             "[[7] [7]]",
		`SELECT n FROM main.lines_revisions`:              "[[7] [7]]",
		`SELECT count(*) FROM shelves, shelves_revisions`: "[[0]]",
		`SELECT string_agg(column_name, ' ' ORDER BY ordinal_position) FROM information_schema.columns WHERE table_name = 'shelves_revisions'`: "[[revision_no shop start retracted pieces row value share batch note]]",
		`SELECT data_type FROM information_schema.columns WHERE table_name = 'shelves' AND column_name = 'share'`:                              "[[double precision]]",
	} {
		if got, err := user(sql); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", sql, got, err, want)
		}
	}
	if _, err := user(`SELECT * FROM shelfs`); !strings.Contains(fmt.Sprint(err), "shelves, shelves_revisions") {
		t.Errorf("the error for an unknown table does not name the tables: %v", err)
	}
}
