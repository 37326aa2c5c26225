package pass_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/eventlog/embedded"
	"github.com/millrace/millrace/internal/pass"
	"github.com/millrace/millrace/internal/pass/checkpoint"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// words is an adapter of lines "id customer time amount"; an amount that is no
// number is a problem.
type words struct{}

func (words) Name() string                                 { return "words" }
func (words) Version() string                              { return "1" }
func (words) NewDecoder(adapter.Telemetry) adapter.Decoder { return words{} }

func (words) RouteKey(dst []byte, r *adapter.Record) ([]byte, error) {
	return append(dst, bytes.Fields(r.Payload)[1]...), nil
}

func (words) IdempotencyKey(dst []byte, r *adapter.Record) []byte {
	return append(dst, bytes.Fields(r.Payload)[0]...)
}

func (w words) Decode(b *event.Batch, i int, r *adapter.Record) {
	f := strings.Fields(string(r.Payload))
	b.ID[i] = event.NewID(r.Source, w.IdempotencyKey(nil, r))
	b.Check[i] = uint32(len(f[3])) // a stand-in for the digest of the content
	b.Type.Set(i, "order_line")
	b.CustomerID[i] = f[1]
	if at, err := time.Parse(time.RFC3339, f[2]); err == nil {
		b.Time[i] = at.UnixMicro()
	}
	amount, err := event.ParseMicros(f[3])
	if err != nil {
		b.AddProblem(i, event.Format, "words.amount", "amount", f[3], err.Error())
		return
	}
	b.Amount[i] = amount
}

// limits are rules: an amount above most is quarantined, and a guest gets a name.
type limits struct {
	most  event.Micros
	guest string
}

func (l limits) Apply(b *event.Batch, rows []int32) {
	for _, r := range rows {
		i := int(r)
		switch {
		case b.Verdict[i] != event.Pending:
		case b.Amount[i] > l.most:
			b.AddProblem(i, event.OutOfRange, "limit", "amount", b.Amount[i].String(), "is above "+l.most.String())
			b.Verdict[i] = event.Quarantined
		case b.CustomerID[i] == "guest":
			b.AddChange(i, "name", "customer_id", "guest", l.guest)
			b.CustomerID[i] = l.guest
		case b.CustomerID[i] == "odd":
			b.Marks[i] |= event.Warned
		}
	}
}

// ruleVersions are what tests configure.
var ruleVersions = map[string]limits{
	"1": {most: 100_000_000, guest: "guest-one"},
	"2": {most: 50_000_000, guest: "guest-two"},
	"3": {most: 500_000_000, guest: "guest-three"},
}

// webbed is an enrichment.
type webbed struct{}

func (webbed) Version() string { return "web@1" }

func (webbed) Apply(b *event.Batch, rows []int32) {
	for _, i := range rows {
		b.Channel.Set(int(i), "web")
		if b.CustomerID[i] == "stranger" {
			b.AddProblem(int(i), event.Enriching, "web.customer", "customer_id", "stranger", "is in no list")
		}
	}
}

// errPower is what the store fails with when the power goes.
var errPower = errors.New("power cut")

// gate stands before the store and cuts the power there.
type gate struct {
	olap.Store
	mu            sync.Mutex
	before, after int           // writes until one fails, before or after it was done; 0: none does
	full          bool          // the disk
	held          chan struct{} // writes wait for it; nil: they do not
	cut           bool          // writes fail until the next start
	writes        int
}

func (g *gate) Write(ctx context.Context, c olap.Commit) error {
	g.mu.Lock()
	held := g.held
	g.before--
	g.after--
	before, after := g.before == 0, g.after == 0
	full := g.full
	g.mu.Unlock()
	if held != nil {
		<-held
	}
	switch {
	case full:
		return fmt.Errorf("%w: in a test", olap.ErrFull)
	case before || g.isCut():
		return errPower
	}
	if err := g.Store.Write(ctx, c); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.writes++
	if after {
		return errPower
	}
	return nil
}

func (g *gate) isCut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.cut
}

// hold makes writes wait from now on.
func (g *gate) hold() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held = make(chan struct{})
}

// open lets held writes go on, or makes all writes fail until the next start.
func (g *gate) open(cut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cut = cut
	if g.held != nil {
		close(g.held)
		g.held = nil
	}
}

// restore brings the power back.
func (g *gate) restore() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cut = false
}

func (g *gate) fill(full bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.full = full
}

// shop is a log with a pass over it, which can be stopped and started.
type shop struct {
	t          *testing.T
	dir        string // of the log
	data       string // of the pass
	cfg        config.Pass
	instance   string // in a consumer group; none when empty
	rules      string // a version; none when empty
	jobs       func() []*stream.Job
	mirrors    map[string]string
	schemas    pass.Schemas
	feed       func(first uint64, outputs []stream.Output) // none when nil
	address    string                                      // of the log's broker
	clock      clock.Clock
	adapters   map[string]adapter.Adapter
	topic      *eventlog.Topic
	writer     *eventlog.Writer
	log        bytes.Buffer // of the pass; read it when that is stopped
	gate       *gate
	checkpoint *checkpoint.Store
	store      olap.Store
	pass       *pass.Pass
	stop       func() error
	ended      func() error // waits until the pass ends by itself
	sent       int          // records
	acted      int          // of them, that are acts
}

