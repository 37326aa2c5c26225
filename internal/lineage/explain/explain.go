package explain

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/job"
	"github.com/millrace/millrace/internal/store/olap"
)

// Store is what is read of the analytics store.
type Store interface {
	Query(ctx context.Context, q olap.Query) (*olap.Result, error)
	Positions(ctx context.Context) (olap.Positions, error)
}

// Config is what an explainer is made of.
type Config struct {
	Store Store
	// Limits of each query that users write or choose; those of SQL.
	Limits olap.Limits
	// Jobs are those whose tables can be opened; nil: none.
	Jobs Jobs
	// Events reads events of the log again; nil: jobs are not run again.
	Events Reader
	// Params are those that the platform's own jobs run with.
	Params job.Params
	// MaxEvents bounds the events that a job is run over again; 0: 20,000.
	MaxEvents int
}

// Explainer explains numbers. It is safe for concurrent use.
type Explainer struct {
	cfg Config

	mu        sync.Mutex
	functions map[string]bool // aggregates of the database

	descriptions  map[string]string     // of the platform's own jobs, by name
	behindTables  map[string]job.Behind // of those
	reachedTables map[string]job.Reached
}

// New returns an explainer.
func New(cfg Config) *Explainer {
	cfg.MaxEvents = cmp.Or(cfg.MaxEvents, 20_000)
	e := &Explainer{cfg: cfg, descriptions: make(map[string]string), behindTables: job.TablesBehind(cfg.Params), reachedTables: job.TablesReached(cfg.Params)}
	for _, j := range job.All(cfg.Params) {
		e.descriptions[j.Name()] = j.Doc()
	}
	return e
}

// Statement asks for a cell of the result of a statement.
type Statement struct {
	SQL    string
	Column string // may be empty when the result has one
	// Row has values of other columns of the cell's row, as JSON has them; empty when the
	// result has one row.
	Row    map[string]any
	Limit  int // rows to list at once; 0: 100
	Cursor string
}

// AsOf is what an answer reflects.
type AsOf struct {
	Positions map[int32]int64 // of the next event, per partition
	Results   uint64          // number of the next result of jobs
}

// Answer is a cell with the rows behind it.
type Answer struct {
	Column   string
	Type     string
	Value    any // the cell
	Total    any // what the rows come to
	Equals   bool
	Reason   string // why they do not come to the cell; empty when they do
	AsOf     AsOf
	Parts    []Part
	Rows     int64 // behind the cell, all of them
	Listed   []Row // some of them
	Next     string
	Versions []Version
	Query    string // that lists the rows
	Job      *JobCell
}

// Part is one aggregate of the cell's expression.
type Part struct {
	Text  string
	Rows  int64 // that count in it
	Value any
}

// Row is one row behind a cell: the rows of tables that it was joined of, and what it
// brings to each part.
type Row struct {
	Origins []Origin // at most 1,000
	More    int      // origins beyond those
	Values  []any    // per part; nil where it does not count
	Counts  []bool
}

// Origin names a stored row.
type Origin struct {
	Table     string
	EventID   string // empty where it has none
	Partition int32
	Offset    int64 // -1: a row of a job's table
	Line      int32 // number of the item; 0: not one of an item
	Key       string
	Fields    map[string]any // columns of the row
}

// Version is what made some of the events behind a cell.
type Version struct {
	Versions string // adapter and rules, as name@version
	Events   int64
	Late     int64 // of them
}

const (
	defaultRows = 100
	maxListed   = 1000
)

// SQL explains a cell of the result of a statement.
func (e *Explainer) SQL(ctx context.Context, s Statement) (*Answer, error) {
	of := digest(s.SQL, s.Column, s.Row)
	at, err := e.asOf(ctx, s.Cursor, of)
	if err != nil {
		return nil, err
	}
	query, err := e.parse(ctx, s.SQL)
	if err != nil {
		return nil, err
	}
	key, err := keyValues(s.Row)
	if err != nil {
		return nil, err
	}
	l, err := e.unfold(ctx, target{query: query, column: s.Column, key: key}, at.At)
	if err != nil {
		return nil, err
	}
	a := &Answer{Column: l.column, Type: l.typ, Value: l.value, AsOf: AsOf{at.At, at.Results}, Query: l.sql}
	if err := e.totals(ctx, l, a); err != nil {
		return nil, err
	}
	if err := e.list(ctx, l, a, at, clampRows(s.Limit)); err != nil {
		return nil, err
	}
	return a, e.versions(ctx, l, a)
}

// keyValues writes the values of a row as the database reads them.
func keyValues(row map[string]any) ([]keyValue, error) {
	key := make([]keyValue, 0, len(row))
	for _, name := range slices.Sorted(maps.Keys(row)) {
		var value string
		switch v := row[name].(type) {
		case nil:
			key = append(key, keyValue{column: name})
			continue
		case string:
			value = v
		case bool:
			value = strconv.FormatBool(v)
		case float64:
			value = strconv.FormatFloat(v, 'g', 17, 64)
			if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
				value = strconv.FormatFloat(v, 'f', 0, 64)
			}
		case json.Number:
			value = v.String()
		default:
			return nil, refuse("name other columns of the row", "row: %s: a list or an object cannot be compared", name)
		}
		key = append(key, keyValue{name, &value})
	}
	return key, nil
}

