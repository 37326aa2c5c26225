package pass

import (
	"slices"

	"github.com/millrace/millrace/event"
)

// ruleSuspended is what events of a suspended source break.
const ruleSuspended = "source.suspended"

// keepOut quarantines the events of suspended sources, but for the samples of those
// that are probed. What was received before is a duplicate all the same: else it would
// be two events once it is redriven.
func (t *task) keepOut(b *event.Batch) {
	t.suspended = t.suspended[:0]
	if len(t.state.Sources) == 0 {
		return
	}
	for i := range b.Len() {
		if b.Verdict[i] != event.Pending || b.Marks[i].Has(event.Recovered) {
			continue
		}
		name := b.Source.Get(i)
		s, ok := t.state.Sources[name]
		if !ok {
			continue
		}
		s.Seen++
		t.state.Sources[name] = s
		if s.Sample == 0 || s.Seen%s.Sample != 0 {
			t.suspended = append(t.suspended, int32(i))
		}
	}
	suspend(b, t.suspended)
}

// suspend quarantines rows of suspended sources. This is the first thing wrong with
// them, whatever else is.
func suspend(b *event.Batch, rows []int32) {
	if len(rows) == 0 {
		return
	}
	others := slices.Clone(b.Problems)
	b.Problems = b.Problems[:0]
	for _, i := range rows {
		b.Verdict[i] = event.Quarantined
		b.AddProblem(int(i), event.Business, ruleSuspended, "source", b.Source.Get(int(i)),
			"the source is suspended; its events are kept for redrive")
	}
	b.Problems = append(b.Problems, others...)
}
