package parquet

import (
	"fmt"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

const (
	maxColumns = 4096 // leaves of a schema
	maxDepth   = 32   // how deep groups are in each other
)

// shape is how a node is written.
type shape uint8

const (
	shapeLeaf shape = iota
	shapeObject
	shapeList // a group whose only child is repeated, and stands for its elements
	shapeMap  // a group whose only child is a repeated pair
)

// node is a column or a group of columns.
type node struct {
	name     string // JSON text with its colon
	shape    shape
	optional bool
	repeated bool
	def, rep int // the levels at which it is there
	leaf     int // the column, or the first one below
	children []*node
	value    valueKind
	scale    int
}

// schema builds the tree of a file's columns.
type schema struct {
	elements []format.SchemaElement
	next     int
	leaves   []leaf
}

func newSchema(elements []format.SchemaElement) (*node, []leaf, error) {
	s := &schema{elements: elements}
	if len(elements) == 0 {
		return nil, nil, fmt.Errorf("%w: it has no schema", errThrift)
	}
	root, err := s.node(0, 0, 0)
	if err != nil {
		return nil, nil, err
	}
	if s.next != len(elements) || root.shape == shapeLeaf {
		return nil, nil, fmt.Errorf("%w: its schema is no tree", errThrift)
	}
	root.shape, root.optional, root.repeated, root.def, root.rep = shapeObject, false, false, 0, 0
	return root, s.leaves, nil
}

// node takes the next element with those below it.
func (s *schema) node(depth, def, rep int) (*node, error) {
	if s.next >= len(s.elements) || depth > maxDepth {
		return nil, fmt.Errorf("%w: its schema is cut off or nested deeper than %d", errThrift, maxDepth)
	}
	e := &s.elements[s.next]
	s.next++
	n := &node{name: string(appendText(nil, []byte(e.Name))) + ":", leaf: len(s.leaves)}
	if depth > 0 {
		switch e.RepetitionType.V {
		case format.Optional:
			n.optional = true
			def++
		case format.Repeated:
			n.repeated = true
			def++
			rep++
		}
	}
	n.def, n.rep = def, rep
	if e.Type.Valid {
		if s.leaves = append(s.leaves, leaf{def, rep, e.Type.V == format.Boolean}); len(s.leaves) > maxColumns {
			return nil, fmt.Errorf("it has more than %d columns", maxColumns)
		}
		var err error
		n.value, n.scale, err = kindOf(e)
		return n, err
	}
	count := int(e.NumChildren.V)
	if count <= 0 || count > len(s.elements)-s.next {
		return nil, fmt.Errorf("%w: group %q has %d members", errThrift, e.Name, count)
	}
	for range count {
		child, err := s.node(depth+1, def, rep)
		if err != nil {
			return nil, err
		}
		n.children = append(n.children, child)
	}
	n.shape = shapeOf(e, n)
	return n, nil
}

// shapeOf recognises lists and maps, which the format spells as groups of a
// repeated group. See github.com/apache/parquet-format, LogicalTypes.md.
func shapeOf(e *format.SchemaElement, n *node) shape {
	_, list := e.LogicalType.Value.(*format.ListType)
	_, mapping := e.LogicalType.Value.(*format.MapType)
	if e.ConvertedType.Valid {
		list = list || e.ConvertedType.V == deprecated.List
		mapping = mapping || e.ConvertedType.V == deprecated.Map || e.ConvertedType.V == deprecated.MapKeyValue
	}
	if len(n.children) != 1 || !n.children[0].repeated {
		return shapeObject
	}
	inner := n.children[0]
	switch {
	case mapping && inner.shape == shapeObject && len(inner.children) == 2:
		return shapeMap
	case list:
		return shapeList
	}
	return shapeObject
}

// wraps reports whether a list's repeated child only wraps the element: by the
// format it does when it is a group of one member, unless it has one of the
// names of old writers.
func (n *node) wraps() bool {
	return n.shape == shapeObject && len(n.children) == 1 && n.name != `"array":`
}
