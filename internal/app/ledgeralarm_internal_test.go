package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/reconcile"
)

func TestLedgerAlarm(t *testing.T) {
	var said []string
	var fail error
	a := &ledgerAlarm{log: slog.New(slog.DiscardHandler), raise: func(_ context.Context, s alert.Signal) error {
		if fail == nil {
			said = append(said, fmt.Sprintf("%s %v", s.Name, s.Firing))
		}
		return fail
	}}
	want := func(t *testing.T, signals ...string) {
		t.Helper()
		if strings.Join(said, "; ") != strings.Join(signals, "; ") {
			t.Errorf("it said %q, want %q", said, signals)
		}
		said = nil
	}
	short := []reconcile.Imbalance{{Source: "web", At: time.Unix(60, 0), Detail: "2 received, 1 with a verdict"}}
	look := func(found []reconcile.Imbalance) { a.balanced(t.Context(), found) }
	look(nil) // an incident of the process before ends
	look(nil)
	want(t, "ledger.balance false")
	look(short)
	look(short)
	want(t, "ledger.balance true")
	fail = errors.New("disk full")
	look(nil)
	fail = nil
	look(nil) // again, since nobody has heard it
	want(t, "ledger.balance false")

	all, web := reconcile.Scope{}, reconcile.Scope{Source: "web"}
	audit := func(s reconcile.Scope, findings ...reconcile.Finding) {
		a.audited(t.Context(), &reconcile.Report{Scope: s, Findings: findings, Found: int64(len(findings))})
	}
	doubled := reconcile.Finding{Kind: reconcile.Doubled, Table: "events"}
	audit(web) // says nothing about what an audit of everything found before
	want(t)
	audit(web, doubled)
	audit(reconcile.Scope{Source: "till"})
	want(t, "ledger.audit true")
	audit(web)
	want(t, "ledger.audit false")
	audit(web, doubled)
	audit(all)
	want(t, "ledger.audit true", "ledger.audit false")
}
