package reconcile

import (
	"context"
	"fmt"
	"strings"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
)

// storedRows is what the tables have of the records of a chunk, by offset.
type storedRows struct {
	events      map[int64][]eventRow
	items       [len(itemTables)]map[int64]itemRows
	quarantine  map[int64]plainRows
	duplicates  map[int64]plainRows
	rejections  map[int64]plainRows
	acts        map[int64]plainRows // outcome in state
	corrections map[int64]int64
}

type eventRow struct {
	id, source, versions string
	received             int64
	amount               event.Micros
	late, corrected      bool
}

// itemTables are the tables of the items of events: of orders, and of all others.
var itemTables = [...]struct{ name, rows string }{{"order_lines", "order lines"}, {"product_events", "products"}}

// itemRows sums the rows of an event in a table of items.
type itemRows struct {
	n, quantity int64
	amount      event.Micros
}

// plainRows are the rows of a record in a table that has one of each.
type plainRows struct {
	n        int64
	source   string
	received int64
	state    string
}

// The tables that have one row for each of their records, and the column that says
// what became of it.
var plainTables = []struct{ table, state string }{
	{"quarantine", "state"}, {"duplicates", "''"}, {"rejections", "''"}, {"quarantine_acts", "outcome"},
}

// readRows reads what the tables have of the offsets [from, to) of a partition.
func (a *audit) readRows(ctx context.Context, partition int32, from, to int64) (*storedRows, error) {
	const where = `WHERE "partition" = ? AND "offset" >= ? AND "offset" < ?`
	args := []any{partition, from, to}
	out := &storedRows{events: make(map[int64][]eventRow), corrections: make(map[int64]int64)}
	rows, err := query(ctx, a.Store, `SELECT "offset", event_id::VARCHAR, source, versions, received_at, amount, late, corrected FROM events `+where, args...)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		late, _ := r[6].(bool)
		corrected, _ := r[7].(bool)
		at := number(r[0])
		out.events[at] = append(out.events[at], eventRow{text(r[1]), text(r[2]), text(r[3]), instant(r[4]).UnixMicro(), money(r[5]), late, corrected})
	}
	for i, t := range itemTables {
		rows, err = query(ctx, a.Store, `SELECT "offset", count(*), sum(quantity)::BIGINT, sum(amount) FROM `+t.name+` `+where+` GROUP BY 1`, args...)
		if err != nil {
			return nil, err
		}
		out.items[i] = make(map[int64]itemRows, len(rows))
		for _, r := range rows {
			out.items[i][number(r[0])] = itemRows{number(r[1]), number(r[2]), money(r[3])}
		}
	}
	rows, err = query(ctx, a.Store, `SELECT "offset", count(*) FROM corrections `+where+` GROUP BY 1`, args...)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		out.corrections[number(r[0])] = number(r[1])
	}
	return out, a.readPlain(ctx, out, where, args)
}

func (a *audit) readPlain(ctx context.Context, out *storedRows, where string, args []any) error {
	for i, into := range []*map[int64]plainRows{&out.quarantine, &out.duplicates, &out.rejections, &out.acts} {
		t := plainTables[i]
		source, received := "any_value(source)", "any_value(received_at)"
		if t.table == "quarantine_acts" {
			source, received = "''", `any_value("at")`
		}
		rows, err := query(ctx, a.Store, fmt.Sprintf(`SELECT "offset", count(*), %s, %s, any_value(%s) FROM %s %s GROUP BY 1`, source, received, t.state, t.table, where), args...)
		if err != nil {
			return err
		}
		*into = make(map[int64]plainRows, len(rows))
		for _, r := range rows {
			(*into)[number(r[0])] = plainRows{number(r[1]), text(r[2]), instant(r[3]).UnixMicro(), text(r[4])}
		}
	}
	return nil
}

// compare compares the records of a chunk, which reaches to an offset, with the rows,
// and begins the next.
func (a *audit) compare(ctx context.Context, partition int32, c *chunk, to int64) error {
	if to <= c.from {
		return nil
	}
	rows, err := a.readRows(ctx, partition, c.from, to)
	if err != nil {
		return err
	}
	b := new(event.Batch)
	b.Partition = partition
	a.judge.Judge(b, c.records)
	a.changes = append(a.changes[:0], make([]int64, b.Len())...)
	for k := range b.Changes {
		a.changes[b.Changes[k].Event]++
	}
	for i, r := range c.records {
		if a.report.Scope.has(r.Record.Source, r.Record.Received) {
			a.compareRecord(r, b, i, rows)
		}
		rows.forget(r.Offset)
	}
	a.foreign(partition, rows)
	c.from, c.records, c.bytes = to, nil, 0
	return nil
}

// forget drops what is accounted for.
func (s *storedRows) forget(offset int64) {
	delete(s.events, offset)
	for _, items := range s.items {
		delete(items, offset)
	}
	delete(s.quarantine, offset)
	delete(s.duplicates, offset)
	delete(s.rejections, offset)
	delete(s.acts, offset)
	delete(s.corrections, offset)
}

