package rollup

// document is a rollups file. The structs of this file are the only description of the
// format: the loader, the reference page and the JSON Schema are derived from their tags,
// which package yamldoc describes.
type document struct {
	Version int    `yaml:"version" required:"true" oneof:"1" desc:"Version of this format."`
	Rollups []spec `yaml:"rollups" required:"true" desc:"Definitions of rollups."`
}

type spec struct {
	Name        string        `yaml:"name" required:"true" desc:"Name of the rollup: lower-case letters, digits and underscores, unique among all files. SQL reads it as rollup_NAME. A file of the shop may define a rollup of the platform anew."`
	Description string        `yaml:"description" required:"true" desc:"What it is for."`
	Dataset     string        `yaml:"dataset" required:"true" desc:"Rows that are aggregated: events, order_lines or product_events. The reference of metrics has their fields."`
	Grain       string        `yaml:"grain" required:"true" oneof:"minute|hour|day|week|month|quarter|year" desc:"Width of its buckets of event time, in UTC."`
	Dimensions  []string      `yaml:"dimensions" desc:"Fields of the dataset that its rows are told apart by. A query is answered when it groups and filters by these only."`
	Measures    []measureSpec `yaml:"measures" required:"true" desc:"What is kept of the rows of a bucket."`
	Retention   string        `yaml:"retention" desc:"How long buckets are kept, in days before the newest one, such as 730d. Default: for ever, also when their rows are gone."`
	Disabled    bool          `yaml:"disabled" desc:"It is not kept. For a rollup of the platform that a shop does not need."`
}

type measureSpec struct {
	Name      string `yaml:"name" required:"true" desc:"Name of the column."`
	Aggregate string `yaml:"aggregate" required:"true" oneof:"count|sum|min|max|distinct|approx_distinct|quantiles" desc:"What is kept. distinct keeps the different values themselves, which any coarser bucket can be counted from exactly. approx_distinct and quantiles keep sketches, for queries that allow approximate numbers: a HyperLogLog of 4096 registers (standard error 1.6 %), and bins of 1 % for median and p95."`
	Field     string `yaml:"field" desc:"What is aggregated; count needs none, and counts the rows with a value when it has one."`
}
