package gateway

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/internal/warehouse/metric"
)

// Catalogue answers questions about metrics. [metric.Service] does.
type Catalogue interface {
	Catalog() *metric.Catalog
	Query(ctx context.Context, q metric.Query) (*metric.Answer, error)
	// AsOf returns the positions that the log had at a time.
	AsOf(ctx context.Context, at time.Time) (map[int32]int64, error)
}

// MetricsAnswer is the answer of /api/v1/metrics.
type MetricsAnswer struct {
	Version string   `json:"version" doc:"Changes with any definition"`
	Metrics []Metric `json:"metrics" nullable:"false"`
}

// Metric is a definition of the catalogue.
type Metric struct {
	Name        string            `json:"name"`
	Label       string            `json:"label"`
	Description string            `json:"description"`
	Owner       string            `json:"owner" doc:"Who decides about the definition"`
	Kind        string            `json:"kind" enum:"simple,ratio,derived,cumulative,conversion,semi_additive"`
	Format      string            `json:"format" enum:"money,count,percent,number,days" doc:"How the number is shown; a percent is a share of 1"`
	Area        string            `json:"area,omitempty"`
	Better      string            `json:"better,omitempty" enum:"higher,lower" doc:"Which direction is good; absent: neither"`
	Synonyms    []string          `json:"synonyms" nullable:"false"`
	Computed    string            `json:"computed" doc:"How the number comes about"`
	Uses        []string          `json:"uses" nullable:"false" doc:"Metrics that it is made of"`
	Datasets    []string          `json:"datasets" nullable:"false" doc:"Rows that it is computed over"`
	Dimensions  []MetricDimension `json:"dimensions" nullable:"false" doc:"What it may be broken down and filtered by"`
	Money       bool              `json:"money" doc:"It is made of amounts, which are in one currency"`
	Version     string            `json:"version" doc:"Changes with the definition, and with those that it uses"`
	File        string            `json:"file"`
	Line        int               `json:"line"`
	BuiltIn     bool              `json:"built_in" doc:"It came with the platform"`
}

// MetricDimension is something that metrics may be broken down by.
type MetricDimension struct {
	Name        string `json:"name"`
	Type        string `json:"type" enum:"text,integer,money,boolean,time"`
	Description string `json:"description"`
}

// MetricQuery asks for metrics.
type MetricQuery struct {
	_           struct{}        `additionalProperties:"false"`
	Metrics     []string        `json:"metrics" minItems:"1" maxItems:"30" doc:"Names or synonyms" example:"[\"revenue\",\"orders\"]"`
	Dimensions  []string        `json:"dimensions,omitempty" maxItems:"5" doc:"One row for each combination of their values"`
	Filters     []MetricFilter  `json:"filters,omitempty" maxItems:"50" doc:"All of them hold"`
	Grain       string          `json:"grain,omitempty" doc:"Width of buckets of event time, UTC: minute, hour, day, week, month, quarter or year. Absent: the whole range is one"`
	From        time.Time       `json:"from,omitzero" doc:"Start in event time, inclusive. Absent: the first row"`
	To          time.Time       `json:"to,omitzero" doc:"End in event time, exclusive. Absent: the last row"`
	Compare     string          `json:"compare,omitempty" doc:"Also compute the period before of equal length (previous), or a year before (year)"`
	AsOf        time.Time       `json:"as_of,omitzero" doc:"Only what the log had received by then"`
	Positions   map[int32]int64 `json:"positions,omitempty" doc:"In place of as_of: only events of lower offsets, per partition; those of an answer give its numbers again"`
	Currency    string          `json:"currency,omitempty" maxLength:"10" doc:"Of amounts. Absent: the currency of most order lines; *: all, which counts can be asked for"`
	Order       []MetricOrder   `json:"order,omitempty" maxItems:"10" doc:"Absent: by time and dimensions"`
	Limit       int             `json:"limit,omitempty" minimum:"0" maximum:"50000" doc:"Rows at most"`
	Approximate bool            `json:"approximate,omitempty" doc:"Also take sketches of rollups for numbers of different values and quantiles; sources say how far they are off"`
	FromRows    bool            `json:"from_rows,omitempty" doc:"Read the rows, also where a rollup would give the same numbers"`
}

// MetricFilter is a condition on a dimension.
type MetricFilter struct {
	Dimension string   `json:"dimension"`
	Operator  string   `json:"operator,omitempty" doc:"is, in, not_in, at_least, at_most, above, below, missing, present, starts_with or contains. Absent: in"`
	Values    []string `json:"values,omitempty" maxItems:"1000"`
}

// MetricOrder sorts rows.
type MetricOrder struct {
	By         string `json:"by" doc:"A metric, a dimension or time"`
	Descending bool   `json:"descending,omitempty"`
}

