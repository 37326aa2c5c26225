package duckdb

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
)

// jobWriter appends to one table of job results.
type jobWriter struct {
	table *jobTable
	*tableWriter
	// from is, per stored column, its place among the declared ones; -1 for one
	// that is declared no more. The first column is the number.
	from []int
	rows int   // in the tail
	last int64 // number of the newest row of the commit at hand, -1 without one
}

func newJobWriter(c *connection, t *jobTable) (*jobWriter, error) {
	rows, err := c.number(t.tail("count(*)"))
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", t.revisions.name, err)
	}
	w := &jobWriter{table: t, tableWriter: newTableWriter(t.revisions), rows: int(rows)}
	for _, s := range t.stored {
		w.from = append(w.from, slices.IndexFunc(t.declared.Columns, func(d olap.JobColumn) bool { return d.Name == s.Name }))
	}
	return w, nil
}

// check says what is wrong with rows.
func (w *jobWriter) check(r *olap.JobRows, to uint64) error {
	declared := w.table.declared.Columns
	if len(r.Columns) != len(declared) {
		return fmt.Errorf("BUG: results of table %q have %d columns, want %d", r.Table, len(r.Columns), len(declared))
	}
	for k := range r.Columns {
		if n := r.Columns[k].Len(declared[k].Type); n != r.Len() {
			return fmt.Errorf("BUG: results of table %q have %d values in column %q, want %d", r.Table, n, declared[k].Name, r.Len())
		}
	}
	for _, n := range r.Numbers {
		if n >= to || int64(n) <= w.last {
			return fmt.Errorf("BUG: result %d of table %q is not above the one before, or not below the commit's number %d", n, r.Table, to)
		}
		w.last = int64(n)
	}
	return nil
}

// appendRows adds the rows at or behind number stored.
func (w *jobWriter) appendRows(conn *connection, r *olap.JobRows, stored uint64) (int, error) {
	skip := sort.Search(r.Len(), func(i int) bool { return r.Numbers[i] >= stored })
	n := r.Len() - skip
	return n, w.appendChunks(conn, n, func(from, to, start int) {
		from, to = from+skip, to+skip
		for j, number := range r.Numbers[from:to] {
			put(w.vectors[0].data, start+j, int64(number))
		}
		for k, at := range w.from {
			v := &w.vectors[k+1]
			if at < 0 {
				v.fillNulls(w.table.stored[k].Type, start, to-from)
				continue
			}
			v.fillJob(w.table.stored[k].Type, &r.Columns[at], from, to, start, &w.arena)
		}
	})
}

// fillJob writes values [from, to) into a column, from row start of the chunk.
func (v *vector) fillJob(t olap.Type, values *olap.JobValues, from, to, start int, a *arena) {
	switch t {
	case olap.UUID:
		for j := range values.IDs[from:to] {
			put(v.data, start+j, uuidOf(&values.IDs[from+j]))
		}
	case olap.Text:
		for j, s := range values.Texts[from:to] {
			v.setText(start+j, s, a)
		}
	case olap.Double:
		for j, f := range values.Floats[from:to] {
			put(v.data, start+j, f)
		}
	case olap.Int32:
		for j, n := range values.Ints[from:to] {
			put(v.data, start+j, int32(n))
		}
	case olap.Bool:
		for j, n := range values.Ints[from:to] {
			put(v.data, start+j, byte(min(max(n, 0), 1)))
		}
	default:
		for j, n := range values.Ints[from:to] {
			put(v.data, start+j, n)
			if n == 0 && t == olap.Timestamp {
				v.setNull(start + j)
			}
		}
	}
}

// appendResults adds what jobs published.
func (w *writer) appendResults(c *olap.Commit, stored uint64) error {
	for _, j := range w.jobs {
		j.last = -1
	}
	for k := range c.Results {
		r := &c.Results[k]
		if r.Len() == 0 {
			continue
		}
		j := w.jobs[r.Table]
		if j == nil {
			return fmt.Errorf("BUG: results of table %q, which is not defined", r.Table)
		}
		if err := j.check(r, c.ResultsTo); err != nil {
			return err
		}
		n, err := j.appendRows(w.conn, r, stored)
		if err != nil {
			return err
		}
		j.rows += n
	}
	return nil
}

// resultsState is what the writer knows of results.
type resultsState struct {
	jobs      map[string]*jobWriter
	foldRows  int
	foldAfter int // rows of the tail for which a fold that failed is tried again
	retention time.Duration
	now       func() time.Time
	marked    time.Time // when the last mark was made
}

// loadJobs reads the tables of job results anew.
func (w *writer) loadJobs() error {
	for _, j := range w.jobs {
		j.close()
	}
	w.jobs = nil
	tables, err := readJobTables(w.conn)
	if err != nil {
		return err
	}
	marked, err := w.conn.number("SELECT coalesce(max(epoch_us(reached)), 0) FROM " + internalSchema + ".result_marks")
	if err != nil {
		return fmt.Errorf("cannot read the marks of results: %w", err)
	}
	jobs := make(map[string]*jobWriter, len(tables))
	w.marked, w.jobs = time.UnixMicro(marked), jobs
	for name, t := range tables {
		if jobs[name], err = newJobWriter(w.conn, t); err != nil {
			delete(jobs, name)
			return err
		}
	}
	return nil
}

// jobViews returns the names of the views over the job tables.
func (w *writer) jobViews() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(w.jobs)) {
		names = append(names, name, name+olap.RevisionsSuffix)
	}
	return names
}

// define makes job tables, all or none.
func (w *writer) define(tables []olap.JobTable) error {
	if w.stale {
		if err := w.load(); err != nil {
			return err
		}
	}
	var sql strings.Builder
	for _, declared := range tables {
		text, err := w.definitionSQL(declared)
		if err != nil {
			return err
		}
		sql.WriteString(text)
	}
	if sql.Len() == 0 {
		return nil
	}
	w.stale = true // until the tables are read back
	if err := w.transaction(func() error { return w.conn.exec(sql.String()) }); err != nil {
		return fmt.Errorf("cannot define the tables of job results: %w", err)
	}
	return w.load()
}

// definitionSQL makes one job table as it is declared, or is empty when it is that
// already.
func (w *writer) definitionSQL(declared olap.JobTable) (string, error) {
	j := w.jobs[declared.Name]
	if j == nil {
		t := newJobTable(declared, declared.Columns)
		save, err := t.save()
		return t.ddl(nil) + save, err
	}
	t, err := j.table.merge(declared)
	if err != nil {
		return "", err
	}
	before, err := j.table.save()
	if err != nil {
		return "", err
	}
	save, err := t.save()
	if err != nil || save == before {
		return "", err
	}
	return t.ddl(j.table) + save, nil
}
