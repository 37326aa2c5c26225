package gateway_test

import (
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/ledger"
	"github.com/millrace/millrace/internal/store/olap"
)

func TestStatusHealthAndReadiness(t *testing.T) {
	p := start(t)
	p.write(0, december()...)
	p.status.Partitions = []gateway.PartitionStatus{{Partition: 0, End: 20, Position: 12}, {Partition: 1, End: 5, Position: 5}}
	var s gateway.StatusAnswer
	p.get("/api/v1/status", &s)
	if !s.Ready || s.Lag != 8 || s.Partitions[0].Lag != 8 || s.Version != "test" || s.UptimeSeconds < 60 || s.Freshness.P50 != 12.5 {
		t.Errorf("status is %+v", s)
	}
	if _, body, _ := p.do("GET", "/readyz", ""); body != `{"status":"ready"}`+"\n" {
		t.Errorf("ready: %s", body)
	}
	p.mu.Lock()
	p.status.NotReady = []string{"the disk is full"}
	p.mu.Unlock()
	status, body, _ := p.do("GET", "/readyz", "")
	if status != 503 || body != `{"reasons":["the disk is full"],"status":"not_ready"}`+"\n" {
		t.Errorf("not ready: %d %s", status, body)
	}
	if status, _, _ := p.do("GET", "/healthz", ""); status != 200 {
		t.Errorf("health: %d", status)
	}
	_, metrics, _ := p.do("GET", "/metrics", "")
	contains(t, metrics, `millrace_http_request_duration_seconds_count{method="GET",route="/api/v1/status",status="200"} 1`)
}

func TestLedgerRows(t *testing.T) {
	p := start(t)
	p.write(0, december()...)
	for query, want := range map[string]int{"": 0, "by=source": 1, "by=day": 4, "by=day&from=2010-12-02T00:00:00Z&to=2010-12-03T00:00:00Z": 1, "by=minute&from=2026-11-21T00:00:00Z": 1, "by=hour&from=2026-11-21T00:00:00Z": 1, "by=source&source=x": 0} {
		var l gateway.LedgerAnswer
		p.get("/api/v1/ledger?"+query, &l)
		if len(l.Rows) != want || l.Audit != nil || l.Total.Received != 12 || !l.Total.Balanced {
			t.Errorf("%s: %d rows of %+v", query, len(l.Rows), l.Total)
		}
		for _, r := range l.Rows {
			if !r.Balanced || r.Source != "shop" {
				t.Errorf("%s: row %+v", query, r)
			}
		}
	}
	_, body, _ := p.do("GET", "/api/v1/ledger?by=day", "")
	contains(t, body, `"day":"2010-12-01","received":4`, `{"source":"shop","received":2`)
	_, body, _ = p.do("GET", "/api/v1/ledger?by=minute&from=2026-11-21T00:00:00Z", "")
	contains(t, body, `"minute":"2026-11-21T10:00:00Z"`)
	_, body, _ = p.do("GET", "/api/v1/ledger?by=hour&from=2026-11-21T10:30:00Z", "")
	contains(t, body, `"hour":"2026-11-21T10:00:00Z","received":12`)
	p.problem("GET", "/api/v1/ledger?by=week", "", 422)
}

func TestAuditFindsWhatDoesNotAddUp(t *testing.T) {
	p := start(t)
	p.write(0, december()...)
	p.write(3, december()[:4]...)
	audit := func() gateway.Audit {
		t.Helper()
		var l gateway.LedgerAnswer
		p.get("/api/v1/ledger?check=true", &l)
		return *l.Audit
	}
	if a := audit(); !a.OK || len(a.Findings) != 0 {
		t.Fatalf("findings of a platform in order: %v", a.Findings)
	}
	// The store may be ahead of the checkpoint: that is no finding.
	p.positions[3] -= 2
	p.received -= 2
	a := audit()
	contains(t, strings.Join(a.Findings, "\n"), "received 16 events, the tasks have read 14", "counts 13 accepted, table events holds 11")
	p.positions[3] += 2
	p.received += 2
	// A verdict too much, without a row.
	var delta ledger.Delta
	delta.Judge("shop", receivedAt.UnixMicro(), 0, event.Rejected, 0)
	batch := p.db.NewBatch()
	p.must(delta.AppendTo(batch, 0))
	p.must(batch.Commit(pebble.Sync))
	if a = audit(); a.OK {
		t.Error("a ledger that does not balance is in order")
	}
	contains(t, strings.Join(a.Findings, "\n"), "The total does not balance: 16 received, 17 with a verdict",
		`Source "shop" does not balance`, "in minute 2026-11-21 10:00", "counts 2 rejected, table rejections holds 1")
	// Rows that the store does not have.
	p.positions[5] = 7
	contains(t, strings.Join(audit().Findings, "\n"), "partition 5 reach offset 0, the ledger offset 7")
}