// MetricsResult is the answer of /api/v1/metrics/query.
type MetricsResult struct {
	Metrics    []MetricHead `json:"metrics" nullable:"false" doc:"In the order asked for"`
	Dimensions []string     `json:"dimensions" nullable:"false"`
	Rows       []MetricRow  `json:"rows" nullable:"false"`
	RowCount   int          `json:"row_count"`
	Truncated  bool         `json:"truncated" doc:"The limit cut rows off"`
	Grain      string       `json:"grain,omitempty"`
	Currency   string       `json:"currency,omitempty" doc:"Of amounts"`
	From       *time.Time   `json:"from,omitempty"`
	To         *time.Time   `json:"to,omitempty"`
	// Before is the range of the comparison.
	Before    *MetricRange    `json:"compared_with,omitempty"`
	Statement string          `json:"statement" doc:"The SQL that was run, with its values written out"`
	Compared  string          `json:"compared_statement,omitempty"`
	Open      []MetricOpening `json:"open" nullable:"false" doc:"How each number is opened to the rows behind it: what to send to /api/v1/explain. Add row, with time and dimensions of the number's row"`
	Sources   []NumberSource  `json:"sources" nullable:"false" doc:"What the numbers were computed from: the coarsest rollup that gives them exactly, or rows"`
	Positions map[int32]int64 `json:"positions" doc:"Offsets that the answer reflects, per partition"`
	Exact     bool            `json:"exact" doc:"Nothing behind these positions is in it; false when events were stored meanwhile"`
	Version   string          `json:"version" doc:"Of the catalogue"`
	Engine    string          `json:"engine"`
	ElapsedMS float64         `json:"elapsed_ms"`
}

// MetricRange is a period of event time.
type MetricRange struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// MetricHead is a metric of an answer.
type MetricHead struct {
	Name     string `json:"name"`
	Label    string `json:"label"`
	Kind     string `json:"kind"`
	Format   string `json:"format"`
	Better   string `json:"better,omitempty"`
	Computed string `json:"computed"`
	Version  string `json:"version"`
}

// MetricRow is one bucket and combination of dimensions. Numbers are exact decimals as
// texts; null where they are not defined.
type MetricRow struct {
	Time       *time.Time         `json:"time,omitempty" doc:"Start of the bucket"`
	Dimensions map[string]*string `json:"dimensions,omitempty"`
	Values     map[string]*string `json:"values" doc:"By metric, exact decimals. Ratios and formulas are rounded to six decimals, half away from zero; a denominator of 0 makes null"`
	Previous   map[string]*string `json:"previous,omitempty" doc:"The same of the other period"`
	Changes    map[string]*string `json:"changes,omitempty" doc:"(value − previous) ÷ |previous|"`
}

// MetricOpening is what is sent to /api/v1/explain.
type MetricOpening struct {
	Metric string `json:"metric"`
	Column string `json:"column"`
	Query  string `json:"query"`
}

type (
	metricsInput struct {
		Q    string `query:"q" maxLength:"100" doc:"Part of a name, a label, a synonym or a description"`
		Area string `query:"area" maxLength:"50"`
	}
	metricInput struct {
		Name string `path:"name" doc:"Name or synonym"`
	}
	metricQueryInput struct{ Body MetricQuery }
)

const tagMetrics = "Metrics"

func (g *Gateway) registerMetrics(api huma.API) {
	get(g, api, "metrics", tagMetrics, "/api/v1/metrics", "The catalogue of metrics",
		"Each number has one definition, for console, alerts and whoever asks.", g.metricList)
	get(g, api, "metric", tagMetrics, "/api/v1/metrics/{name}", "A metric of the catalogue", "", g.metricOf)
	op := huma.Operation{
		OperationID: "metrics-query", Method: http.MethodPost, Path: "/api/v1/metrics/query", Tags: []string{tagMetrics},
		Summary: "Metrics over event time and dimensions", MaxBodyBytes: g.cfg.Limits.SQLBytes + sqlEnvelopeBytes, BodyReadTimeout: g.cfg.Limits.Timeout,
		Description: "Compiled to one statement over the stored rows. What cannot be asked is refused with the nearest name.",
		Errors:      []int{http.StatusBadRequest, http.StatusTooManyRequests},
	}
	huma.Register(api, op, func(ctx context.Context, in *metricQueryInput) (*body[MetricsResult], error) {
		ctx, cancel := context.WithTimeout(ctx, max(g.cfg.Limits.Timeout, g.cfg.Limits.SQL.Timeout))
		defer cancel()
		out, err := g.metricQuery(ctx, &in.Body)
		if err != nil {
			return nil, g.problem(ctx, op.Path, refused(err))
		}
		return &body[MetricsResult]{out}, nil
	})
}

// refused turns what is wrong with a query into what the client reads.
func refused(err error) error {
	var wrong *metric.QueryError
	switch {
	case errors.As(err, &wrong):
		return huma.Error400BadRequest(wrong.Message, &huma.ErrorDetail{Message: wrong.Message, Location: "body." + wrong.Where})
	case errors.Is(err, metric.ErrQuery):
		return huma.Error400BadRequest(err.Error())
	}
	return err
}

var errNoMetrics = huma.Error503ServiceUnavailable("This process has no metrics.")

