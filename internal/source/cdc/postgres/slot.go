package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pglogrepl"

	"github.com/millrace/millrace/internal/source/cdc"
)

// slot is what the server says of our replication slot.
type slot struct {
	plugin, database string
	pid              string // of who uses it, or empty
	status           string // reserved, extended, unreserved, lost
	confirmed        uint64
	lag              int64 // bytes behind what is confirmed
	kept             int64 // bytes of write-ahead log that are kept for it
}

// findSlot looks for the slot; exists is false when there is none.
func (s *session) findSlot(ctx context.Context) (found *slot, exists bool, err error) {
	row, err := s.row(ctx, `SELECT plugin, database, active_pid, wal_status, confirmed_flush_lsn,
		pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::bigint, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint
		FROM pg_replication_slots WHERE slot_name = $1`, s.cfg.Slot)
	if err != nil {
		return nil, false, fmt.Errorf("cannot look for replication slot %q: %w", s.cfg.Slot, err)
	}
	if row == nil {
		return nil, false, nil
	}
	found = &slot{plugin: row[0], database: row[1], pid: row[2], status: row[3]}
	if row[4] != "" {
		lsn, err := pglogrepl.ParseLSN(row[4])
		if err != nil {
			return nil, false, fmt.Errorf("cannot read the position of replication slot %q: %w", s.cfg.Slot, err)
		}
		found.confirmed = uint64(lsn)
	}
	found.lag, _ = strconv.ParseInt(row[5], 10, 64) // NULL of a lost slot is 0
	found.kept, _ = strconv.ParseInt(row[6], 10, 64)
	return found, true, nil
}

// openSlot finds out where to go on, and makes the slot when there is none yet.
func (s *session) openSlot(ctx context.Context) error {
	stored, known, err := cdc.Load[state](s.cfg.Log.Cursors, s.key())
	if err != nil {
		return err
	}
	found, exists, err := s.findSlot(ctx)
	if err != nil {
		return err
	}
	if exists {
		if err := s.usable(found); err != nil {
			return err
		}
	}
	if why := s.lost(known, &stored, found); why != "" {
		if !s.cfg.Restart {
			return fmt.Errorf("%s: changes are missing, and nobody knows which; set on_lost_slot: restart to begin with a new slot and to read the tables again", why)
		}
		s.cfg.Logger.Warn("changes of a database are missing; it is begun anew", "source", s.cfg.Source, "slot", s.cfg.Slot, "why", why)
		if found != nil {
			if _, err := s.query(ctx, `SELECT pg_drop_replication_slot($1)`, s.cfg.Slot); err != nil {
				return fmt.Errorf("cannot drop the lost replication slot %q: %w", s.cfg.Slot, err)
			}
		}
		known, found = false, nil
	}
	if known {
		s.state = stored
		return s.forget()
	}
	return s.beginEpoch(ctx, found)
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

// usable says who or what is in the way.
func (s *session) usable(found *slot) error {
	switch {
	case found.plugin != "pgoutput":
		return fmt.Errorf("replication slot %q belongs to the plugin %q, not to pgoutput; name another slot", s.cfg.Slot, found.plugin)
	case found.database != s.server.database:
		return fmt.Errorf("replication slot %q belongs to database %q; name another slot", s.cfg.Slot, found.database)
	case found.pid != "":
		return fmt.Errorf("replication slot %q is in use by the server's process %s; end its client, or name another slot", s.cfg.Slot, found.pid)
	}
	return nil
}

// lost says why the stream cannot go on where it was, or nothing.
func (s *session) lost(known bool, stored *state, found *slot) string {
	switch {
	case found != nil && found.status == "lost":
		return fmt.Sprintf("replication slot %q was invalidated: it kept more than the server's max_slot_wal_keep_size", s.cfg.Slot)
	case !known:
		return ""
	case stored.System != s.server.system:
		return "the server is another one than before"
	case found == nil:
		return fmt.Sprintf("replication slot %q is gone", s.cfg.Slot)
	case found.confirmed > stored.LSN:
		return fmt.Sprintf("replication slot %q was moved to %s by somebody else; we were at %s",
			s.cfg.Slot, pglogrepl.LSN(found.confirmed), pglogrepl.LSN(stored.LSN))
	}
	return ""
}

// beginEpoch begins with a new slot, or with one that is there and of which
// nothing is stored: a kill came between its making and the storing, or our data
// folder is a new one.
func (s *session) beginEpoch(ctx context.Context, found *slot) error {
	if found == nil {
		if _, err := s.query(ctx, `SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, s.cfg.Slot); err != nil {
			return fmt.Errorf("cannot make replication slot %q (the user needs the attribute REPLICATION, the server a free one of max_replication_slots): %w", s.cfg.Slot, err)
		}
		var exists bool
		var err error
		if found, exists, err = s.findSlot(ctx); err != nil {
			return err
		}
		if !exists {
			return fmt.Errorf("replication slot %q vanished as soon as it was made", s.cfg.Slot)
		}
	}
	s.state = state{
		System: s.server.system, Epoch: s.server.system + "/" + s.cfg.Slot + "/" + pglogrepl.LSN(found.confirmed).String(),
		LSN: found.confirmed, Tables: make(map[string]snapshot),
	}
	return s.save()
}

// watch tells the lag, and warns when the server keeps much for us. A server that
// does not answer is given up: nothing else may come from it for days.
func (s *session) watch(ctx context.Context) error {
	const every = 5 * time.Second
	warned := false
	for {
		short, cancel := context.WithTimeout(ctx, answerTimeout)
		found, exists, err := s.findSlot(short)
		cancel()
		if err != nil {
			return err
		}
		if exists {
			s.meter.SetLag(found.lag)
			much := s.cfg.MaxSlotLag > 0 && found.kept > s.cfg.MaxSlotLag
			if much && !warned {
				s.cfg.Logger.Warn("the server keeps much write-ahead log for a replication slot; its disk may run full",
					"source", s.cfg.Source, "slot", s.cfg.Slot, "kept_bytes", found.kept, "limit_bytes", s.cfg.MaxSlotLag)
			}
			warned = much
		}
		if err := s.cfg.Clock.Sleep(ctx, every); err != nil {
			return err
		}
	}
}
