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

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
)

// Query implements [olap.Store].
func (s *Store) Query(ctx context.Context, q olap.Query) (*olap.Result, error) {
	q.Limits = q.Limits.Or(s.cfg.Limits)
	if strings.IndexByte(q.SQL, 0) >= 0 || !utf8.ValidString(q.SQL) {
		return nil, &olap.Error{Kind: olap.ErrSyntax, Message: "the query is not text: it holds bytes that are not UTF-8, or zero bytes"}
	}
	slot := s.lines.of(&q)
	if err := slot.acquire(ctx, q.User, q.Reader.Share(q.User, slot.most)); err != nil {
		return nil, err
	}
	start := s.cfg.Now()
	c, err := s.openCursor(ctx, q, slot)
	if err != nil {
		slot.release(q.User)
		return nil, err
	}
	if q.Untrusted {
		go c.watch(2 * s.cfg.MemoryLimit)
	}
	if err := c.begin(q); err != nil {
		_ = c.Close()
		if errors.Is(err, errInvalid) {
			s.repair(c.eng, err)
		}
		return nil, err
	}
	result := olap.NewResult(c.columns(), c, q.Limits, start, s.cfg.Now)
	result.Stable = c.stable
	if q.Describe {
		result.Parameters, result.ParameterNames = c.params, c.paramNames
		return result, result.Close()
	}
	return result, nil
}

// errInvalid says that the instance refuses further work.
var errInvalid = errors.New("the database has been invalidated")

// cursor is a running query. It ends by Close, by kill or by its time limit,
// whichever is first, so that a forgotten result does not hold its slot.
type cursor struct {
	s      *Store
	slot   *slots
	user   string
	eng    *engine
	sql    string
	copies bool   // writes a file of the lake
	aside  *aside // where it runs; nil: where it is called

	connMu  sync.Mutex // guards conn, which changes while mu is held
	conn    *connection
	changed bool // what runs is not sql: places in it say nothing
	stable  bool

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
	params  []string
	// paramNames are those of a described statement's parameters.
	paramNames []string
	rows       [][]any
}

// openCursor waits for a write that needs all the memory, with queries of the platform's own.
func (s *Store) openCursor(ctx context.Context, q olap.Query, slot *slots) (*cursor, error) {
	const look = 20 * time.Millisecond
	for waited := time.Duration(0); ; waited += look {
		c, err := s.newCursor(ctx, q, slot)
		if q.Untrusted || !errors.Is(err, errPaused) || waited >= slot.timeout {
			return c, err
		}
		if clock.Real().Sleep(ctx, look) != nil {
			return nil, context.Cause(ctx)
		}
	}
}

func (s *Store) newCursor(ctx context.Context, q olap.Query, slot *slots) (*cursor, error) {
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
	c := &cursor{s: s, slot: slot, user: q.User, eng: s.eng, conn: conn, sql: q.SQL}
	if q.Untrusted || q.Patient {
		c.aside, conn.lend = newAside(), &conn.eng.aside
	}
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
		c.interrupt()
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
	if c.aside != nil {
		close(c.aside.stop)
	}
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
	c.slot.release(c.user)
}

// begin runs the query, one that gives way on a thread of its own.
func (c *cursor) begin(q olap.Query) (err error) {
	if c.aside == nil {
		return c.run(q)
	}
	if !c.aside.do(func() { err = c.run(q) }) {
		return context.Cause(c.ctx)
	}
	return err
}

// run checks the statement and starts it.
func (c *cursor) run(q olap.Query) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.freed {
		return context.Cause(c.ctx)
	}
	if q.Untrusted {
		if err := c.guard(&q); err != nil {
			return c.explain(err)
		}
	}
	if err := c.conn.exec("BEGIN TRANSACTION READ ONLY"); err != nil {
		return c.explain(err)
	}
	if err := c.prepare(q); err != nil {
		return c.explain(err)
	}
	if q.Describe {
		return c.explain(c.forecast())
	}
	if err := bind(c.stmt, &q); err != nil {
		return c.explain(err)
	}
	if err := c.execute(); err != nil {
		return c.explain(err)
	}
	return c.explain(c.describe())
}

// guard checks a user's statement, and takes the connection to where it runs.
func (c *cursor) guard(q *olap.Query) error {
	if len(q.Views) > 0 {
		return c.standIn(q)
	}
	tables := c.s.names(q.Reader)
	may, err := checkUntrusted(c.conn, q, c.s.names(nil), tables)
	if err != nil {
		return err
	}
	c.changed, c.stable = may.moved, may.stable
	q.SQL = may.sql
	if !may.catalogue {
		return nil
	}
	conn, err := c.s.catalogues.connect(c.conn, q.Reader, tables)
	if err != nil {
		return err
	}
	conn.lend = &conn.eng.aside
	old := c.swap(conn)
	old.close()
	return nil
}

// swap lets the cursor run on another connection; it may be interrupted meanwhile.
func (c *cursor) swap(conn *connection) (old *connection) {
	c.connMu.Lock()
	defer c.connMu.Unlock()
	old, c.conn = c.conn, conn
	return old
}

func (c *cursor) interrupt() {
	c.connMu.Lock()
	defer c.connMu.Unlock()
	c.conn.interrupt()
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
	switch kind := capi.PreparedStatementType(c.stmt); {
	case kind == capi.StatementTypeSelect, kind == capi.StatementTypeExplain:
	case kind == capi.StatementTypeCopy && c.copies:
	default:
		return &olap.Error{Kind: olap.ErrNotQuery, Message: onlyReads(q.SQL, 0)}
	}
	return nil
}

// execute starts the statement; rows are made as they are read.
func (c *cursor) execute() error {
	var pending capi.PendingResult
	defer capi.DestroyPending(&pending)
	if capi.PendingPreparedStreaming(c.stmt, &pending) == capi.StateError {
		return parseFailure(capi.PendingError(pending))
	}
	state := capi.StateError
	c.conn.lend.during(readPatience, func() { state = capi.ExecutePending(pending, &c.res) })
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

// forecast reads the types of parameters and columns from the prepared statement. A
// type that the arguments decide is told as text.
func (c *cursor) forecast() error {
	for k := range capi.NParams(c.stmt) {
		t := capi.ParamLogicalType(c.stmt, k+1)
		name := ""
		if n, err := newNode(t); err == nil && n.name != "NULL" {
			name = n.name
		}
		capi.DestroyLogicalType(&t)
		c.params, c.paramNames = append(c.params, name), append(c.paramNames, capi.ParameterName(c.stmt, k+1))
	}
	for k := range capi.PreparedStatementColumnCount(c.stmt) {
		t := capi.PreparedStatementColumnLogicalType(c.stmt, k)
		n, err := newNode(t)
		if err != nil {
			n = &node{name: scalars[capi.TypeVarchar].name}
		}
		capi.DestroyLogicalType(&t)
		c.nodes, c.names = append(c.nodes, n), append(c.names, capi.PreparedStatementColumnName(c.stmt, k))
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
func (c *cursor) Next() (rows [][]any, err error) {
	if c.aside == nil {
		return c.next()
	}
	if !c.aside.do(func() { rows, err = c.next() }) {
		return nil, context.Cause(c.ctx)
	}
	return rows, err
}

func (c *cursor) next() ([][]any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.freed {
		return nil, context.Cause(c.ctx)
	}
	for {
		var chunk capi.DataChunk
		c.conn.lend.during(readPatience, func() { chunk = capi.FetchChunk(c.res) })
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
		e := blame(f, c.sql)
		if c.changed {
			e.Line, e.Column = 0, 0
		}
		return e
	}
}
