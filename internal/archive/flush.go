package archive

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/millrace/millrace/internal/store/lake"
	"github.com/millrace/millrace/internal/store/olap"
)

// chunk bounds the records of the log whose rows are written at once, and with that the
// memory that ordering them takes.
const chunk = 500_000

// waiting returns how many records of the log the lake lacks.
func (s *Service) waiting(ctx context.Context) (int64, error) {
	var written map[int32]int64
	state, err := s.cfg.Lake.Load(ctx, eventsTable, lake.Version{})
	switch {
	case err == nil:
		written = state.Snapshot.Positions.Offsets
	case !errors.Is(err, lake.ErrNoTable): // it is made with its first rows
		return 0, err
	}
	stored, err := s.cfg.Store.Positions(ctx)
	if err != nil {
		return 0, err
	}
	var n int64
	for p, to := range stored.Offsets {
		n += max(0, to-written[p])
	}
	return n, nil
}

func (s *Service) flushAll(ctx context.Context) (Did, error) {
	rows, err := s.Flush(ctx)
	return Did{Rows: rows}, err
}

// Flush brings the tables of the lake up to what the store has, and returns the rows that
// it wrote.
func (s *Service) Flush(ctx context.Context) (rows int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	flows, err := s.flows(ctx)
	if err != nil {
		return 0, err
	}
	stored, err := s.cfg.Store.Positions(ctx)
	if err != nil {
		return 0, err
	}
	defer func() {
		s.note(func(st *Status) { st.Rows += rows; st.Flushed = s.cfg.Clock.Now() })
	}()
	for _, together := range groups(flows) {
		for {
			n, done, err := s.step(ctx, together, stored)
			if rows += n; err != nil {
				return rows, fmt.Errorf("cannot flush %s to the lake: %w", together[0].table.Name, err)
			}
			if done {
				break
			}
		}
	}
	return rows, nil
}

// groups are the tables that are brought to the same positions: events with their items,
// since they leave the store together.
func groups(flows []flow) [][]flow {
	var out [][]flow
	for _, f := range flows {
		if len(out) > 0 && slices.Contains(together(), f.table.Name) {
			out[0] = append(out[0], f)
			continue
		}
		out = append(out, []flow{f})
	}
	return out
}

// step writes one chunk. Behind a crash one of the tables may be ahead: the others are
// brought to where it is first.
func (s *Service) step(ctx context.Context, together []flow, stored olap.Positions) (rows int64, done bool, err error) {
	var at lake.Positions
	states := make([]*lake.State, len(together))
	for i := range together {
		if err := s.define(ctx, &together[i]); err != nil {
			return 0, false, err
		}
		if states[i], err = s.cfg.Lake.Load(ctx, together[i].table.Name, lake.Version{}); err != nil {
			return 0, false, err
		}
		at = ahead(at, states[i].Snapshot.Positions)
	}
	behind := func(st *lake.State) bool { return !equal(st.Snapshot.Positions, at) }
	if !slices.ContainsFunc(states, behind) {
		next := advance(at, stored, together[0].jobs)
		if equal(at, next) {
			return 0, true, nil
		}
		at = next
	}
	for i, st := range states {
		if equal(st.Snapshot.Positions, at) {
			continue
		}
		n, err := s.append(ctx, &together[i], st, at, stored.Trail)
		if rows += n; err != nil {
			return rows, false, err
		}
	}
	return rows, false, nil
}

func ahead(a, b lake.Positions) lake.Positions {
	out := lake.Positions{Offsets: maps.Clone(a.Offsets), Results: max(a.Results, b.Results)}
	if out.Offsets == nil {
		out.Offsets = make(map[int32]int64)
	}
	for p, n := range b.Offsets {
		out.Offsets[p] = max(out.Offsets[p], n)
	}
	return out
}

func equal(a, b lake.Positions) bool {
	return a.Results == b.Results && maps.Equal(a.Offsets, b.Offsets)
}

// advance returns the positions of the next chunk.
func advance(at lake.Positions, stored olap.Positions, jobs bool) lake.Positions {
	next := lake.Positions{Offsets: make(map[int32]int64), Results: at.Results}
	if jobs {
		next.Results = max(at.Results, min(stored.Results, at.Results+chunk))
		return lake.Positions{Offsets: at.Offsets, Results: next.Results}
	}
	maps.Copy(next.Offsets, at.Offsets)
	var total int64
	for p, to := range stored.Offsets {
		total += max(0, to-at.Offsets[p])
	}
	for p, to := range stored.Offsets {
		width := to - at.Offsets[p]
		if total > chunk {
			width = max(1, width*chunk/total)
		}
		if to > at.Offsets[p] {
			next.Offsets[p] = min(to, at.Offsets[p]+width)
		}
	}
	return next
}

