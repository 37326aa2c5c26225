package warehouse

import (
	"slices"
	"strings"
)

// when are the columns of time that every fact has.
func when() []Column {
	return []Column{
		{Name: "event_time", Type: "TIMESTAMP", Doc: "When it happened, UTC; when it was received, where that is unknown", SQL: "s.happened"},
		{Name: "date_key", Type: "INTEGER", Doc: "Day", SQL: "coalesce(strftime(s.happened, '%Y%m%d')::INTEGER, -1)", Dim: "dim_date"},
		{Name: "time_key", Type: "INTEGER", Doc: "Minute of the day", SQL: "(hour(s.happened) * 60 + minute(s.happened))::INTEGER", Dim: "dim_time"},
	}
}

// where are the dimensions of an event.
func where(names ...string) []Column {
	all := map[string]Column{
		"customer":  {Name: "customer_key", Type: "BIGINT", Doc: "Customer, as known then", SQL: "s.customer_id", Dim: "dim_customer"},
		"product":   {Name: "product_key", Type: "BIGINT", Doc: "Product, as it was then", SQL: "s.product_id", Dim: "dim_product"},
		"category":  {Name: "category_key", Type: "BIGINT", Doc: "Category as sent", SQL: "s.category", Dim: "dim_category"},
		"channel":   {Name: "channel_key", Type: "BIGINT", Doc: "Way of the sale", SQL: "s.channel", Dim: "dim_channel"},
		"geography": {Name: "geography_key", Type: "BIGINT", Doc: "Country", SQL: "s.country", Dim: "dim_geography"},
		"campaign":  {Name: "campaign_key", Type: "BIGINT", Doc: "Campaign", SQL: campaignKey, Dim: "dim_campaign"},
		"device":    {Name: "device_key", Type: "BIGINT", Doc: "Device", SQL: deviceKey, Dim: "dim_device"},
		"location":  {Name: "location_key", Type: "BIGINT", Doc: "Warehouse or store", SQL: property("location_id"), Dim: "dim_location"},
		"promotion": {Name: "promotion_key", Type: "BIGINT", Doc: "Promotion or coupon", SQL: promotion, Dim: "dim_promotion"},
	}
	columns := make([]Column, len(names))
	for i, n := range names {
		columns[i] = all[n]
	}
	return columns
}

// origin leads to the event.
func origin() []Column {
	return []Column{
		{Name: "event_id", Type: "UUID", Doc: "Identity of the event", SQL: "s.event_id"},
		{Name: "partition", Type: "INTEGER", Doc: "Partition of the raw topic", SQL: `s."partition"`},
		{Name: "offset", Type: "BIGINT", Doc: "Offset in it", SQL: `s."offset"`},
	}
}

// The kinds of lines, and the types of events, that facts are made of.
var (
	orderKinds    = []string{"sale", "adjustment", "fee"}
	refundKinds   = []string{"cancellation"}
	pageTypes     = []string{"page", "screen", "product_list_viewed", "product_viewed", "products_searched"}
	cartTypes     = []string{"product_added", "product_removed", "cart_viewed", "checkout_started", "checkout_step_completed", "payment_info_entered", "order_completed"}
	exposureTypes = []string{"experiment_viewed", "promotion_viewed", "promotion_clicked"}
)

// oneOf is the condition that a column has one of the values.
func oneOf(column string, values []string) string {
	if len(values) == 1 {
		return column + " = " + text(values[0])
	}
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = text(v)
	}
	return column + " IN (" + strings.Join(quoted, ", ") + ")"
}

