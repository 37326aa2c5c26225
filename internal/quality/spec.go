package quality

// document is a rules file. The structs of this file are the only description of
// the format: the loader, the reference page and the JSON Schema are derived
// from their tags, which package yamldoc describes.
type document struct {
	Version     int              `yaml:"version" required:"true" oneof:"1" desc:"Version of this format."`
	Types       []string         `yaml:"types" desc:"Types of events that the file is for: what its rules and corrections have for types unless they say otherwise. Without it, all."`
	Tables      []tableSpec      `yaml:"tables" desc:"Tables that references and look-ups ask. They are read in the background and held in memory."`
	Corrections []correctionSpec `yaml:"corrections" desc:"Changes made to events before they are judged, in this order. Each sees what the earlier ones did."`
	Rules       []ruleSpec       `yaml:"rules" desc:"What must hold for every event. All rules are evaluated, so that an event shows everything that is wrong with it."`
}

type tableSpec struct {
	Name    string   `yaml:"name" required:"true" desc:"Name of the table in this file: lower-case letters, digits and underscores."`
	File    string   `yaml:"file" desc:"CSV file with a header, in UTF-8. A relative path is relative to the working directory of the platform."`
	Table   string   `yaml:"table" desc:"Table or view of the analytics store."`
	Key     string   `yaml:"key" required:"true" desc:"Column of the key. Of several rows with one key the last counts."`
	Columns []string `yaml:"columns" desc:"Columns that look-ups take values from."`
	Refresh string   `yaml:"refresh" default:"5m" desc:"How often it is read again, such as 30s or 1h; at least 1s."`
}

type correctionSpec struct {
	Name      string            `yaml:"name" required:"true" desc:"Name of the correction in the passport and in the table of corrections: lower-case letters, digits and underscores, unique in the file."`
	Types     []string          `yaml:"types" desc:"Types of events that it is for. Without it, those of the file."`
	Field     string            `yaml:"field" required:"true" desc:"The field to correct."`
	When      string            `yaml:"when" desc:"Where the correction applies: \"missing\", or a condition. Without it, everywhere."`
	Fill      string            `yaml:"fill" desc:"Text for events whose field is missing. {name} stands for another field; an event in which that one is missing, too, is left alone."`
	Default   string            `yaml:"default" desc:"Text or time for events whose field is missing, as it stands."`
	Value     string            `yaml:"value" desc:"Text that replaces whatever the field holds; needs \"when\". {name} stands for a field."`
	Trim      bool              `yaml:"trim" desc:"Removes blanks at both ends."`
	Upper     bool              `yaml:"upper" desc:"Writes the field in capitals."`
	Lower     bool              `yaml:"lower" desc:"Writes the field in small letters."`
	Map       map[string]string `yaml:"map" desc:"Replaces the values on the left by those on the right; others stay."`
	Cast      string            `yaml:"cast" oneof:"integer|decimal|boolean|date|time" desc:"Writes a text in the standard form of a type: integer \" +7.0\" as 7, decimal \"1e3\" as 1000, boolean Yes as true, date and time as in RFC 3339."`
	Parse     parseSpec         `yaml:"parse" desc:"Reads a number, an amount or a time from a text."`
	Convert   convertSpec       `yaml:"convert" desc:"Converts a number or an amount between units of measure."`
	Exchange  exchangeSpec      `yaml:"exchange" desc:"Of the field currency: converts the amounts of the event to one currency, by the European Central Bank's rates of the event's day."`
	Lookup    lookupSpec        `yaml:"lookup" desc:"Takes the value from a table."`
	Script    string            `yaml:"script" desc:"The new value, as an expression of the field's kind."`
	Severity  string            `yaml:"severity" oneof:"ignore|warn|quarantine" default:"ignore" desc:"What becomes of an event for which the correction cannot be made (not readable, no rate, not in the table): its value stays, and it is counted; with warn it has the mark \"warned\", with quarantine it is quarantined."`
	Confirmed string            `yaml:"confirmed" desc:"Digest of a correction that hits every event, or nearly every one. 'millrace rules dry-run' prints it; without it the file is refused."`
}

