package duckdb

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	capi "github.com/duckdb/duckdb-go-bindings"

	"github.com/millrace/millrace/internal/store/olap"
)

// writer turns commits into transactions on one connection. It is used by one
// goroutine at a time.
type writer struct {
	conn   *connection
	tables []*tableWriter
	sel    olap.Selection
	rows   []olap.Row

	positions map[int32]int64 // scratch
}

// tableWriter fills the chunks of one table.
type tableWriter struct {
	table    *olap.Table
	chunk    capi.DataChunk
	vectors  []vector
	arena    arena
	filled   int // rows in the chunk
	appender capi.Appender
}

func newWriter(conn *connection, tables []olap.Table) *writer {
	w := &writer{conn: conn, positions: make(map[int32]int64)}
	for i := range tables {
		w.tables = append(w.tables, newTableWriter(&tables[i]))
	}
	return w
}

func newTableWriter(t *olap.Table) *tableWriter {
	types := make([]capi.LogicalType, len(t.Columns))
	for i, c := range t.Columns {
		types[i] = logicalType(c.Type)
	}
	w := &tableWriter{table: t, chunk: capi.CreateDataChunk(types), vectors: make([]vector, len(types))}
	for i := range types {
		capi.DestroyLogicalType(&types[i])
	}
	return w
}

func logicalType(t olap.Type) capi.LogicalType {
	switch t {
	case olap.UUID:
		return capi.CreateLogicalType(capi.TypeUUID)
	case olap.Timestamp:
		return capi.CreateLogicalType(capi.TypeTimestamp)
	case olap.Text:
		return capi.CreateLogicalType(capi.TypeVarchar)
	case olap.Money:
		return capi.CreateDecimalType(18, olap.MoneyScale)
	case olap.Int32:
		return capi.CreateLogicalType(capi.TypeInteger)
	case olap.Int64:
		return capi.CreateLogicalType(capi.TypeBigInt)
	case olap.Bool:
		return capi.CreateLogicalType(capi.TypeBoolean)
	}
	panic(fmt.Sprintf("BUG: no DuckDB type for %d", t))
}

func (w *writer) close() {
	for _, t := range w.tables {
		t.arena.close()
		capi.DestroyDataChunk(&t.chunk)
	}
	w.conn.close()
}

// write stores a commit. stored are the positions before it.
func (w *writer) write(ctx context.Context, c olap.Commit, stored map[int32]int64) error {
	if err := w.conn.exec("BEGIN TRANSACTION"); err != nil {
		return err
	}
	err := w.appendAll(ctx, c, stored)
	if err == nil {
		err = w.storePositions(c.Positions, stored)
	}
	if err == nil {
		err = w.conn.exec("COMMIT")
	}
	if err != nil {
		// A failed COMMIT has ended the transaction already.
		_ = w.conn.exec("ROLLBACK")
	}
	return err
}

func (w *writer) appendAll(ctx context.Context, c olap.Commit, stored map[int32]int64) error {
	err := w.appendBatches(ctx, c, stored)
	for _, t := range w.tables {
		if err2 := t.finish(err == nil); err == nil {
			err = err2
		}
	}
	return err
}

func (w *writer) appendBatches(ctx context.Context, c olap.Commit, stored map[int32]int64) error {
	for _, b := range c.Batches {
		if b.Len() == 0 {
			continue
		}
		to, ok := c.Positions[b.Partition]
		if !ok {
			return fmt.Errorf("BUG: commit has events of partition %d and no position of it", b.Partition)
		}
		if err := w.sel.Reset(b, stored[b.Partition], to); err != nil {
			return err
		}
		for _, t := range w.tables {
			w.rows = w.sel.Rows(w.rows[:0], t.table.Of)
			if err := t.append(w.conn, &w.sel, w.rows); err != nil {
				return fmt.Errorf("cannot add rows to %s: %w", t.table.Name, err)
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	w.sel.Batch = nil
	return nil
}

// append adds rows of one batch. Chunks run on from batch to batch.
func (t *tableWriter) append(conn *connection, s *olap.Selection, rows []olap.Row) error {
	for len(rows) > 0 {
		if t.filled == 0 {
			if err := t.begin(conn); err != nil {
				return err
			}
		}
		n := min(len(rows), chunkRows-t.filled)
		for k := range t.vectors {
			t.vectors[k].fill(&t.table.Columns[k], s, rows[:n], t.filled, &t.arena)
		}
		t.filled += n
		rows = rows[n:]
		if t.filled == chunkRows {
			if err := t.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// begin starts a chunk.
func (t *tableWriter) begin(conn *connection) error {
	if t.appender.Ptr == nil {
		if capi.AppenderCreate(conn.c, "main", t.table.Name, &t.appender) == capi.StateError {
			return parseFailure(capi.AppenderError(t.appender))
		}
	}
	capi.DataChunkReset(t.chunk)
	for k := range t.vectors {
		t.vectors[k].reset(t.chunk, k)
	}
	return nil
}

// flush hands the chunk over; DuckDB copies it.
func (t *tableWriter) flush() error {
	capi.DataChunkSetSize(t.chunk, capi.IdxT(t.filled))
	t.filled = 0
	state := capi.AppendDataChunk(t.appender, t.chunk)
	t.arena.reset()
	if state == capi.StateError {
		return parseFailure(capi.AppenderError(t.appender))
	}
	return nil
}

// finish ends the appender, inside the transaction. When keep is false its rows
// are thrown away.
func (t *tableWriter) finish(keep bool) error {
	var err error
	if keep && t.filled > 0 {
		err = t.flush()
	}
	t.filled = 0
	t.arena.reset()
	if t.appender.Ptr == nil {
		return nil
	}
	if !keep || err != nil {
		capi.AppenderClear(t.appender)
	} else if capi.AppenderClose(t.appender) == capi.StateError {
		err = parseFailure(capi.AppenderError(t.appender))
		capi.AppenderClear(t.appender)
	}
	capi.AppenderDestroy(&t.appender)
	return err
}

// storePositions moves the positions; they never go back. They are one row of
// one column, because DuckDB updates that in a quarter of the time that an upsert
// of a row per partition takes.
func (w *writer) storePositions(positions, stored map[int32]int64) error {
	clear(w.positions)
	maps.Copy(w.positions, stored)
	moved := false
	for p, next := range positions {
		if old, ok := stored[p]; !ok || old < next {
			w.positions[p], moved = next, true
		}
	}
	if !moved {
		return nil
	}
	text, err := json.Marshal(w.positions)
	if err != nil {
		return err
	}
	return w.conn.exec("UPDATE " + internalSchema + ".state SET positions = '" + string(text) + "'")
}
