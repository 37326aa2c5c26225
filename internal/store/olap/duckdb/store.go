package duckdb

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/millrace/millrace/internal/store/olap"
)

// Store implements [olap.Store].
type Store struct {
	cfg    Config
	tables []olap.Table

	writeMu sync.Mutex
	w       *writer // nil when it must be opened again

	mu        sync.Mutex // guards what follows
	eng       *engine    // nil while it is replaced, and when that failed
	down      error      // why eng is nil
	cursors   map[*cursor]struct{}
	positions map[int32]int64

	slots, trusted slots
}

var _ olap.Store = (*Store)(nil)

// Open opens the database file of the configuration and makes it if it is
// missing. The error wraps [olap.ErrVersion] when another version wrote it.
func Open(cfg Config) (*Store, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Store{
		cfg: cfg, tables: olap.Tables(), cursors: make(map[*cursor]struct{}),
		slots: newSlots(cfg), trusted: newSlots(cfg),
	}
	if err := s.openAll(); err != nil {
		return nil, kindOf(err)
	}
	return s, nil
}

// openAll opens the instance and the writer. writeMu is held, or nobody else
// knows the store.
func (s *Store) openAll() error {
	eng, err := openEngine(s.cfg)
	if err != nil {
		return err
	}
	w, positions, err := s.openWriter(eng)
	if err != nil {
		eng.close()
		return err
	}
	s.w = w
	s.mu.Lock()
	defer s.mu.Unlock()
	s.eng, s.down, s.positions = eng, nil, positions
	return nil
}

func (s *Store) openWriter(eng *engine) (*writer, map[int32]int64, error) {
	conn, err := eng.connect()
	if err != nil {
		return nil, nil, err
	}
	if err := prepareSchema(conn, s.tables, s.cfg.tableOptions); err != nil {
		conn.close()
		return nil, nil, err
	}
	positions, err := readPositions(conn)
	if err != nil {
		conn.close()
		return nil, nil, err
	}
	return newWriter(conn, s.tables), positions, nil
}

// Positions implements [olap.Store].
func (s *Store) Positions(context.Context) (map[int32]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.eng == nil {
		return nil, s.down
	}
	return maps.Clone(s.positions), nil
}

// Write implements [olap.Store].
func (s *Store) Write(ctx context.Context, c olap.Commit) error {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	const attempts = 3
	var err error
	for range attempts {
		if err = ctx.Err(); err != nil {
			break
		}
		if err = s.tryWrite(ctx, c); err == nil {
			return nil
		}
		if !is(err, typeMemory) {
			break
		}
		// Queries and writes share the memory; rows that were acknowledged go
		// before answers.
		s.killAll(errMemoryNeeded)
	}
	return fmt.Errorf("cannot store %d batches: %w", len(c.Batches), kindOf(err))
}

var errMemoryNeeded = &olap.Error{Kind: olap.ErrLimit, Message: "the query was stopped because storing events needed its memory: filter more rows, or run it again"}

func (s *Store) tryWrite(ctx context.Context, c olap.Commit) error {
	if s.isClosed() {
		return olap.ErrClosed
	}
	if s.w == nil {
		if err := s.openAll(); err != nil {
			return s.setDown(err)
		}
	}
	stored := s.stored()
	err := s.w.write(ctx, c, stored)
	if err == nil {
		s.advance(c.Positions)
		return nil
	}
	// Whether a commit that failed is durable, only the database knows.
	if positions, err2 := readPositions(s.w.conn); err2 == nil && !isInvalid(err) {
		s.mu.Lock()
		s.positions = positions
		s.mu.Unlock()
		return err
	}
	s.cfg.Logger.Warn("analytics store invalidated, opening it again", "error", err)
	s.closeAll(olap.ErrBusy)
	if err2 := s.openAll(); err2 != nil {
		return s.setDown(errors.Join(err, err2))
	}
	return err
}

func (s *Store) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Is(s.down, olap.ErrClosed)
}

func (s *Store) setDown(err error) error {
	err = kindOf(err)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = err
	return err
}

// stored returns the positions; only holders of writeMu change the map.
func (s *Store) stored() map[int32]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.positions
}

func (s *Store) advance(positions map[int32]int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p, next := range positions {
		if old, ok := s.positions[p]; !ok || old < next {
			s.positions[p] = next
		}
	}
}

// killAll ends every running query with err.
func (s *Store) killAll(err error) {
	s.mu.Lock()
	running := make([]*cursor, 0, len(s.cursors))
	for c := range s.cursors {
		running = append(running, c)
	}
	s.mu.Unlock()
	for _, c := range running {
		c.kill(err)
	}
}

// closeAll closes the writer, the queries and the instance. writeMu is held.
func (s *Store) closeAll(down error) {
	s.mu.Lock()
	eng := s.eng
	s.eng, s.down = nil, down
	s.mu.Unlock()
	s.killAll(down)
	if s.w != nil {
		s.w.close()
		s.w = nil
	}
	if eng != nil {
		eng.close()
	}
}

// Close implements [olap.Store]. DuckDB folds the write-ahead log into the file.
func (s *Store) Close() error {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	s.closeAll(olap.ErrClosed)
	return nil
}

// kindOf gives an error of the database its kind.
func kindOf(err error) error {
	if isFull(err) && !errors.Is(err, olap.ErrFull) {
		return fmt.Errorf("%w: free space on the disk: %w", olap.ErrFull, err)
	}
	return err
}
