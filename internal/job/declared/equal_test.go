package declared_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/job/declared"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/stream"
)

// What a declared job has published once all events have come is what SQL says of the
// same events: over any partitions and shards, in any order of arrival within the
// lateness, with crashes between.
func TestDeclaredJobsAreSQL(t *testing.T) {
	queries, err := filepath.Glob("testdata/equal/*.sql")
	if err != nil || len(queries) < 7 {
		t.Fatalf("%d queries, %v", len(queries), err)
	}
	w := newWorld(t, 12_000, 4)
	store, err := duckdb.Open(duckdb.Config{Path: filepath.Join(t.TempDir(), "batch.duckdb"), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	var jobs []*stream.Job
	for _, query := range queries {
		jobs = append(jobs, loadFile(t, jobFile(query)))
	}
	tables := w.run(t, jobs, 3, rand.New(rand.NewPCG(1, 2)))
	w.sell()
	if err := store.Write(t.Context(), olap.Commit{Batches: w.batches, Positions: w.offsets}); err != nil {
		t.Fatal(err)
	}
	for i, query := range queries {
		name := jobs[i].Name()
		t.Run(name, func(t *testing.T) {
			columns, want := ask(t, store, query)
			sameRows(t, columns, tables[name], want)
			t.Logf("%d rows", len(want))
		})
	}
}

// jobFile is the job that a query goes with: a file of its own, or an example.
func jobFile(query string) string {
	own := strings.TrimSuffix(query, ".sql") + ".yaml"
	if _, err := os.Stat(own); err == nil {
		return own
	}
	return filepath.Join("../../../examples/jobs", filepath.Base(own))
}

func loadFile(t *testing.T, path string) *stream.Job {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	j, err := declared.Load(text, path, declared.Params{Lateness: lateness})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// ask returns the rows of a query, in texts.
func ask(t *testing.T, store olap.Store, path string) (columns []string, rows []record) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	result, err := store.Query(context.Background(), olap.Query{SQL: string(text), Limits: olap.Limits{Rows: 1_000_000, Bytes: 1 << 30, Timeout: time.Minute}})
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	for _, c := range result.Columns {
		columns = append(columns, c.Name)
	}
	all, err := result.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, values := range all {
		r := make(record)
		for i, v := range values {
			r[columns[i]] = canonical(v)
		}
		rows = append(rows, r)
	}
	return columns, rows
}

// sameRows compares rows in the columns of the query.
func sameRows(t *testing.T, columns []string, got, want []record) {
	t.Helper()
	if len(want) == 0 {
		t.Fatal("the query has no rows: the test compares nothing")
	}
	text := func(rows []record) []string {
		texts := make([]string, len(rows))
		for i, r := range rows {
			for _, c := range columns {
				if _, ok := r[c]; !ok {
					t.Fatalf("the job's rows have no column %q; they have %v", c, slices.Sorted(maps.Keys(r)))
				}
				texts[i] += fmt.Sprintf(" %s=%s", c, r[c])
			}
		}
		slices.Sort(texts)
		return texts
	}
	g, w := text(got), text(want)
	if slices.Equal(g, w) {
		return
	}
	t.Errorf("the job has %d rows, SQL has %d", len(g), len(w))
	shown := 0
	for _, r := range w {
		if !slices.Contains(g, r) && shown < 5 {
			shown++
			t.Errorf("the job lacks  %s", r)
		}
	}
	for _, r := range g {
		if !slices.Contains(w, r) && shown < 10 {
			shown++
			t.Errorf("only the job has%s", r)
		}
	}
}
