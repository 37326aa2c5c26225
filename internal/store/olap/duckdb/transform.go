package duckdb

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
)

var _ olap.Transformer = (*Store)(nil)

// transform is a running transaction of derived tables. It has a connection of its own, so
// that commits of events do not wait for it: it writes other tables than they do. Its
// statements give way to the rest of the process, but for its COMMIT, which others wait for.
type transform struct {
	conn    *connection
	aside   *aside // nil: it does not give way
	eng     *engine
	stopped atomic.Pointer[error] // why it must end
	done    chan struct{}
}

// Exec implements [olap.Tx].
func (t *transform) Exec(sql string) error {
	if err := t.stopped.Load(); err != nil {
		return *err
	}
	var err error
	t.do(func() { err = t.conn.exec(sql) })
	return err
}

func (t *transform) do(f func()) {
	if t.aside == nil {
		f()
		return
	}
	t.aside.do(f)
}

// Texts implements [olap.Tx].
func (t *transform) Texts(sql string) (texts []string, err error) {
	if err := t.stopped.Load(); err != nil {
		return nil, *err
	}
	t.do(func() { texts, err = t.conn.texts(sql) })
	return texts, err
}

// commit ends the transaction, at the priority of the process.
func (t *transform) commit() error {
	if err := t.stopped.Load(); err != nil {
		return *err
	}
	t.conn.lend = &t.eng.own
	return t.conn.exec("COMMIT")
}

// Transform implements [olap.Transformer].
func (s *Store) Transform(ctx context.Context, f func(olap.Tx) error) error {
	return s.transformAs(ctx, false, f)
}

// TransformNow implements [olap.Transformer].
func (s *Store) TransformNow(ctx context.Context, f func(olap.Tx) error) error {
	return s.transformAs(ctx, true, f)
}

func (s *Store) transformAs(ctx context.Context, now bool, f func(olap.Tx) error) error {
	defer s.changes.Add(1)
	mu := &s.transformMu
	if now {
		mu = &s.transformNowMu
	}
	mu.Lock()
	defer mu.Unlock()
	t, err := s.beginTransform(now)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { t.stop(context.Cause(ctx)) })
	err = t.run(f)
	stop()
	s.endTransform(t)
	if isInvalid(err) {
		s.repair(t.eng, err)
	}
	if why := t.stopped.Load(); why != nil && err != nil {
		err = *why
	}
	if err != nil {
		return fmt.Errorf("cannot transform: %w", kindOf(err))
	}
	return nil
}

func (s *Store) beginTransform(now bool) (*transform, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.eng == nil {
		return nil, s.down
	}
	if s.paused {
		return nil, errPaused
	}
	conn, err := s.eng.connect()
	if err != nil {
		return nil, err
	}
	t := &transform{conn: conn, eng: s.eng, done: make(chan struct{})}
	if !now {
		t.aside, conn.lend = newAside(), &s.eng.aside
	}
	s.transforms[t] = struct{}{}
	return t, nil
}

func (s *Store) endTransform(t *transform) {
	if t.aside != nil {
		close(t.aside.stop)
	}
	t.conn.close()
	s.mu.Lock()
	delete(s.transforms, t)
	s.mu.Unlock()
	close(t.done)
}

func (t *transform) run(f func(olap.Tx) error) error {
	if err := t.Exec("BEGIN TRANSACTION"); err != nil {
		return err
	}
	err := f(t)
	if err == nil {
		err = t.commit()
	}
	if err != nil {
		_ = t.conn.exec("ROLLBACK") // a failed COMMIT has ended the transaction already
	}
	return err
}

// stop ends the transaction with err, and returns when it is gone.
func (t *transform) stop(err error) {
	t.stopped.CompareAndSwap(nil, &err)
	ticker := time.NewTicker(time.Millisecond) // an interrupt before the start of a statement is lost
	defer ticker.Stop()
	for {
		t.conn.interrupt()
		select {
		case <-t.done:
			return
		case <-ticker.C:
		}
	}
}

// stopTransforms ends the running transforms.
func (s *Store) stopTransforms(err error) {
	s.mu.Lock()
	running := slices.Collect(maps.Keys(s.transforms))
	s.mu.Unlock()
	for _, t := range running {
		t.stop(err)
	}
}

// Prepare implements [olap.Transformer]. The version rests in the comment of the schema's
// own table of versions, so that it goes with the schema.
func (s *Store) Prepare(ctx context.Context, schema olap.Schema) error {
	err := s.Transform(ctx, func(t olap.Tx) error {
		have, err := t.Texts("SELECT comment FROM duckdb_tables() WHERE schema_name = " + literal(schema.Name) + " AND table_name = 'schema_version' AND comment IS NOT NULL")
		if err != nil {
			return err
		}
		if slices.Equal(have, []string{schema.Version}) {
			return nil
		}
		return t.Exec(fmt.Sprintf("DROP SCHEMA IF EXISTS %[1]s CASCADE;\nCREATE SCHEMA %[1]s;\nCREATE TABLE %[1]s.schema_version (version VARCHAR);\nCOMMENT ON TABLE %[1]s.schema_version IS %[2]s;\n%[3]s",
			quote(schema.Name), literal(schema.Version), schema.DDL))
	})
	if err != nil {
		return fmt.Errorf("cannot prepare the schema %s: %w", schema.Name, err)
	}
	names := slices.Clone(schema.Views)
	for _, t := range schema.Tables {
		names = append(names, schema.Name+"."+t)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.derived[schema.Name] = names
	return nil
}
