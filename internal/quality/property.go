package quality

import (
	"slices"
	"strings"

	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/yamldoc"
)

// properties are the values in JSON columns that the rules of a source name. All of an
// event are found in one walk over its text, when the first rule asks for one.
type properties struct {
	fields []*field
	roots  []root
}

// root is the paths of a column, as a tree.
type root struct {
	column *field
	*node
}

// node is a step of paths: the members of an object that somebody asks for.
type node struct {
	key      string
	field    *field // nil: nobody asks for the value itself
	children []*node
}

func (n *node) child(key string) *node {
	for _, c := range n.children {
		if c.key == key {
			return c
		}
	}
	return nil
}

// value is a value as it was found. What is not there, null, and "" are missing.
type value struct {
	text string
	kind jsontext.Kind
}

// propertyOf splits properties.a.b into its column and path.
func propertyOf(name string) (column *field, path []string) {
	head, rest, ok := strings.Cut(name, ".")
	if !ok || head != "properties" && head != "context" {
		return nil, nil
	}
	return findField(head), strings.Split(rest, ".")
}

// property returns the field of a JSON property, or nil and leaves an error.
func (s *source) property(at, name string) *field {
	column, path := propertyOf(name)
	for _, key := range path {
		if key == "" || len(path) > maxPathDepth || strings.ContainsAny(key, "[]*") {
			s.Fail(at, "%q is no path of a JSON property; want names of members, such as properties.cart.total, at most %d deep and no lists", yamldoc.Clip(name), maxPathDepth)
			return nil
		}
	}
	if len(s.set.properties.fields) >= maxProperties {
		s.Fail(at, "the rules name more than %d JSON properties", maxProperties)
		return nil
	}
	return s.set.properties.add(name, column, path)
}

func (p *properties) add(name string, column *field, path []string) *field {
	i := slices.IndexFunc(p.roots, func(r root) bool { return r.column == column })
	if i < 0 {
		i, p.roots = len(p.roots), append(p.roots, root{column, &node{}})
	}
	at := p.roots[i].node
	for _, key := range path {
		next := at.child(key)
		if next == nil {
			next = &node{key: key}
			at.children = append(at.children, next)
		}
		at = next
	}
	if at.field == nil {
		at.field = &field{name: name, kind: kindProperty, fixed: true, column: column, index: len(p.fields), desc: "a value in JSON"}
		p.fields = append(p.fields, at.field)
	}
	return at.field
}

// extraction holds the properties of the events of a batch, as far as they were asked for.
type extraction struct {
	of     *properties
	values []value // by event and property
	done   []bool  // by event
	cursor jsontext.Cursor
	key    []byte
	arena  *arena
}

func (x *extraction) begin(of *properties, events int) {
	x.of = of
	if len(of.fields) == 0 {
		return
	}
	x.done = blank(x.done, events)
	if n := events * len(of.fields); cap(x.values) < n {
		x.values = make([]value, n, n+n/4)
	} else {
		x.values = x.values[:n]
	}
}

// end drops the references to the batch's texts.
func (x *extraction) end() {
	clear(x.values)
	x.values = x.values[:0]
}

// get returns a property of an event.
func (x *extraction) get(b *event.Batch, f *field, e int32) value {
	if !x.done[e] {
		x.read(b, e)
	}
	return x.values[int(e)*len(x.of.fields)+f.index]
}

func (x *extraction) read(b *event.Batch, e int32) {
	x.done[e] = true
	n := len(x.of.fields)
	row := x.values[int(e)*n : (int(e)+1)*n]
	clear(row)
	for _, root := range x.of.roots {
		text := root.column.text(b)[e]
		if text == "" {
			continue
		}
		if x.cursor.Reset(text); x.cursor.Kind() == jsontext.Object {
			x.object(root.node, row)
		}
	}
}

func (x *extraction) object(at *node, row []value) {
	c := &x.cursor
	for c.Object(); c.More(); {
		key := c.Key()
		if key.Escaped {
			x.key = jsontext.Unescape(x.key[:0], key.Raw)
			key.Raw = string(x.key)
		}
		next := at.child(key.Raw)
		switch {
		case next == nil:
			c.Value()
		case len(next.children) > 0 && c.Kind() == jsontext.Object:
			start := c.Offset()
			if x.object(next, row); next.field != nil && c.Err() == nil {
				row[next.field.index] = value{c.From(start), jsontext.Object}
			}
		default:
			x.keep(next, c.Value(), row)
		}
	}
}

func (x *extraction) keep(at *node, v jsontext.Value, row []value) {
	if at.field == nil {
		return
	}
	switch {
	case v.Kind == jsontext.Null:
		row[at.field.index] = value{}
	case v.Escaped:
		x.key = jsontext.Unescape(x.key[:0], v.Raw)
		row[at.field.index] = value{x.arena.keep(x.key), v.Kind}
	default:
		row[at.field.index] = value{v.Raw, v.Kind}
	}
}

// find returns the field that the value at path names, or nil and leaves an error.
func (s *source) find(at, name string) *field {
	if f := findField(name); f != nil {
		return f
	}
	if column, _ := propertyOf(name); column != nil {
		return s.property(at, name)
	}
	s.Fail(at, "%q is no field; %s", yamldoc.Clip(name), spell.Suggest(name, fieldNames(nil)))
	return nil
}
