package duckdb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	capi "github.com/duckdb/duckdb-go-bindings"

	"github.com/millrace/millrace/internal/store/olap"
)

// Query implements [olap.Store].
func (s *Store) Query(ctx context.Context, q olap.Query) (*olap.Result, error) {
	q.Limits = q.Limits.Or(s.cfg.Limits)
	if strings.IndexByte(q.SQL, 0) >= 0 || !utf8.ValidString(q.SQL) {
		return nil, &olap.Error{Kind: olap.ErrSyntax, Message: "the query is not text: it holds bytes that are not UTF-8, or zero bytes"}
	}
	slot := s.trusted
	if q.Untrusted {
		slot = s.slots
	}
	if err := slot.acquire(ctx); err != nil {
		return nil, err
	}
	start := s.cfg.Now()
	c, err := s.newCursor(ctx, q, slot)
	if err != nil {
		slot.release()
		return nil, err
	}
	if q.Untrusted {
		go c.watch(2 * s.cfg.MemoryLimit)
	}
	if err := c.run(q); err != nil {
		_ = c.Close()
		if errors.Is(err, errInvalid) {
			s.repair(c.eng, err)
		}
		return nil, err
	}
	return olap.NewResult(c.columns(), c, q.Limits, start, s.cfg.Now), nil
}

// errInvalid says that the instance refuses further work.
var errInvalid = errors.New("the database has been invalidated")

// cursor is a running query. It ends by Close, by kill or by its time limit,
// whichever is first, so that a forgotten result does not hold its slot.
type cursor struct {
	s    *Store
	slot slots
	eng  *engine
	conn *connection
	sql  string

	ctx    context.Context
	cancel context.CancelCauseFunc
	stop   func() bool // of the time limit

	mu      sync.Mutex // guards what follows; held while the database works
	stmt    capi.PreparedStatement
	res     capi.Result
	started bool
	freed   bool
	nodes   []*node
	names   []string
	rows    [][]any
}

func (s *Store) newCursor(ctx context.Context, q olap.Query, slot slots) (*cursor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.eng == nil {
		return nil, s.down
	}
	if s.paused {
		return nil, errPaused
	}
	conn, err := s.eng.connect()
	if err != nil {
		return nil, err
	}
	c := &cursor{s: s, slot: slot, eng: s.eng, conn: conn, sql: q.SQL}
	ctx, cancelTime := context.WithTimeoutCause(ctx, q.Limits.Timeout, &olap.Error{
		Kind:    olap.ErrTimeout,
		Message: fmt.Sprintf("the query took longer than %v: filter more rows, or ask for less", q.Limits.Timeout.Round(time.Millisecond)),
	})
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	cancel := c.cancel
	c.cancel = func(cause error) { cancel(cause); cancelTime() }
	c.stop = context.AfterFunc(c.ctx, c.expire)
	s.cursors[c] = struct{}{}
	return c, nil
}

// expire ends the query from outside.
func (c *cursor) expire() {
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for !c.mu.TryLock() {
		c.conn.interrupt()
		<-ticker.C
	}
	defer c.mu.Unlock()
	c.free()
}

// kill ends the query with err and returns when it is gone.
func (c *cursor) kill(err error) {
	c.cancel(err)
	c.expire()
}

// Close implements [olap.Cursor].
func (c *cursor) Close() error {
	c.stop()
	c.cancel(olap.ErrClosed)
	c.expire()
	return nil
}

// free gives everything back. mu is held.
func (c *cursor) free() {
	if c.freed {
		return
	}
	c.freed = true
	c.rows = nil
	if c.started {
		capi.DestroyResult(&c.res)
	}
	if c.stmt.Ptr != nil {
		capi.DestroyPrepare(&c.stmt)
	}
	c.conn.close()
	c.s.mu.Lock()
	delete(c.s.cursors, c)
	c.s.mu.Unlock()
	c.slot.release()
}

// run checks the statement and starts it.
func (c *cursor) run(q olap.Query) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.freed {
		return context.Cause(c.ctx)
	}
	if q.Untrusted {
		if err := checkUntrusted(c.conn, q.SQL, c.s.names()); err != nil {
			return c.explain(err)
		}
	}
	if err := c.conn.exec("BEGIN TRANSACTION READ ONLY"); err != nil {
		return c.explain(err)
	}
	if err := c.prepare(q); err != nil {
		return c.explain(err)
	}
	if err := c.execute(); err != nil {
		return c.explain(err)
	}
	return c.explain(c.describe())
}

