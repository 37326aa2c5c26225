package e2e

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// node runs a script of e2e/node, whose packages it installs where they are not
// those of the lock file.
func node(t *testing.T, script string, args ...string) string {
	t.Helper()
	program := need(t, "node", "nodejs")
	if !installed(t) {
		install := exec.Command(need(t, "npm", "npm"), "ci", "--no-audit", "--no-fund")
		install.Dir = "node"
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("cannot install the senders' libraries: npm ci in e2e/node: %v\n%s", err, out)
		}
	}
	cmd := exec.Command(program, append([]string{"node/" + script}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node %s: %v\n%s", script, err, stderr.String())
	}
	return string(out)
}

// installed reports whether node_modules has what the lock file names: npm keeps
// its own copy of the lock file there, without the entry of the project itself.
func installed(t *testing.T) bool {
	t.Helper()
	type lock struct {
		Packages map[string]struct{ Version string }
	}
	read := func(path string) (l lock, err error) {
		text, err := os.ReadFile(path)
		if err != nil {
			return l, err
		}
		return l, json.Unmarshal(text, &l)
	}
	want, err := read("node/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	delete(want.Packages, "")
	got, err := read("node/node_modules/.package-lock.json")
	return err == nil && maps.Equal(got.Packages, want.Packages)
}

const webhookConfig = `
sources:
  - name: shopify
    adapter: shopify
    webhook: {kind: shopify, secret: hush, topics: [orders/create, orders/paid, refunds/create]}
  - name: woo
    adapter: woocommerce
    webhook: {kind: woocommerce, secret: hush}
  - name: stripe
    adapter: stripe
    webhook: {kind: stripe, secret: new-hush, previous_secret: hush}
`

func TestWebhooksOfTheirSenders(t *testing.T) {
	args := configured(t, webhookConfig)
	p := up(t, args...)
	const refused = http.StatusUnauthorized
	want := map[string]int{
		"shopify order": 200, "shopify redelivery": 200, "shopify second subscription": 200, "shopify other topic": 200, "shopify unwanted topic": 200,
		"shopify wrong secret": refused, "shopify refund": 200,
		"woo ping": 200, "woo order": 200, "woo order again": 200, "woo cancelled": 200, "woo cancelled, then noted": 200, "woo wrong secret": refused,
		"stripe charge": 200, "stripe second endpoint": 200, "stripe yen": 200, "stripe wrong secret": refused, "stripe replayed": refused,
	}
	deliver := func() {
		t.Helper()
		var got map[string]int
		p.decode(node(t, "webhooks.mjs", p.url, "hush"), &got)
		if !maps.Equal(got, want) {
			t.Fatalf("answers\n%v\nwant\n%v", got, want)
		}
	}
	deliver()
	large := request{path: "/v1/webhooks/shopify", header: map[string]string{"X-Shopify-Topic": strings.Repeat("a", 2<<20)}, body: []byte("{}")}
	// The server does not read it to its end, so the answer may get lost.
	if a, err := p.trySend(large); err == nil && a.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a header of 2 MiB: %d %s", a.status, a.body)
	}
	for _, path := range []string{"/v1/webhooks/../webhooks/shopify", "/v1/webhooks/%2e%2e/shopify", "/v1/webhooks/shopify%00", "/v1/webhooks/..%2fshopify"} {
		if a := p.send(request{path: path, body: []byte("{}")}); a.status < 300 {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	p.wantLedger("shopify", ledgerCounts{Received: 6, Accepted: 3, Duplicate: 2, Rejected: 1})
	p.wantLedger("woo", ledgerCounts{Received: 4, Accepted: 2, Duplicate: 2, Corrected: 2})
	p.wantLedger("stripe", ledgerCounts{Received: 3, Accepted: 2, Duplicate: 1})
	tables := func() {
		t.Helper()
		p.wantTable("events", `SELECT source, type, order_id, customer_id, currency, amount::DECIMAL(18,2)::VARCHAR FROM events ORDER BY 1, 2`, `
			shopify | order_completed | 450789469 | 207119551 | GBP | 45.98
			shopify | order_paid | 450789469 | 207119551 | GBP | 45.98
			shopify | order_refunded | 450789469 | - | GBP | -25.49
			stripe | payment_authorized | - | cus_1 | GBP | 45.98
			stripe | payment_declined | - | cus_1 | JPY | 4598.00
			woo | order_cancelled | 727 | 26 | EUR | -0.90
			woo | order_completed | 727 | 26 | EUR | 0.90`)
		p.wantTable("order lines", `SELECT source, kind, product_id, quantity, amount::DECIMAL(18,2)::VARCHAR FROM order_lines ORDER BY ALL`, `
			shopify | adjustment | - | 1 | -5.00
			shopify | cancellation | 632910392 | -1 | -25.49
			shopify | sale | 632910392 | 2 | 50.98
			woo | cancellation | 93 | -3 | -0.90
			woo | sale | 93 | 3 | 0.90`)
	}
	tables()

	// All of it again, after a power cut.
	p.kill()
	p = up(t, args...)
	deliver()
	p.wantLedger("shopify", ledgerCounts{Received: 12, Accepted: 3, Duplicate: 7, Rejected: 2})
	p.wantLedger("woo", ledgerCounts{Received: 8, Accepted: 2, Duplicate: 6, Corrected: 2})
	p.wantLedger("stripe", ledgerCounts{Received: 6, Accepted: 2, Duplicate: 4})
	tables()
}
