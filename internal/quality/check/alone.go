package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/store/record"
)

// alone evaluates a check that has statements of its own.
func (e *evaluator) alone(ctx context.Context, c *Check, in span) Result {
	began := e.clock.Now()
	r := c.blank(began, in)
	var m reading
	var err error
	switch c.Kind {
	case "reference":
		m, err = e.reference(ctx, c, in)
	case "row_count":
		m, err = e.rowCount(ctx, c, in)
	case "schema":
		m, err = e.schema(ctx, c)
	case "drift":
		m, err = e.drift(ctx, c, in)
	case "anomaly":
		m, err = e.anomaly(ctx, c)
	case "sql":
		m, err = e.statement(ctx, c, &r)
	default:
		panic("BUG: no way to run a check of kind " + c.Kind)
	}
	if err != nil {
		r.unknown(e.explain(ctx, c, err))
	} else if c.judge(&r, m); !r.Success && c.Kind == "reference" {
		r.Samples = e.samples(ctx, c, in)
	}
	now := e.clock.Now()
	r.Time, r.DurationMS = now.UTC(), milliseconds(now.Sub(began))
	return r
}

// reference counts values without a counterpart, by a join of the different values.
func (e *evaluator) reference(ctx context.Context, c *Check, in span) (reading, error) {
	name, other := quoteName(c.Column), quoteName(c.of.Column)
	inner := c.selected.wrap("SELECT "+name+" AS v, count(*) AS n FROM "+quoteName(c.Table)+" WHERE ", " AND ").then(in.within(c.time)).
		wrap("", " AND "+name+" IS NOT NULL GROUP BY 1")
	rows, err := e.query(ctx, inner.wrap(
		"SELECT coalesce(sum(n), 0), coalesce(sum(n) FILTER (WHERE NOT found), 0) FROM (SELECT n, v IN (SELECT "+other+" FROM "+quoteName(c.of.Table)+" WHERE "+other+" IS NOT NULL) AS found FROM (", "))"))
	if err != nil {
		return reading{}, err
	}
	counted, failed := integer(rows[0][0]), integer(rows[0][1])
	return reading{rows: counted, failed: failed, value: share(failed, counted)}, nil
}

func (e *evaluator) rowCount(ctx context.Context, c *Check, in span) (reading, error) {
	mine := c.selected.wrap("SELECT (SELECT count(*) FROM "+quoteName(c.Table)+" WHERE ", " AND ").then(in.within(c.time))
	rows, err := e.query(ctx, mine.wrap("", "), (SELECT count(*) FROM "+quoteName(c.of.Table)+")"))
	if err != nil {
		return reading{}, err
	}
	a, b := integer(rows[0][0]), integer(rows[0][1])
	m := reading{rows: a, value: share(a, b), text: fmt.Sprintf("%d rows, %d in %s", a, b, c.of.Table)}
	m.fails = b == 0 && a > 0
	return m, nil
}

// schema compares the columns of the table with the listed or the recorded ones.
func (e *evaluator) schema(ctx context.Context, c *Check) (reading, error) {
	tables, err := e.columns(ctx, c.Table)
	if err != nil {
		return reading{}, err
	}
	have := tables[c.Table]
	if len(have) == 0 {
		return reading{text: "there is no table " + c.Table, fails: true}, nil
	}
	m := reading{rows: int64(len(have)), text: "as recorded"}
	want := c.columns
	if len(want) == 0 {
		if err := e.baseline(ctx, c, &want, func() (any, error) { return have, nil }); err != nil {
			return m, err
		}
	}
	var changes []string
	for _, w := range want {
		name, _, _ := strings.Cut(w, " ")
		now := slices.IndexFunc(have, func(h string) bool { return strings.HasPrefix(h, name+" ") })
		switch {
		case now < 0:
			changes = append(changes, name+" is gone")
		case strings.Contains(w, " ") && !strings.EqualFold(have[now], w):
			changes = append(changes, w+" is "+have[now][len(name)+1:])
		}
	}
	if len(c.columns) == 0 {
		for _, h := range have {
			if name, _, _ := strings.Cut(h, " "); !slices.ContainsFunc(want, func(w string) bool { return strings.HasPrefix(w, name+" ") }) {
				changes = append(changes, h+" is new")
			}
		}
	}
	if len(changes) > 0 {
		m.text, m.fails, m.failed = list(changes), true, int64(len(changes))
	}
	return m, nil
}

const baselines = "check.baseline"

// baseline reads what a check compares with into out. Where nothing is recorded, what make
// returns is.
func (e *evaluator) baseline(ctx context.Context, c *Check, out any, create func() (any, error)) error {
	var stored []byte
	err := e.records.View(ctx, func(r record.Reader) error {
		found, err := r.Get(baselines, c.Name)
		stored = found.Value
		return err
	})
	if err == nil {
		return json.Unmarshal(stored, out)
	}
	if !errors.Is(err, record.ErrNotFound) {
		return err
	}
	made, err := create()
	if err != nil {
		return err
	}
	if stored, err = json.Marshal(made); err != nil {
		return err
	}
	err = e.records.Update(ctx, func(tx record.Tx) error {
		_, err := tx.Put(baselines, c.Name, stored)
		return err
	})
	if err != nil {
		return fmt.Errorf("cannot record the baseline of the check %q: %w", c.Name, err)
	}
	return json.Unmarshal(stored, out)
}

// forget drops the baseline of a check, so that its next run records another one.
func (e *evaluator) forget(ctx context.Context, c *Check) error {
	return e.records.Update(ctx, func(tx record.Tx) error {
		if err := tx.Delete(baselines, c.Name); err != nil && !errors.Is(err, record.ErrNotFound) {
			return err
		}
		return nil
	})
}

// statement runs the SQL of the check itself.
func (e *evaluator) statement(ctx context.Context, c *Check, r *Result) (reading, error) {
	if c.number {
		rows, err := e.query(ctx, sqlText(c.sql))
		if err != nil {
			return reading{}, err
		}
		if len(rows) != 1 || len(rows[0]) != 1 {
			return reading{}, fmt.Errorf("the statement must return one row with one number, not %d rows", len(rows))
		}
		v, err := rational(rows[0][0])
		return reading{value: v, rows: 1}, err
	}
	rows, err := e.query(ctx, sqlText("SELECT count(*) FROM ("+c.sql+"\n)"))
	if err != nil {
		return reading{}, err
	}
	n := integer(rows[0][0])
	m := reading{value: new(big.Rat).SetInt64(n), rows: n, failed: n}
	if n == 0 {
		return m, nil
	}
	shown, err := e.query(ctx, sqlText(fmt.Sprintf("SELECT to_json(t)::VARCHAR FROM (%s\n) t LIMIT %d", c.sql, maxSamples)))
	for _, row := range shown {
		text, _ := row[0].(string)
		at := placeOf(text)
		if c.quotes() {
			at.Value = ""
		}
		r.Samples = append(r.Samples, at)
	}
	return m, err
}

// placeOf finds the coordinates in a row of a statement, if it has them.
func placeOf(text string) Place {
	var at struct {
		Partition *int32 `json:"partition"`
		Offset    *int64 `json:"offset"`
		EventID   string `json:"event_id"`
	}
	p := Place{Partition: -1, Offset: -1, Value: clip(text)}
	if json.Unmarshal([]byte(text), &at) == nil {
		p.EventID = at.EventID
		if at.Partition != nil && at.Offset != nil {
			p.Partition, p.Offset = *at.Partition, *at.Offset
		}
	}
	return p
}
