package metric

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Rollup is partial aggregates of a dataset's rows, which are read in their place where that
// gives the same numbers. Its relations have a column "time", the start of a bucket, one per
// dimension, and one per measure; what was stored since they were kept up to date is in them
// row by row.
type Rollup struct {
	Name       string
	Dataset    string
	Grain      string
	Dimensions []string
	Measures   []Measure
	Since      time.Time      // older buckets are gone; zero: it has all
	Partitions map[int32]bool // of the log, whose rows it has
}

// Measure is a column of partial aggregates.
type Measure struct {
	Name      string // and column
	Aggregate string // count, sum, min, max; distinct: the column has the values themselves; approx_distinct or quantiles: sketches
	Field     string // empty: rows are counted
	From      string // relation, as SQL
}

// Source says what numbers were computed from.
type Source struct {
	Columns []string // parts of metrics
	Dataset string
	Rollup  string // empty: the rows
	Grain   string // of the rollup
	// Error is how far the numbers are off where they may be, as a share: the standard error
	// of counts, the bound of quantiles. 0: they are exact.
	Error float64
	// Why says of each rollup of the dataset why it was not read, where rows were.
	Why []string
}

// choice is a rollup that answers for a part, with its measure.
type choice struct {
	rollup  *Rollup
	measure *Measure
	// The buckets [from, to) are read; zero is open. What is asked for outside of them is
	// read from rows.
	from, to time.Time
	edge     time.Duration // of what is read from rows
}

// unbounded stands for the length of what has no beginning.
const unbounded = time.Duration(1 << 62)

// choose finds the rollup for a part: that which leaves the least to be read from rows, and
// of those the coarsest. why says what is wrong with each when there is none.
func (p *plan) choose(one *part, rollups []Rollup) (best *choice, why []string) {
	for i := range rollups {
		r := &rollups[i]
		if r.Dataset != one.dataset.Name {
			continue
		}
		c, reason := p.covers(one, r)
		if c == nil {
			why = append(why, r.Name+": "+reason)
			continue
		}
		if best == nil || c.compare(best) < 0 {
			best = c
		}
	}
	if best != nil {
		return best, nil
	}
	return nil, why
}

func (c *choice) compare(o *choice) int {
	coarse := func(c *choice) int { return -slices.Index(Grains, c.rollup.Grain) }
	return cmp.Or(cmp.Compare(c.edge, o.edge), cmp.Compare(coarse(c), coarse(o)), cmp.Compare(len(c.rollup.Dimensions), len(o.rollup.Dimensions)),
		strings.Compare(c.rollup.Name, o.rollup.Name))
}

// covers says how a rollup answers for a part, or why it does not.
func (p *plan) covers(one *part, r *Rollup) (*choice, string) {
	q := p.query
	switch {
	case one.kind != "simple":
		return nil, "a metric of kind " + one.kind + " reads rows"
	case q.AsOf != nil:
		return nil, "it has no former positions of the log"
	case q.Grain != "" && !Divides(r.Grain, q.Grain):
		return nil, fmt.Sprintf("its grain is %s, %s is asked for", r.Grain, q.Grain)
	}
	if missing := r.lacks(p.needed(one)); missing != "" {
		return nil, "it has no dimension " + missing
	}
	m := r.measure(one, q.Approximate)
	if m == nil {
		if r.measure(one, true) != nil {
			return nil, "its sketches are not exact, which nobody allowed"
		}
		return nil, "it has no measure for " + one.text()
	}
	for partition := range p.stored {
		if !r.Partitions[partition] {
			return nil, fmt.Sprintf("it has not begun to read partition %d of the log", partition)
		}
	}
	return p.whole(&choice{rollup: r, measure: m})
}

// whole finds the buckets that are read.
func (p *plan) whole(c *choice) (*choice, string) {
	q, grain := p.query, c.rollup.Grain
	if !q.From.IsZero() {
		if c.from = Truncate(q.From, grain); c.from.Before(q.From) {
			c.from = Next(c.from, grain)
		}
	}
	if c.from.Before(c.rollup.Since) {
		c.from = c.rollup.Since
	}
	if !q.To.IsZero() {
		c.to = Truncate(q.To, grain)
		c.edge = q.To.Sub(c.to)
	}
	switch {
	case c.from.IsZero():
	case q.From.IsZero():
		c.edge = unbounded
	default:
		c.edge += c.from.Sub(q.From)
	}
	if !c.from.IsZero() && !c.to.IsZero() && !c.from.Before(c.to) {
		return nil, fmt.Sprintf("the range has no whole %s", grain)
	}
	return c, ""
}

