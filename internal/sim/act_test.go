package sim_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/pass/checkpoint"
)

// broken is an event as it was sent broken.
type broken struct {
	partition int32
	offset    int64
	id, line  string
}

// remember keeps where broken events lie, so that they can be acted on.
func (w *world) remember(lines []string, entries []eventlog.Entry) {
	for i, line := range lines {
		if !strings.Contains(line, `"much"`) {
			continue
		}
		var e struct{ ID string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			w.t.Fatal(err)
		}
		w.held = append(w.held, broken{entries[i].Partition, entries[i].Offset, e.ID, line})
	}
}

// deeds are what is done to broken events: redriven as they are, and repaired, most.
var deeds = []event.ActKind{
	event.Redrive, event.Redrive, event.Redrive, event.Redrive, event.Waive, event.Waive, event.Reopen, event.Reopen, event.Bury, event.Purge,
}

// act does something about events at random: some twice, some about what is a duplicate,
// or settled already. The log may have acts of which it says that it has not.
func (w *world) act(n int) {
	w.t.Helper()
	if len(w.held) == 0 {
		return
	}
	acts := make([]eventlog.ActEntry, n)
	for i := range acts {
		acts[i] = w.deed()
	}
	if w.random.IntN(3) == 0 {
		acts = slices.Concat(acts, acts)
	}
	for try := 0; ; try++ {
		err := w.writer.AppendActs(w.t.Context(), acts)
		if err == nil {
			return
		}
		if try == 20 {
			w.t.Fatalf("the log does not take acts: %v", err)
		}
	}
}

func (w *world) deed() eventlog.ActEntry {
	r, h := w.random, w.held[w.random.IntN(len(w.held))]
	e := eventlog.ActEntry{Partition: h.partition, Record: adapter.Record{
		Payload: []byte(h.line), Source: "shop", Adapter: "native", Stream: "http",
	}}
	e.Act = eventlog.Act{Kind: deeds[r.IntN(len(deeds))], Offset: h.offset, ID: w.identity(&e.Record), By: "ann", Reason: "at random"}
	if e.Act.Kind == event.Redrive && r.IntN(3) > 0 { // with a patch
		e.Act.Patch = "amounts@1"
		e.Record.Payload = []byte(strings.Replace(h.line, `"much"`, fmt.Sprintf("%d.50", r.IntN(3)), 1))
	}
	return e
}

func (w *world) identity(r *adapter.Record) string {
	d := w.adapter.NewDecoder(nil)
	return event.NewID(r.Source, d.IdempotencyKey(nil, r)).String()
}

// checkActs compares what became of quarantined events with the acts, record by record,
// and with the ledger.
func (w *world) checkActs(s *tables, cp *checkpoint.Store) {
	w.t.Helper()
	total, err := cp.Ledger().Total()
	if err != nil {
		w.t.Fatal(err)
	}
	want := fmt.Sprint([][]any{{total.Recovered, total.Waived, total.Dead, total.Open()}})
	got := fmt.Sprint(s.rows(`SELECT count(*) FILTER (state = 'recovered'), count(*) FILTER (state = 'waived'), count(*) FILTER (state IN ('dead', 'purged')),
		count(*) FILTER (state = 'open') FROM quarantine`))
	if got != want || total.Open() != total.Quarantined-total.Recovered-total.Waived-total.Dead {
		w.t.Errorf("recovered, waived, dead and open: tables have %s, the ledger says %s: %+v", got, want, total)
	}
	for what, query := range map[string]string{
		"recovered events that have no row, or several": `SELECT count(*) FROM quarantine q WHERE q.state = 'recovered'
			AND (SELECT count(*) FROM events e WHERE e.event_id = q.event_id) <> 1`,
		"events that count though nobody recovered them": `SELECT count(*) FROM quarantine q WHERE q.state <> 'recovered'
			AND (SELECT count(*) FROM events e WHERE e.event_id = q.event_id) <> 0`,
		"recovered rows without their act": `SELECT count(*) FROM events e WHERE e.recovered AND NOT EXISTS (SELECT 1 FROM quarantine_acts a
			WHERE a.partition = e.partition AND a."offset" = e."offset" AND a.outcome = 'recovered')`,
		"purged events that show something": `SELECT count(*) FROM quarantine q LEFT JOIN quarantine_acts a
			ON a.original_partition = q.partition AND a.original_offset = q."offset" WHERE q.state = 'purged' AND (q.payload IS NOT NULL OR a.payload IS NOT NULL)`,
	} {
		if got := fmt.Sprint(s.rows(query)); got != "[[0]]" {
			w.t.Errorf("%s: %s", what, got)
		}
	}
	w.wantStates(s)
}

// wantStates plays the acts that the tables have, in the order of the log, by the plainest
// rules, and compares outcomes and states.
func (w *world) wantStates(s *tables) {
	w.t.Helper()
	states := make(map[[2]int64]string)
	for _, row := range s.rows(`SELECT partition, "offset" FROM quarantine`) {
		states[[2]int64{row[0].(int64), row[1].(int64)}] = "open"
	}
	acts := s.rows(`SELECT original_partition, original_offset, kind, coalesce(patch, ''), outcome FROM quarantine_acts ORDER BY partition, "offset"`)
	for _, row := range acts {
		at := [2]int64{row[0].(int64), row[1].(int64)}
		outcome, next := deedOn(states[at], event.ActKind(row[2].(string)), row[3].(string) != "")
		if outcome != row[4].(string) {
			w.t.Errorf("a %v of %v, which is %q, is %v, want %s", row[2], at, states[at], row[4], outcome)
		}
		if next != "" {
			states[at] = next
		}
	}
	for _, row := range s.rows(`SELECT partition, "offset", state FROM quarantine`) {
		if at := [2]int64{row[0].(int64), row[1].(int64)}; states[at] != row[2].(string) {
			w.t.Errorf("the event at %v is %v, want %s", at, row[2], states[at])
		}
	}
}

// deedOn returns what comes of an act about an event in a state; next is empty when that
// stays. Of an event that was sent twice the second is a duplicate, and in no state.
func deedOn(state string, kind event.ActKind, patched bool) (outcome, next string) {
	switch {
	case state == "", state == "recovered", state == "purged":
		return "void", ""
	case kind == event.Purge:
		return "purged", "purged"
	case kind == event.Waive && state != "waived":
		return "waived", "waived"
	case kind == event.Reopen && state != "open":
		return "reopened", "open"
	case kind == event.Bury && state == "open":
		return "dead", "dead"
	case kind == event.Redrive && state != "waived" && patched:
		return "recovered", "recovered"
	case kind == event.Redrive && state != "waived":
		return "requarantined", ""
	}
	return "void", ""
}
