package duckdb

import (
	"fmt"
	"slices"

	"github.com/millrace/millrace/internal/store/olap"
)

// layout is how the declared tables rest in the file (ADR 041). Those of
// accepted events and of their items are views over the fact tables, which have
// a row per item, or one for an event without items: what both tables show is
// stored once. Columns of few values are stored as one code, that of their
// combination in a dimension. The other tables are stored as declared.
type layout struct {
	stored []*physical
	facts  [factTables]*physical
	dims   [dimensions]*physical
	views  []*view
	visits []olap.Texts // columns that only factVisit and factText have
}

// The fact tables.
const (
	factPlain = iota // rows of events without any of layout.visits
	factVisit
	factText // rows with a combination that its dimension has no room for, all values spelled out
	factTables
)

// The dimensions.
const (
	dimEvent = iota
	dimItem
	dimensions
)

var (
	factNames = [factTables]string{"fact", "fact_visit", "fact_text"}
	dimNames  = [dimensions]string{"event_dim", "item_dim"}
)

// physical is a table of the file.
type physical struct {
	schema, name string
	columns      []column

	declared *olap.Table // of a table that is stored as declared
}

func (p *physical) sql() string { return quote(p.schema) + "." + quote(p.name) }

// column is a column of the file. Its Name is that in the file.
type column struct {
	olap.Column
	part part
	code bool // holds codes of dimension dim
	dim  int
}

// part says which rows of a fact table have a value in a column.
type part uint8

const (
	partAll   part = iota
	partEvent      // one row of each event
	partItem       // rows of items
)

// view is a declared table over the fact tables.
type view struct {
	table *olap.Table
	// from is the column that is NULL in rows that the view does not show.
	from    string
	dims    []int
	columns []viewColumn
}

// viewColumn is where a declared column is: in the fact tables, or when dim is
// not negative in that dimension, and spelled out in factText.
type viewColumn struct {
	declared *olap.Column
	name     string // in the file
	dim      int
	visit    bool
}

// newLayout lays out the declared tables.
func newLayout(tables []olap.Table) *layout {
	l := &layout{}
	var events, items *olap.Table
	for i := range tables {
		switch t := &tables[i]; t.Of {
		case olap.Accepted:
			events = t
		case olap.Items:
			items = t
		default:
			l.stored = append(l.stored, storedAsDeclared(t))
		}
	}
	for d := range l.dims {
		l.dims[d] = &physical{schema: internalSchema, name: dimNames[d], columns: []column{codeColumn("id", d, partAll)}}
	}
	for f := range l.facts {
		l.facts[f] = &physical{schema: internalSchema, name: factNames[f]}
	}
	l.addView(events, items)
	l.addView(items, events)
	return l
}

func storedAsDeclared(t *olap.Table) *physical {
	p := &physical{schema: "main", name: t.Name, declared: t}
	for _, c := range t.Columns {
		p.columns = append(p.columns, column{Column: c})
	}
	return p
}

func codeColumn(name string, dim int, of part) column {
	return column{Column: olap.Column{Name: name, Type: olap.Int32}, part: of, code: true, dim: dim}
}

// addView lays out the columns of t. other is the second table of the facts.
func (l *layout) addView(t, other *olap.Table) {
	v := &view{table: t}
	own := partEvent
	if t.Of == olap.Items {
		own = partItem
	}
	for i := range t.Columns {
		c := &t.Columns[i]
		at := l.place(c, own, other)
		v.columns = append(v.columns, at)
		if at.dim >= 0 && !slices.Contains(v.dims, at.dim) {
			v.dims = append(v.dims, at.dim)
		}
		if v.from == "" && neverNull(c) && l.partOf(at.name) == own {
			v.from = at.name
		}
	}
	if v.from == "" {
		panic(fmt.Sprintf("BUG: table %s has no column of its own that is never NULL", t.Name))
	}
	l.views = append(l.views, v)
}

// neverNull are columns that have a value in every row that they are filled in.
func neverNull(c *olap.Column) bool { return c.Type == olap.Int64 || c.Type == olap.Int32 }

func (l *layout) partOf(name string) part {
	for _, c := range l.facts[factText].columns {
		if c.Name == name {
			return c.part
		}
	}
	return partAll
}

// place finds the place of a column, and makes it when it has none.
func (l *layout) place(c *olap.Column, own part, other *olap.Table) viewColumn {
	at := viewColumn{declared: c, name: c.Name, dim: dimensionOf(c)}
	twin := slices.IndexFunc(other.Columns, func(o olap.Column) bool { return o.Name == c.Name })
	shared := twin >= 0 && !c.BySub && !other.Columns[twin].BySub
	if twin >= 0 && c.BySub {
		at.name = "item_" + c.Name
	}
	stored := column{Column: *c, part: own}
	stored.Name = at.name
	if shared {
		stored.part = partAll
	}
	texts, isText := c.Values.(olap.Texts)
	at.visit = isText && own == partEvent && !shared
	switch {
	case at.dim >= 0:
		l.addCoded(stored, at.dim)
	case l.has(at.name):
	case at.visit:
		l.visits = append(l.visits, texts)
		l.add(stored, factVisit, factText)
	default:
		l.add(stored, factPlain, factVisit, factText)
	}
	return at
}

// dimensionOf returns the dimension of a column, or -1: what the pass codes, the
// marks, and the texts that describe a product have few combinations.
func dimensionOf(c *olap.Column) int {
	_, isText := c.Values.(olap.Texts)
	_, isDict := c.Values.(olap.Codes)
	_, isFlag := c.Values.(olap.Flag)
	switch {
	case c.BySub && (isText || isDict):
		return dimItem
	case isDict || isFlag:
		return dimEvent
	}
	return -1
}

func (l *layout) has(name string) bool {
	return slices.ContainsFunc(l.facts[factText].columns, func(c column) bool { return c.Name == name })
}

func (l *layout) add(c column, facts ...int) {
	for _, f := range facts {
		l.facts[f].columns = append(l.facts[f].columns, c)
	}
}

// addCoded adds a column to a dimension, spelled out to factText, and the
// dimension's code to the others.
func (l *layout) addCoded(c column, dim int) {
	of := partAll
	if dim == dimItem {
		of = partItem
	}
	if len(l.dims[dim].columns) == 1 {
		l.add(codeColumn(dimNames[dim], dim, of), factPlain, factVisit)
	}
	if l.has(c.Name) {
		return
	}
	c.part = partAll
	l.dims[dim].columns = append(l.dims[dim].columns, c)
	c.part = of
	l.add(c, factText)
}
