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
	stored    = SchemaName + ".orders"    // the rows
	customers = SchemaName + ".customers" // how far each customer is
	kept      = SchemaName + ".state"     // positions
	changes   = SchemaName + ".changes"   // rows that steps added and replaced
	repairs   = SchemaName + ".repairs"   // customers whose orders are to be put in turn anew
)

// Customers and orders are found by numbers, which need a fiftieth of the time of texts. Those
// that share one are treated alike, and told apart by their texts.
const (
	keyOfCustomer = "md5_number_lower(customer_id)"
	keyOfOrder    = "md5_number_lower(order_id)"
)

// shown are the columns of the dataset, of those that lines make and those of the turn.
var (
	made  = []string{"customer_id", "order_id", "currency", "country", "ordered_at", "amount", "pieces"}
	turn  = []string{"order_number", "first_ordered_at", "previous_ordered_at"}
	shown = append(made[:len(made):len(made)], turn...)
	all   = append([]string{"customer_key", "order_key"}, shown...)
)

// part is a relation by name, of which others are made.
type part struct{ name, sql string }

// schema is what the keeper needs of the store.
func schema() olap.Schema {
	return olap.Schema{
		Name: SchemaName, Version: "3", Views: []string{metric.CustomerOrders},
		DDL: fmt.Sprintf(`CREATE TABLE %s (customer_key UBIGINT, order_key UBIGINT, customer_id VARCHAR, order_id VARCHAR, currency VARCHAR, country VARCHAR, ordered_at TIMESTAMP, amount DECIMAL(38,6), pieces BIGINT,
  order_number BIGINT, first_ordered_at TIMESTAMP, previous_ordered_at TIMESTAMP);
CREATE TABLE %s (customer_key UBIGINT, customer_id VARCHAR, orders BIGINT, first_ordered_at TIMESTAMP, last_ordered_at TIMESTAMP);
CREATE TABLE %s (state VARCHAR);
CREATE TABLE %s (customer_id VARCHAR);
CREATE TABLE %s AS SELECT 0::BIGINT AS step, 0::INTEGER AS sign, %s FROM %[1]s WHERE false;
`, stored, customers, kept, repairs, changes, strings.Join(shown, ", ")) + viewSQL(nil, 0),
	}
}

// ordersOf is the query of the orders that lines make, without their turn.
func ordersOf(lines, where string) string {
	return fmt.Sprintf(`SELECT %s AS customer_key, %s AS order_key, customer_id, order_id, currency, min(country) AS country, min(event_time) AS ordered_at, sum(amount) AS amount, sum(quantity)::BIGINT AS pieces
  FROM %s WHERE %s AND %s GROUP BY customer_id, order_id, currency`, keyOfCustomer, keyOfOrder, lines, metric.SoldToCustomers, where)
}

// inTurn is the query of all orders of some customers, of relations that each have a part of
// their orders.
func inTurn(relations ...string) string {
	columns := "customer_key, order_key, " + strings.Join(made, ", ")
	parts := make([]string, len(relations))
	for i, r := range relations {
		parts[i] = "SELECT " + columns + " FROM " + r
	}
	return fmt.Sprintf(`SELECT *, %s
  FROM (SELECT any_value(customer_key) AS customer_key, any_value(order_key) AS order_key, customer_id, order_id, currency, min(country) AS country, min(ordered_at) AS ordered_at,
    sum(amount)::DECIMAL(38,6) AS amount, sum(pieces)::BIGINT AS pieces
    FROM (%s) AS parts GROUP BY customer_id, order_id, currency) AS orders`, metric.OrdersInTurn, strings.Join(parts, " UNION ALL "))
}

// parts are what lines that a condition picks change. Most customers order in turn: then the
// orders that came are new ones, which only need to know how far their customers are. All
// orders of the others are put in turn again: of those with a line of an order that is known, or
// with an order that is not later than the last one. The list of keys tells the planner, who
// cannot know how little comes, that these are what to look all customers up in.
func parts(where string) []part {
	of := func(relation string) string { return relation + " AS a SEMI JOIN again AS b USING (customer_key)" }
	return []part{
		{"came", ordersOf(olap.PlacedRows("order_lines"), where)},
		{"known", "SELECT a.* FROM " + customers + " AS a SEMI JOIN (SELECT unnest(keys) AS customer_key FROM (SELECT list(DISTINCT customer_key) AS keys FROM came)) AS b USING (customer_key)"},
		{"again", `SELECT a.customer_key FROM ` + stored + ` AS a SEMI JOIN came AS b USING (customer_key, order_key)
  UNION SELECT a.customer_key FROM came AS a JOIN known AS b USING (customer_id) WHERE (a.ordered_at > b.last_ordered_at) IS NOT TRUE`},
		{"mine", "SELECT a.rowid AS place, a.* FROM " + of(stored)},
		{"ours", "SELECT a.* FROM " + of("came")},
		{"turns", inTurn("mine", "ours")},
		{"fresh", `SELECT a.customer_key, a.order_key, ` + strings.Join(prefixed("a.", made), ", ") + `,
    coalesce(b.orders, 0) + row_number() OVER turn AS order_number, coalesce(b.first_ordered_at, min(a.ordered_at) OVER (PARTITION BY a.customer_id)) AS first_ordered_at,
    coalesce(lag(a.ordered_at) OVER turn, b.last_ordered_at) AS previous_ordered_at
  FROM (SELECT c.* FROM came AS c ANTI JOIN again AS d USING (customer_key)) AS a LEFT JOIN known AS b USING (customer_id)
  WINDOW turn AS (PARTITION BY a.customer_id ORDER BY a.ordered_at, a.order_id, a.currency)`},
	}
}

