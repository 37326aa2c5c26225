package duckdb

import (
	"slices"
	"strings"
)

const onlyQueries = "only queries are allowed here: SELECT, WITH, VALUES, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN"

// What to do in place of a statement that does not only read.
const (
	adviseEvents   = "the tables are written from events alone: send events to a source, and repair wrong ones in the quarantine"
	adviseCopy     = "rows are taken out as CSV, JSON or Arrow by POST /api/v1/sql and by millrace sql --format"
	adviseTables   = "tables come from events, jobs and rollups: declare one of these, or save the query"
	adviseDatabase = "there is this database alone, without files and network: bring data in by a source"
	adviseSettings = "settings are those of the platform: olap.sql in its configuration"
	adviseNothing  = "each query sees whole commits without a transaction, and the platform keeps its files in order itself"
	adviseSaved    = "save the query with parameters ($name), or use the protocol's prepared statements"
	advisePivot    = "PIVOT runs as several statements: write sum(…) FILTER (WHERE …)"
)

var advice = map[string]string{
	"INSERT": adviseEvents, "UPDATE": adviseEvents, "DELETE": adviseEvents, "MERGE": adviseEvents, "TRUNCATE": adviseEvents, "IMPORT": adviseEvents,
	"COPY": adviseCopy, "EXPORT": adviseCopy,
	"CREATE": adviseTables, "ALTER": adviseTables, "DROP": adviseTables, "COMMENT": adviseTables,
	"ATTACH": adviseDatabase, "DETACH": adviseDatabase, "USE": adviseDatabase, "INSTALL": adviseDatabase, "LOAD": adviseDatabase,
	"SET": adviseSettings, "RESET": adviseSettings, "PRAGMA": adviseSettings, "CALL": adviseSettings,
	"BEGIN": adviseNothing, "START": adviseNothing, "COMMIT": adviseNothing, "ROLLBACK": adviseNothing, "ABORT": adviseNothing,
	"CHECKPOINT": adviseNothing, "FORCE": adviseNothing, "VACUUM": adviseNothing, "ANALYZE": adviseNothing,
	"PREPARE": adviseSaved, "EXECUTE": adviseSaved, "DEALLOCATE": adviseSaved,
	"PIVOT": advisePivot,
}

// onlyReads says why a statement, which begins at body, is not run, and what to do instead.
func onlyReads(sql string, body int) string {
	_, word := nextWord(sql, body)
	if do, ok := advice[word]; ok {
		return onlyQueries + ". Instead of " + word + ": " + do
	}
	return onlyQueries
}

// insteadOfTable says what to do in place of a table function.
func insteadOfTable(name string) string {
	starts := func(prefixes ...string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
	}
	switch {
	case starts("read_", "glob", "sniff_", "parquet_", "iceberg_", "sqlite_", "postgres_", "mysql_") || strings.HasSuffix(name, "_scan"):
		return "queries read the tables, no files and no network; bring data in by a source, or by millrace ingest"
	case starts("duckdb_", "pragma_", "pg_"):
		return "how the database is set up is not for queries; SHOW TABLES, DESCRIBE and information_schema tell about the tables"
	}
	return "those allowed are " + strings.Join(allowedTableFunctions[:allowedForRows], ", ")
}

// insteadOf says what to do in place of a function.
func insteadOf(name string) string {
	if strings.Contains(name, "sleep") {
		return "it only passes the time"
	}
	return "it tells about the machine, not about events"
}
