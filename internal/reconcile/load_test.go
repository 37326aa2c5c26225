package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/reconcile"
)

// Audits run one after the other while events arrive and quarantined ones are decided
// about: none of them finds anything.
func TestAuditUnderLoad(t *testing.T) {
	w := newWorld(t)
	auditor := w.auditor()
	ctx, cancel := context.WithCancel(t.Context())
	audited, failed := make(chan int), make(chan error, 1)
	go func() {
		n, records := 0, int64(0)
		for ctx.Err() == nil {
			r, err := auditor.Audit(ctx, reconcile.Scope{}, func(int64, int64) {})
			switch {
			case errors.Is(err, context.Canceled):
			case err == nil && !r.OK():
				err = fmt.Errorf("of %d records it found:\n%s", r.Records, findings(r))
			case err == nil && r.Records < records:
				err = fmt.Errorf("it read %d records, and %d before", r.Records, records)
			}
			if err != nil && ctx.Err() == nil {
				failed <- err
				break
			}
			if err == nil {
				n, records = n+1, r.Records
			}
		}
		audited <- n
	}()
	for i := range 30 {
		id := func(kind string) string { return fmt.Sprintf("%s%d", kind, i) }
		w.send(id("good")+" c1 2026-01-01T10:00:00Z 1.50 xx x", id("heal")+" c2 2026-01-01T10:00:00Z 1,50 xx", id("waive")+" c3 2026-01-01T10:00:00Z 2,50 x")
		w.act(event.Redrive, repaired, id("heal"))
		w.act(event.Waive, nil, id("waive"))
		if i%2 == 0 {
			w.act(event.Reopen, nil, id("waive"))
		}
	}
	cancel()
	if n := <-audited; n < 2 {
		t.Errorf("%d audits ended meanwhile", n)
	}
	select {
	case err := <-failed:
		t.Error(err)
	default:
	}
	if r := w.audit(reconcile.Scope{}); !r.OK() || r.Records != 30*5+15 {
		t.Errorf("at the end, of %d records:\n%s", r.Records, findings(r))
	}
}
