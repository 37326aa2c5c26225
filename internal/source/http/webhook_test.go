package httpsource_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	httpsource "github.com/millrace/millrace/internal/source/http"
	"github.com/millrace/millrace/internal/source/meter"
)

const hookSecret = "shpss_hush"

func mac(secret string, parts ...string) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	for _, p := range parts {
		h.Write([]byte(p))
	}
	return h.Sum(nil)
}

func b64(secret, body string) string { return base64.StdEncoding.EncodeToString(mac(secret, body)) }

func stripeSigned(secret, body string, at time.Time) string {
	t := fmt.Sprint(at.Unix())
	return "t=" + t + ",v1=" + hex.EncodeToString(mac(secret, t, ".", body))
}

// openHooks opens a door with one webhook source.
func openHooks(t testing.TB, w httpsource.Webhook) *door {
	t.Helper()
	if w.Secrets == nil {
		w.Secrets = []string{hookSecret}
	}
	return open(t, func(c *httpsource.Config) {
		if _, measured := t.(*testing.B); measured {
			c.Appender = noLog{}
		}
		c.Sources = append(c.Sources, httpsource.Source{Name: "hooks", Adapter: fakeAdapter{"hook"}, Webhook: &w})
	})
}

func (d *door) hookStats() meter.Stats {
	for _, s := range d.meters.Stats() {
		if s.Name == "hooks" {
			return s
		}
	}
	return meter.Stats{}
}

const hookBody = `{"userId":"u1"}`

func shopifyHeaders(body string) []string {
	return []string{
		"X-Shopify-Hmac-SHA256", b64(hookSecret, body), "X-Shopify-Topic", "orders/create", "X-Shopify-Shop-Domain", "s.myshopify.com",
		"X-Shopify-Triggered-At", "2026-11-21T09:59:58Z", "X-Shopify-Webhook-Id", "w-1", "X-Shopify-Event-Id", "e-1",
	}
}

const received = `{"received":true}`

func TestWebhooksOfKnownSenders(t *testing.T) {
	for name, c := range map[string]struct {
		webhook  httpsource.Webhook
		headers  []string
		envelope string
	}{
		"shopify": {
			httpsource.Webhook{Kind: "shopify"}, shopifyHeaders(hookBody),
			` envelope={"event_id":"e-1","id":"w-1","shop":"s.myshopify.com","topic":"orders/create","triggered_at":"2026-11-21T09:59:58Z"}`,
		},
		"woocommerce": {
			httpsource.Webhook{Kind: "woocommerce"},
			[]string{
				"X-WC-Webhook-Signature", b64(hookSecret, hookBody), "X-WC-Webhook-Topic", "order.created", "X-WC-Webhook-Resource", "order",
				"X-WC-Webhook-Event", "created", "X-WC-Webhook-Delivery-ID", "9f86", "X-WC-Webhook-ID", "3", "X-WC-Webhook-Source", "https://shop.example/",
			},
			` envelope={"event":"created","id":"9f86","resource":"order","source":"https://shop.example/","topic":"order.created","webhook":"3"}`,
		},
		"stripe": {httpsource.Webhook{Kind: "stripe"}, []string{"Stripe-Signature", stripeSigned(hookSecret, hookBody, start)}, ""},
		"generic": {
			httpsource.Webhook{
				SignaturePrefix: "sha256=", SignatureHeader: "x-hub-signature-256", IDHeader: "x-delivery", TopicHeader: "x-event",
				Headers: []string{"X-Zone", "X-Absent", "X-Account"},
			},
			[]string{
				"X-Hub-Signature-256", "sha256=" + hex.EncodeToString(mac(hookSecret, hookBody)), "X-Delivery", "d-1", "X-Event", "order",
				"X-Account", `a"b`, "X-Zone", "eu",
			},
			` envelope={"headers":{"x-account":"a\"b","x-zone":"eu"},"id":"d-1","topic":"order"}`,
		},
		"generic, Base64": {
			httpsource.Webhook{Kind: "generic", Scheme: "base64", Headers: []string{"X-Zone"}},
			[]string{"X-Signature", b64(hookSecret, hookBody)}, "",
		},
		"generic, timestamped": {
			httpsource.Webhook{Scheme: "timestamped", SignatureHeader: "Millrace-Signature"},
			[]string{"Millrace-Signature", stripeSigned(hookSecret, hookBody, start.Add(-4*time.Minute))}, "",
		},
		"the secret before": {
			httpsource.Webhook{Kind: "stripe", Secrets: []string{"new", hookSecret}},
			[]string{"Stripe-Signature", stripeSigned(hookSecret, hookBody, start)}, "",
		},
		"two signatures, the second of which is ours": {
			httpsource.Webhook{Kind: "stripe"},
			[]string{"Stripe-Signature", stripeSigned("other", hookBody, start) + ",v0=00,v1=" + hex.EncodeToString(mac(hookSecret, fmt.Sprint(start.Unix()), ".", hookBody))}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := openHooks(t, c.webhook)
			expect(t, d.send("POST", "/v1/webhooks/hooks", hookBody, c.headers...), 200, received)
			expectLog(t, d.log, "hooks hook http:/v1/webhooks line=0 key=u1 skew=0"+c.envelope+" "+hookBody+"\n")
		})
	}
}

