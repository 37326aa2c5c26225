package semantic

import (
	"fmt"
	"log/slog"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/millrace/millrace/internal/generate"
	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/warehouse/warehousetest"
)

// world is a store with what a shop did in an hour, and who asks it.
type world struct {
	t       *testing.T
	metrics *metric.Service
	desk    *query.Service
}

var (
	opened = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	begin  = opened.Add(7*time.Minute + 17*time.Second)
	end    = opened.Add(51 * time.Minute)
)

func newWorld(t *testing.T) *world {
	store, err := duckdb.Open(duckdb.Config{Path: filepath.Join(t.TempDir(), "t.duckdb"), Threads: 1, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	scene, err := generate.Scenario("calm")
	if err != nil {
		t.Fatal(err)
	}
	scene.Start, scene.Rate, scene.Steady = opened, 1, true
	shop, err := generate.New(scene)
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for range 3000 {
		if e := shop.Next(); e.Delivery == generate.First {
			lines.Write(e.Payload)
			lines.WriteByte('\n')
		}
	}
	w := warehousetest.New(t, store)
	w.Write(w.Batch(0, lines.String()))
	logger := slog.New(slog.DiscardHandler)
	metrics, err := metric.Open(metric.Config{Store: store, Engine: "duckdb", Timeout: time.Minute, Clock: clock.Real(), Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	desk := query.New(query.Config{Store: store, Limits: olap.Limits{Rows: 100_000, Bytes: 64 << 20, Timeout: time.Minute}, Now: time.Now, Logger: logger})
	return &world{t, metrics, desk}
}

// ask runs a statement as a BI tool sends it.
func (w *world) ask(sql string) [][]any {
	w.t.Helper()
	q := olap.Query{SQL: sql, Session: &olap.Session{User: "bi", Database: "millrace"}}
	result, err := w.desk.Ask(w.t.Context(), &query.User{Name: "bi", Role: &query.Role{Name: "bi"}}, q)
	if err != nil {
		w.t.Fatalf("%v\n%s", err, sql)
	}
	rows, err := result.All()
	if err != nil {
		w.t.Fatalf("%v\n%s", err, sql)
	}
	return rows
}

// api asks the platform for the metrics, by key: the time and the dimension of a row.
func (w *world) api(q metric.Query) map[string][]float64 {
	w.t.Helper()
	a, err := w.metrics.Query(w.t.Context(), q)
	if err != nil {
		w.t.Fatalf("%v: %v", q.Metrics, err)
	}
	out := make(map[string][]float64)
	for _, r := range a.Rows {
		var key string
		if q.Grain != "" {
			key = r.Time.Format(time.RFC3339)
		}
		for _, v := range r.Dimensions {
			if v != nil {
				key += *v
			}
		}
		for _, v := range r.Values {
			if v == nil {
				out[key] = append(out[key], math.NaN())
			} else {
				out[key] = append(out[key], w.number(*v))
			}
		}
	}
	return out
}

func (w *world) number(v any) float64 {
	w.t.Helper()
	if v == nil {
		return math.NaN()
	}
	n, err := strconv.ParseFloat(fmt.Sprint(v), 64)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// same compares rows of a tool, whose first column is the key, with those of the platform. A
// row that the platform does not have holds nothing that counts.
func (w *world) same(what string, rows [][]any, names []string, want map[string][]float64) (compared int) {
	w.t.Helper()
	seen := make(map[string]bool)
	for _, r := range rows {
		key := ""
		switch v := r[0].(type) {
		case nil:
		case time.Time:
			key = v.UTC().Format(time.RFC3339)
		default:
			key = fmt.Sprint(v)
		}
		seen[key] = true
		for i, name := range names {
			got := w.number(r[1+i])
			expected, is := 0.0, want[key] != nil
			if is {
				expected = want[key][i]
			}
			none := math.IsNaN(got) && (math.IsNaN(expected) || !is)
			if !none && !(math.Abs(got-expected) <= 1e-6*max(1, math.Abs(expected))) {
				w.t.Errorf("%s: %s of %q is %v, and %v by the platform", what, name, key, got, expected)
			}
			compared++
		}
	}
	for key, values := range want {
		if !seen[key] && slices.ContainsFunc(values, func(v float64) bool { return v != 0 && !math.IsNaN(v) }) {
			w.t.Errorf("%s: the platform has a row %q", what, key)
		}
	}
	return compared
}

const mostMetrics = metric.MaxMetrics

// TestSupersetGivesThePlatformsNumbers imports the generated files as Superset does, and asks
// for every metric as its charts do: by time, and by a dimension.
func TestSupersetGivesThePlatformsNumbers(t *testing.T) {
	w := newWorld(t)
	catalog := w.metrics.Catalog()
	files, err := Superset(catalog)
	if err != nil {
		t.Fatal(err)
	}
	compared, metrics := 0, 0
	for _, f := range files {
		if !strings.Contains(f.Name, "/datasets/") {
			continue
		}
		var d supersetDataset
		if err := yaml.Unmarshal(f.Text, &d); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		metrics += len(d.Metrics)
		currency, filter := metric.AnyCurrency, ""
		if slices.ContainsFunc(d.Columns, func(c supersetColumn) bool { return c.Name == "currency" }) {
			currency, filter = "EUR", " AND currency = 'EUR'"
		}
		for some := range slices.Chunk(d.Metrics, mostMetrics) {
			var names, columns []string
			for _, m := range some {
				names, columns = append(names, m.Name), append(columns, fmt.Sprintf("%s AS %q", m.Expression, m.Label))
			}
			chart := func(key string) string {
				const form = "SELECT %s AS k, %s FROM (%s) AS virtual_table WHERE %s >= TO_TIMESTAMP('%s', 'YYYY-MM-DD HH24:MI:SS.US') AND %[4]s < TO_TIMESTAMP('%[6]s', 'YYYY-MM-DD HH24:MI:SS.US')%[7]s GROUP BY %[1]s ORDER BY 2 DESC LIMIT 50000"
				const layout = "2006-01-02 15:04:05.000000"
				return fmt.Sprintf(form, key, strings.Join(columns, ", "), d.SQL, d.Time, begin.Format(layout), end.Format(layout), filter)
			}
			q := metric.Query{Metrics: names, From: begin, To: end, Currency: currency}
			byTime, byCountry := q, q
			byTime.Grain, byCountry.Dimensions = "minute", []string{"country"}
			compared += w.same(f.Name+" by time", w.ask(chart("DATE_TRUNC('minute', "+d.Time+")")), names, w.api(byTime))
			compared += w.same(f.Name+" by country", w.ask(chart("country")), names, w.api(byCountry))
		}
	}
	if metrics < 80 || compared < 2000 {
		t.Errorf("only %d numbers of %d metrics were compared", compared, metrics)
	}
}

var (
	variable = regexp.MustCompile(`\{\{(\w+)\}\}`)
	optional = regexp.MustCompile(`\[\[|\]\]`)
)

// TestMetabaseGivesThePlatformsNumbers runs every question with its variables, and every
// model.
func TestMetabaseGivesThePlatformsNumbers(t *testing.T) {
	w := newWorld(t)
	catalog := w.metrics.Catalog()
	values := map[string]string{"from": "TIMESTAMP '" + begin.Format("2006-01-02 15:04:05") + "'", "to": "TIMESTAMP '" + end.Format("2006-01-02 15:04:05") + "'", "currency": "'EUR'"}
	texts := make(map[string]string)
	for _, f := range Metabase(catalog) {
		texts[f.Name] = variable.ReplaceAllStringFunc(optional.ReplaceAllString(string(f.Text), ""), func(v string) string { return values[strings.Trim(v, "{}")] })
	}
	questions := 0
	for _, d := range datasets(catalog) {
		w.ask(texts["metabase/models/"+d.Name+".sql"])
		currency := metric.AnyCurrency
		if d.Currency != "" {
			currency = "EUR"
		}
		for some := range slices.Chunk(d.metrics, mostMetrics) {
			var names []string
			for _, m := range some {
				names = append(names, m.Name)
			}
			all := w.api(metric.Query{Metrics: names, From: begin, To: end, Currency: currency, Grain: "month"})
			for i, name := range names {
				want := make(map[string][]float64)
				for key, values := range all {
					want[key] = values[i : i+1]
				}
				questions += w.same(name, w.ask(texts["metabase/questions/"+name+".sql"]), []string{name}, want)
			}
		}
	}
	if questions < 60 {
		t.Errorf("only %d questions were compared", questions)
	}
}

// TestCurrenciesAreNotAdded: a group of several currencies has no amount.
func TestCurrenciesAreNotAdded(t *testing.T) {
	w := newWorld(t)
	m := w.metrics.Catalog().Of("revenue")
	expression, set, ok := m.Aggregate()
	if !ok {
		t.Fatal("revenue is no expression")
	}
	rows := w.ask("SELECT " + expression + ", count(DISTINCT currency) FROM (" + set.Rows() + ") AS t")
	if rows[0][0] != nil || fmt.Sprint(rows[0][1]) == "1" {
		t.Errorf("the revenue of all currencies is %v", rows)
	}
}

// TestIdentitiesStay: what an earlier import made is found by a later one.
func TestIdentitiesStay(t *testing.T) {
	if got := uuidOf("database"); got != "225a28c3-daea-85c6-9a3e-48487bfca50e" {
		t.Errorf("the database is %s", got)
	}
}
