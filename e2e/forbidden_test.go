package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// forbidden are statements of every kind that users must not get through, and a part of what
// they read then: what it is, and what to do instead. DIR is a folder with a file. The first
// of a kind (behind an empty line) is also sent by the command line.
const forbidden = `
INSERT INTO events (source) VALUES ('x') | send events to a source
UPDATE events SET amount = 0 | send events to a source
DELETE FROM events | send events to a source
TRUNCATE events | send events to a source
MERGE INTO events USING events e ON true WHEN MATCHED THEN DELETE | send events to a source
WITH x AS (DELETE FROM events RETURNING *) SELECT * FROM x | A CTE needs a SELECT
EXPLAIN ANALYZE DELETE FROM events | send events to a source

CREATE TABLE t (a INTEGER) | tables come from events, jobs and rollups
CREATE VIEW v AS SELECT * FROM read_text('DIR/secret.txt') | tables come from events, jobs and rollups
CREATE MACRO m() AS getenv('HOME') | tables come from events, jobs and rollups
CREATE OR REPLACE TEMP MACRO m(x) AS TABLE FROM read_text(x) | tables come from events, jobs and rollups
CREATE SECRET s (TYPE s3) | tables come from events, jobs and rollups
ALTER TABLE events DROP COLUMN amount | tables come from events, jobs and rollups
DROP TABLE events | tables come from events, jobs and rollups

COPY events TO 'DIR/out.csv' | POST /api/v1/sql
COPY (SELECT 1) TO 'DIR/out.parquet' (FORMAT parquet) | POST /api/v1/sql
COPY (SELECT 1) TO 's3://bucket/out.csv' | POST /api/v1/sql
EXPORT DATABASE 'DIR/out' | POST /api/v1/sql

ATTACH 'DIR/other.db' AS other | bring data in by a source
ATTACH ':memory:' AS other | bring data in by a source
DETACH analytics | bring data in by a source
INSTALL httpfs | bring data in by a source
LOAD httpfs | bring data in by a source
LOAD 'DIR/secret.txt' | bring data in by a source

PRAGMA enable_profiling | settings are those of the platform
PRAGMA database_list | settings are those of the platform
CALL enable_logging() | settings are those of the platform

CHECKPOINT | without a transaction
VACUUM | without a transaction

PREPARE p AS DELETE FROM events | save the query with parameters
EXECUTE p | save the query with parameters

SELECT * FROM read_csv('DIR/secret.txt') | read_csv is not allowed here: queries read the tables
SELECT * FROM read_parquet('s3://bucket/x.parquet') | read_parquet is not allowed here
SELECT * FROM read_text('DIR/secret.txt') | read_text is not allowed here
SELECT * FROM read_text/**/('DIR/secret.txt') | read_text is not allowed here
SELECT * FROM "read_text"('DIR/secret.txt') | read_text is not allowed here
SELECT * FROM system.main.ReAd_TeXt ('DIR/secret.txt') | read_text is not allowed here
SELECT * FROM read_blob('/etc/passwd') | read_blob is not allowed here
SELECT * FROM read_json('https://example.com/x.json') | read_json is not allowed here
SELECT * FROM glob('/*') | glob is not allowed here
SELECT * FROM sniff_csv('DIR/secret.txt') | sniff_csv is not allowed here
SELECT * FROM 'DIR/secret.txt' | there is no table
SELECT * FROM 'https://example.com/x.csv' | there is no table
SUMMARIZE 'DIR/secret.txt' | there is no table
SELECT (SELECT content FROM read_text('DIR/secret.txt')) | read_text is not allowed here
WITH a AS (WITH b AS MATERIALIZED (FROM read_text('DIR/secret.txt')) FROM b) FROM a | read_text is not allowed here
SELECT * FROM events, LATERAL (SELECT * FROM read_text(source)) | read_text is not allowed here
SELECT 1 WHERE EXISTS (FROM read_text('DIR/secret.txt')) | read_text is not allowed here
SELECT 1 UNION ALL SELECT content FROM read_text('DIR/secret.txt') | read_text is not allowed here
EXPLAIN SELECT * FROM read_text('DIR/secret.txt') | read_text is not allowed here
EXPLAIN (ANALYZE /*) SELECT 1 --*/) SELECT * FROM read_text('DIR/secret.txt') | read_text is not allowed here
SELECT * FROM query('SELECT * FROM duckdb_settings()') | query is not allowed here
SELECT * FROM query_table('duckdb_settings') | query_table is not allowed here

SELECT * FROM duckdb_secrets() | how the database is set up is not for queries
SELECT * FROM duckdb_settings() | how the database is set up is not for queries
SELECT * FROM pragma_storage_info('events') | how the database is set up is not for queries
SELECT * FROM _millrace.state | there is no table

SELECT getenv('HOME') | getenv is not allowed here: it tells about the machine
SELECT "getenv"('HOME') | getenv is not allowed here
SELECT getenv/* */('HOME') | getenv is not allowed here
SELECT getenv('HOME') FROM (SELECT 1) | getenv is not allowed here
SELECT list_transform(['HOME'], lambda x: getenv(x)) | getenv is not allowed here
SELECT ｇｅｔｅｎｖ('HOME') | does not exist
WITH a AS (SELECT getenv('HOME') AS x) SELECT x FROM a | getenv is not allowed here
EXPLAIN ANALYZE /* /* */ ANALYZE SELECT 1 -- */ SELECT getenv('HOME') | getenv is not allowed here
SELECT current_setting('temp_directory'), count(*) FROM events | current_setting is not allowed here
SELECT getvariable('x') | getvariable is not allowed here
SELECT write_log('x') | write_log is not allowed here
SELECT sleep_ms(10000) | it only passes the time

SELECT repeat('x', 1000000000) | nothing limits the size
SELECT lpad('x', 1000000000, 'y') | a plain width of at most 1000
PIVOT events ON source | FILTER (WHERE`