func TestWrongSignaturesAreRefusedAndNotLogged(t *testing.T) {
	good := b64(hookSecret, hookBody)
	at := fmt.Sprint(start.Unix())
	right := hex.EncodeToString(mac(hookSecret, at, ".", hookBody))
	for _, c := range []struct {
		name, kind, header, value string
	}{
		{"of another secret", "shopify", "X-Shopify-Hmac-Sha256", b64("other", hookBody)},
		{"of another body", "shopify", "X-Shopify-Hmac-Sha256", b64(hookSecret, hookBody+" ")},
		{"empty", "shopify", "X-Shopify-Hmac-Sha256", ""},
		{"cut", "shopify", "X-Shopify-Hmac-Sha256", good[:43]},
		{"longer", "shopify", "X-Shopify-Hmac-Sha256", good + "A"},
		{"no Base64", "shopify", "X-Shopify-Hmac-Sha256", strings.Repeat("*", 44)},
		{"hexadecimal", "shopify", "X-Shopify-Hmac-Sha256", hex.EncodeToString(mac(hookSecret, hookBody))},
		{"of the body alone", "stripe", "Stripe-Signature", "t=" + at + ",v1=" + hex.EncodeToString(mac(hookSecret, hookBody))},
		{"of another time", "stripe", "Stripe-Signature", "t=1,v1=" + right},
		{"without a time", "stripe", "Stripe-Signature", "v1=" + right},
		{"the time behind", "stripe", "Stripe-Signature", "v1=" + right + ",t=" + at},
		{"of an old scheme alone", "stripe", "Stripe-Signature", "t=" + at + ",v0=" + right},
		{"a ninth one", "stripe", "Stripe-Signature", "t=" + at + strings.Repeat(",v1=00", 8) + ",v1=" + right},
		{"a long header", "stripe", "Stripe-Signature", "t=" + at + ",v1=" + right + strings.Repeat(",x=y", 1100)},
		{"no prefix", "", "X-Signature", hex.EncodeToString(mac(hookSecret, hookBody))},
	} {
		w := httpsource.Webhook{Kind: c.kind}
		if c.kind == "" {
			w.SignaturePrefix = "sha256="
		}
		d := openHooks(t, w)
		headers := append(shopifyHeaders(hookBody), c.header, c.value)
		got := d.send("POST", "/v1/webhooks/hooks", hookBody, headers...)
		if got.Code != 401 || got.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %s", c.name, got.Code, got.Body)
		}
		if strings.Contains(got.Body.String(), right) || strings.Contains(got.Body.String(), good) {
			t.Errorf("%s: the answer tells the right signature", c.name)
		}
		expectLog(t, d.log, "")
		if n := d.hookStats().Refused; n != 1 {
			t.Errorf("%s: %d refusals are counted, want 1", c.name, n)
		}
	}
}

