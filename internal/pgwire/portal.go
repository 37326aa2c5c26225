package pgwire

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/millrace/millrace/internal/store/olap"
)

// statement is a prepared statement.
type statement struct {
	sql        string
	command    *command // nil for a query
	parameters []uint32
	names      []string // of columns; nil when it returns no rows
	columns    []column
}

// portal is a statement with its arguments, and how far its rows were sent.
type portal struct {
	statement *statement
	args      []any
	formats   []int16
	names     []string
	columns   []column

	result *olap.Result // nil until it runs
	cancel context.CancelCauseFunc
	rows   [][]any // read and not sent
	done   bool
	buf    []byte
	values [][]byte
}

// close ends the query behind the portal. It may be called twice.
func (p *portal) close() {
	if p.result != nil {
		_ = p.result.Close() // it only read
		p.result = nil
	}
	if p.cancel != nil {
		p.cancel(nil)
	}
}

func (c *session) closePortals() {
	for name, p := range c.portals {
		p.close()
		delete(c.portals, name)
	}
}

// extended answers a message of the extended protocol. It returns the statement that an
// error is about.
func (c *session) extended(ctx context.Context, m pgproto3.FrontendMessage) (sql string, err error) {
	switch m := m.(type) {
	case *pgproto3.Parse:
		return m.Query, c.parse(ctx, m)
	case *pgproto3.Bind:
		return c.bind(m)
	case *pgproto3.Describe:
		return c.describe(ctx, m)
	case *pgproto3.Execute:
		p := c.portals[m.Portal]
		if p == nil {
			return "", fail(codeNoCursor, "there is no portal %q", m.Portal)
		}
		return p.statement.sql, c.executePortal(ctx, p, m.MaxRows)
	case *pgproto3.Close:
		c.closeNamed(m)
		return "", nil
	case *pgproto3.CopyData, *pgproto3.CopyDone, *pgproto3.CopyFail:
		return "", nil // late messages of a COPY that was refused
	}
	return "", fail(codeProtocol, "messages of type %T are not taken", m)
}

// parse prepares a statement, and finds the types of its parameters and columns.
func (c *session) parse(ctx context.Context, m *pgproto3.Parse) error {
	if len(m.Query) > c.server.cfg.MaxQueryBytes {
		return fail(codeTooLarge, "the statement has %d bytes, %d are taken (olap.sql.max_query_bytes)", len(m.Query), c.server.cfg.MaxQueryBytes)
	}
	if _, taken := c.statements[m.Name]; taken && m.Name != "" {
		return fail(codeDuplicate, "prepared statement %q already exists", m.Name)
	}
	if len(c.statements) >= c.server.cfg.MaxStatements {
		return fail(codeTooLarge, "the connection has %d prepared statements already; close some", len(c.statements))
	}
	parts := split(m.Query)
	s := &statement{sql: plain(m.Query), command: parseCommand(m.Query)}
	switch {
	case len(parts) > 1:
		return fail(codeSyntax, "cannot insert multiple commands into a prepared statement")
	case len(parts) == 0:
		s.command = &command{name: cmdEmpty}
	case s.command == nil:
		if err := c.usable(); err != nil {
			return err
		}
		if err := c.forecast(ctx, s, m.ParameterOIDs); err != nil {
			return err
		}
	case s.command.shows():
		s.names, s.columns = []string{s.command.column()}, []column{columnOf("VARCHAR")}
	}
	c.statements[m.Name] = s
	c.backend.Send(&pgproto3.ParseComplete{})
	return nil
}

func (c *session) forecast(ctx context.Context, s *statement, declared []uint32) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer c.arm(cancel)()
	result, err := c.ask(ctx, olap.Query{SQL: s.sql, Describe: true})
	if err != nil {
		return failureOf(ctx, err, s.sql)
	}
	for i, name := range result.Parameters {
		oid := uint32(pgtype.TextOID)
		if i < len(declared) && declared[i] != 0 && declared[i] != pgtype.UnknownOID {
			oid = declared[i]
		} else if name != "" {
			oid = columnOf(name).oid
		}
		s.parameters = append(s.parameters, oid)
	}
	if slices.Contains(result.Parameters, "") || len(result.Parameters) > 0 && len(result.Columns) == 1 && result.Columns[0].Name == "unknown" {
		// The arguments decide the columns: those of arguments of the declared types.
		if result, err = c.ask(ctx, olap.Query{SQL: withTypes(s.sql, s.parameters), Describe: true}); err != nil {
			return failureOf(ctx, err, s.sql)
		}
	}
	s.names, s.columns = announce(result.Columns)
	return nil
}

