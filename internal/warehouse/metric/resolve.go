package metric

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/yamldoc"
)

// aggregated resolves a simple or semi-additive metric.
func (l *loader) aggregated(d *declared, m *Metric) bool {
	at, ms := d.path+".measure", &d.Measure
	set := l.dataset(d, at+".dataset", ms.Dataset)
	if set == nil {
		return false
	}
	p := &part{name: m.Name, kind: d.Kind, dataset: set, aggregate: ms.Aggregate}
	if !l.measured(d, at, ms, p) {
		return false
	}
	var ok bool
	if p.where, p.clauses, ok = conditions(d, at+".where", set, ms.Where); !ok {
		return false
	}
	for i, name := range d.LastBy {
		f := fieldOf(d, fmt.Sprintf("%s.last_by[%d]", d.path, i), set, name)
		if f == nil {
			return false
		}
		p.lastBy = append(p.lastBy, f)
	}
	m.parts, m.formula, m.Computed = []*part{p}, &expression{op: 'p', name: p.name}, p.text()
	return true
}

// measured checks the aggregate and its field.
func (l *loader) measured(d *declared, at string, ms *measureSpec, p *part) bool {
	if d.Kind == "semi_additive" && ms.Aggregate != "sum" {
		d.source.Fail(at+".aggregate", "the newest values of a semi_additive metric are added: its aggregate is sum, not %s", ms.Aggregate)
		return false
	}
	if ms.Field == "" {
		if ms.Aggregate != "count" {
			d.source.Fail(at+".aggregate", "%s needs a field", ms.Aggregate)
			return false
		}
		return true
	}
	if p.field = fieldOf(d, at+".field", p.dataset, ms.Field); p.field == nil {
		return false
	}
	counts := ms.Aggregate == "count" || ms.Aggregate == "count_distinct"
	if !counts && p.field.Type != Money && p.field.Type != Integer {
		d.source.Fail(at+".field", "%s of %s cannot be computed: it is %s, no number", ms.Aggregate, p.field.Name, p.field.Type)
		return false
	}
	if !counts && (p.field.Type == Money) != (d.Format == "money") {
		d.source.Fail(d.path+".format", "%s of %s is %s; the format says %s", ms.Aggregate, p.field.Name, p.field.Type, d.Format)
		return false
	}
	return true
}

// conditions compiles a list of conditions, all of which must hold.
func conditions(d *declared, at string, set *Dataset, specs []conditionSpec) (where fragment, clauses []clause, ok bool) {
	var parts []fragment
	ok = true
	for i := range specs {
		path := fmt.Sprintf("%s[%d]", at, i)
		f := fieldOf(d, path+".field", set, specs[i].Field)
		if f == nil {
			ok = false
			continue
		}
		operator, values, count := specs[i].comparison()
		if count != 1 {
			d.source.Fail(path, "a condition has one comparison (is, in, not_in, at_least, at_most, above, below, missing or present), not %d", count)
			ok = false
			continue
		}
		c, err := condition(f, operator, values)
		if err != nil {
			d.source.Fail(path+"."+operator, "%v", err)
			ok = false
			continue
		}
		parts, clauses = append(parts, c), append(clauses, clause{f, operator, values})
	}
	return join(parts, " AND "), clauses, ok
}

// comparison returns the one comparison of a condition, and how many it has.
func (c *conditionSpec) comparison() (operator string, values []string, count int) {
	for _, one := range []struct {
		name   string
		values []string
		given  bool
	}{
		{"is", []string{c.Is}, c.Is != ""}, {"in", c.In, len(c.In) > 0}, {"not_in", c.NotIn, len(c.NotIn) > 0},
		{"at_least", []string{c.AtLeast}, c.AtLeast != ""}, {"at_most", []string{c.AtMost}, c.AtMost != ""},
		{"above", []string{c.Above}, c.Above != ""}, {"below", []string{c.Below}, c.Below != ""},
		{"missing", nil, c.Missing}, {"present", nil, c.Present},
	} {
		if one.given {
			operator, values = one.name, one.values
			count++
		}
	}
	return operator, values, count
}

var windowForm = regexp.MustCompile(`^([1-9][0-9]{0,3})d$`)

func (l *loader) cumulative(d *declared, m *Metric) bool {
	of := l.metric(d, d.path+".of", d.Of)
	if of == nil {
		return false
	}
	if of.Kind != "simple" || slices.Contains([]string{"median", "p95"}, of.parts[0].aggregate) {
		d.source.Fail(d.path+".of", "%s cannot be accumulated: it is no simple sum, count, minimum or maximum", of.Name)
		return false
	}
	if d.source.Has(d.path+".window") == d.source.Has(d.path+".to_date") {
		d.source.Fail(d.path+".kind", "a metric of kind cumulative has either a window or to_date")
		return false
	}
	p := *of.parts[0]
	p.name, p.kind, p.toDate = m.Name, "cumulative", d.ToDate
	since := "since the beginning"
	switch {
	case d.Window != "":
		match := windowForm.FindStringSubmatch(d.Window)
		if match == nil {
			d.source.Fail(d.path+".window", "cannot take %q; want a number of days such as 28d", yamldoc.Clip(d.Window))
			return false
		}
		p.window, _ = strconv.Atoi(match[1]) // four digits
		since = fmt.Sprintf("of the %d days up to the bucket's last", p.window)
	case d.ToDate != "all":
		since = "since the " + d.ToDate + " began"
	}
	m.parts, m.formula, m.Uses = []*part{&p}, &expression{op: 'p', name: p.name}, []string{of.Name}
	m.Computed = of.Computed + ", " + since
	return true
}