func TestReplayedWebhooksAreRefused(t *testing.T) {
	d := openHooks(t, httpsource.Webhook{Kind: "stripe"})
	for offset, want := range map[time.Duration]int{
		-5 * time.Minute: 200, 5 * time.Minute: 200, -5*time.Minute - time.Second: 401, 5*time.Minute + time.Second: 401, -24 * 365 * time.Hour: 401,
	} {
		got := d.send("POST", "/v1/webhooks/hooks", hookBody, "Stripe-Signature", stripeSigned(hookSecret, hookBody, start.Add(offset)))
		if got.Code != want {
			t.Errorf("signed %s from now: %d %s, want %d", offset, got.Code, got.Body, want)
		}
	}
	d = openHooks(t, httpsource.Webhook{Kind: "shopify", Tolerance: time.Hour})
	for at, want := range map[string]int{"2026-11-21T09:30:00Z": 200, "2026-11-21T08:30:00Z": 401, "yesterday": 400, "": 400} {
		got := d.send("POST", "/v1/webhooks/hooks", hookBody, append(shopifyHeaders(hookBody), "X-Shopify-Triggered-At", at)...)
		if got.Code != want {
			t.Errorf("triggered at %q: %d %s, want %d", at, got.Code, got.Body, want)
		}
	}
}

func TestWebhookHeadersThatAreMissing(t *testing.T) {
	for kind, c := range map[string]struct {
		headers []string
		want    string
		status  int
	}{
		"shopify":     {[]string{"X-Shopify-Hmac-SHA256", b64(hookSecret, hookBody)}, "The request has no header X-Shopify-Topic.", 400},
		"woocommerce": {[]string{"X-WC-Webhook-Signature", b64(hookSecret, hookBody), "X-WC-Webhook-Topic", "t"}, "The request has no header X-Wc-Webhook-Delivery-Id.", 400},
		"stripe":      {nil, "The request needs one header Stripe-Signature, the signature of its body.", 401},
	} {
		d := openHooks(t, httpsource.Webhook{Kind: kind})
		expect(t, d.send("POST", "/v1/webhooks/hooks", hookBody, c.headers...), c.status, problemText(c.status, http.StatusText(c.status), c.want, ""))
		expectLog(t, d.log, "")
	}
	d := openHooks(t, httpsource.Webhook{Kind: "shopify"})
	r := httptest.NewRequest("POST", "/v1/webhooks/hooks", strings.NewReader(hookBody))
	r.Header["X-Shopify-Hmac-Sha256"] = []string{b64("other", hookBody), b64(hookSecret, hookBody)}
	w := httptest.NewRecorder()
	if d.ServeHTTP(w, r); w.Code != 401 {
		t.Errorf("two signatures in two headers: %d", w.Code)
	}
}

func TestWebhookBodies(t *testing.T) {
	packed := string(zipped(hookBody))
	bomb := string(zipped(strings.Repeat("a", 1<<20)))
	for name, c := range map[string]struct {
		body, encoding string
		status         int
		log            string
	}{
		"compressed, and signed so":     {packed, "gzip", 200, hookBody},
		"zstd":                          {string(zstandard(hookBody)), "zstd", 200, hookBody},
		"unknown encoding":              {hookBody, "br", 415, ""},
		"broken gzip":                   {"nonsense", "gzip", 400, ""},
		"a bomb":                        {bomb, "gzip", 413, ""},
		"too large":                     {strings.Repeat(" ", 4097), "", 413, ""},
		"empty":                         {"", "", 400, ""},
		"no JSON is the pass's concern": {"<order/>", "", 200, "<order/>"},
	} {
		t.Run(name, func(t *testing.T) {
			d := openHooks(t, httpsource.Webhook{Kind: "shopify", MaxBytes: 4096})
			headers := shopifyHeaders(c.body)
			if c.encoding != "" {
				headers = append(headers, "Content-Encoding", c.encoding)
			}
			got := d.send("POST", "/v1/webhooks/hooks", c.body, headers...)
			if got.Code != c.status {
				t.Fatalf("%d %s, want %d", got.Code, got.Body, c.status)
			}
			if c.log != "" && string(d.log.entries[0].Record.Payload) != c.log || c.log == "" && len(d.log.entries) > 0 {
				t.Errorf("the log holds %s", d.log.table())
			}
		})
	}
	t.Run("signed before it was compressed", func(t *testing.T) {
		d := openHooks(t, httpsource.Webhook{Kind: "shopify"})
		got := d.send("POST", "/v1/webhooks/hooks", packed, append(shopifyHeaders(hookBody), "Content-Encoding", "gzip")...)
		if got.Code != 401 {
			t.Errorf("%d %s, want 401", got.Code, got.Body)
		}
	})
}

