package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/quality/quarantine"
)

// A repair goes on by itself after each kill -9, and counts every event once; what is
// edited in a spreadsheet comes back.
func TestQuarantineIsRepairedOnceWhateverIsKilled(t *testing.T) {
	const n = 300
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var b strings.Builder
	b.WriteString("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,22752,LANTERN,2,2010-12-01 08:26:00,7;65,%d.0,United Kingdom\n", 536400+i/3, 17000+i/3)
	}
	b.WriteString("537000,22752,LANTERN,two,2010-12-01 08:26:00,7.65,17000.0,United Kingdom\n")
	file := write("day.csv", b.String())
	patch := write("points.yaml", "version: 1\nname: points\nsteps:\n  - {field: UnitPrice, replace: {regex: \";\", with: \".\"}}\n")

	data := filepath.Join(dir, "data")
	p := up(t, "--data-dir", data)
	must(t, "ingest", file, "--adapter", "onlineretail", "--url", p.url)
	p.waitReceived(n + 1)
	p.settle()
	var d quarantine.DryRun
	p.decode(must(t, "quarantine", "dry-run", "--category", "format", "--patch", patch, "--json", "--url", p.url), &d)
	if d.Total != n+1 || d.Heal != n || d.Broken != 1 {
		t.Fatalf("dry run %+v", d)
	}
	var run quarantine.HeldRun
	p.decode(must(t, "quarantine", "redrive", "--category", "format", "--patch", patch, "--rate", "120", "--confirm", d.Confirm, "--by", "ann", "--json", "--url", p.url), &run)
	for _, part := range []int64{30, 120, 200} {
		p.eventually("the run to get on", waitLong, func() bool {
			p.decode(p.get("/api/v1/quarantine/runs/"+run.ID), &run)
			return run.Progress.Done >= part
		})
		p.kill()
		p = up(t, "--data-dir", data)
	}
	p.eventually("the run to end", waitLong, func() bool {
		p.decode(p.get("/api/v1/quarantine/runs/"+run.ID), &run)
		return run.State == quarantine.Done
	})
	if pr := run.Progress; pr.Recovered != n || pr.Requarantined != 1 || pr.Done != n+1 {
		t.Errorf("progress %+v", pr)
	}
	// The last one is edited.
	edited := write("edit.csv", strings.Replace(must(t, "quarantine", "export", "--state", "open", "--url", p.url), ",two,2010", ",2,2010", 1))
	var in quarantine.HeldImport
	p.decode(must(t, "quarantine", "import", edited, "--json", "--url", p.url), &in)
	if in.Changed != 1 || in.DryRun.Heal != 1 {
		t.Fatalf("import %+v", in)
	}
	must(t, "quarantine", "import", edited, "--confirm", in.Confirm, "--wait", "--url", p.url)
	// The broken file again, and the clean one, change nothing.
	must(t, "ingest", file, "--adapter", "onlineretail", "--url", p.url)
	clean := write("clean.csv", strings.NewReplacer("7;65", "7.65", ",two,", ",2,").Replace(b.String()))
	must(t, "ingest", clean, "--adapter", "onlineretail", "--url", p.url)
	p.settle()
	row := p.sql(`SELECT count(*), count(DISTINCT event_id), sum(amount) FROM order_lines`)
	if text, _ := json.Marshal(row); string(text) != fmt.Sprintf(`[%d,%d,"4605.300"]`, n+1, n+1) {
		t.Errorf("the table has %s", text)
	}
	if row := p.sql(`SELECT count(*) FROM quarantine WHERE state = 'open'`); fmt.Sprint(row[0]) != "0" {
		t.Errorf("%v events are open", row[0])
	}
	if l := p.ledger(); !l.Balanced {
		t.Errorf("ledger %+v", l)
	}
}
