package explain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/job"
	"github.com/millrace/millrace/internal/result"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
)

// again runs a job over the events behind a row and compares the cell.
func (e *Explainer) again(ctx context.Context, t *jobTable, made *job.Made, found []candidate, row job.Row, a *Answer) error {
	if e.cfg.Events == nil {
		a.Reason = "this process cannot read the log, so the job was not run again"
		return nil
	}
	until, err := e.until(ctx, t, made)
	if err != nil {
		return err
	}
	events, err := e.pick(ctx, made, found)
	switch {
	case errors.Is(err, ErrGone):
		a.Reason = fmt.Sprintf("the job cannot be run again: %v", err)
		return nil
	case err != nil:
		return err
	case len(events) > e.cfg.MaxEvents:
		a.Reason = fmt.Sprintf("more than %d events are behind it (lineage.explain.max_events), too many to run the job again", e.cfg.MaxEvents)
		return nil
	}
	kept := make([]candidate, len(events))
	for i := range events {
		kept[i] = events[i].candidate
		a.Listed = append(a.Listed, Row{
			Origins: []Origin{{Table: "events", EventID: kept[i].id, Partition: kept[i].partition, Offset: kept[i].offset}},
			Counts:  []bool{true}, Values: []any{nil},
		})
	}
	a.Rows, a.Versions = int64(len(events)), countVersions(kept)
	total, published, err := rerun(t, events, until, row, a.Column)
	if err != nil {
		return err
	}
	if !published && len(events) == 0 && isZero(a.Value) { // there was something, and then there was not
		total = a.Value
	}
	a.Total, a.Equals = total, equal(a.Value, total)
	a.Parts = []Part{{Text: "job " + t.job.Name() + " run again", Rows: a.Rows, Value: total}}
	if !a.Equals {
		a.Reason = reason(a, row, published)
	}
	return nil
}

// reason says what the difference may come of.
func reason(a *Answer, row job.Row, published bool) string {
	switch {
	case row["phase"] == "early":
		return "the window goes on, and events came since the row was published; ask again"
	case !published:
		return "run over these events alone, the job does not publish the row: the job, its parameters or its mapping may have changed since, or events came too late for it"
	case len(a.Versions) > 1:
		return "the events were made by several versions of adapter and rules; the job was run with those of today"
	}
	return "the job, its parameters, rules or mapping may have changed since, or events came too late for it; GET /api/v1/audit-trail has the changes"
}

func isZero(v any) bool {
	switch v := v.(type) {
	case int64:
		return v == 0
	case float64:
		return v == 0
	case olap.Decimal:
		return v.Hi == 0 && v.Lo == 0
	}
	return v == nil
}

// until is the event time to run a job to, µs.
func (e *Explainer) until(ctx context.Context, t *jobTable, made *job.Made) (int64, error) {
	mark := e.cfg.Jobs.Watermark(t.job.Name())
	switch {
	case made.UntilNewest[0] != "":
		rows, err := e.own(ctx, "SELECT max("+quote(made.UntilNewest[1])+") FROM "+quote(made.UntilNewest[0]))
		if err != nil {
			return 0, err
		}
		if at, ok := rows[0][0].(time.Time); ok {
			return at.UnixMicro(), nil
		}
	case !made.Until.IsZero() && mark != 0:
		return min(made.Until.UnixMicro(), mark), nil
	}
	return mark, nil
}

// picked is an event behind a row.
type picked struct {
	candidate
	at    int64
	batch *event.Batch // of this event alone
}

// pick reads the events again and keeps those that are behind the row, by time.
func (e *Explainer) pick(ctx context.Context, made *job.Made, found []candidate) ([]picked, error) {
	byPlace := make(map[place]*candidate, len(found))
	offsets := make(map[int32][]int64)
	for i := range found {
		c := &found[i]
		byPlace[c.place] = c
		offsets[c.partition] = append(offsets[c.partition], c.offset)
	}
	for _, all := range offsets {
		slices.Sort(all)
	}
	var events []picked
	err := e.cfg.Events.Read(ctx, offsets, func(b *event.Batch) error {
		for i, offset := range b.Offset {
			c := byPlace[place{partition: b.Partition, offset: offset}]
			if c == nil {
				continue
			}
			delete(byPlace, c.place)
			b.Verdict[i] = event.Accepted
			if made.Keep != nil && !made.Keep(b, i) || len(events) > e.cfg.MaxEvents {
				continue
			}
			p := picked{candidate: *c, at: cmp.Or(b.Time[i], b.Received[i]), batch: alone(b, i)}
			if c.late {
				p.batch.Marks[0] |= event.Late
			}
			events = append(events, p)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(byPlace) > 0 {
		return nil, fmt.Errorf("%w: %d of %d", ErrGone, len(byPlace), len(found))
	}
	slices.SortFunc(events, func(a, b picked) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.partition, b.partition), cmp.Compare(a.offset, b.offset))
	})
	return events, nil
}

