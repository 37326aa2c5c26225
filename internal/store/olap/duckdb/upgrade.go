package duckdb

import (
	"errors"
	"fmt"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// upgradable is the version of files that become those of this one as they are opened. There,
// rows with an item of an order are among the others, and no row has what was stored before it.
const upgradable = "7"

// upgrade makes a file of the former version one of this. Rows that are there get 0: nothing
// was stored before them that anybody could ask for. What stays is copied, not deleted from:
// scans would look at marks of deleted rows for good.
func upgrade(c *connection, l *layout, options string) error {
	var b strings.Builder
	for _, of := range [][2]int{{factPlain, factOrder}, {factVisit, factOrderVisit}} {
		rest, order := l.facts[of[0]], l.facts[of[1]]
		former := &physical{schema: internalSchema, name: rest.name + ".former"}
		fmt.Fprintf(&b, "ALTER TABLE %s RENAME TO %s;\n", rest.sql(), quote(former.name))
		for _, t := range []*physical{rest, order} {
			writeTable(&b, t, options)
			columns := make([]string, len(t.columns)-1) // the last one is new
			for i := range columns {
				columns[i] = quote(t.columns[i].Name)
			}
			names := strings.Join(columns, ", ")
			fmt.Fprintf(&b, "INSERT INTO %s (%s, %s) SELECT %[2]s, 0 FROM %[4]s", t.sql(), names, afterColumn.Name, former.sql())
			if t == order {
				fmt.Fprintf(&b, " WHERE %s > 0;\n", numberColumn)
			} else {
				fmt.Fprintf(&b, " WHERE coalesce(%s, 0) <= 0;\n", numberColumn)
			}
		}
		fmt.Fprintf(&b, "DROP TABLE %s;\n", former.sql())
	}
	fmt.Fprintf(&b, "ALTER TABLE %s ADD COLUMN %s %s DEFAULT 0;\n", l.facts[factText].sql(), quote(afterColumn.Name), afterColumn.Type.SQL())
	fmt.Fprintf(&b, "CREATE OR REPLACE TABLE %s.state AS SELECT %d::BIGINT AS version, positions, results FROM %[1]s.state;\n", internalSchema, olap.SchemaVersion)
	b.WriteString(viewDDL(l, everyFact, &archive{}))
	if err := c.exec("BEGIN;\n" + b.String() + "COMMIT;"); err != nil {
		return fmt.Errorf("cannot bring the tables to version %d: %w", olap.SchemaVersion, errors.Join(err, c.exec("ROLLBACK")))
	}
	return nil
}

// everyFact are all fact tables: which of them have rows is not known yet, and those that have none cost planning only.
var everyFact = [factTables]bool{true, true, true, true, true}
