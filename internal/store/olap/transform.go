package olap

import "context"

// Transformer keeps tables that are derived from the store's own. A store that can is one,
// too. Its SQL is the platform's: nothing in it comes from users.
type Transformer interface {
	// Prepare makes a schema unless the store has it in this version. One of another version
	// is dropped with everything in it: what is derived can be derived again. Users may read
	// the tables that it names.
	Prepare(ctx context.Context, s Schema) error

	// Transform runs f in one transaction: what f reads is of one state, between two commits
	// of events, and all that it writes is stored or nothing. Commits of events do not wait
	// for it. When Transform fails nothing may be assumed about the transaction. One runs at
	// a time.
	Transform(ctx context.Context, f func(Tx) error) error

	// TransformNow is Transform for little work that readers wait for. It does not give way to
	// commits and queries, and does not wait for a Transform: the two must not write the same
	// tables at a time. One runs at a time.
	TransformNow(ctx context.Context, f func(Tx) error) error
}

// Schema is a schema of derived tables.
type Schema struct {
	Name    string   // an identifier
	Version string   // changes with the DDL, or with what the tables mean
	DDL     string   // statements behind CREATE SCHEMA
	Tables  []string // tables and views that users may read, without the schema
	Views   []string // beside the tables of events, that users may read; Prepare does not make them
}

// Tx runs statements of a transaction.
type Tx interface {
	// Exec runs statements for their effect. UPDATE is not used (ADR 041).
	Exec(sql string) error
	// Texts runs a statement of one VARCHAR column without NULL.
	Texts(sql string) ([]string, error)
}