// The ledger is ahead of the tables by up to a transaction of the store.
func TestAuditWaitsForTheRowsOfItsLedger(t *testing.T) {
	p := start(t)
	p.write(0, december()...)
	p.mu.Lock()
	p.positions[1] = 9
	p.mu.Unlock()
	go func() {
		time.Sleep(100 * time.Millisecond)
		if err := p.store.Write(t.Context(), olap.Commit{Positions: map[int32]int64{1: 9}}); err != nil {
			t.Error(err)
		}
	}()
	var l gateway.LedgerAnswer
	p.get("/api/v1/ledger?check=true", &l)
	if !l.Audit.OK {
		t.Errorf("findings: %v", l.Audit.Findings)
	}
}

func TestStatusTellsCommittedFromQueryable(t *testing.T) {
	p := start(t)
	p.status.Partitions = []gateway.PartitionStatus{{Partition: 0, End: 20, Committed: 15, Position: 12}}
	_, body, _ := p.do("GET", "/api/v1/status", "")
	contains(t, body, `"lag":8,`, `"committed":15,"position":12,"lag":8`)
}

func TestSourcesAndSchema(t *testing.T) {
	p := start(t)
	p.write(0, december()...)
	var s gateway.SourcesAnswer
	p.get("/api/v1/sources", &s)
	seen := receivedAt
	want := []gateway.SourceRow{{Name: "shop", Adapter: "onlineretail", Kind: "file", Events: 12, Rejected: 1, LastSeen: &seen}}
	if !reflect.DeepEqual(s.Sources, want) {
		t.Errorf("sources are %+v", s.Sources)
	}
	var schema gateway.SchemaAnswer
	p.get("/api/v1/schema", &schema)
	if len(schema.Tables) != 9 || schema.Tables[8].Name != "totals" || schema.Tables[1].Name != "order_lines" || schema.Tables[1].Columns[0] != (gateway.SchemaColumn{Name: "event_id", Type: "UUID", Comment: "Identity of the event, derived from its content"}) {
		t.Errorf("schema is %+v", schema)
	}
}

func TestWrongAddressesAndMethods(t *testing.T) {
	p := start(t)
	contains(t, p.problem("GET", "/api/v1/statuss", "", 404), "There is nothing at /api/v1/statuss")
	status, body, h := p.do("POST", "/api/v1/status", "{}")
	if status != http.StatusMethodNotAllowed || h.Get("Allow") != "GET, HEAD" {
		t.Errorf("%d, Allow %q", status, h.Get("Allow"))
	}
	contains(t, body, "/api/v1/status does not take POST; use GET, HEAD.")
	contains(t, p.problem("DELETE", "/readyz", "", 405), "use GET, HEAD")
}

func TestTheDocumentsAreServed(t *testing.T) {
	p := start(t)
	_, spec, h := p.do("GET", "/openapi.json", "")
	contains(t, spec, `"openapi": "3.1.0"`, `"/api/v1/overview/stream"`, `"/api/v1/files"`)
	if h.Get("Content-Type") != "application/openapi+json" {
		t.Errorf("content type is %q", h.Get("Content-Type"))
	}
	_, yaml, _ := p.do("GET", "/openapi.yaml", "")
	contains(t, yaml, "openapi: 3.1.0")
	_, page, h := p.do("GET", "/docs", "")
	contains(t, page, "<title>Millrace API</title>")
	if strings.Contains(page, "://") {
		t.Error("the documentation page needs something from elsewhere")
	}
	contains(t, h.Get("Content-Security-Policy"), "default-src 'none'")
}

func TestTheCommittedDocumentIsTheOneServed(t *testing.T) {
	want, err := gateway.Specification()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../docs/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("docs/openapi.json is stale; run: go run ./internal/gateway/cmd/openapi > docs/openapi.json")
	}
}

// explodes panics for what it is asked.
type explodes struct{ gateway.LedgerReader }

func (explodes) Total() (ledger.Counts, error) { panic("at the disco") }

func TestAPanicIsAnswered(t *testing.T) {
	p := start(t, func(c *gateway.Config) { c.Ledger = explodes{} })
	contains(t, p.problem("GET", "/api/v1/status", "", 500), "its log says why")
	contains(t, p.log.String(), "at the disco", "route=\"GET /api/v1/status\"")
}
