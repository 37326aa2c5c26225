package quarantine

import (
	"context"
	"maps"
	"slices"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
)

// step is what can be done at once of a batch.
type step struct {
	acts     []eventlog.ActEntry
	prepared []prepared    // that are redriven
	failures []HeldFailure // events that cannot be tried
	later    []HeldItem    // events whose turn comes when the outcomes are known
}

// undone leaves out what has its act of this run.
func (w *worker) undone(items []HeldItem) []HeldItem {
	left := items[:0:0]
	for _, item := range items {
		if _, done := w.done[item.Coordinates()]; !done {
			left = append(left, item)
		}
	}
	return left
}

// prepareStep makes the acts about the items that can be done at once.
func (w *worker) prepareStep(ctx context.Context, left []HeldItem, edits edits) (s step, err error) {
	if w.run.Kind != event.Redrive {
		for i := range left {
			s.acts = append(s.acts, w.act(&left[i], adapter.Record{Source: left[i].Source, Stream: left[i].Stream, Line: left[i].Line}))
		}
		return s, nil
	}
	all, err := w.prepare(ctx, left, w.change(edits), maps.Clone(w.taken))
	if err != nil {
		return s, err
	}
	s.prepared, s.later = together(all)
	w.redrives(&s)
	return s, nil
}

// together puts events off that have the identity of one before them in another
// partition: whether that is accepted must be known before they are sent.
func together(all []prepared) (now []prepared, later []HeldItem) {
	partitions := make(map[event.ID]int32, len(all))
	for i := range all {
		p := &all[i]
		if first, known := partitions[p.id]; known && first != p.item.Partition && p.err == nil {
			later = append(later, *p.item)
			continue
		}
		if p.err == nil {
			partitions[p.id] = p.item.Partition
		}
		now = append(now, *p)
	}
	return now, later
}

// redrives makes the acts of prepared events, behind those by which their partitions
// learn of identities.
func (w *worker) redrives(s *step) {
	var acts []eventlog.ActEntry
	for i := range s.prepared {
		p := &s.prepared[i]
		switch {
		case p.err == nil:
			acts = append(acts, w.act(p.item, p.record))
		case w.run.Automatic:
			acts = append(acts, w.giveUp(p))
		default:
			s.failures = append(s.failures, HeldFailure{p.item.Coordinates().String(), p.err.Error()})
			continue
		}
		for _, id := range p.elsewhere {
			s.acts = append(s.acts, entering(id, p.item.Partition, &p.record,
				eventlog.Act{Run: w.run.ID, By: w.run.By, Reason: "accepted in another partition"}))
		}
	}
	s.acts = append(s.acts, acts...)
}

// carryOut writes the acts of a step, and does what follows from their outcomes. It
// returns those of all items of the batch.
func (w *worker) carryOut(ctx context.Context, items []HeldItem, step *step) (map[Coordinates]outcome, error) {
	acts, refused, err := w.append(ctx, step.acts)
	if err != nil {
		return nil, err
	}
	outcomes, err := w.await(ctx, items, acts)
	if err != nil {
		return nil, err
	}
	step.failures = slices.Concat(step.failures, refused, handedOver(acts, outcomes))
	if err := w.forgetPurged(ctx, outcomes); err != nil {
		return nil, err
	}
	for i := range step.prepared {
		p := &step.prepared[i]
		if outcomes[p.item.Coordinates()].what == event.ActDuplicate.String() && len(w.taken) < maxTaken {
			w.taken[p.id] = append(w.taken[p.id], p.place())
		}
	}
	return outcomes, w.enterRecovered(ctx)
}
