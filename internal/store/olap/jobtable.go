package olap

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/millrace/millrace/event"
)

// JobTable declares a table of what a job publishes. A result is known by its
// key: a row replaces the row of equal key that came before it. Users see the
// newest rows under Name, and all rows under Name with [RevisionsSuffix].
type JobTable struct {
	Name    string
	Comment string
	Columns []JobColumn
	Key     []string // names of columns; none: no row replaces another
	// Retracted names a BOOLEAN column: a row in which it is true takes the result
	// away. Empty: results are not taken away.
	Retracted string
}

// RevisionsSuffix ends the name under which users see all rows of a job table.
// They are numbered in the column RevisionColumn.
const (
	RevisionsSuffix = "_revisions"
	RevisionColumn  = "revision_no"
)

// JobColumn is a column of a result table.
type JobColumn struct {
	Name string
	Type Type
}

// JobRows are rows of one job table, column by column, in the order in which
// they were published.
type JobRows struct {
	Table   string
	Numbers []uint64 // of the rows, in the order of all results
	Columns []JobValues
}

// JobValues are the values of one column, in the slice that its type asks
// for; the others are nil.
type JobValues struct {
	Ints   []int64    // Timestamp (µs; 0 is NULL), Money (micros), Int32, Int64, Bool (0 or 1)
	Floats []float64  // Double
	Texts  []string   // Text; the empty string is NULL
	IDs    []event.ID // UUID
}

// Len returns the number of rows.
func (r *JobRows) Len() int { return len(r.Numbers) }

// Len returns the number of values that the slice of a type has.
func (v *JobValues) Len(t Type) int {
	switch t {
	case UUID:
		return len(v.IDs)
	case Text:
		return len(v.Texts)
	case Double:
		return len(v.Floats)
	default:
		return len(v.Ints)
	}
}

const maxName = 63

var jobName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// foreignPrefixes are those of the database's own tables, and of the views over rollups.
var foreignPrefixes = []string{"duckdb_", "pragma_", "sqlite_", "pg_", "rollup_"}

// Check says what is wrong with a declaration.
func (t *JobTable) Check() error {
	if err := checkName(t.Name); err != nil {
		return fmt.Errorf("table %q: %w", t.Name, err)
	}
	switch {
	case slices.ContainsFunc(Tables(), func(own Table) bool { return own.Name == t.Name }):
		return fmt.Errorf("table %q: the platform has a table of that name, choose another", t.Name)
	case strings.HasSuffix(t.Name, RevisionsSuffix):
		return fmt.Errorf("table %q: names that end in %s are taken, choose another", t.Name, RevisionsSuffix)
	case slices.ContainsFunc(foreignPrefixes, func(p string) bool { return strings.HasPrefix(t.Name, p) }):
		return fmt.Errorf("table %q: names may not begin with %s, choose another", t.Name, strings.Join(foreignPrefixes, ", "))
	case len(t.Columns) == 0:
		return fmt.Errorf("table %q: it has no columns", t.Name)
	}
	seen := make(map[string]Type, len(t.Columns))
	for _, c := range t.Columns {
		if err := checkName(c.Name); err != nil {
			return fmt.Errorf("table %q, column %q: %w", t.Name, c.Name, err)
		}
		if _, twice := seen[c.Name]; twice || c.Name == RevisionColumn {
			return fmt.Errorf("table %q, column %q: the name is taken, choose another", t.Name, c.Name)
		}
		if c.Type > Double {
			return fmt.Errorf("BUG: table %q, column %q: no type %d", t.Name, c.Name, c.Type)
		}
		seen[c.Name] = c.Type
	}
	for _, name := range t.Key {
		if _, ok := seen[name]; !ok {
			return fmt.Errorf("table %q: its key names the column %q, which it does not have", t.Name, name)
		}
	}
	if typ, ok := seen[t.Retracted]; t.Retracted != "" && (!ok || typ != Bool) {
		return fmt.Errorf("table %q: %q, which takes results away, is no BOOLEAN column of it", t.Name, t.Retracted)
	}
	return nil
}

func checkName(name string) error {
	if !jobName.MatchString(name) || len(name) > maxName {
		return fmt.Errorf("a name is a small letter and then at most %d small letters, digits and _", maxName-1)
	}
	return nil
}
