package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// A shop whose database and browser report the same orders is audited while it runs, and
// asks where the two differ.
func TestReconcile(t *testing.T) {
	p := up(t, configured(t, `sources:
  - {name: database, adapter: native, write_keys: [database-key]}
  - {name: browser, adapter: native, write_keys: [browser-key]}
reconcile:
  orders:
    witnesses:
      - {name: database, sources: [database], types: [order_completed]}
      - {name: browser, sources: [browser], types: [order_completed]}
    settle: 0s
`)...)
	order := func(id, amount string) string {
		return `{"id":"` + id + `","type":"order_completed","time":"2026-01-05T10:00:00Z","order_id":"` + id + `","customer_id":"c1","currency":"EUR","amount":` + amount + `,"items":[{"product_id":"p","quantity":1,"price":` + amount + `}]}`
	}
	for key, orders := range map[string][]string{
		"database-key": {order("1", "10.00"), order("2", "20.00"), order("3", "30.00")}, "browser-key": {order("1", "10.00"), order("2", "19.00")},
	} {
		if status, text := p.post("/v1/events", "application/x-ndjson", []byte(strings.Join(orders, "\n")), "Authorization", "Bearer "+key); status != http.StatusAccepted {
			t.Fatalf("orders are answered %d %s", status, text)
		}
	}
	p.settle()
	out := must(t, "orders", "differences", "--from", "2026-01-01", "--url", p.url)
	for _, want := range []string{"browser", "missing", "amount", "19.000 EUR", "30.000 EUR"} {
		if !strings.Contains(out, want) {
			t.Errorf("the differences do not show %q:\n%s", want, out)
		}
	}
	if out := must(t, "audit", "--url", p.url); !strings.Contains(out, "Log, tables and ledger agree.") {
		t.Errorf("the audit says:\n%s", out)
	}
	var report struct {
		OK       bool  `json:"ok"`
		Records  int64 `json:"records"`
		Compared int64 `json:"compared"`
	}
	if err := json.Unmarshal([]byte(must(t, "audit", "--json", "--source", "browser", "--url", p.url)), &report); err != nil || !report.OK || report.Records != 2 || report.Compared != 2 {
		t.Errorf("the audit of one source: %+v, %v", report, err)
	}
	if out := must(t, "statement", "list", "--url", p.url); !strings.Contains(out, "signed by") {
		t.Errorf("no statement yet:\n%s", out)
	}
	for _, wrong := range [][]string{
		{"audit", "--to", "yesterday"}, {"statement", "show", "2026-01-01"}, {"statement", "sign", "2026-01-01", "--by", "ada"}, {"statement", "show", "someday"},
		{"orders", "compare", "--from", "2026-02-01", "--to", "2026-01-01"},
	} {
		if r := millrace(t, append(wrong, "--url", p.url)...); r.code == 0 || r.stderr == "" {
			t.Errorf("%s ended with %d\n%s%s", strings.Join(wrong, " "), r.code, r.stdout, r.stderr)
		}
	}
}
