package duckdb

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// internalSchema holds what is not for users.
const internalSchema = "_millrace"

// ddl is the text of the tables. Version 1 of it is in testdata.
func ddl(tables []olap.Table, options string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE SCHEMA %s;\n", internalSchema)
	fmt.Fprintf(&b, "CREATE TABLE %s.state (version BIGINT, positions VARCHAR);\n", internalSchema)
	fmt.Fprintf(&b, "INSERT INTO %s.state VALUES (%d, '{}');\n", internalSchema, olap.SchemaVersion)
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
	exists, err := c.texts("SELECT count(*)::VARCHAR FROM duckdb_tables() WHERE schema_name = '" + internalSchema + "'")
	if err != nil {
		return fmt.Errorf("cannot read the tables: %w", err)
	}
	if exists[0] == "0" {
		if err := c.exec("BEGIN;\n" + ddl(tables, options) + "COMMIT;"); err != nil {
			return fmt.Errorf("cannot create the tables: %w", err)
		}
		return nil
	}
	state, err := c.texts("SELECT version::VARCHAR FROM " + internalSchema + ".state")
	if err != nil {
		return fmt.Errorf("cannot read the version of the tables: %w", err)
	}
	if want := strconv.Itoa(olap.SchemaVersion); len(state) != 1 || state[0] != want {
		return fmt.Errorf("%w: its tables have version %v, this binary writes %s; use the binary that wrote it, or a new data folder",
			olap.ErrVersion, state, want)
	}
	return nil
}

// readPositions returns what the store has.
func readPositions(c *connection) (map[int32]int64, error) {
	state, err := c.texts("SELECT positions FROM " + internalSchema + ".state")
	if err == nil && len(state) != 1 {
		err = fmt.Errorf("%d rows of them, want one", len(state))
	}
	positions := make(map[int32]int64)
	if err == nil {
		err = json.Unmarshal([]byte(state[0]), &positions)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the positions: %w", err)
	}
	return positions, nil
}
