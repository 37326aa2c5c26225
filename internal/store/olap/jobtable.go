package olap

import "github.com/millrace/millrace/event"

// JobTable declares a table of what a job publishes. A result is known by its
// key: a row replaces the row of equal key that came before it.
type JobTable struct {
	Name    string
	Comment string
	Columns []JobColumn
	Key     []string // names of columns
	// Retracted names a BOOLEAN column: a row in which it is true takes the result
	// away. Empty: results are not taken away.
	Retracted string
}

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
