package grafana

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/dashboard"
	"github.com/millrace/millrace/internal/generate"
	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/internal/store/record/sqlite"
	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/warehouse/warehousetest"
)

func catalogOf(t testing.TB) *metric.Catalog {
	t.Helper()
	c, err := metric.Load(metric.Defaults(), metric.Datasets())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFilesAreUpToDate(t *testing.T) {
	files, err := Files(catalogOf(t))
	if err != nil {
		t.Fatal(err)
	}
	const root = "../../../deploy/grafana"
	for _, f := range files {
		kept, err := os.ReadFile(filepath.Join(root, f.Name))
		if err != nil || !bytes.Equal(kept, f.Text) {
			t.Errorf("deploy/grafana/%s is out of date (%v); run make generate", f.Name, err)
		}
	}
	kept, err := filepath.Glob(root + "/dashboards/*.json")
	if err != nil || len(kept) != len(files)-2 || len(kept) < 12 {
		t.Errorf("there are %d files of dashboards, and %d are written (%v)", len(kept), len(files)-2, err)
	}
}

// TestShape reads each dashboard as Grafana does: as JSON.
func TestShape(t *testing.T) {
	files, err := Files(catalogOf(t))
	if err != nil {
		t.Fatal(err)
	}
	uids := make(map[string]string)
	for _, f := range files {
		if !strings.HasSuffix(f.Name, ".json") {
			continue
		}
		var d Dashboard
		decoder := json.NewDecoder(bytes.NewReader(f.Text))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&d); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		if other := uids[d.UID]; other != "" || d.UID == "" || len(d.UID) > 40 {
			t.Errorf("%s: uid %q is that of %s, empty or longer than Grafana takes", f.Name, d.UID, other)
		}
		uids[d.UID] = f.Name
		if d.SchemaVersion < 39 || d.Title == "" || len(d.Panels) == 0 || !slices.Contains(d.Tags, tag) {
			t.Errorf("%s: schema %d, title %q, %d panels, tags %v", f.Name, d.SchemaVersion, d.Title, len(d.Panels), d.Tags)
		}
		checkPanels(t, f.Name, &d)
		checkVariables(t, f.Name, &d, string(f.Text))
	}
}

var kindsOfPanels = []string{"row", "stat", "timeseries", "barchart", "bargauge", "table", "text"}

func checkPanels(t *testing.T, name string, d *Dashboard) {
	t.Helper()
	ids := make(map[int]bool)
	sources := make(map[string]bool)
	for _, v := range d.Templating.List {
		if v.Type == "datasource" {
			sources["${"+v.Name+"}"] = true
		}
	}
	for i := range d.Panels {
		p := &d.Panels[i]
		g := p.GridPos
		if ids[p.ID] || p.ID <= 0 || !slices.Contains(kindsOfPanels, p.Type) {
			t.Errorf("%s: panel %d (%s): its id is not its own, or its type %q unknown", name, p.ID, p.Title, p.Type)
		}
		ids[p.ID] = true
		if g.W <= 0 || g.H <= 0 || g.X < 0 || g.Y < 0 || g.X+g.W > 24 {
			t.Errorf("%s: panel %d stands at %+v", name, p.ID, g)
		}
		for k := range d.Panels[:i] {
			o := d.Panels[k].GridPos
			if g.X < o.X+o.W && o.X < g.X+g.W && g.Y < o.Y+o.H && o.Y < g.Y+g.H {
				t.Errorf("%s: panels %d and %d overlap: %+v, %+v", name, p.ID, d.Panels[k].ID, g, o)
			}
		}
		asks := p.Type != "row" && p.Type != "text"
		if asks != (len(p.Targets) > 0) || asks && (p.Datasource == nil || !sources[p.Datasource.UID] || p.Title == "") {
			t.Errorf("%s: panel %d (%s) asks %d targets of %+v", name, p.ID, p.Title, len(p.Targets), p.Datasource)
		}
		refs := make(map[string]bool)
		for _, target := range p.Targets {
			if refs[target.RefID] || *target.Datasource != *p.Datasource || (target.RawSQL == "") == (target.Expr == "") {
				t.Errorf("%s: panel %d: target %+v", name, p.ID, target)
			}
			refs[target.RefID] = true
		}
	}
}

var used = regexp.MustCompile(`\$\{(\w+)(?::\w+)?\}|\$(\w+)`)

