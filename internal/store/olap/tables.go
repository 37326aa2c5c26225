package olap

import "github.com/millrace/millrace/event"

// Tables returns the tables of the analytics store, in the order in which they
// are shown. The caller may change the result.
func Tables() []Table {
	return []Table{events(), orderLines(), productEvents(), quarantine(), quarantineActs(), duplicates(), rejections(), corrections()}
}

var (
	colEventID     = Column{Name: "event_id", Type: UUID, Comment: "Identity of the event, derived from its content", Values: IDs(func(b *event.Batch) []event.ID { return b.ID })}
	colEventTime   = Column{Name: "event_time", Type: Timestamp, Comment: "When it happened, UTC", Values: Ints(func(b *event.Batch) []int64 { return b.Time })}
	colReceivedAt  = Column{Name: "received_at", Type: Timestamp, Comment: "When the log took it, UTC", Values: Ints(func(b *event.Batch) []int64 { return b.Received })}
	colSource      = Column{Name: "source", Type: Text, Comment: "Name of the configured source", Values: Codes(func(b *event.Batch) *event.Dict { return &b.Source })}
	colType        = Column{Name: "type", Type: Text, Comment: "Kind of event, such as order_line", Values: Codes(func(b *event.Batch) *event.Dict { return &b.Type })}
	colStream      = Column{Name: "stream", Type: Text, Comment: "File name, or door such as http", Values: Codes(func(b *event.Batch) *event.Dict { return &b.Stream })}
	colCountry     = Column{Name: "country", Type: Text, Comment: "ISO 3166-1 alpha-2", Values: Codes(func(b *event.Batch) *event.Dict { return &b.Country })}
	colCurrency    = Column{Name: "currency", Type: Text, Comment: "ISO 4217", Values: Codes(func(b *event.Batch) *event.Dict { return &b.Currency })}
	colCustomerID  = Column{Name: "customer_id", Type: Text, Comment: "Customer, or guest:<order> where the sender named none", Values: Texts(func(b *event.Batch) []string { return b.CustomerID })}
	colOrderID     = Column{Name: "order_id", Type: Text, Comment: "Order or invoice", Values: Texts(func(b *event.Batch) []string { return b.OrderID })}
	colAmount      = Column{Name: "amount", Type: Money, Comment: "Value of the event, in currency", Values: Amounts(func(b *event.Batch) []event.Micros { return b.Amount })}
	colAnonymous   = Column{Name: "anonymous_id", Type: Text, Comment: "Device or browser of an unknown visitor", Values: Texts(func(b *event.Batch) []string { return b.AnonymousID })}
	colSession     = Column{Name: "session_id", Type: Text, Comment: "Visit", Values: Texts(func(b *event.Batch) []string { return b.SessionID })}
	colChannel     = Column{Name: "channel", Type: Text, Comment: "Way of the sale, such as web", Values: Codes(func(b *event.Batch) *event.Dict { return &b.Channel })}
	colProperties  = Column{Name: "properties", Type: Text, Comment: "Other fields of the event, JSON", Values: Texts(func(b *event.Batch) []string { return b.Properties })}
	colContext     = Column{Name: "context", Type: Text, Comment: "Circumstances of the event, JSON", Values: Texts(func(b *event.Batch) []string { return b.Context })}
	colLate        = Column{Name: "late", Type: Bool, Comment: "It came behind its source's watermark", Values: Flag(event.Late)}
	colCorrected   = Column{Name: "corrected", Type: Bool, Comment: "A rule changed a field; see corrections", Values: Flag(event.Corrected)}
	colWarned      = Column{Name: "warned", Type: Bool, Comment: "It broke a rule of severity warn", Values: Flag(event.Warned)}
	colVersions    = Column{Name: "versions", Type: Text, Comment: "Adapter and rules that made the row, as name@version", Values: Codes(func(b *event.Batch) *event.Dict { return &b.Versions })}
	colLine        = Column{Name: "line", Type: Int64, Comment: "Line in the file (the header is line 1), or index in the request (from 0)", Values: Ints(func(b *event.Batch) []int64 { return b.Line })}
	colPartition   = Column{Name: "partition", Type: Int32, Comment: "Partition of the raw topic", Values: IntOf(func(s *Selection, _ Row) int64 { return int64(s.Batch.Partition) })}
	colDevice      = Column{Name: "device", Type: Text, Comment: "desktop, mobile, tablet or other, by the user agent", Values: Codes(func(b *event.Batch) *event.Dict { return &b.Device })}
	colProductID   = Column{Name: "product_id", Type: Text, Comment: "Product, or code of a fee", BySub: true, Values: Texts(func(b *event.Batch) []string { return b.Items.ProductID })}
	colProductName = Column{Name: "product_name", Type: Text, Comment: "Name as sent with the event", BySub: true, Values: Texts(func(b *event.Batch) []string { return b.Items.Name })}
	colCategory    = Column{Name: "category", Type: Text, Comment: "Category of the product", BySub: true, Values: Codes(func(b *event.Batch) *event.Dict { return &b.Items.Category })}
	colQuantity    = Column{Name: "quantity", Type: Int64, Comment: "Pieces; negative when cancelled", BySub: true, Values: Ints(func(b *event.Batch) []int64 { return b.Items.Quantity })}
	colUnitPrice   = Column{Name: "unit_price", Type: Money, Comment: "Price of one piece", BySub: true, Values: Amounts(func(b *event.Batch) []event.Micros { return b.Items.Price })}
	colItemAmount  = Column{Name: "amount", Type: Money, Comment: "quantity × unit_price", BySub: true, Values: Amounts(func(b *event.Batch) []event.Micros { return b.Items.Amount })}
	colOffset      = Column{Name: "offset", Type: Int64, Comment: "Offset in the partition; quote the name in SQL", Values: Ints(func(b *event.Batch) []int64 { return b.Offset })}
)

