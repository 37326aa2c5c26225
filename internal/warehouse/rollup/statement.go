package rollup

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

// SchemaName is the schema of the tables of rollups.
const SchemaName = "rollup"

// relation is one table of a rollup: that of its sums and counts, or that of the different
// values of one measure.
type relation struct {
	of       *Definition
	edition  string // of the tables
	measures []Measure
}

// relations are the tables of an edition. All measures that are one number per bucket share one.
func (d *Definition) relations(edition string) []relation {
	numbers := relation{of: d, edition: edition}
	var all []relation
	for _, m := range d.Measures {
		if m.apart() {
			all = append(all, relation{d, edition, []Measure{m}})
		} else {
			numbers.measures = append(numbers.measures, m)
		}
	}
	if len(numbers.measures) > 0 {
		all = append([]relation{numbers}, all...)
	}
	return all
}

// name is that of the relation that is read.
func (r *relation) name() string {
	if r.apart() {
		return r.of.Name + "@" + r.edition + "." + r.measures[0].Name
	}
	return r.of.Name + "@" + r.edition
}

// apart reports whether the relation has the values, registers or bins of one measure.
func (r *relation) apart() bool { return r.measures[0].apart() }

// weights reports whether it has a column of weights beside them.
func (r *relation) weights() bool { return r.measures[0].declared("").Sketch() }

func (r *relation) view() string { return SchemaName + "." + quote(r.name()) }

// table is where what was added rests.
func (r *relation) table() string { return SchemaName + "." + quote(r.name()+" stored") }

// keys are the columns that rows of the relation are told apart by.
func (r *relation) keys() []string {
	keys := []string{`"time"`}
	for _, name := range r.of.Dimensions {
		keys = append(keys, quote(name))
	}
	if r.apart() {
		keys = append(keys, quote(r.measures[0].Name))
	}
	return keys
}

// partial is the query of the partial aggregates of the rows that a condition picks.
func (r *relation) partial(from, where string) string {
	set := r.of.set
	columns := r.of.bucketed()
	for _, m := range r.measures {
		columns = append(columns, m.partial(set)+" AS "+quote(m.Name))
	}
	if r.weights() {
		m := r.measures[0].declared("")
		columns = append(columns, m.MergeWeights()+"("+m.WeightOf(set.Field(m.Field).Expression())+") AS "+quote(m.Weight()))
	}
	if r.apart() {
		where = "(" + where + ") AND " + set.Field(r.measures[0].Field).Expression() + " IS NOT NULL"
	}
	return aggregate(columns, "(SELECT * FROM "+from+" WHERE "+where+")")
}

// bucketed are the columns of a row's bucket and dimensions.
func (d *Definition) bucketed() []string {
	columns := []string{"date_trunc('" + d.Grain + "', " + quote(d.set.Time) + `) AS "time"`}
	for _, name := range d.Dimensions {
		columns = append(columns, d.set.Field(name).Expression()+" AS "+quote(name))
	}
	return columns
}

func aggregate(columns []string, from string) string {
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + from + " GROUP BY ALL"
}

// partial is the aggregate over rows of a dataset; of a measure with a table of its own, what
// they are told apart by.
func (m *Measure) partial(set *metric.Dataset) string {
	field := "*"
	if m.Field != "" {
		field = set.Field(m.Field).Expression()
	}
	if m.apart() {
		return m.declared("").KeyOf(field)
	}
	return m.Aggregate + "(" + field + ")"
}

// folded is the query that makes one row of those of equal keys.
func (r *relation) folded(from string) string {
	columns := r.keys()
	if r.weights() {
		m := r.measures[0].declared("")
		columns = append(columns, m.MergeWeights()+"("+quote(m.Weight())+") AS "+quote(m.Weight()))
	}
	if !r.apart() {
		for _, m := range r.measures {
			again := m.Aggregate
			if again == count {
				again = "sum"
			}
			columns = append(columns, fmt.Sprintf("%s(%s) AS %[2]s", again, quote(m.Name)))
		}
	}
	return aggregate(columns, from)
}

