package iceberg

import (
	"errors"
	"fmt"

	"github.com/apache/iceberg-go/table"

	"github.com/millrace/millrace/internal/store/lake"
)

// kindOf gives an error of the library the kind that callers act on.
func kindOf(err error) error {
	switch {
	case errors.Is(err, table.ErrCommitFailed), errors.Is(err, table.ErrCommitDiverged):
		return fmt.Errorf("%w: %w", lake.ErrConflict, err)
	case errors.Is(err, table.ErrSnapshotNotFound):
		return fmt.Errorf("%w: %w", lake.ErrNoSnapshot, err)
	}
	return err
}