func prefixed(prefix string, names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = prefix + n
	}
	return out
}

// viewSQL makes the view that is read, of a table that reflects positions.
func viewSQL(at map[int32]int64, floor int64) string {
	var with []string
	for _, p := range parts(olap.Behind(at, floor)) {
		kind := ""
		if p.name == "came" || p.name == "again" {
			kind = "MATERIALIZED "
		}
		with = append(with, fmt.Sprintf("%s AS %s(%s)", p.name, kind, p.sql))
	}
	return fmt.Sprintf(`CREATE OR REPLACE VIEW main.%s AS WITH %s
SELECT %[3]s FROM (SELECT a.* FROM %[4]s AS a ANTI JOIN again AS b USING (customer_key)) AS others UNION ALL SELECT %[3]s FROM turns UNION ALL SELECT %[3]s FROM fresh;
`, metric.CustomerOrders, strings.Join(with, ",\n"), strings.Join(shown, ", "), stored)
}

// addSQL takes lines that a condition picks into the tables. Of what is put in turn again only
// rows that differ are replaced. A step above 0 notes what it changed.
func addSQL(where string, step int64) string {
	var b strings.Builder
	for _, p := range parts(where) {
		fmt.Fprintf(&b, "CREATE OR REPLACE TEMP TABLE %s AS %s;\n", p.name, p.sql)
	}
	same := make([]string, 0, len(all))
	for _, c := range all {
		same = append(same, fmt.Sprintf("a.%s IS NOT DISTINCT FROM b.%[1]s", c))
	}
	fmt.Fprintf(&b, `CREATE OR REPLACE TEMP TABLE gone AS SELECT a.* FROM mine AS a ANTI JOIN turns AS b ON %[1]s;
CREATE OR REPLACE TEMP TABLE added AS SELECT a.* FROM turns AS a ANTI JOIN mine AS b ON %[1]s UNION ALL FROM fresh;
DELETE FROM %[2]s WHERE rowid IN (SELECT place FROM gone);
INSERT INTO %[2]s SELECT %[3]s FROM added ORDER BY ordered_at, order_id;
DELETE FROM %[4]s WHERE customer_id IN (SELECT customer_id FROM came);
INSERT INTO %[4]s %[5]s;
`, strings.Join(same, " AND "), stored, strings.Join(all, ", "), customers, reached("(FROM turns UNION ALL FROM fresh) AS rows SEMI JOIN came USING (customer_id)"))
	if step > 0 {
		columns := strings.Join(shown, ", ")
		fmt.Fprintf(&b, "INSERT INTO %s SELECT %d, -1, %s FROM gone UNION ALL SELECT %[2]d, 1, %[3]s FROM added;\n", changes, step, columns)
	}
	return b.String()
}

// forgetSQL forgets the changes of steps up to one; those of later ones are written anew.
func forgetSQL(step int64) string {
	return fmt.Sprintf("CREATE OR REPLACE TABLE %s AS FROM %[1]s WHERE step > %d;\n", changes, step)
}

// reached is the query of how far customers are, of their orders or the newest of them. One who
// has an order without a time is never in turn.
func reached(orders string) string {
	return `SELECT any_value(customer_key), customer_id, max(order_number), min(first_ordered_at), CASE WHEN count(*) = count(ordered_at) THEN max(ordered_at) END FROM ` + orders + ` GROUP BY customer_id`
}

// countSQL is the query of how many orders and customers there are, and how many of them a step
// replaced.
func countSQL() string {
	return fmt.Sprintf("SELECT concat_ws(' ', (SELECT count(*) FROM %s), (SELECT count(*) FROM gone), (SELECT count(*) FROM %s), (SELECT count(*) FROM known), (SELECT count(*) FROM %s))", stored, customers, changes)
}

// sortSQL writes the orders anew without the marks of rows that were deleted, in the order of
// time.
func sortSQL() string {
	return fmt.Sprintf("CREATE OR REPLACE TABLE %s AS FROM %[1]s ORDER BY ordered_at, order_id;\n", stored)
}

// packSQL does that with the customers.
func packSQL() string {
	return fmt.Sprintf("CREATE OR REPLACE TABLE %s AS FROM %[1]s;\n", customers)
}

// markSQL marks the customers of events in which a column has a value.
func markSQL(column, value string) string {
	return fmt.Sprintf("INSERT INTO %s SELECT DISTINCT customer_id FROM events WHERE %s = %s AND customer_id IS NOT NULL;\n", repairs, quote(column), literal(value))
}

// repairSQL puts the orders of marked customers in turn anew, from the rows that the table
// reflects, and forgets the marks.
func repairSQL(at map[int32]int64) string {
	marked := "customer_id IN (SELECT customer_id FROM " + repairs + ")"
	return fmt.Sprintf(`DELETE FROM %[1]s WHERE %[2]s;
DELETE FROM %[3]s WHERE %[2]s;
CREATE OR REPLACE TEMP TABLE came AS %[4]s;
CREATE OR REPLACE TEMP TABLE turns AS %[5]s;
INSERT INTO %[1]s SELECT %[6]s FROM turns;
INSERT INTO %[3]s %[7]s;
DELETE FROM %[8]s;
`, stored, marked, customers, ordersOf("(SELECT * FROM order_lines WHERE "+olap.Before(at)+" AND "+marked+") AS lines", "true"), inTurn("came"), strings.Join(all, ", "), reached("turns"), repairs)
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
