package metric

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/spell"
)

// Grains are the widths of buckets of time, in UTC. Weeks begin on Monday.
var Grains = []string{"minute", "hour", "day", "week", "month", "quarter", "year"}

// Comparisons are the periods that a range can be compared with.
var Comparisons = []string{"previous", "year"}

// Bounds of a query.
const (
	MaxMetrics    = 30
	MaxDimensions = 5
	MaxFilters    = 50
	MaxRows       = 50_000
	MaxBuckets    = 5000
)

// AnyCurrency lets metrics be computed over rows of all currencies.
const AnyCurrency = "*"

// Query asks for metrics.
type Query struct {
	Metrics    []string
	Dimensions []string
	Filters    []Filter // all must hold
	Grain      string   // empty: one row per combination of dimensions
	From, To   time.Time
	Compare    string
	// CompareFrom is where the period before begins. Zero: it ends where the range begins. A
	// range that ends today, before the day does, is compared so with whole days before.
	CompareFrom time.Time
	// AsOf are log positions: rows at or behind them do not count. Nil: all that is stored.
	AsOf map[int32]int64
	// Currency of amounts; [AnyCurrency] for all, which only counts can be.
	Currency string
	// Rows asks for the rows themselves, and not for rollups of them.
	Rows bool
	// Background queries give way to all others.
	Background bool `json:"-"`
	// Lag allows an answer that lacks what was stored in so short a time, where it is there
	// sooner. The answer's positions are what it reflects.
	Lag time.Duration `json:"-"`
	// Approximate allows sketches, where they spare reading rows.
	Approximate bool
	Order       []Order
	Limit       int
}

// Filter is a condition on a dimension.
type Filter struct {
	Dimension string
	Operator  string
	Values    []string
}

// Order sorts rows by a metric, a dimension or time.
type Order struct {
	By         string
	Descending bool
}

// ErrQuery says that a query cannot be answered as it is; the text says why, and what can be
// asked.
var ErrQuery = errors.New("cannot answer the query")

// QueryError is what is wrong with a query.
type QueryError struct {
	Where   string // member of the request, such as filters[1].values
	Message string
}

func (e *QueryError) Error() string { return e.Message }

// Unwrap returns [ErrQuery].
func (e *QueryError) Unwrap() error { return ErrQuery }

func wrong(where, format string, args ...any) error {
	return &QueryError{where, fmt.Sprintf(format, args...)}
}

// Check refuses a query that cannot be answered, whatever is stored. The error is a
// [*QueryError], or wraps [ErrQuery].
func (c *Catalog) Check(q Query) error {
	metrics, err := c.check(&q)
	if err != nil {
		return err
	}
	if q.Currency == AnyCurrency && money(metrics) != "" && !slices.Contains(q.Dimensions, "currency") {
		return wrong("currency", "Amounts of different currencies cannot be added: name a currency, or ask for the dimension currency.")
	}
	_, err = compile(&q, metrics, Derived{}, nil)
	return err
}

// check finds the metrics and refuses what cannot be asked.
func (c *Catalog) check(q *Query) ([]*Metric, error) {
	metrics, err := c.find(q)
	if err != nil {
		return nil, err
	}
	if err := checkShape(q); err != nil {
		return nil, err
	}
	for i, name := range q.Dimensions {
		if slices.Contains(q.Dimensions[:i], name) {
			return nil, wrong(fmt.Sprintf("dimensions[%d]", i), "The dimension %s is asked for twice.", clip(name))
		}
		if err := hasDimension(metrics, fmt.Sprintf("dimensions[%d]", i), name); err != nil {
			return nil, err
		}
	}
	for i, f := range q.Filters {
		if err := hasDimension(metrics, fmt.Sprintf("filters[%d].dimension", i), f.Dimension); err != nil {
			return nil, err
		}
	}
	return metrics, checkOrder(q, metrics)
}

func (c *Catalog) find(q *Query) ([]*Metric, error) {
	if len(q.Metrics) == 0 || len(q.Metrics) > MaxMetrics {
		return nil, wrong("metrics", "Ask for 1 to %d metrics, not %d.", MaxMetrics, len(q.Metrics))
	}
	var metrics []*Metric
	for i, name := range q.Metrics {
		m := c.Of(name)
		if m == nil {
			hint := "/api/v1/metrics lists them."
			if near := spell.Nearest(name, c.Names()); near != "" {
				hint = fmt.Sprintf("Did you mean %q?", near)
			}
			return nil, wrong(fmt.Sprintf("metrics[%d]", i), "There is no metric %q. %s", clip(name), hint)
		}
		if slices.Contains(metrics, m) {
			return nil, wrong(fmt.Sprintf("metrics[%d]", i), "The metric %s is asked for twice.", m.Name)
		}
		metrics = append(metrics, m)
	}
	return metrics, nil
}

func checkShape(q *Query) error {
	oneOf := func(where, value string, of []string) error {
		if value == "" || slices.Contains(of, value) {
			return nil
		}
		return wrong(where, "There is no %s %q; %s", where, clip(value), spell.Suggest(value, of))
	}
	if err := oneOf("grain", q.Grain, Grains); err != nil {
		return err
	}
	if err := oneOf("compare", q.Compare, Comparisons); err != nil {
		return err
	}
	switch {
	case len(q.Dimensions) > MaxDimensions:
		return wrong("dimensions", "At most %d dimensions can be asked for, not %d.", MaxDimensions, len(q.Dimensions))
	case len(q.Filters) > MaxFilters:
		return wrong("filters", "At most %d filters can be given, not %d.", MaxFilters, len(q.Filters))
	case !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To):
		return wrong("to", "The range is empty: from must be before to.")
	case q.Compare != "" && (q.From.IsZero() || q.To.IsZero()):
		return wrong("compare", "A comparison needs from and to.")
	case q.Limit < 0 || q.Limit > MaxRows:
		return wrong("limit", "The limit is 1 to %d, not %d.", MaxRows, q.Limit)
	}
	return nil
}

// hasDimension refuses a dimension that a metric cannot be broken down by.
func hasDimension(metrics []*Metric, where, name string) error {
	for _, m := range metrics {
		if !slices.Contains(m.Dimensions, name) {
			return wrong(where, "The metric %s has no dimension %q; %s.", m.Name, clip(name), spell.Suggest(name, m.Dimensions))
		}
	}
	return nil
}

func checkOrder(q *Query, metrics []*Metric) error {
	for i, o := range q.Order {
		known := slices.Clone(q.Dimensions)
		for _, m := range metrics {
			known = append(known, m.Name)
		}
		if q.Grain != "" {
			known = append(known, "time")
		}
		if !slices.Contains(known, o.By) {
			return wrong(fmt.Sprintf("order[%d]", i), "Rows cannot be ordered by %q; %s.", clip(o.By), spell.Suggest(o.By, known))
		}
	}
	return nil
}

// money returns the names of metrics that are made of amounts.
func money(metrics []*Metric) string {
	var names []string
	for _, m := range metrics {
		if m.Money {
			names = append(names, m.Name)
		}
	}
	return strings.Join(names, ", ")
}
