package duckdb

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/millrace/millrace/internal/store/olap"
)

// Store implements [olap.Store].
type Store struct {
	cfg    Config
	tables []olap.Table
	layout *layout

	replaceMu sync.Mutex // held by one Replace at a time, before writeMu

	writeMu sync.Mutex
	w       *writer // nil when it must be opened again

	// transformMu is held while derived tables are written, transformNowMu while they are at
	// once; taken before writeMu.
	transformMu, transformNowMu sync.Mutex

	mu         sync.Mutex // guards what follows
	eng        *engine    // nil while it is replaced, and when that failed
	down       error      // why eng is nil
	paused     bool       // no new queries
	cursors    map[*cursor]struct{}
	transforms map[*transform]struct{} // that run
	positions  olap.Positions
	trail      olap.Trail          // of positions
	jobs       []string            // names of the views over tables of job results
	snapshots  []string            // names of the tables that are replaced as a whole
	derived    map[string][]string // by schema: its tables as schema.table, and views

	changes   atomic.Uint64 // as [olap.Positions] has them
	rewritten atomic.Uint64 // likewise
	archived  atomic.Pointer[map[int32]int64]

	lines      lines
	catalogues catalogues
}

var _ olap.Store = (*Store)(nil)

// Open opens the database file of the configuration and makes it if it is
// missing. The error wraps [olap.ErrVersion] when another version wrote it.
func Open(cfg Config) (*Store, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	tables := olap.Tables()
	s := &Store{
		cfg: cfg, tables: tables, layout: newLayout(tables), cursors: make(map[*cursor]struct{}), transforms: make(map[*transform]struct{}),
		lines: newLines(cfg), derived: make(map[string][]string),
		catalogues: catalogues{cfg: cfg, open: make(map[string]*catalogue)},
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
		return errors.Join(err, eng.close())
	}
	snapshots, err := readSnapshots(w.conn)
	if err != nil {
		w.close()
		return errors.Join(err, eng.close())
	}
	s.w = w
	s.mu.Lock()
	defer s.mu.Unlock()
	s.eng, s.down, s.positions, s.jobs, s.snapshots = eng, nil, positions, w.jobViews(), snapshots
	s.trail.Add(positions.Offsets)
	s.moves(w.files.seam)
	return nil
}

// moves tells which rows may be in files. It is called before they are.
func (s *Store) moves(seam *olap.Seam) {
	if seam != nil {
		s.archived.Store(&seam.Offsets)
	}
}

func (s *Store) openWriter(eng *engine) (*writer, olap.Positions, error) {
	conn, err := eng.connect()
	if err != nil {
		return nil, olap.Positions{}, err
	}
	if err := prepareSchema(conn, s.layout, s.cfg.tableOptions); err != nil {
		conn.close()
		return nil, olap.Positions{}, err
	}
	positions, err := readPositions(conn)
	if err != nil {
		conn.close()
		return nil, olap.Positions{}, err
	}
	w, err := newWriter(conn, s.layout, s.cfg)
	if err != nil {
		conn.close()
		return nil, olap.Positions{}, err
	}
	if err := w.showFiles(); err != nil {
		w.close()
		return nil, olap.Positions{}, err
	}
	return w, positions, nil
}

// Positions implements [olap.Store].
func (s *Store) Positions(context.Context) (olap.Positions, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.eng == nil {
		return olap.Positions{}, s.down
	}
	p := olap.Positions{Offsets: maps.Clone(s.positions.Offsets), Results: s.positions.Results, Changes: s.changes.Load(), Rewritten: s.rewritten.Load(), Trail: s.trail}
	if archived := s.archived.Load(); archived != nil {
		p.Archived = *archived
	}
	return p, nil
}

// Define implements [olap.Store].
func (s *Store) Define(ctx context.Context, tables []olap.JobTable) error {
	for k := range tables {
		if err := tables[k].Check(); err != nil {
			return err
		}
		if slices.ContainsFunc(tables[:k], func(t olap.JobTable) bool { return t.Name == tables[k].Name }) {
			return fmt.Errorf("table %q is declared twice: choose another name", tables[k].Name)
		}
	}
	if err := s.notSnapshots(tables); err != nil {
		return err
	}
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	if err := s.insist(ctx, func() error {
		if err := s.w.define(tables); err != nil {
			return err
		}
		s.setJobs(s.w.jobViews())
		return nil
	}); err != nil {
		return kindOf(err)
	}
	return nil
}

