package olap

import "github.com/millrace/millrace/event"

// Tables returns the tables of the analytics store, in the order in which they
// are shown. The caller may change the result.
func Tables() []Table {
	return []Table{events(), orderLines(), quarantine(), duplicates(), rejections(), corrections()}
}

var (
	colEventID    = Column{Name: "event_id", Type: UUID, Comment: "Identity of the event, derived from its content", Values: IDs(func(b *event.Batch) []event.ID { return b.ID })}
	colEventTime  = Column{Name: "event_time", Type: Timestamp, Comment: "When it happened, UTC", Values: Ints(func(b *event.Batch) []int64 { return b.Time })}
	colReceivedAt = Column{Name: "received_at", Type: Timestamp, Comment: "When the log took it, UTC", Values: Ints(func(b *event.Batch) []int64 { return b.Received })}
	colSource     = Column{Name: "source", Type: Text, Comment: "Name of the configured source", Values: Codes(func(b *event.Batch) *event.Dict { return &b.Source })}
	colType       = Column{Name: "type", Type: Text, Comment: "Kind of event, such as order_line", Values: Codes(func(b *event.Batch) *event.Dict { return &b.Type })}
	colStream     = Column{Name: "stream", Type: Text, Comment: "File name, or door such as http", Values: Codes(func(b *event.Batch) *event.Dict { return &b.Stream })}
	colCountry    = Column{Name: "country", Type: Text, Comment: "ISO 3166-1 alpha-2", Values: Codes(func(b *event.Batch) *event.Dict { return &b.Country })}
	colCurrency   = Column{Name: "currency", Type: Text, Comment: "ISO 4217", Values: Codes(func(b *event.Batch) *event.Dict { return &b.Currency })}
	colCustomerID = Column{Name: "customer_id", Type: Text, Comment: "Customer, or guest:<order> where the sender named none", Values: Texts(func(b *event.Batch) []string { return b.CustomerID })}
	colOrderID    = Column{Name: "order_id", Type: Text, Comment: "Order or invoice", Values: Texts(func(b *event.Batch) []string { return b.OrderID })}
	colAmount     = Column{Name: "amount", Type: Money, Comment: "Value of the event, in currency", Values: Amounts(func(b *event.Batch) []event.Micros { return b.Amount })}
	colLine       = Column{Name: "line", Type: Int64, Comment: "Line in the file (the header is line 1), or index in the request (from 0)", Values: Ints(func(b *event.Batch) []int64 { return b.Line })}
	colPartition  = Column{Name: "partition", Type: Int32, Comment: "Partition of the raw topic", Values: IntOf(func(s *Selection, _ Row) int64 { return int64(s.Batch.Partition) })}
	colOffset     = Column{Name: "offset", Type: Int64, Comment: "Offset in the partition; quote the name in SQL", Values: Ints(func(b *event.Batch) []int64 { return b.Offset })}
)

func events() Table {
	return Table{
		Name: "events", Of: Accepted, Comment: "Accepted events, one row each",
		Columns: []Column{
			colEventID, colEventTime, colReceivedAt, colSource, colType, colCustomerID,
			{Name: "anonymous_id", Type: Text, Comment: "Device or browser of an unknown visitor", Values: Texts(func(b *event.Batch) []string { return b.AnonymousID })},
			colOrderID,
			{Name: "session_id", Type: Text, Comment: "Visit", Values: Texts(func(b *event.Batch) []string { return b.SessionID })},
			{Name: "channel", Type: Text, Comment: "Way of the sale, such as web", Values: Codes(func(b *event.Batch) *event.Dict { return &b.Channel })},
			colCountry, colCurrency, colAmount,
			{Name: "properties", Type: Text, Comment: "Other fields of the event, JSON", Values: Texts(func(b *event.Batch) []string { return b.Properties })},
			{Name: "context", Type: Text, Comment: "Circumstances of the event, JSON", Values: Texts(func(b *event.Batch) []string { return b.Context })},
			{Name: "late", Type: Bool, Comment: "It came behind its source's watermark", Values: Flag(event.Late)},
			{Name: "corrected", Type: Bool, Comment: "A rule changed a field; see corrections", Values: Flag(event.Corrected)},
			{Name: "warned", Type: Bool, Comment: "It broke a rule of severity warn", Values: Flag(event.Warned)},
			{Name: "versions", Type: Text, Comment: "Adapter and rules that made the row, as name@version", Values: Codes(func(b *event.Batch) *event.Dict { return &b.Versions })},
			colStream, colLine, colPartition, colOffset,
		},
	}
}