func newShop(t *testing.T, partitions int) *shop {
	t.Helper()
	dir := t.TempDir()
	b, err := embedded.Open(embedded.Config{Dir: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	s := openShop(t, b.Address(), partitions)
	s.dir, s.data = dir, t.TempDir()
	return s
}

// openShop opens a shop whose log is at an address.
func openShop(t *testing.T, address string, partitions int) *shop {
	t.Helper()
	s := &shop{t: t, address: address, clock: clock.Real(), cfg: config.Default().Pass, gate: new(gate)}
	s.cfg.Workers, s.cfg.Dedup.MemoryEntries = 2, 4096
	s.cfg.CommitInterval, s.cfg.StoreInterval = 5*time.Millisecond, 5*time.Millisecond
	s.adapters = map[string]adapter.Adapter{"words": words{}}
	cfg := config.Default().Log
	cfg.Group = "millrace-pass"
	cfg.Partitions = partitions
	var err error
	s.topic, err = eventlog.OpenTopic(t.Context(), eventlog.Config{Log: cfg, Seeds: []string{address}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.topic.Close)
	if s.writer, err = eventlog.OpenWriter(s.topic); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.writer.Close)
	return s
}

func (s *shop) start() {
	s.t.Helper()
	store, err := duckdb.Open(duckdb.Config{Path: filepath.Join(s.data, "olap.db"), Threads: 1, Now: time.Now})
	if err != nil {
		s.t.Fatal(err)
	}
	s.store, s.gate.Store = store, store
	if s.checkpoint, err = checkpoint.Open(checkpoint.Config{Dir: filepath.Join(s.data, "state"), CacheBytes: 1 << 20}); err != nil {
		s.t.Fatal(err)
	}
	source := pass.Source{Name: "shop"}
	if s.rules != "" {
		source.RulesVersion = s.rules
		source.Rules = func() pass.Rules { return ruleVersions[s.rules] }
	}
	s.log.Reset()
	s.gate.restore()
	var jobs []*stream.Job
	if s.jobs != nil {
		jobs = s.jobs()
	}
	s.pass, err = pass.New(pass.Config{
		Pass: s.cfg, Topic: s.topic, Instance: s.instance, Store: s.gate, Checkpoint: s.checkpoint,
		Dir: filepath.Join(s.data, "dedup"), Adapters: s.adapters,
		Sources: []pass.Source{source}, Enrichment: webbed{}, Jobs: jobs, Feed: s.feed, Mirrors: s.mirrors, Schemas: s.schemas,
		Retention: time.Hour, Clock: s.clock, Logger: slog.New(slog.NewTextHandler(&s.log, nil)),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.pass.Run(ctx) }()
	s.ended = func() error {
		defer cancel()
		var err error
		select {
		case err = <-done:
		case <-time.After(time.Minute):
			cancel()
			<-done
		}
		return errors.Join(err, s.store.Close(), s.checkpoint.Close())
	}
	s.stop = func() error {
		cancel()
		return s.ended()
	}
}

func (s *shop) send(lines ...string) []eventlog.Entry {
	s.t.Helper()
	entries := make([]eventlog.Entry, len(lines))
	for i, line := range lines {
		r := adapter.Record{Payload: []byte(line), Source: "shop", Adapter: "words", Stream: "test", Line: int64(i)}
		key, err := words{}.RouteKey(nil, &r)
		if err != nil {
			s.t.Fatal(err)
		}
		entries[i] = eventlog.Entry{Key: key, Record: r}
	}
	if err := s.writer.Append(s.t.Context(), entries); err != nil {
		s.t.Fatal(err)
	}
	s.sent += len(lines)
	return entries
}

func (s *shop) appendActs(acts []eventlog.ActEntry) {
	s.t.Helper()
	if err := s.writer.AppendActs(s.t.Context(), acts); err != nil {
		s.t.Fatal(err)
	}
	s.sent += len(acts)
	s.acted += len(acts)
}

func (s *shop) outcome(e eventlog.Entry) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	o, err := s.pass.Wait(ctx, e.Partition, e.Offset)
	if err != nil {
		s.t.Fatal(err)
	}
	text := o.Verdict.String()
	for _, p := range o.Problems {
		text += fmt.Sprintf(" %s(%s=%q)", p.Rule, p.Field, p.Value)
	}
	return text
}

func (s *shop) count(query string) string {
	s.t.Helper()
	return fmt.Sprint(s.rows(query))
}

func (s *shop) rows(query string) [][]any {
	s.t.Helper()
	r, err := s.store.Query(s.t.Context(), olap.Query{SQL: query})
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Close()
	rows, err := r.All()
	if err != nil {
		s.t.Fatal(err)
	}
	return rows
}

// until waits until all that was sent has got as far as a position.
func (s *shop) until(what string, of func(pass.Position) int64) {
	s.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		n := int64(0)
		for _, p := range s.pass.Stats().Positions {
			n += of(p)
		}
		if n == int64(s.sent) {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("waited for %d events to be %s, %d are", s.sent, what, n)
		}
		time.Sleep(time.Millisecond)
	}
}

func (s *shop) untilCommitted() {
	s.t.Helper()
	s.until("committed", func(p pass.Position) int64 { return p.Committed })
}

func (s *shop) untilQueryable() {
	s.t.Helper()
	s.until("queryable", func(p pass.Position) int64 { return p.Queryable })
}
