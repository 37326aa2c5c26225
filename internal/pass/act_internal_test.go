package pass

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/fingerprint"
	"github.com/millrace/millrace/internal/pass/checkpoint"
	"github.com/millrace/millrace/internal/runtime/clock"
)

// fussy is plain, and finds a payload broken whose last byte says so.
type fussy struct{ plain }

func (fussy) NewDecoder(adapter.Telemetry) adapter.Decoder { return fussy{} }

func (f fussy) Decode(b *event.Batch, i int, r *adapter.Record) {
	f.plain.Decode(b, i, r)
	if r.Payload[len(r.Payload)-1] == '!' {
		b.AddProblem(i, event.Format, "fussy", "payload", "", "it is broken")
	}
}

const fussyHorizon = time.Minute

// fussyTask is a task that forgets identities after a minute.
func fussyTask(t *testing.T) *task {
	t.Helper()
	cfg := Config{Adapters: map[string]adapter.Adapter{"plain": fussy{}}, Sources: []Source{{Name: "shop"}}, Enrichment: noEnrichment{}, Clock: clock.Real()}
	cfg.Dedup.Horizon = fussyHorizon
	state, err := checkpoint.Open(checkpoint.Config{Dir: t.TempDir(), CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = state.Close() })
	cfg.Checkpoint = state
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	index, err := fingerprint.Open(t.TempDir(), fingerprint.Options{Horizon: fussyHorizon, MemoryEntries: 64}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = index.Close() })
	one := &task{dedup: index, byKey: make(map[sourceKey]*decoding), received: make(map[string]int64), env: p.env, acts: newActs()}
	one.state.Newest = make(map[string]int64)
	return one
}

// An identity that is older than the horizon is not the original's any more: the same
// event may have been sent again, and accepted.
func TestARedriveBehindTheHorizonCountsOnce(t *testing.T) {
	const payload = "0123456789abcdef"
	meta := kgo.RecordHeader{Key: eventlog.MetaHeader, Value: eventlog.AppendMeta(nil, &adapter.Record{Source: "shop", Adapter: "plain", Stream: "http"})}
	var id event.ID
	copy(id[:], payload)
	header, err := json.Marshal(&eventlog.Act{Kind: event.Redrive, ID: id.String(), By: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	act := []kgo.RecordHeader{meta, {Key: eventlog.ActHeader, Value: header}}
	for _, c := range []struct {
		name  string
		sends []kgo.Record // their offset is their place
		want  event.Outcome
	}{
		{"nothing came meanwhile", []kgo.Record{
			{Value: []byte(payload + "!"), Timestamp: time.Unix(1000, 0)}, {Value: []byte(payload), Timestamp: time.Unix(1061, 0), Headers: act},
		}, event.ActRecovered},
		{"it was tried in vain", []kgo.Record{
			{Value: []byte(payload + "!"), Timestamp: time.Unix(1000, 0)}, {Value: []byte(payload + "!"), Timestamp: time.Unix(1061, 0), Headers: act},
			{Value: []byte(payload), Timestamp: time.Unix(1062, 0), Headers: act},
		}, event.ActRecovered},
		{"it was sent again within the horizon", []kgo.Record{
			{Value: []byte(payload + "!"), Timestamp: time.Unix(1000, 0)}, {Value: []byte(payload), Timestamp: time.Unix(1060, 0)},
			{Value: []byte(payload), Timestamp: time.Unix(1060, 0), Headers: act},
		}, event.ActRecovered},
		{"it was sent again and accepted", []kgo.Record{
			{Value: []byte(payload + "!"), Timestamp: time.Unix(1000, 0)}, {Value: []byte(payload), Timestamp: time.Unix(1061, 0)},
			{Value: []byte(payload), Timestamp: time.Unix(1062, 0), Headers: act},
		}, event.ActDuplicate},
	} {
		t.Run(c.name, func(t *testing.T) {
			one := fussyTask(t)
			records := make([]*kgo.Record, len(c.sends))
			for i := range c.sends {
				k := c.sends[i]
				k.Offset = int64(i)
				if k.Headers == nil {
					k.Headers = []kgo.RecordHeader{meta}
				}
				records[i] = &k
			}
			if _, err := one.process(records); err != nil {
				t.Fatal(err)
			}
			accepted, last := 0, event.Undecided
			for _, b := range one.pending {
				for _, v := range b.Verdict {
					if v == event.Accepted {
						accepted++
					}
				}
				for _, a := range b.Acts {
					last = a.Outcome
				}
			}
			if last != c.want || accepted != 1 {
				t.Errorf("the redrive is %s, want %s; %d events are accepted, want 1", last, c.want, accepted)
			}
		})
	}
}
