package metric

import (
	"slices"
	"time"
)

// Type is the type of a field.
type Type string

// The types of fields.
const (
	Text    Type = "text"
	Integer Type = "integer"
	Money   Type = "money"
	Boolean Type = "boolean"
	Time    Type = "time"
)

// Dataset declares rows that metrics are computed over. Its SQL is the platform's own:
// nothing in it comes from a definition or a client.
type Dataset struct {
	Name string
	Doc  string
	// From is what stands behind FROM. Where it has {as_of}, the condition stands that keeps
	// rows of the asked log positions.
	From string
	// Kept names a relation that has the same rows as of now, which somebody keeps while rows
	// come ([Config.Keeps]); empty: nobody does.
	Kept string
	// Steps are the tables behind that relation, which reflect the rows up to a step of who
	// keeps them ([Config.Stand]); nil: there are none.
	Steps *Steps
	Time  string // column of event time
	// Currency is the column of the currency that amounts are in; empty: amounts are in the
	// base currency, or there are none.
	Currency string
	// Placed datasets have the columns partition and offset, so that they can be asked for
	// as of positions of the log.
	Placed bool
	Fields []Field
}

// Field is a column that definitions and clients may name.
type Field struct {
	Name string
	SQL  string // expression; empty: the column of that name
	Type Type
	Doc  string
	// Dimension fields may be grouped by.
	Dimension bool
}

// Steps are tables with the rows of a dataset that are kept step by step.
type Steps struct {
	Rows string
	// Changes has rows that steps changed, with the number of the step and a sign: 1 where
	// one came, -1 where one left.
	Changes string
	State   string // one row, whose column state is a [Stand] as JSON
}

// Stand is how far rows that are kept step by step have come.
type Stand struct {
	Positions map[int32]int64
	Step      int64
	Since     int64     // of steps behind it, the changes are there
	Whole     time.Time `json:"-"` // rows that were stored before are reflected
}

// sql returns the expression of the field.
func (f *Field) sql() string {
	if f.SQL != "" {
		return f.SQL
	}
	return quote(f.Name)
}

// Whole is what stands behind FROM for all rows.
func (d *Dataset) Whole() string {
	return replaceAsOf(d.From, "true")
}

