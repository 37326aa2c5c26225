package metric

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
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

// within answers a plan of very many rows.
func (s *Service) within(ctx context.Context, p *plan, version string, have Derived, stored olap.Positions) (*found, error) {
	statement, cut := p.cut()
	if !cut {
		rows, err := s.all(ctx, p, p.statement)
		return &found{rows: rows}, err
	}
	few, err := s.largest(ctx, p, version, have, stored)
	if err != nil {
		return nil, err
	}
	if few != nil {
		f, err := s.partials(ctx, few, version, have, stored)
		if err == nil {
			f.cut = true
		}
		return f, err
	}
	rows, err := s.all(ctx, p, statement)
	return &found{rows: rows, cut: true}, err
}

// largest is the plan restricted to the rows within its limit, and one more; nil where these
// cannot be told by the one number that it is ordered by.
func (s *Service) largest(ctx context.Context, p *plan, version string, have Derived, stored olap.Positions) (*plan, error) {
	q := *p.query
	if len(q.Order) != 1 || !q.Order[0].Descending || q.Limit >= maxValues {
		return nil, nil
	}
	first := slices.IndexFunc(p.metrics, func(m *Metric) bool { return m.Name == q.Order[0].By })
	if first < 0 {
		return nil, nil
	}
	one := q
	one.Metrics = []string{p.metrics[first].Name}
	number, err := compile(&one, p.metrics[first:first+1], Derived{}, p.stored)
	if err != nil || !number.rankable() {
		return nil, err
	}
	r, err := s.ranked(ctx, number, version, stored)
	if err != nil || r == nil {
		return nil, err
	}
	f := Filter{Dimension: q.Dimensions[0], Operator: "in", Values: r.first(q.Limit + 1)}
	if f.Values == nil {
		return nil, nil
	}
	q.Filters = append(slices.Clone(q.Filters), f)
	return compile(&q, p.metrics, have, p.stored)
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
	slices.Sort(f.Values) // their order says nothing, and the answer may be kept
	return f, len(f.Values) > 0 && len(f.Values) <= maxValues
}
