package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestRulesAreTriedBeforeTheyRun tries a rules file on the log, is refused with one that
// hits every event, and confirms it. The source's rules ask a table and are for one type.
func TestRulesAreTriedBeforeTheyRun(t *testing.T) {
	dir := t.TempDir()
	rules, config, products := filepath.Join(dir, "rules.yaml"), filepath.Join(dir, "millrace.yaml"), filepath.Join(dir, "products.csv")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const first = `version: 1
types: [order_line]
tables:
  - {name: products, file: %s, key: sku, columns: [category]}
corrections:
  - {name: category, field: item.category, when: missing, lookup: {table: products, by: item.product_id, column: category}}
rules:
  - {name: known_product, field: item.product_id, severity: warn, check: {reference: {table: products}}}
`
	write(products, "sku,category\n85123A,lights\n")
	write(rules, fmt.Sprintf(first, products))
	write(config, "sources:\n  - {name: onlineretail, adapter: onlineretail, rules: "+rules+"}\n")
	args := []string{"--config", config, "--data-dir", filepath.Join(dir, "data")}

	p := up(t, args...)
	var file strings.Builder
	file.WriteString(retailHeader)
	for i := range 150 {
		product := "85123A"
		if i%10 == 0 {
			product = "71053"
		}
		fmt.Fprintf(&file, "%d,%s,HOLDER,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n", 536365+i, product)
	}
	if status, body := p.post("/api/v1/files?adapter=onlineretail&name=a.csv", "text/csv", []byte(file.String())); status != 200 {
		t.Fatalf("the file was not taken: %d %s", status, body)
	}
	p.settle()
	if got := p.sqlRows("SELECT count(*) FILTER (warned), count(*) FILTER (versions LIKE '% products@%') FROM events"); fmt.Sprint(got) != "[[15 150]]" {
		t.Errorf("warned, and judged by the table: %v, want 15 and 150", got)
	}
	if got := p.sqlRows("SELECT count(*) FROM order_lines WHERE category = 'lights'"); fmt.Sprint(got) != "[[135]]" {
		t.Errorf("%v lines have the category that was looked up, want 135", got)
	}

	everything := "version: 1\nrules:\n  - name: cheap\n    field: item.price\n    check: {max: 1}\n"
	write(rules, everything)
	tried := must(t, "rules", "dry-run", rules, "--source", "onlineretail", "--url", p.url)
	confirmation := regexp.MustCompile(`confirmed: [0-9a-f]{8}`).FindString(tried)
	if !strings.Contains(tried, "cheap (line 3) would quarantine 150 of 150 events") || confirmation == "" {
		t.Fatalf("the trial says\n%s", tried)
	}
	wrong := millrace(t, "rules", "dry-run", config, "--source", "onlineretail", "--url", p.url)
	if wrong.code == 0 || !strings.Contains(wrong.stderr, `unknown key "sources"`) {
		t.Errorf("a file that is no rules file: %d %s", wrong.code, wrong.stderr)
	}
	p.stop()

	alone := []string{"up", "--listen", "127.0.0.1:0", "--kafka-listen", freeAddress(t)}
	if refused := millrace(t, append(alone, args...)...); refused.code == 0 || !strings.Contains(refused.stderr, confirmation) {
		t.Fatalf("rules that hit every event were not refused: %d %s", refused.code, refused.stderr)
	}
	write(rules, everything+"    "+confirmation+"\n")
	must(t, "rules", "check", rules)
	p = up(t, args...)
	p.stop()
}
