package duckdb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// Tables that are replaced as a whole rest under their name with snapshotSuffix. The next
// ones are filled beside them, under nextSuffix, in transactions of snapshotRows: writes of the
// pass go between. Then they change places, in one transaction. What a crash leaves behind
// is removed before the next filling. Nothing else in the internal schema has such names.
const (
	snapshotSuffix = ".snapshot"
	nextSuffix     = ".next"
	snapshotRows   = 20 * chunkRows
)

var _ olap.Snapshots = (*Store)(nil)

// Replace implements [olap.Snapshots].
func (s *Store) Replace(ctx context.Context, tables []olap.Snapshot) error {
	for k := range tables {
		if err := tables[k].Check(); err != nil {
			return err
		}
	}
	defer s.changes.Add(1)
	s.replaceMu.Lock()
	defer s.replaceMu.Unlock()
	for k := range tables {
		if err := s.fillNext(ctx, &tables[k]); err != nil {
			return fmt.Errorf("cannot fill the table %q: %w", tables[k].Name, kindOf(err))
		}
	}
	if err := s.step(ctx, func(w *writer) error { return w.change(tables) }); err != nil {
		return fmt.Errorf("cannot replace the table %q: %w", tables[0].Name, kindOf(err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range tables {
		if !slices.Contains(s.snapshots, tables[k].Name) {
			s.snapshots = append(s.snapshots, tables[k].Name)
		}
	}
	return nil
}

// step runs a transaction of the writer, between those of the pass.
func (s *Store) step(ctx context.Context, f func(*writer) error) error {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	return s.insist(ctx, func() error { return f(s.w) })
}

// fillNext makes the next table with all its rows.
func (s *Store) fillNext(ctx context.Context, t *olap.Snapshot) error {
	p := &physical{schema: internalSchema, name: t.Name + nextSuffix}
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		p.columns = append(p.columns, column{Column: olap.Column{Name: c.Name, Type: c.Type}})
		columns[i] = quote(c.Name) + " " + c.Type.SQL()
	}
	err := s.step(ctx, func(w *writer) error {
		if slices.Contains(w.jobViews(), t.Name) {
			return errors.New("a job has a table of that name: give the job's another one")
		}
		return w.transaction(func() error {
			return w.conn.exec(fmt.Sprintf("CREATE OR REPLACE TABLE %s (%s)", p.sql(), strings.Join(columns, ", ")))
		})
	})
	for from := 0; err == nil && from < t.Len(); from += snapshotRows {
		to := min(from+snapshotRows, t.Len())
		err = s.step(ctx, func(w *writer) error {
			return w.transaction(func() error { return w.appendSnapshot(p, t, from, to) })
		})
	}
	return err
}

// appendSnapshot adds rows [from, to).
func (w *writer) appendSnapshot(p *physical, s *olap.Snapshot, from, to int) error {
	t := newTableWriter(p)
	defer t.close()
	err := t.appendChunks(w.conn, to-from, func(a, b, start int) {
		for k := range t.vectors {
			t.vectors[k].fillJob(s.Columns[k].Type, &s.Values[k], from+a, from+b, start, &t.arena)
		}
	})
	if err2 := t.finish(err == nil); err == nil {
		err = err2
	}
	return err
}

// change puts the next tables in their places.
func (w *writer) change(tables []olap.Snapshot) error {
	var b strings.Builder
	for i := range tables {
		t := &tables[i]
		place := t.Name + snapshotSuffix
		fmt.Fprintf(&b, "DROP TABLE IF EXISTS %s.%s;\n", internalSchema, quote(place))
		fmt.Fprintf(&b, "ALTER TABLE %s.%s RENAME TO %s;\n", internalSchema, quote(t.Name+nextSuffix), quote(place))
		names := make([]string, len(t.Columns))
		for k, c := range t.Columns {
			names[k] = c.Name
		}
		view := "main." + quote(t.Name)
		fmt.Fprintf(&b, "CREATE OR REPLACE VIEW %s AS SELECT %s FROM %s.%s;\n", view, quoteAll(names), internalSchema, quote(place))
		fmt.Fprintf(&b, "COMMENT ON VIEW %s IS %s;\n", view, literal(t.Comment))
		for _, c := range t.Columns {
			fmt.Fprintf(&b, "COMMENT ON COLUMN %s.%s IS %s;\n", view, quote(c.Name), literal(c.Comment))
		}
	}
	return w.transaction(func() error { return w.conn.exec(b.String()) })
}

// readSnapshots returns the names of the tables that are replaced as a whole.
func readSnapshots(c *connection) ([]string, error) {
	names, err := c.texts("SELECT table_name FROM duckdb_tables() WHERE schema_name = '" + internalSchema + "' AND table_name LIKE '%" + snapshotSuffix + "'")
	if err != nil {
		return nil, fmt.Errorf("cannot read the tables that are replaced: %w", err)
	}
	for i, name := range names {
		names[i] = strings.TrimSuffix(name, snapshotSuffix)
	}
	return names, nil
}

// notSnapshots refuses tables of job results that have the name of one that is replaced as a whole.
func (s *Store) notSnapshots(tables []olap.JobTable) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range tables {
		if slices.Contains(s.snapshots, t.Name) || slices.Contains(s.snapshots, t.Name+olap.RevisionsSuffix) {
			return fmt.Errorf("table %q: the platform keeps results of an analysis under that name, choose another", t.Name)
		}
	}
	return nil
}
