package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/internal/store/record"
)

// transaction is one of PostgreSQL's. It serves one goroutine.
type transaction struct {
	ctx context.Context
	tx  pgx.Tx
}

// Get implements [record.Reader].
func (t *transaction) Get(collection, key string) (record.Record, error) {
	r := record.Record{Key: key}
	err := t.tx.QueryRow(t.ctx, "SELECT version, value FROM millrace_record WHERE collection = $1 AND key = $2", collection, key).Scan(&r.Version, &r.Value)
	if errors.Is(err, pgx.ErrNoRows) {
		return record.Record{}, fmt.Errorf("%s %q: %w", collection, key, record.ErrNotFound)
	}
	return r, wrap("read a record", err)
}

// Scan implements [record.Reader].
func (t *transaction) Scan(collection string, r record.Range) ([]record.Record, error) {
	var limit any // NULL: all
	if r.Limit > 0 {
		limit = r.Limit
	}
	rows, err := t.tx.Query(t.ctx, `SELECT key, version, value FROM millrace_record
		WHERE collection = $1 AND key > $2 AND key >= $3 AND starts_with(key, $3)
		ORDER BY key LIMIT $4`, collection, r.After, r.Prefix, limit)
	if err != nil {
		return nil, wrap("read records", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (one record.Record, err error) {
		err = row.Scan(&one.Key, &one.Version, &one.Value)
		return one, err
	})
	return found, wrap("read records", err)
}

// Put implements [record.Tx].
func (t *transaction) Put(collection, key string, value []byte) (version int64, err error) {
	if err := record.Check(collection, key, value); err != nil {
		return 0, err
	}
	if value == nil {
		value = []byte{}
	}
	err = t.tx.QueryRow(t.ctx, `INSERT INTO millrace_record AS r (collection, key, version, value) VALUES ($1, $2, 1, $3)
		ON CONFLICT (collection, key) DO UPDATE SET version = r.version + 1, value = excluded.value
		RETURNING version`, collection, key, value).Scan(&version)
	return version, wrap("write a record", err)
}

// Delete implements [record.Tx].
func (t *transaction) Delete(collection, key string) error {
	tag, err := t.tx.Exec(t.ctx, "DELETE FROM millrace_record WHERE collection = $1 AND key = $2", collection, key)
	if err == nil && tag.RowsAffected() == 0 {
		return fmt.Errorf("%s %q: %w", collection, key, record.ErrNotFound)
	}
	return wrap("delete a record", err)
}
