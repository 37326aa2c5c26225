package duckdb

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// jobTable is how a table of job results rests in the file (ADR 042). All rows are
// appended to the revisions, in the order of their numbers; those not folded yet are
// the tail. Once that is large it is folded: the newest row of each key in it takes
// the place of the one in the current rows. So a commit costs what its rows cost, a
// read of the newest rows is a scan, and old revisions are removed from the front.
type jobTable struct {
	declared olap.JobTable
	stored   []olap.JobColumn // declared columns, and those declared once

	revisions *physical
	current   *physical // nil without a key, where every row stays
	// Rows from number folded on are the tail. Those below trimmed are no longer
	// among the revisions.
	folded, trimmed int64
}

func newJobTable(declared olap.JobTable, stored []olap.JobColumn) *jobTable {
	columns := []column{{Column: olap.Column{Name: olap.RevisionColumn, Type: olap.Int64}}}
	for _, c := range stored {
		columns = append(columns, column{Column: olap.Column{Name: c.Name, Type: c.Type}})
	}
	// No name of a job table has a dot: the internal tables cannot be of one name.
	t := &jobTable{declared: declared, stored: stored}
	t.revisions = &physical{schema: internalSchema, name: declared.Name + ".revisions", columns: columns}
	if len(declared.Key) > 0 {
		t.current = &physical{schema: internalSchema, name: declared.Name + ".current", columns: columns}
	}
	return t
}

func (t *jobTable) physicals() []*physical {
	if t.current == nil {
		return []*physical{t.revisions}
	}
	return []*physical{t.revisions, t.current}
}

// merge returns the table as it is to be: as declared, with the columns that the
// file has already. The error says what cannot be.
func (t *jobTable) merge(declared olap.JobTable) (*jobTable, error) {
	const remedy = "give the table another name, or start with a new data folder"
	if !slices.Equal(t.declared.Key, declared.Key) {
		return nil, fmt.Errorf("table %q has the key (%s) and is declared with (%s): %s",
			declared.Name, strings.Join(t.declared.Key, ", "), strings.Join(declared.Key, ", "), remedy)
	}
	stored := slices.Clone(t.stored)
	for _, c := range declared.Columns {
		k := slices.IndexFunc(stored, func(o olap.JobColumn) bool { return o.Name == c.Name })
		switch {
		case k < 0:
			stored = append(stored, c)
		case stored[k].Type != c.Type:
			return nil, fmt.Errorf("table %q, column %q is stored as %s and declared as %s: give the column another name, or %s",
				declared.Name, c.Name, stored[k].Type.SQL(), c.Type.SQL(), remedy)
		}
	}
	m := newJobTable(declared, stored)
	m.folded, m.trimmed = t.folded, t.trimmed
	return m, nil
}

// sameKey is the condition that rows a and b are of one key. The parts of a key
// may be NULL.
func (t *jobTable) sameKey(a, b string) string {
	terms := make([]string, len(t.declared.Key))
	for i, name := range t.declared.Key {
		terms[i] = a + "." + quote(name) + " IS NOT DISTINCT FROM " + b + "." + quote(name)
	}
	return strings.Join(terms, " AND ")
}

// tail is the query of the rows that are not folded.
func (t *jobTable) tail(columns string) string {
	return fmt.Sprintf("SELECT %s FROM %s WHERE %s >= %d", columns, t.revisions.sql(), quote(olap.RevisionColumn), t.folded)
}

// newestOfTail is the query of the newest row per key in the tail, but for results
// that it takes away. Numbers are unique, so that no rows need to be sorted.
func (t *jobTable) newestOfTail(columns string) string {
	number := quote(olap.RevisionColumn)
	return t.tail(columns) + " AND " + number + " IN (" + t.tail("max("+number+")") + " GROUP BY " + quoteAll(t.declared.Key) + ") AND NOT " + t.isRetracted()
}

// remaining is the query of the current rows that the tail does not replace.
func (t *jobTable) remaining(columns string) string {
	return "SELECT " + columns + " FROM " + t.current.sql() + " c ANTI JOIN (" + t.tail(quoteAll(t.declared.Key)) + ") t ON " + t.sameKey("c", "t") +
		" WHERE NOT " + t.isRetracted()
}

