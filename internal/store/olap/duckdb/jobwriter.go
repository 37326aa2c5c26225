package duckdb

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
)

const (
	// maxTail is the size of a tail that is folded: what a query of the newest rows
	// sorts, and what a commit is held up for.
	maxTail = 20_000
	// trimRows bounds what one transaction removes of the former rows.
	trimRows = 4 * maxTail
	// marksPerRetention is how finely processing time is known of results.
	marksPerRetention = 128
)

// jobWriter appends to one table of job results.
type jobWriter struct {
	table *jobTable
	*tableWriter
	// from is, per stored column, its place among the declared ones; -1 for one
	// that is declared no more. The first column is the number.
	from []int
	rows int // in the tail
}

func newJobWriter(c *connection, t *jobTable) (*jobWriter, error) {
	rows, err := c.number("SELECT count(*) FROM " + t.tail.sql())
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", t.tail.name, err)
	}
	w := &jobWriter{table: t, tableWriter: newTableWriter(t.tail), rows: int(rows)}
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
	for i, n := range r.Numbers {
		if n >= to || i > 0 && n <= r.Numbers[i-1] {
			return fmt.Errorf("BUG: result %d of table %q is not above the one before, or not below the commit's number %d", n, r.Table, to)
		}
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

// storeResults moves the number of the next result, and marks now and then when
// it was reached.
func (w *writer) storeResults(to, stored uint64) error {
	if to <= stored {
		return nil
	}
	if err := w.conn.exec("UPDATE " + internalSchema + ".state SET results = " + strconv.FormatUint(to, 10)); err != nil {
		return err
	}
	now := w.now()
	if now.Sub(w.marked) < w.retention/marksPerRetention {
		return nil
	}
	w.marked = now
	return w.conn.exec(fmt.Sprintf("INSERT INTO %s.result_marks VALUES (make_timestamp(%d), %d)", internalSchema, now.UnixMicro(), stored))
}

// fold folds the tails that are large, each in a transaction of its own.
func (w *writer) fold() error {
	for _, j := range w.jobs {
		if j.rows < w.foldRows {
			continue
		}
		if err := w.transaction(func() error { return w.foldTable(j.table) }); err != nil {
			return fmt.Errorf("cannot fold %s: %w", j.table.tail.name, err)
		}
		j.rows = 0
	}
	return nil
}

func (w *writer) foldTable(t *jobTable) error {
	current, former, tail := t.current.sql(), t.former.sql(), t.tail.sql()
	replaced := current + " c SEMI JOIN " + tail + " t ON " + t.sameKey("c", "t")
	newest := "SELECT * FROM " + tail + " QUALIFY " + t.newest()
	if err := w.conn.exec("INSERT INTO " + former + " SELECT c.* FROM " + replaced + ";\n" +
		"DELETE FROM " + current + " WHERE rowid IN (SELECT c.rowid FROM " + replaced + ");\n" +
		"INSERT INTO " + current + " SELECT * FROM (" + newest + ") WHERE NOT " + t.isRetracted() + ";\n" +
		"INSERT INTO " + former + " SELECT * FROM " + tail + " QUALIFY NOT (" + t.newest() + ") OR " + t.isRetracted() + ";\n" +
		"DELETE FROM " + tail); err != nil {
		return err
	}
	return w.trim(t)
}

// trim removes former rows that nobody keeps, once they are more than the current
// ones. Rows of low numbers are removed first.
func (w *writer) trim(t *jobTable) error {
	const count = "SELECT count(*) FROM "
	former, err := w.conn.number(count + t.former.sql())
	if err != nil {
		return err
	}
	current, err := w.conn.number(count + t.current.sql())
	if err != nil || former <= current {
		return err
	}
	below, err := w.conn.number(fmt.Sprintf("SELECT coalesce(max(number), 0) FROM %s.result_marks WHERE reached <= make_timestamp(%d)",
		internalSchema, w.now().Add(-w.retention).UnixMicro()))
	if err != nil {
		return err
	}
	number := quote(olap.RevisionColumn)
	last, err := w.conn.number(fmt.Sprintf("SELECT coalesce(max(n), 0) FROM (SELECT %s AS n FROM %s WHERE n < %d ORDER BY n LIMIT %d)",
		number, t.former.sql(), below, trimRows))
	if err != nil || last == 0 {
		return err
	}
	return w.conn.exec(fmt.Sprintf("DELETE FROM %s WHERE %s <= %d", t.former.sql(), number, last))
}

// resultsState is what the writer knows of results.
type resultsState struct {
	jobs      map[string]*jobWriter
	foldRows  int
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
	var sql []byte
	for _, declared := range tables {
		var before *jobTable
		t := newJobTable(declared, declared.Columns)
		if j := w.jobs[declared.Name]; j != nil {
			before = j.table
			var err error
			if t, err = before.merge(declared); err != nil {
				return err
			}
		}
		text, err := t.definition()
		if err != nil {
			return err
		}
		if before != nil {
			if old, err := before.definition(); err != nil || old == text {
				if err != nil {
					return err
				}
				continue
			}
		}
		sql = append(sql, t.ddl(before)...)
		sql = fmt.Appendf(sql, "DELETE FROM %s.job_tables WHERE name = %s;\nINSERT INTO %[1]s.job_tables VALUES (%[2]s, %[3]s);\n",
			internalSchema, literal(declared.Name), literal(text))
	}
	if len(sql) == 0 {
		return nil
	}
	w.stale = true // until the tables are read back
	if err := w.transaction(func() error { return w.conn.exec(string(sql)) }); err != nil {
		return fmt.Errorf("cannot define the tables of job results: %w", err)
	}
	return w.load()
}
