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
	"github.com/millrace/millrace/stream"
)

// task is the pass over one partition. Its worker's mutex guards it.
//
// Its positions, in their order: stored <= committed <= state.Position, and
// stored <= read <= state.Position once what was read before is refilled.
type task struct {
	partition int32
	state     checkpoint.Task // state.Position: next offset to judge
	read      int64           // next offset to read; below state.Position while refilling
	sealed    int64           // read, as of the newest commit
	committed int64           // state.Position, as of the newest durable commit
	stored    int64           // position that the stored rows reflect
	refill    *refill         // nil when nothing is to be refilled

	dedup    *fingerprint.Index
	ledger   ledger.Delta
	verdicts checkpoint.Verdicts
	acts     acts
	logged   []checkpoint.Span // entries of the verdict log that are not removed yet
	recent   ring

	meta    eventlog.MetaParser
	record  adapter.Record
	env     *environment
	last    *decoding // of the record before
	lastKey sourceKey
	byKey   map[sourceKey]*decoding
	// In the order in which they came up: batches must not depend on the order
	// of a map.
	decodings []*decoding
	received  map[string]int64 // receive time of the newest accepted record, by source
	leaps     map[string]*leap // steps of event time that are doubted, by source
	reached   int64            // receive time of the newest record
	moved     bool             // records came since the commit before
	moving    int              // answers of the log at the newest commit before which records came
	front     *stream.Front    // of the jobs; nil when there are none
	observers []Observer
	conflicts []int32 // scratch: rows of the batch at hand that contradict the dedup index
	suspended []int32 // scratch: rows of the batch at hand whose source is suspended

	pending []*event.Batch // judged or refilled, not sealed
	weight  load           // of pending
	fresh   bool           // some of pending is judged, not refilled
}

type sourceKey struct{ source, adapter string }

// decoding is what a task keeps per source and adapter.
type decoding struct {
	decoder   adapter.Decoder // nil when the adapter is not known
	contracts Rules           // nil when events are not checked against any
	rules     Rules
	versions  string
	lateness  time.Duration
	rows      []int32 // scratch: rows of the batch at hand
}

func (t *task) close() error { return t.dedup.Close() }

// process turns records into pending batches, and returns what they weigh.
// Records that were read before are skipped. Records below the checkpoint were
// judged by a former run, and only their rows are made again.
func (t *task) process(records []*kgo.Record) (load, error) {
	var total load
	for len(records) > 0 {
		chunk := records[:min(len(records), batchEvents)]
		if t.refill != nil {
			var err error
			if chunk, err = t.belowCheckpoint(chunk); err != nil {
				return total, err
			}
		}
		judged := t.refill == nil
		b, weight, n, err := t.decodeAll(chunk)
		if err != nil {
			return total, err
		}
		records = records[n:]
		if b == nil {
			continue
		}
		if judged {
			err = t.judge(b)
		} else {
			err = t.refillBatch(b)
		}
		if err != nil {
			return total, err
		}
		if judged {
			t.fresh = true
			t.feed(b)
		}
		t.recent.add(b)
		t.pending = append(t.pending, b)
		t.weight.add(weight)
		total.add(weight)
	}
	return total, nil
}

// feed gives the jobs what was judged.
func (t *task) feed(b *event.Batch) {
	t.reached, t.moved = max(t.reached, b.Received[b.Len()-1]), true
	for _, o := range t.observers {
		o.Observe(b)
	}
	if t.front != nil {
		t.front.Process(b)
	}
}

// decodeAll makes a batch of the first of some records, and returns how many that are:
// all of them, unless there are acts. It is nil when all of them were read before.
func (t *task) decodeAll(records []*kgo.Record) (b *event.Batch, weight load, n int, err error) {
	b = t.env.batch(len(records))
	b.Partition = t.partition
	t.acts.begin()
	for last := false; n < len(records) && !last; n++ {
		k := records[n]
		if k.Offset < t.read {
			continue
		}
		if header := eventlog.ActOf(k); header == nil {
			t.decode(b, k)
		} else {
			act := parseAct(header)
			if !t.joins(b, act) {
				break
			}
			if last, err = t.decodeAct(b, k, act); err != nil {
				return nil, weight, n, err
			}
		}
		t.read = k.Offset + 1
		weight.add(load{1, len(k.Value)})
	}
	if b.Len() == 0 {
		t.env.recycle(b)
		return nil, weight, n, nil
	}
	if n < len(records) {
		weight.add(load{rows: shortBatch})
	}
	return b, weight, n, nil
}

// shortBatch is what a batch that an act ended weighs besides its rows: batches of few
// rows take about the memory of so many.
const shortBatch = 16

// batchEvents bounds a batch, so that its columns stay in the processor's cache.
const batchEvents = 4096

// unknownSource names records that no door wrote.
const unknownSource = "unknown"

// ruleNoAdapter is what records of an adapter that is not configured break.
const ruleNoAdapter = "log.adapter"

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
			t.refuse(b, i, ruleNoAdapter, "adapter", fmt.Sprintf("no adapter %q in this configuration", r.Adapter))
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

// sealed is what one task brings to a commit.
type sealed struct {
	task     *task
	batches  []*event.Batch
	load     load
	position int64  // that the store reflects once it has the batches
	judged   *delta // nil when all of the batches are refilled: the checkpoint has them
}

// delta is what a task adds to the checkpoint: all that is to be durable at the
// same moment as its position.
type delta struct {
	state    checkpoint.Task
	dedup    fingerprint.Checkpoint
	ledger   ledger.Delta
	verdicts checkpoint.Verdicts
	held     map[int64]checkpoint.Held
	contents map[event.ID][]uint32
	claims   map[event.ID]checkpoint.Claim
	trim     []checkpoint.Span // entries of the verdict log whose rows are stored
}

// seal cuts what is pending.
func (t *task) seal() (sealed, error) {
	s := sealed{task: t, batches: t.pending, load: t.weight, position: t.read}
	if t.fresh {
		cp, err := t.dedup.Checkpoint()
		if err != nil {
			return s, fmt.Errorf("cannot cut the dedup index of partition %d: %w", t.partition, err)
		}
		t.acts.cut()
		s.judged = &delta{
			held: t.acts.sealing, contents: t.acts.sealed, claims: t.acts.claiming,
			state: t.state.Clone(), dedup: cp, ledger: t.ledger, verdicts: t.verdicts.Cut(), trim: t.trim(),
		}
		t.logged = append(t.logged, s.judged.verdicts.Span())
		t.ledger = ledger.Delta{}
	}
	t.pending, t.weight, t.fresh, t.sealed = nil, load{}, false, t.read
	return s, nil
}

// trim forgets the entries of the verdict log that are not needed any more.
func (t *task) trim() []checkpoint.Span {
	n := 0
	for n < len(t.logged) && t.logged[n].To <= t.stored {
		n++
	}
	done := t.logged[:n:n]
	t.logged = t.logged[n:]
	return done
}
