package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/millrace/millrace/internal/store/record"
)

// ErrAuditing says that an audit is under way.
var ErrAuditing = errors.New("another audit is under way; try again when it is done")

// Audits runs one audit at a time and keeps the newest reports. It is safe for
// concurrent use.
type Audits struct {
	Auditor *Auditor
	Records record.Store

	running sync.Mutex
}

const (
	reports     = "audit_report"
	keptReports = 20
)

// Run audits, and keeps the report.
func (a *Audits) Run(ctx context.Context, s Scope, progress func(read, of int64)) (*Report, error) {
	if !a.running.TryLock() {
		return nil, ErrAuditing
	}
	defer a.running.Unlock()
	report, err := a.Auditor.Audit(ctx, s, progress)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(report)
	if err != nil {
		return nil, fmt.Errorf("cannot encode the audit's report: %w", err)
	}
	err = a.Records.Update(ctx, func(tx record.Tx) error {
		if _, err := tx.Put(reports, report.Began.Format("2006-01-02T15:04:05.000000000Z"), text); err != nil {
			return err
		}
		kept, err := tx.Scan(reports, record.Range{})
		for _, old := range kept[:max(0, len(kept)-keptReports)] {
			err = errors.Join(err, tx.Delete(reports, old.Key))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cannot keep the audit's report: %w", err)
	}
	return report, nil
}

// List returns the newest reports, newest first.
func (a *Audits) List(ctx context.Context) ([]Report, error) {
	var out []Report
	err := a.Records.View(ctx, func(r record.Reader) error {
		kept, err := r.Scan(reports, record.Range{})
		out = make([]Report, len(kept))
		for i, one := range kept {
			if err := json.Unmarshal(one.Value, &out[i]); err != nil {
				return fmt.Errorf("cannot read the audit's report of %s: %w", one.Key, err)
			}
		}
		return err
	})
	slices.Reverse(out)
	return out, err
}
