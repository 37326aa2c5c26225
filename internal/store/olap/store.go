package olap

import (
	"context"
	"path"
	"slices"
	"time"

	"github.com/millrace/millrace/event"
)

// Store is an analytics store. All methods are safe for concurrent use; writes
// are serialised.
type Store interface {
	// Define makes the tables of job results, or adds columns to those that the
	// store has. A column that is no longer declared is no longer shown. It fails,
	// and changes nothing, when a column's type or a key changed.
	Define(ctx context.Context, tables []JobTable) error

	// Write stores the rows of a commit and its positions, all or nothing.
	// Events whose offset is below the stored position of their partition are
	// skipped. It does not keep references to the batches. When it fails nothing
	// may be assumed about the commit: writing it again is always right.
	// The error wraps [ErrFull] when the disk is full.
	Write(ctx context.Context, c Commit) error

	// Positions returns what the store wants next.
	Positions(ctx context.Context) (Positions, error)

	// Query runs one statement that reads. The result must be closed. The error
	// is an [*Error] where the statement is to blame.
	Query(ctx context.Context, q Query) (*Result, error)

	// Close ends running queries and frees the store. It waits for a running
	// Write.
	Close() error
}

// Commit is what one commit of the pass brings to the store.
type Commit struct {
	// Batches hold judged events; a pending one is refused. Within a partition
	// offsets rise from batch to batch.
	Batches []*event.Batch
	// Positions are the offsets to read next, per partition, once this commit
	// is in. Every partition of Batches must have one, above all its offsets.
	// A position below the stored one leaves that as it is.
	Positions map[int32]int64
	// Results are what jobs published, in the order of their numbers, and
	// ResultsTo is the number of the next one once this commit is in. Results
	// below the stored number are skipped. Their tables must be defined.
	// A ResultsTo below the stored number leaves that as it is.
	Results   []JobRows
	ResultsTo uint64
}

// Positions are where a store stands.
type Positions struct {
	Offsets map[int32]int64 // of the next event, per partition; one without rows is absent
	Results uint64          // number of the next result of jobs
	// Changes are those of tables that no commit made, since the process began: rows expired
	// or were erased, tables that are derived were brought up to date, others replaced.
	Changes uint64
	// Rewritten are those of Changes that rows of the log may have gone by, which stand below
	// Offsets: they moved to files, expired or were erased.
	Rewritten uint64
	// Archived are offsets below which rows may be in files, and not in the store's own tables
	// ([OwnRows]), or may be before a query that runs now sees them.
	Archived map[int32]int64
	// Trail are former Offsets since the process began.
	Trail Trail
}

// StoredOffsets is a query of the Offsets that a statement sees which has it within, as JSON,
// for queries of the platform. It has one row.
const StoredOffsets = "SELECT positions FROM _millrace.state"

// Query is one SQL statement and the bounds on its run.
type Query struct {
	SQL string
	// Args are bound to ?, or to $1 and so on: nil, bool, int, int32, int64,
	// float64, string, time.Time, [event.ID], [event.Micros], [Decimal], []byte,
	// and []any of these.
	Args []any
	// Named are bound to $name, in place of Args; each that the statement has must be
	// there, and no other.
	Named map[string]any
	// Describe asks what the statement would return: it is prepared and not run. The
	// result has its columns and parameters, and no rows. Args are not looked at.
	Describe bool
	// Limits bound the run; a zero field takes the driver's default.
	Limits Limits
	// User is whose statement it is: users share the store fairly. Reader is what the
	// user may read; nil is all tables.
	User   string
	Reader *Reader
	// Session is that of a client of PostgreSQL's protocol: its catalogues are answered,
	// in its dialect. nil for others.
	Session *Session
	// Views stand in the place of all tables, by names of tables: queries of the
	// platform's own, such as over an older snapshot of the lake.
	Views map[string]string
	// Untrusted statements were written by a user: they are parsed and checked
	// against what users may do before they run.
	Untrusted bool
	// Patient queries of the platform's own give way to everything else, as those of users do:
	// nobody waits for them.
	Patient bool
}

// Reader is what a role may read.
type Reader struct {
	Name string // of the role; two readers of equal name are equal
	// Tables are patterns of path.Match of the tables that it sees; empty is all.
	Tables []string
	// Hidden are the columns that it does not see, by table.
	Hidden map[string][]string
	// Running bounds the queries of one user that run at once; 0 is no bound of its own.
	Running int
}

// Sees reports whether a table is visible.
func (r *Reader) Sees(table string) bool {
	if r == nil || len(r.Tables) == 0 {
		return true
	}
	return slices.ContainsFunc(r.Tables, func(pattern string) bool {
		ok, err := path.Match(pattern, table)
		return ok && err == nil
	})
}

// Hides returns the columns of a table that are not visible.
func (r *Reader) Hides(table string) []string {
	if r == nil {
		return nil
	}
	return r.Hidden[table]
}

// SeesAll reports whether nothing is hidden from it.
func (r *Reader) SeesAll() bool { return r == nil || len(r.Tables) == 0 && len(r.Hidden) == 0 }

// Share is how many queries of one user run at once, where most run in all: as many as the
// role says, and else all but one in four, so that there is room for somebody else. The
// platform itself, whose user has no name, has all.
func (r *Reader) Share(user string, most int) int {
	switch {
	case r != nil && r.Running > 0:
		return min(r.Running, most)
	case user == "":
		return most
	}
	return max(1, most-most/4)
}

// Session is what a statement may ask about the connection that it came by.
type Session struct {
	User     string
	Database string
	Settings map[string]string // by lower-case name
}

// Limits bound one query.
type Limits struct {
	Rows    int           // rows returned; more are cut off
	Bytes   int64         // size of the returned values; more are cut off
	Timeout time.Duration // from the start of the run until the result is closed
}

// Or returns l with its zero fields taken from d.
func (l Limits) Or(d Limits) Limits {
	if l.Rows <= 0 {
		l.Rows = d.Rows
	}
	if l.Bytes <= 0 {
		l.Bytes = d.Bytes
	}
	if l.Timeout <= 0 {
		l.Timeout = d.Timeout
	}
	return l
}
