package metric

// document is a metrics file. The structs of this file are the only description of the
// format: the loader, the reference page and the JSON Schema are derived from their tags,
// which package yamldoc describes.
type document struct {
	Version int    `yaml:"version" required:"true" oneof:"1" desc:"Version of this format."`
	Metrics []spec `yaml:"metrics" required:"true" desc:"Definitions of metrics."`
}

type spec struct {
	Name        string   `yaml:"name" required:"true" desc:"Name of the metric: lower-case letters, digits and underscores, unique among all files. A file of the shop may define a metric of the platform anew."`
	Label       string   `yaml:"label" required:"true" desc:"What a chart writes beside it."`
	Description string   `yaml:"description" required:"true" desc:"What the number says, and what it leaves out."`
	Owner       string   `yaml:"owner" required:"true" desc:"Who decides about the definition: a team or a person."`
	Kind        string   `yaml:"kind" required:"true" oneof:"simple|ratio|derived|cumulative|conversion|semi_additive" desc:"How the number is made. The guide has a table of kinds with their keys."`
	Format      string   `yaml:"format" required:"true" oneof:"money|count|percent|number|days" desc:"How the number is shown. Amounts of money are in one currency."`
	Area        string   `yaml:"area" oneof:"sales|customers|products|funnel|marketing|payments|inventory|quality" desc:"Where it is listed."`
	Synonyms    []string `yaml:"synonyms" desc:"Other words for it, by which it is found."`
	Better      string   `yaml:"better" oneof:"higher|lower" desc:"Which direction is good, for the colour of changes."`
	Dimensions  []string `yaml:"dimensions" desc:"Dimensions that it may be broken down by. Default: all that its rows have."`

	Measure     measureSpec `yaml:"measure" desc:"Of simple and semi_additive: which rows are aggregated, and how."`
	Numerator   string      `yaml:"numerator" desc:"Of ratio: a metric."`
	Denominator string      `yaml:"denominator" desc:"Of ratio: a metric. Where it is 0 the ratio is null."`
	Formula     string      `yaml:"formula" desc:"Of derived: names of metrics and numbers with + - * / and parentheses."`
	Of          string      `yaml:"of" desc:"Of cumulative: a simple metric."`
	Window      string      `yaml:"window" desc:"Of cumulative: how far back each bucket looks from its end, in days, such as 28d."`
	ToDate      string      `yaml:"to_date" oneof:"month|quarter|year|all" desc:"Of cumulative: since when each bucket counts, in place of a window."`
	LastBy      []string    `yaml:"last_by" desc:"Of semi_additive: fields that name one thing, such as a product at a location. Of each, the newest row of a bucket counts."`
	Conversion  convertSpec `yaml:"conversion" desc:"Of conversion: what is followed by what."`
}

type measureSpec struct {
	Dataset   string          `yaml:"dataset" required:"true" desc:"Rows that are aggregated."`
	Aggregate string          `yaml:"aggregate" required:"true" oneof:"sum|count|count_distinct|min|max|median|p95" desc:"How. Median and p95 are values that occur, not means of two."`
	Field     string          `yaml:"field" desc:"What is aggregated; count needs none."`
	Where     []conditionSpec `yaml:"where" desc:"Rows that count: those that meet all conditions."`
}

type conditionSpec struct {
	Field   string   `yaml:"field" required:"true" desc:"Field of the dataset."`
	Is      string   `yaml:"is" number:"true" desc:"The value."`
	In      []string `yaml:"in" number:"true" desc:"One of these values."`
	NotIn   []string `yaml:"not_in" number:"true" desc:"None of these values; rows without a value are meant, too."`
	AtLeast string   `yaml:"at_least" number:"true" desc:"This or more."`
	AtMost  string   `yaml:"at_most" number:"true" desc:"This or less."`
	Above   string   `yaml:"above" number:"true" desc:"More than this."`
	Below   string   `yaml:"below" number:"true" desc:"Less than this."`
	Missing bool     `yaml:"missing" desc:"It has no value."`
	Present bool     `yaml:"present" desc:"It has a value."`
}

type convertSpec struct {
	Dataset string          `yaml:"dataset" required:"true" desc:"Rows in which both happen."`
	Entity  string          `yaml:"entity" required:"true" desc:"Field that says to whom, such as session_id."`
	From    []conditionSpec `yaml:"from" required:"true" desc:"What happens first. The first such row of an entity in the range counts, in the bucket of its time."`
	To      []conditionSpec `yaml:"to" required:"true" desc:"What has to follow."`
	Within  string          `yaml:"within" desc:"How soon, such as 24h. Default: 24h."`
	Result  string          `yaml:"result" oneof:"rate|converted" default:"rate" desc:"The share of entities that converted, or their number."`
}
