package reconcile_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // hands in the tables
	"go.uber.org/goleak"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/eventlog/embedded"
	"github.com/millrace/millrace/internal/pass"
	"github.com/millrace/millrace/internal/pass/checkpoint"
	"github.com/millrace/millrace/internal/reconcile"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/internal/store/record/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// words is an adapter of lines "order customer time price pieces…": an item for each
// number of pieces, which was only looked at where they are question marks. A price that is no number is a problem.
type words struct{}

func (words) Name() string                                 { return "words" }
func (words) Version() string                              { return "1" }
func (words) NewDecoder(adapter.Telemetry) adapter.Decoder { return words{} }

func (words) RouteKey(dst []byte, r *adapter.Record) ([]byte, error) {
	return append(dst, bytes.Fields(r.Payload)[1]...), nil
}

func (words) IdempotencyKey(dst []byte, r *adapter.Record) []byte { return append(dst, r.Payload...) }

func (w words) Decode(b *event.Batch, i int, r *adapter.Record) {
	f := strings.Fields(string(r.Payload))
	b.ID[i] = event.NewID(r.Source, w.IdempotencyKey(nil, r))
	b.Type.Set(i, "order")
	b.OrderID[i], b.CustomerID[i] = f[0], f[1]
	b.Currency.Set(i, "EUR")
	if at, err := time.Parse(time.RFC3339, f[2]); err == nil {
		b.Time[i] = at.UnixMicro()
	}
	price, err := event.ParseMicros(f[3])
	if err != nil {
		b.AddProblem(i, event.Format, "words.price", "price", f[3], err.Error())
		return
	}
	for k, pieces := range f[4:] {
		n := int64(len(pieces))
		at := b.AddItem()
		it := &b.Items
		it.ProductID[at], it.Quantity[at], it.Price[at], it.Amount[at] = fmt.Sprint("p", k), n, price, price*event.Micros(n)
		it.Kind.Set(at, event.KindSale)
		if pieces[0] == '?' {
			it.Kind.Set(at, event.KindView)
			continue
		}
		b.Amount[i] += it.Amount[at]
	}
}

// guests are rules: a customer "guest" is called by the order.
type guests struct{}

func (guests) Apply(b *event.Batch, rows []int32) {
	for _, i := range rows {
		if b.CustomerID[i] == "guest" {
			b.AddChange(int(i), "guest", "customer_id", "guest", "guest:"+b.OrderID[i])
			b.CustomerID[i] = "guest:" + b.OrderID[i]
		}
	}
}

// plain is an enrichment that does nothing.
type plain struct{}

func (plain) Version() string             { return "plain@1" }
func (plain) Apply(*event.Batch, []int32) {}

var shopSource = pass.Source{Name: "shop", Rules: func() pass.Rules { return guests{} }, RulesVersion: "1"}

// testJudge decodes as the pass of these tests does.
type testJudge struct{}

func (testJudge) Judge(b *event.Batch, records []*eventlog.Stored) {
	var rows []int32
	for _, r := range records {
		i := b.Add(r.Offset, r.Record.Received, r.Record.Line, r.Record.Payload)
		b.Source.Set(i, r.Record.Source)
		if r.Record.Reject != "" || len(bytes.Fields(r.Record.Payload)) < 4 {
			continue
		}
		b.Versions.Set(i, pass.Versions(words{}, &shopSource, plain{}))
		words{}.Decode(b, i, &r.Record)
		rows = append(rows, int32(i))
	}
	guests{}.Apply(b, rows)
}

