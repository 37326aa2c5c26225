package metric

import (
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// plan is a query as one statement. Its columns are time where there is a grain, the
// dimensions, and the parts in order.
type plan struct {
	query     *Query
	template  *Template // nil: the statement runs here
	metrics   []*Metric
	parts     []*part
	choices   map[*part]*choice  // of parts that are read from rollups
	why       map[*part][]string // the others are not
	kept      map[string]bool    // relations of datasets that can be read
	stored    map[int32]int64    // positions of the log that the answer has to reflect
	since     map[int32]int64    // only rows at or behind these positions count; nil: all
	floor     int64              // of the trail of those positions
	own       bool               // none of these rows is in files
	listed    int                // counts of different values have the values with them, of which there are at most so many; 0: they do not
	reads     string             // what is read in the place of the dataset; empty: what the dataset says
	signed    bool               // its rows have a sign
	windows   []window           // what the numbers are accumulated in afterwards
	statement fragment
}

// compile makes a statement. The query was checked, and has its range where it needs one.
// What is derived is read where it gives what the rows at stored positions do.
func compile(q *Query, metrics []*Metric, have Derived, stored map[int32]int64) (*plan, error) {
	return (&plan{query: q, metrics: metrics, stored: stored, kept: have.Kept}).compile(have.Rollups)
}

// compileFor makes a statement that runs elsewhere.
func compileFor(t *Template, q *Query, metrics []*Metric) (*plan, error) {
	return (&plan{query: q, template: t, metrics: metrics}).compile(nil)
}

func (p *plan) compile(rollups []Rollup) (*plan, error) {
	p.choices, p.why = make(map[*part]*choice), make(map[*part][]string)
	for _, m := range p.metrics {
		for _, one := range m.parts {
			if !slices.ContainsFunc(p.parts, func(o *part) bool { return o.name == one.name }) {
				p.parts = append(p.parts, one)
			}
		}
	}
	for _, one := range p.parts {
		if c, why := p.choose(one, rollups); c != nil {
			p.choices[one] = c
		} else {
			p.why[one] = why
		}
	}
	if p.listed > 0 && p.conversions() {
		var err error
		p.statement, err = p.entityLists()
		return p, err
	}
	branches, err := p.branches()
	if err != nil {
		return nil, err
	}
	if p.statement = p.united(branches); p.listed > 0 && !p.signed {
		p.statement = p.withValues(p.statement)
	}
	return p, nil
}

// branches makes one query per group of parts that one scan computes.
func (p *plan) branches() ([]fragment, error) {
	var branches []fragment
	done := make(map[string]bool)
	for _, one := range p.parts {
		group := p.group(one)
		if done[group[0].name] {
			continue
		}
		done[group[0].name] = true
		b, err := p.branch(group)
		if err != nil {
			return nil, err
		}
		branches = append(branches, b)
	}
	return branches, nil
}

// group returns the parts that are computed in the same scan as one of them.
func (p *plan) group(one *part) []*part {
	var group []*part
	for _, o := range p.parts {
		same := o == one
		switch {
		case one.kind == "simple":
			same = o.kind == "simple" && o.dataset == one.dataset && p.relationOf(o) == p.relationOf(one)
		case one.kind == "conversion":
			same = o.kind == "conversion" && (o.sameFunnel(one) ||
				len(p.names()) == 0 && o.dataset == one.dataset && o.convert.entity == one.convert.entity)
		}
		if same {
			group = append(group, o)
		}
	}
	return group
}

// relationOf names what a part is read from; empty for the rows.
func (p *plan) relationOf(one *part) string {
	if c := p.choices[one]; c != nil {
		if c.measure.Sketch() { // by itself
			return c.measure.From + " " + one.name
		}
		return c.measure.From
	}
	return ""
}

func (p *plan) branch(group []*part) (fragment, error) {
	if p.choices[group[0]] != nil {
		return p.rolled(group[0].dataset, group)
	}
	s, err := p.scan(group[0].dataset)
	if err != nil {
		return fragment{}, err
	}
	switch group[0].kind {
	case "simple":
		if p.signed {
			return p.simpleSigned(s, group), nil
		}
		return p.simple(s, group), nil
	case "cumulative":
		return p.cumulative(s, group[0]), nil
	case "conversion":
		return p.conversion(s, group), nil
	}
	return p.last(s, group[0]), nil
}

// scan is what a branch reads: a dataset, and which of its rows.
type scan struct {
	set        *Dataset
	from       fragment
	conditions []fragment // of filters, as-of and currency, without the range
}

func (p *plan) scan(set *Dataset) (*scan, error) {
	s := &scan{set: set, from: sqlText("%s", p.behindFrom(set))}
	if set.Placed && p.query.AsOf != nil {
		s.conditions = append(s.conditions, sqlText("%s", positions(p.query.AsOf)))
	}
	if p.since != nil {
		s.conditions = append(s.conditions, sqlText("%s", olap.Behind(p.since, p.floor)))
	}
	if set.Currency != "" && p.query.Currency != AnyCurrency {
		if p.query.Currency == "" {
			s.conditions = append(s.conditions, sqlText("%s IS NULL", quote(set.Currency)))
		} else {
			s.conditions = append(s.conditions, bound(p.currency()).wrap(quote(set.Currency)+" = ", ""))
		}
	}
	for i, f := range p.query.Filters {
		field := set.field(f.Dimension)
		c, err := condition(field, f.Operator, f.Values)
		if err != nil {
			return nil, wrong(fmt.Sprintf("filters[%d]", i), "The filter on %s cannot be used: %v.", field.Name, err)
		}
		s.conditions = append(s.conditions, c)
	}
	if p.template != nil {
		s.conditions = append(s.conditions, p.template.chosen(set)...)
	}
	return s, nil
}

// behindFrom is what stands behind FROM.
func (p *plan) behindFrom(set *Dataset) string {
	switch {
	case p.reads != "":
		return p.reads
	case p.since != nil && set.Placed && p.own:
		return olap.OwnRows(set.From)
	case p.since != nil && set.Placed:
		return olap.PlacedRows(set.From)
	case p.query.AsOf == nil && p.kept[set.Kept]:
		return set.Kept
	}
	return replaceAsOf(set.From, positions(p.query.AsOf))
}

func replaceAsOf(text, condition string) string {
	return strings.ReplaceAll(text, "{as_of}", condition)
}

// positions is the condition that keeps rows below positions of the log.
func positions(at map[int32]int64) string {
	if at == nil {
		return "true"
	}
	return "(" + olap.Before(at) + ")"
}

// where joins the conditions of a scan with those of a range and further ones.
func (s *scan) where(from, to moment, grain bool, more ...fragment) fragment {
	all := slices.Clone(s.conditions)
	column := quote(s.set.Time)
	if !from.at.IsZero() {
		all = append(all, from.bound().wrap(column+" >= ", ""))
	}
	if !to.at.IsZero() {
		all = append(all, to.bound().wrap(column+" < ", ""))
	}
	if from.at.IsZero() && to.at.IsZero() && grain {
		all = append(all, sqlText("%s IS NOT NULL", column))
	}
	for _, m := range more {
		if m.text != "" {
			all = append(all, m)
		}
	}
	if len(all) == 0 {
		return fragment{}
	}
	return join(all, "\n  AND ").wrap("\nWHERE ", "")
}

// bucket is the start of the bucket of a time.
func bucket(grain, column string) string { return "date_trunc('" + grain + "', " + column + ")" }

// keys are the columns of time and dimensions, each "expression AS name", behind each other.
func (p *plan) keys(set *Dataset, time string) []fragment {
	var keys []fragment
	if p.query.Grain != "" {
		keys = append(keys, sqlText(`%s AS "time"`, time))
	}
	for _, name := range p.query.Dimensions {
		keys = append(keys, sqlText("%s AS %s", set.field(name).sql(), quote(name)))
	}
	return keys
}

// names are the columns of time and dimensions.
func (p *plan) names() []string {
	var names []string
	if p.query.Grain != "" {
		names = append(names, `"time"`)
	}
	for _, name := range p.query.Dimensions {
		names = append(names, quote(name))
	}
	return names
}

func (p *plan) grouped() string {
	if len(p.names()) == 0 {
		return ""
	}
	return "\nGROUP BY ALL"
}

// call is the aggregate of a part over an expression.
func (p *part) call(of string) string {
	switch p.aggregate {
	case "count":
		if of == "" {
			return "count(*)"
		}
		return "count(" + of + ")"
	case "count_distinct":
		return "count(DISTINCT " + of + ")"
	case "median":
		return "quantile_disc(" + of + ", 0.5)"
	case "p95":
		return "quantile_disc(" + of + ", 0.95)"
	}
	return p.aggregate + "(" + of + ")"
}

func (p *part) of() string {
	if p.field == nil {
		return ""
	}
	return p.field.sql()
}

// simple computes parts over the rows of one dataset in one scan. A condition that all
// parts share belongs to the rows, the others to the aggregates.
func (p *plan) simple(s *scan, group []*part) fragment {
	shared := group[0].where
	for _, one := range group[1:] {
		if one.where.String() != shared.String() {
			shared = fragment{}
		}
	}
	columns := p.keys(s.set, bucket(p.grain(), quote(s.set.Time)))
	for _, one := range group {
		where := one.where
		if shared.text != "" {
			where = fragment{}
		}
		f := sqlText("%s", one.call(one.of()))
		switch {
		case p.listed > 0 && one.distinct():
			f = listed("DISTINCT ", one.of(), where)
		case where.text != "":
			f = join([]fragment{f, where.wrap(" FILTER (WHERE ", ")")}, "")
		}
		columns = append(columns, f.wrap("", " AS "+quote(one.name)))
	}
	if shared.text == "" {
		shared = anyOf(group)
	}
	where := s.where(p.from(), p.to(), p.query.Grain != "", shared)
	return join([]fragment{join(columns, ", ").wrap("SELECT ", "\nFROM "), s.from, where, sqlText("%s", p.grouped())}, "")
}

// anyOf keeps the rows that count in one of the parts, so that what counts in none makes no
// group; nothing when one of them counts all rows.
func anyOf(group []*part) fragment {
	var all []fragment
	for _, one := range group {
		if one.where.text == "" {
			return fragment{}
		}
		if !slices.ContainsFunc(all, func(f fragment) bool { return f.String() == one.where.String() }) {
			all = append(all, one.where)
		}
	}
	for i := range all {
		all[i] = all[i].wrap("(", ")")
	}
	return join(all, " OR ").wrap("(", ")")
}

// united puts branches side by side. Each column has a value in one branch only.
func (p *plan) united(branches []fragment) fragment {
	if len(branches) == 1 {
		return branches[0]
	}
	columns := p.names()
	for _, one := range p.parts {
		aggregate := "max"
		if p.listed > 0 && one.distinct() {
			aggregate = "any_value"
		}
		columns = append(columns, fmt.Sprintf("%s(%s) AS %[2]s", aggregate, quote(one.name)))
	}
	for i := range branches {
		branches[i] = branches[i].wrap("(", ")")
	}
	return join(branches, "\nUNION ALL BY NAME\n").wrap("SELECT "+strings.Join(columns, ", ")+"\nFROM (\n", ") AS parts"+p.grouped())
}
