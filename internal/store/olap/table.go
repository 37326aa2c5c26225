package olap

import "github.com/millrace/millrace/event"

// SchemaVersion changes whenever [Tables] does, or how a driver lays them out.
const SchemaVersion = 8

// Type is the type of a stored column.
type Type uint8

// The types of stored columns.
const (
	UUID      Type = iota
	Timestamp      // µs since 1970 UTC; 0 is stored as NULL
	Text           // the empty string is stored as NULL
	Money          // DECIMAL(18,6)
	Int32
	Int64
	Bool
	Double // DOUBLE; columns of job tables only
)

// SQL returns the type's standard name.
func (t Type) SQL() string {
	return [...]string{"UUID", "TIMESTAMP", "VARCHAR", "DECIMAL(18,6)", "INTEGER", "BIGINT", "BOOLEAN", "DOUBLE"}[t]
}

// Table declares one table.
type Table struct {
	Name    string
	Comment string
	Of      RowsOf
	Columns []Column
}

// Column declares one column of a table, and where its values are in a batch.
type Column struct {
	Name    string
	Type    Type
	Comment string
	// Values is one of the types below. The slices are indexed by Row.Event, or
	// by Row.Sub when BySub is set.
	Values any
	BySub  bool
	// ZeroIsNull columns of money are NULL where their value is 0, as text is where it is
	// empty.
	ZeroIsNull bool
	// Purged columns may quote the payload: they are NULL once the event was purged.
	Purged bool
}

// Where the values of a column are. The functions do not allocate.
type (
	IDs     func(*event.Batch) []event.ID
	Ints    func(*event.Batch) []int64
	Amounts func(*event.Batch) []event.Micros
	Texts   func(*event.Batch) []string
	Codes   func(*event.Batch) *event.Dict
	Flag    event.Mark                                   // a mark of the event
	IntOf   func(*Selection, Row) int64                  // computed per row
	TextOf  func(*Selection, Row) string                 // computed per row
	BytesOf func(dst []byte, s *Selection, r Row) []byte // appended per row
	IDOf    func(*Selection, Row) event.ID               // computed per row; zero is NULL
)

// ItemNumber is the number of the item in its event, from 1; a row of each item has one.
type ItemNumber struct{}

// FromActs are columns of the table of quarantined events that no batch holds: what
// later acts, of the table of acts, made of the event.
type FromActs uint8

// The columns from acts.
const (
	State     FromActs = iota // open, recovered, waived, dead or purged
	Attempts                  // redrives that were judged
	SettledAt                 // time of the act that gave the state; NULL when none did
	SettledBy                 // who did it
)