func events() Table {
	return Table{
		Name: "events", Of: Accepted, Comment: "Accepted events, one row each",
		Columns: []Column{
			colEventID, colEventTime, colReceivedAt, colSource, colType, colCustomerID,
			colAnonymous, colOrderID, colSession, colChannel, colCountry, colCurrency, colAmount, colProperties, colContext,
			colLate, colCorrected, colWarned,
			{Name: "recovered", Type: Bool, Comment: "It was quarantined, and accepted when it was sent again; see quarantine_acts", Values: Flag(event.Recovered)},
			{Name: "amount_base", Type: Money, Comment: "The amount in the shop's currency, by the rate of the event's day; NULL when it is 0 or unknown", ZeroIsNull: true, Values: Amounts(func(b *event.Batch) []event.Micros { return b.AmountBase })},
			colDevice,
			{Name: "browser", Type: Text, Comment: "Browser and its major version", Values: Codes(func(b *event.Batch) *event.Dict { return &b.Browser })},
			{Name: "os", Type: Text, Comment: "Operating system", Values: Codes(func(b *event.Batch) *event.Dict { return &b.OS })},
			{Name: "bot", Type: Text, Comment: "Program that sent it in place of a visitor; other when it has no name here", Values: Codes(func(b *event.Batch) *event.Dict { return &b.Bot })},
			{Name: "campaign_source", Type: Text, Comment: "Who sent the visitor, such as google", Values: Texts(func(b *event.Batch) []string { return b.CampaignSource })},
			{Name: "campaign_medium", Type: Text, Comment: "How: paid, search, social, email, referral, direct, or as the campaign says", Values: Texts(func(b *event.Batch) []string { return b.CampaignMedium })},
			{Name: "campaign_name", Type: Text, Comment: "Campaign", Values: Texts(func(b *event.Batch) []string { return b.CampaignName })},
			{Name: "segment", Type: Text, Comment: "Segment of the customer", Values: Codes(func(b *event.Batch) *event.Dict { return &b.Segment })},
			colVersions,
			colStream, colLine, colPartition, colOffset,
		},
	}
}

