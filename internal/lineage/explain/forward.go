package explain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/stream"
)

// Reached is a row of a job's table that an event is a part of.
type Reached struct {
	Job     string
	Version int
	Table   string
	Row     map[string]any
	Key     map[string]any
	Outputs []string // topics and feeds that the job publishes to besides
}

// maxReached bounds the rows of each table.
const maxReached = 20

// Forward finds the rows of jobs that an accepted event is a part of, as they are now. Jobs that
// are not the platform's own have no rule for it; the rows of their windows around the event are
// named where the job reads events of its type.
func (e *Explainer) Forward(ctx context.Context, partition int32, offset int64) ([]Reached, error) {
	if e.cfg.Events == nil || e.cfg.Jobs == nil {
		return nil, nil
	}
	late, accepted, err := e.isAccepted(ctx, partition, offset)
	if err != nil || !accepted {
		return nil, err
	}
	var one *event.Batch
	err = e.cfg.Events.Read(ctx, map[int32][]int64{partition: {offset}}, func(b *event.Batch) error {
		if i := slices.Index(b.Offset, offset); i >= 0 && b.Partition == partition {
			one = alone(b, i)
		}
		return nil
	})
	if err != nil || one == nil {
		if errors.Is(err, ErrGone) {
			err = nil
		}
		return nil, err
	}
	var all []Reached
	for _, j := range e.cfg.Jobs.List() {
		if !readsEvent(j, one, late) {
			continue
		}
		rows, err := e.forwardTo(ctx, j, one)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

func (e *Explainer) isAccepted(ctx context.Context, partition int32, offset int64) (late, accepted bool, err error) {
	rows, err := e.own(ctx, `SELECT late FROM events WHERE partition = ? AND "offset" = ?`, partition, offset)
	if err != nil || len(rows) == 0 {
		return false, false, err
	}
	late, _ = rows[0][0].(bool)
	return late, true, nil
}

// readsEvent reports whether a job reads an event.
func readsEvent(j *stream.Job, b *event.Batch, late bool) bool {
	in := func(list []string, v string) bool { return len(list) == 0 || slices.Contains(list, v) }
	return slices.ContainsFunc(j.Reads(), func(r stream.Reading) bool {
		return r.Late == late && in(r.Types, b.Type.Get(0)) && in(r.Sources, b.Source.Get(0))
	})
}

// forwardTo finds the rows of one job.
func (e *Explainer) forwardTo(ctx context.Context, j *stream.Job, b *event.Batch) (all []Reached, err error) {
	var outputs []string
	for _, sink := range j.Sinks() {
		if sink.Kind != stream.Table {
			outputs = append(outputs, string(sink.Kind)+" "+sink.Name)
		}
	}
	for _, t := range tablesOf(j) {
		if strings.HasSuffix(t.Name, olap.RevisionsSuffix) {
			continue
		}
		condition, args := e.reached(j, &t, b)
		if condition == "" {
			continue
		}
		rows, err := e.own(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY ALL LIMIT %d", quoteAll(t.Columns), quote(t.Name), condition, maxReached), args...)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			r := Reached{Job: j.Name(), Version: j.Version(), Table: t.Name, Row: make(map[string]any), Key: make(map[string]any), Outputs: outputs}
			for i, c := range t.Columns {
				r.Row[c] = row[i]
				if slices.Contains(t.Key, c) {
					r.Key[c] = row[i]
				}
			}
			all = append(all, r)
		}
	}
	return all, nil
}

// reached is the condition that a row of a table has an event in it.
func (e *Explainer) reached(j *stream.Job, t *Table, b *event.Batch) (string, []any) {
	if f, ok := e.reachedTables[t.Name]; ok && e.builtin(j) {
		return f(b, 0)
	}
	at := time.UnixMicro(max(b.Time[0], 0)).UTC()
	if b.Time[0] == 0 {
		at = time.UnixMicro(b.Received[0]).UTC()
	}
	terms, args := []string{}, []any{}
	for _, bounds := range [][2]string{{"window_start", "window_end"}, {"started_at", "ended_at"}, {"start", "end"}} {
		if t.has(bounds[0]) && t.has(bounds[1]) {
			terms, args = append(terms, quote(bounds[0])+" <= ?", quote(bounds[1])+" >= ?"), append(args, at, at)
			break
		}
	}
	if len(terms) == 0 {
		return "", nil
	}
	// Columns of the key that are named as those of events are taken to be those.
	for column, value := range map[string]string{
		"customer_id": b.CustomerID[0], "anonymous_id": b.AnonymousID[0], "order_id": b.OrderID[0], "session_id": b.SessionID[0],
		"country": b.Country.Get(0), "channel": b.Channel.Get(0), "currency": b.Currency.Get(0), "type": b.Type.Get(0), "source": b.Source.Get(0),
	} {
		if slices.Contains(t.Key, column) {
			terms, args = append(terms, quote(column)+" = ?"), append(args, value)
		}
	}
	return strings.Join(terms, " AND "), args
}