// needed are the fields that tell the rows of a part apart.
func (p *plan) needed(one *part) []string {
	names := slices.Clone(p.query.Dimensions)
	for _, f := range p.query.Filters {
		names = append(names, f.Dimension)
	}
	for _, c := range one.clauses {
		names = append(names, c.field.Name)
	}
	if one.dataset.Currency != "" && p.query.Currency != AnyCurrency {
		names = append(names, one.dataset.Currency)
	}
	return names
}

// lacks returns the first of the names that the rollup has no dimension for.
func (r *Rollup) lacks(names []string) string {
	for _, name := range names {
		if !slices.Contains(r.Dimensions, name) && r.calendar(name) == nil {
			return name
		}
	}
	return ""
}

// calendar returns a dimension that follows from the start of a bucket.
func (r *Rollup) calendar(name string) *Field {
	coarsest := map[string]string{"hour_of_day": "hour", "day_of_week": "day"}[name]
	if coarsest == "" || slices.Index(Grains, r.Grain) > slices.Index(Grains, coarsest) {
		return nil
	}
	for _, f := range calendar(`"time"`) {
		if f.Name == name {
			return &f
		}
	}
	return nil
}

// measure finds what a part is computed from; nil for nothing. Sketches are taken where
// nothing exact is there and they are allowed.
func (r *Rollup) measure(one *part, approximate bool) *Measure {
	field := ""
	if one.field != nil {
		field = one.field.Name
	}
	takes := []string{one.aggregate}
	switch one.aggregate {
	case "count_distinct":
		takes = []string{"distinct", sketchDistinct}
	case "median", "p95":
		takes = []string{sketchQuantiles}
	}
	for _, aggregate := range takes {
		for i := range r.Measures {
			if m := &r.Measures[i]; m.Aggregate == aggregate && m.Field == field && (approximate || !m.Sketch()) {
				return m
			}
		}
	}
	return nil
}

// Divides reports whether buckets of the second grain are made of whole buckets of the first.
func Divides(fine, coarse string) bool {
	if fine == "week" || coarse == "week" {
		return fine == coarse || coarse == "week" && slices.Index(Grains, fine) < slices.Index(Grains, "week")
	}
	return slices.Index(Grains, fine) <= slices.Index(Grains, coarse)
}

// field returns the field of the dataset as the rollup's relations have it.
func (r *Rollup) field(f *Field) *Field {
	if c := r.calendar(f.Name); c != nil && !slices.Contains(r.Dimensions, f.Name) {
		return c
	}
	own := *f
	own.SQL = ""
	return &own
}

// rolled computes parts from one relation of a rollup, and what lies outside of its buckets
// from rows.
func (p *plan) rolled(set *Dataset, group []*part) (fragment, error) {
	r := p.choices[group[0]].rollup
	own := *set
	own.Time, own.Fields = "time", make([]Field, len(set.Fields))
	for i := range set.Fields {
		own.Fields[i] = *r.field(&set.Fields[i])
	}
	s, err := p.scan(&own)
	if err != nil {
		return fragment{}, err
	}
	rewritten := make([]*part, len(group))
	for i, one := range group {
		if rewritten[i], err = p.rewritten(one, &own); err != nil {
			return fragment{}, err
		}
	}
	m, outer := p.choices[group[0]].measure, p
	s.from = sqlText("%s", m.From)
	if edges := p.edges(p.choices[group[0]]); len(edges) > 0 {
		if s.from, err = p.relation(set, group, edges); err != nil {
			return fragment{}, err
		}
		// The range was applied; the buckets of rows at its ends may begin before it.
		open := *p.query
		open.From, open.To = time.Time{}, time.Time{}
		outer = &plan{query: &open, listed: p.listed}
	}
	if m.Sketch() {
		return outer.sketched(s, rewritten[0], m), nil
	}
	return outer.simple(s, rewritten), nil
}

