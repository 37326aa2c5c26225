package metric

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Metric is a definition that was checked.
type Metric struct {
	Name, Label, Description, Owner string
	Kind, Format, Area, Better      string
	Synonyms                        []string
	Dimensions                      []string // it may be broken down by
	Uses                            []string // metrics that it is made of
	Computed                        string   // how the number comes about, for readers
	Version                         string   // digest of the definition and of those that it uses
	Text                            string   // the definition, canonical
	File                            string
	Line                            int
	BuiltIn                         bool // it came with the platform
	Money                           bool // it is made of amounts that have a currency

	tree    *expression // of ratio and derived, over other metrics
	formula *expression // over parts
	parts   []*part
	size    int // of the formula, in parts
}

// Datasets returns the names of the datasets behind a metric.
func (m *Metric) Datasets() []string {
	var names []string
	for _, p := range m.parts {
		if !slices.Contains(names, p.dataset.Name) {
			names = append(names, p.dataset.Name)
		}
	}
	return names
}

// part is a number that the database computes: one column of a statement.
type part struct {
	name    string // of the column
	kind    string // simple, cumulative, conversion or semi_additive
	dataset *Dataset
	where   fragment // rows that count
	clauses []clause // of which where is made

	aggregate string
	field     *Field // nil for count

	window  int    // days; of cumulative
	toDate  string // of cumulative
	lastBy  []*Field
	convert *conversion
}

// conversion is what is followed by what; the part's where says what comes first.
type conversion struct {
	entity *Field
	to     fragment
	within time.Duration
	base   bool // the part is the number of those that began
}

// zero reports whether no rows mean 0: of nothing there is no maximum.
func (p *part) zero() bool {
	return slices.Contains([]string{"sum", "count", "count_distinct"}, p.aggregate)
}

// Catalog is a set of metrics, checked. It does not change.
type Catalog struct {
	datasets []Dataset
	metrics  []*Metric // by name
	byName   map[string]*Metric
	version  string
}

// All returns the metrics, by name.
func (c *Catalog) All() []*Metric { return c.metrics }

// Version is a digest of all definitions.
func (c *Catalog) Version() string { return c.version }

// Datasets returns the datasets that definitions may name.
func (c *Catalog) Datasets() []Dataset { return c.datasets }

// Of returns the metric of a name or a synonym; nil for none.
func (c *Catalog) Of(name string) *Metric {
	if m := c.byName[name]; m != nil {
		return m
	}
	want := strings.ToLower(strings.TrimSpace(name))
	for _, m := range c.metrics {
		if strings.ToLower(m.Label) == want || slices.ContainsFunc(m.Synonyms, func(s string) bool { return strings.ToLower(s) == want }) {
			return m
		}
	}
	return nil
}

// Names returns the names of all metrics.
func (c *Catalog) Names() []string {
	names := make([]string, len(c.metrics))
	for i, m := range c.metrics {
		names[i] = m.Name
	}
	return names
}

// Dimension describes a dimension of a metric: as its first dataset has it.
func (m *Metric) Dimension(name string) *Field {
	if len(m.parts) == 0 {
		return nil
	}
	return m.parts[0].dataset.field(name)
}

// sharedDimensions are the dimensions that all parts have.
func sharedDimensions(parts []*part) []string {
	if len(parts) == 0 {
		return []string{}
	}
	names := parts[0].dataset.names(true)
	for _, p := range parts[1:] {
		theirs := p.dataset.names(true)
		names = slices.DeleteFunc(names, func(n string) bool { return !slices.Contains(theirs, n) })
	}
	return names
}

// sorted orders metrics by area and name, as they are listed.
func sorted(all []*Metric) {
	slices.SortFunc(all, func(a, b *Metric) int { return cmp.Or(cmp.Compare(a.Area, b.Area), cmp.Compare(a.Name, b.Name)) })
}
