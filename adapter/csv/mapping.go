package csv

// Mapping is what a mapping file says. It is the only description of the file:
// docs/adapters.md is generated from its tags.
type Mapping struct {
	Name        string `yaml:"name" doc:"Name of the adapter, which sources are configured with: lower-case letters, digits, - and _."`
	Version     string `yaml:"version" doc:"Version of the mapping, for people. A digest of the mapping is added to it, so that no change goes unnoticed."`
	Description string `yaml:"description" doc:"What the file is."`

	Encoding  string `yaml:"encoding" doc:"utf-8 (default), windows-1252, iso-8859-1 (latin1), or auto: each row is UTF-8 if it can be, else windows-1252. Files in UTF-16 are recognised and read as utf-8."`
	Delimiter string `yaml:"delimiter" doc:"One character between fields; a comma by default, \"\\t\" for tabs, or auto: the first of comma, semicolon, tab and | that makes the columns out of the first line."`
	Quote     string `yaml:"quote" doc:"The character around fields that hold delimiters, doubled inside of them; '\"' by default, none for files without quoting."`
	Header    *bool  `yaml:"header" doc:"Whether the first row names the columns; true by default. With false the columns are those of the mapping, in its order."`
	Multiline *bool  `yaml:"multiline" doc:"Whether a quoted field may hold line breaks; true by default. With false a stray quote spoils one line instead of all that follow, and reading is faster."`

	TimeZone           string `yaml:"time_zone" doc:"IANA name of the zone of timestamps that do not name their offset; UTC by default. A time that comes twice, when clocks go back, is the first one; one that is skipped is moved forward."`
	DecimalSeparator   string `yaml:"decimal_separator" doc:"\".\" (default) or \",\"."`
	ThousandsSeparator string `yaml:"thousands_separator" doc:"One character between groups of three digits; none by default. Where it stands, the groups must be right."`

	Constants Constants `yaml:"constants" doc:"Fields that are the same for every row."`
	Columns   []Column  `yaml:"columns" doc:"The columns, in canonical order. All of them must be in the file, in any order when it has a header."`
	Kind      Kind      `yaml:"kind" doc:"What kind of item a row is."`
	RouteKey  []string  `yaml:"route_key" doc:"What rows are partitioned by: the first of these whose field is not empty. An entry is a field (customer_id), or text with one field in braces (\"guest:{order_id}\"). By default customer_id, anonymous_id, order_id."`
	Identity  []string  `yaml:"identity" doc:"Names of the columns that identify a row; all of them by default."`
}

// Constants are fields that no column holds.
type Constants struct {
	Type     string `yaml:"type" doc:"Type of the event, such as order_line. Required, unless a column holds it."`
	Channel  string `yaml:"channel" doc:"Channel, such as shop, web or marketplace."`
	Country  string `yaml:"country" doc:"ISO 3166-1 alpha-2 code."`
	Currency string `yaml:"currency" doc:"ISO 4217 code."`
}

// Column is one column of the file.
type Column struct {
	Name       string   `yaml:"name" doc:"Its name in the header."`
	Field      string   `yaml:"field" doc:"Where its value goes: order_id, customer_id, anonymous_id, session_id, type, channel, country, currency, event_time, amount; item.product_id, item.name, item.category, item.quantity, item.price; or properties.NAME. A column without a field only identifies the row."`
	Type       string   `yaml:"type" doc:"string, integer, decimal, money or timestamp. By default what the field needs; text fields may also be checked to be an integer or a decimal."`
	Required   bool     `yaml:"required" doc:"Whether an empty value is a problem."`
	TrimSpace  bool     `yaml:"trim_space" doc:"Remove blanks at both ends first."`
	TrimPrefix string   `yaml:"trim_prefix" doc:"Text to remove from the start, such as £."`
	TrimSuffix string   `yaml:"trim_suffix" doc:"Text to remove from the end, such as .0."`
	Formats    []string `yaml:"formats" doc:"Of timestamps: layouts in the notation of Go (2006-01-02 15:04:05, 02/01/2006 15:04), or rfc3339, unix, unix_ms. The first that fits counts. By default rfc3339."`

	line int
}

// Kind classifies items.
type Kind struct {
	Default string     `yaml:"default" doc:"Kind where no rule fits; sale by default."`
	Rules   []KindRule `yaml:"rules" doc:"The first rule that fits decides."`
}

// KindRule gives items a kind by the text of one field. It has exactly one of
// prefix, in and pattern.
type KindRule struct {
	Field   string   `yaml:"field" doc:"A text field that a column holds."`
	Prefix  string   `yaml:"prefix" doc:"Fits values that start with it."`
	In      []string `yaml:"in" doc:"Fits these values."`
	Pattern string   `yaml:"pattern" doc:"Fits values that the regular expression (RE2) finds something in. Slower than prefix and in."`
	Kind    string   `yaml:"kind" doc:"sale, cancellation, adjustment, fee or view."`

	line int
}
