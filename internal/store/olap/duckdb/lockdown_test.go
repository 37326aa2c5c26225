package duckdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/olaptest"
)

// attacks are statements that a user must not get through. DIR is a folder with
// a readable secret.csv.
var attacks = strings.Split(strings.TrimSpace(`
INSERT INTO events (event_id) VALUES (uuid())
UPDATE events SET amount = 0
DELETE FROM events
TRUNCATE events
DROP TABLE events
ALTER TABLE events DROP COLUMN amount
CREATE TABLE t (a INTEGER)
CREATE TABLE t AS SELECT * FROM events
CREATE TEMP TABLE t AS SELECT 1
CREATE VIEW v AS SELECT 1
CREATE MACRO m() AS 1
CREATE SCHEMA s
CREATE SEQUENCE s
CREATE INDEX i ON events (source)
CREATE SECRET s (TYPE s3)
MERGE INTO events USING events e ON true WHEN MATCHED THEN DELETE
WITH x AS (DELETE FROM events RETURNING *) SELECT * FROM x
WITH x AS (INSERT INTO events (event_id) VALUES (uuid()) RETURNING *) SELECT * FROM x
EXPLAIN ANALYZE DELETE FROM events
EXPLAIN (ANALYZE) DELETE FROM events
EXPLAIN /* */ ANALYZE -- x
EXPLAIN EXPLAIN DELETE FROM events
EXPLAIN (ANALYZE /*) SELECT 1 --*/) SELECT error(source) FROM events
EXPLAIN (FORMAT /*) SELECT 1 --*/ json) SELECT current_setting('temp_directory')
EXPLAIN (FORMAT 'json) SELECT 1 --') SELECT getenv('HOME')
EXPLAIN ANALYZE /* /* */ ANALYZE SELECT 1 -- */ SELECT getenv('HOME')
EXPLAIN /* /* */ ANALYZE SELECT 1 -- */ SELECT current_setting('temp_directory')
EXPLAIN ANALYZE SELECT getenv('HOME')
SELECT 1; DELETE FROM events
COMMIT; DELETE FROM events
ROLLBACK
BEGIN
CHECKPOINT
FORCE CHECKPOINT
VACUUM
ANALYZE
SELECT * FROM checkpoint()
SELECT * FROM force_checkpoint('analytics')
CALL force_checkpoint('analytics')
COPY events TO 'DIR/out.csv'
COPY (SELECT 1) TO 'DIR/out.parquet' (FORMAT parquet)
COPY events FROM 'DIR/secret.csv'
EXPORT DATABASE 'DIR/out'
IMPORT DATABASE 'DIR'
PRAGMA import_database('DIR')
ATTACH 'DIR/other.duckdb'
ATTACH ':memory:' AS other
DETACH analytics
USE information_schema
INSTALL httpfs
LOAD httpfs
LOAD 'DIR/secret.csv'
SET memory_limit = '1GB'
SET lock_configuration = false
SET enable_external_access = true
SET VARIABLE x = 1
RESET memory_limit
PRAGMA memory_limit = '1GB'
PRAGMA database_list
PRAGMA enable_profiling
PRAGMA storage_info('events')
CALL enable_logging()
SELECT * FROM enable_logging()
SELECT * FROM enable_profiling(save_location = 'DIR/out.json')
SELECT write_log('x')
SELECT * FROM truncate_duckdb_logs()
SELECT * FROM duckdb_logs()
SELECT * FROM read_csv('DIR/secret.csv')
SELECT * FROM read_csv_auto('DIR/secret.csv')
SELECT * FROM "DIR/secret.csv"
SELECT * FROM 'DIR/secret.csv'
FROM 'DIR/secret.csv'
DESCRIBE 'DIR/secret.csv'
SUMMARIZE 'DIR/secret.csv'
SHOW "DIR/secret.csv"
SELECT * FROM read_text('DIR/secret.csv')
SELECT * FROM read_blob('/etc/passwd')
SELECT * FROM read_json('DIR/*')
SELECT * FROM read_ndjson_objects('DIR/secret.csv')
SELECT * FROM read_parquet('DIR/x.parquet')
SELECT * FROM parquet_metadata('DIR/x.parquet')
SELECT * FROM read_duckdb('DIR/analytics.duckdb')
SELECT * FROM glob('DIR/*')
SELECT * FROM sniff_csv('DIR/secret.csv')
SELECT (SELECT content FROM read_text('DIR/secret.csv'))
SELECT * FROM events WHERE EXISTS (FROM read_text('DIR/secret.csv'))
SELECT * FROM (WITH a AS MATERIALIZED (FROM read_text('DIR/secret.csv')) FROM a)
SELECT * FROM events, LATERAL (SELECT * FROM read_text(source))
SELECT * FROM query('SELECT * FROM duckdb_settings()')
SELECT * FROM query_table('duckdb_settings')
SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT * FROM duckdb_settings()'))
PRAGMA json_execute_serialized_sql('x')
SELECT * FROM duckdb_settings()
SELECT * FROM duckdb_secrets()
SELECT * FROM duckdb_databases()
SELECT * FROM duckdb_databases
SELECT * FROM system.main.duckdb_databases
SELECT * FROM pragma_database_list
SELECT * FROM pragma_storage_info('events')
SELECT * FROM sqlite_master
SELECT * FROM pg_catalog.pg_class
SELECT * FROM pg_class
SELECT * FROM (WITH duckdb_databases AS (SELECT 1) FROM duckdb_databases) a, duckdb_databases b
SELECT * FROM _millrace.state
SELECT * FROM analytics._millrace.state
SELECT * FROM which_secret('s3://x', 's3')
SELECT * FROM seq_scan('_millrace.state')
SELECT * FROM arrow_scan(1, 2, 3)
SELECT * FROM arrow_scan_dumb(1, 2, 3)
SELECT current_setting('temp_directory')
SELECT Current_Setting('secret_directory')
SELECT 'temp_directory'.current_setting()
SELECT system.main.current_setting('temp_directory')
SELECT list_transform(['home_directory'], x -> current_setting(x))
SELECT getenv('HOME')
SELECT getvariable('x')
SELECT nextval('s')
SHOW memory_limit
SHOW DATABASES
SHOW TABLES FROM analytics
SHOW TABLES FROM analytics._millrace
SELECT get_block_size('analytics')
SELECT pg_get_viewdef(1)
SELECT "getenv"('HOME')
SELECT getenv/* */('HOME')
SELECT ｇｅｔｅｎｖ('HOME')
SELECT reduce(['HOME'], lambda a, x: getenv(x))
WITH a AS (WITH b AS (SELECT getenv('HOME') AS x) FROM b) FROM a
SELECT * FROM "read_text"('DIR/secret.csv')
SELECT * FROM read_text ('DIR/secret.csv')
SELECT * FROM system.main.read_text('DIR/secret.csv')
SELECT * FROM histogram('events', 'source')
PREPARE p AS SELECT 1
EXECUTE p
DEALLOCATE p
SELECT * FROM sql_auto_complete('SEL')
SELECT 1 INTO OUTFILE 'DIR/out'
SELECT sleep_ms(10000)
COMMENT ON TABLE events IS 'x'
SELECT repeat('x', 1000000000)
SELECT 'x'.repeat(1000000000)
SELECT sum(length(repeat('y', 10000000) || range::VARCHAR)) FROM range(2048)
SELECT list_sum(range(200000000))
SELECT unnest(generate_series(1, 1000000000))
SELECT * FROM unnest(range(1000000000))
SELECT list_resize([1], 1000000000)
SELECT lpad('x', 1000000000, 'y')
SELECT rpad('x', "offset", 'y') FROM events
SELECT format('{:1000000000}', 1)
SELECT format(source, 1) FROM events
SELECT printf('%*d', 1000000000, 1)
PIVOT events ON source
`), "\n")

