package mapped

import (
	"github.com/millrace/millrace/adapter/internal/jsonevent"
	"github.com/millrace/millrace/adapter/jsontext"
)

// tree is paths that are looked for together. Nodes are numbered in depth-first
// order, so that what is below one is a range.
type tree struct {
	top   *node
	slots int
}

// node is a step of paths.
type node struct {
	name  string
	index int // of a list's element, or -1
	wants bool
	slot  int // where the value goes, if it is wanted
	end   int // slots of what is below are slot+1 … end-1
	below []*node
	table [tableSize][]*node // below, by [hash]
	deep  bool               // something is below
	lists bool               // something below is an element of a list
}

const tableSize = 16

// hash spreads keys by their length and two bytes. The keys of one object are
// few, and most documents have many more than are asked for.
func hash(key string) uint {
	if key == "" {
		return 0
	}
	return (uint(len(key)) + uint(key[0])*3 + uint(key[len(key)-1])*7) % tableSize
}

// want returns the node at the end of a path.
func (t *tree) want(steps []string) *node {
	if t.top == nil {
		t.top = &node{index: -1}
	}
	n := t.top
	for _, s := range steps {
		n = n.step(s)
	}
	n.wants = true
	return n
}

func (n *node) step(name string) *node {
	for _, c := range n.below {
		if c.name == name {
			return c
		}
	}
	c := &node{name: name, index: -1}
	if i, ok := position(name); ok {
		c.index = i
		n.lists = true
	}
	n.below = append(n.below, c)
	n.table[hash(name)] = append(n.table[hash(name)], c)
	n.deep = true
	return c
}

// number gives every node its slot. No path may be added afterwards.
func (t *tree) number() {
	if t.top == nil {
		t.top = &node{index: -1}
	}
	t.slots = 0
	var visit func(n *node)
	visit = func(n *node) {
		n.slot = t.slots
		t.slots++
		for _, c := range n.below {
			visit(c)
		}
		n.end = t.slots
	}
	visit(t.top)
}

func (n *node) child(key string) *node {
	for _, c := range n.table[hash(key)] {
		if c.name == key {
			return c
		}
	}
	return nil
}

func (n *node) element(i int) *node {
	for _, c := range n.below {
		if c.index == i {
			return c
		}
	}
	return nil
}

// walker fills the slots of a tree from a document.
type walker struct {
	in    *jsonevent.Reader
	slots []jsontext.Value
	// repeats says that a list stands for its first element where a member is
	// looked for in it: in XML nothing tells a list of one from an element.
	repeats bool
}

// object walks the object that the cursor is at.
func (w *walker) object(n *node) {
	c := &w.in.Cursor
	clear(w.slots[n.slot:n.end])
	for c.Object(); c.More(); {
		key := c.Key()
		name := key.Raw
		if key.Escaped {
			name = w.in.Unquote(key)
		}
		if below := n.child(name); below != nil {
			w.value(below)
		} else {
			c.Value()
		}
	}
}

// value reads the value that the cursor is at, whatever it is.
func (w *walker) value(n *node) {
	c := &w.in.Cursor
	if !n.deep {
		w.slots[n.slot] = c.Value()
		return
	}
	start, kind := c.Offset(), c.Kind()
	switch {
	case kind == jsontext.Object:
		w.object(n)
	case kind == jsontext.Array && (n.lists || w.repeats):
		w.array(n)
	default:
		clear(w.slots[n.slot:n.end])
		w.slots[n.slot] = c.Value()
		return
	}
	if n.wants {
		w.slots[n.slot] = jsontext.Value{Kind: kind, Raw: c.From(start)}
	}
}

// array walks a list of which paths name elements.
func (w *walker) array(n *node) {
	c := &w.in.Cursor
	clear(w.slots[n.slot:n.end])
	i := 0
	for c.Array(); c.More(); i++ {
		below := n.element(i)
		switch {
		case below != nil:
			w.value(below)
		case w.repeats && i == 0 && !n.lists && c.Kind() == jsontext.Object:
			w.object(n)
		default:
			c.Value()
		}
	}
}
