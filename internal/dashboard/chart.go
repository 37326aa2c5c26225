package dashboard

import (
	"cmp"
	"slices"
	"time"

	"github.com/millrace/millrace/internal/warehouse/metric"
)

// asked is what a chart asks the catalogue.
type asked struct {
	main metric.Query
	// top asks which series are the largest; nil: the chart has no series, or all of them.
	top *metric.Query
	// series is the course over time of a number; nil for other kinds.
	series *metric.Query
}

// query makes the queries of a chart for a window.
func (b *BoardChart) query(catalog *metric.Catalog, w *Window) (asked, error) {
	q := metric.Query{
		Metrics: b.Metrics, Dimensions: b.By, From: w.From, To: w.To, Compare: w.Compare, Currency: b.Currency, Grain: b.grain(),
	}
	if w.Compare == "previous" {
		q.CompareFrom = w.CompareFrom
	}
	if q.Grain == grainAuto {
		q.Grain = w.grain()
	}
	for _, f := range b.Filters {
		q.Filters = append(q.Filters, metric.Filter{Dimension: f.Dimension, Operator: cmp.Or(f.Operator, operatorIn), Values: f.Values})
	}
	switch {
	case b.Kind == KindNumber:
		course := q
		course.Compare = ""
		q.Grain = ""
		return asked{main: q, series: &course}, nil
	case b.series():
		top := q
		top.Grain, top.Compare, top.Limit = "", "", b.limit()
		top.Order = []metric.Order{{By: canonical(catalog, b.Metrics[0]), Descending: true}}
		q.Limit = metric.MaxRows
		return asked{main: q, top: &top}, nil
	}
	if b.Order != "" {
		by, descending := b.order()
		q.Order = []metric.Order{{By: canonical(catalog, by), Descending: descending}}
	} else if b.Kind == KindBar && q.Grain == "" {
		q.Order = []metric.Order{{By: canonical(catalog, b.Metrics[0]), Descending: true}}
	}
	q.Limit = b.limit()
	return asked{main: q}, nil
}

// canonical returns the name of a metric that is called by a synonym; what is no metric
// stays.
func canonical(catalog *metric.Catalog, name string) string {
	if m := catalog.Of(name); m != nil {
		return m.Name
	}
	return name
}

// narrow adds a reader's filters to a chart, as far as its metrics have the dimensions, and
// returns those that they do not have.
func (b *BoardChart) narrow(catalog *metric.Catalog, filters []BoardFilter) (narrowed BoardChart, without []string) {
	narrowed = *b
	narrowed.Filters = slices.Clone(b.Filters)
	have := b.Dimensions(catalog)
	for _, f := range filters {
		if slices.Contains(have, f.Dimension) {
			narrowed.Filters = append(narrowed.Filters, f)
		} else if !slices.Contains(without, f.Dimension) {
			without = append(without, f.Dimension)
		}
	}
	return narrowed, without
}

// Template is the statement of a chart for tools that ask the tables themselves. What t has
// of range, currency and chosen conditions counts; its Grain stands for the width of buckets
// where that goes by the range, as that of w does.
func (b *BoardChart) Template(catalog *metric.Catalog, w *Window, t metric.Template) (metric.Template, error) {
	q, err := b.query(catalog, w)
	if err != nil {
		return t, err
	}
	if t.Query = q.main; b.grain() != grainAuto {
		t.Grain = ""
	}
	t.Query.Compare, t.Query.CompareFrom = "", time.Time{}
	if q.top != nil {
		t.Series, t.Query.Limit = q.top.Limit, 0
	}
	return t, nil
}

// Names are the labels of the metrics, or their names where labels repeat.
func (b *BoardChart) Names(catalog *metric.Catalog) []string {
	var names []string
	for _, name := range b.Metrics {
		m := catalog.Of(name)
		if m == nil {
			names = append(names, name)
		} else if slices.Contains(names, m.Label) {
			names = append(names, m.Name)
		} else {
			names = append(names, m.Label)
		}
	}
	return names
}