func orderLines() Table {
	return Table{
		Name: "order_lines", Of: Items, Comment: "Items of accepted events, one row each; revenue is sum(amount)",
		Columns: []Column{
			colEventID,
			{Name: "line_no", Type: Int32, Comment: "Number of the item in its event, from 1", Values: IntOf(lineNumber)},
			colEventTime, colSource, colOrderID, colCustomerID,
			{Name: "product_id", Type: Text, Comment: "Product, or code of a fee", BySub: true, Values: Texts(func(b *event.Batch) []string { return b.Items.ProductID })},
			{Name: "product_name", Type: Text, Comment: "Name as sent with the event", BySub: true, Values: Texts(func(b *event.Batch) []string { return b.Items.Name })},
			{Name: "category", Type: Text, Comment: "Category of the product", BySub: true, Values: Codes(func(b *event.Batch) *event.Dict { return &b.Items.Category })},
			{Name: "kind", Type: Text, Comment: "sale, cancellation, adjustment, or fee (product_id is no product)", BySub: true, Values: Codes(func(b *event.Batch) *event.Dict { return &b.Items.Kind })},
			{Name: "quantity", Type: Int64, Comment: "Pieces; negative when cancelled", BySub: true, Values: Ints(func(b *event.Batch) []int64 { return b.Items.Quantity })},
			{Name: "unit_price", Type: Money, Comment: "Price of one piece", BySub: true, Values: Amounts(func(b *event.Batch) []event.Micros { return b.Items.Price })},
			{Name: "amount", Type: Money, Comment: "quantity × unit_price", BySub: true, Values: Amounts(func(b *event.Batch) []event.Micros { return b.Items.Amount })},
			colCurrency, colCountry, colPartition, colOffset,
		},
	}
}

func quarantine() Table {
	return Table{
		Name: "quarantine", Of: Quarantined, Comment: "Events that broke a rule and wait for repair, one row each",
		Columns: []Column{
			colEventID, colEventTime, colReceivedAt, colSource, colType,
			{Name: "rule", Type: Text, Comment: "First rule that it broke", Values: TextOf(func(s *Selection, r Row) string { return s.problem(r).Rule })},
			{Name: "category", Type: Text, Comment: "missing, format, out_of_range, schema, business, duplicate_conflict, decode or too_large", Values: TextOf(func(s *Selection, r Row) string { return string(s.problem(r).Category) })},
			{Name: "field", Type: Text, Comment: "Field that the first rule is about", Values: TextOf(func(s *Selection, r Row) string { return s.problem(r).Field })},
			{Name: "value", Type: Text, Comment: "Value of that field as received, at most 256 bytes", Values: TextOf(func(s *Selection, r Row) string { return s.problem(r).Value })},
			{Name: "message", Type: Text, Comment: "What is wrong, of all rules that it broke", Values: BytesOf(func(dst []byte, s *Selection, r Row) []byte { return s.appendMessages(dst, r) })},
			colOrderID, colCustomerID, colAmount,
			{Name: "payload", Type: Text, Comment: "The event as received; bytes that are not UTF-8 are written \\xNN", Values: BytesOf(appendPayload)},
			colStream, colLine, colPartition, colOffset,
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
			{Name: "reason", Type: Text, Comment: "Why it was refused", Values: BytesOf(func(dst []byte, s *Selection, r Row) []byte { return s.appendMessages(dst, r) })},
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
			{Name: "before", Type: Text, Comment: "Value as received; NULL when it was missing", Values: change(func(c *event.Change) string { return c.Before })},
			{Name: "after", Type: Text, Comment: "Value as stored", Values: change(func(c *event.Change) string { return c.After })},
			colPartition, colOffset,
		},
	}
}

func lineNumber(s *Selection, r Row) int64 {
	from, _ := s.Batch.ItemRange(int(r.Event))
	return int64(int(r.Sub) - from + 1)
}

func appendPayload(dst []byte, s *Selection, r Row) []byte {
	return append(dst, s.Batch.Payload[r.Event]...)
}
