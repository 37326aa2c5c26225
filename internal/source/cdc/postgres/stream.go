package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/millrace/millrace/internal/source/cdc"
	"github.com/millrace/millrace/internal/source/route"
)

const (
	// linger is how long changes wait for others to be handed over with.
	linger = 5 * time.Millisecond
	// idle bounds a read while nothing comes.
	idle = time.Second
	// alive is after how long the server hears of us though nothing is new; it
	// gives us up after wal_sender_timeout, 60 s by default.
	alive = 10 * time.Second
)

// stream is the changes of the slot, as they come.
type stream struct {
	*session
	conn   *pgconn.PgConn
	feed   *cdc.Feed[uint64]
	start  uint64 // transactions that ended before were taken
	marked uint64 // the newest mark
	shapes map[uint32]*shape
	tx     transaction
	open   bool // between the begin of a transaction and its commit
	change change
	out    []byte
	asked  chan struct{} // the server wants an answer
}

func (s *session) streamName() string { return "postgres:" + s.server.database }

func (s *session) feed(stream, identity string) cdc.FeedConfig {
	return cdc.FeedConfig{
		Log: s.cfg.Log, Source: s.cfg.Source, Adapter: s.cfg.Adapter, Stream: stream, Identity: identity,
		Meter: s.meter, Clock: s.cfg.Clock, EventBytes: s.cfg.EventBytes, BatchRecords: s.cfg.BatchRecords,
	}
}

// openStream starts the replication at the mark that is stored.
func (s *session) openStream(ctx context.Context) (*stream, error) {
	conn, err := s.connect(ctx, true)
	if err != nil {
		return nil, err
	}
	err = pglogrepl.StartReplication(ctx, conn, s.cfg.Slot, pglogrepl.LSN(s.state.LSN), pglogrepl.StartReplicationOptions{
		Mode:       pglogrepl.LogicalReplication,
		PluginArgs: []string{"proto_version '1'", "publication_names " + literal(quote(s.cfg.Publication))},
	})
	if err != nil {
		s.close(ctx, conn)
		return nil, fmt.Errorf("cannot start the replication of slot %q: %w", s.cfg.Slot, err)
	}
	feed, err := cdc.OpenFeed(ctx, s.feed(s.streamName(), s.state.Epoch), cdc.Mark[uint64]{Position: s.state.LSN, Count: s.state.Count})
	if err != nil {
		s.close(ctx, conn)
		return nil, err
	}
	return &stream{
		session: s, conn: conn, feed: feed, start: s.state.LSN, marked: s.state.LSN,
		shapes: make(map[uint32]*shape), asked: make(chan struct{}, 1),
	}, nil
}

// read hands changes over as they come.
func (r *stream) read(ctx context.Context) error {
	saved, expired := r.cfg.Clock.Now(), false
	for {
		if expired || r.conn.Frontend().ReadBufferLen() == 0 {
			wait := idle
			if r.feed.Pending() {
				wait = linger
			}
			if err := r.conn.Conn().SetReadDeadline(r.cfg.Clock.Now().Add(wait)); err != nil {
				return fmt.Errorf("cannot read from the server: %w", err)
			}
		}
		message, err := r.conn.Frontend().Receive()
		expired = errors.Is(err, os.ErrDeadlineExceeded)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case expired:
			err = r.feed.Flush(ctx)
			if now := r.cfg.Clock.Now(); err == nil && now.Sub(saved) >= checkpointEvery {
				saved = now
				err = r.feed.Checkpoint(ctx)
			}
		case err != nil:
			err = fmt.Errorf("cannot read from the server: %w", err)
		default:
			err = r.take(ctx, message)
		}
		if err != nil {
			return err
		}
	}
}

func (r *stream) take(ctx context.Context, message pgproto3.BackendMessage) error {
	switch m := message.(type) {
	case *pgproto3.CopyData:
		return r.data(ctx, m.Data)
	case *pgproto3.ErrorResponse:
		return fmt.Errorf("the server ended the replication: %w", pgconn.ErrorResponseToPgError(m))
	case *pgproto3.CopyDone, *pgproto3.CommandComplete, *pgproto3.ReadyForQuery:
		return errors.New("the server ended the replication")
	}
	return nil // notices
}

