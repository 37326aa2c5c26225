package quarantine_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/quality/quarantine"
)

// narrowLog takes no payload of more than so many bytes, nor an act that names a patch
// unless it may.
type narrowLog struct {
	quarantine.Log

	most    int
	patches bool
}

func (l narrowLog) AppendActs(ctx context.Context, acts []eventlog.ActEntry) error {
	for i := range acts {
		if len(acts[i].Record.Payload) > l.most {
			return fmt.Errorf("%w: %d bytes", eventlog.ErrTooLarge, len(acts[i].Record.Payload))
		}
		if acts[i].Act.Patch != "" && !l.patches {
			return fmt.Errorf("%w: a patch", eventlog.ErrAct)
		}
	}
	return l.Log.AppendActs(ctx, acts)
}

const longer = `{"version": 1, "name": "longer", "steps": [{"field": "UnitPrice", "set": "1.00000000000000000000000000000000000000"}]}`

// What the log refuses of an automatic repair uses an attempt up, as it was received or as
// a dead letter, and is not due again for ever.
func TestAnAutomaticRepairThatTheLogRefusesIsGivenUp(t *testing.T) {
	for name, c := range map[string]struct {
		log  narrowLog
		want string // acts of the event
	}{
		"the repaired one is too large": {narrowLog{most: 90, patches: true}, "bury 0 dead\nredrive 1 requarantined"},
		"both are too large":            {narrowLog{most: 10, patches: true}, "bury 0 dead"},
		"the act is refused":            {narrowLog{most: 10_000}, "bury 0 dead"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, 1)
			p, err := s.compile([]byte(longer), "longer.yaml")
			if err != nil {
				t.Fatal(err)
			}
			s.repairs = []quarantine.Repair{{Patch: p, Text: longer, Match: quarantine.HeldFilter{Categories: []string{"format"}}}}
			s.settings.Attempts, s.settings.Backoff = 1, 0
			s.wire = func(l quarantine.Log) quarantine.Log { c.log.Log = l; return c.log }
			s.send("day.csv", broken(1)...)
			service, kill := s.start()
			s.until("it is a dead letter", func() bool { return s.sql(`SELECT state FROM quarantine`) == "dead" })
			kill()
			if got := s.sql(`SELECT kind, coalesce(attempt, 0), outcome FROM quarantine_acts ORDER BY 1`); got != c.want {
				t.Errorf("acts\n%s\nwant\n%s", got, c.want)
			}
			if got := s.sql(`SELECT count(*) FROM quarantine_acts WHERE reason = '' OR reason IS NULL`); got != "0" {
				t.Errorf("%s acts say no reason", got)
			}
			runs, err := service.Runs(t.Context())
			if err != nil || len(runs) > 2 {
				t.Errorf("%d runs, %v", len(runs), err)
			}
		})
	}
}

// An automatic run that somebody has paused or cancelled stays so, and the others go on.
func TestAnAutomaticRunThatIsStoppedStopsNoOther(t *testing.T) {
	for _, stop := range []string{"pause", "cancel"} {
		t.Run(stop, func(t *testing.T) {
			s := newShop(t, 1)
			for _, part := range []struct{ text, category string }{{points, "format"}, {zeros, "out_of_range"}} {
				p, err := s.compile([]byte(part.text), "patch.yaml")
				if err != nil {
					t.Fatal(err)
				}
				s.repairs = append(s.repairs, quarantine.Repair{Patch: p, Text: part.text, Match: quarantine.HeldFilter{Categories: []string{part.category}}})
			}
			s.send("day.csv", broken(2)...)
			s.wire = func(l quarantine.Log) quarantine.Log { return stuck{l} } // no run gets on
			service, kill := s.start()
			var run quarantine.HeldRun
			s.until("a run has begun", func() bool {
				runs, err := service.Runs(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if len(runs) > 0 {
					run = runs[0]
				}
				return len(runs) > 0
			})
			do := service.Pause
			if stop == "cancel" {
				do = service.Cancel
			}
			if _, err := do(t.Context(), run.ID, quarantine.Control{By: "ann"}); err != nil {
				t.Fatal(err)
			}
			kill()
			s.wire = func(l quarantine.Log) quarantine.Log { return l }
			service, _ = s.start()
			s.send("later.csv", line("536401", "22752", "2", "0.0", "17001"), line("536402", "22752", "2", "7;65", "17001"))
			s.until("the other repair is done", func() bool {
				return s.sql(`SELECT state FROM quarantine WHERE category = 'out_of_range'`) == "recovered"
			})
			if stop == "cancel" {
				s.until("what came later is repaired", func() bool {
					return s.sql(`SELECT state FROM quarantine WHERE order_id = '536402'`) == "recovered"
				})
			}
			if got := s.sql(`SELECT count(*) FROM quarantine WHERE stream = 'day.csv' AND state = 'open'`); got != "2" {
				t.Errorf("%s of 2 events are still open", got)
			}
			after := s.done(service, redrive(service, t, quarantine.RunRequest{Kind: event.Waive, Filter: quarantine.HeldFilter{Values: []string{"none"}}, Reason: "x"}).ID)
			runs, err := service.Runs(t.Context())
			if err != nil || runs[0].ID != after.ID || runs[len(runs)-1].ID != run.ID {
				t.Errorf("the newest of the runs is %s, the oldest %s; want %s and %s, %v", runs[0].ID, runs[len(runs)-1].ID, after.ID, run.ID, err)
			}
		})
	}
}

const zeros = `{"version": 1, "name": "zeros", "steps": [{"field": "UnitPrice", "set": "1.00"}]}`
