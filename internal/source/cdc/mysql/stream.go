package mysql

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/millrace/millrace/internal/source/cdc"
)

const (
	// linger is how long changes wait for others to be handed over with.
	linger = 5 * time.Millisecond
	// heartbeat is how often the server says something though nothing is new; it
	// is given up after silence of three of them.
	heartbeat = 10 * time.Second
	// maxEvents are read ahead.
	maxEvents = 64
)

// stream is the changes of the binary log, as they come.
type stream struct {
	*session
	feed   *cdc.Feed[position]
	file   string // of the events that come
	shapes map[*replication.TableMapEvent]*shape
	open   bool // between the begin of a transaction and its end
	doubt  doubt
	gtid   string // of the transaction
	out    []byte
	saved  time.Time
	synced time.Time
}

// stream takes changes until something goes wrong.
func (s *session) stream(ctx context.Context) (err error) {
	host, port, err := net.SplitHostPort(s.cfg.Address)
	if err != nil {
		return err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return err
	}
	r := &stream{session: s, file: s.state.At.File, shapes: make(map[*replication.TableMapEvent]*shape)}
	if r.feed, err = cdc.OpenFeed(ctx, s.feed(streamName, s.identity()), cdc.Mark[position]{Position: s.state.At, Count: s.state.Count}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.feed.Close()) }()
	for at := s.state.At; ; {
		if at, err = r.onward(r.follow(ctx, host, uint16(number), at)); err != nil {
			return err
		}
	}
}

// follow takes changes from a place on.
func (r *stream) follow(ctx context.Context, host string, port uint16, at position) error {
	flavor := mysql.MySQLFlavor
	if r.server.mariadb {
		flavor = mysql.MariaDBFlavor
	}
	syncer := replication.NewBinlogSyncer(replication.BinlogSyncerConfig{
		ServerID: r.cfg.ServerID, Flavor: flavor, Host: host, Port: port, User: r.cfg.User, Password: r.cfg.Password,
		TLSConfig: r.cfg.TLS, TimestampStringLocation: time.UTC, HeartbeatPeriod: heartbeat, ReadTimeout: 3 * heartbeat,
		DisableRetrySync: true, VerifyChecksum: true, DiscardGTIDSet: true, EventCacheCount: maxEvents,
		FillZeroLogPos: r.server.mariadb, Logger: slog.New(slog.DiscardHandler), RowsEventDecodeFunc: r.decodeRows,
	})
	defer syncer.Close()
	events, err := syncer.StartSync(mysql.Position{Name: at.File, Pos: at.Pos})
	if err != nil {
		return fmt.Errorf("cannot read the binary log from %s (the user needs REPLICATION SLAVE): %w", at, err)
	}
	// That the first connection still answers says that the server was not started
	// anew between them.
	end, err := r.session.end()
	if err != nil {
		return err
	}
	r.doubt.newest = end.File
	return r.read(ctx, events)
}

// decodeRows leaves the rows of tables undecoded that are not taken.
func (s *session) decodeRows(e *replication.RowsEvent, data []byte) error {
	at, err := e.DecodeHeader(data)
	if err != nil || e.Table == nil || !s.wanted(e.Table.Schema, e.Table.Table) {
		return err
	}
	return e.DecodeData(at, data)
}

func (s *session) wanted(schema, name []byte) bool {
	for i := range s.tables {
		if s.tables[i].Schema == string(schema) && s.tables[i].Name == string(name) {
			return true
		}
	}
	return false
}

// read hands changes over as they come.
func (r *stream) read(ctx context.Context, events *replication.BinlogStreamer) error {
	r.saved = r.cfg.Clock.Now()
	r.synced = r.saved
	for {
		wait := r.cfg.Save
		if r.feed.Pending() {
			wait = linger
		}
		short, cancel := context.WithTimeout(ctx, wait)
		e, err := events.GetEvent(short)
		cancel()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, context.DeadlineExceeded):
			err = r.feed.Flush(ctx)
		case err != nil:
			if err := r.rest(ctx, events); err != nil {
				return err
			}
			err = fmt.Errorf("cannot read the binary log: %w", err)
		default:
			err = r.admit(ctx, e)
		}
		if err != nil {
			return err
		}
		if err := r.keep(ctx); err != nil {
			return err
		}
	}
}

