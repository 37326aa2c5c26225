package check

// kind is one way of measuring rows.
type kind struct {
	name      string
	assertion string // as OpenLineage calls it
	desc      string
	measure   string   // what number min and max bound; empty when there is none
	needs     []string // keys that must be there
	takes     []string // keys that may be there
	share     bool     // of rows that fail a test; max is 0 by default
	streams   bool     // can be computed as events come
	combines  bool     // is an aggregate that goes into one statement with others
}

// kinds are all kinds, in the order of the reference.
var kinds = []kind{
	{name: "nulls", assertion: "not_null", desc: "values that are missing", measure: "share of rows", needs: []string{"column"}, share: true, streams: true, combines: true},
	{name: "type", assertion: "type", desc: "texts that cannot be read as a type", measure: "share of values", needs: []string{"column", "type"}, share: true, streams: true, combines: true},
	{name: "set", assertion: "accepted_values", desc: "values outside of a set", measure: "share of values", needs: []string{"column", "values"}, share: true, streams: true, combines: true},
	{name: "range", assertion: "range", desc: "numbers, amounts or times outside of limits", measure: "share of values", needs: []string{"column"}, takes: []string{"low", "high"}, share: true, streams: true, combines: true},
	{name: "regex", assertion: "regex", desc: "texts that do not match a pattern", measure: "share of values", needs: []string{"column", "pattern"}, share: true, streams: true, combines: true},
	{name: "length", assertion: "length", desc: "texts that are too short or too long", measure: "share of values", needs: []string{"column"}, takes: []string{"low", "high"}, share: true, streams: true, combines: true},
	{name: "format", assertion: "format", desc: "texts that do not have a form", measure: "share of values", needs: []string{"column", "format"}, share: true, streams: true, combines: true},
	{name: "reference", assertion: "relationships", desc: "values that do not occur in a column of a table", measure: "share of values", needs: []string{"column", "of"}, share: true},
	{name: "unique", assertion: "unique", desc: "rows that repeat another one in some columns; rows in which one of them is missing do not count", measure: "share of rows", takes: []string{"column", "columns"}, share: true, streams: true, combines: true},
	{name: "distinct", assertion: "distinct_count", desc: "how many different values there are", measure: "count", needs: []string{"column"}, streams: true, combines: true},
	{name: "quantile", assertion: "quantile", desc: "a quantile of numbers or amounts", measure: "value", needs: []string{"column", "quantile"}, streams: true, combines: true},
	{name: "sum", assertion: "sum", desc: "the sum of numbers or amounts", measure: "value", needs: []string{"column"}, streams: true, combines: true},
	{name: "average", assertion: "average", desc: "the mean of numbers or amounts", measure: "value", needs: []string{"column"}, streams: true, combines: true},
	{name: "ratio", assertion: "ratio", desc: "rows that meet a condition among all, or the sum of one column by that of another", measure: "ratio", takes: []string{"condition", "column", "per"}, streams: true, combines: true},
	{name: "volume", assertion: "row_count", desc: "how many rows there are", measure: "count", streams: true, combines: true},
	{name: "freshness", assertion: "freshness", desc: "how old the newest row is", measure: "seconds", needs: []string{"max_age"}, combines: true},
	{name: "row_count", assertion: "row_count_match", desc: "rows by rows of another table; both limits are 1 by default", measure: "ratio", needs: []string{"of"}},
	{name: "schema", assertion: "schema", desc: "columns and types that differ from the recorded or listed ones", takes: []string{"columns"}},
	{name: "drift", assertion: "distribution_drift", desc: "how far a distribution has moved", measure: "statistic", needs: []string{"column"}, takes: []string{"drift"}},
	{name: "anomaly", assertion: "anomaly", desc: "buckets of time that are unusual for their place in the season", takes: []string{"column", "anomaly"}},
	{name: "sql", assertion: "custom_sql", desc: "what a statement returns: rows that fail, or a number", measure: "count or value", needs: []string{"sql"}, takes: []string{"expects"}},
}

// kindKeys are the keys that belong to some kinds only.
var kindKeys = []string{
	"column", "columns", "min", "max", "type", "format", "values", "pattern", "low", "high", "of", "quantile", "condition", "per",
	"max_age", "sql", "expects", "drift", "anomaly",
}

func kindOf(name string) *kind {
	for i := range kinds {
		if kinds[i].name == name {
			return &kinds[i]
		}
	}
	return nil
}
