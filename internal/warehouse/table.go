package warehouse

import (
	"fmt"
	"slices"
	"strings"
)

// SchemaName is the schema that the star is in.
const SchemaName = "warehouse"

// Kind says how the rows of a table come about.
type Kind string

// The kinds of tables.
const (
	// Fixed tables are filled when they are made.
	Fixed Kind = "fixed"
	// Type1 dimensions have a row per natural key, which does not change.
	Type1 Kind = "type1"
	// Type2 dimensions have a row per natural key and span of event time in which its
	// attributes were the same.
	Type2 Kind = "type2"
	// Events are facts with a row per event, or per item of one.
	Events Kind = "events"
	// Accumulating facts have a row per thing, to which events add.
	Accumulating Kind = "accumulating"
	// Views are computed when they are read.
	View Kind = "view"
)

// Source is what rows are made of: staged rows of a step.
type Source string

// The sources. Lines are items of events with the columns of their event.
const (
	FromEvents Source = "stage_events"
	FromLines  Source = "stage_lines"
)

// Table declares a table of the star.
type Table struct {
	Name    string
	Doc     string
	Kind    Kind
	From    Source
	Where   string // staged rows that make rows
	Columns []Column
	Query   string // of a view, and of what fills a fixed table
	Needs   string // table of a job that a view reads; the view is empty where there is none
}

// Column declares a column.
type Column struct {
	Name string
	Type string // of SQL
	Doc  string
	// SQL is the value, an expression over a staged row s.
	SQL string
	// Key marks the natural key: of a dimension, of an accumulating fact, and of a view.
	Key bool
	// Values are all that there are beside NULL, where they are few.
	Values []string
	// Dim names the dimension whose surrogate key the column is; SQL is then its natural
	// key, and its parts are separated by semicolons.
	Dim string
	// Of names a dimension with versions of whose attributes SQL makes the value, beside
	// columns of the fact. It is made anew when they change.
	Of string
	// Merge is how an accumulating fact joins two values: min, max, sum, or first (that of the
	// earlier row).
	Merge string
}

// surrogate is the name of a dimension's surrogate key.
func surrogate(dim string) string { return strings.TrimPrefix(dim, "dim_") + "_key" }

// keys returns the natural key of a table.
func (t *Table) keys() []Column {
	return slices.DeleteFunc(slices.Clone(t.Columns), func(c Column) bool { return !c.Key })
}

// attributes returns the columns of a dimension that are not its key.
func (t *Table) attributes() []Column {
	return slices.DeleteFunc(slices.Clone(t.Columns), func(c Column) bool { return c.Key })
}

func names(columns []Column, prefix string) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = prefix + c.Name
	}
	return out
}

// find returns the table of a name.
func find(star []Table, name string) *Table {
	i := slices.IndexFunc(star, func(t Table) bool { return t.Name == name })
	if i < 0 {
		panic(fmt.Sprintf("BUG: the star has no table %q", name))
	}
	return &star[i]
}

// qualified is the name of a table in statements.
func qualified(table string) string { return SchemaName + "." + table }

// The surrogate key is derived from the natural key, and of a version from its start, so
// that it is the same however often the star is made anew. -1 is the unknown member.
func surrogateSQL(keys []string, from string) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = "strlen(" + k + "::VARCHAR) || ':' || " + k + "::VARCHAR"
	}
	text := strings.Join(parts, " || ")
	if from != "" {
		text += " || CASE WHEN " + from + " = " + beginning + " THEN '' ELSE '@' || epoch_us(" + from + ") END"
	}
	return "(md5_number_lower(" + text + ") >> 1)::BIGINT"
}

// What a version is valid from and to when it is the first and the last.
const (
	beginning = "TIMESTAMP '0001-01-01'"
	end       = "TIMESTAMP '9999-12-31'"
)
