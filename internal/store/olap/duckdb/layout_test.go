package duckdb

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

// TestViews: events and their items are read back as they were written, however
// their rows are spread over the fact tables, and whatever becomes of commits.
func TestViews(t *testing.T) {
	for _, combinations := range []int{1, 7, maxCombinations} {
		t.Run(fmt.Sprint(combinations), func(t *testing.T) {
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 0))
			dir := t.TempDir()
			var want wanted
			next := int64(0)
			for range 4 {
				s := openTest(t, dir, func(c *Config) { c.combinations = combinations })
				for range 3 {
					b := randomBatch(random, next, 1+random.IntN(300))
					if random.IntN(2) == 0 { // its new combinations must be forgotten
						failing(t, s, b, next)
					}
					next += int64(b.Len())
					if err := s.Write(t.Context(), olap.Commit{Batches: []*event.Batch{b}, Positions: map[int32]int64{0: next}}); err != nil {
						t.Fatal(err)
					}
					want.add(b)
				}
				sameRows(t, s, `SELECT "offset", source, type, country, channel, late, warned, session_id, properties, amount FROM events`, want.events)
				sameRows(t, s, `SELECT "offset", line_no, source, country, product_id, product_name, category, kind, quantity, amount, order_id FROM order_lines`, want.lines)
				sameRows(t, s, `SELECT "offset", item_no, source, country, product_id, product_name, category, 'view', quantity, amount, order_id, type, location_id, reason FROM product_events`, want.viewed)
				spelled := rowsOf(t, s, `SELECT count(*) > 0 FROM _millrace.fact_text WHERE coalesce(country, '') NOT LIKE 'too long %'`)
				if full := fmt.Sprintf("[[%t]]", combinations < maxCombinations); spelled != full {
					t.Errorf("rows are spelled out: %s, want %s", spelled, full)
				}
				if got := rowsOf(t, s, fmt.Sprintf(`SELECT (SELECT count(*) FROM _millrace.event_dim) <= %d AND (SELECT count(*) FROM _millrace.item_dim) <= %[1]d`, combinations)); got != "[[true]]" {
					t.Error("a dimension grew beyond its bound")
				}
				wantComments(t, s)
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// wantComments: the views have the comments of the declared tables, whenever
// they were made.
func wantComments(t *testing.T, s *Store) {
	t.Helper()
	for _, table := range olap.Tables() {
		var want []string
		for _, c := range table.Columns {
			want = append(want, fmt.Sprint([]any{c.Name, c.Type.SQL(), c.Comment}))
		}
		sameRows(t, s, `SELECT column_name, data_type, comment FROM duckdb_columns() WHERE schema_name = 'main' AND table_name = '`+table.Name+`'`, want)
		sameRows(t, s, `SELECT comment FROM (SELECT comment, view_name AS name FROM duckdb_views() UNION ALL SELECT comment, table_name FROM duckdb_tables()) WHERE name = '`+
			table.Name+`'`, []string{fmt.Sprint([]any{table.Comment})})
	}
}

// failing writes a commit that ends behind its first chunks.
func failing(t *testing.T, s *Store, b *event.Batch, from int64) {
	t.Helper()
	pending := &event.Batch{Partition: 1}
	pending.Add(0, 1, 0, nil)
	err := s.Write(t.Context(), olap.Commit{
		Batches: []*event.Batch{b, pending}, Positions: map[int32]int64{0: from + int64(b.Len()), 1: 1},
	})
	if err == nil {
		t.Fatal("a commit with a pending event was taken")
	}
}

func randomBatch(r *rand.Rand, from int64, n int) *event.Batch {
	b := &event.Batch{}
	pick := func(values ...string) string { return values[r.IntN(len(values))] }
	for o := from; o < from+int64(n); o++ {
		i := b.Add(o, 1+o, o, nil)
		b.Verdict[i], b.ID[i] = event.Accepted, event.NewID("test", fmt.Append(nil, o))
		b.Source.Set(i, pick("shop", "file"))
		b.Type.Set(i, pick("order", "view", ""))
		b.Country.Set(i, pick("DE", "1:A", "A1:", "", strings.Repeat("long ", 50), strings.Repeat("too long ", 100)))
		b.Channel.Set(i, pick("", "1:A", "web", "w\xff", `w\xff`))
		b.Marks[i] = event.Mark(r.IntN(8)) & (event.Late | event.Warned)
		b.SessionID[i], b.Properties[i] = pick("", "", "s1"), pick("", "", `{"a": 1}`, `{"location_id": "wh-1", "reason": "count"}`)
		b.OrderID[i], b.Amount[i] = fmt.Sprint("o", o), event.Micros(o)
		for range r.IntN(4) {
			k := b.AddItem()
			it := &b.Items
			it.ProductID[k], it.Name[k] = pick("p1", "p2", ""), pick("", "cup", "tea\x00pot", "Zo\xeb", `Zo\xeb`)
			it.Category.Set(k, pick("", "home"))
			it.Kind.Set(k, pick(event.KindSale, event.KindView, event.KindFee))
			it.Quantity[k], it.Amount[k] = int64(k), event.Micros(k)
		}
	}
	return b
}

// wanted are the rows that the views show.
type wanted struct{ events, lines, viewed []string }

func (w *wanted) add(b *event.Batch) {
	null := func(s string) any {
		if s == "" {
			return nil
		}
		return string(olap.AppendText(nil, s))
	}
	for i, o := range b.Offset {
		source, country, typ := null(b.Source.Get(i)), null(b.Country.Get(i)), null(b.Type.Get(i))
		w.events = append(w.events, fmt.Sprint([]any{
			o, source, typ, country, null(b.Channel.Get(i)), b.Marks[i].Has(event.Late), b.Marks[i].Has(event.Warned),
			null(b.SessionID[i]), null(b.Properties[i]), b.Amount[i],
		}))
		from, to := b.ItemRange(i)
		for k := from; k < to; k++ {
			it := &b.Items
			row := []any{
				o, k - from + 1, source, country, null(it.ProductID[k]), null(it.Name[k]), null(it.Category.Get(k)), null(it.Kind.Get(k)),
				it.Quantity[k], it.Amount[k], b.OrderID[i],
			}
			if it.Kind.Get(k) != event.KindView {
				w.lines = append(w.lines, fmt.Sprint(row))
				continue
			}
			var location, reason any
			if strings.Contains(b.Properties[i], "wh-1") {
				location, reason = "wh-1", "count"
			}
			w.viewed = append(w.viewed, fmt.Sprint(append(row, typ, location, reason)))
		}
	}
}

func sameRows(t *testing.T, s olap.Store, sql string, want []string) {
	t.Helper()
	r, err := s.Query(t.Context(), olap.Query{SQL: sql})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := r.All()
	if err != nil {
		t.Fatal(err)
	}
	got := make([]string, len(rows))
	for i, row := range rows {
		got[i] = fmt.Sprint(row)
	}
	slices.Sort(got)
	want = slices.Sorted(slices.Values(want))
	if len(got) != len(want) {
		t.Fatalf("%s: %d rows, want %d", sql, len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("%s: a row is\n%s, want\n%s", sql, got[i], want[i])
		}
	}
}

// TestCombinationsAreFoundAgain: the same values have the same codes after the
// store was opened again.
func TestCombinationsAreFoundAgain(t *testing.T) {
	dir := t.TempDir()
	const counts = `SELECT (SELECT count(*) FROM _millrace.event_dim), (SELECT count(*) FROM _millrace.item_dim)`
	next, want := int64(0), ""
	for range 3 {
		s := openTest(t, dir, nil)
		b := randomBatch(rand.New(rand.NewPCG(1, 2)), next, 500)
		next += 500
		if err := s.Write(t.Context(), olap.Commit{Batches: []*event.Batch{b}, Positions: map[int32]int64{0: next}}); err != nil {
			t.Fatal(err)
		}
		got := rowsOf(t, s, counts)
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("dimensions have %s rows, want %s", got, want)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// makeFile makes the file of a store by statements.
func makeFile(t *testing.T, dir, sql string) Config {
	t.Helper()
	cfg, err := Config{Path: dir + "/analytics.duckdb", Now: time.Now}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	eng, err := openEngine(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c, err := eng.connect()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.exec(sql); err != nil {
		t.Fatal(err)
	}
	c.close()
	if err := eng.close(); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func ddlOf(t *testing.T, version string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/schema_v" + version + ".sql")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestOldVersion: a file of an old version is refused as it is.
func TestOldVersion(t *testing.T) {
	cfg := makeFile(t, t.TempDir(), ddlOf(t, "6"))
	for range 2 {
		s, err := Open(cfg)
		if err == nil {
			_ = s.Close()
		}
		if !errors.Is(err, olap.ErrVersion) || !strings.Contains(fmt.Sprint(err), "new data folder") {
			t.Errorf("opening a file of an old version: %v", err)
		}
	}
}

// TestFormerVersion: a file of the version before becomes one of this, with its rows.
func TestFormerVersion(t *testing.T) {
	const columns = `SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal ORDER BY table_name, column_index`
	empty, err := Open(makeFile(t, t.TempDir(), ddlOf(t, upgradable)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = empty.Close() }()
	dir := t.TempDir()
	s := openTest(t, dir, nil)
	if got, want := rowsOf(t, empty, columns), rowsOf(t, s, columns); got != want {
		t.Errorf("the columns are\n%s, want\n%s", got, want)
	}

	rng := rand.New(rand.NewPCG(1, 3))
	fill := func(s *Store, from int64) {
		b := randomBatch(rng, from, 500)
		if err := s.Write(t.Context(), olap.Commit{Batches: []*event.Batch{b}, Positions: map[int32]int64{b.Partition: from + 500}, ResultsTo: uint64(from + 7)}); err != nil {
			t.Fatal(err)
		}
	}
	fill(s, 0)
	const rows = `SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM order_lines), (SELECT sum(amount) FROM order_lines)`
	want, before := rowsOf(t, s, rows), positionsOf(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var former strings.Builder // rows of orders go back among the others
	for from, to := range map[int]int{factPlain: factOrder, factVisit: factOrderVisit} {
		fmt.Fprintf(&former, "INSERT INTO %s BY NAME FROM %s;\nDROP TABLE %[2]s;\n", s.layout.facts[from].sql(), s.layout.facts[to].sql())
	}
	for _, f := range []int{factPlain, factVisit, factText} {
		fmt.Fprintf(&former, "ALTER TABLE %s DROP COLUMN %s;\n", s.layout.facts[f].sql(), olap.StoredAfter)
	}
	makeFile(t, dir, former.String()+"CREATE OR REPLACE TABLE _millrace.state AS SELECT "+upgradable+"::BIGINT AS version, positions, results FROM _millrace.state")

	s = openTest(t, dir, nil)
	if got, at := rowsOf(t, s, rows), positionsOf(t, s); got != want || fmt.Sprint(at.Offsets, at.Results) != fmt.Sprint(before.Offsets, before.Results) {
		t.Errorf("the file has %s at %v %d, want %s at %v %d", got, at.Offsets, at.Results, want, before.Offsets, before.Results)
	}
	fill(s, 500)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, dir, nil)
	const after = `SELECT DISTINCT ` + olap.StoredAfter + ` FROM _millrace.placed_events ORDER BY 1`
	if got := rowsOf(t, s, after); got != "[[0] [500]]" {
		t.Errorf("rows were stored after %s records, want 0 and 500", got)
	}
}

func positionsOf(t *testing.T, s *Store) olap.Positions {
	t.Helper()
	at, err := s.Positions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return at
}
