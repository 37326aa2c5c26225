package check

import (
	"testing"

	"github.com/millrace/millrace/internal/store/olap"
)

// Results outlive a purge, so they show no value that a purge must hide.
func TestChecksOfWhatCanBePurgedQuoteNoValues(t *testing.T) {
	for _, c := range []struct {
		table, column, sql string
		quotes             bool
	}{
		{table: "quarantine", column: "value", quotes: true},
		{table: "quarantine", column: "order_id", quotes: true},
		{table: "quarantine", column: "rule"},
		{table: "quarantine"},
		{table: "corrections", column: "before", quotes: true},
		{table: "events", column: "order_id"},
		{sql: `SELECT payload FROM "Quarantine"`, quotes: true},
		{sql: "SELECT * FROM quarantine_acts WHERE kind = 'redrive'", quotes: true},
		{sql: "SELECT order_id FROM events WHERE amount < 0"},
	} {
		check := &Check{sql: c.sql}
		check.Column = c.column
		for _, one := range olap.Tables() {
			if one.Name == c.table {
				check.table = &one
			}
		}
		if c.table != "" && check.table == nil {
			t.Fatalf("there is no table %s", c.table)
		}
		if got := check.quotes(); got != c.quotes {
			t.Errorf("%+v: quotes %v", c, got)
		}
	}
}
