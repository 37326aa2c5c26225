package pass

import (
	"fmt"
	"log/slog"
	"slices"
	"sort"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/pass/checkpoint"
)

// refill makes the rows of records again that a former run has judged and
// committed, and not stored. Decoding, rules and enrichment are functions of the
// record; verdict and marks come from the verdict log, since dedup index,
// watermarks and ledger have the records already.
type refill struct {
	log    *checkpoint.VerdictLog
	end    int64 // the checkpoint
	judged []checkpoint.Judged
	logger *slog.Logger
	other  int64 // rows that other versions of adapter, rules or enrichment made
}

// ruleNotAny names why an event stays quarantined when the present rules find
// nothing wrong with it.
const ruleNotAny = "refill.versions"

// belowCheckpoint returns the first of the records that are all to be refilled;
// or all, when the refill is done.
func (t *task) belowCheckpoint(records []*kgo.Record) ([]*kgo.Record, error) {
	n := sort.Search(len(records), func(i int) bool { return records[i].Offset >= t.refill.end })
	if n > 0 && t.read < t.refill.end {
		return records[:n], nil
	}
	if err := t.refill.log.End(records[0].Offset); err != nil {
		return nil, err
	}
	t.read = max(t.read, t.refill.end)
	t.endRefill()
	return records, nil
}

func (t *task) endRefill() {
	if n := t.refill.other; n > 0 {
		t.refill.logger.Warn("rows of events that were judged before a restart were made by other versions of adapter, rules or enrichment; their verdicts were kept",
			"partition", t.partition, "events", n)
	}
	t.refill = nil
}

// refillBatch completes a decoded batch as it was before.
func (t *task) refillBatch(b *event.Batch) error {
	if err := t.recall(b); err != nil {
		return err
	}
	quarantineBroken(b)
	for _, d := range t.decodings {
		rows := t.applyRules(b, d)
		t.missed(b, rows)
		rows = slices.DeleteFunc(rows, func(i int32) bool { return t.refill.judged[i].Verdict != event.Accepted })
		if len(rows) > 0 {
			t.env.enrichAccepted(b, rows)
		}
	}
	if err := t.restore(b); err != nil {
		return err
	}
	if t.read == t.refill.end {
		if err := t.refill.log.End(t.read); err != nil {
			return err
		}
		t.endRefill()
	}
	return nil
}

// missed finds what enrichment missed of the events that were quarantined, or sent again
// in vain, though the adapter and the rules find nothing wrong with them.
func (t *task) missed(b *event.Batch, rows []int32) {
	var without []int32
	for _, i := range rows {
		j := &t.refill.judged[i]
		if (j.Verdict == event.Quarantined || j.Outcome == event.ActRequarantined) && b.Verdict[i] == event.Pending {
			without = append(without, i)
		}
	}
	if len(without) > 0 {
		t.env.enrich.Apply(b, without)
		quarantineBroken(b)
	}
}

// recall reads what became of the batch's records, and gives verdicts to those
// that had one before their source's rules ran.
func (t *task) recall(b *event.Batch) error {
	r := t.refill
	r.judged, t.suspended = r.judged[:0], t.suspended[:0]
	acts := b.Acts
	for i, offset := range b.Offset {
		j, err := r.log.Take(offset)
		if err != nil {
			return err
		}
		r.judged = append(r.judged, j)
		if len(acts) > 0 && int(acts[0].Event) == i {
			recallAct(&acts[0], &j)
			acts = acts[1:]
		}
		switch {
		case j.Conflict:
			conflict(b, i)
		case j.Suspended:
			t.suspended = append(t.suspended, int32(i))
		case j.Verdict == event.Duplicate, j.Verdict == event.Acted && j.Outcome != event.ActRequarantined:
			b.Verdict[i] = j.Verdict
		}
	}
	suspend(b, t.suspended)
	return nil
}

// recallAct gives an act the outcome that it had.
func recallAct(a *event.Act, j *checkpoint.Judged) {
	if a.Outcome == event.Undecided {
		a.Outcome = j.Outcome
		a.Message = j.Outcome.Reason()
	}
	if j.Verdict == event.Accepted {
		a.Outcome = event.ActRecovered
	}
}

// restore gives every event its verdict and marks of then, whatever the present
// adapter and rules think of it: the ledger has counted them.
func (t *task) restore(b *event.Batch) error {
	r := t.refill
	for _, p := range b.Problems {
		if j := &r.judged[p.Event]; p.Rule == ruleNoAdapter && j.Verdict == event.Accepted {
			return fmt.Errorf("cannot make the rows of partition %d offset %d, which was accepted by %q and is not stored yet: %s; configure it again until its rows are stored",
				t.partition, b.Offset[p.Event], j.Versions, p.Message)
		}
	}
	for i := range r.judged {
		j := &r.judged[i]
		found := b.Verdict[i]
		b.Verdict[i], b.Marks[i] = j.Verdict, j.Marks
		if now := b.Versions.Get(i); now != j.Versions {
			r.other++
			b.Versions.Set(i, j.Versions+" refilled-by "+now)
		}
		broken := j.Verdict == event.Quarantined || j.Outcome == event.ActRequarantined
		if broken && found != event.Quarantined {
			b.AddProblem(i, event.Business, ruleNotAny, "", "",
				fmt.Sprintf("quarantined by %s; present rules find nothing wrong with it", j.Versions))
		}
	}
	return nil
}
