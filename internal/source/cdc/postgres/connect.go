package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	connectTimeout = 10 * time.Second
	closeTimeout   = 2 * time.Second
	answerTimeout  = 30 * time.Second // of a question that needs no work
	// maxMessage bounds one message of the server: a row with its row before.
	maxMessage = 256 << 20
)

// connect opens a connection whose values have one form, whatever the server's
// defaults are.
func (s *Source) connect(ctx context.Context, replication bool) (*pgconn.PgConn, error) {
	cfg, err := pgconn.ParseConfig(s.cfg.URL)
	if err != nil {
		return nil, errors.New("url cannot be read") // the error may have the password
	}
	for name, value := range map[string]string{
		"application_name": "millrace " + s.cfg.Source, "client_encoding": "UTF8", "datestyle": "ISO, MDY", "timezone": "UTC",
		"intervalstyle": "iso_8601", "bytea_output": "hex", "extra_float_digits": "1",
		"statement_timeout": "0", "idle_in_transaction_session_timeout": "0",
		// A table is read from its beginning, by one process.
		"synchronize_seqscans": "off", "max_parallel_workers_per_gather": "0",
	} {
		cfg.RuntimeParams[name] = value
	}
	if replication {
		cfg.RuntimeParams["replication"] = "database"
	}
	cfg.ConnectTimeout = connectTimeout
	conn, err := pgconn.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("cannot connect to PostgreSQL at %s:%d: %w", cfg.Host, cfg.Port, err)
	}
	conn.Frontend().SetMaxBodyLen(maxMessage)
	return conn, nil
}

// close does not wait long for a server that does not answer.
func (s *session) close(ctx context.Context, conn *pgconn.PgConn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	_ = conn.Close(ctx) // it is of no use any more
}

// query returns the rows of a statement; NULL is the empty text.
func (s *session) query(ctx context.Context, sql string, args ...string) ([][]string, error) {
	values := make([][]byte, len(args))
	for i, a := range args {
		values[i] = []byte(a)
	}
	result := s.conn.ExecParams(ctx, sql, values, nil, nil, nil).Read()
	if result.Err != nil {
		return nil, result.Err
	}
	out := make([][]string, len(result.Rows))
	for i, row := range result.Rows {
		for _, cell := range row {
			out[i] = append(out[i], string(cell))
		}
	}
	return out, nil
}

// row returns the only row of a statement, or nil.
func (s *session) row(ctx context.Context, sql string, args ...string) ([]string, error) {
	rows, err := s.query(ctx, sql, args...)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

func (s *session) exec(ctx context.Context, sql string) error {
	_, err := s.conn.Exec(ctx, sql).ReadAll()
	return err
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (t table) quoted() string { return quote(t.Schema) + "." + quote(t.Name) }
