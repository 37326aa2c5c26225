package gateway_test

import (
	"fmt"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/ledger"
)

// Each number of the ledger has as many events behind it, and each of them once.
func TestLedgerEvents(t *testing.T) {
	p := start(t)
	for partition := range int32(4) {
		p.write(partition, december()...)
	}
	p.act(0, event.Redrive, event.ActRecovered, ledger.Open, ledger.Recovered)
	p.act(1, event.Waive, event.ActWaived, ledger.Open, ledger.Waived)
	p.act(2, event.Bury, event.ActDead, ledger.Open, ledger.Dead)
	total := ask[gateway.LedgerAnswer](t, p, "/api/v1/ledger").Total
	for column, want := range map[string]int64{
		"received": total.Received, "accepted": total.Accepted, "duplicate": total.Duplicate, "quarantined": total.Quarantined, "rejected": total.Rejected,
		"recovered": total.Recovered, "waived": total.Waived, "dead": total.Dead, "open": total.Open,
	} {
		found, cursor := make(map[string]gateway.LedgerEvent), ""
		for {
			page := ask[gateway.LedgerEventsAnswer](t, p, fmt.Sprintf("/api/v1/ledger/events?verdict=%s&source=shop&limit=7&cursor=%s", column, cursor))
			for _, e := range page.Events {
				found[e.Link] = e
			}
			if cursor = page.NextCursor; cursor == "" {
				break
			}
			if len(page.Events) != 7 {
				t.Fatalf("a page of %s that is not the last has %d events", column, len(page.Events))
			}
		}
		if int64(len(found)) != want || want == 0 {
			t.Errorf("%d events behind %d %s", len(found), want, column)
		}
	}
	waived := ask[gateway.LedgerEventsAnswer](t, p, "/api/v1/ledger/events?verdict=waived").Events
	if len(waived) != 1 || waived[0].Partition != 1 || waived[0].Offset != 9 || waived[0].State != "waived" || waived[0].Table != "quarantine" ||
		waived[0].Stream != "orders.csv" || waived[0].Line != 11 || waived[0].Link != "/coordinates/1/9" || waived[0].EventID == "" {
		t.Errorf("the waived event is %+v", waived)
	}
	for _, none := range []string{"source=other", "to=2020-01-01T00:00:00Z", "from=2036-01-01T00:00:00Z"} {
		if got := ask[gateway.LedgerEventsAnswer](t, p, "/api/v1/ledger/events?"+none).Events; len(got) != 0 {
			t.Errorf("%s finds %d events", none, len(got))
		}
	}
	contains(t, p.problem("GET", "/api/v1/ledger/events?cursor=x", "", 400), "query.cursor")
	contains(t, p.problem("GET", "/api/v1/ledger/events?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "", 422), "from must be before to")
}
