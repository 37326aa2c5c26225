package result

import (
	"fmt"
	"slices"

	"github.com/millrace/millrace/stream/codec"
)

// Column is one column of a flat row.
type Column struct {
	Name string
	Kind codec.Kind // lists, maps and pointers are JSON texts
}

// Layout is the flat form of a schema: its leaves, in the order in which
// [codec.Visitor] numbers them.
type Layout struct {
	Columns []Column
}

// LayoutOf returns the flat form of a schema.
func LayoutOf(s codec.Schema) (*Layout, error) {
	if s.Root() == nil {
		return nil, fmt.Errorf("BUG: a sink without a schema")
	}
	l := &Layout{}
	times := make(map[string]int)
	eachLeaf(s.Root(), "value", "", func(name, _ string, _ *codec.Type) { times[name]++ })
	var err error
	eachLeaf(s.Root(), "value", "", func(name, outer string, t *codec.Type) {
		if times[name] > 1 && outer != "" {
			name = outer + "_" + name
		}
		if l.Index(name) >= 0 && err == nil {
			err = fmt.Errorf("a row would have two columns %q: give one of the fields another name", name)
		}
		l.Columns = append(l.Columns, Column{name, t.Kind})
	})
	return l, err
}

func eachLeaf(t *codec.Type, name, outer string, fn func(name, outer string, t *codec.Type)) {
	if t.Kind != codec.Struct {
		fn(name, outer, t)
		return
	}
	for i := range t.Fields {
		eachLeaf(t.Fields[i].Type, t.Fields[i].Name, name, fn)
	}
}

// Index returns the number of a column, -1 when there is none.
func (l *Layout) Index(name string) int {
	return slices.IndexFunc(l.Columns, func(c Column) bool { return c.Name == name })
}

// Indexes returns the numbers of columns.
func (l *Layout) Indexes(names []string) ([]int, error) {
	all := make([]int, len(names))
	for i, name := range names {
		if all[i] = l.Index(name); all[i] < 0 {
			known := make([]string, len(l.Columns))
			for k, c := range l.Columns {
				known[k] = c.Name
			}
			return nil, fmt.Errorf("the row has no column %q; it has %v", name, known)
		}
	}
	return all, nil
}
