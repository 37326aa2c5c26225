package pass

import (
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/fingerprint"
	"github.com/millrace/millrace/internal/ledger"
	"github.com/millrace/millrace/internal/pass/checkpoint"
)

// task is the pass over one partition. Its worker's mutex guards it.
type task struct {
	partition int32
	state     checkpoint.Task
	committed int64 // position of the newest durable commit
	dedup     *fingerprint.Index
	ledger    ledger.Delta
	recent    ring

	meta    eventlog.MetaParser
	record  adapter.Record
	env     *environment
	last    *decoding // of the record before
	lastKey sourceKey
	byKey   map[sourceKey]*decoding
	// In the order in which they came up: batches must not depend on the order
	// of a map.
	decodings []*decoding

	pending []*event.Batch // judged, not sealed
}

type sourceKey struct{ source, adapter string }

// decoding is what a task keeps per source and adapter.
type decoding struct {
	decoder  adapter.Decoder // nil when the adapter is not known
	rules    Rules
	versions string
	lateness time.Duration
	rows     []int32 // scratch: rows of the batch at hand
}

func (t *task) close() error { return t.dedup.Close() }

// process judges records and appends them to the pending batches. It returns the
// number of events. Records that were read before are skipped.
func (t *task) process(records []*kgo.Record) int {
	n := 0
	for len(records) > 0 {
		chunk := records[:min(len(records), batchEvents)]
		records = records[len(chunk):]
		b := t.env.batches.Get().(*event.Batch)
		b.Partition = t.partition
		for _, k := range chunk {
			if k.Offset >= t.state.Position {
				t.decode(b, k)
				t.state.Position = k.Offset + 1
			}
		}
		if b.Len() == 0 {
			t.env.batches.Put(b)
			continue
		}
		t.state.Received += int64(b.Len())
		t.judge(b)
		t.pending = append(t.pending, b)
		n += b.Len()
	}
	return n
}

// batchEvents bounds a batch, so that its columns stay in the processor's cache.
const batchEvents = 4096

// unknownSource names records that no door wrote.
const unknownSource = "unknown"

func (t *task) decode(b *event.Batch, k *kgo.Record) {
	r := &t.record
	err := t.meta.Record(k, r)
	i := b.Add(k.Offset, r.Received, r.Line, r.Payload)
	switch {
	case err != nil:
		b.Source.Set(i, unknownSource)
		t.refuse(b, i, "log.metadata", "record", err.Error())
	case r.Reject != "":
		b.Source.Set(i, r.Source)
		b.Stream.Set(i, r.Stream)
		b.ID[i] = event.NewID(r.Source, k.Value)
		b.Verdict[i] = event.Rejected
		b.AddProblem(i, event.Undecodable, r.Reject, "", "", r.Reject)
	default:
		d := t.decoding(sourceKey{r.Source, r.Adapter})
		b.Source.Set(i, r.Source)
		b.Stream.Set(i, r.Stream)
		b.Versions.Set(i, d.versions)
		if d.decoder == nil {
			t.refuse(b, i, "log.adapter", "adapter", fmt.Sprintf("no adapter %q in this configuration", r.Adapter))
			return
		}
		d.decoder.Decode(b, i, r)
		d.rows = append(d.rows, int32(i))
	}
}

// refuse quarantines an event whose payload nobody could read. It is identified
// by its bytes.
func (t *task) refuse(b *event.Batch, i int, rule, field, message string) {
	b.ID[i] = event.NewID(b.Source.Get(i), b.Payload[i])
	b.AddProblem(i, event.Undecodable, rule, field, "", message)
}

func (t *task) decoding(key sourceKey) *decoding {
	if t.last != nil && key == t.lastKey {
		return t.last
	}
	d, ok := t.byKey[key]
	if !ok {
		d = t.env.decoding(key)
		t.byKey[key] = d
		t.decodings = append(t.decodings, d)
	}
	t.last, t.lastKey = d, key
	return d
}
