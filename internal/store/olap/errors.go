package olap

import (
	"errors"
	"fmt"
)

// The kinds of failure that callers act on.
var (
	// ErrNotQuery says that a statement is not one that reads, or reads what
	// users may not read.
	ErrNotQuery = errors.New("not a query")
	// ErrSyntax says that a statement cannot be understood: bad syntax, unknown
	// names, wrong types, values that cannot be converted.
	ErrSyntax = errors.New("cannot understand the query")
	// ErrTimeout says that a query took longer than it may.
	ErrTimeout = errors.New("query took too long")
	// ErrLimit says that a query needs more memory or scratch space than it may.
	ErrLimit = errors.New("query needs too much memory")
	// ErrFull says that the disk is full. Writes work again once there is space.
	ErrFull = errors.New("no space left for the analytics store")
	// ErrBusy says that too many queries run already.
	ErrBusy = errors.New("too many queries at once")
	// ErrClosed says that the store was closed.
	ErrClosed = errors.New("analytics store is closed")
	// ErrVersion says that the store's files were written by another version.
	ErrVersion = errors.New("analytics store has another version")
)

// Error is what is wrong with a statement, and where. It unwraps to its kind.
type Error struct {
	Kind    error // ErrNotQuery, ErrSyntax, ErrTimeout or ErrLimit
	Message string
	Code    string // SQLSTATE; empty when the kind says all there is
	Line    int    // from 1; 0 when the place is not known
	Column  int    // from 1, in characters
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("%s (line %d, column %d)", e.Message, e.Line, e.Column)
}

func (e *Error) Unwrap() error { return e.Kind }
