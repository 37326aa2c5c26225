package duckdb

import (
	"fmt"
	"slices"

	"github.com/millrace/millrace/internal/store/olap"
)

// layout is how the declared tables rest in the file (ADR 041). Those of
// accepted events and of their items are views over the fact tables, which have
// a row per item, or one for an event without items: what several tables show is
// stored once. Rows with an item of an order have a table of their own, since they are few
// and asked for most. Columns of few values are stored as one code, that of their
// combination in a dimension. The other tables are stored as declared, but for what
// acts say of quarantined events, and hide of purged ones (settled.go).
type layout struct {
	stored []*physical
	facts  [factTables]*physical
	dims   [dimensions]*physical
	views  []*view
	// Columns that factPlain and factOrder have not, of events and of viewed items.
	visits []olap.Texts
	viewed []olap.TextOf
}

// The fact tables.
const (
	factPlain = iota // rows without any of layout.visits and layout.viewed
	factVisit
	factOrder      // rows with an item of an order, as factPlain
	factOrderVisit // the same, as factVisit
	factText       // rows with a combination that its dimension has no room for, all values spelled out
	factTables
)

// The dimensions.
const (
	dimEvent = iota
	dimItem
	dimensions
)

var (
	factNames = [factTables]string{"fact", "fact_visit", "fact_order", "fact_order_visit", "fact_text"}
	// factParts is what rows of the fact tables may be of.
	factParts = [factTables]part{partEvent | partView, partEvent | partView, partEvent | partLine, partEvent | partLine, partEvent | partItem}
	dimNames  = [dimensions]string{"event_dim", "item_dim"}
)

// physical is a table of the file.
type physical struct {
	schema, name string
	columns      []column

	declared *olap.Table // of a table that is stored as declared
}

func (p *physical) sql() string { return quote(p.schema) + "." + quote(p.name) }

func (p *physical) has(name string) bool {
	return slices.ContainsFunc(p.columns, func(c column) bool { return c.Name == name })
}

// column is a column of the file. Its Name is that in the file.
type column struct {
	olap.Column
	part part // rows of a fact table that have a value; 0: all, also those of other tables
	code bool // holds codes of dimension dim
	dim  int
	// number holds the number of the row's item in its event: above zero for one of an
	// order, below for one that was viewed, so that one column tells whose row it is.
	number bool
	after  bool // holds [olap.StoredAfter]
}

// part is a set of what rows of fact tables are of.
type part uint8

const (
	partEvent part = 1 << iota // an event: one row of each
	partLine                   // an item of an order
	partView                   // an item that was viewed
	parts

	partItem = partLine | partView
)

var partOf = map[olap.RowsOf]part{olap.Accepted: partEvent, olap.Items: partLine, olap.Viewed: partView}

// numberColumn is the name of the column of item numbers in the file.
const numberColumn = "line_no"

// view is a declared table over the fact tables.
type view struct {
	table *olap.Table
	// where is the condition of the rows that the view shows.
	where   string
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
	negative bool // the number of a viewed item
}

// newLayout lays out the declared tables.
func newLayout(tables []olap.Table) *layout {
	l := &layout{}
	var facts []*olap.Table
	for i := range tables {
		if t := &tables[i]; partOf[t.Of] != 0 {
			facts = append(facts, t)
		} else {
			l.stored = append(l.stored, storedAsDeclared(t))
		}
	}
	for d := range l.dims {
		l.dims[d] = &physical{schema: internalSchema, name: dimNames[d], columns: []column{codeColumn("id", d, 0)}}
	}
	for f := range l.facts {
		l.facts[f] = &physical{schema: internalSchema, name: factNames[f]}
	}
	for _, t := range facts {
		l.addView(t, facts)
	}
	l.add(afterColumn, factPlain, factVisit, factOrder, factOrderVisit, factText) // the last one: files of the version before get it added
	return l
}

// storedAsDeclared lays out a table that users read as it is, but for one with
// columns that depend on acts, which they read by a view.
func storedAsDeclared(t *olap.Table) *physical {
	p := &physical{schema: "main", name: t.Name, declared: t}
	for _, c := range t.Columns {
		_, fromActs := c.Values.(olap.FromActs)
		if fromActs || c.Purged {
			p.schema, p.name = internalSchema, t.Name+"_rows"
		}
		if fromActs {
			continue
		}
		p.columns = append(p.columns, column{Column: c})
	}
	return p
}