func TestAttacks(t *testing.T) {
	dir := t.TempDir()
	files := t.TempDir()
	if err := os.WriteFile(filepath.Join(files, "secret.csv"), []byte("swordfish,1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := openTest(t, dir, nil)
	if err := s.Write(t.Context(), olap.Commit{Batches: []*event.Batch{olaptest.Shop()}, Positions: map[int32]int64{3: 16}}); err != nil {
		t.Fatal(err)
	}
	before := fingerprint(t, s)
	for _, sql := range attacks {
		sql = strings.ReplaceAll(sql, "DIR", files)
		got, err := untrusted(t.Context(), s, sql)
		if !errors.Is(err, olap.ErrNotQuery) && !errors.Is(err, olap.ErrSyntax) {
			t.Errorf("%s\n got %v, %v", sql, got, err)
		}
		if err != nil && (strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "swordfish")) {
			t.Errorf("%s\nits error tells too much: %v", sql, err)
		}
	}
	if after := fingerprint(t, s); after != before {
		t.Errorf("the tables changed:\n%s\nwere\n%s", after, before)
	}
	entries, err := os.ReadDir(files)
	if err != nil || len(entries) != 1 {
		t.Errorf("files were written: %v, %v", entries, err)
	}
	if err := s.Write(t.Context(), olap.Commit{Batches: []*event.Batch{olaptest.Sales(1, 0, 5000)}, Positions: map[int32]int64{1: 5000}}); err != nil {
		t.Errorf("Write after the attacks: %v", err)
	}
}

// TestSecondLine: what the guard would let through, the database refuses itself.
func TestSecondLine(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(t.TempDir(), "secret.csv")
	if err := os.WriteFile(secret, []byte("swordfish,1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := openTest(t, dir, nil)
	for _, sql := range []string{
		"SELECT * FROM read_csv('DIR')", "SELECT * FROM read_text('DIR')", "SELECT * FROM read_blob('DIR')",
		"SELECT * FROM glob('DIR')", "SELECT * FROM sniff_csv('DIR')", "SELECT * FROM read_parquet('DIR')",
		"SELECT * FROM 'DIR'", "SELECT * FROM read_duckdb('DIR')", "SELECT * FROM read_json('DIR')",
	} {
		r, err := s.Query(t.Context(), olap.Query{SQL: strings.ReplaceAll(sql, "DIR", secret)})
		if err == nil {
			var rows [][]any
			if rows, err = r.All(); err == nil {
				t.Errorf("%s: %v", sql, rows)
			}
		}
	}
	conn, err := s.eng.connect()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.close()
	for _, sql := range []string{
		"SET enable_external_access = true", "SET lock_configuration = false", "SET memory_limit = '1GB'",
		"SET threads = 1", "LOAD '" + secret + "'", "INSTALL httpfs", "ATTACH '" + secret + ".db'",
		"COPY events TO '" + secret + ".csv'", "EXPORT DATABASE '" + secret + ".dir'",
		"BEGIN TRANSACTION READ ONLY; DELETE FROM events", "CREATE TABLE t (a INTEGER)",
	} {
		if err := conn.exec(sql); err == nil {
			t.Errorf("%s was run", sql)
		}
	}
}

// TestInternalViews: none of DuckDB's own views is reachable, not even where a
// CTE of the same name is defined elsewhere in the statement.
func TestInternalViews(t *testing.T) {
	s := openTest(t, t.TempDir(), nil)
	r, err := s.Query(t.Context(), olap.Query{SQL: `SELECT schema_name, view_name FROM duckdb_views() WHERE internal`})
	if err != nil {
		t.Fatal(err)
	}
	views, err := r.All()
	if err != nil || len(views) < 20 {
		t.Fatal(len(views), err)
	}
	for _, v := range views {
		name := v[1].(string)
		for _, sql := range []string{
			fmt.Sprintf(`SELECT * FROM %s`, name),
			fmt.Sprintf(`SELECT * FROM (WITH %s AS (SELECT 42 AS a) SELECT * FROM %[1]s) x, %[1]s y`, name),
			fmt.Sprintf(`SELECT * FROM pg_catalog.%s`, name),
		} {
			if rows, err := untrusted(t.Context(), s, sql); err == nil {
				t.Errorf("%s: %v", sql, rows)
			}
		}
	}
}

// TestVolatileFunctions fails when DuckDB gains a function that is not a plain
// function of its arguments and that nobody has looked at.
func TestVolatileFunctions(t *testing.T) {
	s := openTest(t, t.TempDir(), nil)
	harmless := map[string]bool{
		"current_query": true, "error": true, "gen_random_uuid": true, "random": true, "setseed": true,
		"stats": true, "uuid": true, "uuidv4": true, "uuidv7": true,
	}
	r, err := s.Query(t.Context(), olap.Query{SQL: `SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'scalar' AND (stability = 'VOLATILE' OR has_side_effects) ORDER BY 1`})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := r.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		name := row[0].(string)
		if _, err := untrusted(t.Context(), s, "SELECT "+name+"()"); !harmless[name] && !errors.Is(err, olap.ErrNotQuery) {
			t.Errorf("function %s is neither denied nor known to be harmless: %v", name, err)
		}
	}
}

func TestAllowed(t *testing.T) {
	s := openTest(t, t.TempDir(), nil)
	if err := s.Write(t.Context(), olap.Commit{Batches: []*event.Batch{olaptest.Shop()}, Positions: map[int32]int64{3: 16}}); err != nil {
		t.Fatal(err)
	}
	for _, sql := range strings.Split(strings.TrimSpace(`
SELECT count(*) FROM events
SELECT * FROM main.events;
SELECT * FROM analytics.main.events
FROM events SELECT source LIMIT 1
WITH a AS (SELECT * FROM events), b AS (SELECT * FROM a) SELECT * FROM b, a
WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r
SELECT * FROM events JOIN order_lines USING (event_id) ORDER BY line_no
SELECT date_trunc('month', event_time), sum(amount) FROM order_lines GROUP BY ALL
VALUES (1, 'a'), (2, 'b')
DESCRIBE events
DESCRIBE SELECT * FROM events
SHOW TABLES
SUMMARIZE order_lines
EXPLAIN SELECT * FROM events
EXPLAIN ANALYZE SELECT * FROM events
EXPLAIN (FORMAT json) SELECT * FROM events
-- a comment
/* another */ SELECT 1
SELECT * FROM range(3), unnest([1, 2])
SELECT * FROM generate_series(1, 3)
SELECT properties ->> 'a' FROM events
SELECT row_number() OVER (PARTITION BY source ORDER BY "offset") FROM events
SELECT table_name FROM information_schema.tables
SELECT * FROM information_schema.columns WHERE table_name = 'events'
SELECT {'a': 1, 'b': [1, NULL]}, MAP {'k': 2.50}, [1, 2]::INTEGER[2], 'x'::ENUM('x', 'y'), INTERVAL '1 month 2 days', DATE '2010-12-01', 170141183460469231731687303715884105727
SELECT union_value(num := 2), 'infinity'::TIMESTAMP, '\x00ff'::BLOB, TIME '12:00:01.5', 18446744073709551615::UBIGINT, -1.5::FLOAT, NULL
SELECT lpad('x', 10, '0'), rpad(source, 20, ' '), format('{:,} {:>10}', 1234567, 'a'), printf('%05.2f', 1.5) FROM events
SELECT version(), now(), current_date, uuid()
`), "\n") {
		if strings.HasPrefix(sql, "-- ") {
			sql += "\nSELECT 1"
		}
		if _, err := untrusted(t.Context(), s, sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func untrusted(ctx context.Context, s olap.Store, sql string) ([][]any, error) {
	r, err := s.Query(ctx, olap.Query{SQL: sql, Untrusted: true, Limits: olap.Limits{Timeout: 5 * time.Second}})
	if err != nil {
		return nil, err
	}
	return r.All()
}

// fingerprint tells whether anything in any table or setting changed.
func fingerprint(t *testing.T, s olap.Store) string {
	t.Helper()
	var b strings.Builder
	queries := []string{
		"SELECT table_name, column_count FROM duckdb_tables() ORDER BY ALL", "SELECT name, value FROM duckdb_settings() ORDER BY ALL",
		"SELECT * FROM _millrace.state", "SELECT database_name FROM duckdb_databases() ORDER BY ALL",
		"SELECT view_name FROM duckdb_views() ORDER BY ALL", "SELECT count(*) FROM duckdb_functions()",
	}
	for _, table := range olap.Tables() {
		queries = append(queries, fmt.Sprintf("SELECT '%s', count(*), bit_xor(hash(x)) FROM %[1]s x", table.Name))
	}
	for _, sql := range queries {
		r, err := s.Query(t.Context(), olap.Query{SQL: sql})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := r.All()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			fmt.Fprintln(&b, row...)
		}
	}
	return b.String()
}