type parseSpec struct {
	From    string   `yaml:"from" desc:"Text field or JSON property that is read. Without it, the field itself."`
	As      string   `yaml:"as" oneof:"integer|decimal|boolean|date|time" desc:"What a text field is to hold, in its standard form. Numbers, amounts and times follow from the field."`
	Formats []string `yaml:"formats" desc:"Of dates and times, in the notation of Go (02.01.2006 15:04), or unix, unix_ms. The first that fits counts. By default RFC 3339 and 2006-01-02 15:04:05."`
	Zone    string   `yaml:"zone" default:"UTC" desc:"Time zone of times that name none, such as Europe/Berlin."`
	Decimal string   `yaml:"decimal" oneof:".|," default:"." desc:"Decimal sign of numbers."`
	Group   string   `yaml:"group" desc:"Sign between groups of three digits, such as \",\", \".\", \"'\" or a blank, which also stands for no-break blanks. Without it, none is allowed."`
}

type convertSpec struct {
	From string `yaml:"from" desc:"The unit that the values have."`
	Unit string `yaml:"unit" desc:"Text field or JSON property that names the unit, in place of from."`
	To   string `yaml:"to" required:"true" desc:"The unit that they are to have."`
}

type exchangeSpec struct {
	To       string   `yaml:"to" required:"true" desc:"The currency (ISO 4217)."`
	Fields   []string `yaml:"fields" desc:"Amounts to convert. By default amount, item.price and item.amount."`
	Decimals int      `yaml:"decimals" default:"6" desc:"Decimals to round to, halves away from zero; at most 6."`
}

type lookupSpec struct {
	Table  string `yaml:"table" required:"true" desc:"Name of the table in this file."`
	By     string `yaml:"by" required:"true" desc:"Text field or JSON property that holds the key."`
	Column string `yaml:"column" required:"true" desc:"Column of the table that holds the value."`
}

type ruleSpec struct {
	Name      string    `yaml:"name" required:"true" desc:"Name of the rule in problems, tables and metrics: lower-case letters, digits and underscores, unique in the file."`
	Types     []string  `yaml:"types" desc:"Types of events that it is for. Without it, those of the file."`
	Field     string    `yaml:"field" required:"true" desc:"The field that the check reads, and that a problem is reported on; properties.a.b and context.a.b are values in JSON. A field of items (item.…) is checked for each item; an event has at most one problem per rule."`
	When      string    `yaml:"when" desc:"A condition; the rule is for events (or items) that meet it. Without it, for all."`
	Check     checkSpec `yaml:"check" required:"true" desc:"What must hold. Several keys must hold together."`
	Severity  string    `yaml:"severity" oneof:"quarantine|warn" default:"quarantine" desc:"Whether an event that breaks the rule is quarantined, or accepted with the mark \"warned\"."`
	Category  string    `yaml:"category" oneof:"missing|format|out_of_range|schema|business|too_large|duplicate_conflict|enrichment" desc:"In what way an event that breaks the rule is wrong. By default missing for required, out_of_range for limits, schema for type, business for expr, compare, reference and unique, and format for the rest."`
	Message   string    `yaml:"message" desc:"What a reader is told, in place of a text made from the check."`
	Confirmed string    `yaml:"confirmed" desc:"Digest of a rule that hits every event, or nearly every one. 'millrace rules dry-run' prints it; without it the file is refused."`
}

