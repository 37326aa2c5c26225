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
// was stored before them that anybody could ask for.
func upgrade(c *connection, l *layout, options string) error {
	var b strings.Builder
	for from, to := range map[int]int{factPlain: factOrder, factVisit: factOrderVisit} {
		order, t := l.facts[to], l.facts[from]
		columns := make([]string, len(order.columns)-1) // the last one is new
		for i := range columns {
			columns[i] = quote(order.columns[i].Name)
		}
		names := strings.Join(columns, ", ")
		writeTable(&b, order, options)
		fmt.Fprintf(&b, "INSERT INTO %s (%s, %s) SELECT %[2]s, 0 FROM %[4]s WHERE %[5]s > 0;\n", order.sql(), names, afterColumn.Name, t.sql(), numberColumn)
		writeAfter(&b, t)
		fmt.Fprintf(&b, "DELETE FROM %s WHERE %s > 0;\n", t.sql(), numberColumn)
	}
	writeAfter(&b, l.facts[factText])
	fmt.Fprintf(&b, "CREATE OR REPLACE TABLE %s.state AS SELECT %d::BIGINT AS version, positions, results FROM %[1]s.state;\n", internalSchema, olap.SchemaVersion)
	b.WriteString(viewDDL(l, everyFact, &archive{}))
	if err := c.exec("BEGIN;\n" + b.String() + "COMMIT;"); err != nil {
		return fmt.Errorf("cannot bring the tables to version %d: %w", olap.SchemaVersion, errors.Join(err, c.exec("ROLLBACK")))
	}
	return nil
}

// everyFact are all fact tables: which of them have rows is not known yet, and those that have none cost planning only.
var everyFact = [factTables]bool{true, true, true, true, true}

func writeAfter(b *strings.Builder, t *physical) {
	fmt.Fprintf(b, "ALTER TABLE %s ADD COLUMN %s %s DEFAULT 0;\n", t.sql(), quote(afterColumn.Name), afterColumn.Type.SQL())
}
