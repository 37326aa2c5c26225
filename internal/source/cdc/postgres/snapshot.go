package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pglogrepl"

	"github.com/millrace/millrace/internal/source/cdc"
)

// readTables reads the tables that were not read yet.
func (s *session) readTables(ctx context.Context) error {
	var left []table
	for _, t := range s.tables {
		if !s.state.Tables[t.String()].Done {
			left = append(left, t)
		}
	}
	if len(left) == 0 {
		return nil
	}
	if s.cfg.NoSnapshot {
		for _, t := range left {
			s.state.Tables[t.String()] = snapshot{Done: true}
		}
		return s.save()
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	at, err := s.takeSnapshot(ctx)
	if err != nil {
		return err
	}
	for _, t := range left {
		if err := s.readTable(ctx, t, at); err != nil {
			return fmt.Errorf("cannot read table %s: %w", t, err)
		}
	}
	return s.exec(ctx, "COMMIT")
}

// settle waits until the transactions have ended that were running when the slot
// was made or a table was published. One of them may commit without being sent
// and without being seen by a snapshot: its commit is logged before others see it,
// and what a publication has is looked up as of the change.
func (s *session) settle(ctx context.Context) error {
	row, err := s.row(ctx, `SELECT pg_snapshot_xmax(pg_current_snapshot())`)
	if err != nil {
		return fmt.Errorf("cannot list the running transactions: %w", err)
	}
	limit := row[0]
	began, warned := s.cfg.Clock.Now(), false
	for wait := time.Millisecond; ; wait = min(2*wait, time.Second) {
		row, err := s.row(ctx, `SELECT pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8, pg_snapshot_xmin(pg_current_snapshot())`, limit)
		if err != nil {
			return fmt.Errorf("cannot list the running transactions: %w", err)
		}
		if row[0] == "t" {
			return nil
		}
		if !warned && s.cfg.Clock.Now().Sub(began) > 10*time.Second {
			warned = true
			s.cfg.Logger.Warn("a long transaction holds up the reading of tables", "source", s.cfg.Source, "transaction", row[1])
		}
		if err := s.cfg.Clock.Sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// moment is when a snapshot was taken.
type moment struct {
	seen   string
	lsn    uint64 // what the snapshot saw commits before
	micros int64  // since 1970
}

func (s *session) takeSnapshot(ctx context.Context) (m moment, err error) {
	if err := s.exec(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); err != nil {
		return m, fmt.Errorf("cannot begin a snapshot: %w", err)
	}
	row, err := s.row(ctx, `SELECT pg_current_snapshot(), pg_current_wal_insert_lsn(), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`)
	if err != nil {
		return m, fmt.Errorf("cannot take a snapshot: %w", err)
	}
	lsn, err := pglogrepl.ParseLSN(row[1])
	if err != nil {
		return m, fmt.Errorf("cannot take a snapshot: %w", err)
	}
	m.seen, m.lsn = row[0], uint64(lsn)
	m.micros, err = strconv.ParseInt(row[2], 10, 64)
	return m, err
}

// readTable brings the rows of a table into the log.
func (s *session) readTable(ctx context.Context, t table, at moment) error {
	progress, begun := s.state.Tables[t.String()]
	if !begun {
		progress = snapshot{Seen: at.seen, LSN: at.lsn}
		s.state.Tables[t.String()] = progress
		if err := s.save(); err != nil {
			return err
		}
	}
	columns, filter, err := s.published(ctx, t)
	if err != nil {
		return err
	}
	shape := s.cfg.shapeOf(s.server.database, t, columns, s.info[t].keys)
	if err := s.bindOutbox(shape, columns); err != nil {
		return err
	}
	feed, err := cdc.OpenFeed(ctx, s.feed(s.streamName()+"/"+t.String(), s.readingIdentity(at)), cdc.Mark[struct{}]{})
	if err != nil {
		return err
	}
	w := &copyReader{ctx: ctx, session: s, shape: shape, feed: feed, at: at}
	_, err = s.conn.CopyTo(ctx, w, s.copySQL(t, columns, filter))
	if err == nil && len(w.rest) > 0 {
		err = errors.New("the last row is not complete")
	}
	if err == nil {
		err = feed.Finish(ctx)
	}
	if err = errors.Join(err, feed.Close()); err != nil {
		return err
	}
	s.cfg.Logger.Info("a table was read", "source", s.cfg.Source, "table", t.String(), "rows", feed.Count())
	progress.Done = true
	s.state.Tables[t.String()] = progress
	return s.save()
}

// readingIdentity numbers the rows of each attempt anew: two that see the same
// transactions may get the rows in different orders. What an earlier attempt
// brought into the log is recognised by the version of the row.
func (s *session) readingIdentity(at moment) string {
	return s.state.Epoch + "/" + at.seen + "/" + strconv.FormatInt(at.micros, 10)
}

// published returns the columns that are published, and which rows.
func (s *session) published(ctx context.Context, t table) (columns []column, filter string, err error) {
	list := ""
	if s.server.version >= 150000 {
		row, err := s.row(ctx, `SELECT rowfilter, array_to_string(attnames, E'\n') FROM pg_publication_tables
			WHERE pubname = $1 AND schemaname = $2 AND tablename = $3`, s.cfg.Publication, t.Schema, t.Name)
		if err != nil {
			return nil, "", err
		}
		if row != nil {
			filter, list = row[0], "\n"+row[1]+"\n"
		}
	}
	rows, err := s.query(ctx, `SELECT attname, atttypid FROM pg_attribute
		WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`, t.quoted())
	if err != nil {
		return nil, "", err
	}
	for _, r := range rows {
		if list != "" && !strings.Contains(list, "\n"+r[0]+"\n") {
			continue
		}
		typ, err := strconv.ParseUint(r[1], 10, 32)
		if err != nil {
			return nil, "", err
		}
		columns = append(columns, column{name: r[0], typ: uint32(typ)})
	}
	return columns, filter, nil
}

// copySQL reads, before a row's columns, which version of the row it is. Tables
// that inherit from this one are others, but for its partitions.
func (s *session) copySQL(t table, columns []column, filter string) string {
	info := s.info[t]
	var b strings.Builder
	b.WriteString("COPY (SELECT xmin")
	if len(info.keys) == 0 {
		b.WriteString(", ctid")
	}
	for _, c := range columns {
		b.WriteString(", " + quote(c.name))
	}
	b.WriteString(" FROM ")
	if !info.partitioned {
		b.WriteString("ONLY ")
	}
	b.WriteString(t.quoted())
	if filter != "" {
		b.WriteString(" WHERE " + filter)
	}
	return b.String() + ") TO STDOUT"
}

// copyReader takes the text that COPY writes: a row a line, tabs between values.
type copyReader struct {
	ctx     context.Context
	session *session
	shape   *shape
	feed    *cdc.Feed[struct{}]
	at      moment

	rest []byte  // of a row that is not complete
	row  []value // of the last row
	text []byte  // its values, unescaped
	out  []byte
}

// Write implements io.Writer.
func (c *copyReader) Write(p []byte) (int, error) {
	data := p
	if len(c.rest) > 0 {
		c.rest = append(c.rest, p...)
		data = c.rest
	}
	for {
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			break
		}
		if err := c.line(data[:end]); err != nil {
			return 0, err
		}
		data = data[end+1:]
	}
	if len(data) > maxMessage {
		return 0, fmt.Errorf("a row has more than %d bytes", maxMessage)
	}
	c.rest = append(c.rest[:0], data...)
	return len(p), nil
}

func (c *copyReader) line(line []byte) error {
	c.row, c.text = splitCopy(c.row[:0], c.text[:0], line)
	lead := len(c.row) - len(c.shape.names)
	if lead < 1 || lead > 2 {
		return fmt.Errorf("a row has %d values instead of %d", len(c.row), len(c.shape.names)+1)
	}
	v := version{xmin: c.row[0].text}
	if lead == 2 {
		v.ctid = c.row[1].text
	}
	row := c.row[lead:]
	if !c.feed.Next() {
		return nil
	}
	if c.shape.outbox != nil {
		return addOutbox(c.ctx, c.feed, c.shape, row, c.at.micros)
	}
	out, valid := c.shape.appendRead(c.out[:0], c.at.micros, c.at.lsn, v, row)
	c.out = out
	return add(c.ctx, c.feed, c.shape, out, valid)
}

// splitCopy splits a line of COPY's text format into values. Those that are
// escaped are unescaped into memory that the caller keeps.
func splitCopy(row []value, memory, line []byte) (_ []value, _ []byte) {
	if cap(memory) < len(line) {
		memory = make([]byte, 0, 2*len(line)) // what values refer to does not move
	}
	for {
		end := bytes.IndexByte(line, '\t')
		field := line
		if end >= 0 {
			field = line[:end]
		}
		switch {
		case string(field) == `\N`:
			row = append(row, value{kind: nullValue})
		case bytes.IndexByte(field, '\\') < 0:
			row = append(row, value{kind: textValue, text: field})
		default:
			from := len(memory)
			memory = unescapeCopy(memory, field)
			row = append(row, value{kind: textValue, text: memory[from:len(memory):len(memory)]})
		}
		if end < 0 {
			return row, memory
		}
		line = line[end+1:]
	}
}

// unescapeCopy never appends more than the field has.
func unescapeCopy(dst, field []byte) []byte {
	for i := 0; i < len(field); i++ {
		c := field[i]
		if c == '\\' && i+1 < len(field) {
			i++
			switch c = field[i]; c {
			case 'b':
				c = '\b'
			case 'f':
				c = '\f'
			case 'n':
				c = '\n'
			case 'r':
				c = '\r'
			case 't':
				c = '\t'
			case 'v':
				c = '\v'
			}
		}
		dst = append(dst, c)
	}
	return dst
}
