package olap

import (
	"context"
	"time"
)

// Archive is a store whose tables go on in Parquet files of a lake: rows leave the
// store's own files and are read from there, under the same names. The methods are
// safe for concurrent use with those of [Store].
type Archive interface {
	// Copy writes the rows of a query of the platform's own to a Parquet file, and
	// returns how many they are. What it left behind when it failed is the caller's.
	Copy(ctx context.Context, c Copy) (rows int64, err error)

	// Shift makes the store read what is in files from there, and removes those rows
	// from its own, in one transaction: no query sees a row twice, or not at all. It
	// can be repeated.
	Shift(ctx context.Context, s Seam) error

	// Seam returns what the last Shift set; the zero value when there was none.
	Seam(ctx context.Context) (Seam, error)
}

// Copy is a Parquet file to write.
type Copy struct {
	Query Query // its columns have the names of Columns, in their order
	// Path is the file, in the folder of the lake. Its folder must exist.
	Path    string
	Columns []FileColumn
	// Searched says that rows are searched by one value of columns that have many: those
	// have bloom filters then, by which readers skip row groups.
	Searched bool
}

// FileColumn is a column of a Parquet file: it is known by its number, whatever its
// name is in older files.
type FileColumn struct {
	Name string
	ID   int
}

// Seam says which rows of the tables of accepted events and their items are read from
// files: those that happened before Below and whose offset is below that of their
// partition. The store has all others, also those that came late. The files hold every
// row with an offset below; rows in them from Below on are not read.
type Seam struct {
	Below   time.Time
	Offsets map[int32]int64
	Tables  []FileTable
	// Erased are events whose rows are removed from the store's own files, too, whenever
	// they happened; their offsets are below Offsets.
	Erased []Coordinates `json:",omitempty"`
}

// Coordinates name an event.
type Coordinates struct {
	Partition int32
	Offset    int64
}

// FileTable is what a table has in files.
type FileTable struct {
	Name    string
	Columns []FileColumn // declared columns that the files know; the others are NULL
	Groups  []FileGroup
}

// FileGroup is files whose rows happened within a span of time: a query about another
// span does not open them.
type FileGroup struct {
	From, To time.Time // To is not in it
	Files    []string  // in the folder of the lake
}

// OwnRows names the view of a table's rows that a store has in its own files, for
// queries of the platform. Beside the declared columns it has [StoredAfter].
func OwnRows(table string) string { return `_millrace."own_` + table + `"` }
