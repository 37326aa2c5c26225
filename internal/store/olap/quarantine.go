package olap

import "github.com/millrace/millrace/event"

// quarantine has all columns of events but those that enrichment derives, which comes behind
// the rules, besides those that say what is wrong, and what became of it. Of a purged event
// there is left what it is counted by (identity, type, times, source, place), and the first
// rule and field; nothing else that its sender wrote.
func quarantine() Table {
	return Table{
		Name: "quarantine", Of: Quarantined, Comment: "Events that broke a rule, one row each; those that wait for repair have state open",
		Columns: []Column{
			colEventID, colEventTime, colReceivedAt, colSource, colType,
			{Name: "state", Type: Text, Comment: "open, recovered, waived, dead or purged", Values: State},
			{Name: "attempts", Type: Int64, Comment: "How often it was sent again", Values: Attempts},
			{Name: "settled_at", Type: Timestamp, Comment: "When it got the state, UTC; NULL when nobody acted on it", Values: SettledAt},
			{Name: "by", Type: Text, Comment: "Who gave it the state", Values: SettledBy},
			{Name: "rule", Type: Text, Comment: "First rule that it broke", Values: TextOf(func(s *Selection, r Row) string { return s.problem(r.Sub).Rule })},
			{Name: "category", Type: Text, Comment: "missing, format, out_of_range, schema, business, duplicate_conflict, decode, too_large or enrichment", Values: TextOf(func(s *Selection, r Row) string { return string(s.problem(r.Sub).Category) })},
			{Name: "field", Type: Text, Comment: "Field that the first rule is about", Values: TextOf(func(s *Selection, r Row) string { return s.problem(r.Sub).Field })},
			{Name: "value", Type: Text, Comment: "Value of that field as received, at most 256 bytes", Purged: true, Values: TextOf(func(s *Selection, r Row) string { return s.problem(r.Sub).Value })},
			{Name: "message", Type: Text, Comment: "What is wrong, of all rules that it broke", Purged: true, Values: BytesOf(func(dst []byte, s *Selection, r Row) []byte { return s.appendMessages(dst, r.Sub) })},
			purged(colOrderID), purged(colCustomerID), purged(colAnonymous), purged(colSession), purged(colChannel), purged(colCountry),
			purged(colCurrency), purged(colAmount),
			purged(colProperties), purged(colContext), colLate, colCorrected, colWarned,
			{Name: "payload", Type: Text, Comment: "The event as received; bytes that are not UTF-8 are written \\xNN", Purged: true, Values: BytesOf(appendPayload)},
			colVersions, colStream, colLine, colPartition, colOffset,
		},
	}
}

func purged(c Column) Column {
	c.Purged = true
	return c
}

// quarantineActs are the decisions about quarantined events and about sources.
func quarantineActs() Table {
	text := func(name, comment string, f func(*event.Act) string) Column {
		return Column{Name: name, Type: Text, Comment: comment, Values: TextOf(func(s *Selection, r Row) string { return f(&s.Batch.Acts[r.Sub]) })}
	}
	return Table{
		Name: "quarantine_acts", Of: Acts, Comment: "What was done about quarantined events, and about sources, one row per act",
		Columns: []Column{
			text("kind", "redrive, waive, reopen, purge, bury, or source", func(a *event.Act) string { return string(a.Kind) }),
			text("outcome", "recovered, duplicate, requarantined, waived, reopened, dead, purged, applied, or void: it changed nothing", func(a *event.Act) string { return a.Outcome.String() }),
			{Name: "at", Type: Timestamp, Comment: "When the log took it, UTC", Values: Ints(func(b *event.Batch) []int64 { return b.Received })},
			text("by", "Who did it", func(a *event.Act) string { return a.By }),
			purged(text("reason", "Why, as they said; NULL of attempts in vain once the event was purged", func(a *event.Act) string { return a.Reason })),
			text("run", "Run of redrives", func(a *event.Act) string { return a.Run }),
			{Name: "attempt", Type: Int32, Comment: "Number of the redrive, from 1", Values: IntOf(func(s *Selection, r Row) int64 { return int64(s.Batch.Acts[r.Sub].Attempt) })},
			text("patch", "What changed the payload, as name@version", func(a *event.Act) string { return a.Patch }),
			colSource,
			text("state", "What the source was set to", func(a *event.Act) string { return a.State }),
			{Name: "event_id", Type: UUID, Comment: "Identity of the event as it was quarantined", Values: IDOf(func(s *Selection, r Row) event.ID { return s.Batch.Acts[r.Sub].ID })},
			{Name: "original_partition", Type: Int32, Comment: "Partition of the quarantined event", Values: IntOf(func(s *Selection, _ Row) int64 { return int64(s.Batch.Partition) })},
			{Name: "original_offset", Type: Int64, Comment: "Offset of the quarantined event; 0 for an act about a source", Values: IntOf(func(s *Selection, r Row) int64 { return s.Batch.Acts[r.Sub].Original })},
			{Name: "rule", Type: Text, Comment: "First rule that the event broke when it was sent again", Values: TextOf(func(s *Selection, r Row) string { return s.problem(s.failed(r)).Rule })},
			{Name: "field", Type: Text, Comment: "Field that this rule is about", Values: TextOf(func(s *Selection, r Row) string { return s.problem(s.failed(r)).Field })},
			{Name: "message", Type: Text, Comment: "What is wrong, of all rules that it broke, NULL once the event was purged; or why the act is void", Purged: true, Values: BytesOf(appendActMessage)},
			{Name: "payload", Type: Text, Comment: "The event as it was sent again in vain; NULL once it was purged", Purged: true, Values: BytesOf(appendActPayload)},
			colPartition, colOffset,
		},
	}
}

func appendActMessage(dst []byte, s *Selection, r Row) []byte {
	if a := &s.Batch.Acts[r.Sub]; a.Outcome != event.ActRequarantined {
		return append(dst, a.Message...)
	}
	return s.appendMessages(dst, s.failed(r))
}

func appendActPayload(dst []byte, s *Selection, r Row) []byte {
	if s.Batch.Acts[r.Sub].Outcome != event.ActRequarantined {
		return dst
	}
	return appendPayload(dst, s, r)
}