// rewritten is a part over the columns of its rollup.
func (p *plan) rewritten(one *part, own *Dataset) (*part, error) {
	c := p.choices[one]
	again := *one
	again.dataset, again.field = own, &Field{Name: c.measure.Name}
	if again.aggregate == "count" {
		again.aggregate = "sum"
	}
	var clauses []fragment
	for _, k := range one.clauses {
		f, err := condition(c.rollup.field(k.field), k.operator, k.values)
		if err != nil {
			return nil, err
		}
		clauses = append(clauses, f)
	}
	again.where = join(clauses, " AND ")
	return &again, nil
}

// span is a range of event time; zero is open.
type span struct{ from, to time.Time }

// edges are what is read from rows.
func (p *plan) edges(c *choice) []span {
	var edges []span
	if p.query.From.Before(c.from) {
		edges = append(edges, span{p.query.From, c.from})
	}
	if c.to.Before(p.query.To) {
		edges = append(edges, span{c.to, p.query.To})
	}
	return edges
}

// relation is the buckets of a rollup, and the rows outside of them in their shape.
func (p *plan) relation(set *Dataset, group []*part, edges []span) (fragment, error) {
	c := p.choices[group[0]]
	s, err := p.scan(set)
	if err != nil {
		return fragment{}, err
	}
	columns := []string{bucket(c.rollup.Grain, quote(set.Time)) + ` AS "time"`}
	names := []string{`"time"`}
	for _, name := range p.dimensions(group, c.rollup) {
		columns, names = append(columns, set.field(name).sql()+" AS "+quote(name)), append(names, quote(name))
	}
	done := make(map[string]bool)
	for _, one := range group {
		m := p.choices[one].measure
		if !done[m.Name] {
			done[m.Name] = true
			columns, names = append(columns, m.OfRow(set)+" AS "+quote(m.Name)), append(names, quote(m.Name))
			if m.Sketch() {
				columns, names = append(columns, m.WeightOf(set.field(m.Field).sql())+" AS "+quote(m.Weight())), append(names, quote(m.Weight()))
			}
		}
	}
	whole := (&scan{set: &Dataset{Time: "time"}}).where(moment{at: c.from}, moment{at: c.to}, false)
	if p.query.From.IsZero() && p.query.To.IsZero() {
		whole = whole.wrap("", ` OR "time" IS NULL`)
	}
	parts := []fragment{whole.wrap(fmt.Sprintf("SELECT %s FROM %s", strings.Join(names, ", "), c.measure.From), "")}
	for _, e := range edges {
		parts = append(parts, join([]fragment{sqlText("SELECT %s FROM ", strings.Join(columns, ", ")), s.from, s.where(moment{at: e.from}, moment{at: e.to}, false)}, ""))
	}
	return join(parts, "\n  UNION ALL\n  ").wrap("(", ") AS "+quote(c.rollup.Name)), nil
}

// dimensions are those of a rollup that a group of parts names.
func (p *plan) dimensions(group []*part, r *Rollup) []string {
	var names []string
	for _, one := range group {
		for _, name := range p.needed(one) {
			if !slices.Contains(names, name) && slices.Contains(r.Dimensions, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// OfRow is the partial aggregate of one row of a dataset.
func (m *Measure) OfRow(set *Dataset) string {
	of := ""
	if m.Field != "" {
		of = set.field(m.Field).sql()
	}
	switch {
	case m.Aggregate != "count":
		return m.KeyOf(of)
	case of == "":
		return "1"
	}
	return "(CASE WHEN " + of + " IS NULL THEN 0 ELSE 1 END)"
}

// sources says what each number was computed from.
func (p *plan) sources() []Source {
	var all []Source
	for _, one := range p.parts {
		s := Source{Columns: []string{one.name}, Dataset: one.dataset.Name, Why: p.why[one]}
		if c := p.choices[one]; c != nil {
			s.Rollup, s.Grain, s.Error = c.rollup.Name, c.rollup.Grain, c.measure.RelativeError()
		}
		same := slices.IndexFunc(all, func(o Source) bool {
			return o.Dataset == s.Dataset && o.Rollup == s.Rollup && o.Error == s.Error && slices.Equal(o.Why, s.Why)
		})
		if same >= 0 {
			all[same].Columns = append(all[same].Columns, one.name)
			continue
		}
		all = append(all, s)
	}
	return all
}