// withTypes returns the statement with a NULL of its type in the place of each parameter.
func withTypes(sql string, parameters []uint32) string {
	var b strings.Builder
	at := 0
	for _, t := range lex(sql) {
		n, err := strconv.Atoi(strings.TrimPrefix(t.in(sql), "$"))
		if t.kind != text || err != nil || sql[t.start] != '$' || n < 1 || n > len(parameters) {
			continue
		}
		b.WriteString(sql[at:t.start] + "CAST(NULL AS " + typeName(parameters[n-1]) + ")")
		at = t.end
	}
	return b.String() + sql[at:]
}

func announce(from []olap.ResultColumn) (names []string, columns []column) {
	names, columns = make([]string, len(from)), make([]column, len(from))
	for i, f := range from {
		names[i], columns[i] = f.Name, columnOf(f.Type)
	}
	return names, columns
}

func (c *session) bind(m *pgproto3.Bind) (sql string, err error) {
	s := c.statements[m.PreparedStatement]
	if s == nil {
		return "", fail(codeNoStatement, "prepared statement %q does not exist", m.PreparedStatement)
	}
	if len(c.portals) >= c.server.cfg.MaxStatements {
		return s.sql, fail(codeTooLarge, "the connection has %d portals already; close some", len(c.portals))
	}
	if len(m.Parameters) != len(s.parameters) {
		return s.sql, fail(codeProtocol, "bind message supplies %d parameters, but prepared statement %q requires %d", len(m.Parameters), m.PreparedStatement, len(s.parameters))
	}
	p := &portal{statement: s, names: s.names, columns: s.columns, formats: append([]int16(nil), m.ResultFormatCodes...)}
	if n := len(p.formats); n > 1 && n != len(s.columns) {
		return s.sql, fail(codeProtocol, "bind message has %d result formats but query has %d columns", n, len(s.columns))
	}
	for i, raw := range m.Parameters {
		var arg any
		if raw != nil {
			if arg, err = c.encoder.decode(raw, s.parameters[i], formatAt(m.ParameterFormatCodes, i)); err != nil {
				return s.sql, fail(codeBadText, "parameter $%d: %v", i+1, err)
			}
		}
		p.args = append(p.args, arg)
	}
	if old := c.portals[m.DestinationPortal]; old != nil {
		old.close()
	}
	c.portals[m.DestinationPortal] = p
	c.backend.Send(&pgproto3.BindComplete{})
	return "", nil
}

// formatAt returns the format of the i-th value: none is text, one is of all.
func formatAt(formats []int16, i int) int16 {
	switch {
	case len(formats) == 0:
		return formatText
	case len(formats) == 1:
		return formats[0]
	case i < len(formats):
		return formats[i]
	}
	return formatText
}

func (c *session) describe(_ context.Context, m *pgproto3.Describe) (sql string, err error) {
	if m.ObjectType == 'S' {
		s := c.statements[m.Name]
		if s == nil {
			return "", fail(codeNoStatement, "prepared statement %q does not exist", m.Name)
		}
		c.backend.Send(&pgproto3.ParameterDescription{ParameterOIDs: s.parameters})
		c.sendColumns(s.names, s.columns, nil)
		return "", nil
	}
	p := c.portals[m.Name]
	if p == nil {
		return "", fail(codeNoCursor, "there is no portal %q", m.Name)
	}
	c.sendColumns(p.names, p.columns, p.formats)
	return "", nil
}

func (c *session) sendColumns(names []string, columns []column, formats []int16) {
	if names == nil {
		c.backend.Send(&pgproto3.NoData{})
		return
	}
	c.backend.Send(rowDescription(names, columns, formats))
}