// createSQL makes the table of a relation. Sums have the types of sums of sums.
func (r *relation) createSQL() string {
	return fmt.Sprintf("CREATE OR REPLACE TABLE %s AS %s;\nCREATE OR REPLACE TABLE %[1]s AS %[3]s;\n", r.table(), r.partial(r.of.set.From, "false"), r.folded(r.table()))
}

// foldSQL makes one row of those of equal keys, in the order of time.
func (r *relation) foldSQL() string {
	next := SchemaName + "." + quote(r.name()+" folding")
	return fmt.Sprintf("CREATE OR REPLACE TABLE %s AS %s ORDER BY \"time\";\nDROP TABLE %s;\nALTER TABLE %[1]s RENAME TO %[4]s;\n",
		next, r.folded(r.table()), r.table(), quote(r.name()+" stored"))
}

// stageName is the table of what the rows of a step are condensed to.
const stageName = "rollup_stage"

// addSQL adds the rows that a condition picks to the tables of an edition.
//
// Where several tables take them, they are condensed once: to the finest partial aggregates
// that all of these can be made from, which are far fewer than rows where those repeat
// their values, as the lines of an order do. Copying the rows themselves costs more than
// all that is done with the copy. Sketches are made from rows: their values repeat less.
func (d *Definition) addSQL(edition, from, where string) string {
	var b strings.Builder
	var staged []relation
	for _, r := range d.relations(edition) {
		if r.weights() {
			fmt.Fprintf(&b, "INSERT INTO %s %s;\n", r.table(), r.partial(from, where))
		} else {
			staged = append(staged, r)
		}
	}
	if len(staged) == 1 {
		fmt.Fprintf(&b, "INSERT INTO %s %s;\n", staged[0].table(), staged[0].partial(from, where))
		return b.String()
	}
	if len(staged) == 0 {
		return b.String()
	}
	columns := d.bucketed()
	for _, r := range staged {
		for _, m := range r.measures {
			columns = append(columns, m.partial(d.set)+" AS "+quote(m.Name))
		}
	}
	fmt.Fprintf(&b, "CREATE OR REPLACE TEMP TABLE %s AS %s;\n", stageName, aggregate(columns, "(SELECT * FROM "+from+" WHERE "+where+")"))
	for _, r := range staged {
		stage := stageName
		if r.apart() {
			stage += " WHERE " + quote(r.measures[0].Name) + " IS NOT NULL"
		}
		fmt.Fprintf(&b, "INSERT INTO %s %s;\n", r.table(), r.folded(stage))
	}
	b.WriteString("DROP TABLE " + stageName + ";\n")
	return b.String()
}

// viewSQL makes the relation that is read: what was added, and the rows behind positions in
// its shape.
func (r *relation) viewSQL(at map[int32]int64, floor int64, since time.Time) string {
	set := r.of.set
	columns := []string{"date_trunc('" + r.of.Grain + "', " + quote(set.Time) + ")"}
	for _, name := range r.of.Dimensions {
		columns = append(columns, set.Field(name).Expression())
	}
	names := r.keys()
	for _, m := range r.measures {
		columns = append(columns, m.declared("").OfRow(set))
		if !r.apart() {
			names = append(names, quote(m.Name))
		}
	}
	if r.weights() {
		m := r.measures[0].declared("")
		columns, names = append(columns, m.WeightOf(set.Field(m.Field).Expression())), append(names, quote(m.Weight()))
	}
	where := behind(at, floor)
	if r.apart() {
		where += " AND " + set.Field(r.measures[0].Field).Expression() + " IS NOT NULL"
	}
	from := r.table()
	if !since.IsZero() {
		from += ` WHERE ("time" >= ` + timestamp(since) + ` OR "time" IS NULL)`
		where += " AND (" + quote(set.Time) + " >= " + timestamp(since) + " OR " + quote(set.Time) + " IS NULL)"
	}
	return fmt.Sprintf("CREATE OR REPLACE VIEW %s AS SELECT %s FROM %s\nUNION ALL\nSELECT %s FROM %s WHERE %s;\n",
		r.view(), strings.Join(names, ", "), from, strings.Join(columns, ", "), olap.PlacedRows(set.From), where)
}