func (l *loader) conversion(d *declared, m *Metric) bool {
	at, c := d.path+".conversion", &d.Conversion
	set := l.dataset(d, at+".dataset", c.Dataset)
	if set == nil {
		return false
	}
	entity := fieldOf(d, at+".entity", set, c.Entity)
	from, _, ok := conditions(d, at+".from", set, c.From)
	to, _, ok2 := conditions(d, at+".to", set, c.To)
	within, ok3 := duration(d, at+".within", c.Within, 24*time.Hour)
	if entity == nil || !ok || !ok2 || !ok3 {
		return false
	}
	if len(c.From) == 0 || len(c.To) == 0 {
		d.source.Fail(at, "from and to need a condition each")
		return false
	}
	if (c.Result == "converted") != (d.Format == "count") {
		d.source.Fail(d.path+".format", "a conversion is a percent; with result: converted it is a count")
		return false
	}
	began := &part{name: m.Name + "__began", kind: "conversion", dataset: set, where: from, aggregate: "count", convert: &conversion{entity, to, within, true}}
	converted := &part{name: m.Name, kind: "conversion", dataset: set, where: from, aggregate: "count", convert: &conversion{entity, to, within, false}}
	m.parts, m.formula = []*part{converted}, &expression{op: 'p', name: converted.name}
	m.Computed = fmt.Sprintf("%s with (%s) followed within %s by (%s)", entity.Name, from.String(), within, to.String())
	if c.Result != "converted" {
		m.parts = []*part{converted, began}
		m.formula = &expression{op: '/', left: m.formula, right: &expression{op: 'p', name: began.name}}
		m.Computed += ", ÷ " + entity.Name + " with the first"
	}
	return true
}

// computed resolves a ratio or a formula.
func (l *loader) computed(d *declared, m *Metric) bool {
	var tree *expression
	if d.Kind == "ratio" {
		tree = &expression{op: '/', left: &expression{op: 'm', name: d.Numerator}, right: &expression{op: 'm', name: d.Denominator}}
	} else {
		parsed, wrong := parseFormula(d.Formula)
		if wrong != nil {
			d.source.FailIn(d.path+".formula", 1, wrong.column, "%s", wrong.message)
			return false
		}
		tree = parsed
	}
	m.tree, m.Computed = tree, tree.String()
	var ok bool
	if m.formula, ok = l.substitute(d, m, tree); ok && len(m.parts) == 0 {
		d.source.Fail(d.path+".formula", "the formula names no metric")
		return false
	}
	return ok
}

const (
	maxParts = 50  // columns of one metric
	maxSize  = 500 // parts of its formula, each as often as it occurs
)

// substitute puts the formulas of metrics in the place of their names.
func (l *loader) substitute(d *declared, m *Metric, e *expression) (*expression, bool) {
	switch e.op {
	case 'n':
		return e, true
	case 'm':
		at := d.path + ".formula"
		if d.Kind == "ratio" {
			if at = d.path + ".numerator"; e.name == d.Denominator && e.name != d.Numerator {
				at = d.path + ".denominator"
			}
		}
		other := l.metric(d, at, e.name)
		if other == nil {
			return nil, false
		}
		if !slices.Contains(m.Uses, other.Name) {
			m.Uses = append(m.Uses, other.Name)
		}
		for _, p := range other.parts {
			if !slices.ContainsFunc(m.parts, func(q *part) bool { return q.name == p.name }) {
				m.parts = append(m.parts, p)
			}
		}
		m.size += max(1, other.size)
		if len(m.parts) > maxParts || m.size > maxSize {
			d.source.Fail(at, "the metric is made of more than %d numbers, or names them more than %d times", maxParts, maxSize)
			return nil, false
		}
		return other.formula, true
	}
	left, ok := l.substitute(d, m, e.left)
	if !ok {
		return nil, false
	}
	right, ok := l.substitute(d, m, e.right)
	return &expression{op: e.op, left: left, right: right}, ok
}

// text says what a part is, for readers.
func (p *part) text() string {
	name := map[string]string{"count_distinct": "number of different ", "count": "number of "}[p.aggregate]
	if name == "" {
		name = p.aggregate + " of "
	}
	what := "rows"
	if p.field != nil {
		what = p.field.Name
	}
	text := name + what + " over " + p.dataset.Name
	if p.where.text != "" {
		text += " where " + p.where.String()
	}
	if len(p.lastBy) > 0 {
		names := make([]string, len(p.lastBy))
		for i, f := range p.lastBy {
			names[i] = f.Name
		}
		text += ", of the newest row of each " + strings.Join(names, " and ")
	}
	return text
}
