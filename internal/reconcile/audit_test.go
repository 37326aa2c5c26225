package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/reconcile"
)

// year is what the shop of these tests sells: 60 orders of one to three lines, some
// sent twice, broken or refused, some with a product that was only looked at.
func year() []string {
	var lines []string
	for i := range 60 {
		line := fmt.Sprintf("o%d c%d 2026-01-%02dT10:00:00Z %d.50%s", i, i%7, i%28+1, i+1, strings.Repeat(" xx", i%3+1))
		switch {
		case i%20 == 4:
			line += " ??"
		case i%20 == 3:
			line = strings.Replace(line, ".50", ",50", 1) // broken
		case i%20 == 7:
			line = "refused " + line
		case i%20 == 9:
			line = strings.Replace(line, fmt.Sprintf(" c%d ", i%7), " guest ", 1)
		}
		lines = append(lines, line)
		if i%20 == 5 {
			lines = append(lines, line) // again
		}
	}
	return lines
}

func TestAuditFindsNothing(t *testing.T) {
	w := newWorld(t)
	w.send(year()...)
	r := w.audit(reconcile.Scope{})
	if !r.OK() {
		t.Errorf("an untouched platform has findings:\n%s", findings(r))
	}
	if r.Records != 63 || r.Compared != 54 || r.Rows["events"] != 54 || r.Rows["quarantine"] != 3 || r.Rows["duplicates"] != 3 || r.Rows["rejections"] != 3 || r.Rows["corrections"] != 3 {
		t.Errorf("it compared %+v", r)
	}
	for _, s := range []reconcile.Scope{{Source: "shop"}, {From: time.Now().Add(-time.Hour)}, {To: time.Now().Add(time.Hour), Source: "shop"}} {
		if r := w.audit(s); !r.OK() || r.Records != 63 {
			t.Errorf("of %+v it read %d records and found:\n%s", s, r.Records, findings(r))
		}
	}
	for _, s := range []reconcile.Scope{{Source: "other"}, {From: time.Now().Add(time.Hour)}, {To: time.Now().Add(-time.Hour)}} {
		if r := w.audit(s); !r.OK() || r.Records != 0 {
			t.Errorf("of %+v it read %d records and found:\n%s", s, r.Records, findings(r))
		}
	}
}

// Decisions about quarantined events are part of what is recounted.
func TestAuditWithActs(t *testing.T) {
	w := newWorld(t)
	w.send(year()...)
	w.act(event.Redrive, repaired, "o3", "o23")
	w.act(event.Redrive, repaired, "o3") // void
	w.act(event.Waive, nil, "o43")
	w.act(event.Reopen, nil, "o43")
	w.act(event.Redrive, strings.ToUpper, "o43") // in vain
	w.act(event.Bury, nil, "o43")
	r := w.audit(reconcile.Scope{})
	if !r.OK() {
		t.Errorf("findings:\n%s", findings(r))
	}
	if r.Acts != 7 || r.Rows["quarantine_acts"] != 7 || r.Rows["events"] != 56 {
		t.Errorf("it compared %+v", r)
	}
}

// The tables in which the rows of orders, with their events, of other products, and of quarantined
// events rest.
const fact, viewed, quarantine = `_millrace.fact_order`, `_millrace.fact`, `_millrace.quarantine_rows`

// byHand is a statement that changes the tables, and what an audit finds then.
type byHand struct {
	statement string
	want      []string // parts of findings, one each
}

func of(order string) string { return fmt.Sprintf("order_id = '%s'", order) }

