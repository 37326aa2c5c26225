package metric

// Aggregation is how a simple metric is made of the rows of its dataset, over the names of the
// dataset's fields.
type Aggregation struct {
	Dataset   *Dataset
	Aggregate string // as the definition has it
	Value     string // expression that is aggregated; NULL in rows that do not count
}

// Aggregation returns how a metric of kind simple is made; false for other kinds.
func (m *Metric) Aggregation() (Aggregation, bool) {
	if m.Kind != "simple" {
		return Aggregation{}, false
	}
	p := m.parts[0]
	var all []fragment
	for _, c := range p.clauses {
		one, err := condition(&Field{Name: c.field.Name, Type: c.field.Type}, c.operator, c.values)
		if err != nil {
			panic("BUG: a condition that was checked cannot be written: " + err.Error())
		}
		all = append(all, one)
	}
	value := "1"
	if p.field != nil {
		value = quote(p.field.Name)
	}
	if len(all) > 0 {
		value = "CASE WHEN " + join(all, " AND ").String() + " THEN " + value + " END"
	}
	return Aggregation{p.dataset, p.aggregate, value}, true
}

// Accumulated returns what a metric of kind cumulative adds up: a simple metric, over a
// window of days, or since a month, quarter or year began, or over all.
func (m *Metric) Accumulated() (of string, days int, since string, is bool) {
	if m.Kind != "cumulative" {
		return "", 0, "", false
	}
	return m.Uses[0], m.parts[0].window, m.parts[0].toDate, true
}

// Formula returns a ratio or a derived metric as an expression of SQL over the names of other
// metrics; empty for other kinds.
func (m *Metric) Formula() string {
	if m.tree == nil {
		return ""
	}
	return m.tree.sql(func(name string) string { return name })
}
