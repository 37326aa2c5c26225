package duckdb

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// jobTable is how a table of job results rests in the file (ADR 042). Rows are
// appended to the tail. Once that is large it is folded: the newest row of each
// key goes to the current rows, what it supersedes to the former ones. So a
// commit costs what its rows cost, and a read of the newest rows is a scan.
type jobTable struct {
	declared olap.JobTable
	stored   []olap.JobColumn // declared columns, and those declared once

	current, former, tail *physical
}

func newJobTable(declared olap.JobTable, stored []olap.JobColumn) *jobTable {
	t := &jobTable{declared: declared, stored: stored}
	columns := []column{{Column: olap.Column{Name: olap.RevisionColumn, Type: olap.Int64}}}
	for _, c := range stored {
		columns = append(columns, column{Column: olap.Column{Name: c.Name, Type: c.Type}})
	}
	for prefix, p := range map[string]**physical{"job_": &t.current, "job_former_": &t.former, "job_tail_": &t.tail} {
		*p = &physical{schema: internalSchema, name: prefix + declared.Name, columns: columns}
	}
	return t
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
	return newJobTable(declared, stored), nil
}

// key returns the columns that tell results apart.
func (t *jobTable) key() []string {
	if len(t.declared.Key) == 0 {
		return []string{olap.RevisionColumn}
	}
	return t.declared.Key
}

// sameKey is the condition that rows a and b are of one key. The parts of a key
// may be NULL.
func (t *jobTable) sameKey(a, b string) string {
	var terms []string
	for _, name := range t.key() {
		terms = append(terms, a+"."+quote(name)+" IS NOT DISTINCT FROM "+b+"."+quote(name))
	}
	return strings.Join(terms, " AND ")
}

// newest is the condition of QUALIFY that a row is the newest of its key.
func (t *jobTable) newest() string {
	return "row_number() OVER (PARTITION BY " + quoteAll(t.key()) + " ORDER BY " + quote(olap.RevisionColumn) + " DESC) = 1"
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
	for _, p := range []*physical{t.current, t.former, t.tail} {
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
	t.writeViews(&b)
	return b.String()
}

func (t *jobTable) writeViews(b *strings.Builder) {
	names := make([]string, len(t.declared.Columns))
	for i, c := range t.declared.Columns {
		names[i] = c.Name
	}
	shown := quoteAll(names)
	newest, all := "main."+quote(t.declared.Name), "main."+quote(t.declared.Name+olap.RevisionsSuffix)
	fmt.Fprintf(b, "CREATE OR REPLACE VIEW %s AS\nSELECT %s FROM %s c ANTI JOIN %s t ON %s WHERE NOT %s\nUNION ALL\nSELECT %s FROM (SELECT * FROM %s QUALIFY %s) WHERE NOT %s;\n",
		newest, shown, t.current.sql(), t.tail.sql(), t.sameKey("c", "t"), t.isRetracted(),
		shown, t.tail.sql(), t.newest(), t.isRetracted())
	fmt.Fprintf(b, "COMMENT ON VIEW %s IS %s;\n", newest, literal(t.declared.Comment))

	shown = quote(olap.RevisionColumn) + ", " + shown
	fmt.Fprintf(b, "CREATE OR REPLACE VIEW %s AS\nSELECT %s FROM %s\nUNION ALL\nSELECT %[2]s FROM %[4]s\nUNION ALL\nSELECT %[2]s FROM %[5]s;\n",
		all, shown, t.former.sql(), t.current.sql(), t.tail.sql())
	fmt.Fprintf(b, "COMMENT ON VIEW %s IS %s;\n", all, literal(t.declared.Comment+" (all revisions)"))
	fmt.Fprintf(b, "COMMENT ON COLUMN %s.%s IS 'Number of the result; a higher one of the same key replaces a lower one';\n", all, quote(olap.RevisionColumn))
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
	Declared olap.JobTable
	Stored   []olap.JobColumn
}

func (t *jobTable) definition() (string, error) {
	text, err := json.Marshal(definition{t.declared, t.stored})
	return string(text), err
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
		tables[d.Declared.Name] = newJobTable(d.Declared, d.Stored)
	}
	return tables, nil
}
