package mysql

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/internal/fingerprint"
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
	at, err := s.takeSnapshot()
	if err != nil {
		return fmt.Errorf("cannot take a snapshot: %w", err)
	}
	now := s.cfg.Clock.Now()
	for _, t := range left {
		if err := s.readTable(ctx, t, at, now); err != nil {
			return fmt.Errorf("cannot read table %s: %w", t, err)
		}
	}
	_, err = s.conn.Execute("COMMIT")
	return err
}

// takeSnapshot begins a transaction that sees what was committed before a place
// in the binary log. MariaDB tells the place by itself; in MySQL writers are
// stopped for the moment.
func (s *session) takeSnapshot() (at position, err error) {
	const begin = `START TRANSACTION WITH CONSISTENT SNAPSHOT`
	if _, err := s.conn.Execute(`SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ`); err != nil {
		return at, err
	}
	if s.server.mariadb {
		if _, err := s.conn.Execute(begin); err != nil {
			return at, err
		}
		row, err := s.row(`SELECT
			(SELECT variable_value FROM information_schema.session_status WHERE variable_name = 'BINLOG_SNAPSHOT_FILE'),
			(SELECT variable_value FROM information_schema.session_status WHERE variable_name = 'BINLOG_SNAPSHOT_POSITION')`)
		if err != nil {
			return at, err
		}
		return parsePosition(row)
	}
	// Whoever waits for the lock keeps all writers waiting.
	if _, err := s.conn.Execute(`SET SESSION lock_wait_timeout = 10`); err != nil {
		return at, err
	}
	if _, err := s.conn.Execute(`FLUSH TABLES WITH READ LOCK`); err != nil {
		return at, fmt.Errorf("cannot stop writers for a moment (the user needs the privilege RELOAD; a long query may hold a table): %w", err)
	}
	_, err = s.conn.Execute(begin)
	if err == nil {
		at, err = s.end()
	}
	_, unlock := s.conn.Execute(`UNLOCK TABLES`)
	return at, errors.Join(err, unlock)
}

// readTable brings the rows of a table into the log.
func (s *session) readTable(ctx context.Context, t table, at position, now time.Time) (err error) {
	progress, begun := s.state.Tables[t.String()]
	if !begun {
		progress = snapshot{At: at}
		s.state.Tables[t.String()] = progress
		if err := s.save(); err != nil {
			return err
		}
	}
	// The rows are numbered anew in each attempt: the server need not give them in
	// the same order again.
	attempt := fmt.Sprintf("%s/%s/%d", s.identity(), at, now.UnixNano())
	feed, err := cdc.OpenFeed(ctx, s.feed(streamName+"/"+t.String(), attempt), cdc.Mark[struct{}]{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, feed.Close()) }()
	equal, err := fingerprint.NewCounter(s.cfg.TempDir, 0, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, equal.Close()) }()
	r := tableReader{ctx: ctx, session: s, table: t, feed: feed, at: progress.At, now: now, equal: equal}
	result := new(mysql.Result)
	err = s.conn.ExecuteSelectStreaming("SELECT * FROM "+t.quoted(), result, r.row, r.begin)
	if err == nil {
		err = feed.Finish(ctx)
	}
	if err != nil {
		return err
	}
	s.cfg.Logger.Info("a table was read", "source", s.cfg.Source, "table", t.String(), "rows", feed.Count())
	progress.Done = true
	s.state.Tables[t.String()] = progress
	return s.save()
}

const streamName = "mysql:binlog"

// tableReader takes the rows of a table. All carry the place of the first
// attempt, so that a row that a later one reads again is the same event. Rows
// without a primary key are told apart by their number among equal ones.
type tableReader struct {
	ctx     context.Context
	session *session
	table   table
	feed    *cdc.Feed[struct{}]
	at      position
	now     time.Time
	equal   *fingerprint.Counter // of rows of a table without a primary key

	shape  *shape
	values []any
	out    []byte
}

func (r *tableReader) begin(result *mysql.Result) error {
	r.shape = r.session.fromFields(r.table, result.Fields)
	return nil
}

func (r *tableReader) row(row []mysql.FieldValue) error {
	r.values = r.values[:0]
	for i := range row {
		r.values = append(r.values, row[i].Value())
	}
	out, valid := r.shape.appendRead(r.out[:0], r.values)
	r.out = out
	number := uint32(1)
	if !r.shape.keyed {
		var err error
		if number, err = r.equal.Next(fingerprint.Key(xxh3.Hash128(out).Bytes())); err != nil {
			return fmt.Errorf("cannot number the equal rows: %w", err)
		}
	}
	if !r.feed.Next() {
		return nil
	}
	r.out = r.shape.appendReadSource(out, r.at, r.now, number)
	return add(r.ctx, r.feed, r.shape, r.out, valid)
}

func add[P any](ctx context.Context, f *cdc.Feed[P], s *shape, payload []byte, valid bool) error {
	change := cdc.Change{Payload: payload, Envelope: s.envelope}
	if !valid {
		change.Reject = cdc.InvalidUTF8
	}
	return f.Add(ctx, change)
}