var changesByHand = map[string]byHand{
	"an event deleted": {
		"DELETE FROM FACT WHERE " + of("o0"),
		[]string{"missing events: no table has a row", "disagree ledger:"},
	},
	"an event doubled": {
		"INSERT INTO FACT SELECT * FROM FACT WHERE " + of("o0"),
		[]string{"doubled events: 2 rows in events, one is right", "disagree ledger:"},
	},
	"an order line deleted": {
		"DELETE FROM FACT WHERE " + of("o1") + " AND line_no = 2",
		[]string{"missing order_lines: 1 order lines, the record makes 2"},
	},
	"an order line doubled": {
		"INSERT INTO FACT SELECT * FROM FACT WHERE " + of("o1") + " AND line_no = 2",
		[]string{"doubled order_lines: 3 order lines, the record makes 2"},
	},
	"an amount changed": {
		"UPDATE FACT SET item_amount = item_amount + 1 WHERE " + of("o2") + " AND line_no = 1",
		[]string{"differs order_lines: 6 pieces worth 22.000, the record makes 6 worth 21.000"},
	},
	"a viewed product deleted": {
		"DELETE FROM VIEWED WHERE " + of("o4") + " AND line_no = -3",
		[]string{"missing product_events: 0 products, the record makes 1"},
	},
	"a viewed product made an order line": {
		"INSERT INTO FACT BY NAME SELECT * REPLACE (3 AS line_no) FROM VIEWED WHERE " + of("o4") + " AND line_no = -3; DELETE FROM VIEWED WHERE " + of("o4") + " AND line_no = -3",
		[]string{"doubled order_lines: 3 order lines, the record makes 2", "missing product_events: 0 products"},
	},
	"a quarantined event deleted": {
		"DELETE FROM QUARANTINE WHERE " + of("o3"),
		[]string{"missing events: no table", "disagree ledger:"},
	},
	"a quarantined event doubled": {
		"INSERT INTO QUARANTINE SELECT * FROM QUARANTINE WHERE " + of("o3"),
		[]string{"doubled quarantine: 2 rows", "disagree ledger:"},
	},
	"a duplicate deleted": {
		"DELETE FROM duplicates WHERE rowid = (SELECT min(rowid) FROM duplicates)",
		[]string{"missing events: no table", "disagree ledger:"},
	},
	"a rejection doubled": {
		"INSERT INTO rejections SELECT * FROM rejections WHERE rowid = 0",
		[]string{"doubled rejections: 2 rows", "disagree ledger:"},
	},
	"a correction deleted": {
		"DELETE FROM _millrace.corrections_rows WHERE rowid = 0",
		[]string{"missing corrections: 0 corrections, the record makes 1"},
	},
	"a decision deleted": {
		"DELETE FROM _millrace.quarantine_acts_rows WHERE outcome = 'waived'",
		[]string{"missing quarantine_acts: the table has no row of this act", "disagree ledger:"},
	},
	"a decision doubled": {
		"INSERT INTO _millrace.quarantine_acts_rows SELECT * FROM quarantine_acts WHERE outcome = 'waived'",
		[]string{"doubled quarantine_acts: 2 rows of one act"},
	},
	"a recovered event deleted": {
		"DELETE FROM FACT WHERE " + of("o3"),
		[]string{"missing events: this act recovered an event, which is not there"},
	},
	"a row that nobody sent": {
		`INSERT INTO duplicates SELECT event_id, received_at, source, stream, line, partition, "offset" + 1000000 FROM duplicates WHERE rowid = 0`,
		nil, // behind the positions: what is not committed is not looked at
	},
}

func TestAuditFindsWhatWasDoneByHand(t *testing.T) {
	for name, c := range changesByHand {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			w := newWorld(t)
			w.send(year()...)
			w.act(event.Redrive, repaired, "o3")
			w.act(event.Waive, nil, "o23")
			w.byHand(strings.NewReplacer("FACT", fact, "VIEWED", viewed, "QUARANTINE", quarantine).Replace(c.statement))
			r := w.audit(reconcile.Scope{})
			if int(r.Found) != len(c.want) {
				t.Fatalf("found:\n%s\nwant %d findings: %q", findings(r), len(c.want), c.want)
			}
			text := findings(r)
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("found:\n%s\nwant: %s", text, want)
				}
			}
		})
	}
}

func TestAuditOneAtATime(t *testing.T) {
	w := newWorld(t)
	w.send(year()...)
	audits := &reconcile.Audits{Auditor: w.auditor(), Records: w.records()}
	_, err := audits.Run(t.Context(), reconcile.Scope{}, func(read, of int64) {
		_, err := audits.Run(t.Context(), reconcile.Scope{}, func(int64, int64) {})
		if !errors.Is(err, reconcile.ErrAuditing) {
			t.Errorf("a second audit beside the first: %v", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 25 {
		if _, err := audits.Run(t.Context(), reconcile.Scope{Source: "none"}, func(int64, int64) {}); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := audits.List(t.Context())
	if err != nil || len(kept) != 20 || !kept[0].Began.After(kept[19].Began) {
		t.Errorf("%d reports are kept, %v", len(kept), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := audits.Run(ctx, reconcile.Scope{}, func(int64, int64) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled audit: %v", err)
	}
}
