package olap

import (
	"context"
	"fmt"
)

// Snapshots is a store of tables that are computed as a whole, now and then, such as the
// results of an analysis. They are no part of the log's exactly-once order: what computes
// them says in a column which position of the log they reflect.
type Snapshots interface {
	// Replace puts tables in the place of those of the same names, all or none: no
	// query sees a part of them. Columns may change from one time to the next. A table of job
	// results must not have the name. The error wraps [ErrFull] when the disk is full.
	Replace(ctx context.Context, tables []Snapshot) error
}

// Snapshot is a table with all its rows.
type Snapshot struct {
	Name    string
	Comment string
	Columns []SnapshotColumn
	Values  []JobValues // of each column
}

// SnapshotColumn is a column of a table that is replaced as a whole.
type SnapshotColumn struct {
	JobColumn
	Comment string
}

// Len returns the number of rows.
func (s *Snapshot) Len() int {
	if len(s.Columns) == 0 || len(s.Values) == 0 {
		return 0
	}
	return s.Values[0].Len(s.Columns[0].Type)
}

// Check says what is wrong with a table.
func (s *Snapshot) Check() error {
	t := JobTable{Name: s.Name}
	for _, c := range s.Columns {
		t.Columns = append(t.Columns, c.JobColumn)
	}
	if err := t.Check(); err != nil {
		return err
	}
	if len(s.Values) != len(s.Columns) {
		return fmt.Errorf("BUG: table %q has %d columns and values of %d", s.Name, len(s.Columns), len(s.Values))
	}
	for k, c := range s.Columns {
		if n := s.Values[k].Len(c.Type); n != s.Len() {
			return fmt.Errorf("BUG: table %q has %d values in column %q, want %d", s.Name, n, c.Name, s.Len())
		}
	}
	return nil
}
