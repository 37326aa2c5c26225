package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/millrace/millrace/internal/store/record"
)

func busyMillis() string { return strconv.FormatInt(busyTimeout.Milliseconds(), 10) }

// wrap gives an error of the engine its kind.
func wrap(doing string, err error) error {
	var engine *sqlite.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &engine) && engine.Code()&0xff == sqlite3.SQLITE_FULL:
		return fmt.Errorf("cannot %s: %w: %w", doing, record.ErrFull, err)
	case errors.Is(err, sql.ErrConnDone), err.Error() == "sql: database is closed":
		return fmt.Errorf("cannot %s: %w", doing, record.ErrClosed)
	}
	return fmt.Errorf("cannot %s: %w", doing, err)
}