func clampRows(n int) int { return min(cmp.Or(max(n, 0), defaultRows), maxListed) }

// asOf returns where the answer begins, and as of when it is.
func (e *Explainer) asOf(ctx context.Context, cursor string, of uint64) (page, error) {
	if cursor != "" {
		return parsePage(cursor, of)
	}
	p, err := e.cfg.Store.Positions(ctx)
	if err != nil {
		return page{}, fmt.Errorf("cannot read the positions of the analytics store: %w", err)
	}
	return page{Of: of, At: p.Offsets, Results: p.Results}, nil
}

// run runs a statement that is made of a user's.
func (e *Explainer) run(ctx context.Context, sql string) (*olap.Result, error) {
	result, err := e.cfg.Store.Query(ctx, olap.Query{SQL: sql, Limits: e.cfg.Limits, Untrusted: true})
	return result, unplaced(err)
}

// unplaced takes the place out of an error: it is one of the rewritten text.
func unplaced(err error) error {
	if statement, ok := err.(*olap.Error); ok { //nolint:errorlint // only one that is not wrapped has a place to lose
		return &olap.Error{Kind: statement.Kind, Message: statement.Message}
	}
	return err
}

// totals computes what the rows come to, and compares.
func (e *Explainer) totals(ctx context.Context, l *listing, a *Answer) error {
	result, err := e.run(ctx, l.totals)
	if err != nil {
		return err
	}
	rows, err := result.All()
	if err != nil {
		return err
	}
	if len(rows) != 1 || len(rows[0]) != 2+2*len(l.parts) {
		return fmt.Errorf("BUG: totals of %d parts have %d rows", len(l.parts), len(rows))
	}
	row := rows[0]
	a.Rows = count(row[0])
	for i, text := range l.parts {
		a.Parts = append(a.Parts, Part{Text: text, Rows: count(row[1+2*i]), Value: row[2+2*i]})
	}
	a.Total = row[len(row)-1]
	a.Equals = equal(a.Value, a.Total)
	if !a.Equals {
		a.Reason = "the rows do not come to the cell: it changed while it was explained, or its rows are picked by an order that is not complete; ask again"
	}
	return nil
}

func count(v any) int64 { n, _ := v.(int64); return n }

// equal compares a cell with what its rows come to. Floating-point sums depend on the order
// in which they are added, which SQL does not fix, so those need 12 equal digits.
func equal(a, b any) bool {
	x, isFloat := a.(float64)
	y, also := b.(float64)
	if isFloat && also {
		return x == y || math.IsNaN(x) && math.IsNaN(y) || math.Abs(x-y) <= 1e-12*max(math.Abs(x), math.Abs(y))
	}
	if s, ok := a.(time.Time); ok {
		t, also := b.(time.Time)
		return also && s.Equal(t)
	}
	return fmt.Sprint(a) == fmt.Sprint(b)
}

// list reads one page of rows.
func (e *Explainer) list(ctx context.Context, l *listing, a *Answer, at page, limit int) error {
	selected := []string{column("o")}
	for i, value := range l.brings {
		selected = append(selected, column("t", i), value)
	}
	result, err := e.run(ctx, fmt.Sprintf("SELECT %s FROM (%s) AS t ORDER BY ALL LIMIT %d OFFSET %d", strings.Join(selected, ", "), l.sql, limit, at.Skip))
	if err != nil {
		return err
	}
	rows, err := result.All()
	if err != nil {
		return err
	}
	for _, row := range rows {
		r := Row{Origins: originsOf(row[0])}
		if r.More = len(r.Origins) - maxListed; r.More > 0 {
			r.Origins = r.Origins[:maxListed]
		}
		r.More = max(0, r.More)
		for i := range l.parts {
			counts, _ := row[1+2*i].(bool)
			r.Counts = append(r.Counts, counts)
			value := row[2+2*i]
			if !counts {
				value = nil
			}
			r.Values = append(r.Values, value)
		}
		a.Listed = append(a.Listed, r)
	}
	at.Skip += len(rows)
	if int64(at.Skip) < a.Rows && len(rows) > 0 {
		a.Next = at.String()
	}
	return e.fill(ctx, a)
}

// originsOf reads the origin column.
func originsOf(v any) []Origin {
	list, _ := v.([]any)
	all := make([]Origin, 0, len(list))
	for _, x := range list {
		m, _ := x.(map[string]any)
		o := Origin{Offset: -1}
		o.Table, _ = m["t"].(string)
		o.Key, _ = m["k"].(string)
		if p, ok := m["p"].(int64); ok {
			o.Partition = int32(p)
			o.Offset = count(m["o"])
		}
		o.Line = int32(count(m["n"]))
		if id, ok := m["id"].(event.ID); ok {
			o.EventID = id.String()
		}
		all = append(all, o)
	}
	return all
}
