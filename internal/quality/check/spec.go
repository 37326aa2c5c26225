package check

// document is a checks file. The structs of this file are the only description of the
// format: the loader, the reference page and the JSON Schema are derived from their tags,
// which package yamldoc describes.
type document struct {
	Version int         `yaml:"version" required:"true" oneof:"1" desc:"Version of this format."`
	Checks  []checkSpec `yaml:"checks" required:"true" desc:"What must hold for many rows together."`
}

type checkSpec struct {
	Name        string     `yaml:"name" required:"true" desc:"Name of the check in results, metrics and signals: lower-case letters, digits and underscores, unique among all files."`
	Owner       string     `yaml:"owner" required:"true" desc:"Who is asked when the check fails: a team or a person. Scores are kept by owner."`
	Description string     `yaml:"description" desc:"What a reader is told: what a failure means, and what to do."`
	Severity    string     `yaml:"severity" oneof:"error|warn|info" default:"error" desc:"How bad a failure is. A failed check of severity error makes 'millrace checks run' end with code 1."`
	On          onSpec     `yaml:"on" desc:"What rows the check is about. Default: all accepted events."`
	Filter      string     `yaml:"filter" desc:"A condition on the columns of the table in the language of rules, such as 'kind == \"sale\"'. The check is about the rows that meet it."`
	Where       string     `yaml:"where" desc:"The same as a condition of SQL. Checks on windows that have one are computed from the table, not as events come."`
	Every       string     `yaml:"every" desc:"How long after one run the next follows, such as 10m. Without every, cron and window the check runs on demand only."`
	Cron        string     `yaml:"cron" desc:"When to run, in UTC, as five fields: minute, hour, day of month, month, day of week. Such as '15 6 * * 1-5'."`
	Window      windowSpec `yaml:"window" desc:"Check each span of time for itself, once it is complete. Takes the place of every and cron."`
	Over        string     `yaml:"over" desc:"How far back the rows of a scheduled check go, such as 24h; of drift, the span that is compared. Without it, all rows."`
	AsOf        string     `yaml:"as_of" oneof:"clock|newest" default:"clock" desc:"Where 'over' and buckets end: now, or at the newest row, for data of the past."`
	Time        string     `yaml:"time" oneof:"event_time|received_at" default:"event_time" desc:"The time that 'over', freshness, drift and anomalies go by."`

	Kind      string        `yaml:"kind" required:"true" oneof:"nulls|type|set|range|regex|length|format|reference|unique|distinct|quantile|sum|average|ratio|volume|freshness|row_count|schema|drift|anomaly|sql" desc:"What is measured. The guide has a table of kinds with their keys."`
	Column    string        `yaml:"column" desc:"Column that is measured."`
	Columns   []string      `yaml:"columns" desc:"Of unique: the columns that together must not repeat. Of schema: the columns that must be there, as 'name TYPE'; without it, those of the first run."`
	Min       string        `yaml:"min" number:"true" desc:"The least that the measured number may be."`
	Max       string        `yaml:"max" number:"true" desc:"The most that the measured number may be. Of kinds that measure a share of rows it is 0 by default: no row may fail."`
	Type      string        `yaml:"type" oneof:"integer|decimal|boolean|date|timestamp|uuid" desc:"Of type: what the texts must be readable as."`
	Format    string        `yaml:"format" oneof:"email|uuid|url|date|timestamp|integer|decimal|country|currency|ipv4|phone" desc:"Of format: the form of the texts."`
	Values    []string      `yaml:"values" number:"true" desc:"Of set: the values that may occur."`
	Pattern   string        `yaml:"pattern" desc:"Of regex: an RE2 expression that the texts must match, somewhere unless anchored by ^ and $."`
	Low       string        `yaml:"low" number:"true" desc:"Of range: the least value; of length: the fewest characters."`
	High      string        `yaml:"high" number:"true" desc:"Of range: the greatest value; of length: the most characters."`
	Of        referenceSpec `yaml:"of" desc:"Of reference: the column in which each value must occur; of row_count: the table to compare with."`
	Quantile  string        `yaml:"quantile" number:"true" desc:"Of quantile: which, from 0 to 1; 0.5 is the median."`
	Condition string        `yaml:"condition" desc:"Of ratio: a condition, like filter. Measured is the share of rows that meet it."`
	Per       string        `yaml:"per" desc:"Of ratio: a column. Measured is the sum of 'column' divided by the sum of this one."`
	MaxAge    string        `yaml:"max_age" desc:"Of freshness: how old the newest row may be, such as 15m."`
	SQL       string        `yaml:"sql" desc:"Of sql: a SELECT."`
	Expects   string        `yaml:"expects" oneof:"no_rows|number" default:"no_rows" desc:"Of sql: whether the rows that it returns are those that fail, or one number that min and max bound."`
	Drift     driftSpec     `yaml:"drift" desc:"Of drift: how the distribution is compared, and with what."`
	Anomaly   anomalySpec   `yaml:"anomaly" desc:"Of anomaly: what is unusual."`
}