func (t *jobTable) isRetracted() string {
	if t.declared.Retracted == "" {
		return "false"
	}
	return "coalesce(" + quote(t.declared.Retracted) + ", false)"
}

// ddl makes the table of what the file has, nil for nothing.
func (t *jobTable) ddl(before *jobTable) string {
	var b strings.Builder
	for _, p := range t.physicals() {
		if before == nil {
			columns := make([]string, len(p.columns))
			for i, c := range p.columns {
				columns[i] = quote(c.Name) + " " + c.Type.SQL()
			}
			fmt.Fprintf(&b, "CREATE TABLE %s (%s);\n", p.sql(), strings.Join(columns, ", "))
			continue
		}
		for _, c := range t.stored[len(before.stored):] {
			fmt.Fprintf(&b, "ALTER TABLE %s ADD COLUMN %s %s;\n", p.sql(), quote(c.Name), c.Type.SQL())
		}
	}
	return b.String() + t.views()
}

// views makes the views that users read.
func (t *jobTable) views() string {
	names := make([]string, len(t.declared.Columns))
	for i, c := range t.declared.Columns {
		names[i] = c.Name
	}
	shown := quoteAll(names)
	number := quote(olap.RevisionColumn)
	newest := "SELECT " + shown + " FROM " + t.revisions.sql() + " WHERE NOT " + t.isRetracted()
	if t.current != nil {
		newest = t.remaining(shown) + "\nUNION ALL\n" + t.newestOfTail(shown)
	}
	shown = number + ", " + shown
	all := "SELECT " + shown + " FROM " + t.revisions.sql()
	if t.trimmed > 0 {
		all += fmt.Sprintf("\nUNION ALL\nSELECT %s FROM %s WHERE %s < %d", shown, t.current.sql(), number, t.trimmed)
	}
	var b strings.Builder
	view := "main." + quote(t.declared.Name)
	fmt.Fprintf(&b, "CREATE OR REPLACE VIEW %s AS\n%s;\nCOMMENT ON VIEW %[1]s IS %[3]s;\n", view, newest, literal(t.declared.Comment))
	view = "main." + quote(t.declared.Name+olap.RevisionsSuffix)
	fmt.Fprintf(&b, "CREATE OR REPLACE VIEW %s AS\n%s;\nCOMMENT ON VIEW %[1]s IS %[3]s;\n", view, all, literal(t.declared.Comment+" (revisions)"))
	fmt.Fprintf(&b, "COMMENT ON COLUMN %s.%s IS 'Number of the result; a higher one of the same key replaces a lower one';\n", view, number)
	return b.String()
}

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = quote(name)
	}
	return strings.Join(quoted, ", ")
}

// definition is a job table as the file describes it.
type definition struct {
	Declared        olap.JobTable
	Stored          []olap.JobColumn
	Folded, Trimmed int64
}

// save returns the statements that write the definition down.
func (t *jobTable) save() (string, error) {
	text, err := json.Marshal(definition{t.declared, t.stored, t.folded, t.trimmed})
	return fmt.Sprintf("DELETE FROM %s.job_tables WHERE name = %s;\nINSERT INTO %[1]s.job_tables VALUES (%[2]s, %[3]s);\n",
		internalSchema, literal(t.declared.Name), literal(string(text))), err
}

// readJobTables returns the tables of job results that the file has, by name.
func readJobTables(c *connection) (map[string]*jobTable, error) {
	texts, err := c.texts("SELECT definition FROM " + internalSchema + ".job_tables")
	if err != nil {
		return nil, fmt.Errorf("cannot read the tables of job results: %w", err)
	}
	tables := make(map[string]*jobTable, len(texts))
	for _, text := range texts {
		var d definition
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			return nil, fmt.Errorf("cannot read the definition of a table of job results: %w", err)
		}
		t := newJobTable(d.Declared, d.Stored)
		t.folded, t.trimmed = d.Folded, d.Trimmed
		tables[d.Declared.Name] = t
	}
	return tables, nil
}
