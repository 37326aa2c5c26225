package olaptest

import (
	"fmt"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

// testActs: a quarantined event shows what the newest act made of it, whichever commit
// that came with.
func testActs(t *testing.T, open Open) {
	s := openIn(t, open, t.TempDir())
	write(t, s, map[int32]int64{3: 16}, Shop())
	b := &event.Batch{Partition: 3}
	add := func(original int64, kind event.ActKind, o event.Outcome) (i int) {
		i = b.Add(16+int64(b.Len()), microsRecv+int64(b.Len())*1_000_000, 0, []byte("again"))
		b.Verdict[i] = event.Acted
		b.Source.Set(i, "shop")
		b.Acts = append(b.Acts, event.Act{
			Event: int32(i), Kind: kind, Outcome: o, Message: o.Reason(), Original: original, By: "ann", Attempt: 1,
			ID: event.ID{0: 0x80 + byte(original), 7: 7, 8: 0x99, 15: byte(original)},
		})
		return i
	}
	b.AddProblem(add(13, event.Redrive, event.ActRequarantined), event.Format, "price", "unit_price", "", "no number")
	add(13, event.Waive, event.ActWaived)
	add(13, event.Redrive, event.VoidWaived)
	add(14, event.Purge, event.ActPurged)
	i := add(0, event.SetSource, event.ActApplied)
	b.Acts[i].ID, b.Acts[i].State = event.ID{}, event.SourceSuspended
	write(t, s, map[int32]int64{3: 21}, b)
	wantQuery(t, s, "13 waived 1 ann 2026-11-21T10:00:01 price 0\\xff\x00\n14 purged 0 ann 2026-11-21T10:00:03 ∅",
		`SELECT "offset", state, attempts, "by", settled_at, payload FROM quarantine ORDER BY 1`)
	wantQuery(t, s, `redrive requarantined 13 8d000000-0000-0007-9900-00000000000d price no number again ∅
waive waived 13 8d000000-0000-0007-9900-00000000000d ∅ ∅ ∅ ∅
redrive void 13 8d000000-0000-0007-9900-00000000000d ∅ the event is waived; reopen it first ∅ ∅
purge purged 14 8e000000-0000-0007-9900-00000000000e ∅ ∅ ∅ ∅
source applied 0 ∅ ∅ ∅ ∅ suspended`,
		`SELECT kind, outcome, original_offset, event_id, rule, message, payload, state FROM quarantine_acts ORDER BY "offset"`)

	later := &event.Batch{Partition: 3}
	b = later
	b.Add(21, microsRecv, 0, nil)
	i = 0
	b.Verdict[i], b.Marks[i] = event.Accepted, event.Recovered
	b.Source.Set(i, "shop")
	b.Acts = append(b.Acts, event.Act{Event: 0, Kind: event.Redrive, Outcome: event.ActRecovered, Original: 13, By: "bob"})
	write(t, s, map[int32]int64{3: 22}, later)
	wantQuery(t, s, "13 recovered 2 bob", `SELECT "offset", state, attempts, "by" FROM quarantine WHERE state = 'recovered'`)
	wantQuery(t, s, "21 true", `SELECT "offset", recovered FROM events WHERE recovered`)
}

// testPurge: of a purged event no table shows what its sender wrote, nor messages that
// quote it; of others all is shown. Nor does an act about another thing hide anything.
func testPurge(t *testing.T, open Open) {
	const secret = "Ann Smith, Elm Street"
	s := openIn(t, open, t.TempDir())
	b := &event.Batch{Partition: 3}
	for offset := range int64(2) {
		i := b.Add(offset, microsRecv, 0, []byte(`{"customer":"`+secret+`"}`))
		b.ID[i], b.Verdict[i] = event.ID{15: byte(offset)}, event.Quarantined
		b.Source.Set(i, "shop")
		for _, d := range []*event.Dict{&b.Channel, &b.Country, &b.Currency} {
			d.Set(i, secret)
		}
		for _, column := range [][]string{b.OrderID, b.CustomerID, b.AnonymousID, b.SessionID, b.Properties, b.Context} {
			column[i] = secret
		}
		b.Amount[i] = 1_000_000
		b.AddProblem(i, event.Format, "name", "customer", secret, secret+" is no customer")
		b.AddChange(i, "trim", "customer_id", secret+" ", secret)
	}
	write(t, s, map[int32]int64{3: 2}, b)
	acts := &event.Batch{Partition: 3}
	for offset := int64(2); offset < 5; offset++ {
		i := acts.Add(offset, microsRecv, 0, []byte(secret))
		acts.Verdict[i] = event.Acted
		acts.Source.Set(i, "shop")
	}
	id := event.ID{15: 0}
	acts.Acts = []event.Act{
		{Event: 0, Kind: event.Redrive, Outcome: event.ActRequarantined, Original: 0, ID: id, By: "platform", Reason: secret + " does not fit"},
		{Event: 1, Kind: event.Purge, Outcome: event.ActPurged, Original: 0, ID: id, By: "ann", Reason: "she asked for it"},
		{Event: 2, Kind: event.SetSource, Outcome: event.ActApplied, By: "ann", Reason: "too many errors", State: event.SourceSuspended},
	}
	acts.AddProblem(0, event.Format, "name", "customer", secret, secret+" is no customer")
	write(t, s, map[int32]int64{3: 5}, acts)
	for _, table := range olap.Tables() {
		key := `"offset"`
		if table.Of == olap.Acts {
			key = "original_offset"
		}
		for _, c := range table.Columns {
			wantQuery(t, s, "0", fmt.Sprintf(`SELECT count(*) FROM %s WHERE %s = 0 AND CAST(%q AS VARCHAR) LIKE '%%Ann Smith%%'`, table.Name, key, c.Name))
		}
	}
	wantQuery(t, s, "0 purged name customer ∅\n1 open name customer 1.000", `SELECT "offset", state, rule, field, amount FROM quarantine ORDER BY 1`)
	wantQuery(t, s, "0 trim customer_id ∅ ∅\n1 trim customer_id "+secret+"  "+secret, `SELECT "offset", rule, field, before, after FROM corrections ORDER BY 1`)
	wantQuery(t, s, "requarantined name customer ∅ ∅ ∅\npurged ∅ ∅ ∅ she asked for it ∅\napplied ∅ ∅ ∅ too many errors ∅",
		`SELECT outcome, rule, field, message, reason, payload FROM quarantine_acts ORDER BY "offset"`)
}
