package duckdb

import (
	"context"
	"fmt"
	"slices"

	capi "github.com/duckdb/duckdb-go-bindings"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

// writer turns commits into transactions on one connection. It is used by one
// goroutine at a time.
type writer struct {
	conn   *connection
	stored []*tableWriter
	facts  [factTables]*tableWriter
	dims   [dimensions]*tableWriter
	sel    olap.Selection
	sorted *facts
	layout *layout
	files  archive
	filled [factTables]bool // the fact tables that the views show
	stale  bool             // filled and the dimensions may be of a failed transaction
	rows   run              // scratch
	resultsState

	positions map[int32]int64 // scratch
	replaced  int             // rows of the state since its table was made
}

// tableWriter fills the chunks of one table.
type tableWriter struct {
	table    *physical
	chunk    capi.DataChunk
	vectors  []vector
	arena    arena
	filled   int // rows in the chunk
	appender capi.Appender
}

func newWriter(conn *connection, l *layout, cfg Config) (*writer, error) {
	w := &writer{conn: conn, layout: l, files: archive{dir: cfg.LakeDir}, sorted: newFacts(l, cfg.combinations), positions: make(map[int32]int64)}
	w.resultsState = resultsState{foldRows: cfg.foldRows, retention: cfg.RevisionRetention, now: cfg.Now}
	if err := w.load(); err != nil {
		w.closeTables()
		return nil, err
	}
	for _, t := range l.stored {
		w.stored = append(w.stored, newTableWriter(t))
	}
	for f, t := range l.facts {
		w.facts[f] = newTableWriter(t)
	}
	for d, t := range l.dims {
		w.dims[d] = newTableWriter(t)
	}
	return w, nil
}

// load reads what the writer knows of the file.
func (w *writer) load() error {
	for _, d := range w.sorted.dims {
		if err := d.load(w.conn); err != nil {
			return err
		}
	}
	w.filled = shownFacts
	for f := range w.filled {
		if w.filled[f] {
			continue
		}
		rows, err := w.conn.texts("SELECT 'x' FROM " + w.layout.facts[f].sql() + " LIMIT 1")
		if err != nil {
			return fmt.Errorf("cannot read %s: %w", w.layout.facts[f].name, err)
		}
		w.filled[f] = len(rows) > 0
	}
	if err := w.loadSeam(); err != nil {
		return err
	}
	if err := w.loadJobs(); err != nil {
		return err
	}
	w.stale, w.replaced = false, maxReplaced
	return nil
}

func (w *writer) tables() []*tableWriter {
	all := slices.Concat(w.stored, w.facts[:], w.dims[:])
	for _, j := range w.jobs {
		all = append(all, j.tableWriter)
	}
	return slices.DeleteFunc(all, func(t *tableWriter) bool { return t == nil })
}

func newTableWriter(t *physical) *tableWriter {
	types := make([]capi.LogicalType, len(t.columns))
	for i, c := range t.columns {
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
	case olap.Double:
		return capi.CreateLogicalType(capi.TypeDouble)
	}
	panic(fmt.Sprintf("BUG: no DuckDB type for %d", t))
}

func (w *writer) close() {
	w.closeTables()
	w.conn.close()
}

func (w *writer) closeTables() {
	for _, t := range w.tables() {
		t.close()
	}
}

func (t *tableWriter) close() {
	t.arena.close()
	capi.DestroyDataChunk(&t.chunk)
}

// write stores a commit. stored are the positions before it.
func (w *writer) write(ctx context.Context, c olap.Commit, stored olap.Positions) error {
	if w.stale {
		if err := w.load(); err != nil {
			return err
		}
	}
	return w.transaction(func() error {
		filled := w.filled
		if err := w.appendAll(ctx, c, stored); err != nil {
			return err
		}
		if w.filled != filled {
			if err := w.conn.exec(viewDDL(w.layout, w.filled, &w.files)); err != nil {
				return err
			}
		}
		return w.storeState(&c, stored)
	})
}

// transaction runs f in a transaction. When that fails, the writer reads the file
// again before it writes the next time.
func (w *writer) transaction(f func() error) error {
	ahead := w.conn.eng.own.ahead // appenders run statements, too
	ahead.Add(1)
	defer ahead.Add(-1)
	if err := w.conn.exec("BEGIN TRANSACTION"); err != nil {
		return err
	}
	err := f()
	if err == nil {
		err = w.conn.exec("COMMIT")
	}
	if err != nil {
		w.stale = true
		// A failed COMMIT has ended the transaction already.
		_ = w.conn.exec("ROLLBACK")
	}
	return err
}

func (w *writer) appendAll(ctx context.Context, c olap.Commit, stored olap.Positions) error {
	err := w.appendBatches(ctx, c, stored.Offsets)
	if err == nil {
		err = w.appendResults(&c, stored.Results)
	}
	for _, t := range w.tables() {
		if err2 := t.finish(err == nil); err == nil {
			err = err2
		}
	}
	return err
}

func (w *writer) appendBatches(ctx context.Context, c olap.Commit, stored map[int32]int64) error {
	w.sorted.after = olap.Stored(stored)
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
		if err := w.appendSelected(); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	w.sel.Batch = nil
	w.sorted.reset(&event.Batch{}) // lets go of the last batch
	return nil
}

// appendSelected adds the rows that the selection picks.
func (w *writer) appendSelected() error {
	for _, t := range w.stored {
		w.rows.rows = w.sel.Rows(w.rows.rows[:0], t.table.declared.Of)
		if err := t.append(w.conn, &w.sel, &w.rows); err != nil {
			return err
		}
	}
	w.sorted.sort(&w.sel)
	for d, t := range w.dims {
		if err := t.append(w.conn, &w.sel, &w.sorted.dims[d].fresh); err != nil {
			return err
		}
	}
	for f, t := range w.facts {
		for k := range w.sorted.runs[f] {
			r := &w.sorted.runs[f][k]
			if err := t.append(w.conn, &w.sel, r); err != nil {
				return err
			}
			w.filled[f] = w.filled[f] || len(r.rows) > 0
		}
	}
	return nil
}

// append adds rows of one batch. Chunks run on from batch to batch.
func (t *tableWriter) append(conn *connection, s *olap.Selection, r *run) error {
	return t.appendChunks(conn, len(r.rows), func(from, to, start int) {
		for k := range t.vectors {
			t.vectors[k].fillRun(&t.table.columns[k], s, r, from, to, start, &t.arena)
		}
	})
}

// appendChunks adds rows. fill writes rows [from, to) into the vectors, from row
// start of the chunk.
func (t *tableWriter) appendChunks(conn *connection, rows int, fill func(from, to, start int)) error {
	for from := 0; from < rows; {
		if t.filled == 0 {
			if err := t.begin(conn); err != nil {
				return t.failed(err)
			}
		}
		n := min(rows-from, chunkRows-t.filled)
		fill(from, from+n, t.filled)
		t.filled += n
		from += n
		if t.filled == chunkRows {
			if err := t.flush(); err != nil {
				return t.failed(err)
			}
		}
	}
	return nil
}

func (t *tableWriter) failed(err error) error {
	return fmt.Errorf("cannot add rows to %s: %w", t.table.name, err)
}

// begin starts a chunk.
func (t *tableWriter) begin(conn *connection) error {
	if t.appender.Ptr == nil {
		if capi.AppenderCreate(conn.c, t.table.schema, t.table.name, &t.appender) == capi.StateError {
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