func (d *Dataset) field(name string) *Field {
	i := slices.IndexFunc(d.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return &d.Fields[i]
}

func (d *Dataset) names(dimensions bool) []string {
	var names []string
	for _, f := range d.Fields {
		if f.Dimension || !dimensions {
			names = append(names, f.Name)
		}
	}
	return names
}

func dim(name, doc string) Field { return Field{Name: name, Type: Text, Doc: doc, Dimension: true} }

func property(name, path, doc string) Field {
	return Field{Name: name, SQL: "(properties ->> '$." + path + "')", Type: Text, Doc: doc, Dimension: true}
}

// calendar are dimensions of every dataset.
func calendar(time string) []Field {
	return []Field{
		{Name: "hour_of_day", SQL: "extract('hour' FROM " + time + ")", Type: Integer, Doc: "Hour of the day, UTC", Dimension: true},
		{Name: "day_of_week", SQL: "extract('isodow' FROM " + time + ")", Type: Integer, Doc: "1 is Monday", Dimension: true},
	}
}

// Datasets returns the datasets of the platform's own tables.
func Datasets() []Dataset {
	return []Dataset{orderLines(), orderMargins(), events(), productEvents(), customerOrders()}
}

func orderLines() Dataset {
	return Dataset{
		Name: "order_lines", Doc: "Items of accepted events", From: "order_lines", Time: "event_time", Currency: "currency", Placed: true,
		Fields: append([]Field{
			dim("kind", "sale, cancellation, adjustment or fee"), dim("product_id", "Product, or code of a fee"), dim("product_name", "Name as sent"),
			dim("category", "Category of the product"), dim("country", "ISO 3166-1 alpha-2"), dim("currency", "ISO 4217"), dim("source", "Configured source"),
			{Name: "customer_id", Type: Text, Doc: "Customer, or guest:ORDER", Dimension: true}, {Name: "order_id", Type: Text, Doc: "Order", Dimension: true},
			{Name: "guest", SQL: "starts_with(customer_id, 'guest:')", Type: Boolean, Doc: "The sender named no customer", Dimension: true},
			{Name: "event_id", Type: Text, Doc: "Identity of the event"},
			{Name: "quantity", Type: Integer, Doc: "Pieces; negative when cancelled"},
			{Name: "unit_price", Type: Money, Doc: "Price of one piece"}, {Name: "amount", Type: Money, Doc: "quantity × unit_price"},
		}, calendar("event_time")...),
	}
}

// orderMargins are lines with what the catalogue said of their product when they were sold: the
// newest price before, or the first one known, as the star has it. It is NULL where there is none
// in the currency of the line.
func orderMargins() Dataset {
	return Dataset{
		Name: "order_margins", Doc: "Sold and cancelled lines with list price and cost of their product at the time, by price_changed", Time: "event_time", Currency: "currency",
		From: `(WITH prices AS (SELECT properties ->> '$.product_id' AS product_id, event_time AS since, max(currency) AS currency, max(TRY_CAST(properties ->> '$.list_price' AS DECIMAL(18,6))) AS list_price,
    max(TRY_CAST(properties ->> '$.cost' AS DECIMAL(18,6))) AS cost FROM events WHERE type = 'price_changed' AND {as_of} GROUP BY 1, 2),
  lines AS (SELECT l.*, f.since AS first_since FROM (SELECT * FROM order_lines WHERE kind IN ('sale', 'cancellation') AND {as_of}) AS l
    LEFT JOIN (SELECT product_id, min(since) AS since FROM prices GROUP BY 1) AS f USING (product_id))
  SELECT l.event_time, l.kind, l.product_id, l.product_name, l.category, l.country, l.currency, l.source, l.quantity, l.amount,
    (l.quantity * p.list_price)::DECIMAL(18,6) AS list_amount, (l.quantity * p.cost)::DECIMAL(18,6) AS cost,
    (l.quantity * p.list_price)::DECIMAL(18,6) - l.amount AS discount, l.amount - (l.quantity * p.cost)::DECIMAL(18,6) AS margin
  FROM lines AS l ASOF LEFT JOIN prices AS p ON p.product_id = l.product_id AND p.currency = l.currency AND p.since <= greatest(l.event_time, l.first_since)) AS order_margins`,
		Fields: append([]Field{
			dim("kind", "sale or cancellation"), dim("product_id", "Product"), dim("product_name", "Name as sent"), dim("category", "Category of the product"),
			dim("country", "ISO 3166-1 alpha-2"), dim("currency", "ISO 4217"), dim("source", "Configured source"),
			{Name: "quantity", Type: Integer, Doc: "Pieces; negative when cancelled"}, {Name: "amount", Type: Money, Doc: "quantity × unit price"},
			{Name: "list_amount", Type: Money, Doc: "quantity × list price"}, {Name: "discount", Type: Money, Doc: "list_amount − amount"},
			{Name: "cost", Type: Money, Doc: "quantity × cost of a piece"}, {Name: "margin", Type: Money, Doc: "amount − cost"},
		}, calendar("event_time")...),
	}
}

func events() Dataset {
	return Dataset{
		Name: "events", Doc: "Accepted events", From: "events", Time: "event_time", Placed: true,
		Fields: append([]Field{
			dim("type", "Type of event"), dim("source", "Configured source"), dim("channel", "Way of the sale, such as web"), dim("country", "ISO 3166-1 alpha-2"),
			dim("device", "desktop, mobile, tablet or other"), dim("browser", "Browser"), dim("os", "Operating system"),
			{Name: "bot", SQL: "(bot IS NOT NULL)", Type: Boolean, Doc: "A program sent it", Dimension: true},
			dim("campaign_source", "Who sent the visitor"), dim("campaign_medium", "How the visitor was sent"), dim("campaign_name", "Campaign"), dim("segment", "Segment of the customer"),
			{Name: "customer_id", Type: Text, Doc: "Customer", Dimension: true}, {Name: "session_id", Type: Text, Doc: "Visit"}, {Name: "order_id", Type: Text, Doc: "Order"},
			{Name: "visitor", SQL: "coalesce(anonymous_id, customer_id)", Type: Text, Doc: "Browser, or customer where there is none"},
			{Name: "amount_base", Type: Money, Doc: "Amount in the shop's currency"},
			{Name: "amount_known", SQL: "coalesce(amount_base, TRY_CAST(properties ->> '$.amount_base' AS DECIMAL(18,6)))", Type: Money, Doc: "Amount in the shop's currency, by enrichment or as the sender says"},
			property("payment_id", "payment_id", "Payment"), property("method", "method", "Method of payment"), property("decline_reason", "decline_reason", "Why the bank said no"),
			property("reason", "reason", "Reason of a refund, a removal or a stock movement"), property("cart_id", "cart_id", "Cart"), property("query", "query", "What was searched"),
			property("location_id", "location_id", "Warehouse or store"), property("card_country", "card_country", "Country of the issuing bank"),
			{Name: "search_results", SQL: "TRY_CAST(properties ->> '$.results' AS BIGINT)", Type: Integer, Doc: "Products that a search found"},
			{Name: "attempt", SQL: "TRY_CAST(properties ->> '$.attempt' AS BIGINT)", Type: Integer, Doc: "Number of the payment of its order"},
			{Name: "late", Type: Boolean, Doc: "It came behind its source's watermark", Dimension: true},
			{Name: "corrected", Type: Boolean, Doc: "A rule changed a field", Dimension: true}, {Name: "recovered", Type: Boolean, Doc: "It was quarantined before", Dimension: true},
		}, calendar("event_time")...),
	}
}

func productEvents() Dataset {
	return Dataset{
		Name: "product_events", Doc: "Items of events that are no order: views, carts, movements of stock, prices", From: "product_events", Time: "event_time", Placed: true,
		Fields: append([]Field{
			dim("type", "Type of event"), dim("source", "Configured source"), dim("channel", "Way of the sale, such as web"), dim("country", "ISO 3166-1 alpha-2"),
			dim("device", "desktop, mobile, tablet or other"),
			dim("product_id", "Product"), dim("product_name", "Name as sent"), dim("category", "Category of the product"),
			dim("location_id", "Warehouse or store"), dim("reason", "Reason of a movement, or of a price"),
			{Name: "quantity", Type: Integer, Doc: "Pieces"},
			{Name: "stock_change", SQL: "(" + stockChange + ")", Type: Integer, Doc: "What the event adds to the pieces that can be sold; 0 where it is no movement"},
		}, calendar("event_time")...),
	}
}

// stockChange is what a movement does to the pieces that can be sold. Goods that leave by
// shipment were reserved before.
const stockChange = `CASE WHEN type IN ('stock_received', 'stock_released', 'stock_adjusted') THEN quantity WHEN type = 'stock_reserved' THEN -quantity
    WHEN type = 'stock_sold' AND reason = 'till' THEN -quantity ELSE 0 END`

// CustomerOrders names the dataset of orders of known customers, and the relation in which they
// are kept.
const CustomerOrders = "customer_orders"

// SoldToCustomers is the condition on order lines that the dataset has. Guests have one order
// each, and are left out.
const SoldToCustomers = "kind = 'sale' AND order_id IS NOT NULL AND NOT starts_with(customer_id, 'guest:')"

// OrdersInTurn are the columns that an order has by those before it: its number, and the times
// of the customer's first order and of the one before.
const OrdersInTurn = `row_number() OVER (PARTITION BY customer_id ORDER BY ordered_at, order_id, currency) AS order_number,
    min(ordered_at) OVER (PARTITION BY customer_id) AS first_ordered_at,
    lag(ordered_at) OVER (PARTITION BY customer_id ORDER BY ordered_at, order_id, currency) AS previous_ordered_at`

// customerOrders has one row per order with its number among those of its customer.
func customerOrders() Dataset {
	return Dataset{
		Name: CustomerOrders, Doc: "Orders of known customers, each with its number among those of its customer", Time: "ordered_at", Currency: "currency", Kept: CustomerOrders,
		Steps: &Steps{Rows: "history.orders", Changes: "history.changes", State: "history.state"},
		From: `(SELECT *, ` + OrdersInTurn + `
  FROM (SELECT customer_id, order_id, currency, min(country) AS country, min(event_time) AS ordered_at, sum(amount) AS amount, sum(quantity)::BIGINT AS pieces
    FROM order_lines WHERE ` + SoldToCustomers + ` AND {as_of}
    GROUP BY customer_id, order_id, currency)) AS customer_orders`,
		Fields: append([]Field{
			dim("country", "Country of the order"), dim("currency", "ISO 4217"),
			{Name: "customer_id", Type: Text, Doc: "Customer", Dimension: true}, {Name: "order_id", Type: Text, Doc: "Order", Dimension: true},
			{Name: "order_number", Type: Integer, Doc: "1 for the customer's first order", Dimension: true},
			{Name: "first_month", SQL: "strftime(first_ordered_at, '%Y-%m')", Type: Text, Doc: "Month of the customer's first order: the cohort", Dimension: true},
			{Name: "months_since_first", SQL: "datediff('month', first_ordered_at, ordered_at)", Type: Integer, Doc: "Calendar months since the first order", Dimension: true},
			{Name: "days_since_previous", SQL: "datediff('day', previous_ordered_at, ordered_at)", Type: Integer, Doc: "Days since the order before"},
			{Name: "amount", Type: Money, Doc: "Sum of the sold lines"}, {Name: "pieces", Type: Integer, Doc: "Pieces sold"},
		}, calendar("ordered_at")...),
	}
}

// Field returns the field of a name; nil for none.
func (d *Dataset) Field(name string) *Field { return d.field(name) }

// Names returns the names of all fields, Dimensions of those that may be grouped by.
func (d *Dataset) Names() []string      { return d.names(false) }
func (d *Dataset) Dimensions() []string { return d.names(true) }

// Expression is the field as SQL over the dataset.
func (f *Field) Expression() string { return f.sql() }
