package pass

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/store/olap"
)

// history reads accepted events of the log again, beside the live tasks. Decoding,
// rules and enrichment are the present ones; which events were accepted, and which
// were late, is what the analytics store says: the ledger has counted them.
type history struct {
	p     *Pass
	tasks map[int32]*task // that decode; they judge nothing
	from  map[int32]int64 // where the call of read began
	to    map[int32]int64 // behind the newest record to read

	repairs  map[int32]*repairs
	asStored bool // recovered events are read at their act, where the store has them
}

// newHistory reads from positions on.
func (p *Pass) newHistory(from map[int32]int64) *history {
	h := &history{p: p, tasks: make(map[int32]*task), to: make(map[int32]int64), repairs: make(map[int32]*repairs)}
	for partition, at := range from {
		h.tasks[partition] = &task{
			partition: partition, read: at, env: p.env,
			byKey: make(map[sourceKey]*decoding), received: make(map[string]int64), acts: newActs(),
		}
		h.repairs[partition] = newRepairs(p.cfg.Topic, partition, maxAhead)
	}
	return h
}

// positions returns the offsets to read next.
func (h *history) positions() map[int32]int64 {
	all := make(map[int32]int64, len(h.tasks))
	for partition, t := range h.tasks {
		all[partition] = t.read
	}
	return all
}

// done reports whether a partition has been read up to where it was to be.
func (h *history) done(partition int32) bool { return h.tasks[partition].read >= h.to[partition] }

// left returns how many records are still to be read.
func (h *history) left() (n int64) {
	for partition, t := range h.tasks {
		n += max(0, h.to[partition]-t.read)
	}
	return n
}

// read calls visit with the events up to the offsets, in the order of each partition,
// which the store must have. The batch is the history's again when visit returns;
// its strings stay valid.
func (h *history) read(ctx context.Context, to map[int32]int64, visit func(*event.Batch) error) error {
	h.from, h.to = h.positions(), to
	if h.left() == 0 {
		return nil
	}
	consumer, err := eventlog.OpenConsumer(h.p.cfg.Topic, h.positions())
	if err != nil {
		return err
	}
	defer consumer.Close()
	for h.left() > 0 {
		var failed error
		err := consumer.Poll(ctx, func(partition int32, records []*kgo.Record) {
			if failed == nil {
				failed = h.process(ctx, partition, records, visit)
			}
		})
		if err != nil || failed != nil {
			return fmt.Errorf("cannot read the log's history: %w", cmp.Or(failed, err))
		}
	}
	return nil
}

func (h *history) process(ctx context.Context, partition int32, records []*kgo.Record, visit func(*event.Batch) error) error {
	t := h.tasks[partition]
	records = slices.DeleteFunc(records, func(k *kgo.Record) bool { return k.Offset >= h.to[partition] })
	for chunk := range slices.Chunk(records, batchEvents) {
		moved, err := h.find(ctx, partition, chunk[0].Offset, chunk[len(chunk)-1].Offset)
		if err != nil {
			return err
		}
		r := h.repairs[partition]
		r.to, r.window = h.to[partition], aheadOffsets
		if chunk, err = r.replace(ctx, chunk, moved.here); err != nil {
			return err
		}
		b, _, _, err := t.decodeAll(chunk)
		if err != nil {
			return err
		}
		if b == nil {
			continue
		}
		if err := h.judge(ctx, t, b, moved); err != nil {
			return err
		}
		t.reached = max(t.reached, b.Received[b.Len()-1])
		if err := visit(b); err != nil {
			return err
		}
		h.p.env.recycle(b)
	}
	if len(records) == 0 || t.read >= h.to[partition] {
		t.read = max(t.read, h.to[partition]) // the rest are ends of transactions
	}
	return nil
}

// judge gives events the verdicts that they have in the store.
func (h *history) judge(ctx context.Context, t *task, b *event.Batch, m moved) error {
	accepted, err := h.accepted(ctx, b)
	if err != nil {
		return err
	}
	for i, offset := range b.Offset {
		late, ok := accepted[offset]
		_, here := m.here[offset]
		switch {
		case here: // late by its place, see below
		case !ok, m.away[offset]:
			b.Verdict[i] = event.Duplicate // or whatever else jobs do not read
		case late:
			b.Marks[i] |= event.Late
		}
	}
	for _, d := range t.decodings {
		rows := t.applyRules(b, d)
		if len(rows) == 0 {
			continue
		}
		t.env.enrichAccepted(b, rows)
		behind := (t.env.disorder + d.lateness).Microseconds()
		for _, r := range rows {
			i := int(r)
			b.Verdict[i] = event.Accepted // whatever the present rules think of it
			if _, here := m.here[b.Offset[i]]; here && t.isLate(b, i, behind) {
				b.Marks[i] |= event.Late
			}
			t.observe(b, i, behind)
		}
	}
	return nil
}

// isLate reports whether an event is behind what its source has sent before it, as
// [task.watermark] does.
func (t *task) isLate(b *event.Batch, i int, behind int64) bool {
	newest := t.state.Newest[b.Source.Get(i)]
	return newest != 0 && b.Time[i] != 0 && b.Time[i] < newest-behind
}

// observe moves the source's newest event time on, as [task.watermark] does.
func (t *task) observe(b *event.Batch, i int, behind int64) {
	if t.state.Newest == nil {
		t.state.Newest = make(map[string]int64)
	}
	source := b.Source.Get(i)
	t.state.Newest[source] = t.newest(b, i, source, t.state.Newest[source], behind)
	t.received[source] = max(t.received[source], b.Received[i])
}

// accepted returns the offsets of a batch that were accepted, and which of them were
// late.
func (h *history) accepted(ctx context.Context, b *event.Batch) (map[int64]bool, error) {
	r, err := h.p.cfg.Store.Query(ctx, olap.Query{
		SQL:    `SELECT "offset", late FROM events WHERE partition = ? AND "offset" BETWEEN ? AND ?`,
		Args:   []any{b.Partition, b.Offset[0], b.Offset[b.Len()-1]},
		Limits: olap.Limits{Rows: b.Len() + 1, Bytes: 1 << 30},
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read which events were accepted: %w", err)
	}
	rows, err := r.All()
	if err != nil {
		return nil, fmt.Errorf("cannot read which events were accepted: %w", err)
	}
	accepted := make(map[int64]bool, len(rows))
	for _, row := range rows {
		offset, _ := row[0].(int64)
		late, _ := row[1].(bool)
		accepted[offset] = late
	}
	return accepted, nil
}