// apart are statements that a client of PostgreSQL's protocol may send: they are about its
// session there.
const apart = `
SET memory_limit = '100GB' | settings are those of the platform
SET GLOBAL enable_external_access = true | settings are those of the platform
RESET memory_limit | settings are those of the platform
BEGIN TRANSACTION | without a transaction
COMMIT | without a transaction
SELECT current_setting('temp_directory') | current_setting is not allowed here
SHOW TABLES FROM analytics | SHOW TABLES lists
SELECT 1; DROP TABLE events | only queries are allowed here
SELECT 1; SELECT 2 | one statement at a time`

// TestEveryDoorForSQLOnlyReads: the API, the command line and PostgreSQL's protocol, simple and
// prepared, refuse what does more than read the tables, say why and what to do instead, and
// nothing has changed afterwards.
func TestEveryDoorForSQLOnlyReads(t *testing.T) {
	address := freeAddress(t)
	p := up(t, append(configured(t, shopConfig), "--pg-listen", address)...)
	dir := filepath.Dir(written(t, "secret.txt", "treasure"))
	conn, err := pgx.Connect(t.Context(), "postgres://ann@"+address+"/millrace?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	before := p.fingerprint()

	for _, kind := range strings.Split(forbidden, "\n\n") {
		for i, line := range strings.Split(strings.TrimSpace(kind), "\n") {
			sql, says, _ := strings.Cut(strings.ReplaceAll(line, "DIR", dir), " | ")
			p.refusedByAPI(sql, says)
			if i == 0 {
				p.refusedByCommandLine(sql, says)
			}
			for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeDescribeExec} {
				_, err := conn.Exec(t.Context(), sql, mode)
				refusedByProtocol(t, mode.String(), sql, says, err)
			}
			_, err := conn.Prepare(t.Context(), "p", sql)
			refusedByProtocol(t, "prepare", sql, says, err)
		}
	}
	for line := range strings.SplitSeq(strings.TrimSpace(apart), "\n") {
		sql, says, _ := strings.Cut(line, " | ")
		p.refusedByAPI(sql, says)
		p.refusedByCommandLine(sql, says)
		_, _ = conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol) // it changes its session at most
	}
	p.wantTable("settings after a session's", "SELECT count(*) FROM events", "0")

	after := p.fingerprint()
	for table, want := range before {
		if after[table] != want {
			t.Errorf("table %s changed", table)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("files were written: %v, %v", files, err)
	}
}

// refusedByAPI expects a problem that says so, and shows nothing.
func (p *platform) refusedByAPI(sql, says string) {
	p.t.Helper()
	body, err := json.Marshal(map[string]string{"query": sql})
	if err != nil {
		p.t.Fatal(err)
	}
	status, text := p.post("/api/v1/sql", "application/json", body)
	var problem struct {
		Status int
		Errors []struct{ Message string }
	}
	p.decode(text, &problem)
	if status != http.StatusForbidden && status != http.StatusBadRequest || problem.Status != status || len(problem.Errors) != 1 {
		p.t.Errorf("%s\nwas answered by the API with %d %s", sql, status, text)
		return
	}
	refusal(p.t, "the API", sql, says, problem.Errors[0].Message)
}

func (p *platform) refusedByCommandLine(sql, says string) {
	p.t.Helper()
	r := millrace(p.t, "sql", sql, "--url", p.url)
	if r.code != 1 || r.stdout != "" {
		p.t.Errorf("millrace sql %q ended with %d, want 1\n%s", sql, r.code, r.stdout)
	}
	refusal(p.t, "the command line", sql, says, r.stderr)
}

func refusedByProtocol(t *testing.T, how, sql, says string, err error) {
	t.Helper()
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		t.Errorf("%s\nwas answered by PostgreSQL's protocol (%s) with %v", sql, how, err)
		return
	}
	refusal(t, "PostgreSQL's protocol ("+how+")", sql, says, e.Message)
}

// refusal checks what somebody reads.
func refusal(t *testing.T, who, sql, says, got string) {
	t.Helper()
	if !strings.Contains(got, says) || strings.Contains(got, "treasure") {
		t.Errorf("%s\nis refused by %s with %q, which lacks %q", sql, who, got, says)
	}
}
