package quarantine_test

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/quality/quarantine"
)

// What contradicts an event stays broken, until that is given up: the dry run says what
// the run does then. The identity is given to one.
func TestTheDryRunKnowsWhatWasGivenUp(t *testing.T) {
	for _, giveUp := range []event.ActKind{event.Waive, event.Purge} {
		t.Run(string(giveUp), func(t *testing.T) {
			s := newShop(t, 1)
			s.stop()
			s.adapter = native.New()
			s.startPass()
			order := func(quantity, price string) string {
				return `{"id": "one", "type": "order_completed", "time": "2010-12-01T08:26:00Z", "customer_id": "17001", "order_id": "536400", "currency": "GBP",` +
					`"items": [{"product_id": "22752", "quantity": ` + quantity + `, "price": "` + price + `"}]}`
			}
			s.send("a", order("2", "0"))
			s.send("b", order("2", "7.65"))
			s.send("c", order("3", "7.65"))
			s.send("d", strings.Replace(order("2", "7.65"), `: "2010`, `:  "2010`, 1)) // as b says, in other bytes
			if got := s.sql(`SELECT rule FROM quarantine ORDER BY "offset"`); got != "price_not_positive\ndedup.conflict\ndedup.conflict\ndedup.conflict" {
				t.Fatalf("quarantined by %q", got)
			}
			service, _ := s.start()
			both := quarantine.HeldFilter{Rules: []string{"dedup.conflict"}}
			predict := func(heal, duplicate, broken int64) {
				t.Helper()
				d, err := service.DryRun(t.Context(), quarantine.DryRunRequest{Filter: both})
				if err != nil || d.Heal != heal || d.Broken != broken || d.Duplicate != duplicate {
					t.Errorf("dry run %+v, %v; want %d accepted, %d known, %d broken", d, err, heal, duplicate, broken)
				}
			}
			act := func(r quarantine.RunRequest) quarantine.HeldProgress {
				t.Helper()
				return s.done(service, redrive(service, t, r).ID).Progress
			}
			predict(0, 0, 3)
			first := quarantine.HeldFilter{Items: []string{"0:0"}}
			act(quarantine.RunRequest{Kind: giveUp, Filter: first, Reason: "a test order"})
			predict(1, 1, 1)
			if giveUp == event.Waive { // opened again it has its identity back
				act(quarantine.RunRequest{Kind: event.Reopen, Filter: first})
				predict(0, 0, 3)
				act(quarantine.RunRequest{Kind: giveUp, Filter: first, Reason: "it was one"})
			}
			if p := act(quarantine.RunRequest{Filter: both}); p.Recovered != 1 || p.Duplicate != 1 || p.Requarantined != 1 {
				t.Errorf("run %+v", p)
			}
			predict(0, 0, 1)
		})
	}
}
