package lake

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Store keeps the tables of a lake. All methods are safe for concurrent use; commits to
// a table are serialised.
type Store interface {
	// Define makes a table, or adds to it the columns that it lacks. Columns that a
	// table has beyond its declaration stay.
	Define(ctx context.Context, t Table) error

	// Load returns a table as it is, or was. The error wraps [ErrNoTable] or
	// [ErrNoSnapshot].
	Load(ctx context.Context, name string, at Version) (*State, error)

	// Commit changes a table, all or nothing, and returns it as it is then. The error
	// wraps [ErrConflict] when another writer was first; it may be tried again with a
	// table loaded anew. Files of the change must be durable.
	Commit(ctx context.Context, c Change) (*State, error)

	// Expire forgets snapshots that were replaced before a time and that no branch or
	// tag names, and returns how many there were. Their files stay until they are
	// cleaned up.
	Expire(ctx context.Context, name string, replaced time.Time) (int, error)

	// Orphans returns the files in a table's folder that no snapshot has and that were
	// written before a time: left by a crash, or by snapshots that expired.
	Orphans(ctx context.Context, name string, written time.Time) ([]Orphan, error)
}

// Files are the files of a lake, where its store keeps them. The methods are safe for
// concurrent use.
type Files interface {
	// Fetch makes files, with those of their deletes, readable at their paths: of a lake in
	// a bucket they may not be there yet.
	Fetch(ctx context.Context, files []File) error

	// Remove removes orphans. It is no error that one is gone.
	Remove(ctx context.Context, orphans []Orphan) error
}

// What callers act on.
var (
	ErrNoTable    = errors.New("the lake has no such table")
	ErrNoSnapshot = errors.New("the table has no such snapshot")
	ErrConflict   = errors.New("the table was changed by another writer meanwhile")
	ErrForeign    = errors.New("rows of the table are deleted in a form that this platform does not read")
)

// Table declares a table.
type Table struct {
	Name      string
	Comment   string
	Columns   []Column
	Partition Partition
	// Sort names the columns that rows are ordered by, in this order, or together along
	// a curve that fills the space of them all when Curve is set.
	Sort  []string
	Curve bool
	// Search names the columns that rows are searched by one value of.
	Search []string
}

// Column declares a column. ID is set in what a store returns.
type Column struct {
	Name    string `json:"name"`
	Type    Type   `json:"type"`
	ID      int    `json:"id,omitempty"`
	Comment string `json:"comment,omitempty"`
}

// Type is the type of a column.
type Type string

// The types of columns.
const (
	UUID      Type = "uuid"
	Timestamp Type = "timestamp" // µs, UTC
	Text      Type = "string"
	Money     Type = "decimal(18,6)"
	Int32     Type = "int"
	Int64     Type = "long"
	Bool      Type = "boolean"
	Double    Type = "double"
)

// Partition says how the rows of a table are divided into files: by the span of time that
// a column is in. The zero value is one partition.
type Partition struct {
	Column string `json:"column,omitempty"`
	Span   Span   `json:"span,omitempty"`
}

// Span is the span of time of a partition.
type Span string

// The spans of partitions.
const (
	Day   Span = "day"
	Month Span = "month"
)

// Start returns where the partition starts that t is in.
func (s Span) Start(t time.Time) time.Time {
	t = t.UTC()
	if s == Month {
		return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// Next returns where the partition behind that of t starts.
func (s Span) Next(t time.Time) time.Time {
	t = s.Start(t)
	if s == Month {
		return t.AddDate(0, 1, 0)
	}
	return t.AddDate(0, 0, 1)
}

// Version names a state of a table: a snapshot, a branch or tag, or a time. The zero
// value is the newest of the main branch.
type Version struct {
	Snapshot int64
	Ref      string
	At       time.Time
}

// State is a table at a snapshot.
type State struct {
	Table
	// Declared are the numbers of the columns that it was declared with, by the names
	// that they had: they may be called otherwise by now, or be dropped.
	Declared map[string]int
	Location string // where its files are
	Metadata string // the file that describes it to other engines
	Snapshot Snapshot
	Files    []File
	// Snapshots are all that are kept, the oldest first.
	Snapshots []Snapshot
	Refs      []Ref
}

// Snapshot is a state that a table was in.
type Snapshot struct {
	ID        int64
	Parent    int64 // 0: none
	At        time.Time
	Operation string // append, replace, delete or overwrite
	Positions Positions
	// Summary is what the snapshot says about itself.
	Summary map[string]string
}

// Positions are where in the log, and in the results of jobs, the rows of a snapshot end.
type Positions struct {
	Offsets map[int32]int64 `json:"offsets,omitempty"`
	Results uint64          `json:"results,omitempty"`
}

// File is a Parquet file of a table.
type File struct {
	Path  string // on the local disk, see [Files.Fetch]
	URI   string // what the metadata of the table calls it
	Rows  int64
	Bytes int64
	From  time.Time // start of its partition; zero: it has none
	To    time.Time // end of its partition
	// Deletes are files with the positions of rows that are deleted from it.
	Deletes []File
	// Foreign is set when another engine deleted rows from it in a form that this platform
	// does not read: by values (equality deletes), or by a deletion vector. Who reads its
	// rows without that reads too many.
	Foreign bool
}

// Readable returns an error that wraps [ErrForeign] when a table has files whose rows this
// platform would read wrong.
func (s *State) Readable() error {
	for _, f := range s.Files {
		if f.Foreign {
			return fmt.Errorf("%w: another engine deleted rows of the file %q of %q by their values or by a deletion vector; let it write the file again (Spark: CALL system.rewrite_data_files(table => 'millrace.%[3]s', options => map('delete-file-threshold', '1')), then CALL system.rewrite_position_delete_files), or read the table by that engine", ErrForeign, f.Path, s.Name)
		}
	}
	return nil
}

// Ref is a branch or a tag.
type Ref struct {
	Name     string
	Branch   bool
	Snapshot int64
}

// Orphan is a file that no snapshot has.
type Orphan struct {
	Path  string
	Bytes int64
}