type checkSpec struct {
	Required     bool          `yaml:"required" desc:"The field must not be missing. All other keys pass a missing text or time; a number is never missing."`
	Type         string        `yaml:"type" oneof:"text|integer|decimal|boolean|date|time|list|object" desc:"What a text can be read as. A JSON property is text, number or boolean by how it is written: \"1\" is text and no integer; dates and times are text."`
	In           []string      `yaml:"in" number:"true" desc:"The value must be one of these."`
	Regex        string        `yaml:"regex" desc:"The text must match this RE2 expression, somewhere unless anchored by ^ and $."`
	Min          string        `yaml:"min" number:"true" desc:"The value must not be smaller. Money is a decimal in currency units, with at most six decimals; a time is written 2011-01-31, 2011-01-31 08:26:00 or in RFC 3339. A JSON property must be a number, or text that is one."`
	MinExclusive string        `yaml:"min_exclusive" number:"true" desc:"The value must be greater."`
	Max          string        `yaml:"max" number:"true" desc:"The value must not be greater."`
	MaxExclusive string        `yaml:"max_exclusive" number:"true" desc:"The value must be smaller."`
	Length       lengthSpec    `yaml:"length" desc:"Limits of the text's length in characters."`
	Format       string        `yaml:"format" oneof:"email|uuid|url|date|integer|decimal|gtin|currency" desc:"The text must be of this form. A gtin (EAN, UPC) must have a valid check digit; a currency is three capital letters."`
	Compare      compareSpec   `yaml:"compare" desc:"Compares the field with others of its kind; stands alone in its check."`
	Reference    referenceSpec `yaml:"reference" desc:"The text must be a key of a table; stands alone in its check."`
	Unique       uniqueSpec    `yaml:"unique" desc:"No other event with the same value may have been received shortly before; stands alone in its check."`
	Expr         string        `yaml:"expr" desc:"A condition that must hold; it stands alone in its check."`
}

type compareSpec struct {
	Equals      string   `yaml:"equals" desc:"A field that it must be equal to."`
	NotEquals   string   `yaml:"not_equals" desc:"A field that it must differ from."`
	LessThan    string   `yaml:"less_than" desc:"A field that it must be smaller, or earlier, than."`
	AtMost      string   `yaml:"at_most" desc:"A field that it must not be greater, or later, than."`
	GreaterThan string   `yaml:"greater_than" desc:"A field that it must be greater, or later, than."`
	AtLeast     string   `yaml:"at_least" desc:"A field that it must not be smaller, or earlier, than."`
	SumOf       []string `yaml:"sum_of" desc:"Fields whose sum it must be. Those of items are added up over the items, where the field is one of the event."`
	ProductOf   []string `yaml:"product_of" desc:"Fields whose product it must be; at most one of them is money."`
	Tolerance   string   `yaml:"tolerance" number:"true" desc:"How far a number or an amount may be from what it must be equal to, sum_of and product_of included."`
}

type referenceSpec struct {
	Table   string `yaml:"table" required:"true" desc:"Name of the table in this file."`
	Unready string `yaml:"unready" oneof:"pass|warn|quarantine" default:"pass" desc:"What becomes of events while the table was never read. Nothing waits for it. With warn and quarantine the category is enrichment."`
}

type uniqueSpec struct {
	Within string   `yaml:"within" required:"true" desc:"How long a value is remembered, such as 10m or 24h, by the time of receipt; at most 168h."`
	With   []string `yaml:"with" desc:"Fields that belong to the key besides the field itself."`
	Keys   int      `yaml:"keys" default:"100000" desc:"How many values are remembered per partition; the oldest are forgotten beyond that. At most 5000000."`
}

type lengthSpec struct {
	Min int `yaml:"min" default:"0" desc:"The fewest characters."`
	Max int `yaml:"max" desc:"The most characters; without it there is no upper limit."`
}

// Limits of a rules file.
const (
	maxFileBytes      = 1 << 20
	maxRules          = 1000 // rules and corrections together
	maxNameBytes      = 64
	maxConditionNodes = 200
	maxListValues     = 10_000 // of one "in" or "map"
	maxProperties     = 256    // JSON properties that the rules of a source name
	maxPathDepth      = 16
	maxTables         = 50
)
