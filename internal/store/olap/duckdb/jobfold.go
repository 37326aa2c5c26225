package duckdb

import (
	"fmt"

	"github.com/millrace/millrace/internal/store/olap"
)

const (
	// maxTail is the size of a tail that is folded: what a query of the newest rows
	// groups, and about what a commit is held up for.
	maxTail = 20_000
	// trimRows bounds the revisions that are removed with one fold. More than a
	// fold brings, so that removing keeps up.
	trimRows = 4 * maxTail
	// marksPerRetention is how finely processing time is known of results.
	marksPerRetention = 128
)

// mark writes down now and then when the next result had a number.
func (w *writer) mark(next uint64) error {
	now := w.now()
	if now.Sub(w.marked) < w.retention/marksPerRetention {
		return nil
	}
	w.marked = now
	return w.conn.exec(fmt.Sprintf("INSERT INTO %s.result_marks VALUES (make_timestamp(%d), %d);\nDELETE FROM %[1]s.result_marks WHERE number < (%[4]s)",
		internalSchema, now.UnixMicro(), next, w.expired()))
}

// expired is the query of the number below which results are older than the
// retention.
func (w *writer) expired() string {
	return fmt.Sprintf("SELECT coalesce(max(number), 0) FROM %s.result_marks WHERE reached <= make_timestamp(%d)",
		internalSchema, w.now().Add(-w.retention).UnixMicro())
}

// fold folds the largest tail, if it is large: one at a time, so that the next
// commit does not wait for all. next is the number of the next result.
func (w *writer) fold(next uint64) error {
	var largest *jobWriter
	for _, j := range w.jobs {
		if j.table.current != nil && (largest == nil || j.rows > largest.rows) {
			largest = j
		}
	}
	if largest == nil || largest.rows < max(w.foldRows, w.foldAfter) {
		return nil
	}
	folded, err := w.foldTable(largest.table, int64(next))
	if err != nil {
		w.foldAfter = largest.rows + w.foldRows
		return fmt.Errorf("cannot fold %s: %w", largest.table.revisions.name, err)
	}
	largest.table, largest.rows, w.foldAfter = folded, 0, 0
	return nil
}

// foldTable brings the current rows up to number next, and removes old revisions.
func (w *writer) foldTable(t *jobTable, next int64) (*jobTable, error) {
	folded := *t
	folded.folded = next
	err := w.transaction(func() (err error) {
		if folded.trimmed, err = w.trimmable(t, next); err != nil {
			return err
		}
		save, err := folded.save()
		if err != nil {
			return err
		}
		current := t.current.sql()
		sql := "DELETE FROM " + current + " WHERE rowid IN (SELECT c.rowid FROM " + current + " c SEMI JOIN (" +
			t.tail(quoteAll(t.declared.Key)) + ") t ON " + t.sameKey("c", "t") + ");\n" +
			"INSERT INTO " + current + " " + t.newestOfTail("*") + ";\n"
		if folded.trimmed > t.trimmed {
			sql += fmt.Sprintf("DELETE FROM %s WHERE %s < %d;\n", t.revisions.sql(), quote(olap.RevisionColumn), folded.trimmed)
		}
		return w.conn.exec(sql + save + folded.views())
	})
	return &folded, err
}

// trimmable returns the number below which revisions are not kept: those of before
// the retention, and no more at once than a commit can be held up for.
func (w *writer) trimmable(t *jobTable, next int64) (int64, error) {
	expired, err := w.conn.number(w.expired())
	if err != nil {
		return 0, err
	}
	// They are found in the order in which they came.
	last, err := w.conn.number(fmt.Sprintf("SELECT coalesce(max(n), -1) FROM (SELECT %s AS n FROM %s WHERE n < %d LIMIT %d)",
		quote(olap.RevisionColumn), t.revisions.sql(), expired, trimRows))
	return min(max(t.trimmed, last+1), next), err
}