func TestTopicsThatAreNotTakenAreCounted(t *testing.T) {
	d := openHooks(t, httpsource.Webhook{Kind: "shopify", Topics: []string{"orders/paid"}})
	body := `{"userId":"u1","note":"` + strings.Repeat("x", 2000) + `"}`
	expect(t, d.send("POST", "/v1/webhooks/hooks", body, shopifyHeaders(body)...), 200, received)
	if r := d.log.entries[0].Record; r.Reject != "topic_not_taken" || len(r.Payload) != 1024 {
		t.Errorf("rejected for %q, a sample of %d bytes", r.Reject, len(r.Payload))
	}
	expect(t, d.send("POST", "/v1/webhooks/hooks", body, append(shopifyHeaders(body), "X-Shopify-Topic", "orders/paid")...), 200, received)
	if s := d.hookStats(); s.Events != 2 || s.Rejected != 1 {
		t.Errorf("%d events and %d rejected are counted", s.Events, s.Rejected)
	}

	d = openHooks(t, httpsource.Webhook{Kind: "stripe", Topics: []string{"charge.succeeded"}})
	for body, reject := range map[string]string{
		`{"id":"evt_1","type":"charge.succeeded"}`: "", `{"type":"plan.created","data":{"type":"charge.succeeded"}}`: "topic_not_taken", `{"type":`: "",
	} {
		d.log.entries = nil
		d.send("POST", "/v1/webhooks/hooks", body, "Stripe-Signature", stripeSigned(hookSecret, body, start))
		if got := d.log.entries[0].Record.Reject; got != reject {
			t.Errorf("%s is rejected for %q, want %q", body, got, reject)
		}
	}
}

func TestWooCommercePing(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	d := openHooks(t, httpsource.Webhook{Kind: "woocommerce"})
	expect(t, d.send("POST", "/v1/webhooks/hooks", "webhook_id=17", "Content-Type", form), 200, received)
	for _, body := range []string{"", "webhook_id=", "webhook_id=1; drop", "order=1", "webhook_id=" + strings.Repeat("1", 300)} {
		if got := d.send("POST", "/v1/webhooks/hooks", body, "Content-Type", form); got.Code != 401 {
			t.Errorf("%q: %d %s", body, got.Code, got.Body)
		}
	}
	if got := d.send("POST", "/v1/webhooks/hooks", "webhook_id=17", "Content-Type", form, "X-WC-Webhook-Signature", b64("other", "webhook_id=17")); got.Code != 401 {
		t.Errorf("a ping that is signed wrongly: %d", got.Code)
	}
	if got := openHooks(t, httpsource.Webhook{Kind: "shopify"}).send("POST", "/v1/webhooks/hooks", "webhook_id=17", "Content-Type", form); got.Code != 401 {
		t.Errorf("a ping to another kind: %d", got.Code)
	}
	expectLog(t, d.log, "")
}

