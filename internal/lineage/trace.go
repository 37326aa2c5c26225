package lineage

import (
	"cmp"
	"maps"
	"slices"
)

// Direction is which way to follow edges.
type Direction int

// The directions.
const (
	Upstream   Direction = iota // where it comes from
	Downstream                  // what is made of it
)

// Reached is a column that a trace has come to.
type Reached struct {
	Ref      Ref
	Distance int  // edges from the start
	Direct   bool // values are made of values all the way
}

// Trace is what a walk through the graph has found.
type Trace struct {
	Reached []Reached // by distance, then by name; the start has distance 0
	Edges   []Edge    // those that were followed, ordered
}

// walk is a breadth-first search over columns.
type walk struct {
	g         *Graph
	direction Direction
	depth     int
	seen      map[Ref]int // index in reached
	reached   []Reached
	queue     []int // indices in reached
	edges     map[Edge]bool
}

// Trace follows the edges of a column, or of all columns of a node, at most depth edges
// far; 0 is any distance.
func (g *Graph) Trace(start Ref, direction Direction, depth int) Trace {
	w := &walk{g: g, direction: direction, depth: depth, seen: make(map[Ref]int), edges: make(map[Edge]bool)}
	w.reach(Reached{Ref: start, Direct: true})
	for len(w.queue) > 0 {
		next := w.reached[w.queue[0]]
		w.queue = w.queue[1:]
		w.follow(next)
	}
	slices.SortStableFunc(w.reached, func(a, b Reached) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.Ref.Node, b.Ref.Node), cmp.Compare(a.Ref.Column, b.Ref.Column))
	})
	return Trace{Reached: w.reached, Edges: sorted(w.edges)}
}

func (w *walk) reach(r Reached) {
	i, known := w.seen[r.Ref]
	switch {
	case !known:
		i = len(w.reached)
		w.seen[r.Ref] = i
		w.reached = append(w.reached, r)
	case r.Direct && !w.reached[i].Direct:
		// A longer way that is direct: what lies behind is direct, too.
		w.reached[i].Direct = true
	default:
		return
	}
	w.queue = append(w.queue, i)
}

// follow goes over the edges of what was reached.
func (w *walk) follow(r Reached) {
	if w.depth > 0 && r.Distance >= w.depth {
		return
	}
	edges := w.g.down[r.Ref.Node]
	if w.direction == Upstream {
		edges = w.g.up[r.Ref.Node]
	}
	for _, i := range edges {
		e := &w.g.columns[i]
		near, far := e.From, e.To
		if w.direction == Upstream {
			near, far = e.To, e.From
		}
		// Who decides about all rows of a dataset decides about each of its columns.
		if near.Column != r.Ref.Column && near.Column != "" && r.Ref.Column != "" {
			continue
		}
		w.edges[*e] = true
		w.reach(Reached{Ref: far, Distance: r.Distance + 1, Direct: r.Direct && e.Subtype.Direct()})
	}
}

// Thing is something that a change would touch.
type Thing struct {
	Node     Node
	Columns  []string // of it; none: its rows as a whole
	Distance int
	Direct   bool     // some value of it is made of the column
	How      []string // by what the change comes to it
}

// Impact returns what a change of a column would touch, nearest first: the blast radius.
func (g *Graph) Impact(start Ref) []Thing {
	trace := g.Trace(start, Downstream, 0)
	found := make(map[string]*Thing)
	touch := func(id string, distance int, direct bool) *Thing {
		t := found[id]
		if t == nil {
			n, _ := g.Node(id)
			t = &Thing{Node: n, Distance: distance}
			found[id] = t
		}
		t.Distance, t.Direct = min(t.Distance, distance), t.Direct || direct
		return t
	}
	distances := make(map[Ref]Reached)
	for _, r := range trace.Reached {
		distances[r.Ref] = r
		if r.Distance == 0 || r.Ref.Node == start.Node && r.Ref.Column == "" {
			continue
		}
		t := touch(r.Ref.Node, r.Distance, r.Direct)
		if r.Ref.Column != "" {
			t.Columns = append(t.Columns, r.Ref.Column)
		}
	}
	for _, e := range trace.Edges {
		if t := found[e.To.Node]; t != nil && e.How != "" && !slices.Contains(t.How, e.How) {
			t.How = append(t.How, e.How)
		}
		if _, is := g.byID[e.Via]; is {
			r := distances[e.To]
			touch(e.Via, r.Distance, r.Direct)
		}
	}
	things := make([]Thing, 0, len(found))
	for _, id := range slices.Sorted(maps.Keys(found)) {
		t := found[id]
		slices.Sort(t.Columns)
		slices.Sort(t.How)
		things = append(things, *t)
	}
	slices.SortStableFunc(things, func(a, b Thing) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(slices.Index(kinds, a.Node.Kind), slices.Index(kinds, b.Node.Kind)), cmp.Compare(a.Node.Name, b.Node.Name))
	})
	return things
}

// Path returns a shortest way from one column to another, nil when there is none. A way
// that values take comes before one by which a column only decides about the other.
func (g *Graph) Path(from, to Ref) []Edge {
	if path := g.path(from, to, true); path != nil {
		return path
	}
	return g.path(from, to, false)
}

func (g *Graph) path(from, to Ref, direct bool) []Edge {
	type step struct {
		ref  Ref
		edge int // by which it was reached
		from int // step before
	}
	steps, seen := []step{{from, -1, -1}}, map[Ref]bool{from: true}
	for at := 0; at < len(steps); at++ {
		here := steps[at].ref
		if at > 0 && here.Node == to.Node && (here.Column == to.Column || to.Column == "" || here.Column == "") {
			var path []Edge
			for k := at; steps[k].edge >= 0; k = steps[k].from {
				path = append(path, g.columns[steps[k].edge])
			}
			slices.Reverse(path)
			return path
		}
		for _, i := range g.down[here.Node] {
			e := &g.columns[i]
			elsewhere := e.From.Column != here.Column && here.Column != "" && e.From.Column != ""
			if elsewhere || seen[e.To] || direct && !e.Subtype.Direct() {
				continue
			}
			seen[e.To] = true
			steps = append(steps, step{e.To, i, at})
		}
	}
	return nil
}

// Neighbours returns the nodes at most depth dataset edges away in the directions, by id;
// 0 is any distance.
func (g *Graph) Neighbours(id string, depth int, directions ...Direction) map[string]bool {
	found := map[string]bool{id: true}
	for _, d := range directions {
		edge := []string{id}
		seen := map[string]bool{id: true}
		for n := 0; len(edge) > 0 && (depth == 0 || n < depth); n++ {
			var next []string
			for _, e := range g.datasets {
				near, far := e.From.Node, e.To.Node
				if d == Upstream {
					near, far = far, near
				}
				if slices.Contains(edge, near) && !seen[far] {
					seen[far], found[far] = true, true
					next = append(next, far)
				}
			}
			edge = next
		}
	}
	return found
}