// checkVariables: every variable that is used is declared, and every one declared is used.
func checkVariables(t *testing.T, name string, d *Dashboard, text string) {
	t.Helper()
	declared := make(map[string]bool)
	for _, v := range d.Templating.List {
		declared[v.Name] = false
	}
	for _, m := range used.FindAllStringSubmatch(text, -1) {
		variable := m[1] + m[2]
		if strings.HasPrefix(variable, "__") {
			continue
		}
		if _, is := declared[variable]; !is {
			t.Errorf("%s: $%s is used and not declared", name, variable)
		}
		declared[variable] = true
	}
	for variable, used := range declared {
		if !used && variable != "currency" && variable != "grain" { // which all boards have
			t.Errorf("%s: the variable %s is not used", name, variable)
		}
	}
}

// world is a platform that consists of a store, with what a shop did in an hour.
type world struct {
	catalog *metric.Catalog
	desk    *query.Service
	boards  *dashboard.Service
}

func newWorld(t *testing.T) *world {
	store, err := duckdb.Open(duckdb.Config{Path: filepath.Join(t.TempDir(), "t.duckdb"), Threads: 1, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	live(t, warehousetest.New(t, store))
	logger := slog.New(slog.DiscardHandler)
	metrics, err := metric.Open(metric.Config{Store: store, Engine: "duckdb", Timeout: time.Minute, Clock: clock.Real(), Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	records, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "records.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = records.Close() })
	boards, err := dashboard.Open(context.WithoutCancel(t.Context()), dashboard.Config{
		Catalogue: metrics, Store: store, Records: records, Random: bytes.NewReader(nil), Clock: clock.Real(), Logger: logger, Limits: dashboard.Limits{ChartTimeout: time.Minute},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(boards.Close)
	desk := query.New(query.Config{Store: store, Limits: olap.Limits{Rows: 100_000, Bytes: 64 << 20, Timeout: time.Minute}, Now: time.Now, Logger: logger})
	return &world{metrics.Catalog(), desk, boards}
}

var opened = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

func live(t *testing.T, w *warehousetest.World) {
	c, err := generate.Scenario("calm")
	if err != nil {
		t.Fatal(err)
	}
	c.Start, c.Rate, c.Steady = opened, 1, true
	shop, err := generate.New(c)
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for range 4000 {
		e := shop.Next()
		if e.Delivery != generate.First {
			continue
		}
		lines.Write(e.Payload)
		lines.WriteByte('\n')
	}
	w.Write(w.Batch(0, lines.String()))
}

// ask runs a target through the gate of users' SQL, as what Grafana sends.
func (w *world) ask(t *testing.T, sql string, fill *strings.Replacer) (columns []string, rows [][]any) {
	t.Helper()
	text := fill.Replace(sql)
	if strings.Contains(text, "$_") || strings.Contains(text, "${") {
		t.Fatalf("not filled in: %s", text)
	}
	result, err := w.desk.Ask(t.Context(), &query.User{Name: "grafana", Role: &query.Role{Name: "grafana"}}, olap.Query{SQL: text})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, c := range result.Columns {
		columns = append(columns, c.Name)
	}
	rows, err = result.All()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return columns, rows
}

// fill replaces macros and variables as Grafana's data source does.
func fill(from, to time.Time, grain, currency string, filters map[string]string) *strings.Replacer {
	pairs := []string{
		"$__timeFrom()", "'" + from.Format("2006-01-02T15:04:05.999Z") + "'", "$__timeTo()", "'" + to.Format("2006-01-02T15:04:05.999Z") + "'",
		"${grain:raw}", grain, "${currency:sqlstring}", "'" + currency + "'",
	}
	for name, values := range filters {
		pairs = append(pairs, "${"+name+":sqlstring}", values)
	}
	return strings.NewReplacer(pairs...)
}

// TestStatementsGiveTheNumbersOfTheConsole runs every target of the business's dashboards,
// and compares what Grafana gets with what the console shows: over a range that begins and
// ends within buckets; some boards with a filter.
func TestStatementsGiveTheNumbersOfTheConsole(t *testing.T) {
	w := newWorld(t)
	begin, end := opened.Add(22*time.Minute+17*time.Second), opened.Add(51*time.Minute+5*time.Second)
	numbers, filtered := 0, 0
	for _, e := range dashboard.Defaults() {
		d, err := newBoard(e.Board, w.catalog)
		if err != nil {
			t.Fatal(err)
		}
		filters := make(map[string]string)
		for _, name := range e.Board.Filters {
			filters[name] = allValues
		}
		for _, v := range d.Templating.List {
			if v.Type == "query" {
				w.ask(t, v.Query, fill(begin, end, "minute", "EUR", filters))
			}
		}
		request := dashboard.Request{From: begin, To: end, Compare: "previous"}
		if e.Board.Filters[0] == "country" {
			request.Filters = []dashboard.BoardFilter{{Dimension: "country", Values: []string{"DE", "FR", "GB"}}}
			filters["country"] = "'DE','FR','GB'"
			filtered++
		}
		result, err := w.boards.Query(t.Context(), e.Board, request)
		if err != nil {
			t.Fatal(err)
		}
		numbers += w.compare(t, e.Board, d, result, filters)
	}
	if numbers < 2000 || filtered == 0 {
		t.Errorf("only %d numbers were compared, %d boards with a filter", numbers, filtered)
	}
}

// compare compares the panels of a dashboard with the answers of its board.
func (w *world) compare(t *testing.T, b *dashboard.Board, d *Dashboard, result *dashboard.Result, filters map[string]string) (numbers int) {
	t.Helper()
	panels := slices.DeleteFunc(slices.Clone(d.Panels), func(p Panel) bool { return p.Type == "row" })
	charts := b.Charts()
	if len(panels) != len(charts) {
		t.Fatalf("%s has %d panels and %d charts", d.UID, len(panels), len(charts))
	}
	for i, c := range charts {
		if c.Kind == dashboard.KindText {
			continue
		}
		k := slices.IndexFunc(result.Charts, func(a dashboard.ChartAnswer) bool { return a.ID == c.ID })
		a := result.Charts[k]
		if a.Err != nil {
			t.Fatalf("%s %s: %v", b.ID, c.ID, a.Err)
		}
		at := fill(result.Window.From, result.Window.To, cmpGrain(a.Query.Grain), a.Main.Currency, filters)
		for n, target := range panels[i].Targets {
			_, rows := w.ask(t, target.RawSQL, at)
			var got, want []line
			for _, r := range rows {
				got = append(got, lineOf(t, r, len(c.Metrics)))
			}
			for _, r := range a.Main.Rows {
				values := r.Values
				if n == 1 {
					values = r.Previous
				}
				want = append(want, lineOfConsole(t, &r, values))
				numbers += len(values)
			}
			if c.Kind == dashboard.KindLine || c.Kind == dashboard.KindArea || c.Kind == dashboard.KindHeatmap {
				slices.SortFunc(got, byKey)
				slices.SortFunc(want, byKey)
			}
			if !slices.EqualFunc(got, want, line.equal) {
				t.Errorf("%s %s %s: Grafana gets\n%v\nthe console shows\n%v\n%s", b.ID, c.ID, target.RefID, got, want, target.RawSQL)
			}
		}
	}
	return numbers
}

func cmpGrain(grain string) string {
	if grain == "" {
		return "minute"
	}
	return grain
}

// line is a row: its time and dimensions, and its numbers; NaN for none.
type line struct {
	key    string
	values []float64
}

func byKey(a, b line) int { return strings.Compare(a.key, b.key) }

// equal compares lines. The console's numbers are rounded to six decimals.
func (l line) equal(o line) bool {
	return l.key == o.key && slices.EqualFunc(l.values, o.values, func(a, b float64) bool {
		return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-6*max(1, math.Abs(b))
	})
}

func lineOf(t *testing.T, row []any, metrics int) (l line) {
	t.Helper()
	for _, v := range row[:len(row)-metrics] {
		switch v := v.(type) {
		case time.Time:
			l.key += v.UTC().Format(time.RFC3339) + "|"
		case nil:
			l.key += "-|"
		default:
			l.key += fmt.Sprint(v) + "|"
		}
	}
	for _, v := range row[len(row)-metrics:] {
		if v == nil {
			l.values = append(l.values, math.NaN())
			continue
		}
		l.values = append(l.values, number(t, fmt.Sprint(v)))
	}
	return l
}

func lineOfConsole(t *testing.T, r *metric.Row, values []*string) (l line) {
	t.Helper()
	if !r.Time.IsZero() {
		l.key = r.Time.Format(time.RFC3339) + "|"
	}
	for _, v := range r.Dimensions {
		if v == nil {
			l.key += "-|"
		} else {
			l.key += *v + "|"
		}
	}
	for _, v := range values {
		if v == nil {
			l.values = append(l.values, math.NaN())
			continue
		}
		l.values = append(l.values, number(t, *v))
	}
	return l
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
