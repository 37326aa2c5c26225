package pgwire

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// forbidden are statements of every kind that users must not get through, and what the
// error says. DIR is a folder with a file. The analytics store's own test has many more.
var forbidden = []struct{ sql, code, says string }{
	{"INSERT INTO events (source) VALUES ('x')", codePrivilege, "only queries"},
	{"DELETE FROM events", codePrivilege, "only queries"},
	{"UPDATE events SET source = 'x'", codePrivilege, "only queries"},
	{"DROP TABLE events", codePrivilege, "only queries"},
	{"CREATE TABLE t AS SELECT 1", codePrivilege, "only queries"},
	{"WITH x AS (DELETE FROM events RETURNING *) SELECT * FROM x", "", ""},
	{"SELECT * FROM read_csv('DIR/secret.csv')", codePrivilege, "read_csv is not allowed"},
	{"SELECT * FROM read_parquet('s3://bucket/x.parquet')", codePrivilege, "read_parquet is not allowed"},
	{"SELECT * FROM read_text('/etc/passwd')", codePrivilege, "read_text is not allowed"},
	{"SELECT * FROM glob('/*')", codePrivilege, "glob is not allowed"},
	{"SELECT * FROM 'https://example.com/x.csv'", "", ""},
	{"SELECT * FROM 'DIR/secret.csv'", "", ""},
	{"COPY (SELECT 1) TO 'DIR/out.csv'", codePrivilege, ""},
	{"EXPORT DATABASE 'DIR/out'", codePrivilege, ""},
	{"INSTALL httpfs", codePrivilege, ""},
	{"LOAD httpfs", codePrivilege, ""},
	{"PRAGMA database_list", "", ""},
	{"ATTACH 'DIR/other.db'", codePrivilege, ""},
	{"CREATE SECRET s (TYPE s3)", "", ""},
	{"SELECT * FROM duckdb_secrets()", codePrivilege, "duckdb_secrets is not allowed"},
	{"SELECT * FROM duckdb_settings()", codePrivilege, "duckdb_settings is not allowed"},
	{"SELECT * FROM duckdb_databases()", codePrivilege, "duckdb_databases is not allowed"},
	{"SELECT getenv('HOME')", codePrivilege, "getenv"},
	{"SELECT pg_read_file('DIR/secret.csv')", "", ""},
	{"SELECT lo_import('DIR/secret.csv')", "", ""},
	{"SELECT 1; DELETE FROM events", "", ""},
	{"PREPARE p AS DELETE FROM events", "", ""},
	{"DO $$ BEGIN DELETE FROM events; END $$", "", ""},
	{"CALL force_checkpoint('analytics')", "", ""},
}

// TestForbidden: by the simple and by the extended protocol, what does more than read is
// refused with a reason, writes nothing, and tells nothing about the machine.
func TestForbidden(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret.csv"), []byte("swordfish,1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	i := start(t, options{})
	conn := i.connect("")
	rows := func() (n int) {
		if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM events").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := rows()
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeDescribeExec} {
		for _, c := range forbidden {
			sql := strings.ReplaceAll(c.sql, "DIR", dir)
			_, err := conn.Exec(t.Context(), sql, mode)
			if err == nil {
				t.Errorf("%s was run (%s)", sql, mode)
				continue
			}
			e := wants(t, err, codeOf(err, c.code))
			if !strings.Contains(e.Message, c.says) || strings.Contains(e.Message, "swordfish") {
				t.Errorf("%s (%s):\n%s %s", sql, mode, e.Code, e.Message)
			}
		}
	}
	// Settings that clients ask for are those of the session, not the database's.
	var setting *string
	if err := conn.QueryRow(t.Context(), "SELECT current_setting('temp_directory', true)").Scan(&setting); err == nil && setting != nil && *setting != "" {
		t.Errorf("current_setting tells %q", *setting)
	}
	if after := rows(); after != before {
		t.Errorf("%d events were %d", after, before)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("files were written: %v, %v", files, err)
	}
}

// codeOf is the code that is wanted: any, where none is given.
func codeOf(err error, code string) string {
	var e *pgconn.PgError
	if code == "" && asPg(err, &e) {
		return e.Code
	}
	return code
}

// toolStatements are those that tools are recorded with.
func toolStatements(t testing.TB) (statements []string) {
	files, err := filepath.Glob("testdata/tools/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recorded statements: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for block := range strings.SplitSeq(string(text), "\n\n") {
			_, rest, _ := strings.Cut(block, "ask\n")
			if sql, _, ok := strings.Cut(rest, "\n----"); ok {
				statements = append(statements, sql)
			}
		}
	}
	return statements
}

// FuzzStatement: whatever is asked, the server answers or refuses, goes on, and no event is
// changed.
func FuzzStatement(f *testing.F) {
	for _, c := range forbidden {
		f.Add(c.sql)
	}
	for _, sql := range []string{"SELECT * FROM events", "EXPLAIN SELECT 1", "BEGIN; SELECT 1; COMMIT", "SET a = 1", "SHOW x", "/* */", ";;", "SELECT '\x00'"} {
		f.Add(sql)
	}
	for _, sql := range toolStatements(f) {
		f.Add(sql)
	}
	i := start(f, options{})
	ctx := context.WithoutCancel(f.Context())
	conn, err := pgx.Connect(ctx, i.url("ann", "", "&statement_timeout=500"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = conn.Close(ctx) })
	f.Fuzz(func(t *testing.T, sql string) {
		if strings.IndexByte(sql, 0) >= 0 {
			return // the protocol's texts end there
		}
		_, _ = conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol) // refused, most of the time
		if status := conn.PgConn().TxStatus(); status != 'I' {
			_, _ = conn.Exec(t.Context(), "ROLLBACK", pgx.QueryExecModeSimpleProtocol)
		}
		var n int
		if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM events", pgx.QueryExecModeSimpleProtocol).Scan(&n); err != nil || n != 2 {
			t.Fatalf("after %q there are %d events, %v", sql, n, err)
		}
	})
}
