package generate

import "slices"

// Type is the type of an event.
type Type uint8

// The types, in the order of the documentation. Those of Segment's e-commerce
// spec have the names that the segment adapter gives them.
const (
	Page Type = iota
	Screen
	ProductsSearched
	ProductListViewed
	ProductViewed
	ProductAdded
	ProductRemoved
	CartViewed
	CheckoutStarted
	CheckoutStepCompleted
	PaymentInfoEntered
	OrderCompleted
	OrderRefunded
	Login
	AccountCreated
	PaymentAttempted
	PaymentAuthorized
	PaymentDeclined
	StockReceived
	StockReserved
	StockReleased
	StockSold
	StockAdjusted
	PriceChanged

	typeCount = iota
)

// Property is a member of an event's properties.
type Property struct {
	Name string
	JSON string // text, number, boolean, time
	Text string
	// Optional properties are absent where they have no value.
	Optional bool
}

// TypeInfo declares a type of event: what it is, which known fields of the
// native format it has beside id, type, time and context, and its properties.
// Fields in brackets are absent where they have no value.
type TypeInfo struct {
	Name       string
	Segment    string // name in Segment's e-commerce spec; empty for our own
	Text       string
	Fields     []string
	Properties []Property
}

var (
	visitor  = []string{"[customer_id]", "anonymous_id", "session_id", "channel", "country", "currency"}
	payer    = []string{"[customer_id]", "anonymous_id", "order_id", "session_id", "channel", "country", "currency", "amount"}
	buyer    = []string{"[customer_id]", "[anonymous_id]", "order_id", "[session_id]", "channel", "country", "currency", "amount"}
	device   = []Property{{"device_id", "text", "The visitor's device.", false}, {"ip", "text", "Its IPv4 address.", false}}
	whereOf  = []Property{{"city", "text", "City of the ip address.", false}, {"lat", "number", "Its latitude, degrees.", false}, {"lon", "number", "Its longitude, degrees.", false}}
	account  = Property{"account_created_at", "time", "When the customer's account was made; guests have none.", true}
	cartID   = Property{"cart_id", "text", "The cart; a session has one.", false}
	payments = slices.Concat([]Property{
		{"payment_id", "text", "One attempt to pay; its result has the same.", false},
		{"attempt", "number", "Of this order, from 1.", false},
		{"method", "text", "card.", false},
		{"card_fingerprint", "text", "The same for every use of one card.", false},
		{"card_country", "text", "Country of the issuing bank.", false},
		{"amount_base", "number", "The amount in the shop's base currency, EUR.", false},
		{"fx_rate", "number", "Units of the currency for one of the base currency.", false},
	}, device, whereOf, []Property{account})
	stock = []Property{
		{"location_id", "text", "Warehouse (wh-…) or store (st-…).", false},
		{"reason", "text", "opening, delivery, return, order, not_paid, shipment, till, count.", false},
	}
)

