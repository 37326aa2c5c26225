package event

import "unicode/utf8"

// Batch holds events of one partition of the log, column by column. All slices
// of per-event columns have length [Batch.Len], those of item columns the
// number of items. Strings may point into the fetched payloads, which live as
// long as the batch refers to them.
//
// A batch has one owner at a time: the partition's task until it is handed to
// the commit, the committer afterwards, the pool after Reset.
type Batch struct {
	Partition int32

	Offset   []int64  // position in the partition
	Received []int64  // receive time, µs since 1970 UTC; adapter.Record says what that is
	Payload  [][]byte // raw bytes as received
	Line     []int64  // line in the file, or index in the request

	ID    []ID
	Check []uint32 // digest of the content that the ID leaves out; 0 is "none"
	Time  []int64  // event time, µs since 1970 UTC; 0 when unknown

	Source   Dict
	Stream   Dict // file name or door
	Versions Dict // adapter and rule set that made the row, as name@version
	Type     Dict
	Channel  Dict
	Country  Dict // ISO 3166-1 alpha-2 once enriched
	Currency Dict // ISO 4217

	CustomerID  []string
	AnonymousID []string
	OrderID     []string
	SessionID   []string
	Properties  []string // JSON, or empty
	Context     []string // JSON, or empty
	Amount      []Micros // value of the event, in Currency

	// What enrichment derives. Empty before it, and where it knows nothing.
	AmountBase     []Micros // Amount in the shop's own currency; 0 when unknown
	Device         Dict     // desktop, mobile, tablet, other
	Browser        Dict     // with its major version
	OS             Dict
	Bot            Dict // name of the program that is no visitor
	Segment        Dict // of the customer
	CampaignSource []string
	CampaignMedium []string
	CampaignName   []string

	Verdict []Verdict
	Marks   []Mark

	Items    Items
	itemsEnd []int32 // exclusive end in Items of each event

	Problems []Problem
	Changes  []Change
	Acts     []Act // in the order of their rows
}

// Items are the order lines (or products) of a batch's events.
type Items struct {
	Event     []int32 // index of the event in the batch
	ProductID []string
	Name      []string
	Category  Dict
	Kind      Dict // one of the kinds below
	Quantity  []int64
	Price     []Micros // of one piece
	Amount    []Micros // Quantity × Price
}

// The kinds of items.
const (
	KindSale         = "sale"
	KindCancellation = "cancellation"
	KindAdjustment   = "adjustment"
	KindFee          = "fee"
	KindView         = "view" // a product in an event that is no order
)

// Len returns the number of events.
func (b *Batch) Len() int { return len(b.Offset) }

// Len returns the number of items.
func (it *Items) Len() int { return len(it.Event) }

// Add appends an event with every column empty, and returns its index.
func (b *Batch) Add(offset, received, line int64, payload []byte) int {
	i := len(b.Offset)
	b.Offset = append(b.Offset, offset)
	b.Received = append(b.Received, received)
	b.Payload = append(b.Payload, payload)
	b.Line = append(b.Line, line)
	b.ID = append(b.ID, ID{})
	b.Check = append(b.Check, 0)
	b.Time = append(b.Time, 0)
	for _, d := range b.dicts() {
		d.Codes = append(d.Codes, 0)
	}
	b.CustomerID = append(b.CustomerID, "")
	b.AnonymousID = append(b.AnonymousID, "")
	b.OrderID = append(b.OrderID, "")
	b.SessionID = append(b.SessionID, "")
	b.Properties = append(b.Properties, "")
	b.Context = append(b.Context, "")
	b.Amount = append(b.Amount, 0)
	b.AmountBase = append(b.AmountBase, 0)
	b.CampaignSource = append(b.CampaignSource, "")
	b.CampaignMedium = append(b.CampaignMedium, "")
	b.CampaignName = append(b.CampaignName, "")
	b.Verdict = append(b.Verdict, Pending)
	b.Marks = append(b.Marks, 0)
	b.itemsEnd = append(b.itemsEnd, int32(len(b.Items.Event)))
	return i
}