type onSpec struct {
	Table  string `yaml:"table" desc:"A table of the analytics store, also one of a job. Default: events. Checks that are computed as events come are about events, order_lines, quarantine, duplicates or rejections."`
	Source string `yaml:"source" desc:"Rows of this source only."`
	Type   string `yaml:"type" desc:"Rows of this type of event only."`
}

type windowSpec struct {
	Size     string `yaml:"size" required:"true" desc:"Length of a window, such as 1h; windows are aligned to 1970-01-01 UTC."`
	Time     string `yaml:"time" oneof:"event_time|received_at" default:"event_time" desc:"The time by which rows fall into windows."`
	Lateness string `yaml:"lateness" desc:"How long a complete window waits for late events. Later ones revise its result. Default: 1m."`
}

type referenceSpec struct {
	Table  string `yaml:"table" required:"true" desc:"The other table."`
	Column string `yaml:"column" desc:"Its column; default: that of the same name."`
}

type driftSpec struct {
	Method    string `yaml:"method" oneof:"psi|ks|chi2" default:"psi" desc:"psi: population stability index over deciles of the reference or over its 50 most frequent texts; ks: the distance of Kolmogorov and Smirnov between the distributions of numbers; chi2: Pearson's test of frequencies, whose measured number is the probability of such a difference by chance."`
	Reference string `yaml:"reference" desc:"Length of the span before the compared one that is the reference, such as 168h. Without it, the baseline that the first run recorded; ks needs it."`
}

type anomalySpec struct {
	Metric      string `yaml:"metric" oneof:"volume|sum|average|nulls|distinct" default:"volume" desc:"The number per bucket; all but volume are of 'column'."`
	Bucket      string `yaml:"bucket" desc:"Length of a bucket: 5m to 24h, a divisor of 24h. Only complete buckets are judged. Default: 1h."`
	Training    string `yaml:"training" desc:"How far back buckets are learned from. Default: 672h, four weeks."`
	Season      string `yaml:"season" oneof:"hour_of_week|hour_of_day|none" default:"hour_of_week" desc:"Buckets of one place in the season are alike."`
	Method      string `yaml:"method" oneof:"median|holt_winters" default:"median" desc:"median: the median of the same place in the season, with the median absolute deviation; holt_winters: triple exponential smoothing, for series with a trend."`
	Sensitivity string `yaml:"sensitivity" number:"true" desc:"How many standard deviations a bucket may be off, 1 to 20; less is more alarms. Default: 5."`
	Direction   string `yaml:"direction" oneof:"both|drop|spike" default:"both" desc:"In which direction a bucket is unusual."`
	IgnoreBelow string `yaml:"ignore_below" number:"true" desc:"Buckets of which both the expected and the measured number are smaller are not judged. Default: 10."`
	Delay       string `yaml:"delay" desc:"How long after its end a bucket is complete. Default: 5m."`
}

// Limits of checks files.
const (
	maxFileBytes   = 1 << 20
	maxFiles       = 1000
	maxChecks      = 1000
	maxNameBytes   = 64
	maxFilterNodes = 200
	maxListValues  = 10_000
	maxSQLBytes    = 64 << 10
)
