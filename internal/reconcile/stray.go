package reconcile

import (
	"context"
	"fmt"
)

// stray is a row, or some, of which no record was read.
type stray struct {
	finding  Finding
	received int64
	n        int64
}

// foreign notes rows of a chunk of which there is no record.
func (a *audit) foreign(partition int32, rows *storedRows) {
	note := func(table, source, id string, offset, received, n int64) {
		if (a.report.Scope.has(source, received) || source == "") && len(a.strays) < maxStrays {
			a.strays = append(a.strays, stray{Finding{
				Kind: Foreign, Table: table, Source: source, Partition: partition, Offset: offset, EventID: id,
				Detail: fmt.Sprintf("%d rows of a record that the log does not have", n),
			}, received, n})
		}
	}
	for offset, all := range rows.events {
		note("events", all[0].source, all[0].id, offset, all[0].received, int64(len(all)))
	}
	for i, of := range []map[int64]plainRows{rows.quarantine, rows.duplicates, rows.rejections, rows.acts} {
		for offset, p := range of {
			note(plainTables[i].table, p.source, "", offset, p.received, p.n)
		}
	}
	for i, items := range rows.items {
		for offset, r := range items {
			if _, known := rows.events[offset]; !known {
				note(itemTables[i].name, "", "", offset, 0, r.n)
			}
		}
	}
	for offset, n := range rows.corrections {
		note("corrections", "", "", offset, 0, n)
	}
}

// maxStrays bounds what waits to be judged. More of them are not worth telling apart.
const maxStrays = 1_000_000

// judgeStrays tells rows that nobody sent from those whose records retention took away
// while the log was read. What the ledger says of the minutes of these cannot be
// compared any more.
func (a *audit) judgeStrays(ctx context.Context) error {
	if len(a.strays) == 0 {
		return nil
	}
	start, err := a.Log.StartOffsets(ctx)
	if err != nil {
		return err
	}
	for _, s := range a.strays {
		if s.finding.Offset >= start[s.finding.Partition] {
			a.report.find(s.finding)
			continue
		}
		a.report.Gone += s.n
		a.skipped[minuteKey{s.finding.Source, s.received / microsPerMinute}] = true
	}
	return nil
}
