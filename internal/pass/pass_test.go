package pass_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/enrich"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/eventlog/embedded"
	"github.com/millrace/millrace/internal/ledger"
	"github.com/millrace/millrace/internal/pass"
	"github.com/millrace/millrace/internal/pass/checkpoint"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
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

// shop is a log with a pass over it, which can be stopped and started.
type shop struct {
	t          *testing.T
	dir        string
	workers    int
	topic      *eventlog.Topic
	writer     *eventlog.Writer
	fail       atomic.Int64 // the n-th write from now fails after it was done
	checkpoint *checkpoint.Store
	store      olap.Store
	pass       *pass.Pass
	stop       func() error
}

func newShop(t *testing.T, partitions int) *shop {
	t.Helper()
	s := &shop{t: t, dir: t.TempDir(), workers: 2}
	b, err := embedded.Open(embedded.Config{Dir: s.dir, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	cfg := config.Default().Log
	cfg.Partitions = partitions
	s.topic, err = eventlog.OpenTopic(t.Context(), eventlog.Config{Log: cfg, Seeds: []string{b.Address()}})
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

// errPower is what a commit fails with when the power goes after the store has
// the rows and before the checkpoint.
var errPower = errors.New("power cut")

type failingStore struct {
	olap.Store
	fail *atomic.Int64
}

func (f failingStore) Write(ctx context.Context, c olap.Commit) error {
	if err := f.Store.Write(ctx, c); err != nil {
		return err
	}
	if f.fail.Add(-1) == 0 {
		return errPower
	}
	return nil
}

func (s *shop) start() {
	s.t.Helper()
	store, err := duckdb.Open(duckdb.Config{Path: filepath.Join(s.dir, "olap.db"), Now: time.Now})
	if err != nil {
		s.t.Fatal(err)
	}
	s.store = store
	if s.checkpoint, err = checkpoint.Open(checkpoint.Config{Dir: filepath.Join(s.dir, "state"), CacheBytes: 1 << 20}); err != nil {
		s.t.Fatal(err)
	}
	cfg := config.Default().Pass
	cfg.Workers, cfg.CommitInterval, cfg.Dedup.MemoryEntries = s.workers, 5*time.Millisecond, 4096
	s.pass, err = pass.New(pass.Config{
		Pass: cfg, Topic: s.topic, Store: failingStore{s.store, &s.fail}, Checkpoint: s.checkpoint,
		Dir: filepath.Join(s.dir, "dedup"), Adapters: map[string]adapter.Adapter{"words": words{}},
		Sources: []pass.Source{{Name: "shop"}}, Enrichment: enrich.Standard("web"),
		Retention: time.Hour, Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.pass.Run(ctx) }()
	s.stop = func() error {
		cancel()
		return errors.Join(<-done, s.store.Close(), s.checkpoint.Close())
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
	return entries
}

func (s *shop) outcome(e eventlog.Entry) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
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
	r, err := s.store.Query(s.t.Context(), olap.Query{SQL: query})
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Close()
	rows, err := r.All()
	if err != nil {
		s.t.Fatal(err)
	}
	return fmt.Sprint(rows)
}

func TestEveryEventGetsItsVerdict(t *testing.T) {
	s := newShop(t, 2)
	s.start()
	for _, c := range []struct{ line, want string }{
		{"e1 anna 2026-01-05T10:00:00Z 12.50", "accepted"},
		{"e1 anna 2026-01-05T10:00:00Z 12.50", "duplicate"},
		{"e1 anna 2026-01-05T10:00:00Z 112.50", `quarantined dedup.conflict(id="")`},
		{"e2 anna 2026-01-05T10:01:00Z twelve", `quarantined words.amount(amount="twelve")`},
		{"e2 anna 2026-01-05T10:01:00Z twelve", "duplicate"},
		{"e3 anna 2026-01-01T10:01:00Z 1.00", "accepted"}, // four days behind: late
	} {
		if got := s.outcome(s.send(c.line)[0]); got != c.want {
			t.Errorf("%s: %s, want %s", c.line, got, c.want)
		}
	}
	total, err := s.checkpoint.Ledger().Total()
	if err != nil {
		t.Fatal(err)
	}
	want := ledger.Counts{Received: 6, Accepted: 2, Duplicate: 2, Quarantined: 2, Late: 1}
	if total != want || !total.Balanced() {
		t.Errorf("ledger %+v, want %+v", total, want)
	}
	if got := s.count(`SELECT sum(amount)::VARCHAR, count(*) FILTER (late) FROM events`); got != "[[13.500000 1]]" {
		t.Errorf("events: %s", got)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}

func TestACrashBetweenStoreAndCheckpointCountsNothingTwice(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	s := newShop(t, 3)
	sent := 0
	for round := range 6 {
		s.workers = 1 + random.IntN(4)
		s.fail.Store(int64(1 + random.IntN(3)))
		s.start()
		lines := make([]string, 3000)
		for i := range lines {
			id := random.IntN(sent + i + 1) // often an event that was sent before
			if id >= sent+i-1 || i%3 == 0 {
				id = sent + i
			}
			lines[i] = fmt.Sprintf("e%d c%d 2026-01-05T10:00:00Z %d.00", id, id%50, id%90+10)
		}
		s.send(lines...)
		sent += len(lines)
		time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond)
		if err := s.stop(); err != nil && !errors.Is(err, errPower) {
			t.Fatalf("round %d: %v", round, err)
		}
		s.fail.Store(0)
	}
	s.start()
	deadline := time.Now().Add(20 * time.Second)
	for {
		total, err := s.checkpoint.Ledger().Total()
		if err != nil {
			t.Fatal(err)
		}
		if total.Received == int64(sent) {
			if !total.Balanced() || total.Quarantined != 0 {
				t.Errorf("ledger %+v", total)
			}
			want := fmt.Sprintf("[[%d %d %d]]", total.Accepted, total.Accepted, total.Duplicate)
			if got := s.count(`SELECT count(*), count(DISTINCT event_id), (SELECT count(*) FROM duplicates) FROM events`); got != want {
				t.Errorf("store has %s, ledger says %s", got, want)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("ledger %+v, sent %d", total, sent)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}
