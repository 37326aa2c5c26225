package pass

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/fingerprint"
	"github.com/millrace/millrace/internal/runtime/clock"
)

// plain is an adapter that reads next to nothing, so that what the pass itself does
// shows.
type plain struct{}

func (plain) Name() string                                      { return "plain" }
func (plain) Version() string                                   { return "1" }
func (plain) NewDecoder(adapter.Telemetry) adapter.Decoder      { return plain{} }
func (plain) IdempotencyKey(d []byte, _ *adapter.Record) []byte { return d }
func (plain) RouteKey(d []byte, _ *adapter.Record) ([]byte, error) {
	return d, nil
}

func (plain) Decode(b *event.Batch, i int, r *adapter.Record) {
	copy(b.ID[i][:], r.Payload)
	b.Time[i] = r.Received
}

type noEnrichment struct{}

func (noEnrichment) Version() string             { return "none@1" }
func (noEnrichment) Apply(*event.Batch, []int32) {}

// BenchmarkProcess is the way of an event through a task without a rule and without a
// store: it shows what everything else in the pass costs.
func BenchmarkProcess(b *testing.B) {
	p, err := New(Config{Adapters: map[string]adapter.Adapter{"plain": plain{}}, Sources: []Source{{Name: "shop"}}, Enrichment: noEnrichment{}, Clock: clock.Real()})
	if err != nil {
		b.Fatal(err)
	}
	index, err := fingerprint.Open(b.TempDir(), fingerprint.Options{Horizon: time.Second, MemoryEntries: 1 << 16}, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = index.Close() }()
	t := &task{dedup: index, byKey: make(map[sourceKey]*decoding), received: make(map[string]int64), env: p.env, acts: newActs()}
	t.state.Newest = make(map[string]int64)
	meta := eventlog.AppendMeta(nil, &adapter.Record{Source: "shop", Adapter: "plain", Stream: "http"})
	headers := []kgo.RecordHeader{{Key: eventlog.MetaHeader, Value: meta}}
	records := make([]*kgo.Record, batchEvents)
	for i := range records {
		records[i] = &kgo.Record{Value: bytes.Repeat([]byte("x"), 200), Headers: headers}
	}
	n := uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		for _, k := range records {
			n++
			k.Offset = int64(n)
			k.Timestamp = time.Unix(int64(n/20_000), 0)
			binary.BigEndian.PutUint64(k.Value, n*0x9e3779b97f4a7c15)
			binary.BigEndian.PutUint64(k.Value[8:], n)
		}
		if _, err := t.process(records); err != nil {
			b.Fatal(err)
		}
		for _, batch := range t.pending {
			t.env.recycle(batch)
		}
		t.pending = t.pending[:0]
		t.verdicts.Cut()
		if _, err := index.Checkpoint(); err != nil {
			b.Fatal(err)
		}
		index.Committed()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/event")
}