// Write implements [olap.Store].
func (s *Store) Write(ctx context.Context, c olap.Commit) error {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	err := s.insist(ctx, func() error {
		err := s.w.write(ctx, c, s.stored())
		if err == nil {
			s.advance(&c)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("cannot store %d batches: %w", len(c.Batches), kindOf(err))
	}
	// The commit is in; what is left to do is done by a later one if it fails.
	if err := s.try(func() error { return s.w.fold(s.stored().Results) }); err != nil {
		s.cfg.Logger.Warn("cannot tidy up the tables of job results", "error", err)
	}
	return nil
}

// insist runs a transaction of the writer, again when another stood in its way.
// writeMu is held.
func (s *Store) insist(ctx context.Context, f func() error) error {
	const attempts = 5
	defer s.pause(false)
	var err error
	for range attempts {
		if err = ctx.Err(); err != nil {
			break
		}
		if err = s.try(f); err == nil {
			return nil
		}
		if isFull(err) || !isMemory(err) && !isInvalid(err) {
			break
		}
		// Queries and writes share the memory: rows that were acknowledged go
		// before answers. An instance that a query invalidated is new by now.
		s.pause(true)
		s.killAll(errMemoryNeeded)
		s.stopTransforms(errMemoryNeeded)
	}
	return err
}

// pause keeps new queries out while a write needs all the memory.
func (s *Store) pause(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paused = on
}

var errPaused = fmt.Errorf("%w: storing events needs all the memory, try again", olap.ErrBusy)

var errMemoryNeeded = &olap.Error{Kind: olap.ErrLimit, Message: "the query was stopped because storing events needed its memory: filter more rows, or run it again"}

// try runs a transaction of the writer.
func (s *Store) try(f func() error) error {
	if err := s.ended(); err != nil {
		return err
	}
	if s.w == nil {
		if err := s.openAll(); err != nil {
			return s.setDown(err)
		}
	}
	err := f()
	if err == nil {
		return nil
	}
	// Whether a commit that failed is durable, only the database knows.
	if positions, err2 := readPositions(s.w.conn); err2 == nil && !isInvalid(err) && !is(err, typeInternal) {
		s.mu.Lock()
		s.positions = positions
		s.mu.Unlock()
		return err
	}
	return s.replace(err)
}

// replace opens a new instance in the place of one that refuses further work
// because of err, which it returns. writeMu is held.
func (s *Store) replace(err error) error {
	s.cfg.Logger.Warn("analytics store invalidated, opening it again", "error", err)
	if err2 := s.closeAll(errReplacing); err2 != nil {
		return s.setDown(errors.Join(err2, err))
	}
	if err2 := s.openAll(); err2 != nil {
		return s.setDown(errors.Join(err, err2))
	}
	return err
}

var errReplacing = fmt.Errorf("%w: the store is being opened again, try again", olap.ErrBusy)

// repair replaces the instance that a query found to refuse further work, unless
// that happened meanwhile.
func (s *Store) repair(bad *engine, err error) {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	s.mu.Lock()
	same := s.eng == bad
	s.mu.Unlock()
	if same {
		_ = s.replace(err)
	}
}

// ended returns why the store cannot be opened again, if so.
func (s *Store) ended() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if errors.Is(s.down, olap.ErrClosed) || errors.Is(s.down, errHeldOpen) {
		return s.down
	}
	return nil
}

func (s *Store) setDown(err error) error {
	err = kindOf(err)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = err
	return err
}

// stored returns the positions; only holders of writeMu change the map.
func (s *Store) stored() olap.Positions {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.positions
}

func (s *Store) advance(c *olap.Commit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p, next := range c.Positions {
		if old, ok := s.positions.Offsets[p]; !ok || old < next {
			s.positions.Offsets[p] = next
		}
	}
	s.positions.Results = max(s.positions.Results, c.ResultsTo)
	s.trail.Add(s.positions.Offsets)
}

func (s *Store) setJobs(views []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs = views
}

// names returns the tables that a reader may read.
func (s *Store) names(r *olap.Reader) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := make([]string, 0, len(s.tables)+len(s.jobs))
	for _, t := range s.tables {
		names = append(names, t.Name)
	}
	names = append(names, s.jobs...)
	if r == nil || len(r.Hidden) == 0 { // what is hidden in a table must not be read in one derived from it
		for _, schema := range slices.Sorted(maps.Keys(s.derived)) {
			names = append(names, s.derived[schema]...)
		}
		names = append(names, s.snapshots...)
	}
	return slices.DeleteFunc(names, func(name string) bool { return !r.Sees(name) })
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
func (s *Store) closeAll(down error) error {
	s.mu.Lock()
	eng := s.eng
	s.eng, s.down = nil, down
	s.mu.Unlock()
	s.killAll(down)
	s.stopTransforms(down)
	if s.w != nil {
		s.w.close()
		s.w = nil
	}
	if eng == nil {
		return nil
	}
	return eng.close()
}

// Close implements [olap.Store]. DuckDB folds the write-ahead log into the file.
func (s *Store) Close() error {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	defer s.catalogues.close()
	return s.closeAll(olap.ErrClosed)
}

// kindOf gives an error of the database its kind.
func kindOf(err error) error {
	if isFull(err) && !errors.Is(err, olap.ErrFull) {
		return fmt.Errorf("%w: free space on the disk: %w", olap.ErrFull, err)
	}
	return err
}
