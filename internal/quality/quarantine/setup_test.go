package quarantine_test

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
	"github.com/millrace/millrace/examples/onlineretail"
	"github.com/millrace/millrace/internal/enrich"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/eventlog/embedded"
	"github.com/millrace/millrace/internal/pass"
	"github.com/millrace/millrace/internal/pass/checkpoint"
	"github.com/millrace/millrace/internal/quality"
	"github.com/millrace/millrace/internal/quality/patch"
	"github.com/millrace/millrace/internal/quality/quarantine"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/internal/store/record"
	"github.com/millrace/millrace/internal/store/record/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shop is a log with a pass over it and the quarantine beside it: the real ones.
type shop struct {
	observer quarantine.Observer // nil: none
	t        *testing.T
	data     string
	settings config.Quarantine
	topics   bool
	shared   bool // another process reads a partition, too
	owned    func() map[int32]bool
	repairs  []quarantine.Repair
	adapter  adapter.Adapter
	rules    *quality.RuleSet
	suffix   string // of the versions, as if the rules had changed

	topic   *eventlog.Topic
	writer  *eventlog.Writer
	store   olap.Store
	state   *checkpoint.Store
	records record.Store
	pass    *pass.Pass
	stop    func() // the pass
	wire    func(quarantine.Log) quarantine.Log
	raw     func(quarantine.Raw) quarantine.Raw // nil: as it is
	publish func(quarantine.Publisher) quarantine.Publisher
	audit   func(context.Context, *quarantine.HeldRun) error
}

// line is the common part of lines; the customer decides on the partition.
func line(order, product, quantity, price, customer string) string {
	return strings.Join([]string{order, product, "LANTERN", quantity, "2010-12-01 08:26:00", price, customer, "United Kingdom"}, ",")
}

func newShop(t *testing.T, partitions int) *shop {
	t.Helper()
	a, err := onlineretail.Adapter()
	if err != nil {
		t.Fatal(err)
	}
	rules, err := quality.Load(onlineretail.Rules(), "rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	broker, err := embedded.Open(embedded.Config{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	s := &shop{t: t, data: t.TempDir(), settings: config.Default().Quarantine, adapter: a, rules: rules,
		wire: func(l quarantine.Log) quarantine.Log { return l }, publish: func(p quarantine.Publisher) quarantine.Publisher { return p }}
	s.settings.Retry, s.settings.Interval = false, 20*time.Millisecond
	cfg := config.Default().Log
	cfg.Partitions = partitions
	if s.topic, err = eventlog.OpenTopic(t.Context(), eventlog.Config{Log: cfg, Seeds: []string{broker.Address()}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.topic.Close)
	if s.writer, err = eventlog.OpenWriter(s.topic); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.writer.Close)
	if s.records, err = sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(s.data, "records.db")}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.records.Close() })
	if s.store, err = duckdb.Open(duckdb.Config{Path: filepath.Join(s.data, "olap.db"), Threads: 1, Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.store.Close() })
	if s.state, err = checkpoint.Open(checkpoint.Config{Dir: filepath.Join(s.data, "state"), CacheBytes: 1 << 20}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.state.Close() })
	s.startPass()
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *shop) startPass() {
	s.t.Helper()
	cfg := config.Default().Pass
	cfg.Workers, cfg.Dedup.MemoryEntries = 2, 4096
	cfg.CommitInterval, cfg.StoreInterval = 5*time.Millisecond, 5*time.Millisecond
	var err error
	s.pass, err = pass.New(pass.Config{
		Pass: cfg, Topic: s.topic, Store: s.store, Checkpoint: s.state, Dir: filepath.Join(s.data, "dedup"),
		Adapters:   map[string]adapter.Adapter{s.adapter.Name(): s.adapter},
		Sources:    []pass.Source{{Name: "shop", Rules: func() pass.Rules { return s.rules }, RulesVersion: s.rules.Version()}},
		Enrichment: enrich.Standard(""), Retention: time.Hour, Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.pass.Run(ctx) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	})
}

// send writes the lines of a file, numbered as the file door numbers them.
func (s *shop) send(stream string, lines ...string) {
	s.t.Helper()
	d := s.adapter.NewDecoder(nil)
	entries := make([]eventlog.Entry, len(lines))
	equal := make(map[string]uint32)
	for i, text := range lines {
		r := adapter.Record{Payload: []byte(text), Source: "shop", Adapter: s.adapter.Name(), Stream: stream, Line: int64(i + 2), Position: int64(i + 1)}
		key := string(d.IdempotencyKey(nil, &r))
		equal[key]++
		r.Occurrence = equal[key]
		route, err := d.RouteKey(nil, &r)
		if err != nil {
			route = []byte("none")
		}
		entries[i] = eventlog.Entry{Key: route, Record: r}
	}
	if err := s.writer.Append(s.t.Context(), entries); err != nil {
		s.t.Fatal(err)
	}
	s.settle()
}