// rest takes what came before the error that ended the stream, which may overtake it.
func (r *stream) rest(ctx context.Context, events *replication.BinlogStreamer) error {
	for _, e := range events.DumpEvents() {
		if err := r.admit(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// keep stores, now and then, how far the log is.
func (r *stream) keep(ctx context.Context) error {
	now := r.cfg.Clock.Now()
	if now.Sub(r.saved) < r.cfg.Save {
		return nil
	}
	r.saved = now
	if now.Sub(r.synced) >= checkpointEvery && !r.open {
		r.synced = now
		if err := r.feed.Checkpoint(ctx); err != nil {
			return err
		}
	}
	mark := r.feed.Durable()
	if mark.Position == r.state.At {
		return nil
	}
	r.state.At, r.state.Count = mark.Position, mark.Count
	return r.save()
}

// take takes an event.
func (r *stream) take(ctx context.Context, e *replication.BinlogEvent) error {
	switch m := e.Event.(type) {
	case *replication.RotateEvent:
		r.file = string(m.NextLogName)
		if e.Header.LogPos != 0 { // the first one only says where we are
			r.feed.Mark(position{File: r.file, Pos: uint32(m.Position)})
		}
	case *replication.MariadbGTIDEvent:
		r.gtid, r.open = m.GTID.String(), !m.IsStandalone()
	case *replication.GTIDEvent:
		r.gtid = mysqlGTID(m)
	case *replication.QueryEvent:
		return r.statement(ctx, e, m)
	case *replication.XIDEvent:
		r.end(e)
	case *replication.RowsEvent:
		return r.rows(ctx, e, m)
	}
	return nil
}

func mysqlGTID(m *replication.GTIDEvent) string {
	set, err := m.GTIDNext()
	if err != nil {
		return ""
	}
	return set.String()
}

// end says that a transaction is complete.
func (r *stream) end(e *replication.BinlogEvent) {
	r.open = false
	r.feed.Mark(position{File: r.file, Pos: e.Header.LogPos})
}

var (
	savepoint = regexp.MustCompile(`(?i)^\s*(SAVEPOINT|ROLLBACK\s+TO)\b`)
	truncate  = regexp.MustCompile("(?i)^\\s*(?:/\\*.*?\\*/\\s*)*TRUNCATE\\s+(?:TABLE\\s+)?(?:`?([^`.\\s;]+)`?\\s*\\.\\s*)?`?([^`.\\s;/]+)`?")
)

// statement takes what is logged as text: the borders of transactions, and changes
// of definitions, which end one of their own.
func (r *stream) statement(ctx context.Context, e *replication.BinlogEvent, m *replication.QueryEvent) error {
	text := string(m.Query)
	switch {
	case strings.EqualFold(text, "BEGIN"):
		r.open = true
		return nil
	case savepoint.MatchString(text):
		return nil
	}
	if found := truncate.FindStringSubmatch(text); found != nil {
		t := table{found[1], found[2]}
		if t.Schema == "" {
			t.Schema = string(m.Schema)
		}
		if r.wanted([]byte(t.Schema), []byte(t.Name)) {
			if err := r.add(ctx, t, r.shapeOf(t, nil), r.change(e, 't')); err != nil {
				return err
			}
		}
	}
	r.end(e)
	return nil
}

// begin is where an event begins.
func (r *stream) begin(e *replication.BinlogEvent) position {
	return position{File: r.file, Pos: e.Header.LogPos - e.Header.EventSize}
}

// change is the beginning of one that an event tells of.
func (r *stream) change(e *replication.BinlogEvent, op byte) *change {
	return &change{
		op: op, at: r.begin(e),
		time: e.Header.Timestamp, serverID: e.Header.ServerID, gtid: r.gtid,
	}
}

var (
	errCompressed = errors.New("the binary log is compressed, and changes are read from one that is not; set log_bin_compress = OFF in the server's configuration, and now: SET GLOBAL log_bin_compress = OFF")
	errPartial    = errors.New("the binary log has parts of JSON values, and changes are read from one with whole ones; set binlog_row_value_options = '' in the server's configuration, and now: SET GLOBAL binlog_row_value_options = ''")
)

// whole refuses events that do not have their rows as they are: what is not taken
// apart here would be wrong, and rows that are compressed may be more than an
// event has bytes, which their numbers rely on.
func whole(typ replication.EventType) error {
	switch typ {
	case replication.MARIADB_WRITE_ROWS_COMPRESSED_EVENT_V1, replication.MARIADB_UPDATE_ROWS_COMPRESSED_EVENT_V1,
		replication.MARIADB_DELETE_ROWS_COMPRESSED_EVENT_V1:
		return errCompressed
	case replication.PARTIAL_UPDATE_ROWS_EVENT:
		return errPartial
	}
	return nil
}

// rows takes the changes of rows.
func (r *stream) rows(ctx context.Context, e *replication.BinlogEvent, m *replication.RowsEvent) error {
	if m.Table == nil || !r.wanted(m.Table.Schema, m.Table.Table) {
		return nil
	}
	if err := whole(e.Header.EventType); err != nil {
		return fmt.Errorf("event at %s of table %s.%s: %w", r.change(e, 'c').at, m.Table.Schema, m.Table.Table, err)
	}
	t := table{string(m.Table.Schema), string(m.Table.Table)}
	s := r.shapes[m.Table]
	if s == nil {
		var err error
		if s, err = r.describe(t, m.Table); err != nil {
			return err
		}
		if len(r.shapes) > maxEvents {
			clear(r.shapes) // those of earlier events are of no use any more
		}
		r.shapes[m.Table] = s
	}
	skipped := func(i int) []int {
		if i < len(m.SkippedColumns) {
			return m.SkippedColumns[i]
		}
		return nil
	}
	c := r.change(e, 'c')
	step := 1
	switch m.Type() {
	case replication.EnumRowsEventTypeDelete:
		c.op = 'd'
	case replication.EnumRowsEventTypeUpdate:
		c.op, step = 'u', 2
	}
	for i := 0; i+step <= len(m.Rows); i += step {
		c.row, c.before, c.after = i/step, nil, nil
		switch c.op {
		case 'c':
			c.after, c.skippedAfter = m.Rows[i], skipped(i)
		case 'd':
			c.before, c.skippedBefore = m.Rows[i], skipped(i)
		default:
			c.before, c.after = m.Rows[i], m.Rows[i+1]
			c.skippedBefore, c.skippedAfter = skipped(i), skipped(i+1)
		}
		if err := r.add(ctx, t, s, c); err != nil {
			return err
		}
	}
	return nil
}

// add hands a change over, unless the log has it or the table was read later.
func (r *stream) add(ctx context.Context, t table, s *shape, c *change) error {
	number, err := c.at.number()
	if err != nil {
		return err
	}
	if !r.feed.NextAt(number + int64(c.row)) {
		return nil
	}
	if read := r.state.Tables[t.String()].At; read.File != "" {
		from, err := read.number()
		if err != nil {
			return err
		}
		if number < from {
			return nil
		}
	}
	out, valid := s.appendChange(r.out[:0], c)
	r.out = out
	return add(ctx, r.feed, s, out, valid)
}
