package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/record"
)

// Querier is what checks need of the analytics store.
type Querier interface {
	Query(ctx context.Context, q olap.Query) (*olap.Result, error)
}

// evaluator runs checks on tables, one statement at a time.
type evaluator struct {
	store   Querier
	records record.Store // of baselines
	timeout time.Duration
	clock   clock.Clock
	turn    chan struct{} // holds one token: the right to run a statement
}

func newEvaluator(cfg *Config) *evaluator {
	return &evaluator{store: cfg.Store, records: cfg.Records, timeout: cfg.Timeout, clock: cfg.Clock, turn: make(chan struct{}, 1)}
}

// maxRows bounds what a statement of a check returns.
const (
	maxRows  = 50_000
	maxBytes = 16 << 20
)

// query runs a statement. Checks are written by people, as queries are, and may do no
// more than they.
func (e *evaluator) query(ctx context.Context, f fragment) ([][]any, error) {
	return e.ask(ctx, olap.Query{SQL: f.sql, Args: f.args, Untrusted: true})
}

// ask runs a statement in its turn, within the limits of checks.
func (e *evaluator) ask(ctx context.Context, q olap.Query) ([][]any, error) {
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	q.Limits = olap.Limits{Rows: maxRows, Bytes: maxBytes, Timeout: e.timeout}
	r, err := e.store.Query(ctx, q)
	if err != nil {
		return nil, err
	}
	rows, err := r.All()
	if err == nil && r.Truncated() {
		err = fmt.Errorf("the statement returns more than %d rows or %d MiB", maxRows, maxBytes>>20)
	}
	return rows, err
}

// job is a check that is to be run over a span of its time; the zero span is all time.
type job struct {
	check *Check
	in    span
}

// run evaluates checks, with one statement for all aggregates of a table and a span.
func (e *evaluator) run(ctx context.Context, jobs []job) []Result {
	type group struct {
		table, time string
		in          span
	}
	together := make(map[group][]int)
	var order []group
	out := make([]Result, len(jobs))
	for i := range jobs {
		c := jobs[i].check
		if c.over > 0 && c.window == nil && c.Kind != "drift" {
			in, err := e.recent(ctx, c)
			if err != nil {
				out[i] = c.blank(e.clock.Now(), span{})
				out[i].unknown(err)
				continue
			}
			jobs[i].in = in
		}
		if !c.kind.combines {
			out[i] = e.alone(ctx, c, jobs[i].in)
			continue
		}
		g := group{c.Table, c.time, jobs[i].in}
		if jobs[i].in == (span{}) {
			g.time = ""
		}
		if together[g] == nil {
			order = append(order, g)
		}
		together[g] = append(together[g], i)
	}
	for _, g := range order {
		e.combined(ctx, jobs, together[g], out)
	}
	return out
}

// recent is the span of a check that goes back so far.
func (e *evaluator) recent(ctx context.Context, c *Check) (span, error) {
	end, err := e.end(ctx, c)
	return span{end - c.over.Microseconds() + 1, end + 1}, err
}

// end is the time up to which rows count: now, or that of the newest row.
func (e *evaluator) end(ctx context.Context, c *Check) (int64, error) {
	if !c.asNewest {
		return e.clock.Now().UnixMicro(), nil
	}
	rows, err := e.query(ctx, c.selected.wrap("SELECT epoch_us(max("+quoteName(c.time)+")) FROM "+quoteName(c.Table)+" WHERE ", ""))
	if err != nil {
		return 0, e.explain(ctx, c, err)
	}
	newest, err := rational(rows[0][0])
	return whole(newest), err
}

// maxCombined bounds the checks of one statement.
const maxCombined = 50

