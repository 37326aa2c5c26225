package check

import (
	"fmt"
	"slices"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/expression"
	"github.com/millrace/millrace/internal/sketch"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/store/olap"
)

// builtin returns one of the tables that rows of batches go to; nil for those of jobs.
func builtin(tables []olap.Table, name string) *olap.Table {
	for i := range tables {
		if tables[i].Name == name {
			return &tables[i]
		}
	}
	return nil
}

// columnOf finds a column; nil when the table is one of a job, whose columns are known to
// the store only.
func columnOf(t *olap.Table, name string) (*olap.Column, error) {
	if t == nil {
		return nil, nil
	}
	var names []string
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i], nil
		}
		names = append(names, t.Columns[i].Name)
	}
	return nil, fmt.Errorf("%q is no column of %s; %s", name, t.Name, spell.Suggest(name, names))
}

// row is one row of a table, where it lies in a batch.
type row struct {
	sel *olap.Selection
	at  olap.Row
}

func (r *row) index(c *olap.Column) int32 {
	if c.BySub {
		return r.at.Sub
	}
	return r.at.Event
}

// reader reads a column of rows of batches. Exactly one of text, number and
// id is set.
type reader struct {
	column *olap.Column
	text   func(*row) string
	number func(*row) int64 // whole numbers, micros, µs since 1970, 0 and 1
	dict   func(*event.Batch) *event.Dict
	id     func(*row) event.ID
}

// readerOf returns nil for a column that cannot be read cheaply from a batch.
func readerOf(c *olap.Column) *reader {
	r := &reader{column: c}
	switch of := c.Values.(type) {
	case olap.Texts:
		r.text = func(at *row) string { return of(at.sel.Batch)[at.index(c)] }
	case olap.Codes:
		r.dict = of
		r.text = func(at *row) string { return of(at.sel.Batch).Get(int(at.index(c))) }
	case olap.TextOf:
		r.text = func(at *row) string { return of(at.sel, at.at) }
	case olap.Ints:
		r.number = func(at *row) int64 { return of(at.sel.Batch)[at.index(c)] }
	case olap.Amounts:
		r.number = func(at *row) int64 { return int64(of(at.sel.Batch)[at.index(c)]) }
	case olap.IntOf:
		r.number = func(at *row) int64 { return of(at.sel, at.at) }
	case olap.Flag:
		mark := event.Mark(of)
		r.number = func(at *row) int64 {
			if at.sel.Batch.Marks[at.at.Event].Has(mark) {
				return 1
			}
			return 0
		}
	case olap.IDs:
		r.id = func(at *row) event.ID { return of(at.sel.Batch)[at.index(c)] }
	default:
		return nil
	}
	return r
}

// hash is that of the value, for counting different ones.
func (r *reader) hash(at *row) uint64 {
	switch {
	case r.text != nil:
		return sketch.HashString(r.text(at))
	case r.number != nil:
		return sketch.HashInt(r.number(at))
	}
	id := r.id(at)
	return sketch.HashBytes(id[:])
}

// float is the value of a number, or of an amount in units.
func (r *reader) float(at *row) float64 {
	v := float64(r.number(at))
	if r.column.Type == olap.Money {
		v /= event.MicrosPerUnit
	}
	return v
}

// missing reports whether the stored value is NULL.
func (r *reader) missing(at *row) bool {
	if r.text != nil {
		return r.text(at) == ""
	}
	return r.column.Type == olap.Timestamp && r.number(at) == 0
}

// operand reads the column in a condition.
func (r *reader) operand() expression.Operand[row] {
	number := r.number
	switch r.column.Type {
	case olap.Text:
		return expression.Operand[row]{Kind: expression.Text, Text: r.text}
	case olap.Money:
		return expression.Operand[row]{Kind: expression.Money, Int: number}
	case olap.Timestamp:
		return expression.Operand[row]{Kind: expression.Instant, Int: number}
	case olap.Bool:
		return expression.Operand[row]{Kind: expression.Boolean, Bool: func(at *row) bool { return number(at) != 0 }}
	}
	return expression.Operand[row]{Kind: expression.Integer, Int: number}
}

// filterable are the columns that conditions can name.
func filterable(t *olap.Table) []string {
	var names []string
	for i := range t.Columns {
		if r := readerOf(&t.Columns[i]); r != nil && r.id == nil {
			names = append(names, t.Columns[i].Name)
		}
	}
	slices.Sort(names)
	return names
}
