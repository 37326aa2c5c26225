package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const generateConfig = `
sources:
  - {name: shop, adapter: native, write_keys: [shop-key]}
  - {name: bus, adapter: native, topic: bus-events}
`

// generated is what "millrace generate --json" prints.
type generated struct {
	Delivered  int64
	Events     int64
	Duplicates int64
	Late       int64
	Broken     map[string]int64
	Types      map[string]int64
	Revenue    map[string]string
	Labels     map[string]int64
	Ledger     ledgerCounts
	Resent     int64
}

func generateTo(t *testing.T, to string, args ...string) generated {
	t.Helper()
	var g generated
	out := must(t, append([]string{"generate", "--json", "--to", to, "--rate", "max", "--scenario", "dirty"}, args...)...)
	if err := json.Unmarshal([]byte(out), &g); err != nil {
		t.Fatalf("generate printed no JSON: %v\n%s", err, out)
	}
	return g
}

// books waits until all of a source is judged. How many events are late depends
// on which partition they came to; the rest does not.
func (p *platform) books(source string, want ledgerCounts) {
	p.t.Helper()
	var got ledgerCounts
	p.eventually(fmt.Sprintf("%d events of %s to be accounted for", want.Received, source), waitLong, func() bool {
		got = p.ledgerOf(source)
		return got.Received >= want.Received
	})
	got.Late, want.Balanced = 0, true
	if got != want {
		p.t.Errorf("ledger of %s is %+v, the generator delivered %+v", source, got, want)
	}
}

func TestLedgerEqualsWhatTheGeneratorDelivered(t *testing.T) {
	p := up(t, configured(t, generateConfig)...)
	g := generateTo(t, p.url, "--write-key", "shop-key", "--events", "50000")
	if g.Delivered != 50_000 || g.Duplicates < 1000 || len(g.Broken) != 6 || g.Resent != 0 {
		t.Fatalf("there is nothing to tell apart: %+v", g)
	}
	p.books("shop", g.Ledger)

	var types, revenue []string
	for name, n := range g.Types {
		types = append(types, fmt.Sprintf("%s | %d", name, n))
	}
	for currency, sum := range g.Revenue {
		revenue = append(revenue, currency+" | "+sum)
	}
	slices.Sort(types)
	slices.Sort(revenue)
	p.eventually("all events to be in the tables", waitLong, func() bool {
		return fmt.Sprint(p.sql(`SELECT count(*) FROM events`)[0]) == fmt.Sprint(g.Events)
	})
	p.wantTable("events by type", `SELECT type, count(*) FROM events GROUP BY 1 ORDER BY 1`, strings.Join(types, "\n"))
	p.wantTable("revenue", `SELECT currency, sum(amount)::DECIMAL(18,2)::VARCHAR FROM events
		WHERE type IN ('order_completed', 'order_refunded') GROUP BY 1 ORDER BY 1`, strings.Join(revenue, "\n"))

	// The same again, from a file and from the seed: nothing counts twice.
	file := filepath.Join(t.TempDir(), "shop.jsonl.zst")
	generateTo(t, file, "--events", "50000")
	millrace(t, "ingest", file, "--adapter", "native", "--source", "shop", "--url", p.url)
	p.eventually("the file to be accounted for", waitLong, func() bool { return p.ledgerOf("shop").Received >= 100_000 })
	if got := p.ledgerOf("shop"); got.Accepted != g.Ledger.Accepted {
		t.Errorf("%d events are accepted after the second delivery, want %d", got.Accepted, g.Ledger.Accepted)
	}

	b := generateTo(t, "kafka://"+p.kafka+"/bus-events", "--seed", "2", "--events", "20000")
	p.books("bus", b.Ledger)
}

func TestGeneratedEventsDoNotDependOnWhereTheyGo(t *testing.T) {
	dir := t.TempDir()
	plain, labels := filepath.Join(dir, "a.jsonl"), filepath.Join(dir, "labels.jsonl")
	g := generateTo(t, plain, "--events", "30000", "--labels", labels)
	r := millrace(t, "generate", "--events", "30000", "--rate", "max", "--scenario", "dirty")
	text, err := os.ReadFile(plain)
	if err != nil {
		t.Fatal(err)
	}
	if r.code != 0 || r.stdout != string(text) {
		t.Errorf("standard output (code %d, %d bytes) differs from the file (%d bytes)", r.code, len(r.stdout), len(text))
	}
	if n := bytes.Count(text, []byte("\n")); int64(n) != g.Delivered {
		t.Errorf("the file has %d lines, %d were delivered", n, g.Delivered)
	}
	told, err := os.ReadFile(labels)
	if err != nil {
		t.Fatal(err)
	}
	complete := int64(bytes.Count(told, []byte(`"complete":true`)))
	sum := int64(0)
	for _, n := range g.Labels {
		sum += n
	}
	if complete != sum || sum == 0 {
		t.Errorf("%d complete labels are in the file, the summary has %d", complete, sum)
	}
}
