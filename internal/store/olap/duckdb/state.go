package duckdb

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/millrace/millrace/internal/store/olap"
)

// The state of the file is one row, which each commit replaces: reading it back
// costs the same however many partitions there are.
//
// The row is deleted and inserted, never updated. When DuckDB runs out of memory
// while it cleans up behind a COMMIT, rows that were updated keep pointing at memory
// that it has freed, and who reads them next ends the process (duckdb/duckdb#26019).
const stateTable = internalSchema + ".state (version BIGINT, positions VARCHAR, results BIGINT)"

// maxReplaced rows are deleted, then the table is made anew: checkpoints write
// deleted rows, too.
const maxReplaced = 1000

// storeState moves the positions and the number of the next result; they never go
// back.
func (w *writer) storeState(c *olap.Commit, stored olap.Positions) error {
	moved := w.move(c.Positions, stored.Offsets)
	if c.ResultsTo <= stored.Results && !moved {
		return nil
	}
	if c.ResultsTo > stored.Results {
		if err := w.mark(stored.Results); err != nil {
			return err
		}
	}
	text, err := json.Marshal(w.positions)
	if err != nil {
		return err
	}
	empty := "DELETE FROM " + internalSchema + ".state"
	w.replaced++
	if w.replaced > maxReplaced {
		empty, w.replaced = "CREATE OR REPLACE TABLE "+stateTable, 0
	}
	return w.conn.exec(fmt.Sprintf("%s;\nINSERT INTO %s.state VALUES (%d, '%s', %d)",
		empty, internalSchema, olap.SchemaVersion, text, max(c.ResultsTo, stored.Results)))
}

// move makes w.positions those of behind a commit. It reports whether any is new.
func (w *writer) move(positions, stored map[int32]int64) (moved bool) {
	clear(w.positions)
	maps.Copy(w.positions, stored)
	for p, next := range positions {
		if old, ok := stored[p]; !ok || old < next {
			w.positions[p], moved = next, true
		}
	}
	return moved
}

// readPositions returns what the store has.
func readPositions(c *connection) (olap.Positions, error) {
	positions := olap.Positions{Offsets: make(map[int32]int64)}
	state, err := c.texts("SELECT positions FROM " + internalSchema + ".state UNION ALL SELECT results::VARCHAR FROM " + internalSchema + ".state")
	if err == nil && len(state) != 2 {
		err = fmt.Errorf("%d values of them, want two", len(state))
	}
	if err == nil {
		err = errors.Join(json.Unmarshal([]byte(state[0]), &positions.Offsets), json.Unmarshal([]byte(state[1]), &positions.Results))
	}
	if err != nil {
		return olap.Positions{}, fmt.Errorf("cannot read the positions: %w", err)
	}
	return positions, nil
}
