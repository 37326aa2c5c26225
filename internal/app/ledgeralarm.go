package app

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/reconcile"
)

// ledgerAlarm escalates what does not add up. What has not changed is said once.
type ledgerAlarm struct {
	raise func(context.Context, alert.Signal) error
	log   *slog.Logger

	mu      sync.Mutex
	balance *string          // what was said of the balance; nil: nothing yet
	failed  *reconcile.Scope // of the newest audit that found something
}

// saidRows bounds the rows that a message names.
const saidRows = 10

// balanced takes the outcome of a look at the ledger.
func (a *ledgerAlarm) balanced(ctx context.Context, found []reconcile.Imbalance) {
	var b strings.Builder
	for i, f := range found {
		if i == saidRows {
			fmt.Fprintf(&b, "and %d more\n", len(found)-i)
			break
		}
		when := "since the beginning"
		if !f.At.IsZero() {
			when = "at " + f.At.UTC().Format("2006-01-02 15:04")
		}
		fmt.Fprintf(&b, "%s, %s: %s\n", f.Source, when, f.Detail)
	}
	text := b.String()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.balance != nil && *a.balance == text {
		return
	}
	if a.tell(ctx, alert.Signal{
		Name: "ledger.balance", Key: "ledger", Severity: alert.Critical, Firing: len(found) > 0, Link: "/ledger", Text: text,
		Title: fmt.Sprintf("The ledger does not balance: %d rows", len(found)),
	}) {
		a.balance = &text
	}
}

// audited takes the report of an audit. A clean one ends the alarm of an audit of the same
// scope, and one of everything that of any.
func (a *ledgerAlarm) audited(ctx context.Context, r *reconcile.Report) {
	a.mu.Lock()
	defer a.mu.Unlock()
	everything := r.Scope == reconcile.Scope{}
	if r.OK() && !everything && (a.failed == nil || *a.failed != r.Scope) {
		return
	}
	var b strings.Builder
	for _, f := range r.Findings[:min(saidRows, len(r.Findings))] {
		fmt.Fprintf(&b, "%s %s %d/%d: %s\n", f.Kind, f.Table, f.Partition, f.Offset, f.Detail)
	}
	if !a.tell(ctx, alert.Signal{
		Name: "ledger.audit", Key: "audit", Severity: alert.Error, Firing: !r.OK(), Link: "/ledger?tab=audit", Text: b.String(),
		Title: fmt.Sprintf("An audit of log, stores and ledger has %d findings", r.Found),
	}) {
		return
	}
	a.failed = nil
	if !r.OK() {
		scope := r.Scope
		a.failed = &scope
	}
}

func (a *ledgerAlarm) tell(ctx context.Context, s alert.Signal) bool {
	err := a.raise(ctx, s)
	if err != nil && ctx.Err() == nil {
		a.log.Warn("what does not add up cannot be escalated", "signal", s.Name, "error", err)
	}
	return err == nil
}
