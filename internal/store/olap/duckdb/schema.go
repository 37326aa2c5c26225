package duckdb

import (
	"fmt"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// internalSchema holds what is not for users.
const internalSchema = "_millrace"

// ddl is the text of the tables. Version 1 of it is in testdata.
func ddl(tables []olap.Table, options string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE SCHEMA %s;\n", internalSchema)
	fmt.Fprintf(&b, "CREATE TABLE %s.version (version BIGINT NOT NULL);\n", internalSchema)
	fmt.Fprintf(&b, "INSERT INTO %s.version VALUES (%d);\n", internalSchema, olap.SchemaVersion)
	fmt.Fprintf(&b, "CREATE TABLE %s.positions (partition BIGINT PRIMARY KEY, next_offset BIGINT NOT NULL);\n", internalSchema)
	for _, t := range tables {
		fmt.Fprintf(&b, "CREATE TABLE main.%s (", quote(t.Name))
		for i, c := range t.Columns {
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "%s %s", quote(c.Name), c.Type.SQL())
		}
		fmt.Fprintf(&b, ")%s;\n", options)
		fmt.Fprintf(&b, "COMMENT ON TABLE main.%s IS %s;\n", quote(t.Name), literal(t.Comment))
		for _, c := range t.Columns {
			fmt.Fprintf(&b, "COMMENT ON COLUMN main.%s.%s IS %s;\n", quote(t.Name), quote(c.Name), literal(c.Comment))
		}
	}
	return b.String()
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// prepareSchema creates the tables of a new file and refuses those of another
// version.
func prepareSchema(c *connection, tables []olap.Table, options string) error {
	exists, err := c.ints("SELECT count(*) FROM duckdb_tables() WHERE schema_name = '" + internalSchema + "'")
	if err != nil {
		return fmt.Errorf("cannot read the tables: %w", err)
	}
	if exists[0][0] == 0 {
		if err := c.exec("BEGIN;\n" + ddl(tables, options) + "COMMIT;"); err != nil {
			return fmt.Errorf("cannot create the tables: %w", err)
		}
		return nil
	}
	version, err := c.ints("SELECT version FROM " + internalSchema + ".version")
	if err != nil {
		return fmt.Errorf("cannot read the version of the tables: %w", err)
	}
	if len(version) != 1 || version[0][0] != olap.SchemaVersion {
		return fmt.Errorf("%w: its tables have version %v, this binary writes %d; use the binary that wrote it, or a new data folder",
			olap.ErrVersion, version, olap.SchemaVersion)
	}
	return nil
}

// readPositions returns what the store has.
func readPositions(c *connection) (map[int32]int64, error) {
	rows, err := c.ints("SELECT partition, next_offset FROM " + internalSchema + ".positions")
	if err != nil {
		return nil, fmt.Errorf("cannot read the positions: %w", err)
	}
	positions := make(map[int32]int64, len(rows))
	for _, r := range rows {
		positions[int32(r[0])] = r[1]
	}
	return positions, nil
}
