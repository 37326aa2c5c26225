package pass

import (
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/pass/checkpoint"
)

const microsPerSecond = 1_000_000

// judge gives each event of a batch its verdict, in this order: refused at the
// door, delivered before, of a suspended source, broken (the adapter's problems, then
// the rules'), late. Acts get their outcome.
func (t *task) judge(b *event.Batch) error {
	from := t.state.Position
	t.state.Position = t.read
	t.state.Received += int64(b.Len() - len(b.Acts))
	t.receive(b)
	if err := t.admit(b); err != nil {
		return err
	}
	if err := t.findDuplicates(b); err != nil {
		return err
	}
	t.keepOut(b)
	quarantineBroken(b)
	for _, d := range t.decodings {
		t.judgeSource(b, d)
	}
	if err := t.settle(b); err != nil {
		return err
	}
	t.count(b)
	t.verdicts.Add(b, from, checkpoint.Why{Conflicts: t.conflicts, Suspended: t.suspended})
	return nil
}

// receive counts what left the log. Acts are not received.
func (t *task) receive(b *event.Batch) {
	acts := b.Acts
	for i := range b.Len() {
		if len(acts) > 0 && int(acts[0].Event) == i {
			acts = acts[1:]
			continue
		}
		t.ledger.Receive(b.Source.Get(i), b.Received[i], b.Time[i])
	}
}

// count counts the verdicts of events, and keeps what was quarantined.
func (t *task) count(b *event.Batch) {
	acts, conflicts := b.Acts, t.conflicts
	for i := range b.Len() {
		contradicts := len(conflicts) > 0 && int(conflicts[0]) == i
		if contradicts {
			conflicts = conflicts[1:]
		}
		if len(acts) > 0 && int(acts[0].Event) == i {
			acts = acts[1:]
			continue
		}
		t.ledger.Judge(b.Source.Get(i), b.Received[i], b.Time[i], b.Verdict[i], b.Marks[i])
		if b.Verdict[i] == event.Quarantined {
			t.hold(b, i, contradicts)
		}
	}
}

// quarantineBroken gives the events with a problem their verdict.
func quarantineBroken(b *event.Batch) {
	for _, p := range b.Problems {
		if b.Verdict[p.Event] == event.Pending {
			b.Verdict[p.Event] = event.Quarantined
		}
	}
}

// findDuplicates asks the dedup index about every event. All of them are entered,
// whatever their later verdict: a broken event that is sent again is one event.
func (t *task) findDuplicates(b *event.Batch) error {
	t.conflicts = t.conflicts[:0]
	redriven := t.acts.redriven
	for i := range b.Len() {
		if b.Verdict[i] != event.Pending {
			continue
		}
		if len(redriven) > 0 && int(b.Acts[redriven[0]].Event) == i {
			if err := t.findRedriven(b, redriven[0]); err != nil {
				return err
			}
			redriven = redriven[1:]
			continue
		}
		prior, dup := t.dedup.Observe([16]byte(b.ID[i]), b.Received[i]/microsPerSecond, b.Check[i])
		if !dup {
			continue
		}
		if contradict(prior.Check, b.Check[i]) {
			same, err := t.hasContent(b.ID[i], b.Check[i])
			if err != nil {
				return err
			}
			if !same {
				t.conflict(b, i)
				continue
			}
		}
		b.Verdict[i] = event.Duplicate
	}
	return nil
}

// contradict reports whether two digests are of different contents.
func contradict(a, b uint32) bool { return a != b && a != 0 && b != 0 }

// conflict quarantines an event that contradicts the dedup index.
func (t *task) conflict(b *event.Batch, i int) {
	conflict(b, i)
	t.conflicts = append(t.conflicts, int32(i))
}

func conflict(b *event.Batch, i int) {
	b.Verdict[i] = event.Quarantined
	b.AddProblem(i, event.DuplicateConflict, "dedup.conflict", "id", "",
		"an event with this identity and other content was received before")
}

// judgeSource applies the source's rules and the enrichment to its rows that
// still have no verdict.
func (t *task) judgeSource(b *event.Batch, d *decoding) {
	rows := keep(b, t.applyRules(b, d), event.Pending, event.Pending)
	if len(rows) == 0 {
		return
	}
	known := len(b.Problems)
	t.env.enrich.Apply(b, rows)
	if len(b.Problems) > known {
		quarantineBroken(b)
		if rows = keep(b, rows, event.Pending, event.Pending); len(rows) == 0 {
			return
		}
	}
	t.watermark(b, d, rows)
	for _, i := range rows {
		b.Verdict[i] = event.Accepted
	}
}

// applyRules checks the source's rows that have no verdict yet against their contracts,
// as they were sent, then applies its rules to them, and to broken ones, so that
// everything wrong with them shows. It returns them all.
func (t *task) applyRules(b *event.Batch, d *decoding) []int32 {
	rows := keep(b, d.rows, event.Pending, event.Quarantined)
	d.rows = d.rows[:0]
	if d.contracts != nil && len(rows) > 0 {
		d.contracts.Apply(b, rows)
	}
	if d.rules != nil && len(rows) > 0 {
		d.rules.Apply(b, rows)
	}
	return rows
}

// keep returns the rows that have one of two verdicts, in place.
func keep(b *event.Batch, rows []int32, one, other event.Verdict) []int32 {
	kept := rows[:0]
	for _, i := range rows {
		if v := b.Verdict[i]; v == one || v == other {
			kept = append(kept, i)
		}
	}
	return kept
}

// watermark marks events that are further behind their source's watermark than
// is allowed, and moves the watermark on. The watermark of a source in a
// partition is its newest event time less the disorder that is usual. A sender
// whose clock runs ahead does not move it: see [task.newest].
func (t *task) watermark(b *event.Batch, d *decoding, rows []int32) {
	source := b.Source.Get(int(rows[0]))
	newest := t.state.Newest[source]
	behind := (t.env.disorder + d.lateness).Microseconds()
	for _, i := range rows {
		at := b.Time[i]
		if at == 0 {
			continue
		}
		if newest != 0 && at < newest-behind {
			b.Marks[i] |= event.Late
		}
		newest = t.newest(b, int(i), source, newest, behind)
	}
	t.state.Newest[source] = newest
	t.received[source] = max(t.received[source], b.Received[b.Len()-1])
}
