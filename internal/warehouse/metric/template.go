package metric

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

// Template is a query as one statement with blanks, which a tool fills in that asks the
// tables itself: range, width of buckets, currency and what its reader chose. What the
// blanks hold is SQL, by whoever writes for that tool; nothing in it comes from a client.
type Template struct {
	// Query is what is asked. Its From and To count for nothing.
	Query Query
	// From and To are expressions of the range, of type TIMESTAMP.
	From, To string
	// Grain stands for the width of buckets where it is not empty, as the word that
	// date_trunc takes.
	Grain string
	// Currency is an expression, of type VARCHAR. Empty: the query's currency.
	Currency string
	// Chosen are conditions by dimension, in which %s is the dimension as VARCHAR.
	Chosen map[string]string
	// Series restricts the rows to the largest so many values of the first dimension, by
	// the first metric over the whole range. 0: no restriction.
	Series int
	// Names are those of the columns of the metrics. Default: their labels.
	Names []string
}

// exampleTo stands for the end of a range that is not known.
var exampleTo = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Statement writes a template. Its columns are time where there is a grain, the dimensions as
// VARCHAR, and the metrics. Where there is a grain and no dimension, buckets without rows
// are there, too. The error is as that of [Catalog.Check].
func (c *Catalog) Statement(t Template) (string, error) {
	q := &t.Query
	q.From, q.To = exampleTo.AddDate(0, 0, -1), exampleTo
	if t.Currency != "" {
		q.Currency = "XXX" // none, in ISO 4217
	}
	metrics, err := c.check(q)
	if err != nil {
		return "", err
	}
	if t.Grain != "" && q.Grain != "" && slices.ContainsFunc(metrics, func(m *Metric) bool {
		return slices.ContainsFunc(m.parts, func(p *part) bool { return p.kind == "cumulative" })
	}) {
		t.Grain = "" // which rows a bucket folds depends on its width
	}
	p, err := compileFor(&t, q, metrics)
	if err != nil {
		return "", err
	}
	return p.finished()
}

// finished computes the metrics of the parts, as the platform does of what the statement
// returns.
func (p *plan) finished() (string, error) {
	q := p.query
	columns, from := []string{}, "(\n"+p.written(p.statement)+"\n) AS p"
	switch {
	case q.Grain != "" && len(q.Dimensions) == 0:
		columns = append(columns, `b.at AS "time"`)
		buckets := join([]fragment{sqlText("(SELECT g AS at FROM range("), p.begin().bound(), sqlText(", "), p.to().bound(), sqlText(", %s) AS r(g)) AS b", p.step())}, "")
		from = p.written(buckets) + "\nLEFT JOIN " + from + ` ON p."time" = b.at`
	case q.Grain != "":
		columns = append(columns, `p."time"`)
	}
	for _, name := range q.Dimensions {
		columns = append(columns, fmt.Sprintf("p.%s::VARCHAR AS %[1]s", quote(name)))
	}
	for i, m := range p.metrics {
		name := m.Label
		if i < len(p.template.Names) {
			name = p.template.Names[i]
		}
		columns = append(columns, p.column(m)+" AS "+quote(name))
	}
	text := "SELECT " + strings.Join(columns, ",\n  ") + "\nFROM " + from
	if p.template.Series > 0 {
		top, err := p.top()
		if err != nil {
			return "", err
		}
		// Rows without a value are no series, unless there are no others.
		name := quote(q.Dimensions[0])
		text = fmt.Sprintf("WITH largest AS (\n%s\n)\n%s\nWHERE p.%s IN (SELECT %[3]s FROM largest) OR (SELECT count(%[3]s) FROM largest) = 0", top, text, name)
	}
	if order := p.ordered(); order != "" {
		text += "\nORDER BY " + order
	}
	if q.Limit > 0 {
		text += fmt.Sprintf("\nLIMIT %d", q.Limit)
	}
	return text, nil
}

// top asks for the largest values of the first dimension.
func (p *plan) top() (string, error) {
	q := *p.query
	q.Grain, q.Order, q.Metrics = "", nil, q.Metrics[:1]
	all, err := compileFor(p.template, &q, p.metrics[:1])
	if err != nil {
		return "", err
	}
	name := quote(q.Dimensions[0])
	return fmt.Sprintf("SELECT p.%s FROM (\n%s\n) AS p ORDER BY %s DESC NULLS LAST, 1 LIMIT %d", name, all.written(all.statement), all.column(p.metrics[0]), p.template.Series), nil
}

