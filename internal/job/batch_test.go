package job_test

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/job"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/stream"
)

//go:embed testdata/batch.sql
var batchSQL string

// definitions are the jobs' results as plain SQL over all events: one statement per
// table, behind a line "-- table name: columns of the key". :until is the watermark.
func definitions(text string) map[string]definition {
	parts := strings.Split(text, "\n-- table ")
	all := make(map[string]definition)
	for _, part := range parts[1:] {
		head, sql, _ := strings.Cut(part, "\n")
		name, key, _ := strings.Cut(head, ": ")
		all[name] = definition{strings.Split(key, ", "), parts[0] + sql}
	}
	return all
}

type definition struct {
	key []string
	sql string
}

// batch answers SQL over all events of an arrival.
type batch struct {
	t     *testing.T
	store olap.Store
}

func openBatch(t *testing.T, a *arrival) *batch {
	t.Helper()
	store, err := duckdb.Open(duckdb.Config{Path: filepath.Join(t.TempDir(), "batch.duckdb"), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	for _, b := range a.batches {
		showViewed(&b.Items.Kind)
	}
	if err := store.Write(context.Background(), olap.Commit{Batches: a.batches, Positions: a.offsets}); err != nil {
		t.Fatal(err)
	}
	return &batch{t, store}
}

// showViewed gives items that were only looked at another kind: the store's order lines
// are without them.
func showViewed(kinds *event.Dict) {
	for i := range kinds.Codes {
		if kinds.Get(i) == event.KindView {
			kinds.Set(i, "looked at")
		}
	}
}

func (b *batch) table(d definition, until int64) map[string]row {
	b.t.Helper()
	begin := time.Now()
	defer func() { b.t.Logf("sql %v", time.Since(begin)) }()
	sql := strings.ReplaceAll(d.sql, ":until", "TIMESTAMP '"+time.UnixMicro(until).UTC().Format("2006-01-02 15:04:05.000000")+"'")
	result, err := b.store.Query(context.Background(), olap.Query{SQL: sql, Limits: olap.Limits{Rows: 1_000_000, Bytes: 1 << 30, Timeout: time.Minute}})
	if err != nil {
		b.t.Fatalf("%v", err)
	}
	names := result.Columns
	all, err := result.All()
	if err != nil {
		b.t.Fatal(err)
	}
	rows := make(map[string]row, len(all))
	for _, values := range all {
		r := make(row, len(values))
		for i, v := range values {
			r[names[i].Name] = canonical(v)
		}
		rows[r.key(d.key)] = r
	}
	return rows
}

// canonical writes a value of JSON or of the database, so that equal ones are equal: no
// value is an empty text, and so is the instant zero.
func canonical(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		if v == "1970-01-01T00:00:00Z" {
			return ""
		}
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case json.Number:
		return trimmed(string(v))
	case olap.Decimal:
		return trimmed(v.String())
	case time.Time:
		return event.Instant(v.UnixMicro()).String()
	case []any:
		texts := make([]string, len(v))
		for i, e := range v {
			texts[i] = canonical(e)
		}
		return strings.Join(texts, " ")
	}
	return fmt.Sprint(v)
}

// trimmed takes zeros off the end of a decimal number.
func trimmed(n string) string {
	if strings.Contains(n, "e") {
		f, _ := strconv.ParseFloat(n, 64)
		n = strconv.FormatFloat(f, 'f', -1, 64)
	}
	if strings.Contains(n, ".") {
		n = strings.TrimRight(strings.TrimRight(n, "0"), ".")
	}
	return n
}

// compare says where the rows of a job and of the batch differ, in the batch's columns.
func compare(t failer, name string, got, want map[string]row) {
	t.Helper()
	wrong, shown := 0, 0
	complain := func(format string, args ...any) {
		wrong++
		if shown++; shown <= 5 {
			t.Errorf("%s: "+format, append([]any{name}, args...)...)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		g, w := got[key], want[key]
		if g == nil {
			complain("the job has no row %s; want%s", key, w)
			continue
		}
		for _, column := range slices.Sorted(maps.Keys(w)) {
			if _, ok := g[column]; !ok || g[column] != w[column] {
				complain("%s of %s is %q, want %q; the job's row:%s", column, key, g[column], w[column], g)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if want[key] == nil && got[key]["visits"] != "0" { // a step of the funnel that nobody comes to any more
			complain("the job has a row that the batch has not:%s", got[key])
		}
	}
	if wrong > 0 {
		t.Errorf("%s: %d differences in %d rows", name, wrong, len(want))
	}
}

// sized is how many events a comparison is over; with -long five times as many.
func sized(events int) int {
	if *long {
		return 5 * events
	}
	return events
}

// The results of the jobs, once all has come, are those of plain SQL over the same
// events: in any order of arrival within the lateness, over any number of
// partitions and shards, and with crashes between.
func TestResultsAreThoseOfABatch(t *testing.T) {
	shops := []struct {
		name   string
		events func(t *testing.T) (reader, []told)
		tables []string // that must have rows
	}{
		{"a gift shop's order lines", func(t *testing.T) (reader, []told) { return onlineRetail(t, sized(4000)) },
			[]string{"kpis", "popularity", "popularity_top", "customer_profiles"}},
		{"a clothes shop's clicks", func(t *testing.T) (reader, []told) { return clickstream(t, sized(2500)) }, []string{"kpis", "popularity", "popularity_top", "visits", "funnel"}},
		{"a generated shop", func(t *testing.T) (reader, []told) { return generated(t, 7, sized(7000)) },
			[]string{"kpis", "popularity", "popularity_top", "visits", "funnel", "abandoned_carts", "customer_profiles"}},
	}
	for i, s := range shops {
		for k, width := range []int{1, 3, 8} {
			t.Run(fmt.Sprintf("%s, %d partitions", s.name, width), func(t *testing.T) {
				random := rand.New(rand.NewPCG(uint64(i), uint64(k)))
				r, all := s.events(t)
				p := job.Params{Lateness: 10 * time.Minute}
				a := arrive(r, all, width, p.Lateness, random)
				check(t, a, partA(p), s.tables, width, 9-width, random)
			})
		}
	}
}

// partA are the jobs that this file has definitions for.
func partA(p job.Params) []*stream.Job {
	return []*stream.Job{job.Kpis(p), job.Popularity(p), job.Sessions(p), job.Carts(p), job.Profiles(p)}
}

func check(t *testing.T, a *arrival, jobs []*stream.Job, filled []string, partitions, shards int, random *rand.Rand) {
	t.Helper()
	want, b := definitions(batchSQL), openBatch(t, a)
	s := openShop(t, jobs, partitions, shards)
	defer func() { s.engine.Close() }()
	begin := time.Now()
	s.live(a, random, 4)
	t.Logf("live %v", time.Since(begin))
	soon := a.last + time.Minute.Microseconds()
	s.reach(soon)
	results := make(map[string]map[string]row)
	for _, name := range []string{"popularity", "popularity_top"} { // they are of the newest hours
		results[name] = s.results.snapshot(name)
	}
	end := a.last + (3 * time.Hour).Microseconds()
	s.reach(end)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		until := end
		if results[name] == nil {
			results[name] = s.results.snapshot(name)
		} else {
			until = soon
		}
		rows := b.table(want[name], until)
		if slices.Contains(filled, name) && len(rows) == 0 {
			t.Errorf("%s: the batch has no rows", name)
		}
		t.Logf("%s: %d rows", name, len(rows))
		compare(t, name, results[name], rows)
	}
}