// lineColumns are those of lines of orders and refunds.
func lineColumns(kinds []string) []Column {
	return slices.Concat(when(), where("customer", "product", "category", "channel", "geography", "location", "promotion"), []Column{
		{Name: "order_id", Type: "VARCHAR", Doc: "Order", SQL: "s.order_id"}, {Name: "line_no", Type: "INTEGER", Doc: "Number of the item in its event", SQL: "s.line_no"},
		{Name: "kind", Type: "VARCHAR", Doc: "sale, cancellation, adjustment or fee", SQL: "s.kind", Values: kinds},
		{Name: "customer_id", Type: "VARCHAR", Doc: "Customer", SQL: "s.customer_id"}, {Name: "product_id", Type: "VARCHAR", Doc: "Product", SQL: "s.product_id"},
		{Name: "quantity", Type: "BIGINT", Doc: "Pieces; negative when cancelled", SQL: "s.quantity"},
		{Name: "unit_price", Type: "DECIMAL(18,6)", Doc: "Price of a piece", SQL: "s.unit_price"},
		{Name: "amount", Type: "DECIMAL(18,6)", Doc: "quantity × unit_price, in currency", SQL: "s.amount"},
		{Name: "currency", Type: "VARCHAR", Doc: "ISO 4217", SQL: "s.currency"},
		{Name: "fx_rate", Type: "DECIMAL(18,6)", Doc: "Units of the currency for one of the base currency, as sent", SQL: "s.fx_rate"},
	}, origin())
}

// priceColumns are what the catalogue said of a line's product when it was sold, in the
// currency of the line. A price that becomes known later changes them.
func priceColumns() []Column {
	money := func(name, of, doc string) Column {
		return Column{Name: name, Type: "DECIMAL(18,6)", Doc: doc, Of: "dim_product", SQL: of}
	}
	return []Column{
		money("list_amount", "("+catalogue("list_price")+")::DECIMAL(18,6)", "quantity × list price, in currency; NULL where the catalogue has none"),
		money("discount", "("+catalogue("list_price")+")::DECIMAL(18,6) - s.amount", "list_amount − amount: what the customer did not pay of it"),
		money("cost", "("+catalogue("cost")+")::DECIMAL(18,6)", "quantity × cost of a piece, in currency; NULL where the catalogue has none"),
	}
}

// catalogue is an amount of the catalogue for all pieces of a line. Catalogues in another
// currency are in the base currency, by the rate that came with the line.
func catalogue(name string) string {
	return "dim_product." + name + " * s.quantity * CASE WHEN dim_product.price_currency = s.currency THEN 1 ELSE s.fx_rate END"
}

func factOrderLine() Table {
	c := lineColumns(orderKinds)
	return Table{
		Name: "fact_order_line", Doc: "Lines of orders: sales, fees and adjustments", Kind: Events, From: FromLines,
		Where: oneOf("s.kind", orderKinds), Columns: slices.Insert(c, len(c)-3, priceColumns()...),
	}
}

func factRefundLine() Table {
	c := lineColumns(refundKinds)
	return Table{
		Name: "fact_refund_line", Doc: "Lines that were cancelled or came back; amounts are below zero", Kind: Events, From: FromLines,
		Where:   oneOf("s.kind", refundKinds),
		Columns: slices.Insert(c, len(c)-3, append(priceColumns(), Column{Name: "reason", Type: "VARCHAR", Doc: "Why it came back", SQL: property("reason")})...),
	}
}

func visitColumns(types []string, more ...Column) []Column {
	return slices.Concat(when(), where("customer", "channel", "geography", "campaign", "device"), []Column{
		{Name: "session_id", Type: "VARCHAR", Doc: "Visit", SQL: "s.session_id"}, {Name: "customer_id", Type: "VARCHAR", Doc: "Customer", SQL: "s.customer_id"},
		{Name: "anonymous_id", Type: "VARCHAR", Doc: "Browser", SQL: "s.anonymous_id"},
		{Name: "type", Type: "VARCHAR", Doc: "Type of event", SQL: "s.type", Values: types},
	}, more, origin())
}

func factPageEvent() Table {
	return Table{
		Name: "fact_page_event", Doc: "Pages, screens, lists, products and searches that were looked at", Kind: Events, From: FromEvents,
		Where: oneOf("s.type", pageTypes),
		Columns: visitColumns(pageTypes,
			Column{Name: "path", Type: "VARCHAR", Doc: "Path of the page", SQL: property("path")},
			Column{Name: "query", Type: "VARCHAR", Doc: "What was searched", SQL: property("query")},
			Column{Name: "search_results", Type: "BIGINT", Doc: "Products that the search found", SQL: "TRY_CAST(" + property("results") + " AS BIGINT)"}),
	}
}

