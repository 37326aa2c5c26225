package patch

// Spec is a patch as it is written. The tags of its structs are the only
// description of the format: the loader and the reference page are derived from them.
type Spec struct {
	Version     int    `yaml:"version" json:"version" required:"true" oneof:"1" desc:"Version of this format."`
	Name        string `yaml:"name" json:"name" required:"true" desc:"Name of the patch: lower-case letters, digits and underscores. With a digest of the patch it is what repaired events are marked with."`
	Description string `yaml:"description" json:"description,omitempty" desc:"What the patch is for, for people."`
	Steps       []Step `yaml:"steps" json:"steps" required:"true" desc:"What is changed, in this order. Each step sees what the earlier ones did."`
}

// Step is one change. Besides field, when and default it has exactly one key.
type Step struct {
	Field   string `yaml:"field" json:"field,omitempty" desc:"The field to change: a column by its name, by the event's field that the mapping reads from it (item.quantity), or by its position in the line ($4); a place in a JSON document (items[0].price, items[*].price). Without it the step is on the whole payload."`
	When    string `yaml:"when" json:"when,omitempty" desc:"A condition: the step changes only what meets it. \"value\" is the text of the step's field."`
	Default string `yaml:"default" json:"default,omitempty" number:"true" desc:"Text for a field that is missing, empty or null. Beside map, lookup, cast, number, time and scale: text for what these cannot make anything of."`

	Set     string            `yaml:"set" json:"set,omitempty" number:"true" desc:"The new text. {name} stands for a field, {value} for the one that is set; where a field that it names is empty, nothing happens."`
	Fill    string            `yaml:"fill" json:"fill,omitempty" number:"true" desc:"As set, but only for a field that is missing, empty or null."`
	Clear   bool              `yaml:"clear" json:"clear,omitempty" desc:"Empties the field."`
	Trim    bool              `yaml:"trim" json:"trim,omitempty" desc:"Removes blanks at both ends, non-breaking ones as well."`
	Upper   bool              `yaml:"upper" json:"upper,omitempty" desc:"Writes the field in capitals."`
	Lower   bool              `yaml:"lower" json:"lower,omitempty" desc:"Writes the field in small letters."`
	Map     map[string]string `yaml:"map" json:"map,omitempty" desc:"Replaces the values on the left by those on the right; others stay."`
	Replace Replace           `yaml:"replace" json:"replace,omitzero" desc:"Replaces what a regular expression finds, in the field or in the whole payload."`

	Truncate int    `yaml:"truncate" json:"truncate,omitempty" desc:"Cuts the text to so many characters."`
	Cast     string `yaml:"cast" json:"cast,omitempty" oneof:"integer|decimal|text|boolean" desc:"Writes the value as a whole number (12.0 as 12), a decimal, a text or true or false; in JSON it gets that type. A value that is none stays."`
	Number   Number `yaml:"number" json:"number,omitzero" desc:"Reads a number as people write it and writes it with a point and without groups."`
	Time     Time   `yaml:"time" json:"time,omitzero" desc:"Reads a time in one of several formats and writes it in one."`
	Scale    Scale  `yaml:"scale" json:"scale,omitzero" desc:"Converts a number to another unit, exactly."`
	Lookup   Lookup `yaml:"lookup" json:"lookup,omitzero" desc:"Sets the field by another one, with a small table."`
	Script   string `yaml:"script" json:"script,omitempty" desc:"An expression whose value the field gets. What cannot be computed leaves the field alone."`

	Move   string `yaml:"move" json:"move,omitempty" desc:"Another field, which gets the value; this one is emptied, or removed in JSON."`
	Copy   string `yaml:"copy" json:"copy,omitempty" desc:"Another field, which gets the value, too."`
	Swap   string `yaml:"swap" json:"swap,omitempty" desc:"Another field, which changes its value with this one."`
	Rename string `yaml:"rename" json:"rename,omitempty" desc:"In JSON: a new name for the member, which stays where it is."`
	Remove bool   `yaml:"remove" json:"remove,omitempty" desc:"Removes the member of a JSON document; of a line, the column: those behind it move up."`

	Insert  bool   `yaml:"insert" json:"insert,omitempty" desc:"Puts an empty column at the field's position ($4), for lines that lack one."`
	Join    int    `yaml:"join" json:"join,omitempty" desc:"Makes one column of so many, beginning with the field's: for delimiters that should have been quoted."`
	Split   string `yaml:"split" json:"split,omitempty" desc:"Makes several columns of one: this text separates them."`
	Columns int    `yaml:"columns" json:"columns,omitempty" desc:"Gives the line this number of columns: adds empty ones at its end, or takes empty ones away there."`

	Encoding string `yaml:"encoding" json:"encoding,omitempty" oneof:"windows-1252|iso-8859-1" desc:"Reads the bytes of the payload that are no UTF-8 in this encoding."`
	Payload  string `yaml:"payload" json:"payload,omitempty" desc:"The whole new payload: for one event that was edited by hand."`
}