func (c *cursor) prepare(q olap.Query) error {
	var extracted capi.ExtractedStatements
	n := capi.ExtractStatements(c.conn.c, q.SQL, &extracted)
	defer capi.DestroyExtracted(&extracted)
	switch {
	case n == 0 && capi.ExtractStatementsError(extracted) != "":
		return parseFailure(capi.ExtractStatementsError(extracted))
	case n == 0:
		return &olap.Error{Kind: olap.ErrSyntax, Message: "the query is empty"}
	case n > 1:
		return &olap.Error{Kind: olap.ErrNotQuery, Message: fmt.Sprintf("one statement at a time, please: these are %d", n)}
	}
	if capi.PrepareExtractedStatement(c.conn.c, extracted, 0, &c.stmt) == capi.StateError {
		return parseFailure(capi.PrepareError(c.stmt))
	}
	switch capi.PreparedStatementType(c.stmt) {
	case capi.StatementTypeSelect, capi.StatementTypeExplain:
	default:
		return &olap.Error{Kind: olap.ErrNotQuery, Message: onlyQueries}
	}
	return bind(c.stmt, q.Args)
}

const onlyQueries = "only queries are allowed here: SELECT, WITH, VALUES, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN"

// execute starts the statement; rows are made as they are read.
func (c *cursor) execute() error {
	var pending capi.PendingResult
	defer capi.DestroyPending(&pending)
	if capi.PendingPreparedStreaming(c.stmt, &pending) == capi.StateError {
		return parseFailure(capi.PendingError(pending))
	}
	state := capi.ExecutePending(pending, &c.res)
	c.started = true
	if state == capi.StateError {
		return parseFailure(capi.ResultError(&c.res))
	}
	return nil
}

func (c *cursor) describe() error {
	for k := range capi.ColumnCount(&c.res) {
		t := capi.ColumnLogicalType(&c.res, k)
		n, err := newNode(t)
		capi.DestroyLogicalType(&t)
		name := capi.ColumnName(&c.res, k)
		if err != nil {
			return &olap.Error{Kind: olap.ErrSyntax, Message: fmt.Sprintf("column %q: %v", name, err)}
		}
		c.nodes, c.names = append(c.nodes, n), append(c.names, name)
	}
	return nil
}

func (c *cursor) columns() []olap.ResultColumn {
	columns := make([]olap.ResultColumn, len(c.nodes))
	for i, n := range c.nodes {
		columns[i] = olap.ResultColumn{Name: c.names[i], Type: n.name}
	}
	return columns
}

// Next implements [olap.Cursor].
func (c *cursor) Next() ([][]any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.freed {
		return nil, context.Cause(c.ctx)
	}
	for {
		chunk := capi.FetchChunk(c.res)
		if chunk.Ptr == nil {
			if text := capi.ResultError(&c.res); text != "" {
				return nil, c.explain(parseFailure(text))
			}
			return nil, c.explain(nil)
		}
		rows := c.read(chunk)
		capi.DestroyDataChunk(&chunk)
		if len(rows) > 0 {
			return rows, nil
		}
	}
}

func (c *cursor) read(chunk capi.DataChunk) [][]any {
	n := int(capi.DataChunkGetSize(chunk))
	for len(c.rows) < n {
		c.rows = append(c.rows, make([]any, len(c.nodes)))
	}
	for k, node := range c.nodes {
		node.bind(capi.DataChunkGetVector(chunk, capi.IdxT(k)))
		for i := range n {
			c.rows[i][k] = node.value(i)
		}
	}
	return c.rows[:n]
}

// explain says why the query ended: it was stopped, or the statement is wrong.
func (c *cursor) explain(err error) error {
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	var f *failure
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &f):
		return err
	case isFull(err):
		return fmt.Errorf("%w: the scratch space of the query: %w", olap.ErrFull, err)
	case isInvalid(err):
		return errors.Join(errReplacing, errInvalid, err)
	default:
		return blame(f, c.sql)
	}
}
