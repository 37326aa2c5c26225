// Package postgressink delivers messages to a table of PostgreSQL, each exactly once: how
// far the sink is stands in the table millrace_positions, which is written in the same
// transaction. PostgreSQL itself turns a message, a JSON object, into a row: its members go
// to the columns of the same name.
package postgressink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millrace/millrace/internal/sink"
)

// Config says where to insert.
type Config struct {
	Name  string // of the sink
	URL   string
	Table string   // with or without its schema
	Key   []string // columns; empty: each message is a new row
}

// Postgres is the destination.
type Postgres struct {
	cfg    Config
	conn   *pgx.Conn
	ending context.Context // for closing: the session's is over then
	insert string          // $1: a JSON array of objects
	remove string          // $1: a JSON array of objects with the key's members; empty without a key

	at map[int32]int64 // positions as the table has them
}

const positionsTable = `CREATE TABLE IF NOT EXISTS millrace_positions (
	sink text NOT NULL, topic text NOT NULL, partition integer NOT NULL, next bigint NOT NULL,
	PRIMARY KEY (sink, topic, partition))`

// Open connects, and finds out which columns the table has.
func Open(ctx context.Context, cfg Config) (_ *Postgres, err error) {
	p := &Postgres{cfg: cfg, ending: context.WithoutCancel(ctx)}
	if p.conn, err = pgx.Connect(ctx, cfg.URL); err != nil {
		return nil, fmt.Errorf("cannot connect to PostgreSQL: %w", err)
	}
	defer func() {
		if err != nil {
			_ = p.conn.Close(p.ending) // the error is the one to report
		}
	}()
	columns, err := p.columns(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.compile(columns); err != nil {
		return nil, err
	}
	if _, err := p.conn.Exec(ctx, positionsTable); err != nil {
		return nil, fmt.Errorf("cannot create the table millrace_positions: %w", err)
	}
	return p, nil
}

// Close implements [sink.Destination].
func (p *Postgres) Close() error {
	if err := p.conn.Close(p.ending); err != nil {
		return fmt.Errorf("cannot close the connection to PostgreSQL: %w", err)
	}
	return nil
}

// columns returns the columns that can be written, in their order.
func (p *Postgres) columns(ctx context.Context) ([]string, error) {
	rows, err := p.conn.Query(ctx, `SELECT attname FROM pg_attribute
		WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity <> 'a' ORDER BY attnum`, p.cfg.Table)
	if err != nil {
		return nil, fmt.Errorf("cannot read the columns of table %s: %w", p.cfg.Table, err)
	}
	columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err == nil && len(columns) == 0 {
		err = errors.New("there is no such table; create it, or name it with its schema")
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the columns of table %s: %w", p.cfg.Table, err)
	}
	return columns, nil
}

// compile writes the statements.
func (p *Postgres) compile(columns []string) error {
	table := pgx.Identifier(strings.Split(p.cfg.Table, ".")).Sanitize()
	names := quoted(columns)
	key := quoted(p.cfg.Key)
	has := make(map[string]bool, len(columns))
	for _, c := range columns {
		has[c] = true
	}
	for _, c := range p.cfg.Key {
		if !has[c] {
			return fmt.Errorf("table %s has no column %q (postgres.key); it has %s", p.cfg.Table, c, strings.Join(columns, ", "))
		}
	}
	all := strings.Join(names, ", ")
	from := "FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS millrace_e(millrace_v, millrace_n), " +
		"LATERAL jsonb_populate_record(NULL::" + table + ", millrace_v)"
	if len(key) == 0 {
		p.insert = "INSERT INTO " + table + " (" + all + ") SELECT " + all + " " + from
		return nil
	}
	// One statement may not change a row twice: the last message of a key counts.
	by := strings.Join(key, ", ")
	set := make([]string, len(names))
	for i, n := range names {
		set[i] = n + " = excluded." + n
	}
	p.insert = "INSERT INTO " + table + " (" + all + ") SELECT DISTINCT ON (" + by + ") " + all + " " + from +
		" ORDER BY " + by + ", millrace_n DESC ON CONFLICT (" + by + ") DO UPDATE SET " + strings.Join(set, ", ")
	p.remove = "DELETE FROM " + table + " WHERE (" + by + ") IN (SELECT " + by + " " + from + ")"
	return nil
}

func quoted(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = pgx.Identifier{n}.Sanitize()
	}
	return out
}

// Deliver implements [sink.Destination]. Messages and positions are one transaction.
func (p *Postgres) Deliver(ctx context.Context, batch []sink.Message) error {
	if err := check(batch); err != nil {
		return err
	}
	err := p.transact(ctx, batch)
	if isData(err) {
		return p.blame(ctx, batch, err)
	}
	return err
}

// isData reports whether the database refuses what it was given: bad values, violated
// constraints, the check option of a view, what exceeds a limit of the program, and what a
// trigger raises.
func isData(err error) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) || len(e.Code) < 2 {
		return false
	}
	switch e.Code[:2] {
	case "22", "23", "44", "54":
		return true
	}
	return e.Code == "P0001"
}

// check refuses what is no JSON object.
func check(batch []sink.Message) error {
	for i := range batch {
		m := &batch[i]
		if m.Done || len(m.Value) == 0 {
			continue
		}
		if m.Value[0] != '{' || !json.Valid(m.Value) {
			return &sink.RefusedError{Index: i, Reason: fmt.Errorf("the message is no JSON object: %.80q", m.Value)}
		}
	}
	return nil
}

