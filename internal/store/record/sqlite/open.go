package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/millrace/millrace/internal/store/record"
)

// layout is the version of the tables, kept as the file's user_version.
const layout = 1

const tables = `
CREATE TABLE record (
	collection TEXT NOT NULL,
	key        TEXT NOT NULL,
	version    INTEGER NOT NULL,
	value      BLOB NOT NULL,
	PRIMARY KEY (collection, key)
) WITHOUT ROWID`

// Store is a record store in a file.
type Store struct {
	write, read *sql.DB
}

var _ record.Store = (*Store)(nil)

// Open opens the store and makes its file if there is none.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	s := new(Store)
	var err error
	if s.write, err = sql.Open("sqlite", cfg.dsn(false)); err != nil {
		return nil, fmt.Errorf("cannot open the record store %q: %w", cfg.Path, err)
	}
	s.write.SetMaxOpenConns(1)
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("record store %q: %w", cfg.Path, err), s.write.Close())
	}
	if s.read, err = sql.Open("sqlite", cfg.dsn(true)); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot open the record store %q: %w", cfg.Path, err), s.write.Close())
	}
	s.read.SetMaxOpenConns(readers)
	return s, nil
}

// prepare makes the tables of a new file.
func (s *Store) prepare(ctx context.Context) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return wrap("open it", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing once it is committed
	var version int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return wrap("read its version", err)
	}
	switch version {
	case layout:
		return nil
	case 0:
	default:
		return fmt.Errorf("it has layout %d, this binary knows %d: use the binary that wrote it, or a newer one", version, layout)
	}
	if _, err := tx.ExecContext(ctx, tables); err != nil {
		return wrap("make its tables", err)
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", layout)); err != nil {
		return wrap("set its version", err)
	}
	return wrap("make its tables", tx.Commit())
}

// Close implements [record.Store].
func (s *Store) Close() error { return errors.Join(s.read.Close(), s.write.Close()) }

// View implements [record.Store].
func (s *Store) View(ctx context.Context, read func(record.Reader) error) error {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return wrap("read records", err)
	}
	defer func() { _ = tx.Rollback() }()
	return read(&transaction{ctx, tx})
}

// Update implements [record.Store].
func (s *Store) Update(ctx context.Context, write func(record.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return wrap("write records", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing once it is committed
	if err := write(&transaction{ctx, tx}); err != nil {
		return err
	}
	return wrap("commit records", tx.Commit())
}