// data takes a message of the streaming replication protocol.
func (r *stream) data(ctx context.Context, data []byte) error {
	if len(data) == 0 {
		return fmt.Errorf("%w: it is empty", errMessage)
	}
	switch data[0] {
	case pglogrepl.PrimaryKeepaliveMessageByteID:
		k, err := pglogrepl.ParsePrimaryKeepaliveMessage(data[1:])
		if err != nil {
			return fmt.Errorf("%w: %w", errMessage, err)
		}
		// All that was committed before has been sent; what other tables and
		// databases do moves the slot too.
		if !r.open {
			r.mark(uint64(k.ServerWALEnd))
		}
		if k.ReplyRequested {
			select {
			case r.asked <- struct{}{}:
			default:
			}
		}
	case pglogrepl.XLogDataByteID:
		const header = 1 + 3*8
		if len(data) <= header {
			return fmt.Errorf("%w: data of %d bytes", errMessage, len(data))
		}
		lsn := binary.BigEndian.Uint64(data[1:])
		return r.logical(ctx, lsn, data[header], data[header+1:])
	}
	return nil
}

// mark says that everything up to a position was sent to us.
func (r *stream) mark(lsn uint64) {
	if lsn > r.marked {
		r.marked = lsn
		r.feed.Mark(lsn)
	}
}

// logical takes a message of pgoutput.
func (r *stream) logical(ctx context.Context, lsn uint64, kind byte, body []byte) (err error) {
	switch kind {
	case 'B':
		r.tx = transaction{}
		if r.tx.beginning, err = readBegin(body); err == nil {
			const from1970 = 946_684_800_000_000 // of 2000, in µs
			r.tx.micros, r.tx.done, r.open = r.tx.time+from1970, r.tx.commitLSN < r.start, true
		}
	case 'C':
		var end ending
		if end, err = readCommit(body); err == nil {
			r.open = false
			r.mark(end.endLSN)
		}
	case 'R':
		var rel *relation
		if rel, err = readRelation(body); err == nil {
			err = r.describe(rel)
		}
	case 'I', 'U', 'D':
		if err = r.change.read(kind, body); err == nil {
			err = r.apply(ctx, lsn, &r.change)
		}
	case 'T':
		var t truncation
		if t, err = readTruncation(body); err == nil {
			for _, id := range t.relations {
				if err = r.apply(ctx, lsn, &change{op: 'T', relation: id}); err != nil {
					break
				}
			}
		}
	}
	return err // origins, types and messages are of no concern
}

// describe notes how a table looks from now on.
func (r *stream) describe(rel *relation) error {
	keys := r.info[rel.table].keys
	if rel.identity != 'f' {
		keys = nil
		for _, c := range rel.columns {
			if c.key {
				keys = append(keys, c.name)
			}
		}
	}
	s := r.cfg.shapeOf(r.server.database, rel.table, rel.columns, keys)
	for _, t := range r.tables {
		s.wanted = s.wanted || t == rel.table
	}
	r.shapes[rel.id] = s
	if !s.wanted {
		return nil
	}
	if read := r.state.Tables[rel.table.String()]; read.Seen != "" {
		seen, err := parseSeen(read.Seen)
		if err != nil {
			return err
		}
		s.seen, s.seenLSN = &seen, read.LSN
	}
	return r.bindOutbox(s, rel.columns)
}

// bindOutbox finds the columns of an outbox.
func (s *session) bindOutbox(shape *shape, columns []column) error {
	if s.cfg.Outbox.Table == "" {
		return nil
	}
	found, missing := s.cfg.Outbox.find(columns)
	if missing != "" {
		return fmt.Errorf("outbox %s has no column %q; name its columns in outbox", shape.table, missing)
	}
	shape.outbox = &found
	return nil
}

