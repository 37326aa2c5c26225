package quarantine

import (
	"context"
	"fmt"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/record"
)

// Tables hide by themselves what was purged (ADR 70). Runs keep some messages of the
// pass and of patches, which may quote payloads; those are removed here.

const purgedReason = "the event was purged"

// forgetPurged removes what runs quote of the events that this run has purged. It comes
// before the run is saved, so that it is done again when the process is killed.
func (w *worker) forgetPurged(ctx context.Context, outcomes map[Coordinates]outcome) error {
	if w.run.Kind != event.Purge || len(outcomes) == 0 {
		return nil
	}
	rows, err := w.query(ctx, &conditions{args: []any{w.run.ID}}, `SELECT DISTINCT a.run FROM quarantine_acts a
JOIN quarantine_acts p ON p.original_partition = a.original_partition AND p.original_offset = a.original_offset
WHERE p.run = ? AND p.outcome = 'purged' AND a.outcome = 'requarantined'`)
	if err != nil {
		return err
	}
	quoting := make(map[string]bool, len(rows))
	for _, r := range rows {
		quoting[r.text(0)] = true
	}
	err = w.cfg.Records.Update(ctx, func(tx record.Tx) error {
		all, err := tx.Scan(runCollection, record.Range{})
		if err != nil {
			return err
		}
		for _, r := range all {
			run, err := decodeRun(r)
			if err != nil {
				return err
			}
			if run.forget(outcomes, quoting[run.ID]) {
				if err := putRun(tx, run); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("cannot remove what runs quote of purged events: %w", err)
	}
	return nil
}

// forget removes what the run quotes of events that were purged, and reports whether
// there was something.
func (r *HeldRun) forget(outcomes map[Coordinates]outcome, quotes bool) (changed bool) {
	for i := range r.Failures {
		f := &r.Failures[i]
		at, err := ParseCoordinates(f.Item)
		if err == nil && outcomes[at].what == event.ActPurged.String() && f.Reason != purgedReason {
			f.Reason, changed = purgedReason, true
		}
	}
	for i := range r.Broken {
		if b := &r.Broken[i]; quotes && b.Message != "" {
			b.Message, changed = "", true // whose it is was not kept
		}
	}
	return changed
}
