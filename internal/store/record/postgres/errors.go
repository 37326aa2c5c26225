package postgres

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millrace/millrace/internal/store/record"
)

// The codes of errors (PostgreSQL's manual, appendix A) that mean something here.
const (
	diskFull             = "53100"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	duplicateTable       = "42P07"
	uniqueViolation      = "23505"
)

func code(err error) string {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return server.Code
	}
	return ""
}

// wrap gives an error of the server its kind.
func wrap(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case code(err) == diskFull:
		return fmt.Errorf("cannot %s: %w: %w", doing, record.ErrFull, err)
	case err.Error() == "closed pool":
		return fmt.Errorf("cannot %s: %w", doing, record.ErrClosed)
	}
	return fmt.Errorf("cannot %s: %w", doing, err)
}

// again reports whether a transaction met another one, and may be tried once more.
func again(err error) bool {
	c := code(err)
	return c == serializationFailure || c == deadlockDetected || c == uniqueViolation
}
