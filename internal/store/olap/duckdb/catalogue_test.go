package duckdb

import (
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/store/olap"
)

// TestCatalogue: what tools ask of PostgreSQL's catalogues.
func TestCatalogue(t *testing.T) {
	s := openTest(t, t.TempDir(), nil)
	session := &olap.Session{User: "ann", Database: "millrace", Settings: map[string]string{"server_version": "14.0", "search_path": "main"}}
	for _, c := range []struct{ sql, want string }{
		{"SELECT version(), current_user, current_database(), current_schema()", "[[PostgreSQL 14.0 ann millrace main]]"},
		{"SELECT current_setting('search_path'), current_setting('nothing', true)", "[[main <nil>]]"},
		{"SELECT set_config('jit', 'off', false)", "[[off]]"},
		{"SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE relkind IN ('r', 'v') AND nspname !~ '^pg_'", "[[8]]"},
		{"SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'events'::regclass AND attname IN ('amount', 'event_time', 'event_id') ORDER BY attnum", "[[uuid] [timestamp without time zone] [numeric(18,6)]]"},
		{"SELECT c.oid::regclass::text FROM pg_class c WHERE c.relname ~* '^ORDER'", "[[order_lines]]"},
		{"SELECT obj_description('main.events'::regclass, 'pg_class')", "[[Accepted events, one row each]]"},
		{"SELECT data_type, numeric_precision, numeric_scale FROM information_schema.columns WHERE table_name = 'events' AND column_name = 'amount'", "[[numeric 18 6]]"},
		{"SELECT tables.table_type FROM information_schema.tables WHERE table_name = 'events'", "[[BASE TABLE]]"},
		{"SELECT trim(s[i]) FROM generate_series(array_lower(string_to_array(current_setting('search_path'), ','), 1), array_upper(string_to_array(current_setting('search_path'), ','), 1)) AS i, string_to_array(current_setting('search_path'), ',') s", "[[main]]"},
		{"SELECT 'main' = ANY(current_schemas(true)), pg_get_expr('x', 1), has_table_privilege('events', 'SELECT')", "[[true <nil> true]]"},
		{"SELECT string_agg(word, ',') IS NOT NULL FROM pg_get_keywords() WHERE word <> ALL ('{a}'::text)", "[[true]]"},
		{"SELECT typname FROM pg_type WHERE oid = 1016", "[[_int8]]"},
		{"SELECT relname FROM pg_class WHERE relname = $1", "[[events]]"},
		{`SELECT parse_ident('"Some Schema".Odd."a""b"'), parse_ident('events', false)`, `[[[Some Schema odd a"b] [events]]]`},
		{"SELECT format('%s.%I: %L, %L %% %2$s', nspname, 'Odd Name', NULL, 'it''s') FROM pg_namespace WHERE nspname = 'main'", `[[main."Odd Name": NULL, 'it''s' % Odd Name]]`},
		{"SELECT format('{} of {:>4}', 1, nspname) FROM pg_namespace WHERE nspname = 'main'", "[[1 of main]]"},
		{"SELECT attname FROM pg_attribute WHERE attrelid = 'events'::regclass AND attnum = ANY ('{2}')", "[[event_time]]"},
		{"SELECT attname FROM pg_attribute WHERE attrelid = 'events'::regclass AND attnum <> ALL ('{1,3}'::smallint[]) AND attnum < 5 ORDER BY attnum", "[[event_time] [source]]"},
		{`SELECT typname FROM pg_type WHERE typname = ANY ('{int4, "a,b", "text"}'::text[]) ORDER BY oid`, "[[int4] [text]]"},
		{"SELECT count(*) FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY ([1, 2]) WHERE c.relname = 'events'", "[[2]]"},
		{"SELECT 'main.events'::regclass::text, ('main.' || quote_ident('events'))::regclass::oid = 'events'::regclass, 'int4'::regtype::text", "[[events true integer]]"},
		{"SELECT generate_series(array_lower(k, 1), array_upper(k, 1)) FROM (SELECT current_schemas(true) AS k)", "[[1] [2]]"},
	} {
		q := olap.Query{SQL: c.sql, Untrusted: true, Session: session}
		if strings.Contains(c.sql, "$1") {
			q.Args = []any{"events"}
		}
		result, err := s.Query(t.Context(), q)
		if err != nil {
			t.Errorf("%s: %v", c.sql, err)
			continue
		}
		rows, err := result.All()
		if got := fmt.Sprint(rows); err != nil || got != c.want {
			t.Errorf("%s\n got %s, %v\nwant %s", c.sql, got, err, c.want)
		}
	}
}

// TestCatalogueRefuses: what the catalogues do not answer is refused with a reason.
func TestCatalogueRefuses(t *testing.T) {
	s := openTest(t, t.TempDir(), nil)
	for _, c := range []struct{ sql, want string }{
		{"SELECT format('%10s', nspname) FROM pg_namespace", `not "%10s"`},
		{"SELECT format('%s.%s', nspname) FROM pg_namespace", "1 arguments"},
		{"SELECT generate_series(1, 1000000000) FROM pg_namespace", "allowed in FROM only"},
		{"SELECT generate_series(array_lower(conkey, 1), array_upper(confkey, 1)) FROM pg_constraint", "allowed in FROM only"},
	} {
		_, err := s.Query(t.Context(), olap.Query{SQL: c.sql, Untrusted: true, Session: &olap.Session{}})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\n got %v\nwant %s", c.sql, err, c.want)
		}
	}
}

// TestArrayTexts: of users' tables, PostgreSQL's texts of arrays are read behind ANY and ALL.
func TestArrayTexts(t *testing.T) {
	s := openTest(t, t.TempDir(), nil)
	for _, c := range []struct{ sql, want string }{
		{`SELECT 'a,b' = ANY ('{x,"a,b"}'), 'a' = ANY ('{}')`, "[[true false]]"},
		{"SELECT count(*) FROM range(10) t(i) WHERE i = ANY ('{1,3,70}'::int[])", "[[2]]"},
		{"SELECT 'a' <> ALL ('{x, y}'::text[]), 'y' <> ALL ('{x, y}')", "[[true false]]"},
		{"SELECT '{x}' = ANY (['{x}']), 'a' = ANY (SELECT '{a}')", "[[true false]]"},
	} {
		result, err := s.Query(t.Context(), olap.Query{SQL: c.sql, Untrusted: true, Session: &olap.Session{}})
		if err != nil {
			t.Errorf("%s: %v", c.sql, err)
			continue
		}
		rows, err := result.All()
		if got := fmt.Sprint(rows); err != nil || got != c.want {
			t.Errorf("%s\n got %s, %v\nwant %s", c.sql, got, err, c.want)
		}
	}
}
