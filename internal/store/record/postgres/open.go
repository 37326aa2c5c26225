package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/internal/store/record"
)

// Keys are compared by their bytes, as other drivers do.
const table = `
CREATE TABLE IF NOT EXISTS millrace_record (
	collection text COLLATE "C" NOT NULL,
	key        text COLLATE "C" NOT NULL,
	version    bigint NOT NULL,
	value      bytea NOT NULL,
	PRIMARY KEY (collection, key)
)`

// Store is a record store in a database.
type Store struct{ pool *pgxpool.Pool }

var _ record.Store = (*Store)(nil)

// Open connects, and makes the table if there is none.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	settings, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("records.url is no address of PostgreSQL: %w", err)
	}
	pool, err := pgxpool.NewWithConfig(ctx, settings)
	if err != nil {
		return nil, wrap("open the record store", err)
	}
	// Two processes that begin at once may both make it.
	if _, err := pool.Exec(ctx, table); err != nil && code(err) != uniqueViolation && code(err) != duplicateTable {
		pool.Close()
		return nil, wrap("make the record store's table in PostgreSQL", err)
	}
	return &Store{pool}, nil
}

// Close implements [record.Store].
func (s *Store) Close() error {
	s.pool.Close()
	return nil
}

// View implements [record.Store].
func (s *Store) View(ctx context.Context, read func(record.Reader) error) error {
	tx, err := s.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return wrap("read records", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	return read(&transaction{ctx, tx})
}

// maxTries bounds how often a transaction is tried that always meets another one.
const maxTries = 100

// Update implements [record.Store].
func (s *Store) Update(ctx context.Context, write func(record.Tx) error) (err error) {
	for range maxTries {
		if err = s.try(ctx, write); !again(err) {
			return err
		}
	}
	return wrap("write records, which others write all the time", err)
}

func (s *Store) try(ctx context.Context, write func(record.Tx) error) error {
	tx, err := s.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.Serializable})
	if err != nil {
		return wrap("write records", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // nothing once it is committed
	if err := write(&transaction{ctx, tx}); err != nil {
		return err
	}
	return wrap("commit records", tx.Commit(ctx))
}