var afterColumn = column{Column: olap.Column{Name: olap.StoredAfter, Type: olap.Int64}, after: true}

func codeColumn(name string, dim int, of part) column {
	return column{Column: olap.Column{Name: name, Type: olap.Int32}, part: of, code: true, dim: dim}
}

// addView lays out the columns of t, one of the tables of facts.
func (l *layout) addView(t *olap.Table, facts []*olap.Table) {
	v := &view{table: t}
	for i := range t.Columns {
		c := &t.Columns[i]
		at := l.place(c, partOf[t.Of], facts)
		v.columns = append(v.columns, at)
		if at.dim >= 0 && !slices.Contains(v.dims, at.dim) {
			v.dims = append(v.dims, at.dim)
		}
		if v.where == "" {
			v.where = l.shows(&at, partOf[t.Of])
		}
	}
	if v.where == "" {
		panic(fmt.Sprintf("BUG: table %s has no column of its own that is never NULL", t.Name))
	}
	l.views = append(l.views, v)
}

// shows is the condition of a view's rows by one of its columns, empty where it tells none.
func (l *layout) shows(at *viewColumn, of part) string {
	k := slices.IndexFunc(l.facts[factText].columns, func(c column) bool { return c.Name == at.name })
	switch c := l.facts[factText].columns[k]; {
	case c.number && at.negative:
		return "f." + quote(at.name) + " < 0"
	case c.number:
		return "f." + quote(at.name) + " > 0"
	case c.part == of && (c.Type == olap.Int64 || c.Type == olap.Int32): // they have a value wherever they are filled in
		return "f." + quote(at.name) + " IS NOT NULL"
	}
	return ""
}

// place finds the place of a column, and makes it when it has none.
func (l *layout) place(c *olap.Column, of part, facts []*olap.Table) viewColumn {
	at := viewColumn{declared: c, name: c.Name, dim: dimensionOf(c)}
	stored := column{Column: *c, part: of}
	if _, stored.number = c.Values.(olap.ItemNumber); stored.number {
		at.name, at.negative, stored.part = numberColumn, of == partView, partItem
	}
	for _, t := range facts {
		twin := slices.IndexFunc(t.Columns, func(o olap.Column) bool { return o.Name == c.Name })
		switch {
		case twin < 0:
		case t.Columns[twin].BySub == c.BySub:
			stored.part |= partOf[t.Of]
		case c.BySub:
			at.name = "item_" + c.Name
		}
	}
	stored.Name = at.name
	texts, isText := c.Values.(olap.Texts)
	viewed, isViewed := c.Values.(olap.TextOf)
	at.visit = isText && stored.part == partEvent || isViewed && stored.part == partView
	switch {
	case at.dim >= 0:
		l.addCoded(stored, at.dim)
	case l.has(at.name):
	case at.visit:
		if isText {
			l.visits = append(l.visits, texts)
		} else {
			l.viewed = append(l.viewed, viewed)
		}
		l.add(stored, factVisit, factOrderVisit, factText)
	default:
		l.add(stored, factPlain, factVisit, factOrder, factOrderVisit, factText)
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

func (l *layout) has(name string) bool { return l.facts[factText].has(name) }

// add adds a column to those of the fact tables whose rows may have a value.
func (l *layout) add(c column, facts ...int) {
	for _, f := range facts {
		if c.part == 0 || c.part&factParts[f] != 0 {
			l.facts[f].columns = append(l.facts[f].columns, c)
		}
	}
}

// addCoded adds a column to a dimension, spelled out to factText, and the
// dimension's code to the others.
func (l *layout) addCoded(c column, dim int) {
	of := part(0)
	if dim == dimItem {
		of = partItem
	}
	if len(l.dims[dim].columns) == 1 {
		l.add(codeColumn(dimNames[dim], dim, of), factPlain, factVisit, factOrder, factOrderVisit)
	}
	if l.has(c.Name) {
		return
	}
	c.part = 0
	l.dims[dim].columns = append(l.dims[dim].columns, c)
	c.part = of
	l.add(c, factText)
}