// between is the condition that a row is behind one position and before another.
func (f *flow) between(at, to lake.Positions, trail olap.Trail) string {
	if f.jobs {
		return fmt.Sprintf("%s >= %d AND %[1]s < %[3]d", quote(olap.RevisionColumn), at.Results, to.Results)
	}
	floor := int64(0)
	if f.from == olap.OwnRows(f.table.Name) {
		floor = trail.Floor(at.Offsets)
	}
	return olap.Between(at.Offsets, to.Offsets, floor)
}

// append adds the rows up to a position to a table.
func (s *Service) append(ctx context.Context, f *flow, state *lake.State, to lake.Positions, trail olap.Trail) (int64, error) {
	where := f.between(state.Snapshot.Positions, to, trail)
	spans, err := s.spans(ctx, f, where)
	if err != nil {
		return 0, err
	}
	change := lake.Change{Table: f.table.Name, Base: state.Snapshot.ID, Positions: &to}
	var rows int64
	for i, from := range spans {
		q := f.source(state, where, from)
		path := filepath.Join(state.Location, "data", fmt.Sprintf("%s-f%x-%d.parquet", spanName(f.table.Partition.Span, from), uint64(state.Snapshot.ID), i))
		if from.IsZero() {
			path = filepath.Join(state.Location, "data", fmt.Sprintf("f%x-%s-%d.parquet", uint64(state.Snapshot.ID), positionName(to), i))
		}
		n, err := s.copy(ctx, olap.Copy{Query: olap.Query{SQL: q.sql(&f.table)}, Path: path, Columns: q.columns, Searched: len(f.table.Search) > 0})
		if err != nil {
			return rows, err
		}
		rows += n
		change.Add = append(change.Add, path)
	}
	if _, err := s.cfg.Lake.Commit(ctx, change); err != nil {
		return rows, err
	}
	return rows, nil
}

// positionName tells flushes of the same snapshot apart: positions move without one.
func positionName(to lake.Positions) string {
	var sum int64
	for _, n := range to.Offsets {
		sum += n
	}
	return fmt.Sprint(sum, "-", to.Results)
}

func spanName(span lake.Span, from time.Time) string {
	if span == lake.Month {
		return from.Format("2006-01")
	}
	return from.Format(time.DateOnly)
}

// spans are the partitions that rows are in; the zero time stands for rows without one.
func (s *Service) spans(ctx context.Context, f *flow, where string) ([]time.Time, error) {
	column := "NULL::TIMESTAMP"
	if p := f.table.Partition; p.Column != "" {
		column = fmt.Sprintf("date_trunc('%s', %s)::TIMESTAMP", p.Span, quote(p.Column))
	}
	rows, err := s.rows(ctx, fmt.Sprintf("SELECT DISTINCT %s AS span FROM %s WHERE %s ORDER BY span", column, f.from, where))
	if err != nil {
		return nil, err
	}
	spans := make([]time.Time, len(rows))
	for i, row := range rows {
		spans[i], _ = row[0].(time.Time)
	}
	return spans, nil
}

// source is the query of rows of the store, of one partition.
func (f *flow) source(state *lake.State, where string, from time.Time) *source {
	q := &source{from: f.from, where: "(" + where + ")", span: f.table.Partition, names: make(map[string]string)}
	for _, c := range state.Columns {
		if name := declaredOf(state, c.ID); name != "" {
			q.selected = append(q.selected, quote(name)+"::"+sqlType(c.Type)+" AS "+quote(c.Name))
			q.columns = append(q.columns, olap.FileColumn{Name: c.Name, ID: c.ID})
			q.names[name] = name
		}
	}
	if p := f.table.Partition; p.Column != "" {
		if from.IsZero() {
			q.where += fmt.Sprintf(" AND %s IS NULL", quote(p.Column))
			return q
		}
		q.start, q.end = from, p.Span.Next(from)
		q.where += fmt.Sprintf(" AND %s >= %s AND %[1]s < %[3]s", quote(p.Column), timestamp(q.start), timestamp(q.end))
	}
	return q
}

func timestamp(t time.Time) string { return fmt.Sprintf("make_timestamp(%d)", t.UnixMicro()) }

// copy makes a durable file of rows.
func (s *Service) copy(ctx context.Context, c olap.Copy) (int64, error) {
	if err := os.MkdirAll(filepath.Dir(c.Path), 0o755); err != nil {
		return 0, fmt.Errorf("cannot make the folder of a file of the lake: %w", err)
	}
	n, err := s.cfg.Store.Copy(ctx, c)
	if err != nil {
		return 0, err
	}
	for _, path := range []string{c.Path, filepath.Dir(c.Path)} {
		f, err := os.Open(path)
		if err != nil {
			return 0, fmt.Errorf("cannot make %q durable: %w", path, err)
		}
		err = f.Sync()
		if err2 := f.Close(); err == nil {
			err = err2
		}
		if err != nil {
			return 0, fmt.Errorf("cannot make %q durable: %w", path, err)
		}
	}
	return n, nil
}
