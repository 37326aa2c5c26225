package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/internal/source/cdc"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/supervise"
)

// Source takes the changes of a database.
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
	if !slotName.MatchString(cfg.Slot) {
		return nil, fmt.Errorf("slot %q is no name of a replication slot: 1 to 63 lower-case letters, digits and _", cfg.Slot)
	}
	if _, err := pgconn.ParseConfig(cfg.URL); err != nil {
		return nil, errors.New("url is no connection URL such as postgres://user:password@host:5432/shop; write special characters of the password as %40 and so on")
	}
	return &Source{cfg: cfg, tables: tables, meter: cfg.Meters.Source(cfg.Source, cfg.Adapter.Name())}, nil
}

// Run takes changes until ctx ends; that is no error.
func (s *Source) Run(ctx context.Context) error {
	return supervise.Run(ctx, supervise.Options{
		Source: s.cfg.Source, Kind: "postgres", Meter: s.meter, Clock: s.cfg.Clock, Logger: s.cfg.Logger, Random: s.cfg.Random,
	}, s.attempt)
}

// session is one attempt.
type session struct {
	*Source
	conn   *pgconn.PgConn // for everything but the stream
	server server
	info   map[table]tableInfo
	state  state
}

// server is what the other side says of itself.
type server struct {
	version  int    // such as 150013
	system   string // identifies the cluster's data
	database string
}

// tableInfo is what the server says of a table.
type tableInfo struct {
	keys        []string // the columns that identify a row
	partitioned bool
}

// state is what is stored between attempts.
type state struct {
	System string `json:"system"`
	// Epoch tells one life of the slot from the next: changes are numbered anew.
	Epoch string `json:"epoch"`
	// All transactions that end before LSN are in the log, with Count changes.
	LSN    uint64              `json:"lsn"`
	Count  int64               `json:"count"`
	Tables map[string]snapshot `json:"tables"`
}

// snapshot is how far the reading of a table is.
type snapshot struct {
	// Seen are the transactions that the first attempt saw. Later attempts see
	// more, and the stream has these too: a row may come twice, none is missing.
	Seen string `json:"seen,omitempty"`
	LSN  uint64 `json:"lsn"` // behind which none of them commits
	Done bool   `json:"done"`
}

func (s *Source) key() string { return "cdc/postgres/" + s.cfg.Source + "/" + s.cfg.Slot }

func (s *session) save() error { return cdc.Save(s.cfg.Log.Cursors, s.key(), s.state) }

// attempt takes changes until something goes wrong.
func (s *Source) attempt(ctx context.Context, connected func()) error {
	conn, err := s.connect(ctx, false)
	if err != nil {
		return err
	}
	n := &session{Source: s, conn: conn}
	defer n.close(ctx, conn)
	if err := n.prepare(ctx); err != nil {
		return err
	}
	connected()
	if err := n.readTables(ctx); err != nil {
		return err
	}
	return n.stream(ctx)
}

// prepare brings the server to where changes can be taken.
func (s *session) prepare(ctx context.Context) error {
	if err := s.inspect(ctx); err != nil {
		return err
	}
	if err := s.publish(ctx); err != nil {
		return err
	}
	return s.openSlot(ctx)
}

// stream takes changes, confirms them and watches the slot, until one of the
// three goes wrong.
func (s *session) stream(ctx context.Context) error {
	r, err := s.openStream(ctx)
	if err != nil {
		return err
	}
	defer s.close(ctx, r.conn)
	group, ctx := errgroup.WithContext(ctx)
	// Nothing else ends a read.
	stop := context.AfterFunc(ctx, func() { _ = r.conn.Conn().Close() })
	defer stop()
	group.Go(func() error { return r.read(ctx) })
	group.Go(func() error { return r.confirm(ctx) })
	group.Go(func() error { return s.watch(ctx) })
	return errors.Join(group.Wait(), r.feed.Close())
}