func orderLines() Table {
	return Table{
		Name: "order_lines", Of: Items, Comment: "Items of accepted events, one row each; revenue is sum(amount)",
		Columns: []Column{
			colEventID,
			{Name: "line_no", Type: Int32, Comment: "Number of the item in its event, from 1", Values: ItemNumber{}},
			colEventTime, colSource, colOrderID, colCustomerID,
			colProductID, colProductName, colCategory,
			{Name: "kind", Type: Text, Comment: "sale, cancellation, adjustment, or fee (product_id is no product)", BySub: true, Values: Codes(func(b *event.Batch) *event.Dict { return &b.Items.Kind })},
			colQuantity, colUnitPrice, colItemAmount,
			colCurrency, colCountry, colPartition, colOffset,
		},
	}
}

// productEvents has few texts of its own: what an event says once is in its row of events,
// which has the same partition and offset.
func productEvents() Table {
	return Table{
		Name: "product_events", Of: Viewed, Comment: "Products of accepted events that are no order, one row each: views, carts, movements of stock, prices",
		Columns: []Column{
			colEventID,
			{Name: "item_no", Type: Int32, Comment: "Number of the item in its event, from 1", Values: ItemNumber{}},
			colEventTime, colSource, colType, colOrderID, colCustomerID,
			colProductID, colProductName, colCategory, colQuantity, colUnitPrice, colItemAmount,
			{Name: "location_id", Type: Text, Comment: "Warehouse or store, by the event's properties", Values: property("location_id")},
			{Name: "reason", Type: Text, Comment: "Why stock moved or a price changed, by the event's properties", Values: property("reason")},
			colChannel, colCurrency, colCountry,
			colDevice,
			colPartition, colOffset,
		},
	}
}

func duplicates() Table {
	return Table{
		Name: "duplicates", Of: Duplicates, Comment: "Deliveries of an event that had been received before, one row each",
		Columns: []Column{colEventID, colReceivedAt, colSource, colStream, colLine, colPartition, colOffset},
	}
}

func rejections() Table {
	return Table{
		Name: "rejections", Of: Rejections, Comment: "Records refused at the door, one row each",
		Columns: []Column{
			colReceivedAt, colSource, colStream, colLine,
			{Name: "reason", Type: Text, Comment: "Why it was refused", Values: BytesOf(func(dst []byte, s *Selection, r Row) []byte { return s.appendMessages(dst, r.Sub) })},
			{Name: "sample", Type: Text, Comment: "Start of the record; bytes that are not UTF-8 are written \\xNN", Values: BytesOf(appendPayload)},
			colPartition, colOffset,
		},
	}
}

func corrections() Table {
	change := func(f func(*event.Change) string) TextOf {
		return func(s *Selection, r Row) string { return f(&s.Batch.Changes[r.Sub]) }
	}
	return Table{
		Name: "corrections", Of: Changes, Comment: "Fields of accepted and quarantined events that a rule changed, one row each",
		Columns: []Column{
			colEventID,
			{Name: "rule", Type: Text, Comment: "Rule that changed it", Values: change(func(c *event.Change) string { return c.Rule })},
			{Name: "field", Type: Text, Comment: "Field that was changed", Values: change(func(c *event.Change) string { return c.Field })},
			{Name: "before", Type: Text, Comment: "Value as received; NULL when it was missing, or the event was purged", Purged: true, Values: change(func(c *event.Change) string { return c.Before })},
			{Name: "after", Type: Text, Comment: "Value as stored; NULL once the event was purged", Purged: true, Values: change(func(c *event.Change) string { return c.After })},
			colPartition, colOffset,
		},
	}
}

func appendPayload(dst []byte, s *Selection, r Row) []byte {
	return append(dst, s.Batch.Payload[r.Event]...)
}
