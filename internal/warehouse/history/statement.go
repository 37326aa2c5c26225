package history

import (
	"fmt"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

// SchemaName is the schema of the tables.
const SchemaName = "history"

const (
	stored  = SchemaName + ".orders"  // the rows
	kept    = SchemaName + ".state"   // positions
	repairs = SchemaName + ".repairs" // customers whose orders are to be put in turn anew
)

// columns are those of the dataset, and by which customers are found: a number needs a
// fiftieth of the time of a text. Two customers may share one, and are told apart then.
var columns = []string{"customer", "customer_id", "order_id", "currency", "country", "ordered_at", "amount", "pieces", "order_number", "first_ordered_at", "previous_ordered_at"}

const numberOf = "md5_number_lower(customer_id)"

// schema is what the keeper needs of the store.
func schema() olap.Schema {
	return olap.Schema{
		Name: SchemaName, Version: "1", Views: []string{metric.CustomerOrders},
		DDL: fmt.Sprintf(`CREATE TABLE %s (customer UBIGINT, customer_id VARCHAR, order_id VARCHAR, currency VARCHAR, country VARCHAR, ordered_at TIMESTAMP, amount DECIMAL(38,6), pieces BIGINT,
  order_number BIGINT, first_ordered_at TIMESTAMP, previous_ordered_at TIMESTAMP);
CREATE TABLE %s (state VARCHAR);
CREATE TABLE %s (customer_id VARCHAR);
`, stored, kept, repairs) + viewSQL(nil, 0),
	}
}

// ordersOf is the query of the orders that lines make, without their turn.
func ordersOf(lines, where string) string {
	return fmt.Sprintf(`SELECT %s AS customer, customer_id, order_id, currency, min(country) AS country, min(event_time) AS ordered_at, sum(amount) AS amount, sum(quantity)::BIGINT AS pieces
  FROM %s WHERE %s AND %s GROUP BY customer_id, order_id, currency`, numberOf, lines, metric.SoldToCustomers, where)
}

// inTurn is the query of all orders of some customers, of relations that each have a part of
// their orders.
func inTurn(relations ...string) string {
	parts := make([]string, len(relations))
	for i, r := range relations {
		parts[i] = "SELECT customer, customer_id, order_id, currency, country, ordered_at, amount, pieces FROM " + r
	}
	return fmt.Sprintf(`SELECT *, %s
  FROM (SELECT any_value(customer) AS customer, customer_id, order_id, currency, min(country) AS country, min(ordered_at) AS ordered_at, sum(amount)::DECIMAL(38,6) AS amount, sum(pieces)::BIGINT AS pieces
    FROM (%s) AS parts GROUP BY customer_id, order_id, currency) AS orders`, metric.OrdersInTurn, strings.Join(parts, " UNION ALL "))
}

// viewSQL makes the view that is read, of a table that reflects positions.
func viewSQL(at map[int32]int64, floor int64) string {
	shown := strings.Join(columns[1:], ", ")
	return fmt.Sprintf(`CREATE OR REPLACE VIEW main.%s AS WITH came AS MATERIALIZED (%s),
  mine AS (SELECT s.* FROM %s AS s SEMI JOIN came USING (customer)),
  turns AS (%s)
SELECT %s FROM (SELECT s.* FROM %[3]s AS s ANTI JOIN came USING (customer)) AS others UNION ALL SELECT %[5]s FROM turns;
`, metric.CustomerOrders, ordersOf(olap.PlacedRows("order_lines"), olap.Behind(at, floor)), stored, inTurn("mine", "came"), shown)
}

// addSQL takes lines that a condition picks into the table.
func addSQL(where string) string {
	same := make([]string, 0, len(columns))
	for _, c := range columns {
		same = append(same, fmt.Sprintf("a.%s IS NOT DISTINCT FROM b.%[1]s", c))
	}
	equal := strings.Join(same, " AND ")
	return fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE came AS %s;
CREATE OR REPLACE TEMP TABLE mine AS SELECT s.rowid AS place, s.* FROM %s AS s SEMI JOIN came USING (customer);
CREATE OR REPLACE TEMP TABLE turns AS %s;
CREATE OR REPLACE TEMP TABLE gone AS SELECT a.place FROM mine AS a ANTI JOIN turns AS b ON %s;
DELETE FROM %[2]s WHERE rowid IN (SELECT place FROM gone);
INSERT INTO %[2]s SELECT %[5]s FROM turns AS a ANTI JOIN mine AS b ON %[4]s ORDER BY ordered_at, order_id;
`, ordersOf(olap.PlacedRows("order_lines"), where), stored, inTurn("mine", "came"), equal, "a."+strings.Join(columns, ", a."))
}

// sortSQL writes the table anew without the marks of rows that were deleted, in the order of
// time.
func sortSQL() string {
	return fmt.Sprintf("CREATE OR REPLACE TABLE %s AS FROM %[1]s ORDER BY ordered_at, order_id;\n", stored)
}

// markSQL marks the customers of events in which a column has a value.
func markSQL(column, value string) string {
	return fmt.Sprintf("INSERT INTO %s SELECT DISTINCT customer_id FROM events WHERE %s = %s AND customer_id IS NOT NULL;\n", repairs, quote(column), literal(value))
}

// repairSQL puts the orders of marked customers in turn anew, from the rows that the table
// reflects, and forgets the marks.
func repairSQL(at map[int32]int64) string {
	lines := "(SELECT * FROM order_lines WHERE " + olap.Before(at) + " AND customer_id IN (SELECT customer_id FROM " + repairs + "))"
	return fmt.Sprintf(`DELETE FROM %s WHERE customer_id IN (SELECT customer_id FROM %s);
CREATE OR REPLACE TEMP TABLE came AS %s;
INSERT INTO %[1]s SELECT %[4]s FROM (%[5]s) AS turns;
DELETE FROM %[2]s;
`, stored, repairs, ordersOf(lines+" AS lines", "true"), strings.Join(columns, ", "), inTurn("came"))
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
