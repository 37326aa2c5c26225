package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/ledger"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// platform is a small platform behind a gateway: the real analytics store and
// ledger, and stand-ins for what runs beside them.
type platform struct {
	t       testing.TB
	gateway *gateway.Gateway
	server  *httptest.Server
	store   *countingStore
	results *gateway.Results
	ended   atomic.Bool // a run, by its client
	db      *pebble.DB
	log     *bytes.Buffer

	mu        sync.Mutex
	status    gateway.Status
	records   map[[2]int64]*eventlog.Stored
	positions map[int32]int64
	received  int64
}

// countingStore counts queries, and can be made to fail.
type countingStore struct {
	olap.Store
	queries atomic.Int64
	fail    atomic.Pointer[error]
}

func (s *countingStore) Query(ctx context.Context, q olap.Query) (*olap.Result, error) {
	s.queries.Add(1)
	if err := s.fail.Load(); err != nil {
		return nil, *err
	}
	return s.Store.Query(ctx, q)
}

func start(t *testing.T, change ...func(*gateway.Config)) *platform {
	t.Helper()
	store, err := duckdb.Open(duckdb.Config{Path: filepath.Join(t.TempDir(), "t.duckdb"), Threads: 1, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	db, err := pebble.Open("", &pebble.Options{FS: vfs.NewMem(), Merger: ledger.Merger(), Logger: quiet{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	p := &platform{
		t: t, store: &countingStore{Store: store}, db: db, log: new(bytes.Buffer),
		records: make(map[[2]int64]*eventlog.Stored), positions: make(map[int32]int64),
		status: gateway.Status{StartedAt: time.Now().Add(-time.Minute), EventsPerSecond: 1000, FreshnessP50: 12500 * time.Microsecond},
	}
	p.results = gateway.NewResults(slog.New(slog.DiscardHandler))
	cfg := gateway.Config{
		Results: p.results,
		Version: "test", Topic: "millrace.raw", Store: p.store, Tables: olap.Tables(), Ledger: ledger.New(db),
		Process: p, Jobs: p, Runs: p, Contracts: p, Audit: p, Log: p, Explain: p, Clock: clock.Real(),
		Logger: slog.New(slog.NewTextHandler(p.log, nil)), Tracer: noop.NewTracerProvider().Tracer(""),
		Metrics: prometheus.NewRegistry(), Limits: gateway.Limits{ViewPeriod: 20 * time.Millisecond, AuditWait: 2 * time.Second},
	}
	for _, f := range change {
		f(&cfg)
	}
	if p.gateway, err = gateway.New(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	p.gateway.Mount(mux)
	p.server = httptest.NewServer(mux)
	t.Cleanup(func() {
		p.gateway.Close()
		p.server.CloseClientConnections()
		p.server.Close()
	})
	return p
}

type quiet struct{}

func (quiet) Infof(string, ...any)           {}
func (quiet) Errorf(string, ...any)          {}
func (quiet) Fatalf(format string, a ...any) { panic(fmt.Sprintf(format, a...)) }

func (p *platform) Status() gateway.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

func (p *platform) Sources() []gateway.Source {
	return []gateway.Source{{Name: "shop", Adapter: "onlineretail", Kind: "file"}}
}

func (p *platform) Checkpoint() (gateway.Checkpoint, error) {
	total, err := ledger.New(p.db).Total()
	p.mu.Lock()
	defer p.mu.Unlock()
	positions := make(map[int32]int64)
	for k, v := range p.positions {
		positions[k] = v
	}
	return gateway.Checkpoint{Total: total, Positions: positions, Received: p.received}, err
}

func (p *platform) Get(_ context.Context, partition int32, offset int64) (*eventlog.Stored, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.records[[2]int64{int64(partition), offset}]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("%w: partition %d holds offsets 0 to 9", eventlog.ErrGone, partition)
}

func (p *platform) Explain(_ context.Context, s *eventlog.Stored) (*gateway.Explanation, error) {
	return &gateway.Explanation{
		EventID: event.NewID(s.Record.Source, s.Record.Payload), AdapterVersion: "1", Versions: "onlineretail@1",
		Changes: []gateway.Change{{Kind: "enrichment", Rule: "country", Field: "country", Before: "United Kingdom", After: "GB", Version: "1"}},
	}, nil
}

// sold is one event of one line in the shop's log.
type sold struct {
	at       string // event time
	order    string
	customer string
	product  string
	kind     string
	quantity int64
	price    string
	country  string
	currency string
	verdict  event.Verdict
}

var receivedAt = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

// write puts events through what the pass does: store, then ledger.
func (p *platform) write(partition int32, events ...sold) []event.ID {
	p.t.Helper()
	b := &event.Batch{Partition: partition}
	var delta ledger.Delta
	var ids []event.ID
	next := p.positions[partition]
	for _, e := range events {
		received := receivedAt.UnixMicro() + next
		payload := fmt.Sprintf("%s,%s,%s", e.order, e.product, e.price)
		i := b.Add(next, received, next+2, []byte(payload))
		b.Source.Set(i, "shop")
		b.Stream.Set(i, "orders.csv")
		b.Type.Set(i, "order_line")
		b.Versions.Set(i, "onlineretail@1")
		b.ID[i] = event.NewID("shop", []byte(payload))
		b.Verdict[i] = e.verdict
		if e.verdict == event.Pending {
			b.Verdict[i] = event.Accepted
		}
		p.fill(b, i, e)
		ids = append(ids, b.ID[i])
		p.records[[2]int64{int64(partition), next}] = &eventlog.Stored{
			Partition: partition, Offset: next, Time: time.UnixMicro(received),
			Record: adapter.Record{Payload: []byte(payload), Source: "shop", Adapter: "onlineretail", Stream: "orders.csv", Line: next + 2},
		}
		delta.Receive("shop", received, b.Time[i])
		delta.Judge("shop", received, b.Time[i], b.Verdict[i], b.Marks[i])
		next++
	}
	p.must(p.store.Write(p.t.Context(), olap.Commit{Batches: []*event.Batch{b}, Positions: map[int32]int64{partition: next}}))
	batch := p.db.NewBatch()
	p.must(delta.AppendTo(batch, partition))
	p.must(batch.Commit(pebble.Sync))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.positions[partition] = next
	p.received += int64(len(events))
	return ids
}

func (p *platform) fill(b *event.Batch, i int, e sold) {
	p.t.Helper()
	if e.at != "" {
		at, err := time.Parse("2006-01-02 15:04", e.at)
		p.must(err)
		b.Time[i] = at.UnixMicro()
	}
	b.OrderID[i], b.CustomerID[i] = e.order, e.customer
	b.Country.Set(i, e.country)
	currency := e.currency
	if currency == "" {
		currency = "GBP"
	}
	b.Currency.Set(i, currency)
	price, err := event.ParseMicros(e.price)
	p.must(err)
	amount, _ := price.Mul(e.quantity)
	b.Amount[i] = amount
	switch b.Verdict[i] {
	case event.Accepted:
		k := b.AddItem()
		it := &b.Items
		it.ProductID[k], it.Name[k], it.Quantity[k], it.Price[k], it.Amount[k] = e.product, "Product "+e.product, e.quantity, price, amount
		it.Kind.Set(k, e.kind)
		if strings.HasPrefix(e.customer, "guest:") {
			b.AddChange(i, "fill-customer", "customer_id", "", e.customer)
		}
	case event.Quarantined:
		b.AddProblem(i, event.OutOfRange, "price-positive", "unit_price", e.price, "must be above 0")
	case event.Rejected:
		b.AddProblem(i, event.Undecodable, "door", "", "", "line is not JSON")
	}
}

func (p *platform) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// do sends a request and returns status and body.
func (p *platform) do(method, path, body string, header ...string) (int, string, http.Header) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.server.URL+path, strings.NewReader(body))
	p.must(err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := p.server.Client().Do(r)
	p.must(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		p.t.Fatal(err)
	}
	for k, v := range answer.Trailer {
		answer.Header[k] = v
	}
	return answer.StatusCode, string(text), answer.Header
}

// get fetches JSON into out.
func (p *platform) get(path string, out any) {
	p.t.Helper()
	status, body, _ := p.do("GET", path, "")
	if status != http.StatusOK {
		p.t.Fatalf("GET %s: %d %s", path, status, body)
	}
	p.must(json.Unmarshal([]byte(body), out))
}

// problem expects an error and returns its text.
func (p *platform) problem(method, path, body string, want int, header ...string) string {
	p.t.Helper()
	status, text, h := p.do(method, path, body, header...)
	if status != want {
		p.t.Errorf("%s %s: status is %d, want %d: %s", method, path, status, want, text)
	}
	if ct := h.Get("Content-Type"); ct != "application/problem+json" {
		p.t.Errorf("%s %s: content type of the problem is %q", method, path, ct)
	}
	return text
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("missing %q in:\n%s", part, text)
		}
	}
}

// december is a shop's first days.
func december() []sold {
	return []sold{
		{at: "2010-12-01 08:26", order: "536365", customer: "17850", product: "85123A", kind: "sale", quantity: 6, price: "2.55", country: "GB"},
		{at: "2010-12-01 08:26", order: "536365", customer: "17850", product: "71053", kind: "sale", quantity: 6, price: "3.39", country: "GB"},
		{at: "2010-12-01 09:10", order: "536366", customer: "guest:536366", product: "85123A", kind: "sale", quantity: 2, price: "2.55", country: "FR"},
		{at: "2010-12-01 09:10", order: "536366", customer: "guest:536366", product: "POST", kind: "fee", quantity: 1, price: "18.000", country: "FR"},
		{at: "2010-12-03 10:00", order: "C536379", customer: "17850", product: "71053", kind: "cancellation", quantity: -1, price: "3.39", country: "GB"},
		{at: "2010-12-03 11:00", order: "536400", customer: "13047", product: "22423", kind: "sale", quantity: 1, price: "0.333", country: "GB"},
		{at: "2010-12-03 11:30", order: "A563185", customer: "13047", product: "B", kind: "adjustment", quantity: 1, price: "1.001", country: "GB"},
		// What must not be in the numbers: a product view, and another currency.
		{at: "2010-12-02 11:30", customer: "13047", product: "22423", kind: "view", quantity: 1, price: "99", country: "GB"},
		{at: "2010-12-02 12:00", order: "900", customer: "9", product: "22423", kind: "sale", quantity: 1, price: "50", country: "DE", currency: "EUR"},
		// What did not get in.
		{at: "2010-12-02 12:00", order: "536414", customer: "guest:536414", product: "22139", quantity: 56, price: "0", verdict: event.Quarantined},
		{order: "536365", product: "85123A", price: "2.55", verdict: event.Duplicate},
		{price: "0", verdict: event.Rejected},
	}
}
