package mapped

import "github.com/millrace/millrace/internal/yamldoc"

// document is a mapping file. Its tags are its only description; see package
// yamldoc.
type document struct {
	Name        string `yaml:"name" required:"yes" desc:"Name of the adapter, which sources are configured with: lower-case letters, digits, - and _."`
	Format      string `yaml:"format" required:"yes" oneof:"json|xml" desc:"What the documents are written in."`
	Version     string `yaml:"version" required:"yes" number:"yes" desc:"Version of the mapping, for people. A digest of the mapping is added to it, so that no change goes unnoticed."`
	Description string `yaml:"description" desc:"What the documents are."`

	Records    string            `yaml:"records" desc:"Of XML in files: the path of the elements that are documents, such as /orders/order, without prefixes of namespaces. Without it a file is one document."`
	Namespaces map[string]string `yaml:"namespaces" desc:"Of XML: prefixes that paths use, and the namespace of each. A path without prefix leads to elements of any namespace that has none here."`

	TimeZone   string         `yaml:"time_zone" desc:"IANA name of the zone of timestamps that do not name their offset; UTC by default. A time that comes twice, when clocks go back, is the first one; one that is skipped is moved forward."`
	MinorUnits minorUnitsSpec `yaml:"minor_units" desc:"How many digits of an amount in minor units (minor: true) are behind the point."`
	Identity   []string       `yaml:"identity" desc:"What makes a document the same when it is delivered again: the first entry whose paths all have a value. An entry is a path, or several joined by ' + '; =text is a text of its own, which tells entries apart. By default $envelope.id, and where that has no value the content."`
	RouteKey   []string       `yaml:"route_key" desc:"What documents are partitioned by: the first of these whose field is not empty. An entry is a field (customer_id), or text with one field in braces ('guest:{order_id}'). By default customer_id, anonymous_id, order_id."`

	Constants  constantsSpec   `yaml:"constants" desc:"Fields that are the same for every event."`
	Fields     fieldsSpec      `yaml:"fields" desc:"Where the event's fields stand."`
	Items      itemsSpec       `yaml:"items" desc:"Where the event's items stand."`
	MoreItems  []itemsSpec     `yaml:"more_items" desc:"Further items beside those, such as a discount of the whole order, which is an item of kind adjustment."`
	Properties yamldoc.Entries `yaml:"properties" desc:"Names and paths of what is kept as the event's properties. The whole document without it, nothing with {}."`
	Events     []eventSpec     `yaml:"events" desc:"What holds for some documents only, such as those of one topic: the first entry whose conditions hold decides. Its constants, fields and items replace those above, one by one; a document that no entry fits has those above."`
}

// eventSpec is what holds for the documents that meet its conditions.
type eventSpec struct {
	When      []conditionSpec `yaml:"when" required:"yes" desc:"Conditions, all of which must hold."`
	Constants constantsSpec   `yaml:"constants" desc:"As above."`
	Fields    fieldsSpec      `yaml:"fields" desc:"As above."`
	Items     itemsSpec       `yaml:"items" desc:"As above; replaced as a whole, with more_items. An empty each: '' says that there are none."`
	MoreItems []itemsSpec     `yaml:"more_items" desc:"As above."`
	Identity  []string        `yaml:"identity" desc:"As above; replaced as a whole."`
}

// conditionSpec holds by the text at a path. It has exactly one of in, prefix,
// pattern and present.
type conditionSpec struct {
	Path    string   `yaml:"path" required:"yes" desc:"Path of the text."`
	In      []string `yaml:"in" desc:"Holds for these texts."`
	Prefix  string   `yaml:"prefix" desc:"Holds for texts that start with it."`
	Pattern string   `yaml:"pattern" desc:"Holds for texts that the regular expression (RE2) finds something in. Slower than prefix and in."`
	Present bool     `yaml:"present" desc:"Holds where there is anything but null and empty text."`
}

// constantsSpec are fields that do not stand in the document.
type constantsSpec struct {
	Type     string `yaml:"type" desc:"Type of the event, such as order_completed. Required, unless fields have it."`
	Channel  string `yaml:"channel" desc:"Channel, such as shop, web or marketplace."`
	Country  string `yaml:"country" desc:"ISO 3166-1 alpha-2 code."`
	Currency string `yaml:"currency" desc:"ISO 4217 code."`
}