func (p *Postgres) transact(ctx context.Context, batch []sink.Message) error {
	tx, err := p.conn.Begin(ctx)
	if err != nil {
		return fmt.Errorf("cannot begin a transaction: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // it is committed, or it fails with its reason
	if err := p.apply(ctx, tx, batch); err != nil {
		return err
	}
	ends := make(map[int32]int64)
	for i := range batch {
		ends[batch[i].Partition] = batch[i].Offset + 1
	}
	for partition, next := range ends {
		// What another session of this sink has delivered meanwhile must not come again: a
		// commit that this process has given up may still have been carried out.
		tag, err := tx.Exec(ctx, `INSERT INTO millrace_positions AS p VALUES ($1, $2, $3, $4)
			ON CONFLICT (sink, topic, partition) DO UPDATE SET next = excluded.next WHERE p.next = $5`,
			p.cfg.Name, batch[0].Topic, partition, next, p.at[partition])
		if err == nil && tag.RowsAffected() == 0 {
			err = errors.New("another session of this sink has delivered meanwhile")
		}
		if err != nil {
			return fmt.Errorf("cannot write the position of the sink: %w", err)
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("cannot commit: %w", err)
	}
	maps.Copy(p.at, ends)
	return nil
}

// apply writes the messages, those that follow each other and are of one kind at once.
func (p *Postgres) apply(ctx context.Context, tx pgx.Tx, batch []sink.Message) error {
	var rows, gone []byte
	for i := range batch {
		m := &batch[i]
		switch {
		case m.Done:
		case len(m.Value) > 0:
			if err := p.flush(ctx, tx, p.remove, &gone); err != nil {
				return err
			}
			rows = appendElement(rows, m.Value)
		case len(p.cfg.Key) > 0:
			if err := p.flush(ctx, tx, p.insert, &rows); err != nil {
				return err
			}
			key, err := p.keyOf(m)
			if err != nil {
				return &sink.RefusedError{Index: i, Reason: err}
			}
			gone = appendElement(gone, key)
		}
	}
	if err := errors.Join(p.flush(ctx, tx, p.insert, &rows), p.flush(ctx, tx, p.remove, &gone)); err != nil {
		return err
	}
	// What is checked at the commit only could not be blamed on a message.
	if _, err := tx.Exec(ctx, "SET CONSTRAINTS ALL IMMEDIATE"); err != nil {
		return fmt.Errorf("cannot write to table %s: %w", p.cfg.Table, err)
	}
	return nil
}

func appendElement(list, element []byte) []byte {
	if len(list) == 0 {
		list = append(list, '[')
	} else {
		list = append(list, ',')
	}
	return append(list, element...)
}

// flush runs a statement over a list, if there is one.
func (p *Postgres) flush(ctx context.Context, tx pgx.Tx, statement string, list *[]byte) error {
	if len(*list) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, statement, string(append(*list, ']')))
	*list = (*list)[:0]
	if err != nil {
		return fmt.Errorf("cannot write to table %s: %w", p.cfg.Table, err)
	}
	return nil
}

// keyOf is the key of a message without a value, as an object: the message's key is the
// value of the one column, or an array of the values of several.
func (p *Postgres) keyOf(m *sink.Message) ([]byte, error) {
	var values []json.RawMessage
	if len(p.cfg.Key) == 1 {
		text, err := json.Marshal(string(m.Key))
		if err != nil {
			return nil, err
		}
		values = append(values, text)
	} else if err := json.Unmarshal(m.Key, &values); err != nil || len(values) != len(p.cfg.Key) {
		return nil, fmt.Errorf("the message's key %.80q is no array of %d values, as postgres.key has columns", m.Key, len(p.cfg.Key))
	}
	object := make(map[string]json.RawMessage, len(values)) // numbers stay as they are written
	for i, column := range p.cfg.Key {
		object[column] = values[i]
	}
	return json.Marshal(object)
}

// blame finds the first message that the table refuses, by trying ever smaller parts.
func (p *Postgres) blame(ctx context.Context, batch []sink.Message, reason error) error {
	if p.try(ctx, batch) == nil {
		return reason // it was of the moment
	}
	from, to := 0, len(batch)
	for to-from > 1 {
		middle := (from + to) / 2
		err := p.try(ctx, batch[:middle])
		switch {
		case err == nil:
			from = middle
		case isData(err):
			to, reason = middle, err
		default:
			return err
		}
	}
	return &sink.RefusedError{Index: from, Reason: reason}
}

// try applies messages and takes it back.
func (p *Postgres) try(ctx context.Context, some []sink.Message) error {
	tx, err := p.conn.Begin(ctx)
	if err != nil {
		return fmt.Errorf("cannot begin a transaction: %w", err)
	}
	return errors.Join(p.apply(ctx, tx, some), tx.Rollback(context.WithoutCancel(ctx)))
}

// Positions implements [sink.Positioned].
func (p *Postgres) Positions(ctx context.Context, topic string, _ map[int32]int64) (map[int32]int64, error) {
	rows, err := p.conn.Query(ctx, `SELECT partition, next FROM millrace_positions WHERE sink = $1 AND topic = $2`, p.cfg.Name, topic)
	if err != nil {
		return nil, err
	}
	positions := make(map[int32]int64)
	var partition int32
	var next int64
	_, err = pgx.ForEachRow(rows, []any{&partition, &next}, func() error {
		positions[partition] = next
		return nil
	})
	p.at = maps.Clone(positions)
	return positions, err
}
