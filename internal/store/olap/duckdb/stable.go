package duckdb

import "slices"

// unstable are the functions and words whose value changes while nothing is stored. The
// test compares them with what DuckDB says of its functions.
var unstable = []string{
	"random", "setseed", "uuid", "uuidv4", "uuidv7", "gen_random_uuid", "now", "today", "current_date", "current_time", "current_timestamp",
	"get_current_time", "get_current_timestamp", "localtime", "localtimestamp", "current_localtime", "current_localtimestamp", "transaction_timestamp",
	"statement_timestamp", "clock_timestamp", "age", "current_setting", "current_query", "current_schema", "current_schemas", "current_database", "version",
	"nextval", "currval", "txid_current", "pg_backend_pid", "current_connection_id", "current_query_id", "current_transaction_id", "sleep_ms",
	"getvariable", "write_log", "parse_duckdb_log_message", "current_user", "session_user", "user", "current_role", "current_catalog", "error", "in_search_path", "stats",
}

// stable reports whether a statement asks for no time, no chance and no sample.
func stable(v any) bool {
	ok := true
	each(v, func(n tree) {
		if n["sample"] != nil || slices.Contains(unstable, lower(n, "function_name")) || slices.Contains(unstable, word(n)) {
			ok = false
		}
	})
	return ok
}
