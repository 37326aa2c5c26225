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