func rowDescription(names []string, columns []column, formats []int16) *pgproto3.RowDescription {
	fields := make([]pgproto3.FieldDescription, len(names))
	for i, name := range names {
		fields[i] = pgproto3.FieldDescription{
			Name: []byte(name), DataTypeOID: columns[i].oid, DataTypeSize: columns[i].size, TypeModifier: columns[i].mod, Format: formatAt(formats, i),
		}
	}
	return &pgproto3.RowDescription{Fields: fields}
}

func (c *session) closeNamed(m *pgproto3.Close) {
	if m.ObjectType == 'S' {
		delete(c.statements, m.Name)
	} else if p := c.portals[m.Name]; p != nil {
		p.close()
		delete(c.portals, m.Name)
	}
	c.backend.Send(&pgproto3.CloseComplete{})
}

func (c *session) executePortal(ctx context.Context, p *portal, most uint32) error {
	if p.statement.command != nil {
		if p.done {
			return fail(codeNoCursor, "the portal has run already")
		}
		p.done = true
		return c.command(p.statement.command)
	}
	if err := c.usable(); err != nil {
		return err
	}
	if p.result == nil && !p.done {
		if err := c.open(ctx, p); err != nil {
			return err
		}
	}
	return c.execute(ctx, p, int64(most))
}

// open starts the query of a portal. The types that its columns were announced with stay.
func (c *session) open(ctx context.Context, p *portal) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer c.arm(cancel)()
	result, err := c.ask(ctx, olap.Query{SQL: p.statement.sql, Args: p.args})
	if err != nil {
		defer cancel(nil)
		return failureOf(ctx, err, p.statement.sql)
	}
	p.result, p.cancel = result, cancel
	if p.columns == nil {
		p.names, p.columns = announce(result.Columns)
	}
	if len(p.columns) != len(result.Columns) {
		p.close()
		return fail(codeUnsupported, "cached plan must not change result type: prepare the statement again")
	}
	return nil
}

// execute sends rows of an open portal: all of them, or the next most.
func (c *session) execute(ctx context.Context, p *portal, most int64) error {
	defer c.arm(p.cancel)()
	var n int64
	for !p.done {
		if len(p.rows) == 0 {
			var err error
			if p.rows, err = p.result.Next(); err != nil {
				return failureOf(ctx, err, p.statement.sql)
			}
			if len(p.rows) == 0 {
				p.done = true
				break
			}
		}
		for len(p.rows) > 0 {
			if most > 0 && n == most {
				c.backend.Send(&pgproto3.PortalSuspended{})
				return nil
			}
			if err := c.send(p, p.rows[0]); err != nil {
				return err
			}
			p.rows, n = p.rows[1:], n+1
		}
	}
	if p.result != nil && p.result.Truncated() {
		return &failure{code: codeLimit, message: fmt.Sprintf("the result was cut off at %d rows: what came is not all of it", p.result.Rows()), hint: "Add LIMIT, filter rows or choose fewer columns. The limits are olap.sql.max_rows and olap.sql.max_result_bytes."}
	}
	p.close()
	c.backend.Send(&pgproto3.CommandComplete{CommandTag: fmt.Appendf(nil, "SELECT %d", n)})
	return nil
}

// send writes one row.
func (c *session) send(p *portal, row []any) error {
	p.buf, p.values = p.buf[:0], p.values[:0]
	ends := make([]int, len(row))
	for i, v := range row {
		if v != nil {
			var err error
			if p.buf, err = c.encoder.append(p.buf, v, p.columns[i].oid, formatAt(p.formats, i)); err != nil {
				return fail(codeBadValue, "column %q: %v", p.names[i], err)
			}
		}
		ends[i] = len(p.buf)
	}
	from := 0
	for i, end := range ends {
		if row[i] == nil {
			p.values = append(p.values, nil)
		} else {
			p.values = append(p.values, p.buf[from:end:end])
		}
		from = end
	}
	c.backend.Send(&pgproto3.DataRow{Values: p.values})
	return c.sent(len(p.buf) + 6*len(row))
}