// alone copies an event into a batch of its own, with texts of its own.
func alone(from *event.Batch, i int) *event.Batch {
	text := strings.Clone
	b := &event.Batch{Partition: from.Partition}
	k := b.Add(from.Offset[i], from.Received[i], from.Line[i], nil)
	b.ID[k], b.Check[k], b.Time[k] = from.ID[i], from.Check[i], from.Time[i]
	for _, d := range [][2]*event.Dict{
		{&b.Source, &from.Source}, {&b.Stream, &from.Stream}, {&b.Versions, &from.Versions}, {&b.Type, &from.Type},
		{&b.Channel, &from.Channel}, {&b.Country, &from.Country}, {&b.Currency, &from.Currency},
	} {
		d[0].Set(k, text(d[1].Get(i)))
	}
	b.CustomerID[k], b.AnonymousID[k], b.OrderID[k], b.SessionID[k] = text(from.CustomerID[i]), text(from.AnonymousID[i]), text(from.OrderID[i]), text(from.SessionID[i])
	b.Properties[k], b.Context[k], b.Amount[k] = text(from.Properties[i]), text(from.Context[i]), from.Amount[i]
	b.Verdict[k] = event.Accepted
	start, end := from.ItemRange(i)
	for n := start; n < end; n++ {
		m, it := b.AddItem(), &b.Items
		it.ProductID[m], it.Name[m] = text(from.Items.ProductID[n]), text(from.Items.Name[n])
		it.Category.Set(m, text(from.Items.Category.Get(n)))
		it.Kind.Set(m, text(from.Items.Kind.Get(n)))
		it.Quantity[m], it.Price[m], it.Amount[m] = from.Items.Quantity[n], from.Items.Price[n], from.Items.Amount[n]
	}
	return b
}

// replay is a job that is run again, in memory.
type replay struct {
	t       *jobTable
	engine  *stream.Engine
	backend *state.Memory
	marks   *stream.Watermarks
	fronts  map[int32]*stream.Front
	table   *result.Table
	sources []string
	now     int64
	rows    uint64
}

// step is how finely time goes on while a job is run again: what it forgets, it forgets then.
const step = int64(time.Minute / time.Microsecond)

// rerun runs a job over events, by their time, and returns a cell as it is in the end.
func rerun(t *jobTable, events []picked, until int64, row job.Row, column string) (value any, published bool, err error) {
	r := &replay{t: t, backend: state.NewMemory(), marks: stream.NewWatermarks(0, 1<<62), fronts: make(map[int32]*stream.Front), sources: []string{"explain"}}
	for _, s := range t.job.Reads() {
		r.sources = append(r.sources, s.Sources...)
	}
	if r.table, err = result.NewTable(&t.sink); err != nil {
		return nil, false, err
	}
	r.engine, err = stream.NewEngine(stream.Config{
		Jobs: []*stream.Job{t.job}, Shards: 1, Backend: r.backend, Workers: 1, Watermarks: r.marks, Memory: 64 << 20,
	})
	if err != nil {
		return nil, false, err
	}
	defer r.engine.Close()
	for _, e := range events {
		if r.fronts[e.partition] == nil {
			if r.fronts[e.partition], err = r.engine.OpenFront(e.partition); err != nil {
				return nil, false, err
			}
		}
	}
	for i := range events {
		if at := events[i].at - events[i].at%step; i > 0 && at > events[i-1].at {
			if err := r.seal(min(at, until)); err != nil {
				return nil, false, err
			}
		}
		r.fronts[events[i].partition].Process(events[i].batch)
	}
	r.engine.Work()
	if err := r.seal(until); err != nil {
		return nil, false, err
	}
	value, published = newest(t, r.table.Take(), row, column)
	return value, published, nil
}

// seal lets time go on.
func (r *replay) seal(mark int64) error {
	r.engine.Work()
	r.now += int64(time.Hour / time.Microsecond) // results that wait for processing time are due
	if mark > 0 {
		for _, source := range r.sources {
			r.marks.Observe(0, source, mark, mark)
		}
	}
	sealed, err := r.engine.Seal(stream.SealRequest{Now: r.now, Positions: map[int32]int64{}, Writer: r.backend})
	if err != nil {
		return err
	}
	for _, f := range sealed.Failed {
		return fmt.Errorf("job %q cannot be run again: %s", f.Job, f.Reason)
	}
	r.engine.Committed()
	for _, f := range r.fronts {
		f.Committed()
	}
	for i := range sealed.Outputs {
		o := &sealed.Outputs[i]
		if o.Sink.Kind != stream.Table || o.Sink.Name != r.t.sink.Name {
			continue
		}
		if err := r.table.Add(r.rows, o.Row); err != nil {
			return err
		}
		r.rows++
	}
	return nil
}

// newest returns a cell of the newest row of a key, unless that was taken away.
func newest(t *jobTable, rows olap.JobRows, row job.Row, column string) (value any, published bool) {
	at := make(map[string]int)
	for i, c := range t.declared.Columns {
		at[c.Name] = i
	}
	cell := func(name string, n int) any {
		return cellOf(t.declared.Columns[at[name]].Type, &rows.Columns[at[name]], n)
	}
	key := t.declared.Key
	if len(key) == 0 {
		key = t.columns()
	}
	for n := rows.Len() - 1; n >= 0; n-- {
		if slices.ContainsFunc(key, func(name string) bool { return !equal(cell(name, n), row[name]) }) {
			continue
		}
		if t.declared.Retracted != "" && cell(t.declared.Retracted, n) == true {
			return nil, false
		}
		return cell(column, n), true
	}
	return nil, false
}

// cellOf returns a value as the analytics store gives it back.
func cellOf(typ olap.Type, v *olap.JobValues, n int) any {
	switch typ {
	case olap.UUID:
		return v.IDs[n]
	case olap.Double:
		return v.Floats[n]
	case olap.Money:
		return olap.DecimalOf(v.Ints[n], olap.MoneyScale)
	case olap.Bool:
		return v.Ints[n] != 0
	case olap.Timestamp:
		if v.Ints[n] == 0 {
			return nil
		}
		return time.UnixMicro(v.Ints[n]).UTC()
	case olap.Text:
		if v.Texts[n] == "" {
			return nil
		}
		return v.Texts[n]
	}
	return v.Ints[n]
}