func TestPathTricksFindNoSource(t *testing.T) {
	d := openHooks(t, httpsource.Webhook{Kind: "shopify"})
	mux := http.NewServeMux()
	d.Mount(mux)
	for _, path := range []string{
		"/v1/webhooks/", "/v1/webhooks", "/v1/webhooks/hooks/", "/v1/webhooks//hooks", "/v1/webhooks/./hooks", "/v1/webhooks/x/../hooks",
		"/v1/webhooks/../webhooks/hooks", "/v1/webhooks/%2e%2e/hooks", "/v1/webhooks/..%2fhooks", "/v1/webhooks/hooks%00", "/v1/webhooks/%00",
		"/v1/webhooks/hooks%2f", "/v1/webhooks/HOOKS", "/v1/webhooks/hooks%20", "/v1/webhooks/web", "/v1/webhooks/" + strings.Repeat("a", 5000),
	} {
		r := httptest.NewRequest("POST", path, strings.NewReader(hookBody))
		for i, h := 0, shopifyHeaders(hookBody); i < len(h); i += 2 {
			r.Header.Set(h[i], h[i+1])
		}
		direct, mounted := httptest.NewRecorder(), httptest.NewRecorder()
		d.ServeHTTP(direct, r)
		if direct.Code != 404 {
			t.Errorf("%s: %d %s", path, direct.Code, direct.Body)
		}
		mux.ServeHTTP(mounted, r)
		if mounted.Code < 300 {
			t.Errorf("%s, mounted: %d %s", path, mounted.Code, mounted.Body)
		}
	}
	expectLog(t, d.log, "")
	if got := d.send("GET", "/v1/webhooks/hooks", ""); got.Code != 405 {
		t.Errorf("GET: %d", got.Code)
	}
}

func TestEnvelopesAreBounded(t *testing.T) {
	d := openHooks(t, httpsource.Webhook{Kind: "shopify"})
	got := d.send("POST", "/v1/webhooks/hooks", hookBody, append(shopifyHeaders(hookBody), "X-Shopify-Shop-Domain", strings.Repeat("a", 9000))...)
	if got.Code != 431 {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	expectLog(t, d.log, "")
	got = d.send("POST", "/v1/webhooks/hooks", hookBody, append(shopifyHeaders(hookBody), "X-Shopify-Shop-Domain", "\xff\x01")...)
	if got.Code != 200 || !strings.Contains(d.log.entries[0].Record.Envelope, `"shop":"\ufffd\u0001"`) {
		t.Errorf("%d, envelope %s", got.Code, d.log.entries[0].Record.Envelope)
	}
}

// Whoever does not know the secret gets nothing into the log.
func FuzzWebhookSignature(f *testing.F) {
	f.Add(uint8(0), b64("other", hookBody), hookBody)
	f.Add(uint8(1), stripeSigned("other", hookBody, start), hookBody)
	f.Add(uint8(1), "t=1,v1=,v1=zz,,=,t=t", "")
	f.Add(uint8(2), "sha256="+hex.EncodeToString(mac("other", hookBody)), hookBody)
	kinds := []httpsource.Webhook{{Kind: "shopify"}, {Kind: "stripe"}, {SignaturePrefix: "sha256="}}
	names := []string{"X-Shopify-Hmac-Sha256", "Stripe-Signature", "X-Signature"}
	doors := make([]*door, len(kinds))
	for i, k := range kinds {
		doors[i] = openHooks(f, k)
	}
	f.Fuzz(func(t *testing.T, kind uint8, signature, body string) {
		i := int(kind) % len(doors)
		r := httptest.NewRequest("POST", "/v1/webhooks/hooks", strings.NewReader(body))
		r.Header[names[i]] = []string{signature}
		w := httptest.NewRecorder()
		doors[i].ServeHTTP(w, r)
		if w.Code != 401 || len(doors[i].log.entries) > 0 {
			t.Fatalf("%s: %q of %q is answered %d", names[i], signature, body, w.Code)
		}
	})
}

func BenchmarkWebhook(b *testing.B) {
	body := benchEvent(1)
	for _, c := range []struct {
		name    string
		webhook httpsource.Webhook
		headers []string
	}{
		{"shopify", httpsource.Webhook{Kind: "shopify"}, shopifyHeaders(body)},
		{"stripe", httpsource.Webhook{Kind: "stripe"}, []string{"Stripe-Signature", stripeSigned(hookSecret, body, start)}},
	} {
		b.Run(c.name, func(b *testing.B) {
			d := openHooks(b, c.webhook)
			benchmarkRequest(b, d, "/v1/webhooks/hooks", body, 1, c.headers...)
		})
	}
}