// ordered sorts rows as [table.order] does.
func (p *plan) ordered() string {
	q := p.query
	var keys []string
	for _, o := range q.Order {
		key := "p." + quote(o.By)
		if i := slices.IndexFunc(p.metrics, func(m *Metric) bool { return m.Name == o.By }); i >= 0 {
			key = p.column(p.metrics[i])
		}
		if o.Descending {
			key += " DESC NULLS LAST"
		} else {
			key += " NULLS FIRST"
		}
		keys = append(keys, key)
	}
	if q.Grain != "" {
		keys = append(keys, "1")
	}
	for _, name := range q.Dimensions {
		keys = append(keys, "p."+quote(name)+" NULLS FIRST")
	}
	return strings.Join(keys, ", ")
}

// column is a metric as an expression over the columns of its parts.
func (p *plan) column(m *Metric) string {
	plain := m.formula.op == 'p'
	return m.formula.sql(func(name string) string {
		i := slices.IndexFunc(p.parts, func(one *part) bool { return one.name == name })
		text := "p." + quote(name)
		if p.parts[i].zero() {
			text = "coalesce(" + text + ", 0)"
		}
		if !plain {
			text += "::DOUBLE" // a product of exact numbers may have more digits than fit
		}
		return text
	})
}

// sql writes the expression.
func (e *expression) sql(part func(name string) string) string {
	switch e.op {
	case 'n':
		return new(big.Rat).Set(e.number).FloatString(decimals)
	case 'p', 'm':
		return part(e.name)
	case '/':
		return "(" + e.left.sql(part) + " / nullif(" + e.right.sql(part) + ", 0))"
	}
	return "(" + e.left.sql(part) + " " + string(e.op) + " " + e.right.sql(part) + ")"
}

// written is a fragment with its blanks.
func (p *plan) written(f fragment) string {
	return f.write(func(v any) string {
		if b, is := v.(blank); is {
			return b.sql
		}
		return literal(v)
	})
}

// chosen are the conditions of a template on the rows of a dataset.
func (t *Template) chosen(set *Dataset) []fragment {
	var all []fragment
	for i := range set.Fields {
		if f := &set.Fields[i]; f.Dimension && t.Chosen[f.Name] != "" {
			all = append(all, sqlText("%s", strings.ReplaceAll(t.Chosen[f.Name], "%s", f.sql()+"::VARCHAR")))
		}
	}
	return all
}

// ValuesStatement asks which values a dimension has in a range, given as expressions.
func (m *Metric) ValuesStatement(dimension, from, to string, limit int) string {
	set, field := m.parts[0].dataset, m.Dimension(dimension).sql()
	at := quote(set.Time)
	return fmt.Sprintf("SELECT DISTINCT %s::VARCHAR AS value\nFROM %s\nWHERE %s >= %s AND %[3]s < %[5]s AND %[1]s IS NOT NULL\nORDER BY 1 LIMIT %[6]d",
		field, set.Whole(), at, from, to, limit)
}

// blank is a value that a template has an expression for.
type blank struct {
	value any
	sql   string
}

// moment is a time of a range, and its expression in a template.
type moment struct {
	at  time.Time
	sql string
}

func (m moment) bound() fragment { return bound(blank{m.at, m.sql}) }

func (m moment) truncate(grain string) moment {
	return moment{Truncate(m.at, grain), bucket(grain, m.sql)}
}

func (m moment) minusDays(n int) moment {
	return moment{m.at.AddDate(0, 0, -n), fmt.Sprintf("%s - INTERVAL %d DAY", m.sql, n)}
}

func (m moment) plus(d time.Duration) moment {
	return moment{m.at.Add(d), fmt.Sprintf("%s + INTERVAL %d SECOND", m.sql, int64(d/time.Second))}
}

func (p *plan) from() moment {
	if p.template != nil {
		return moment{p.query.From, p.template.From}
	}
	return moment{at: p.query.From}
}

func (p *plan) to() moment {
	if p.template != nil {
		return moment{p.query.To, p.template.To}
	}
	return moment{at: p.query.To}
}

// grain is the width of buckets, as date_trunc takes it.
func (p *plan) grain() string {
	if p.template != nil && p.template.Grain != "" && p.query.Grain != "" {
		return p.template.Grain
	}
	return p.query.Grain
}

// step is the width of buckets as an interval.
func (p *plan) step() string {
	switch grain := p.grain(); grain {
	case p.query.Grain:
		if grain == "quarter" {
			return "INTERVAL 3 MONTH"
		}
		return "INTERVAL 1 " + strings.ToUpper(grain)
	default:
		return "INTERVAL 1 " + grain
	}
}

func (p *plan) currency() any {
	if p.template != nil && p.template.Currency != "" {
		return blank{p.query.Currency, p.template.Currency}
	}
	return p.query.Currency
}

// begin is the start of the first bucket.
func (p *plan) begin() moment {
	from := p.from()
	return moment{Truncate(from.at, p.query.Grain), bucket(p.grain(), from.sql)}
}