// fieldsSpec are the fields of an event.
type fieldsSpec struct {
	Type        valueSpec `yaml:"type" desc:"Type of the event."`
	EventTime   valueSpec `yaml:"event_time" desc:"When it happened; the receive time where no path has a value."`
	CustomerID  valueSpec `yaml:"customer_id" desc:"Who the shop knows the actor as."`
	AnonymousID valueSpec `yaml:"anonymous_id" desc:"Who the actor is before that."`
	OrderID     valueSpec `yaml:"order_id" desc:"The order it belongs to."`
	SessionID   valueSpec `yaml:"session_id" desc:"The visit it belongs to."`
	Channel     valueSpec `yaml:"channel" desc:"Channel, such as shop, web or marketplace."`
	Country     valueSpec `yaml:"country" desc:"Country, as its sender writes it."`
	Currency    valueSpec `yaml:"currency" desc:"ISO 4217 code of all amounts."`
	Amount      valueSpec `yaml:"amount" desc:"Value of the event; the sum of its items where no path has a value."`
}

// itemsSpec are the items of an event.
type itemsSpec struct {
	Each      string    `yaml:"each" desc:"Path of the list whose elements are the items; paths of items begin at an element. One element may stand without its list. Without it the document is itself the one item."`
	ProductID valueSpec `yaml:"product_id" desc:"Id of the product."`
	Name      valueSpec `yaml:"name" desc:"Its name."`
	Category  valueSpec `yaml:"category" desc:"Its category."`
	Quantity  valueSpec `yaml:"quantity" desc:"How many pieces; 1 where no path has a value."`
	Price     valueSpec `yaml:"price" desc:"Price of one piece."`
	Kind      kindSpec  `yaml:"kind" desc:"What kind of item it is."`
	SkipZero  bool      `yaml:"skip_zero" desc:"Whether items whose price is 0 are left out."`
}

// kindSpec classifies items.
type kindSpec struct {
	Default string         `yaml:"default" oneof:"sale|cancellation|adjustment|fee|view" desc:"Kind where no rule fits; sale by default."`
	Rules   []kindRuleSpec `yaml:"rules" desc:"The first rule that fits decides."`
}

// kindRuleSpec gives items a kind by the text at a path of the item. It has exactly
// one of in, prefix and pattern.
type kindRuleSpec struct {
	Path    string   `yaml:"path" required:"yes" desc:"Path of the text, from the item."`
	In      []string `yaml:"in" desc:"Fits these texts."`
	Prefix  string   `yaml:"prefix" desc:"Fits texts that start with it."`
	Pattern string   `yaml:"pattern" desc:"Fits texts that the regular expression (RE2) finds something in. Slower than prefix and in."`
	Kind    string   `yaml:"kind" required:"yes" oneof:"sale|cancellation|adjustment|fee|view" desc:"The kind."`
}

// valueSpec is where a field's value stands, and how it is read.
type valueSpec struct {
	Path       string            `yaml:"path" desc:"Where the value stands: /order/id or $.order.id, with positions of lists from 0 (/lines/0/sku); $envelope.topic for what the door knows; $payload for the whole document. Of XML, /@name is an attribute."`
	Paths      []string          `yaml:"paths" desc:"Several paths instead of one: the first that leads to anything but null and empty text counts."`
	Default    string            `yaml:"default" number:"yes" desc:"The value where no path has one."`
	Required   bool              `yaml:"required" desc:"Whether a missing value is a problem."`
	TrimSpace  bool              `yaml:"trim_space" desc:"Remove blanks at both ends first."`
	TrimPrefix string            `yaml:"trim_prefix" desc:"Text to remove from the start, such as £."`
	TrimSuffix string            `yaml:"trim_suffix" desc:"Text to remove from the end, such as .0."`
	Values     map[string]string `yaml:"values" desc:"Of text fields: what texts stand for, such as orders/create: order_completed. Others stay as they are."`
	Case       string            `yaml:"case" oneof:"lower|upper|snake" desc:"Of text fields: how texts that values does not name are rewritten. snake is lower case with _ for all that is no letter and no digit."`
	Formats    []string          `yaml:"formats" desc:"Of event_time: layouts in the notation of Go (2006-01-02 15:04:05, 02/01/2006 15:04), or rfc3339, unix, unix_ms. The first that fits counts. By default rfc3339."`
	Minor      bool              `yaml:"minor" desc:"Of amount and price: the number counts minor units of the currency, such as cents; see minor_units."`
	Negate     bool              `yaml:"negate" desc:"Of amount, price and quantity: the number is turned around, as that of a refund whose sender writes what it gives back without a sign."`
}

// minorUnitsSpec tells how minor units are counted.
type minorUnitsSpec struct {
	Digits     int               `yaml:"digits" default:"2" desc:"Digits behind the point, 0 to 6."`
	Currencies map[string]string `yaml:"currencies" desc:"Currencies with other digits, such as JPY: 0."`
}

var form = yamldoc.Form{Name: "mapping", Begins: "name: my_webhook", MaxBytes: maxFileBytes, Split: "make a mapping for each kind of document"}

// Limits of a mapping.
const (
	maxFileBytes = 1 << 20
	maxEvents    = 256
	maxPaths     = 1024
	maxSteps     = 32 // of a path
)
