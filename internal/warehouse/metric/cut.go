package metric

import (
	"context"
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

// within answers a plan of very many rows. Where its order is that of one number, which is
// falling, that is computed first, and the others for the rows within the limit.
func (s *Service) within(ctx context.Context, p *plan, have Derived) (*found, error) {
	statement, cut := p.cut()
	if !cut {
		rows, err := s.all(ctx, p, p.statement)
		return &found{rows: rows}, err
	}
	few, err := s.largest(ctx, p, have)
	if err != nil {
		return nil, err
	}
	if few != nil {
		p = few
		statement, _ = p.cut()
	}
	rows, err := s.all(ctx, p, statement)
	return &found{rows: rows, cut: true}, err
}

// largest is the plan restricted to the rows within its limit, and some more; nil where these
// cannot be told by one number.
func (s *Service) largest(ctx context.Context, p *plan, have Derived) (*plan, error) {
	q := *p.query
	first := slices.IndexFunc(p.metrics, func(m *Metric) bool { return len(q.Order) > 0 && m.Name == q.Order[0].By })
	if first < 0 || !q.Order[0].Descending || len(q.Order) > 1 || len(p.parts) == 1 || q.Limit >= maxValues {
		return nil, nil
	}
	one := *p.query
	one.Metrics = []string{p.metrics[first].Name}
	number, err := compile(&one, p.metrics[first:first+1], have, p.stored)
	if err != nil {
		return nil, err
	}
	statement, cut := number.cut()
	if !cut {
		return nil, nil
	}
	rows, err := s.all(ctx, number, statement)
	if err != nil || len(rows) <= q.Limit {
		return nil, err
	}
	// Rows that only the other numbers have count as 0.
	if last := rows[len(rows)-1].parts[0]; last == nil || last.Sign() <= 0 {
		return nil, nil
	}
	f := Filter{Dimension: q.Dimensions[0], Operator: "in"}
	for i := range rows {
		value := rows[i].dimensions[0]
		if value == nil {
			return nil, nil
		}
		if !slices.Contains(f.Values, *value) {
			f.Values = append(f.Values, *value)
		}
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
	return f, len(f.Values) > 0 && len(f.Values) <= maxValues
}