// AddItem appends an empty item to the newest event and returns its index.
func (b *Batch) AddItem() int {
	it := &b.Items
	k := len(it.Event)
	it.Event = append(it.Event, int32(len(b.Offset)-1))
	it.ProductID = append(it.ProductID, "")
	it.Name = append(it.Name, "")
	it.Category.Codes = append(it.Category.Codes, 0)
	it.Kind.Codes = append(it.Kind.Codes, 0)
	it.Quantity = append(it.Quantity, 0)
	it.Price = append(it.Price, 0)
	it.Amount = append(it.Amount, 0)
	b.itemsEnd[len(b.itemsEnd)-1] = int32(k + 1)
	return k
}

// ItemRange returns the half-open range of event i's items.
func (b *Batch) ItemRange(i int) (from, to int) {
	if i > 0 {
		from = int(b.itemsEnd[i-1])
	}
	return from, int(b.itemsEnd[i])
}

// AddProblem records what is wrong with event i. A value is cut to 256 bytes, at
// a character's boundary.
func (b *Batch) AddProblem(i int, category Category, rule, field, value, message string) {
	const limit = 256
	if len(value) > limit {
		cut := limit
		for cut > limit-utf8.UTFMax && !utf8.RuneStart(value[cut]) {
			cut--
		}
		value = value[:cut]
	}
	b.Problems = append(b.Problems, Problem{
		Event: int32(i), Rule: rule, Category: category, Field: field, Value: value, Message: message,
	})
}

// AddChange records that a rule changed a field of event i, and marks it.
func (b *Batch) AddChange(i int, rule, field, before, after string) {
	b.Changes = append(b.Changes, Change{Event: int32(i), Rule: rule, Field: field, Before: before, After: after})
	b.Marks[i] |= Corrected
}

// dicts lists the per-event dictionary columns. It is an array, so that ranging
// over it does not allocate.
func (b *Batch) dicts() [12]*Dict {
	return [12]*Dict{
		&b.Source, &b.Stream, &b.Versions, &b.Type, &b.Channel, &b.Country, &b.Currency,
		&b.Device, &b.Browser, &b.OS, &b.Bot, &b.Segment,
	}
}

// Reset empties the batch and keeps its memory. References to payloads are
// dropped.
func (b *Batch) Reset() {
	b.Partition = 0
	clear(b.Payload)
	for _, s := range [][]string{
		b.CustomerID, b.AnonymousID, b.OrderID, b.SessionID, b.Properties, b.Context,
		b.CampaignSource, b.CampaignMedium, b.CampaignName, b.Items.ProductID, b.Items.Name,
	} {
		clear(s)
	}
	clear(b.Problems)
	clear(b.Changes)
	clear(b.Acts)
	b.Offset, b.Received, b.Payload, b.Line = b.Offset[:0], b.Received[:0], b.Payload[:0], b.Line[:0]
	b.ID, b.Check, b.Time = b.ID[:0], b.Check[:0], b.Time[:0]
	for _, d := range b.dicts() {
		d.Reset()
	}
	b.CustomerID, b.AnonymousID = b.CustomerID[:0], b.AnonymousID[:0]
	b.OrderID, b.SessionID = b.OrderID[:0], b.SessionID[:0]
	b.Properties, b.Context, b.Amount = b.Properties[:0], b.Context[:0], b.Amount[:0]
	b.AmountBase, b.CampaignSource, b.CampaignMedium, b.CampaignName = b.AmountBase[:0], b.CampaignSource[:0], b.CampaignMedium[:0], b.CampaignName[:0]
	b.Verdict, b.Marks, b.itemsEnd = b.Verdict[:0], b.Marks[:0], b.itemsEnd[:0]
	it := &b.Items
	it.Event, it.ProductID, it.Name = it.Event[:0], it.ProductID[:0], it.Name[:0]
	it.Category.Reset()
	it.Kind.Reset()
	it.Quantity, it.Price, it.Amount = it.Quantity[:0], it.Price[:0], it.Amount[:0]
	b.Problems, b.Changes, b.Acts = b.Problems[:0], b.Changes[:0], b.Acts[:0]
}
