package metric

import (
	"fmt"
	"slices"
	"strings"
)

// Of a query with a limit and very many rows, such as the best customers, the database sorts
// and cuts off where it can do so as table.order does. One row more than the limit tells that
// there are more.

// cut returns the statement of the rows within the limit; false where they cannot be told
// before metrics are computed, or are all rows.
func (p *plan) cut() (fragment, bool) {
	q := p.query
	if q.Limit == 0 || q.Limit >= MaxRows || len(q.Dimensions) == 0 {
		return fragment{}, false
	}
	var order []string
	for _, o := range q.Order {
		column, ok := p.sortedBy(o)
		if !ok {
			return fragment{}, false
		}
		order = append(order, column)
	}
	if q.Grain != "" {
		order = append(order, `"time"`)
	}
	for _, name := range q.Dimensions {
		order = append(order, textOf(name)+" NULLS FIRST")
	}
	return p.statement.wrap("SELECT * FROM (", fmt.Sprintf(") AS numbers\nORDER BY %s\nLIMIT %d", strings.Join(order, ", "), q.Limit+1)), true
}

// sortedBy is one order, as SQL. What is missing stands before what is there, and behind it
// in descending order.
func (p *plan) sortedBy(o Order) (string, bool) {
	direction := " NULLS FIRST"
	if o.Descending {
		direction = " DESC NULLS LAST"
	}
	if o.By == "time" {
		return `"time"` + direction, true
	}
	if slices.Contains(p.query.Dimensions, o.By) {
		return textOf(o.By) + direction, true
	}
	i := slices.IndexFunc(p.metrics, func(m *Metric) bool { return m.Name == o.By })
	if i < 0 || p.metrics[i].formula.op != 'p' {
		return "", false
	}
	k := slices.IndexFunc(p.parts, func(one *part) bool { return one.name == p.metrics[i].formula.name })
	column := quote(p.parts[k].name)
	if p.parts[k].zero() {
		column = "coalesce(" + column + ", 0)"
	}
	return column + direction, true
}

// textOf is a dimension as answers have it.
func textOf(name string) string { return quote(name) + "::VARCHAR" }

// among is the condition that keeps the rows of a table's first dimension; false where it
// cannot be written.
func (t *table) among() (Filter, bool) {
	f := Filter{Dimension: t.plan.query.Dimensions[0], Operator: "in"}
	for i := range t.rows {
		value := t.rows[i].Dimensions[0]
		if value == nil {
			return Filter{}, false
		}
		if !slices.Contains(f.Values, *value) {
			f.Values = append(f.Values, *value)
		}
	}
	return f, len(f.Values) > 0 && len(f.Values) <= maxValues
}
