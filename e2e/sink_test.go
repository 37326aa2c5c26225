//go:build sources

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/servicetest"
)

// Events go to a database, a stream and a webhook while the platform and its
// destinations are killed: database and stream have each event once, the webhook each
// at least once, and a destination that is dead all along delays none.
func TestSinksThroughKills(t *testing.T) {
	t.Parallel()
	events := chaosEvents
	db, stream := servicetest.Postgres(t, "fsync = on"), servicetest.Redis(t)
	psql(t, db, `CREATE TABLE orders (id text PRIMARY KEY, order_id text, customer_id text)`)
	hook := newHook(t)
	args := configured(t, fmt.Sprintf(`
sources:
  - {name: till, adapter: native, topic: till-events}
sinks:
  - {name: warehouse, topic: till-events, postgres: {url: "%s", table: orders}}
  - {name: bus, topic: millrace.raw, redis: {address: "%s", password: %s, stream: events}}
  - {name: crm, topic: till-events, webhook: {url: "%s", batch_size: 200}}
  - {name: nowhere, topic: till-events, webhook: {url: "http://%s"}}
`, db.PostgresURL(), stream.Address, servicetest.Password, hook.URL, freeAddress(t)))
	p := up(t, args...)
	for i := range 5 {
		p.kcat(tillEvents(i*events/5, (i+1)*events/5), "-P", "-t", "till-events", "-X", "acks=all")
		time.Sleep(time.Duration(i*80) * time.Millisecond)
		switch i {
		case 1:
			db.Kill()
		case 2:
			db.Restart(t)
			stream.Kill()
		case 3:
			stream.Restart(t)
		}
		p.kill()
		p = up(t, args...)
	}
	// One sink reads what the source makes of the topic, so all of that has to be there.
	p.wantLedger("till", ledgerCounts{Received: int64(events), Accepted: int64(events)})
	p.eventually("the sinks to have delivered", 2*waitLong, func() bool {
		done := 0
		for _, s := range p.sinks() {
			if s.Name != "nowhere" && s.State == "running" && s.Lag == 0 {
				done++
			}
		}
		return done == 3
	})
	if got := psql(t, db, `SELECT count(*), count(DISTINCT order_id), count(DISTINCT customer_id) FROM orders`); got != fmt.Sprintf("%d|%d|50", events, events) {
		t.Errorf("the table has %s", got)
	}
	if got := redisCLI(t, stream, "XLEN", "events"); got != fmt.Sprint(events) {
		t.Errorf("the stream has %s entries", got)
	}
	if got := hook.distinct(); got != events {
		t.Errorf("the webhook has had %d events", got)
	}
	for _, s := range p.sinks() {
		if s.Name == "nowhere" && (s.Lag != int64(events) || s.Delivered != 0 || s.LastError == "") {
			t.Errorf("the sink without a destination: %+v", s)
		}
	}
}

// sinkState is a sink as the API tells of it.
type sinkState struct {
	Name      string `json:"name"`
	State     string `json:"state"`
	Lag       int64  `json:"lag"`
	Delivered int64  `json:"delivered"`
	LastError string `json:"last_error"`
}

func (p *platform) sinks() []sinkState {
	p.t.Helper()
	var answer struct{ Sinks []sinkState }
	p.decode(p.get("/api/v1/sinks"), &answer)
	return answer.Sinks
}

// hook is a webhook that remembers which events it had.
type hook struct {
	*httptest.Server
	mu   sync.Mutex
	seen map[string]bool
}

func newHook(t *testing.T) *hook {
	h := &hook{seen: make(map[string]bool)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var events []struct{ ID string }
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(body, &events)
		}
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, e := range events {
			h.seen[e.ID] = true
		}
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) distinct() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.seen)
}

// psql runs a statement and returns what it prints.
func psql(t *testing.T, db *servicetest.Service, statement string) string {
	t.Helper()
	out, err := exec.Command(servicetest.Program(t, "psql", "postgresql"), "-At", "-v", "ON_ERROR_STOP=1", "-c", statement, db.PostgresURL()).CombinedOutput()
	if err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func redisCLI(t *testing.T, s *servicetest.Service, args ...string) string {
	t.Helper()
	host, port, _ := strings.Cut(s.Address, ":")
	all := append([]string{"-h", host, "-p", port, "-a", servicetest.Password, "--no-auth-warning"}, args...)
	out, err := exec.Command(servicetest.Program(t, "redis-cli", "redis-tools"), all...).CombinedOutput()
	if err != nil {
		t.Fatalf("redis-cli: %v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}