func factCartEvent() Table {
	return Table{
		Name: "fact_cart_event", Doc: "What was done with carts, from the first piece to the order", Kind: Events, From: FromEvents,
		Where: oneOf("s.type", cartTypes) + " AND " + property("cart_id") + " IS NOT NULL",
		Columns: visitColumns(cartTypes,
			Column{Name: "cart_id", Type: "VARCHAR", Doc: "Cart", SQL: property("cart_id")}, Column{Name: "order_id", Type: "VARCHAR", Doc: "Order", SQL: "s.order_id"},
			Column{Name: "step", Type: "INTEGER", Doc: "Step of the checkout", SQL: "TRY_CAST(" + property("step") + " AS INTEGER)"}),
	}
}

func factExposure() Table {
	return Table{
		Name: "fact_exposure", Doc: "Experiments and promotions that were shown to a visitor", Kind: Events, From: FromEvents,
		Where: oneOf("s.type", exposureTypes),
		Columns: visitColumns(exposureTypes,
			where("promotion")[0],
			Column{Name: "experiment_id", Type: "VARCHAR", Doc: "Experiment", SQL: property("experiment_id")},
			Column{Name: "variation_id", Type: "VARCHAR", Doc: "Variation of it", SQL: property("variation_id")}),
	}
}

// milestone is the first time of a condition.
func milestone(name, condition, doc string) Column {
	return Column{Name: name, Type: "TIMESTAMP", Doc: doc, SQL: "CASE WHEN " + condition + " THEN s.happened END", Merge: "min"}
}

// counted counts rows that meet a condition.
func counted(name, condition, doc string) Column {
	return Column{Name: name, Type: "BIGINT", Doc: doc, SQL: "(" + condition + ")::BIGINT", Merge: "sum"}
}

// first is a column of which the earliest row's value holds.
func first(c Column) Column {
	c.Merge = "first"
	return c
}

func firsts(columns []Column) []Column {
	out := make([]Column, len(columns))
	for i, c := range columns {
		out[i] = first(c)
	}
	return out
}

func factPayment() Table {
	return Table{
		Name: "fact_payment", Doc: "Payments, from the attempt to the bank's answer", Kind: Accumulating, From: FromEvents,
		Where: "s.type IN ('payment_attempted', 'payment_authorized', 'payment_declined') AND " + property("payment_id") + " IS NOT NULL",
		Columns: slices.Concat([]Column{{Name: "payment_id", Type: "VARCHAR", Doc: "Payment", SQL: property("payment_id"), Key: true}},
			firsts(when()), firsts(where("customer", "channel", "geography")), []Column{
				first(Column{Name: "customer_id", Type: "VARCHAR", Doc: "Customer", SQL: "s.customer_id"}), first(Column{Name: "order_id", Type: "VARCHAR", Doc: "Order", SQL: "s.order_id"}),
				first(Column{Name: "method", Type: "VARCHAR", Doc: "Such as card", SQL: property("method")}),
				first(Column{Name: "amount", Type: "DECIMAL(18,6)", Doc: "Amount, in currency", SQL: "s.amount"}), first(Column{Name: "currency", Type: "VARCHAR", Doc: "ISO 4217", SQL: "s.currency"}),
				milestone("attempted_at", "s.type = 'payment_attempted'", "When it was sent to the bank"), milestone("authorized_at", "s.type = 'payment_authorized'", "When the bank said yes"),
				milestone("declined_at", "s.type = 'payment_declined'", "When the bank said no"),
				{Name: "decline_reason", Type: "VARCHAR", Doc: "Why the bank said no", SQL: property("decline_reason"), Merge: "max"},
			}),
	}
}