// Replace is a replacement by a regular expression.
type Replace struct {
	Regex string `yaml:"regex" json:"regex,omitempty" required:"true" desc:"What to look for, in RE2 syntax."`
	With  string `yaml:"with" json:"with,omitempty" number:"true" desc:"What to put there; $1 or ${1} stands for the first group, $$ for a dollar sign. Without it, nothing."`
}

// Number says how a number is written. It has a locale, or separators.
type Number struct {
	Locale  string `yaml:"locale" json:"locale,omitempty" oneof:"en|de|fr|ch" desc:"en: 1,234.56; de: 1.234,56; fr: 1 234,56; ch: 1'234.56."`
	Decimal string `yaml:"decimal" json:"decimal,omitempty" desc:"The character before the fraction; \".\" by default."`
	Group   string `yaml:"group" json:"group,omitempty" desc:"The character between groups of three digits; none by default. The groups must be right: 1.23 is not 123."`
}

// Time says how a time is written.
type Time struct {
	Formats []string `yaml:"formats" json:"formats,omitempty" required:"true" desc:"The first that fits counts: layouts in the notation of Go (2006-01-02 15:04:05, 02/01/2006 15:04), or rfc3339, unix, unix_ms."`
	Zone    string   `yaml:"zone" json:"zone,omitempty" desc:"IANA name of the zone of times that do not name their offset, and of what is written; UTC by default."`
	To      string   `yaml:"to" json:"to,omitempty" default:"rfc3339" desc:"The format to write, one of the same."`
}

// Scale converts a unit: value × factor / by.
type Scale struct {
	Factor   string `yaml:"factor" json:"factor,omitempty" number:"true" desc:"A decimal to multiply by; 1 by default."`
	By       string `yaml:"by" json:"by,omitempty" number:"true" desc:"A decimal to divide by; 1 by default."`
	Decimals int    `yaml:"decimals" json:"decimals,omitempty" default:"6" desc:"The most decimals; the last one is rounded half away from zero, and zeros at the end are left out."`
}

// Lookup is a table of values of another field.
type Lookup struct {
	Field string            `yaml:"field" json:"field,omitempty" required:"true" desc:"The field to look up."`
	Table map[string]string `yaml:"table" json:"table,omitempty" required:"true" desc:"Its values, and what the step's field gets for each."`
}

// Limits of a patch, and of what it makes.
const (
	maxFileBytes      = 1 << 20
	maxSteps          = 100
	maxNameBytes      = 64
	maxFieldBytes     = 256
	maxConditionNodes = 200
	maxTableValues    = 10_000
	maxTemplateParts  = 50
	maxFormats        = 20
	maxColumns        = 4096
	maxPlaces         = 1000      // that one step changes in one payload
	maxTextBytes      = 256 << 10 // of one value
	maxMatches        = 10_000    // of one regular expression in one payload
	defaultMaxBytes   = 1 << 20   // of a payload
	maxShownBytes     = 4 << 10   // of a value in a Change
)