// removeSQL removes the buckets of a range.
func (r *relation) removeSQL(from, to time.Time) string {
	return fmt.Sprintf("DELETE FROM %s WHERE \"time\" >= %s AND \"time\" < %s;\n", r.table(), timestamp(from), timestamp(to))
}

// shownName is the view of a rollup for users.
func (d *Definition) shownName() string { return "rollup_" + d.Name }

// shownSQL makes the view for users: one row per bucket and combination of dimensions.
func (d *Definition) shownSQL(edition string) string {
	keys := []string{`"time"`}
	for _, name := range d.Dimensions {
		keys = append(keys, quote(name))
	}
	var branches []string
	for _, r := range d.relations(edition) {
		columns := slices.Clone(keys)
		for _, m := range r.measures {
			columns = append(columns, m.merged()+" AS "+quote(m.Name))
		}
		branches = append(branches, "SELECT "+strings.Join(columns, ", ")+" FROM "+r.shownFrom()+" GROUP BY ALL")
	}
	columns := slices.Clone(keys)
	for _, m := range d.Measures {
		column := "max(" + quote(m.Name) + ")"
		if m.Aggregate == distinct || m.Aggregate == "approx_distinct" {
			column = "coalesce(" + column + ", 0)"
		}
		columns = append(columns, column+" AS "+quote(m.Name))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE OR REPLACE VIEW main.%s AS SELECT %s FROM (%s) GROUP BY ALL;\n",
		quote(d.shownName()), strings.Join(columns, ", "), strings.Join(branches, " UNION ALL BY NAME "))
	fmt.Fprintf(&b, "COMMENT ON VIEW main.%s IS %s;\n", quote(d.shownName()), literal(d.Description))
	return b.String()
}

// shownFrom is what the view for users aggregates: of sketches, a row per register or bin k
// with its weight w, and of bins their ranks.
func (r *relation) shownFrom() string {
	if !r.weights() {
		return r.view()
	}
	m, keys := r.measures[0].declared(""), r.keys()
	names := strings.Join(keys[:len(keys)-1], ", ")
	merged := fmt.Sprintf("(SELECT %s, %s AS k, %s(%s) AS w FROM %s GROUP BY ALL)", names, quote(m.Name), m.MergeWeights(), quote(m.Weight()), r.view())
	return fmt.Sprintf("(SELECT *, sum(w) OVER (PARTITION BY %s ORDER BY k) AS upto, sum(w) OVER (PARTITION BY %[1]s) AS n FROM %s)", names, merged)
}

// merged is the aggregate over partial ones.
func (m *Measure) merged() string {
	switch m.Aggregate {
	case count:
		return "sum(" + quote(m.Name) + ")::BIGINT"
	case distinct:
		return "count(DISTINCT " + quote(m.Name) + ")"
	case "approx_distinct":
		return metric.Estimate("w")
	case "quantiles": // the median
		return metric.InBin("(min(k) FILTER (WHERE upto >= n * 0.5))")
	}
	return m.Aggregate + "(" + quote(m.Name) + ")"
}

func (m *Measure) declared(from string) *metric.Measure {
	return &metric.Measure{Name: m.Name, Aggregate: m.Aggregate, Field: m.Field, From: from}
}

// behind is the condition that picks the rows which a step has yet to read. Those of a
// partition that is not known are not among them: who reads the relation looks at that.
func behind(at map[int32]int64, floor int64) string {
	if len(at) == 0 {
		return "true"
	}
	return olap.Behind(at, floor)
}

func timestamp(t time.Time) string { return fmt.Sprintf("make_timestamp(%d)", t.UnixMicro()) }

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
