package pgwire

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/store/olap"
)

// session is one client. It serves one goroutine, but for interrupt.
type session struct {
	server  *Server
	conn    net.Conn
	backend *pgproto3.Backend
	encoder encoder
	id      uint32
	key     [4]byte

	user       *query.User
	settings   settings
	statements map[string]*statement
	portals    map[string]*portal
	status     byte // 'I' outside a transaction, 'T' within, 'E' within one that failed
	skipping   bool // until Sync, behind an error of the extended protocol
	unsent     int  // bytes since the last flush, about

	mu   sync.Mutex // guards stop
	stop context.CancelCauseFunc
}

// interrupt ends the query that runs, if any.
func (c *session) interrupt(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stop != nil {
		c.stop(cause)
	}
}

// arm lets cancel requests end what runs by stop, until disarm is called.
func (c *session) arm(stop context.CancelCauseFunc) (disarm func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stop = stop
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.stop = nil
	}
}

// run answers messages until the client leaves or the context ends.
func (c *session) run(ctx context.Context) error {
	defer c.closePortals()
	for {
		if err := c.await(ctx); err != nil {
			return err
		}
		m, err := c.backend.Receive()
		if err != nil {
			return c.farewell(ctx, err)
		}
		if _, leaves := m.(*pgproto3.Terminate); leaves {
			return nil
		}
		if err := c.handle(ctx, m); err != nil {
			return c.farewell(ctx, err)
		}
	}
}

// await sets the time until which a message must have come.
func (c *session) await(ctx context.Context) error {
	if c.server.cfg.IdleTimeout > 0 {
		_ = c.conn.SetReadDeadline(c.server.cfg.Clock.Now().Add(c.server.cfg.IdleTimeout))
	}
	if ctx.Err() != nil { // its end may have come before the deadline was set
		return c.farewell(ctx, ctx.Err())
	}
	return nil
}

// farewell tells the client why its connection is closed, if it can hear that.
func (c *session) farewell(ctx context.Context, err error) error {
	var f *failure
	var long *pgproto3.ExceededMaxBodyLenErr
	switch {
	case ctx.Err() != nil:
		f = fail(codeShutdown, "the platform is stopping")
	case errors.As(err, &f):
	case errors.As(err, &long):
		f = fail(codeTooLarge, "a message has %d bytes, %d are taken (olap.sql.max_query_bytes)", long.ActualBodyLen, long.MaxExpectedBodyLen)
	case errors.Is(err, os.ErrDeadlineExceeded):
		f = fail(codeIdle, "the connection asked nothing for %v (pgwire.idle_timeout)", c.server.cfg.IdleTimeout)
	case gone(err):
		return err
	default:
		f = fail(codeProtocol, "the message cannot be read: %v", err)
	}
	c.backend.Send(f.response("FATAL", 0))
	return errors.Join(err, c.flush())
}

// handle answers one message. Its error ends the connection.
func (c *session) handle(ctx context.Context, m pgproto3.FrontendMessage) error {
	switch m := m.(type) {
	case *pgproto3.Query:
		c.skipping = false
		if err := c.simple(ctx, m.String); err != nil {
			return err
		}
		c.ready()
		return c.flush()
	case *pgproto3.Sync:
		c.skipping = false
		if c.status == 'I' {
			c.closePortals()
		}
		c.ready()
		return c.flush()
	case *pgproto3.Flush:
		return c.flush()
	}
	if c.skipping {
		return nil
	}
	sql, err := c.extended(ctx, m)
	if err == nil {
		return nil
	}
	c.skipping = true
	return c.refuse(ctx, err, sql, 0)
}

// refuse tells the client what is wrong with a statement, unless the connection is.
func (c *session) refuse(ctx context.Context, err error, sql string, before int) error {
	var broken *connectionError
	if errors.As(err, &broken) {
		return err
	}
	f := failureOf(ctx, err, sql)
	if c.status == 'T' {
		c.status = 'E'
	}
	c.backend.Send(f.response("ERROR", before))
	return nil
}

// connectionError says that the client cannot be reached.
type connectionError struct{ error }

func (e *connectionError) Unwrap() error { return e.error }

func (c *session) ready() { c.backend.Send(&pgproto3.ReadyForQuery{TxStatus: c.status}) }

// flush sends what waits. A client that takes nothing for too long is given up.
func (c *session) flush() error {
	c.unsent = 0
	_ = c.conn.SetWriteDeadline(c.server.cfg.Clock.Now().Add(c.server.cfg.WriteTimeout))
	if err := c.backend.Flush(); err != nil {
		return &connectionError{err}
	}
	return nil
}

// flushAt is how many bytes wait at most to be sent together.
const flushAt = 64 << 10

// sent counts what waits, and sends it when it is much.
func (c *session) sent(bytes int) error {
	if c.unsent += bytes; c.unsent < flushAt {
		return nil
	}
	return c.flush()
}

// usable refuses statements in a transaction that failed, as PostgreSQL does.
func (c *session) usable() error {
	if c.status == 'E' {
		return fail(codeFailed, "current transaction is aborted, commands ignored until end of transaction block")
	}
	return nil
}

// ask runs a statement with what the session has set.
func (c *session) ask(ctx context.Context, q olap.Query) (*olap.Result, error) {
	q.Session = &olap.Session{User: c.user.Name, Database: c.server.cfg.Database, Settings: c.settings.all()}
	q.Limits.Timeout = c.settings.timeout
	return c.server.cfg.Asker.Ask(ctx, c.user, q)
}

// simple runs the statements of a Query message until one fails.
func (c *session) simple(ctx context.Context, text string) error {
	parts := split(text)
	if len(parts) == 0 {
		c.backend.Send(&pgproto3.EmptyQueryResponse{})
		return nil
	}
	delete(c.portals, "")
	for _, p := range parts {
		if err := c.simpleOne(ctx, p.sql); err != nil {
			return c.refuse(ctx, err, p.sql, len([]rune(text[:p.start])))
		}
	}
	return nil
}

func (c *session) simpleOne(ctx context.Context, sql string) error {
	if len(sql) > c.server.cfg.MaxQueryBytes {
		return fail(codeTooLarge, "the statement has %d bytes, %d are taken (olap.sql.max_query_bytes)", len(sql), c.server.cfg.MaxQueryBytes)
	}
	if cmd := parseCommand(sql); cmd != nil {
		return c.command(cmd)
	}
	if err := c.usable(); err != nil {
		return err
	}
	p := &portal{statement: &statement{sql: plain(sql)}}
	defer p.close()
	if err := c.open(ctx, p); err != nil {
		return err
	}
	c.backend.Send(rowDescription(p.names, p.columns, nil))
	return c.execute(ctx, p, 0)
}
