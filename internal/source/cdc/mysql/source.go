package mysql

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-mysql-org/go-mysql/client"

	"github.com/millrace/millrace/internal/source/cdc"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/supervise"
)

// Source takes the changes of tables.
type Source struct {
	cfg    Config
	tables []table
	meter  *meter.Source
}

// New returns a source. It connects when it is run.
func New(cfg Config) (*Source, error) {
	cfg.setDefaults()
	tables, err := cfg.tables()
	if err != nil {
		return nil, err
	}
	return &Source{cfg: cfg, tables: tables, meter: cfg.Meters.Source(cfg.Source, cfg.Adapter.Name())}, nil
}

// Run takes changes until ctx ends; that is no error.
func (s *Source) Run(ctx context.Context) error {
	return supervise.Run(ctx, supervise.Options{
		Source: s.cfg.Source, Kind: "mysql", Meter: s.meter, Clock: s.cfg.Clock, Logger: s.cfg.Logger, Random: s.cfg.Random,
	}, s.attempt)
}

// session is one attempt.
type session struct {
	*Source
	conn   *client.Conn
	server server
	state  state
}

// server is what the other side says of itself.
type server struct {
	mariadb bool
	id      string // identifies the server
}

// state is what is stored between attempts.
type state struct {
	Server string `json:"server"`
	Epoch  int    `json:"epoch"` // how often it was begun
	// All changes before At are in the log; the last has the number Count.
	At     position            `json:"at"`
	Count  int64               `json:"count"`
	Tables map[string]snapshot `json:"tables"`
}

// snapshot is how far the reading of a table is.
type snapshot struct {
	// At is what the first attempt saw. Later attempts see more, and the stream has
	// that too: a row may come twice, none is missing.
	At   position `json:"at"`
	Done bool     `json:"done"`
}

func (s *Source) key() string { return "cdc/mysql/" + s.cfg.Source }

func (s *session) save() error { return cdc.Save(s.cfg.Log.Cursors, s.key(), s.state) }

// attempt takes changes until something goes wrong.
func (s *Source) attempt(ctx context.Context, connected func()) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return err
	}
	n := &session{Source: s, conn: conn}
	defer conn.Close()
	// Nothing else ends a query.
	stop := context.AfterFunc(ctx, func() { _ = conn.Conn.Conn.Close() })
	defer stop()
	if err := n.inspect(); err != nil {
		return err
	}
	if err := n.locate(); err != nil {
		return err
	}
	connected()
	if err := n.readTables(ctx); err != nil {
		return err
	}
	return n.stream(ctx)
}

// inspect checks that the server logs what we need.
func (s *session) inspect() error {
	row, err := s.row(`SELECT @@version, @@log_bin, @@binlog_format, @@binlog_row_image, @@server_id`)
	if err != nil {
		return fmt.Errorf("cannot inspect the server: %w", err)
	}
	s.server.mariadb = strings.Contains(strings.ToLower(row[0]), "mariadb")
	s.server.id = "server_id " + row[4]
	if s.server.mariadb {
		err = s.inspectMariaDB()
	} else {
		err = s.inspectMySQL()
	}
	if err != nil {
		return err
	}
	if !on(row[1]) {
		return errors.New("the server has no binary log; set log_bin, binlog_format = ROW, binlog_row_image = FULL and binlog_row_metadata = FULL in its configuration and restart it")
	}
	metadata, err := s.row(`SELECT @@binlog_row_metadata`)
	if err != nil {
		return fmt.Errorf("the server does not know binlog_row_metadata; changes are taken from MariaDB 10.5, MySQL 8.0.20 and later: %w", err)
	}
	for _, setting := range [][3]string{{"binlog_format", row[2], "ROW"}, {"binlog_row_image", row[3], "FULL"}, {"binlog_row_metadata", metadata[0], "FULL"}} {
		if !strings.EqualFold(setting[1], setting[2]) {
			return fmt.Errorf("%s is %s; set %s = %s in the server's configuration, and now: SET GLOBAL %s = '%s'",
				setting[0], setting[1], setting[0], setting[2], setting[0], setting[2])
		}
	}
	return nil
}

func (s *session) inspectMariaDB() error {
	row, err := s.row(`SELECT @@log_bin_compress`)
	if err != nil {
		return fmt.Errorf("cannot inspect the server, which must be MariaDB 10.5 or later: %w", err)
	}
	if on(row[0]) {
		return errCompressed
	}
	return nil
}