func (g *Gateway) metricList(_ context.Context, in *metricsInput) (*MetricsAnswer, error) {
	if g.cfg.Catalogue == nil {
		return nil, errNoMetrics
	}
	c := g.cfg.Catalogue.Catalog()
	answer := &MetricsAnswer{Version: c.Version(), Metrics: []Metric{}}
	want := strings.ToLower(in.Q)
	for _, m := range c.All() {
		text := strings.ToLower(strings.Join(append([]string{m.Name, m.Label, m.Description}, m.Synonyms...), "\n"))
		if (in.Area == "" || in.Area == m.Area) && strings.Contains(text, want) {
			answer.Metrics = append(answer.Metrics, metricShape(m))
		}
	}
	return answer, nil
}

func (g *Gateway) metricOf(_ context.Context, in *metricInput) (*Metric, error) {
	if g.cfg.Catalogue == nil {
		return nil, errNoMetrics
	}
	m := g.cfg.Catalogue.Catalog().Of(in.Name)
	if m == nil {
		return nil, huma.Error404NotFound("There is no metric \"" + in.Name + "\"; /api/v1/metrics lists them.")
	}
	out := metricShape(m)
	return &out, nil
}

func metricShape(m *metric.Metric) Metric {
	out := Metric{
		Name: m.Name, Label: m.Label, Description: m.Description, Owner: m.Owner, Kind: m.Kind, Format: m.Format, Area: m.Area, Better: m.Better,
		Synonyms: list(m.Synonyms), Computed: m.Computed, Uses: list(m.Uses), Datasets: m.Datasets(), Dimensions: []MetricDimension{},
		Money: m.Money, Version: m.Version, File: m.File, Line: m.Line, BuiltIn: m.BuiltIn,
	}
	for _, name := range m.Dimensions {
		f := m.Dimension(name)
		out.Dimensions = append(out.Dimensions, MetricDimension{f.Name, string(f.Type), f.Doc})
	}
	return out
}

func (g *Gateway) metricQuery(ctx context.Context, r *MetricQuery) (*MetricsResult, error) {
	if g.cfg.Catalogue == nil {
		return nil, errNoMetrics
	}
	q := metric.Query{
		Metrics: r.Metrics, Dimensions: r.Dimensions, Grain: r.Grain, From: r.From.UTC(), To: r.To.UTC(), Compare: r.Compare, AsOf: r.Positions, Currency: r.Currency, Limit: r.Limit,
		Rows: r.FromRows, Approximate: r.Approximate,
	}
	for _, f := range r.Filters {
		if f.Operator == "" {
			f.Operator = "in"
		}
		q.Filters = append(q.Filters, metric.Filter(f))
	}
	for _, o := range r.Order {
		q.Order = append(q.Order, metric.Order(o))
	}
	if !r.AsOf.IsZero() {
		if r.Positions != nil {
			return nil, huma.Error400BadRequest("Give either as_of or positions.")
		}
		var err error
		if q.AsOf, err = g.cfg.Catalogue.AsOf(ctx, r.AsOf); err != nil {
			return nil, err
		}
	}
	a, err := g.cfg.Catalogue.Query(ctx, q)
	if err != nil {
		return nil, err
	}
	return metricsResult(r, a), nil
}

func metricsResult(r *MetricQuery, a *metric.Answer) *MetricsResult {
	out := &MetricsResult{
		Metrics: []MetricHead{}, Dimensions: list(r.Dimensions), Rows: make([]MetricRow, len(a.Rows)), RowCount: len(a.Rows), Truncated: a.Truncated, Grain: r.Grain,
		Statement: a.Statement, Compared: a.Compared, Sources: numberSources(a.Sources), Open: []MetricOpening{}, Positions: a.Positions, Exact: a.Exact, Version: a.Version, Engine: a.Engine,
		ElapsedMS: float64(a.Elapsed) / float64(time.Millisecond), From: timeOrNone(a.From), To: timeOrNone(a.To),
	}
	if a.Currency != metric.AnyCurrency {
		out.Currency = a.Currency
	}
	if !a.BeforeFrom.IsZero() {
		out.Before = &MetricRange{a.BeforeFrom, a.BeforeTo}
	}
	for _, m := range a.Metrics {
		out.Metrics = append(out.Metrics, MetricHead{m.Name, m.Label, m.Kind, m.Format, m.Better, m.Computed, m.Version})
	}
	for _, o := range a.Opens {
		out.Open = append(out.Open, MetricOpening(o))
	}
	named := func(values []*string) map[string]*string {
		if values == nil {
			return nil
		}
		by := make(map[string]*string, len(values))
		for i, m := range a.Metrics {
			by[m.Name] = values[i]
		}
		return by
	}
	for i := range a.Rows {
		from := &a.Rows[i]
		row := MetricRow{Time: timeOrNone(from.Time), Values: named(from.Values), Previous: named(from.Previous), Changes: named(from.Changes)}
		if len(r.Dimensions) > 0 {
			row.Dimensions = make(map[string]*string, len(r.Dimensions))
			for k, name := range r.Dimensions {
				row.Dimensions[name] = from.Dimensions[k]
			}
		}
		out.Rows[i] = row
	}
	return out
}

// timeOrNone returns nil for the zero time.
func timeOrNone(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
