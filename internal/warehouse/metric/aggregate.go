package metric

import (
	"slices"
	"strings"
)

// Rows is the dataset as a query whose columns are the time and all fields by their names, for
// tools that group and filter rows themselves.
func (d *Dataset) Rows() string {
	columns := []string{quote(d.Time)}
	for i := range d.Fields {
		f := &d.Fields[i]
		switch {
		case f.Name == d.Time:
		case f.SQL == "":
			columns = append(columns, quote(f.Name))
		default:
			columns = append(columns, f.SQL+" AS "+quote(f.Name))
		}
	}
	return "SELECT " + strings.Join(columns, ",\n  ") + "\nFROM " + d.Whole()
}

// Aggregate writes the metric as one expression with aggregates over the columns of
// [Dataset.Rows], which is right for any filter and any group. It is false for a metric that no
// such expression gives: one of several datasets, or one for which it matters when something
// happened before.
//
// An amount is NULL where a group has several currencies, which cannot be added.
func (m *Metric) Aggregate() (expression string, of *Dataset, ok bool) {
	of = m.parts[0].dataset
	written := make(map[string]string, len(m.parts))
	for _, p := range m.parts {
		if p.kind != "simple" || p.dataset.Name != of.Name {
			return "", nil, false
		}
		if written[p.name], ok = p.standalone(m.formula.op != 'p'); !ok {
			return "", nil, false
		}
	}
	expression = m.formula.sql(func(name string) string { return written[name] })
	if m.Money && of.Currency != "" {
		column := quote(of.Currency)
		expression = "CASE WHEN min(" + column + ") IS NOT DISTINCT FROM max(" + column + ") THEN " + expression + " END"
	}
	return expression, of, true
}

// standalone writes a part over columns that are named like fields.
func (p *part) standalone(inFormula bool) (string, bool) {
	of := ""
	if p.field != nil {
		of = quote(p.field.Name)
	}
	text := p.call(of)
	var conditions []string
	for _, c := range p.clauses {
		f, err := condition(&Field{Name: c.field.Name, Type: c.field.Type}, c.operator, c.values)
		if err != nil {
			return "", false // it was checked: there is none
		}
		conditions = append(conditions, f.String())
	}
	if len(conditions) > 0 {
		text += " FILTER (WHERE " + strings.Join(conditions, " AND ") + ")"
	}
	if p.zero() {
		text = "coalesce(" + text + ", 0)"
	}
	if inFormula {
		text += "::DOUBLE" // a product of exact numbers may have more digits than fit
	}
	return text, true
}

// Aggregates returns the metrics that are one expression over a dataset, in the order of their
// areas, by dataset.
func (c *Catalog) Aggregates() map[string][]*Metric {
	by := make(map[string][]*Metric)
	for _, m := range c.metrics {
		if _, set, ok := m.Aggregate(); ok {
			by[set.Name] = append(by[set.Name], m)
		}
	}
	for _, metrics := range by {
		slices.SortStableFunc(metrics, func(a, b *Metric) int {
			return slices.Index(areas, a.Area) - slices.Index(areas, b.Area)
		})
	}
	return by
}
