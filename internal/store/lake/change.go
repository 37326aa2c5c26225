package lake

// Change is a commit to a table. Rows, columns and references are changed by commits of
// their own: one with files has no Evolve and no Refs.
type Change struct {
	Table string
	// Base is the snapshot that the change was made from. The commit fails when the
	// table has another by now. 0: there was none.
	Base int64
	// Add are files to take in, by path. Their rows must have the types of the columns,
	// by number, and be of one partition each.
	Add []string
	// Remove are files whose rows are no longer there. With both, the files added have
	// the rows that are left of those removed.
	Remove []string
	// Delete are files of positions of deleted rows.
	Delete []Deletes
	// Positions are those of the log that the table reflects then. The zero value keeps
	// them. With no files, when there are no rows between, they move without a snapshot.
	Positions *Positions
	// Summary is added to what the snapshot says about itself.
	Summary map[string]string
	// Evolve changes columns, Refs branches and tags.
	Evolve []ColumnChange
	Refs   []RefChange
}

// Deletes is a file of positions of rows that are deleted from one data file.
type Deletes struct {
	Path string // of the file of positions
	Of   string // the file that the rows are in
	Rows int64
}

// ColumnChange adds, renames, widens or drops a column. Files are not written again for
// it: they know columns by number.
type ColumnChange struct {
	Add    *Column `json:"add,omitempty"`
	Rename string  `json:"rename,omitempty"`
	To     string  `json:"to,omitempty"`
	Widen  string  `json:"widen,omitempty"`
	Type   Type    `json:"type,omitempty"`
	Drop   string  `json:"drop,omitempty"`
}

// RefChange makes, moves or removes a branch or tag. Snapshot 0 is the newest of main.
type RefChange struct {
	Name     string
	Branch   bool
	Snapshot int64
	Remove   bool
}

// Numbers of the columns of files of deletes, by the specification of Iceberg.
const (
	DeletesPathID     = 2147483546
	DeletesPositionID = 2147483545
)