// combined evaluates aggregates of one table and span. When the statement fails, each is
// tried for itself, so that one that is wrong does not hide the others.
func (e *evaluator) combined(ctx context.Context, jobs []job, which []int, out []Result) {
	for len(which) > maxCombined {
		e.combined(ctx, jobs, which[:maxCombined], out)
		which = which[maxCombined:]
	}
	first := jobs[which[0]]
	var selects []fragment
	for _, i := range which {
		selects = append(selects, jobs[i].check.aggregates()...)
	}
	statement := join(selects, ", ").wrap("SELECT ", " FROM "+quoteName(first.check.Table)+" WHERE ").then(first.in.within(first.check.time))
	began := e.clock.Now()
	rows, err := e.query(ctx, statement)
	now := e.clock.Now()
	if err != nil && len(which) > 1 && ctx.Err() == nil {
		for k := range which {
			e.combined(ctx, jobs, which[k:k+1], out)
		}
		return
	}
	at := 0
	for _, i := range which {
		c := jobs[i].check
		r := c.blank(now, jobs[i].in)
		r.DurationMS = milliseconds(now.Sub(began)) / float64(len(which))
		n := len(c.aggregates())
		var m reading
		failure := err
		if failure == nil {
			m, failure = c.decode(rows[0][at:at+n], now)
		}
		if at += n; failure != nil {
			r.unknown(e.explain(ctx, c, failure))
		} else if c.judge(&r, m); !r.Success {
			r.Samples = e.samples(ctx, c, jobs[i].in)
		}
		out[i] = r
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// samples finds some of the rows that fail. Without them a result is poorer, and not
// wrong.
func (e *evaluator) samples(ctx context.Context, c *Check, in span) []Place {
	failing, ok := c.failing()
	if !ok || c.table == nil {
		return nil
	}
	id, value := "NULL", "NULL"
	if _, err := columnOf(c.table, "event_id"); err == nil {
		id = "event_id::VARCHAR"
	}
	if c.Column != "" && !c.quotes() {
		value = "left(" + quoteName(c.Column) + "::VARCHAR, 256)"
	}
	statement := c.selected.wrap(`SELECT "partition", "offset", `+id+", "+value+" FROM "+quoteName(c.Table)+" WHERE ", " AND ").
		then(failing).wrap("", " AND ").then(in.within(c.time)).wrap("", fmt.Sprintf(" LIMIT %d", maxSamples))
	rows, err := e.query(ctx, statement)
	if err != nil {
		return nil
	}
	var out []Place
	for _, r := range rows {
		p := Place{Partition: int32(integer(r[0])), Offset: integer(r[1])}
		p.EventID, _ = r[2].(string)
		p.Value, _ = r[3].(string)
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Place) int {
		return cmp.Or(cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Value, b.Value))
	})
	return out
}

func integer(v any) int64 {
	r, err := rational(v)
	if err != nil {
		return 0
	}
	return whole(r)
}

// explain adds to an error of the store what the reader of a checks file needs.
func (e *evaluator) explain(ctx context.Context, c *Check, err error) error {
	var at *olap.Error
	if !errors.As(err, &at) || c.table != nil {
		return fmt.Errorf("cannot run the check (%s:%d): %w", c.File, c.Line, err)
	}
	tables, listErr := e.columns(ctx, "")
	if listErr == nil && tables[c.Table] == nil {
		hint := "DESCRIBE or SHOW TABLES in 'millrace sql' tells what there is"
		if near := spell.Nearest(c.Table, slices.Sorted(maps.Keys(tables))); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return fmt.Errorf("cannot run the check (%s:%d): there is no table %q; %s", c.File, c.Line, c.Table, hint)
	}
	return fmt.Errorf("cannot run the check (%s:%d): %w", c.File, c.Line, err)
}

// columns returns the columns of tables, as "name TYPE"; of all for "". Types have the names
// of the store, as DESCRIBE shows them; information_schema has those of PostgreSQL.
func (e *evaluator) columns(ctx context.Context, table string) (map[string][]string, error) {
	f := sqlText("SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal")
	if table != "" {
		f = f.then(bound(table).wrap(" AND table_name = ", ""))
	}
	f = f.wrap("", " ORDER BY table_name, column_index")
	rows, err := e.ask(ctx, olap.Query{SQL: f.sql, Args: f.args})
	if err != nil {
		return nil, err
	}
	out := make(map[string][]string)
	for _, r := range rows {
		name, _ := r[0].(string)
		column, _ := r[1].(string)
		typ, _ := r[2].(string)
		out[name] = append(out[name], column+" "+typ)
	}
	return out, nil
}
