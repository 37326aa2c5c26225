package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/millrace/millrace/internal/store/record"
)

// transaction is one of SQLite's. It serves one goroutine.
type transaction struct {
	ctx context.Context
	tx  *sql.Tx
}

// Get implements [record.Reader].
func (t *transaction) Get(collection, key string) (record.Record, error) {
	r := record.Record{Key: key}
	err := t.tx.QueryRowContext(t.ctx, "SELECT version, value FROM record WHERE collection = ? AND key = ?", collection, key).Scan(&r.Version, &r.Value)
	if errors.Is(err, sql.ErrNoRows) {
		return record.Record{}, fmt.Errorf("%s %q: %w", collection, key, record.ErrNotFound)
	}
	return r, wrap("read a record", err)
}

// Scan implements [record.Reader].
func (t *transaction) Scan(collection string, r record.Range) ([]record.Record, error) {
	limit := -1
	if r.Limit > 0 {
		limit = r.Limit
	}
	rows, err := t.tx.QueryContext(t.ctx, `SELECT key, version, value FROM record
		WHERE collection = ?1 AND key > ?2 AND key >= ?3 AND substr(CAST(key AS BLOB), 1, ?4) = CAST(?3 AS BLOB)
		ORDER BY key LIMIT ?5`, collection, r.After, r.Prefix, len(r.Prefix), limit)
	if err != nil {
		return nil, wrap("read records", err)
	}
	defer func() { _ = rows.Close() }()
	var found []record.Record
	for rows.Next() {
		var one record.Record
		if err := rows.Scan(&one.Key, &one.Version, &one.Value); err != nil {
			return nil, wrap("read records", err)
		}
		found = append(found, one)
	}
	return found, wrap("read records", rows.Err())
}

// Put implements [record.Tx].
func (t *transaction) Put(collection, key string, value []byte) (int64, error) {
	if err := record.Check(collection, key, value); err != nil {
		return 0, err
	}
	if value == nil {
		value = []byte{}
	}
	var version int64
	err := t.tx.QueryRowContext(t.ctx, `INSERT INTO record (collection, key, version, value) VALUES (?, ?, 1, ?)
		ON CONFLICT (collection, key) DO UPDATE SET version = record.version + 1, value = excluded.value
		RETURNING version`, collection, key, value).Scan(&version)
	return version, wrap("write a record", err)
}

// Delete implements [record.Tx].
func (t *transaction) Delete(collection, key string) error {
	result, err := t.tx.ExecContext(t.ctx, "DELETE FROM record WHERE collection = ? AND key = ?", collection, key)
	if err != nil {
		return wrap("delete a record", err)
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return wrap("delete a record", err)
	}
	return fmt.Errorf("%s %q: %w", collection, key, record.ErrNotFound)
}