// compareRecord checks that a record has its one row, and that it says what the record
// says.
func (a *audit) compareRecord(r *eventlog.Stored, b *event.Batch, i int, rows *storedRows) {
	a.report.Records++
	find := func(kind FindingKind, table, id, format string, args ...any) {
		a.report.find(Finding{
			Kind: kind, Table: table, Source: r.Record.Source, Partition: r.Partition, Offset: r.Offset, EventID: id, Detail: fmt.Sprintf(format, args...),
		})
	}
	accepted := rows.events[r.Offset]
	plain := []struct {
		table string
		rows  plainRows
	}{{"quarantine", rows.quarantine[r.Offset]}, {"duplicates", rows.duplicates[r.Offset]}, {"rejections", rows.rejections[r.Offset]}}
	isAct := r.IsAct()
	if isAct {
		a.report.Acts++
		a.compareAct(rows.acts[r.Offset], len(accepted), find)
	}
	verdicts, in := int64(len(accepted)), []string{}
	if len(accepted) > 0 {
		in = append(in, "events")
	}
	for _, p := range plain {
		verdicts += p.rows.n
		a.report.Rows[p.table] += p.rows.n
		if p.rows.n > 0 {
			in = append(in, p.table)
		}
	}
	a.report.Rows["events"] += int64(len(accepted))
	for k, t := range itemTables {
		a.report.Rows[t.name] += rows.items[k][r.Offset].n
		if n := rows.items[k][r.Offset].n; len(accepted) == 0 && n > 0 {
			find(Foreign, t.name, b.ID[i].String(), "%d %s of a record that is no accepted event", n, t.rows)
		}
	}
	a.report.Rows["corrections"] += rows.corrections[r.Offset]
	switch {
	case verdicts == 0 && !isAct:
		find(Missing, "events", b.ID[i].String(), "no table has a row of this record, which the store has passed")
	case verdicts > 1:
		find(Doubled, strings.Join(in, "+"), b.ID[i].String(), "%d rows in %s, one is right", verdicts, strings.Join(in, " and "))
	}
	if !isAct {
		a.count(r, accepted, rows)
	}
	if len(accepted) == 1 {
		a.compareContent(accepted[0], b, i, rows, find)
	}
}

// compareAct checks that an act has its one row, and an event exactly if it was one of
// recovery.
func (a *audit) compareAct(act plainRows, accepted int, find func(FindingKind, string, string, string, ...any)) {
	a.report.Rows["quarantine_acts"] += act.n
	switch {
	case act.n == 0:
		find(Missing, "quarantine_acts", "", "the table has no row of this act")
	case act.n > 1:
		find(Doubled, "quarantine_acts", "", "%d rows of one act", act.n)
	case act.state == "recovered" && accepted == 0:
		find(Missing, "events", "", "this act recovered an event, which is not there")
	case act.state != "recovered" && accepted > 0:
		find(Foreign, "events", "", "this act is %q and recovered nothing, an event is there", act.state)
	}
}

// count counts a record and its rows as the ledger does.
func (a *audit) count(r *eventlog.Stored, accepted []eventRow, rows *storedRows) {
	c := a.counts(r.Record.Source, r.Record.Received)
	c.Received++
	for _, e := range accepted {
		c.Accepted++
		if e.late {
			c.Late++
		}
		if e.corrected {
			c.Corrected++
		}
	}
	c.Duplicate += rows.duplicates[r.Offset].n
	c.Rejected += rows.rejections[r.Offset].n
	if q := rows.quarantine[r.Offset]; q.n > 0 {
		c.Quarantined += q.n
		settle(c, q.state, q.n)
	}
}

// compareContent compares an accepted event's rows with what its record makes.
func (a *audit) compareContent(row eventRow, b *event.Batch, i int, rows *storedRows, find func(FindingKind, string, string, string, ...any)) {
	if b.Versions.Get(i) != row.versions {
		a.report.OtherVersions++
		return
	}
	a.report.Compared++
	offset, id := b.Offset[i], b.ID[i].String()
	if row.id != id {
		find(Differs, "events", row.id, "event_id is %s, the record makes %s", row.id, id)
	}
	if row.amount != b.Amount[i] {
		find(Differs, "events", id, "amount is %s, the record makes %s", row.amount, b.Amount[i])
	}
	want := itemsOf(b, i)
	for k, t := range itemTables {
		switch got, want := rows.items[k][offset], want[k]; {
		case got.n < want.n:
			find(Missing, t.name, id, "%d %s, the record makes %d", got.n, t.rows, want.n)
		case got.n > want.n:
			find(Doubled, t.name, id, "%d %s, the record makes %d", got.n, t.rows, want.n)
		case got != want:
			find(Differs, t.name, id, "%d pieces worth %s, the record makes %d worth %s", got.quantity, got.amount, want.quantity, want.amount)
		}
	}
	switch n, made := rows.corrections[offset], a.changes[i]; {
	case n < made:
		find(Missing, "corrections", id, "%d corrections, the record makes %d", n, made)
	case n > made:
		find(Doubled, "corrections", id, "%d corrections, the record makes %d", n, made)
	}
}

// itemsOf sums the items of an event, by the table that they go to.
func itemsOf(b *event.Batch, i int) (sums [len(itemTables)]itemRows) {
	from, to := b.ItemRange(i)
	for k := from; k < to; k++ {
		sum := &sums[0]
		if b.Items.Kind.Get(k) == event.KindView {
			sum = &sums[1]
		}
		sum.n++
		sum.quantity += b.Items.Quantity[k]
		sum.amount += b.Items.Amount[k]
	}
	return sums
}
