//go:build sources

package pgwire

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/servicetest"
)

// run runs a client and returns what it printed.
func run(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func expect(t *testing.T, out string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(out, part) {
			t.Errorf("missing %q in:\n%s", part, out)
		}
	}
}

// cached returns a folder that prepare has filled once for all runs.
func cached(t *testing.T, name string, prepare func(dir string)) string {
	t.Helper()
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home, ".cache", "millrace-test", name)
	done := filepath.Join(dir, "complete")
	if _, err := os.Stat(done); err == nil {
		return dir
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	prepare(dir)
	if err := os.WriteFile(done, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestPsql(t *testing.T) {
	i := start(t, options{})
	psql := servicetest.Program(t, "psql", "postgresql-client")
	for command, part := range map[string]string{
		`\d`: "order_lines", `\dt`: "quarantine_acts", `\d events`: "timestamp without time zone", `\d+ order_lines`: "quantity × unit_price", `\l`: "millrace", `\dn`: "main",
		`\du`: "millrace", `\df`: "0 rows", `\dp`: "events", `\dT`: "0 rows", `\conninfo`: `user "ann"`, "SELECT count(*) AS n FROM events": "n",
		"EXPLAIN SELECT count(*) FROM events": "explain_value", "SHOW TABLES": "rejections",
	} {
		expect(t, run(t, "", psql, "-X", i.url("ann", "", ""), "-v", "ON_ERROR_STOP=1", "-c", command), part)
	}
}

func TestJDBC(t *testing.T) {
	i := start(t, options{})
	java := servicetest.Program(t, "java", "default-jdk-headless")
	source, err := filepath.Abs("testdata/clients")
	if err != nil {
		t.Fatal(err)
	}
	lib := servicetest.Jars(t, "jdbc-42.7.4", source)
	out := run(t, source, java, "-cp", filepath.Join(lib, "*"), "Client.java", "jdbc:postgresql://"+i.address+"/millrace?user=ann")
	expect(t, out, "product: PostgreSQL 14", "tables: [corrections TABLE, duplicates TABLE, events TABLE", "amount numeric 2 6", "catalogs: [millrace]",
		"keywords: true, type info: true", "prepared: [2 30.600", "values: [42 true 1.5 2026-01-31 zoë]", "fetched: 550725", "error: 42703", "timeout: 57014")
	if n := strings.Count(out, "prepared: [2 30.600"); n != 8 {
		t.Errorf("%d of 8 runs of a prepared statement gave the sum:\n%s", n, out)
	}
}

func TestSQLAlchemy(t *testing.T) {
	i := start(t, options{})
	python := servicetest.Program(t, "python3", "python3-venv")
	venv := cached(t, "sqlalchemy-2.0.36", func(dir string) {
		run(t, "", python, "-m", "venv", dir)
		run(t, "", filepath.Join(dir, "bin", "pip"), "install", "-q", "sqlalchemy==2.0.36", "psycopg2-binary==2.9.10", "psycopg[binary]==3.2.3")
	})
	for _, driver := range []string{"psycopg2", "psycopg"} {
		out := run(t, "", filepath.Join(venv, "bin", "python"), "testdata/clients/client.py", "postgresql+"+driver+"://ann@"+i.address+"/millrace")
		expect(t, out, "schemas: ['information_schema', 'main'] main", "('event_id', 'UUID'), ('line_no', 'INTEGER'), ('event_time', 'TIMESTAMP')", "keys: [] [] []",
			"comment: Accepted events, one row each", "views: [] True False", "aggregate: [(2, Decimal('30.600'))]", "parameters: [(2, 'x')]", "rows: 2")
	}
}
