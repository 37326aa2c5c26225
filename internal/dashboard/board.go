package dashboard

import "strings"

// Board is a dashboard. The structs of this file are the only description of the format:
// the loader, the API, the reference page and the JSON Schema are derived from their tags,
// which package yamldoc describes.
type Board struct {
	Version     int        `yaml:"version" json:"version" required:"true" oneof:"1" desc:"Version of this format."`
	ID          string     `yaml:"id" json:"id" required:"true" desc:"Name in addresses: lower-case letters, digits, _ and -, a letter first, at most 64. One of the platform's may be defined anew."`
	Title       string     `yaml:"title" json:"title" required:"true" desc:"What stands above it."`
	Description string     `yaml:"description" json:"description,omitempty" desc:"What it is for, in a line."`
	Range       string     `yaml:"range" json:"range,omitempty" oneof:"1h|24h|7d|28d|90d|12mo|all" default:"28d" desc:"Range of event time that it opens with. It ends now, and begins with a whole minute, hour, day or month."`
	Compare     string     `yaml:"compare" json:"compare,omitempty" oneof:"previous|year|none" default:"none" desc:"What its numbers are compared with: the period before, or a year before."`
	Filters     []string   `yaml:"filters" json:"filters,omitempty" nullable:"false" desc:"Dimensions that a reader may filter by. A chart whose metrics do not have one stays unfiltered, and says so."`
	Rows        []BoardRow `yaml:"rows" json:"rows" nullable:"false" required:"true" desc:"Rows of charts, from the top."`
}

// BoardRow is a row of charts.
type BoardRow struct {
	Title  string       `yaml:"title" json:"title,omitempty" desc:"What stands above the row."`
	Charts []BoardChart `yaml:"charts" json:"charts" nullable:"false" required:"true" desc:"Charts, from the left."`
}

// BoardChart is a chart, and what it asks.
type BoardChart struct {
	ID       string        `yaml:"id" json:"id" required:"true" desc:"Name in the dashboard, of the same form as the dashboard's."`
	Title    string        `yaml:"title" json:"title,omitempty" desc:"What stands above it. Default: the labels of its metrics."`
	Kind     string        `yaml:"kind" json:"kind" required:"true" oneof:"number|line|area|bar|table|funnel|heatmap|text" desc:"How it looks. The guide has a table of kinds with what they ask."`
	Metrics  []string      `yaml:"metrics" json:"metrics,omitempty" nullable:"false" desc:"Metrics of the catalogue, or their synonyms."`
	By       []string      `yaml:"by" json:"by,omitempty" nullable:"false" desc:"Dimensions that it breaks them down by."`
	Grain    string        `yaml:"grain" json:"grain,omitempty" oneof:"auto|minute|hour|day|week|month|quarter|year" desc:"Width of buckets of time. auto: by the range. Default: auto for number, line and area, none for others."`
	Filters  []BoardFilter `yaml:"filters" json:"filters,omitempty" nullable:"false" desc:"Conditions of its own, beside the reader's."`
	Order    string        `yaml:"order" json:"order,omitempty" desc:"Metric or dimension that rows are sorted by, or time; with - before for descending."`
	Limit    int           `yaml:"limit" json:"limit,omitempty" desc:"Rows at most, up to 5000; with by and a grain, series at most. Default: 50, of series 8."`
	Width    int           `yaml:"width" json:"width,omitempty" desc:"Columns of the 12 that a row has. Default: an even share."`
	Currency string        `yaml:"currency" json:"currency,omitempty" desc:"Of amounts. Default: that of most order lines."`
	Text     string        `yaml:"text" json:"text,omitempty" desc:"Of text: the note."`
}

// BoardFilter is a condition on a dimension.
type BoardFilter struct {
	Dimension string   `yaml:"dimension" json:"dimension" required:"true" desc:"Dimension of the chart's metrics."`
	Operator  string   `yaml:"operator" json:"operator,omitempty" oneof:"is|in|not_in|at_least|at_most|above|below|missing|present|starts_with|contains" default:"in" desc:"How it is compared."`
	Values    []string `yaml:"values" json:"values,omitempty" nullable:"false" desc:"What it is compared with."`
}

// The kinds of charts.
const (
	KindNumber  = "number"
	KindLine    = "line"
	KindArea    = "area"
	KindBar     = "bar"
	KindTable   = "table"
	KindFunnel  = "funnel"
	KindHeatmap = "heatmap"
	KindText    = "text"
)

// Limits of a board.
const (
	maxBoardBytes  = 256 << 10
	maxRows        = 30
	maxCharts      = 60
	maxFilters     = 20
	maxColumns     = 12
	maxLimit       = 5000
	maxTitleBytes  = 200
	maxTextBytes   = 4000
	defaultLimit   = 50
	defaultSeries  = 8
	defaultRange   = "28d"
	maxSeriesLimit = 50
	grainAuto      = "auto"
	compareNone    = "none"
	operatorIn     = "in"
)

// Charts returns all charts, in the order of the board.
func (b *Board) Charts() []*BoardChart {
	var all []*BoardChart
	for i := range b.Rows {
		for k := range b.Rows[i].Charts {
			all = append(all, &b.Rows[i].Charts[k])
		}
	}
	return all
}

// Chart returns the chart of an id; nil for none.
func (b *Board) Chart(id string) *BoardChart {
	for _, c := range b.Charts() {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// grain returns the width of buckets that a chart asks for; empty for none.
func (b *BoardChart) grain() string {
	if b.Grain == "" && (b.Kind == KindNumber || b.Kind == KindLine || b.Kind == KindArea) {
		return grainAuto
	}
	return b.Grain
}

// series reports whether each combination of dimensions is a course over time.
func (b *BoardChart) series() bool {
	return b.grain() != "" && len(b.By) > 0 && b.Kind != KindTable && b.Kind != KindHeatmap
}

// limit returns how many rows are shown, or series.
func (b *BoardChart) limit() int {
	switch {
	case b.Limit > 0:
		return b.Limit
	case b.series():
		return defaultSeries
	case b.Kind == KindTable || b.Kind == KindBar && b.grain() == "":
		return defaultLimit
	}
	return maxLimit
}

// order returns what rows are sorted by.
func (b *BoardChart) order() (by string, descending bool) {
	return strings.TrimPrefix(b.Order, "-"), strings.HasPrefix(b.Order, "-")
}