// apply takes a change. It counts, whatever becomes of it, so that it has the same
// number when it is sent again.
func (r *stream) apply(ctx context.Context, lsn uint64, c *change) error {
	s := r.shapes[c.relation]
	if s == nil || !r.open {
		return fmt.Errorf("%w: a change of a table that was not described", errMessage)
	}
	r.tx.order++
	if s.xid != r.tx.xid {
		s.xid, s.order = r.tx.xid, 0
	}
	s.order++
	if r.tx.done || !r.feed.Next() || !s.wanted || s.seen != nil && r.tx.commitLSN <= s.seenLSN && s.seen.has(r.tx.xid) {
		return nil
	}
	if s.outbox != nil {
		if c.op != 'I' {
			return nil // messages that were sent are cleared away
		}
		return addOutbox(ctx, r.feed, s, c.new, r.tx.micros)
	}
	out, valid := s.appendChange(r.out[:0], &r.tx, lsn, c)
	r.out = out
	return add(ctx, r.feed, s, out, valid)
}

func add[P any](ctx context.Context, f *cdc.Feed[P], s *shape, payload []byte, valid bool) error {
	change := cdc.Change{Payload: payload, Envelope: s.envelope}
	if !valid {
		change.Reject = cdc.InvalidUTF8
	}
	return f.Add(ctx, change)
}

// noPayload is why a row of an outbox without a payload is refused.
const noPayload = "empty"

func addOutbox[P any](ctx context.Context, f *cdc.Feed[P], s *shape, row []value, micros int64) error {
	if len(row) != len(s.names) {
		return fmt.Errorf("%w: a row of %d values", errMessage, len(row))
	}
	envelope, payload, valid := s.appendOutbox(nil, row, micros)
	change := cdc.Change{Payload: payload, Envelope: string(envelope)}
	switch {
	case !valid || len(envelope) > maxOutboxEnvelope:
		change.Envelope, change.Reject = s.envelope, cdc.InvalidUTF8
		if valid {
			change.Reject = route.TooLarge
		}
	case len(payload) == 0:
		change.Reject = noPayload
	}
	return f.Add(ctx, change)
}

// maxOutboxEnvelope bounds the ids and names of a message; the log has 64 KiB for
// all that goes with a payload.
const maxOutboxEnvelope = 16 << 10

// confirm stores the newest mark before which everything is in the log, and then
// tells the server, which may forget what was before.
func (r *stream) confirm(ctx context.Context) error {
	ticker := r.cfg.Clock.NewTicker(r.cfg.Confirm)
	defer ticker.Stop()
	stored := r.state
	var told time.Time
	for {
		asked := false
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.asked:
			asked = true
		case <-ticker.C:
		}
		mark := r.feed.Durable()
		now := r.cfg.Clock.Now()
		if mark.Position > stored.LSN {
			stored.LSN, stored.Count = mark.Position, mark.Count
			if err := cdc.Save(r.cfg.Log.Cursors, r.key(), stored); err != nil {
				return err
			}
		} else if !asked && now.Sub(told) < alive {
			continue
		}
		if err := r.tell(ctx, stored.LSN, now); err != nil {
			return err
		}
		told = now
	}
}

// tell confirms a position. This goroutine alone writes to the connection.
func (r *stream) tell(ctx context.Context, lsn uint64, now time.Time) error {
	const timeout = 10 * time.Second
	if err := r.conn.Conn().SetWriteDeadline(now.Add(timeout)); err != nil {
		return fmt.Errorf("cannot confirm to the server: %w", err)
	}
	err := pglogrepl.SendStandbyStatusUpdate(ctx, r.conn, pglogrepl.StandbyStatusUpdate{WALWritePosition: pglogrepl.LSN(lsn), ClientTime: now})
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("cannot confirm to the server: %w", err)
	}
	return nil
}

func literal(text string) string {
	out := []byte{'\''}
	for i := range len(text) {
		if text[i] == '\'' {
			out = append(out, '\'')
		}
		out = append(out, text[i])
	}
	return string(append(out, '\''))
}
