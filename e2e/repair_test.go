package e2e

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/millrace/millrace/examples/onlineretail"
	"github.com/millrace/millrace/internal/generate/corrupt"
)

// repairScene is one platform that got a clean file, and one that got the same file with
// one line in twenty broken, in twelve ways.
type repairScene struct {
	t             *testing.T
	clean, broken *platform
	file          []byte // the clean one
	lines         int64
	labels        []corrupt.Label
}

// repairLines is how many lines of the year the scene has; REPAIR_LINES says
// otherwise.
const repairLines = 15_000

func newRepairScene(t *testing.T) *repairScene {
	t.Helper()
	s := &repairScene{t: t}
	lines := repairLines
	if text := os.Getenv("REPAIR_LINES"); text != "" {
		var err error
		if lines, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	s.file, s.lines = retailLines(t, lines)
	var broken []byte
	var err error
	if broken, s.labels, err = corrupt.Break(nil, s.file, corrupt.Config{Seed: 1, Share: 0.05}); err != nil {
		t.Fatal(err)
	}
	rules, err := filepath.Abs("../examples/onlineretail/rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("sources:\n  - {name: onlineretail, adapter: onlineretail, rules: %q}\n", rules)
	s.clean, s.broken = up(t, configured(t, config)...), up(t, configured(t, config)...)
	var both sync.WaitGroup
	both.Go(func() { s.clean.sendRetail("retail.csv", s.file) })
	both.Go(func() { s.broken.sendRetail("retail.csv", broken) })
	both.Wait()
	s.clean.waitReceived(s.lines)
	s.broken.waitReceived(s.lines)
	return s
}

// retailLines returns the header and the first lines of the year.
func retailLines(t *testing.T, lines int) (file []byte, n int64) {
	t.Helper()
	r, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	text, err := r.DecodeAll(onlineretail.Data(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if lines < onlineretail.Rows {
		rest := text
		for range lines + 1 {
			rest = rest[bytes.IndexByte(rest, '\n')+1:]
		}
		return text[:len(text)-len(rest)], int64(lines)
	}
	return text, onlineretail.Rows
}

func (p *platform) sendRetail(name string, file []byte) {
	r, err := http.Post(p.url+"/api/v1/files?adapter=onlineretail&name="+name, "text/csv", bytes.NewReader(file))
	if err != nil {
		p.t.Error(err)
		return
	}
	if r.Body.Close(); r.StatusCode != http.StatusOK {
		p.t.Errorf("%s: %d", name, r.StatusCode)
	}
}

// wantCategories: each broken line is in quarantine for what its label says, and what else
// is there is so in the clean file as well.
func (s *repairScene) wantCategories() {
	s.t.Helper()
	const query = "SELECT line, category, rule, field FROM quarantine ORDER BY line"
	want := map[string]string{}
	for _, r := range s.clean.sqlRows(query) {
		want[fmt.Sprint(r[0])] = fmt.Sprint(r[1:])
	}
	for _, l := range s.labels {
		want[strconv.Itoa(l.Line)] = fmt.Sprint([]string{l.Category, l.Rule, l.Field})
	}
	for _, r := range s.broken.sqlRows(query) {
		line := fmt.Sprint(r[0])
		if got := fmt.Sprint(r[1:]); got != want[line] {
			s.t.Errorf("line %s is quarantined as %s, want %s", line, got, want[line])
		}
		delete(want, line)
	}
	if len(want) > 0 {
		s.t.Errorf("%d lines are not in quarantine: %v", len(want), want)
	}
}

// repair is what mends the events of one rule and field.
type repair struct {
	Rule  string           `json:"rule"`
	Field string           `json:"field"`
	Steps []map[string]any `json:"steps"`
}

func (r *repair) filter() map[string]any {
	return map[string]any{"rules": []string{r.Rule}, "fields": []string{r.Field}, "states": []string{"open"}}
}

// repairs are those of testdata/repairs.json, and the products that the clean lines name.
// The numbers of orders that are missing are in no other line: see [repairScene.importOrders].
func (s *repairScene) repairs() []repair {
	s.t.Helper()
	text, err := os.ReadFile("testdata/repairs.json")
	if err != nil {
		s.t.Fatal(err)
	}
	var all []repair
	if err := json.Unmarshal(text, &all); err != nil {
		s.t.Fatal(err)
	}
	products := map[string]any{}
	for _, l := range s.labels {
		if l.Way != "product_missing" {
			continue
		}
		cells, err := csv.NewReader(strings.NewReader(l.Original)).Read()
		if err != nil {
			s.t.Fatal(err)
		}
		products[cells[2]] = cells[1]
	}
	return append(all, repair{"csv.required", "item.product_id", []map[string]any{
		{"field": "StockCode", "lookup": map[string]any{"field": "Description", "table": products}},
	}})
}

// labelled counts the lines that a repair is for.
func (s *repairScene) labelled(r *repair) (n int64) {
	for _, l := range s.labels {
		if l.Rule == r.Rule && l.Field == r.Field {
			n++
		}
	}
	return n
}

type heldRun struct {
	ID       string `json:"id"`
	State    string `json:"state"`
	Error    string `json:"error"`
	Progress struct {
		Total, Done, Recovered, Duplicate, Requarantined, Void, Failed int64
	} `json:"progress"`
}

func (p *platform) ask(path string, body, answer any) {
	p.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	status, got := p.post(path, "application/json", text)
	if status != http.StatusOK {
		p.t.Fatalf("POST %s: %d %s", path, status, got)
	}
	p.decode(got, answer)
}

// waitRun waits until a run has ended.
func (p *platform) waitRun(run *heldRun) {
	p.t.Helper()
	p.eventually("run "+run.ID, waitLong, func() bool {
		p.decode(p.get("/api/v1/quarantine/runs/"+run.ID), run)
		return run.State == "done"
	})
	p.settle()
}

// redrive repairs the events of one group, after a dry run that says how many heal.
func (s *repairScene) redrive(r *repair) {
	s.t.Helper()
	request := map[string]any{
		"kind": "redrive", "filter": r.filter(), "by": "e2e",
		"patch": map[string]any{"version": 1, "name": "repair", "steps": r.Steps},
	}
	var dry struct {
		Heal, Total int64
		Confirm     string
	}
	tried := map[string]any{"kind": "redrive", "filter": request["filter"], "patch": request["patch"]}
	s.broken.ask("/api/v1/quarantine/dry-run", tried, &dry)
	if want := s.labelled(r); dry.Heal != want || want == 0 {
		s.t.Errorf("%s %s: a dry run heals %d of %d, want %d", r.Rule, r.Field, dry.Heal, dry.Total, want)
	}
	request["confirm"] = dry.Confirm
	var run heldRun
	s.broken.ask("/api/v1/quarantine/runs", request, &run)
	s.broken.waitRun(&run)
	if run.Progress.Recovered != dry.Heal || run.Progress.Failed+run.Progress.Duplicate+run.Progress.Void > 0 {
		s.t.Errorf("%s %s: the run came to %+v, its dry run to %d", r.Rule, r.Field, run.Progress, dry.Heal)
	}
}

// orders are the numbers of the orders that are missing, by line.
func (s *repairScene) orders() map[string]string {
	orders := map[string]string{}
	for _, l := range s.labels {
		if l.Way == "order_missing" {
			orders[strconv.Itoa(l.Line)] = l.Original[:strings.IndexByte(l.Original, ',')]
		}
	}
	return orders
}

// edited fills in the orders of an exported file, as somebody would who looks them up.
func (s *repairScene) edited(exported string) []byte {
	s.t.Helper()
	orders := s.orders()
	var out bytes.Buffer
	for row := range strings.Lines(exported) {
		var event map[string]any
		s.broken.decode(row, &event)
		columns, _ := event["columns"].(map[string]any)
		columns["InvoiceNo"] = orders[fmt.Sprint(event["line"])]
		text, err := json.Marshal(event)
		if err != nil {
			s.t.Fatal(err)
		}
		out.Write(append(text, '\n'))
	}
	return out.Bytes()
}

// importOrders repairs what no patch can, by a file.
func (s *repairScene) importOrders() {
	s.t.Helper()
	missing := &repair{Rule: "csv.required", Field: "order_id"}
	const path = "/api/v1/quarantine/import?format=jsonl&by=e2e"
	file := s.edited(s.broken.get("/api/v1/quarantine/export?format=jsonl&state=open&rule=csv.required&field=order_id"))
	var answer struct {
		Changed int64
		Confirm string
		Run     heldRun
	}
	for _, query := range []string{"&dry_run=true", ""} {
		if answer.Confirm != "" {
			query = "&confirm=" + answer.Confirm
		}
		status, text := s.broken.post(path+query, "application/jsonl", file)
		if status != http.StatusOK {
			s.t.Fatalf("import: %d %s", status, text)
		}
		s.broken.decode(text, &answer)
	}
	s.broken.waitRun(&answer.Run)
	if want := s.labelled(missing); answer.Changed != want || answer.Run.Progress.Recovered != want {
		s.t.Errorf("the import changed %d events and recovered %d, want %d", answer.Changed, answer.Run.Progress.Recovered, want)
	}
}

// notCompared are columns that say how an event came, and not what it is: of two platforms
// they differ, and of a repaired event they say that it was repaired.
var notCompared = []string{
	"received_at", "late", "corrected", "warned", "recovered", "versions", "line", "partition", "offset", "revision",
	"phase", "state", "attempts", "settled_at", "by",
}

// comparedJobs are the jobs whose tables are a function of the events alone; popularity is
// as of the newest watermark, and the anomalies of volume are what was unusual when it came.
var comparedJobs = []string{"kpis", "profiles", "sessions", "carts"}

// comparedTables are the tables of the pass, and of those jobs.
var comparedTables = []string{"events", "order_lines", "corrections", "quarantine", "kpis", "customer_profiles", "visits", "funnel", "abandoned_carts"}

// wantCleanTables: the tables of the repaired platform are those of the clean one.
func (s *repairScene) wantCleanTables() {
	s.t.Helper()
	for _, p := range []*platform{s.clean, s.broken} {
		for _, job := range comparedJobs {
			must(s.t, "job", "backfill", job, "--url", p.url)
		}
	}
	for _, table := range comparedTables {
		columns := s.clean.comparable(table)
		where := ""
		if table == "quarantine" {
			where = " WHERE state = 'open'"
		}
		query := fmt.Sprintf("SELECT count(*), coalesce(sum(hash(%s)::HUGEINT), 0)::VARCHAR FROM %s%s", columns, table, where)
		want := s.clean.sql(query)
		var got []any
		equal := func() bool {
			got = s.broken.sql(query)
			return fmt.Sprint(got) == fmt.Sprint(want)
		}
		// The results of a job reach its table a moment after the job has them.
		for deadline := time.Now().Add(waitLong / 4); !equal() && time.Now().Before(deadline); {
			time.Sleep(50 * time.Millisecond)
			want = s.clean.sql(query)
		}
		if !equal() {
			s.t.Errorf("%s has %v after the repair, want %v; first differences: %s", table, got, want, s.differences(table, columns, where))
		}
	}
}

// comparable lists the columns of a table that two platforms have in common.
func (p *platform) comparable(table string) string {
	p.t.Helper()
	var answer struct {
		Tables []struct {
			Name    string
			Columns []struct{ Name string }
		}
	}
	p.decode(p.get("/api/v1/schema"), &answer)
	var names []string
	for _, t := range answer.Tables {
		for _, c := range t.Columns {
			if t.Name == table && !slices.Contains(notCompared, c.Name) {
				names = append(names, strconv.Quote(c.Name))
			}
		}
	}
	if len(names) == 0 {
		p.t.Fatalf("there is no table %s", table)
	}
	return strings.Join(names, ", ")
}

// differences shows rows that only one of the platforms has.
func (s *repairScene) differences(table, columns, where string) string {
	query := fmt.Sprintf("SELECT %s FROM %s%s ORDER BY ALL LIMIT 10000", columns, table, where)
	only := map[string]int{}
	for _, r := range s.clean.sqlRows(query) {
		only["clean: "+fmt.Sprint(r)]++
	}
	for _, r := range s.broken.sqlRows(query) {
		if clean := "clean: " + fmt.Sprint(r); only[clean] > 0 {
			if only[clean]--; only[clean] == 0 {
				delete(only, clean)
			}
			continue
		}
		only["repaired: "+fmt.Sprint(r)]++
	}
	var rows []string
	for r := range only {
		rows = append(rows, r)
	}
	slices.Sort(rows)
	return "\n" + strings.Join(rows[:min(len(rows), 6)], "\n")
}

// wantBalance: the ledger counts what was broken as recovered, and nothing twice.
func (s *repairScene) wantBalance() {
	s.t.Helper()
	var answer struct {
		Total struct {
			Received, Accepted, Quarantined, Recovered, Open int64
			Balanced                                         bool
		}
		Audit struct {
			OK       bool
			Findings []string
		}
	}
	s.broken.decode(s.broken.get("/api/v1/ledger?check=true"), &answer)
	clean, got, broken := s.clean.ledger(), answer.Total, int64(len(s.labels))
	if !got.Balanced || got.Received != s.lines || got.Recovered != broken || got.Open != clean.Quarantined || got.Accepted+got.Recovered != clean.Accepted {
		s.t.Errorf("the ledger says %+v, that of the clean file %+v; %d lines were broken", got, clean, broken)
	}
	if !answer.Audit.OK {
		s.t.Errorf("the ledger and the tables differ: %v", answer.Audit.Findings)
	}
}

// TestRepairedLinesGiveTheCleanTables: lines that were broken in twelve ways are in
// quarantine for the right reason; once they are repaired, all tables are those of the
// clean file, to the last digit.
func TestRepairedLinesGiveTheCleanTables(t *testing.T) {
	s := newRepairScene(t)
	s.wantCategories()
	for _, r := range s.repairs() {
		s.redrive(&r)
	}
	s.importOrders()
	s.wantBalance()
	s.wantCleanTables()
}