// settle waits until everything in the log can be queried.
func (s *shop) settle() {
	s.t.Helper()
	ends, err := s.topic.EndOffsets(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	s.until("everything is queryable", func() bool {
		at, err := s.store.Positions(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		for p, end := range ends {
			if end > 0 && at.Offsets[p] < end {
				return false
			}
		}
		return true
	})
}

func (s *shop) until(what string, holds func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("waited until %s", what)
		}
	}
}

// sql returns the rows of a query as text.
func (s *shop) sql(query string) string {
	s.t.Helper()
	r, err := s.store.Query(s.t.Context(), olap.Query{SQL: query})
	if err != nil {
		s.t.Fatal(err)
	}
	rows, err := r.All()
	if err != nil {
		s.t.Fatal(err)
	}
	var b bytes.Buffer
	for _, row := range rows {
		fmt.Fprintln(&b, strings.Trim(fmt.Sprint(row), "[]"))
	}
	return strings.TrimSpace(b.String())
}

func (s *shop) config() quarantine.Config {
	cfg := quarantine.Config{
		Settings: s.settings, Topic: s.topic.Name(), Log: s.wire(s.writer), Raw: s.topic, Store: s.store, Records: s.records, Judge: s, Identities: passing{s},
		Adapters: map[string]adapter.Adapter{s.adapter.Name(): s.adapter}, Compile: s.compile, Repairs: s.repairs, Sources: []string{"shop"},
		Observer: s.observer, Owned: s.owned, Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler),
	}
	if s.raw != nil {
		cfg.Raw = s.raw(cfg.Raw)
	}
	if s.shared {
		cfg.Raw = foreign{s.topic}
	}
	cfg.Audit = s.audit
	if s.topics {
		cfg.Publish = func(name string) (quarantine.Publisher, error) {
			p, err := eventlog.OpenPublisher(s.topic, name)
			if err != nil {
				return nil, err
			}
			return s.publish(p), nil
		}
	}
	return cfg
}

// start runs a service; the returned function kills it.
func (s *shop) start() (*quarantine.Service, func()) {
	s.t.Helper()
	service := quarantine.New(s.config())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- service.Run(ctx) }()
	kill := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			s.t.Error(err)
		}
	})
	s.t.Cleanup(kill)
	return service, kill
}

// done waits for a run to end.
func (s *shop) done(service *quarantine.Service, id string) *quarantine.HeldRun {
	s.t.Helper()
	var run *quarantine.HeldRun
	s.until("run "+id+" has ended", func() bool {
		var err error
		if run, err = service.RunByID(s.t.Context(), id); err != nil {
			s.t.Fatal(err)
		}
		return run.State.Ended()
	})
	return run
}

// patched is a patch for tests.
type patched struct {
	*patch.Patch
	shop *shop
}

func (p patched) Version() string { return p.ID() }

func (p patched) Apply(r *adapter.Record) ([]byte, error) {
	layout, err := adapter.LayoutOf(p.shop.adapter, r.Envelope)
	if err != nil {
		return nil, err
	}
	out, _, err := p.Patch.Apply(nil, patch.Document{Payload: r.Payload, Format: layout})
	return out, err
}

func (s *shop) compile(text []byte, file string) (quarantine.Patch, error) {
	p, err := patch.Load(text, file)
	if err != nil {
		return nil, err
	}
	return patched{p, s}, nil
}

// passing is the pass that the shop has at the moment.
type passing struct{ *shop }

func (p passing) Foresee(partition int32, offset int64, id event.ID, check uint32, elsewhere bool) (event.Verdict, error) {
	return p.pass.Foresee(partition, offset, id, check, elsewhere)
}

// Versions implements [quarantine.Judge].
func (s *shop) Versions(string) string {
	return s.adapter.Name() + "@" + s.adapter.Version() + " rules@" + s.rules.Version() + " " + enrich.Standard("").Version() + s.suffix
}

// Judge implements [quarantine.Judge].
func (s *shop) Judge(records []adapter.Record) ([]quarantine.Decoded, error) {
	out := make([]quarantine.Decoded, len(records))
	for k := range records {
		r, b := &records[k], new(event.Batch)
		i := b.Add(0, r.Received, r.Line, r.Payload)
		b.Source.Set(i, r.Source)
		s.adapter.NewDecoder(nil).Decode(b, i, r)
		if len(b.Problems) > 0 {
			b.Verdict[i] = event.Quarantined
		}
		s.rules.Apply(b, []int32{0})
		d := quarantine.Decoded{EventID: b.ID[i].String(), Order: b.OrderID[i], Currency: b.Currency.Get(i), Amount: b.Amount[i], Check: b.Check[i]}
		for k := range b.Items.Len() {
			d.Lines = append(d.Lines, quarantine.DecodedLine{
				Kind: b.Items.Kind.Get(k), Quantity: b.Items.Quantity[k], Price: b.Items.Price[k], Amount: b.Items.Amount[k],
			})
		}
		for _, p := range b.Problems {
			d.Problems = append(d.Problems, quarantine.HeldProblem{Rule: p.Rule, Category: string(p.Category), Field: p.Field, Value: p.Value, Message: p.Message})
		}
		out[k] = d
	}
	return out, nil
}
