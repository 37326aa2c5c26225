package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// pager records the escalations that it is sent, and counts what comes twice once.
type pager struct {
	*httptest.Server
	mu   sync.Mutex
	seen map[string]bool
	got  []string // "kind title", in the order in which they came first
	down bool
}

func newPager(t *testing.T) *pager {
	p := &pager{seen: map[string]bool{}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		text, _ := io.ReadAll(r.Body)
		var m struct{ Kind, Title string }
		if err := json.Unmarshal(text, &m); err != nil || r.Header.Get("Millrace-Signature") == "" {
			t.Errorf("the message is %s: %v", text, err)
		}
		if p.down {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		if id := r.Header.Get("Idempotency-Key"); !p.seen[id] {
			p.seen[id] = true
			p.got = append(p.got, m.Kind+" "+m.Title)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *pager) set(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

func (p *pager) story() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.got, "; ")
}

// deliver sends events of a source, broken ones with an amount that is none.
func deliver(p *platform, prefix string, n int, broken bool) {
	p.t.Helper()
	amount := `"9.90"`
	if broken {
		amount = `"much"`
	}
	var body strings.Builder
	for i := range n {
		fmt.Fprintf(&body, `{"id":"%s-%d","type":"page_viewed","time":"2026-11-20T12:00:00Z","customer_id":"c%d","amount":%s}`+"\n", prefix, i, i, amount)
	}
	status, text := p.post("/v1/events", "application/x-ndjson", []byte(body.String()), "Authorization", "Bearer web")
	if status != http.StatusAccepted && status != http.StatusOK {
		p.t.Fatalf("%d: %s", status, text)
	}
}

func (p *platform) health() (state string) {
	p.t.Helper()
	var h struct{ State string }
	p.decode(p.get("/api/v1/sources/web/health"), &h)
	return h.State
}

// A sender breaks its events. It is suspended, what it sends is kept out and kept, the
// process is killed and the pager is down meanwhile; the sender is mended, and everything
// that was kept out comes in. People are told of each change once.
func TestABrokenSourceIsSuspendedAndHeals(t *testing.T) {
	t.Parallel()
	pager := newPager(t)
	args := configured(t, fmt.Sprintf(`
pass: {jobs: {enabled: false}}
sources:
  - {name: web, adapter: native, write_keys: [web]}
quality:
  health: {window: 40, suspend_share: 0.5, recover_share: 0.1, categories: [format], cool_down: 500ms, probe_sample: 1, probe_events: 10, interval: 50ms}
escalation:
  interval: 200ms
  retry_min: 50ms
  retry_max: 200ms
  attempts: 1000
  rules:
    - {name: sources, signal: source.health, targets: [pager], update_every: 720h}
    - {name: held, rule: source.suspended, threshold: 1, window: 1h, targets: [pager], update_every: 720h}
  targets:
    - {name: pager, webhook: {url: %q, secret: s3cret}}
`, pager.URL))
	p := up(t, args...)
	deliver(p, "good", 40, false)
	p.waitReceived(40)
	if got := p.health(); got != "active" {
		t.Fatalf("it is %s with good events", got)
	}
	must(t, "escalation", "test", "pager", "--url", p.url)
	pager.set(true)
	deliver(p, "bad", 60, true)
	p.eventually("the source to be suspended", waitLong, func() bool { return p.health() == "suspended" || p.health() == "probing" })
	must(t, "sources", "suspend", "web", "--reason", "we look at it", "--url", p.url)
	deliver(p, "kept", 50, false)
	p.waitReceived(150)
	p.kill()
	pager.set(false)
	p = up(t, args...)
	if got := p.health(); got != "suspended" {
		t.Errorf("after a kill it is %s", got)
	}
	deliver(p, "later", 50, false)
	p.waitReceived(200)
	if n := fmt.Sprint(p.sql(`SELECT count(*) FROM quarantine WHERE rule = 'source.suspended' AND state = 'open'`)...); n != "100" {
		t.Errorf("%s events are kept out, want 100", n)
	}
	p.eventually("the group of held events to be escalated", waitLong, func() bool {
		return strings.Contains(pager.story(), "open Quarantine: source web, rule source.suspended")
	})
	// Mended: the operator lets go, and probes find it well.
	status, text := p.post("/api/v1/sources/web/health", "application/json", []byte(`{"action":"release","by":"ann","reason":"mended"}`))
	if status != http.StatusOK {
		t.Fatalf("%d: %s", status, text)
	}
	p.eventually("the source to be probed", waitLong, func() bool { return p.health() == "probing" })
	deliver(p, "probe", 20, false)
	p.eventually("the source to be active", waitLong, func() bool { return p.health() == "active" })
	redriveHeld(p)
	if l := p.ledger(); l.Received != 220 || !l.Balanced || l.Quarantined != 160 {
		t.Errorf("the ledger is %+v", l)
	}
	if n := fmt.Sprint(p.sql(`SELECT count(*), count(DISTINCT event_id) FROM events`)...); n != "160 160" {
		t.Errorf("%s events are accepted, want 160, each once", n)
	}
	p.eventually("everybody to be told of the end", waitLong, func() bool { return strings.Count(pager.story(), "close ") == 2 })
	want := []string{"test Test", "open Source web is", "open Quarantine: source web, rule source.suspended", "close Source web", "close Quarantine: source web, rule source.suspended"}
	for story, k := pager.story(), 0; k < len(want); k++ {
		if w := want[k]; strings.Count(story, w) != 1 {
			t.Errorf("people were told %q; want %q once", story, w)
		}
	}
}

// redriveHeld waits until what was kept out is redriven.
func redriveHeld(p *platform) {
	p.t.Helper()
	p.eventually("what was kept out to be redriven", waitLong, func() bool {
		return fmt.Sprint(p.sql(`SELECT count(*) FROM quarantine WHERE rule = 'source.suspended' AND state = 'open'`)...) == "0"
	})
}