// world is a log with a pass over it.
type world struct {
	t          *testing.T
	data       string
	topic      *eventlog.Topic
	writer     *eventlog.Writer
	checkpoint *checkpoint.Store
	store      *duckdb.Store
	pass       *pass.Pass
	stop       func()
	sent       int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	broker, err := embedded.Open(embedded.Config{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	cfg := config.Default().Log
	cfg.Partitions = 3
	w := &world{t: t, data: t.TempDir()}
	w.topic, err = eventlog.OpenTopic(t.Context(), eventlog.Config{Log: cfg, Seeds: []string{broker.Address()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.topic.Close)
	if w.writer, err = eventlog.OpenWriter(w.topic); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.writer.Close)
	w.start()
	t.Cleanup(func() { w.stop() })
	return w
}

func (w *world) start() {
	w.t.Helper()
	var err error
	if w.store, err = duckdb.Open(duckdb.Config{Path: w.file(), Threads: 1, Now: time.Now}); err != nil {
		w.t.Fatal(err)
	}
	if w.checkpoint, err = checkpoint.Open(checkpoint.Config{Dir: filepath.Join(w.data, "state"), CacheBytes: 1 << 20}); err != nil {
		w.t.Fatal(err)
	}
	cfg := config.Default().Pass
	cfg.Workers, cfg.Dedup.MemoryEntries = 2, 4096
	cfg.CommitInterval, cfg.StoreInterval = 5*time.Millisecond, 5*time.Millisecond
	w.pass, err = pass.New(pass.Config{
		Pass: cfg, Topic: w.topic, Store: w.store, Checkpoint: w.checkpoint, Dir: filepath.Join(w.data, "dedup"),
		Adapters: map[string]adapter.Adapter{"words": words{}}, Sources: []pass.Source{shopSource}, Enrichment: plain{},
		Retention: 24 * time.Hour, Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.pass.Run(ctx) }()
	w.stop = func() {
		cancel()
		if err := errors.Join(<-done, w.store.Close(), w.checkpoint.Close()); err != nil {
			w.t.Error(err)
		}
		w.stop = func() {}
	}
}

func (w *world) file() string { return filepath.Join(w.data, "olap.db") }

// send appends lines, and waits until their rows can be queried.
func (w *world) send(lines ...string) {
	w.t.Helper()
	w.sendAs("shop", lines...)
}

func (w *world) sendAs(source string, lines ...string) {
	w.t.Helper()
	entries := make([]eventlog.Entry, len(lines))
	for i, line := range lines {
		r := adapter.Record{Payload: []byte(line), Source: source, Adapter: "words", Stream: "test", Line: int64(i)}
		if rest, refused := strings.CutPrefix(line, "refused "); refused {
			r.Payload, r.Reject = []byte(rest), "not_wanted"
			entries[i] = eventlog.Entry{Key: []byte(rest), Record: r}
			continue
		}
		key, err := words{}.RouteKey(nil, &r)
		if err != nil {
			w.t.Fatal(err)
		}
		entries[i] = eventlog.Entry{Key: key, Record: r}
	}
	if err := w.writer.Append(w.t.Context(), entries); err != nil {
		w.t.Fatal(err)
	}
	w.sent += len(lines)
	w.settle()
}

func (w *world) settle() {
	w.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		n := int64(0)
		for _, p := range w.pass.Stats().Positions {
			n += p.Queryable
		}
		if n == int64(w.sent) {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%d of %d records are queryable", n, w.sent)
		}
		time.Sleep(time.Millisecond)
	}
}

// byHand changes the tables behind the platform's back, while it does not run.
func (w *world) byHand(statements ...string) {
	w.t.Helper()
	w.stop()
	db, err := sql.Open("duckdb", w.file())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			w.t.Fatalf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.start()
	w.settle()
}

func (w *world) auditor() *reconcile.Auditor {
	return &reconcile.Auditor{
		Log: w.topic, Store: w.store, Ledger: w.checkpoint, Judge: func() reconcile.Judge { return testJudge{} },
		Clock: clock.Real(), Retention: 24 * time.Hour,
	}
}

func (w *world) audit(s reconcile.Scope) *reconcile.Report {
	w.t.Helper()
	r, err := w.auditor().Audit(w.t.Context(), s, func(int64, int64) {})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) records() *sqlite.Store {
	w.t.Helper()
	s, err := sqlite.Open(w.t.Context(), sqlite.Config{Path: filepath.Join(w.t.TempDir(), "records.db")})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			w.t.Error(err)
		}
	})
	return s
}

// findings writes them as text, without coordinates.
func findings(r *reconcile.Report) string {
	var lines []string
	for _, f := range r.Findings {
		lines = append(lines, fmt.Sprintf("%s %s: %s", f.Kind, f.Table, f.Detail))
	}
	return strings.Join(lines, "\n")
}

// act decides about the quarantined events of orders.
func (w *world) act(kind eventlog.ActKind, payload func(string) string, orders ...string) {
	w.t.Helper()
	var acts []eventlog.ActEntry
	for _, order := range orders {
		r, err := w.store.Query(w.t.Context(), olap.Query{SQL: `SELECT "partition", "offset", event_id, payload FROM quarantine WHERE order_id = ?`, Args: []any{order}})
		if err != nil {
			w.t.Fatal(err)
		}
		rows, err := r.All()
		if err != nil || len(rows) != 1 {
			w.t.Fatalf("%d quarantined events of order %s, %v", len(rows), order, err)
		}
		entry := eventlog.ActEntry{
			Partition: int32(rows[0][0].(int64)),
			Act:       eventlog.Act{Kind: kind, Offset: rows[0][1].(int64), ID: rows[0][2].(event.ID).String(), By: "test"},
			Record:    adapter.Record{Source: "shop", Adapter: "words", Stream: "test"},
		}
		if kind == event.Redrive {
			entry.Record.Payload = []byte(payload(rows[0][3].(string)))
		}
		acts = append(acts, entry)
	}
	if err := w.writer.AppendActs(w.t.Context(), acts); err != nil {
		w.t.Fatal(err)
	}
	w.sent += len(acts)
	w.settle()
}

// repaired writes the price as it should be.
func repaired(payload string) string { return strings.Replace(payload, ",", ".", 1) }
