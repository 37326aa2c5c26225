package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/record"
)

// Results name some of the rows that fail, with their values. When events are erased,
// their values go from results that were stored before.

// Forget removes what stored results quote of events, and of rows that do not say which
// event they are of. Results that a topic has already are not touched.
func (s *Service) Forget(ctx context.Context, events []olap.Coordinates) error {
	erased := make(map[olap.Coordinates]bool, len(events))
	for _, at := range events {
		erased[at] = true
	}
	err := s.history.forget(ctx, func(p *Place) bool {
		return p.Partition < 0 || erased[olap.Coordinates{Partition: p.Partition, Offset: p.Offset}]
	})
	if err != nil {
		return fmt.Errorf("cannot remove what results of checks quote of erased events: %w", err)
	}
	return nil
}

// forget removes the values of samples.
func (h *history) forget(ctx context.Context, erased func(*Place) bool) error {
	h.saving.Lock()
	defer h.saving.Unlock()
	err := h.records.Update(ctx, func(tx record.Tx) error {
		return errors.Join(forgetIn(tx, collectionResults, erased), forgetIn(tx, collectionOutbox, erased))
	})
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, newest := range h.newest {
		if r := *newest; r.forget(erased) { // who has the former one keeps it as it is
			h.newest[name] = &r
		}
	}
	return nil
}

func forgetIn(tx record.Tx, collection string, erased func(*Place) bool) error {
	all, err := tx.Scan(collection, record.Range{})
	if err != nil {
		return err
	}
	for _, one := range all {
		var r Result
		if err := json.Unmarshal(one.Value, &r); err != nil {
			return fmt.Errorf("the result %s of a check is damaged: %w", one.Key, err)
		}
		if !r.forget(erased) {
			continue
		}
		text, err := json.Marshal(&r)
		if err != nil {
			return err
		}
		if _, err := tx.Put(collection, one.Key, text); err != nil {
			return err
		}
	}
	return nil
}

// forget removes values of samples, and reports whether there were any.
func (r *Result) forget(erased func(*Place) bool) (changed bool) {
	samples := slices.Clone(r.Samples)
	for i := range samples {
		if p := &samples[i]; p.Value != "" && erased(p) {
			p.Value, changed = "", true
		}
	}
	r.Samples = samples
	return changed
}
