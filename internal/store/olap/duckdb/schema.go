package duckdb

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// internalSchema holds what is not for users.
const internalSchema = "_millrace"

// ddl is the text of the tables and views. That of each version is in testdata.
func ddl(l *layout, options string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE SCHEMA %s;\n", internalSchema)
	fmt.Fprintf(&b, "CREATE TABLE %s;\n", stateTable)
	fmt.Fprintf(&b, "INSERT INTO %s.state VALUES (%d, '{}', 0);\n", internalSchema, olap.SchemaVersion)
	fmt.Fprintf(&b, "CREATE TABLE %s.job_tables (name VARCHAR, definition VARCHAR);\n", internalSchema)
	fmt.Fprintf(&b, "CREATE TABLE %s.result_marks (reached TIMESTAMP, number BIGINT);\n", internalSchema)
	for _, t := range slices.Concat(l.dims[:], l.facts[:], l.stored) {
		writeTable(&b, t, options)
	}
	b.WriteString(storedDDL(l))
	b.WriteString(viewDDL(l, shownFacts, &archive{}))
	return b.String()
}

func writeTable(b *strings.Builder, t *physical, options string) {
	columns := make([]string, len(t.columns))
	for i, c := range t.columns {
		columns[i] = quote(c.Name) + " " + c.Type.SQL()
	}
	fmt.Fprintf(b, "CREATE TABLE %s (%s)%s;\n", t.sql(), strings.Join(columns, ", "), options)
}

// storedDDL is the text behind the tables that are stored as declared.
func storedDDL(l *layout) string {
	var b strings.Builder
	for _, t := range l.stored {
		if t.schema == "main" {
			writeComments(&b, "TABLE", t.declared)
			continue
		}
		fmt.Fprintf(&b, "CREATE VIEW main.%s AS\n%s;\n", quote(t.declared.Name), readSQL(t, l.acts()))
		writeComments(&b, "VIEW", t.declared)
	}
	return b.String()
}

// shownFacts are the fact tables that the views show at first: each view shows one.
var shownFacts = [factTables]bool{factPlain: true, factOrder: true}

// viewDDL is the text of the views over the fact tables that have rows. The
// others would only make each query dearer to plan.
//
// The platform's own statements have two views more: of all rows, and of those that are not in
// files of the lake, both with what was stored before them. Rows in files were stored before
// anything that is asked for by that; where they are asked for nevertheless, they pass.
func viewDDL(l *layout, filled [factTables]bool, a *archive) string {
	var b strings.Builder
	for _, v := range l.views {
		own := v.branches(l, filled, ", f."+olap.StoredAfter)
		files := fmt.Sprintf(", %d::BIGINT AS %s", int64(math.MaxInt64), olap.StoredAfter)
		fmt.Fprintf(&b, "CREATE OR REPLACE VIEW %s AS\n%s;\n", olap.OwnRows(v.table.Name), union(own))
		fmt.Fprintf(&b, "CREATE OR REPLACE VIEW %s AS\n%s;\n", olap.PlacedRows(v.table.Name), union(append(own, a.branches(v, files)...)))
		fmt.Fprintf(&b, "CREATE OR REPLACE VIEW main.%s AS\n%s;\n", quote(v.table.Name), union(append(v.branches(l, filled, ""), a.branches(v, "")...)))
		writeComments(&b, "VIEW", v.table)
	}
	return b.String()
}

func writeComments(b *strings.Builder, kind string, t *olap.Table) {
	fmt.Fprintf(b, "COMMENT ON %s main.%s IS %s;\n", kind, quote(t.Name), literal(t.Comment))
	for _, c := range t.Columns {
		fmt.Fprintf(b, "COMMENT ON COLUMN main.%s.%s IS %s;\n", quote(t.Name), quote(c.Name), literal(c.Comment))
	}
}

func union(branches []string) string { return strings.Join(branches, "\nUNION ALL\n") }

// branches are the queries of the view. Each fact table is joined for itself: above a
// union the joins cost the overview up to twice as much. more are further columns.
func (v *view) branches(l *layout, filled [factTables]bool, more string) []string {
	var branches []string
	for f, t := range l.facts {
		if !filled[f] || factParts[f]&partOf[v.table.Of] == 0 {
			continue
		}
		branch := "SELECT " + v.selectList(f) + more + "\nFROM " + t.sql() + " f"
		if f != factText {
			for _, d := range v.dims {
				branch += fmt.Sprintf("\nJOIN %s d%d ON d%[2]d.id = f.%s", l.dims[d].sql(), d, dimNames[d])
			}
		}
		branches = append(branches, branch+"\nWHERE "+v.where)
	}
	return branches
}

func (v *view) selectList(fact int) string {
	columns := make([]string, len(v.columns))
	for i, c := range v.columns {
		value := "f." + quote(c.name)
		switch {
		case c.dim >= 0 && fact != factText:
			value = fmt.Sprintf("d%d.%s", c.dim, quote(c.name))
		case c.negative:
			value = "-" + value
		case c.visit && (fact == factPlain || fact == factOrder):
			value = "NULL::" + c.declared.Type.SQL()
		}
		columns[i] = value + " AS " + quote(c.declared.Name)
	}
	return strings.Join(columns, ", ")
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// prepareSchema creates the tables of a new file and refuses those of another
// version.
func prepareSchema(c *connection, l *layout, options string) error {
	exists, err := c.texts("SELECT count(*)::VARCHAR FROM duckdb_tables() WHERE schema_name = '" + internalSchema + "'")
	if err != nil {
		return fmt.Errorf("cannot read the tables: %w", err)
	}
	if exists[0] == "0" {
		if err := c.exec("BEGIN;\n" + ddl(l, options) + "COMMIT;"); err != nil {
			return fmt.Errorf("cannot create the tables: %w", err)
		}
		return nil
	}
	state, err := c.texts("SELECT version::VARCHAR FROM " + internalSchema + ".state")
	if err != nil {
		return fmt.Errorf("cannot read the version of the tables: %w", err)
	}
	want := strconv.Itoa(olap.SchemaVersion)
	if len(state) == 1 && state[0] == upgradable {
		return upgrade(c, l, options)
	}
	if len(state) != 1 || state[0] != want {
		return fmt.Errorf("%w: its tables have version %v, this binary writes %s; use the binary that wrote it, or a new data folder",
			olap.ErrVersion, state, want)
	}
	return nil
}