var types = [typeCount]TypeInfo{
	Page:   {"page", "Page", "A visitor of the web shop enters. `context.campaign` says by which campaign.", visitor, pageProperties},
	Screen: {"screen", "Screen", "A visitor opens the app.", visitor, pageProperties},
	ProductsSearched: {"products_searched", "Products Searched", "A search.", visitor, slices.Concat([]Property{
		{"query", "text", "What was searched.", false}, {"results", "number", "Products found.", false}}, device)},
	ProductListViewed: {"product_list_viewed", "Product List Viewed", "A category was looked at.", visitor, slices.Concat([]Property{
		{"list_id", "text", "The list.", false}, {"category", "text", "Its category.", false}}, device)},
	ProductViewed:  {"product_viewed", "Product Viewed", "One product was looked at; `items` has it with its price.", withItems(visitor), device},
	ProductAdded:   {"product_added", "Product Added", "Pieces of one product were put into the cart.", withItems(visitor), slices.Concat([]Property{cartID}, device)},
	ProductRemoved: {"product_removed", "Product Removed", "A product was taken out of the cart.", withItems(visitor), slices.Concat([]Property{cartID, {"reason", "text", "changed_mind, too_expensive or out_of_stock.", false}}, device)},
	CartViewed:     {"cart_viewed", "Cart Viewed", "The cart was looked at; `items` are its lines.", withItems(visitor), slices.Concat([]Property{cartID}, device)},
	CheckoutStarted: {"checkout_started", "Checkout Started", "The way to the till; prices hold from here on.", withItems(withOrder(visitor)),
		slices.Concat([]Property{cartID}, device)},
	CheckoutStepCompleted: {"checkout_step_completed", "Checkout Step Completed", "A step of the checkout is done.", withOrder(visitor), slices.Concat([]Property{
		cartID, {"step", "number", "1 address, 2 shipping.", false}, {"step_name", "text", "address or shipping.", false}}, device)},
	PaymentInfoEntered: {"payment_info_entered", "Payment Info Entered", "How to pay was entered.", withOrder(visitor), slices.Concat([]Property{
		cartID, {"payment_method", "text", "card.", false}}, device)},
	OrderCompleted: {"order_completed", "Order Completed", "An order that is paid. `items` are its lines of kind sale, `amount` their sum.", withItems(buyer), []Property{
		{"cart_id", "text", "The cart it was; not at tills.", true},
		{"payment_id", "text", "The authorized payment; not at tills.", true},
		{"subtotal", "number", "Sum of the lines.", false}, {"shipping", "number", "Shipping fee, not part of amount.", false},
		{"total", "number", "subtotal + shipping: what is paid.", false},
		{"amount_base", "number", "The amount in the shop's base currency, EUR.", false}, {"fx_rate", "number", "Units of the currency for one of the base currency.", false},
		{"location_id", "text", "Where the goods come from; absent for vouchers.", true},
		{"till_id", "text", "The till, of sales in stores.", true},
	}},
	OrderRefunded: {"order_refunded", "Order Refunded", "A line of an order comes back: kind cancellation, quantity and `amount` below zero.", withItems(payer), []Property{
		{"reason", "text", "damaged, wrong_size or not_as_described.", false}, {"amount_base", "number", "The amount in the shop's base currency, EUR.", false},
		{"fx_rate", "number", "Units of the currency for one of the base currency.", false}, {"ordered_at", "time", "When the order was completed.", false}}},
	Login: {"login", "", "A customer logs in: from here on events have customer_id.", []string{"customer_id", "anonymous_id", "session_id", "channel", "country", "currency"},
		slices.Concat([]Property{{"result", "text", "success.", false}}, device, whereOf, []Property{required(account)})},
	AccountCreated: {"account_created", "", "A guest opens an account.", []string{"customer_id", "anonymous_id", "session_id", "channel", "country", "currency"},
		slices.Concat(device, whereOf, []Property{required(account)})},
	PaymentAttempted:  {"payment_attempted", "", "A payment is sent to the bank.", payer, payments},
	PaymentAuthorized: {"payment_authorized", "", "The bank says yes.", payer, slices.Concat(payments, []Property{{"result", "text", "authorized.", false}})},
	PaymentDeclined: {"payment_declined", "", "The bank says no.", payer, slices.Concat(payments, []Property{{"result", "text", "declined.", false},
		{"decline_reason", "text", "insufficient_funds, incorrect_cvc, expired_card, do_not_honor or card_not_supported.", false}})},
	StockReceived: {"stock_received", "", "Goods arrive: available += quantity.", []string{"[order_id]", "items"}, stock},
	StockReserved: {"stock_reserved", "", "Goods are promised to an order: available −= quantity.", []string{"order_id", "items"}, stock},
	StockReleased: {"stock_released", "", "A promise is given back: available += quantity.", []string{"order_id", "items"}, stock},
	StockSold: {"stock_sold", "", "Goods leave. Reason shipment: they were reserved, available stays. Reason till: available −= quantity.",
		[]string{"order_id", "items"}, stock},
	StockAdjusted: {"stock_adjusted", "", "A count corrects the books: available += quantity, which may be negative.", []string{"items"}, stock},
	PriceChanged: {"price_changed", "", "A product's price in the base currency from now on; `items` has the product with the new price.", []string{"currency", "items"}, []Property{
		{"product_id", "text", "The product.", false},
		{"previous_price", "number", "The price before; 0 for the first.", false}, {"list_price", "number", "The price it is meant to have.", false},
		{"cost", "number", "What the product costs the shop.", false}, {"band_low", "number", "The lowest price that is meant.", false},
		{"band_high", "number", "The highest price that is meant.", false}, {"reason", "text", "listing, repricing, promotion, promotion_end or correction.", false}}},
}

var pageProperties = slices.Concat([]Property{
	{"name", "text", "Home, Category, Product or Campaign.", false}, {"path", "text", "Path of the page.", false},
	{"referrer", "text", "Where the visitor came from.", true}}, device)

func withItems(fields []string) []string { return append(slices.Clip(fields), "items") }
func withOrder(fields []string) []string { return append(slices.Clip(fields), "order_id") }

func required(p Property) Property {
	p.Optional = false
	return p
}

// Info declares the type.
func (t Type) Info() *TypeInfo { return &types[t] }

func (t Type) String() string { return types[t].Name }

// TypeOf finds a type by its name.
func TypeOf(name string) (Type, bool) {
	i := slices.IndexFunc(types[:], func(t TypeInfo) bool { return t.Name == name })
	return Type(max(i, 0)), i >= 0
}

// Types lists every type.
func Types() []Type {
	out := make([]Type, typeCount)
	for i := range out {
		out[i] = Type(i)
	}
	return out
}

// Delivery says what a payload is to its receiver.
type Delivery uint8

// The deliveries.
const (
	First     Delivery = iota
	Duplicate          // the same bytes as an earlier payload
	Broken             // under an id of its own; [Event.Damage] says how
)

// Damage is what is wrong with a broken event.
type Damage uint8

// The damages. All but NoJSON are JSON objects that the native adapter
// quarantines; NoJSON is refused by the HTTP door and quarantined elsewhere.
const (
	NoDamage Damage = iota
	NoJSON
	NoType
	WrongType
	BadTime
	BadNumber
	UnknownField

	damageCount = iota
)

var damageNames = [damageCount]string{"", "no_json", "no_type", "wrong_type", "bad_time", "bad_number", "unknown_field"}

func (d Damage) String() string { return damageNames[d] }

// Event is one delivery.
type Event struct {
	Type     Type
	Delivery Delivery
	Damage   Damage
	Late     bool // first delivery, more than the lateness after it happened
	Skewed   bool // by a device whose clock is wrong

	At       int64 // when it happened, µs since 1970
	Arrival  int64 // when it is delivered, µs since 1970; never falls
	Amount   int64 // cents of the currency
	Currency string

	// Payload is valid until the next call of Next.
	Payload []byte
	// Key is the actor, by which the log is partitioned: part of Payload, or nil.
	Key []byte
}
