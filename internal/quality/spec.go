package quality

// document is a rules file. The structs of this file are the only description of
// the format: the loader, the reference page and the JSON Schema are derived
// from their tags, which package yamldoc describes.
type document struct {
	Version     int              `yaml:"version" required:"true" oneof:"1" desc:"Version of this format."`
	Corrections []correctionSpec `yaml:"corrections" desc:"Changes made to events before they are judged, in this order. Each sees what the earlier ones did."`
	Rules       []ruleSpec       `yaml:"rules" desc:"What must hold for every event. All rules are evaluated, so that an event shows everything that is wrong with it."`
}

type correctionSpec struct {
	Name  string            `yaml:"name" required:"true" desc:"Name of the correction in the passport and in the table of corrections: lower-case letters, digits and underscores, unique in the file."`
	Field string            `yaml:"field" required:"true" desc:"The text field to correct."`
	When  string            `yaml:"when" desc:"Where the correction applies: \"missing\", or a condition. Without it, everywhere."`
	Fill  string            `yaml:"fill" desc:"Text for events whose field is missing. {name} stands for another field; an event in which that one is missing, too, is left alone."`
	Value string            `yaml:"value" desc:"Text that replaces whatever the field holds; needs \"when\". {name} stands for a field."`
	Trim  bool              `yaml:"trim" desc:"Removes blanks at both ends."`
	Upper bool              `yaml:"upper" desc:"Writes the field in capitals."`
	Lower bool              `yaml:"lower" desc:"Writes the field in small letters."`
	Map   map[string]string `yaml:"map" desc:"Replaces the values on the left by those on the right; others stay."`
}

type ruleSpec struct {
	Name     string    `yaml:"name" required:"true" desc:"Name of the rule in problems, tables and metrics: lower-case letters, digits and underscores, unique in the file."`
	Field    string    `yaml:"field" required:"true" desc:"The field that the check reads, and that a problem is reported on. A field of items (item.…) is checked for each item; an event has at most one problem per rule."`
	When     string    `yaml:"when" desc:"A condition; the rule is for events (or items) that meet it. Without it, for all."`
	Check    checkSpec `yaml:"check" required:"true" desc:"What must hold. Several keys must hold together."`
	Severity string    `yaml:"severity" oneof:"quarantine|warn" default:"quarantine" desc:"Whether an event that breaks the rule is quarantined, or accepted with the mark \"warned\"."`
	Category string    `yaml:"category" oneof:"missing|format|out_of_range|schema|business|duplicate_conflict" desc:"In what way an event that breaks the rule is wrong. By default missing for required, out_of_range for limits, business for expr, and format for the rest."`
	Message  string    `yaml:"message" desc:"What a reader is told, in place of a text made from the check."`
}

type checkSpec struct {
	Required     bool       `yaml:"required" desc:"The field must not be missing. All other keys pass a missing text or time; a number is never missing."`
	In           []string   `yaml:"in" number:"true" desc:"The value must be one of these."`
	Regex        string     `yaml:"regex" desc:"The text must match this RE2 expression, somewhere unless anchored by ^ and $."`
	Min          string     `yaml:"min" number:"true" desc:"The value must not be smaller. Money is a decimal in currency units, with at most six decimals; a time is written 2011-01-31, 2011-01-31 08:26:00 or in RFC 3339."`
	MinExclusive string     `yaml:"min_exclusive" number:"true" desc:"The value must be greater."`
	Max          string     `yaml:"max" number:"true" desc:"The value must not be greater."`
	MaxExclusive string     `yaml:"max_exclusive" number:"true" desc:"The value must be smaller."`
	Length       lengthSpec `yaml:"length" desc:"Limits of the text's length in characters."`
	Format       string     `yaml:"format" oneof:"email|uuid|url|date|integer|decimal|gtin|currency" desc:"The text must be of this form. A gtin (EAN, UPC) must have a valid check digit; a currency is three capital letters."`
	Expr         string     `yaml:"expr" desc:"A condition that must hold; it stands alone in its check."`
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
)