func factSession() Table {
	return Table{
		Name: "fact_session", Doc: "Visits: how they came, and how far they got", Kind: Accumulating, From: FromEvents, Where: "s.session_id IS NOT NULL",
		Columns: slices.Concat([]Column{{Name: "session_id", Type: "VARCHAR", Doc: "Visit", SQL: "s.session_id", Key: true}},
			firsts(when()), firsts(where("channel", "geography", "campaign", "device")), []Column{
				{Name: "ended_at", Type: "TIMESTAMP", Doc: "Time of its last event", SQL: "s.happened", Merge: "max"},
				{Name: "customer_id", Type: "VARCHAR", Doc: "Customer, once known", SQL: "s.customer_id", Merge: "max"},
				counted("events", "true", "Events"), counted("page_views", "s.type IN ('page', 'screen', 'product_list_viewed', 'product_viewed', 'cart_viewed')", "Pages and screens that were looked at"),
				counted("products_viewed", "s.type = 'product_viewed'", "Products looked at"), counted("searches", "s.type = 'products_searched'", "Searches"),
				counted("cart_additions", "s.type = 'product_added'", "Times that something was put into the cart"), counted("checkouts", "s.type = 'checkout_started'", "Times that the checkout was started"),
				counted("orders", "s.type = 'order_completed'", "Orders"),
			}),
	}
}

func factShipment() Table {
	return Table{
		Name: "fact_shipment", Doc: "Orders on their way, by milestones", Kind: Accumulating, From: FromEvents,
		Where: "s.order_id IS NOT NULL AND s.type IN ('order_completed', 'stock_reserved', 'stock_released', 'stock_sold', 'order_shipped', 'order_delivered', 'order_refunded')",
		Columns: slices.Concat([]Column{{Name: "order_id", Type: "VARCHAR", Doc: "Order", SQL: "s.order_id", Key: true}},
			firsts(when()), []Column{
				{Name: "location_id", Type: "VARCHAR", Doc: "Where the goods leave", SQL: property("location_id"), Merge: "max"},
				milestone("ordered_at", "s.type = 'order_completed'", "When it was ordered"), milestone("reserved_at", "s.type = 'stock_reserved'", "When goods were promised to it"),
				milestone("released_at", "s.type = 'stock_released'", "When the promise was given back"),
				milestone("shipped_at", "s.type = 'order_shipped' OR s.type = 'stock_sold' AND "+property("reason")+" = 'shipment'", "When goods left"),
				milestone("delivered_at", "s.type = 'order_delivered'", "When it arrived"), milestone("refunded_at", "s.type = 'order_refunded'", "When something came back"),
			}),
	}
}

func factInventory() Table {
	return Table{
		Name: "fact_inventory_snapshot", Doc: "Stock of each product and location at the end of each day, from its first movement to the newest day with one; by the job stock", Kind: View, Needs: "stock_changes",
		Columns: []Column{
			{Name: "date_key", Type: "INTEGER", Doc: "Day", Dim: "dim_date", Key: true}, {Name: "event_time", Type: "TIMESTAMP", Doc: "Start of the day"},
			{Name: "product_id", Type: "VARCHAR", Doc: "Product", Key: true}, {Name: "location_id", Type: "VARCHAR", Doc: "Warehouse or store", Key: true},
			{Name: "on_hand", Type: "BIGINT", Doc: "Pieces that are there"}, {Name: "available", Type: "BIGINT", Doc: "Pieces that nobody was promised"},
			{Name: "sold", Type: "BIGINT", Doc: "Pieces that left on the day"},
		},
		Query: `WITH days AS (
  SELECT product_id, location_id, date_trunc('day', coalesce(happened_at, time)) AS day, sum(on_hand_change)::BIGINT AS on_hand, sum(available_change)::BIGINT AS available,
    coalesce(-sum(on_hand_change) FILTER (WHERE on_hand_change < 0), 0)::BIGINT AS sold
  FROM stock_changes GROUP BY ALL
), spans AS (
  SELECT *, sum(on_hand) OVER shelf AS on_hand_then, sum(available) OVER shelf AS available_then,
    coalesce(lead(day) OVER shelf, (SELECT max(day) + INTERVAL 1 DAY FROM days)) AS until
  FROM days WINDOW shelf AS (PARTITION BY product_id, location_id ORDER BY day)
)
SELECT strftime(d, '%Y%m%d')::INTEGER AS date_key, d AS event_time, product_id, location_id, on_hand_then::BIGINT AS on_hand, available_then::BIGINT AS available,
  CASE WHEN d = day THEN sold ELSE 0 END AS sold
FROM (SELECT *, unnest(range(day, until, INTERVAL 1 DAY)) AS d FROM spans)`,
	}
}