func (s *session) inspectMySQL() error {
	row, err := s.row(`SELECT @@server_uuid, @@binlog_transaction_compression, @@binlog_row_value_options`)
	if err != nil {
		return fmt.Errorf("cannot inspect the server, which must be MySQL 8.0.20 or later: %w", err)
	}
	s.server.id = row[0]
	if on(row[1]) {
		return errors.New("binlog_transaction_compression is on; changes are read from a log without it")
	}
	if strings.Contains(strings.ToUpper(row[2]), "PARTIAL_JSON") {
		return errPartial
	}
	return nil
}

func on(value string) bool { return value == "1" || strings.EqualFold(value, "on") }

// locate finds out where to go on.
func (s *session) locate() error {
	stored, known, err := cdc.Load[state](s.cfg.Log.Cursors, s.key())
	if err != nil {
		return err
	}
	epoch := stored.Epoch + 1
	if known {
		why, err := s.lost(&stored)
		if err != nil {
			return err
		}
		if why == "" {
			s.state = stored
			return s.forget()
		}
		if !s.cfg.Restart {
			return fmt.Errorf("%s: changes are missing, and nobody knows which; set on_lost_log: restart to read the tables again and go on from there", why)
		}
		s.cfg.Logger.Warn("changes of a database are missing; it is begun anew", "source", s.cfg.Source, "why", why)
	}
	at, err := s.end()
	if err != nil {
		return err
	}
	number, err := at.number()
	if err != nil {
		return err
	}
	// The first change may stand right there, so that the last one is before.
	s.state = state{Server: s.server.id, Epoch: epoch, At: at, Count: number - 1, Tables: make(map[string]snapshot)}
	return s.save()
}

// forget forgets tables that are not taken any more: should one be again, it is
// read again.
func (s *session) forget() error {
	before := len(s.state.Tables)
	maps.DeleteFunc(s.state.Tables, func(name string, _ snapshot) bool {
		return !slices.ContainsFunc(s.tables, func(t table) bool { return t.String() == name })
	})
	if len(s.state.Tables) == before {
		return nil
	}
	return s.save()
}

// lost says why the stream cannot go on where it was, or nothing.
func (s *session) lost(stored *state) (string, error) {
	if stored.Server != s.server.id {
		return "the server is another one than before", nil
	}
	rows, err := s.query(`SHOW BINARY LOGS`)
	if err != nil {
		return "", fmt.Errorf("cannot list the binary logs (the user needs REPLICATION SLAVE and BINLOG MONITOR, in MySQL REPLICATION CLIENT): %w", err)
	}
	for _, r := range rows {
		var size uint64
		if _, err := fmt.Sscan(r[1], &size); err != nil {
			return "", fmt.Errorf("cannot list the binary logs: %w", err)
		}
		if r[0] == stored.At.File {
			if uint64(stored.At.Pos) > size {
				return fmt.Sprintf("the server's binary log was begun anew: %s is behind the end of its file", stored.At), nil
			}
			return "", nil
		}
	}
	return fmt.Sprintf("the server has removed its binary log %s", stored.At.File), nil
}

// end is where the binary log ends now.
func (s *session) end() (position, error) {
	row, err := s.row(`SHOW MASTER STATUS`)
	if err != nil {
		row, err = s.row(`SHOW BINARY LOG STATUS`) // since MySQL 8.2
	}
	if err != nil {
		return position{}, fmt.Errorf("cannot find the end of the binary log (the user needs REPLICATION SLAVE and BINLOG MONITOR, in MySQL REPLICATION CLIENT): %w", err)
	}
	return parsePosition(row)
}

func parsePosition(row []string) (p position, err error) {
	if len(row) < 2 {
		return p, errors.New("the server tells no position of its binary log")
	}
	p.File = row[0]
	_, err = fmt.Sscan(row[1], &p.Pos)
	return p, err
}

func (s *session) feed(stream, identity string) cdc.FeedConfig {
	return cdc.FeedConfig{
		Log: s.cfg.Log, Source: s.cfg.Source, Adapter: s.cfg.Adapter, Stream: stream, Identity: identity,
		Meter: s.meter, Clock: s.cfg.Clock, EventBytes: s.cfg.EventBytes, BatchRecords: s.cfg.BatchRecords,
	}
}

// identity tells one life of the numbering from the next.
func (s *session) identity() string { return fmt.Sprintf("%s/%d", s.state.Server, s.state.Epoch) }
