package lineage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/spell"
)

// Kind is what a node is.
type Kind string

// The kinds of nodes, in the order of the data's path.
const (
	Source   Kind = "source"
	Topic    Kind = "topic"
	Pass     Kind = "pass"
	Rules    Kind = "rules"
	Contract Kind = "contract"
	Job      Kind = "job"
	Table    Kind = "table"
	Feed     Kind = "feed"
	Metric   Kind = "metric"
	Query    Kind = "query" // a statement that somebody has saved
	// Dashboard has a column per chart.
	Dashboard Kind = "dashboard"
	Sink      Kind = "sink"
)

// kinds is the order of the data's path.
var kinds = []Kind{Source, Topic, Pass, Rules, Contract, Job, Table, Feed, Metric, Query, Dashboard, Sink}

// Node is a dataset, or what makes one of another.
type Node struct {
	ID      string // kind:name
	Kind    Kind
	Name    string
	Text    string // what it is, in a sentence
	Version string // of what it is declared by; may be empty
	File    string // where it is declared; may be empty
	Columns []Column
}

// Column is a column of a node.
type Column struct {
	Name string
	Type string // of SQL; empty where it has none
	Text string
}

// Ref is a column of a node; without a column all of it.
type Ref struct{ Node, Column string }

// String is how the API writes a reference: node/column.
func (r Ref) String() string {
	if r.Column == "" {
		return r.Node
	}
	return r.Node + "/" + r.Column
}

// Subtype is how a column influences another, as OpenLineage names it.
type Subtype string

// The subtypes. The first three are direct: the value is made of it.
const (
	Identity       Subtype = "IDENTITY"
	Transformation Subtype = "TRANSFORMATION"
	Aggregation    Subtype = "AGGREGATION"
	Join           Subtype = "JOIN"
	GroupBy        Subtype = "GROUP_BY"
	Filter         Subtype = "FILTER"
	Sort           Subtype = "SORT"
	Window         Subtype = "WINDOW"
	Conditional    Subtype = "CONDITIONAL"
)

// Direct reports whether values are made of the column, rather than decided by it.
func (s Subtype) Direct() bool { return s == Identity || s == Transformation || s == Aggregation }

// Edge says that one column, or dataset, influences another.
type Edge struct {
	From, To Ref
	Subtype  Subtype // empty between datasets
	How      string  // for people: mapping onlineretail, correction fill_customer
	Version  string  // of what does it
	Via      string  // node that does it, where it stands between the two
}

// Graph is the lineage of everything declared. It is immutable.
type Graph struct {
	nodes    []Node
	byID     map[string]int
	columns  []Edge           // between columns
	datasets []Edge           // between whole nodes
	down, up map[string][]int // indices in columns, by node
}

// Nodes returns the nodes in the order of the data's path, then by name.
func (g *Graph) Nodes() []Node { return g.nodes }

// Node returns a node by its id.
func (g *Graph) Node(id string) (Node, bool) {
	i, ok := g.byID[id]
	if !ok {
		return Node{}, false
	}
	return g.nodes[i], true
}

// ColumnEdges returns the edges between columns, ordered.
func (g *Graph) ColumnEdges() []Edge { return g.columns }

// DatasetEdges returns the edges between nodes, ordered.
func (g *Graph) DatasetEdges() []Edge { return g.datasets }

// builder collects what becomes a graph.
type builder struct {
	nodes    map[string]*Node
	columns  map[Edge]bool
	datasets map[Edge]bool
}

func newBuilder() *builder {
	return &builder{nodes: make(map[string]*Node), columns: make(map[Edge]bool), datasets: make(map[Edge]bool)}
}

func nodeID(kind Kind, name string) string { return string(kind) + ":" + name }

// node adds a node, or returns the one that is there.
func (b *builder) node(kind Kind, name string) *Node {
	id := nodeID(kind, name)
	n := b.nodes[id]
	if n == nil {
		n = &Node{ID: id, Kind: kind, Name: name}
		b.nodes[id] = n
	}
	return n
}

// column adds a column to a node unless it is there.
func (n *Node) column(name string) Ref {
	if name != "" && !slices.ContainsFunc(n.Columns, func(c Column) bool { return c.Name == name }) {
		n.Columns = append(n.Columns, Column{Name: name})
	}
	return Ref{n.ID, name}
}

func (b *builder) connect(e Edge) { b.columns[e] = true }

// lead connects two nodes.
func (b *builder) lead(from, to *Node) {
	b.datasets[Edge{From: Ref{Node: from.ID}, To: Ref{Node: to.ID}}] = true
}

// graph orders what was collected.
func (b *builder) graph() *Graph {
	g := &Graph{byID: make(map[string]int), down: make(map[string][]int), up: make(map[string][]int)}
	for _, n := range b.nodes {
		g.nodes = append(g.nodes, *n)
	}
	slices.SortFunc(g.nodes, func(a, b Node) int {
		return cmp.Or(cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)), cmp.Compare(a.Name, b.Name))
	})
	for i := range g.nodes {
		g.byID[g.nodes[i].ID] = i
	}
	g.columns, g.datasets = sorted(b.columns), sorted(b.datasets)
	for i := range g.columns {
		e := &g.columns[i]
		g.down[e.From.Node] = append(g.down[e.From.Node], i)
		g.up[e.To.Node] = append(g.up[e.To.Node], i)
	}
	return g
}

func sorted(edges map[Edge]bool) []Edge {
	all := make([]Edge, 0, len(edges))
	for e := range edges {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b Edge) int {
		return cmp.Or(
			cmp.Compare(a.From.Node, b.From.Node), cmp.Compare(a.From.Column, b.From.Column),
			cmp.Compare(a.To.Node, b.To.Node), cmp.Compare(a.To.Column, b.To.Column),
			cmp.Compare(a.Subtype, b.Subtype), cmp.Compare(a.How, b.How), cmp.Compare(a.Via, b.Via),
		)
	})
	return all
}

// UnknownError says that there is no such node or column.
type UnknownError struct{ Text, Hint string }

func (e *UnknownError) Error() string {
	return fmt.Sprintf("there is no dataset or column %q; %s", e.Text, e.Hint)
}

// Resolve finds what a text means: a node (table:order_lines), a column of one
// (table:order_lines/amount), or what people write: order_lines, order_lines.amount. The
// error is an [UnknownError].
func (g *Graph) Resolve(text string) (Ref, error) {
	id, column, _ := strings.Cut(text, "/")
	if n, ok := g.Node(id); ok {
		return g.columnOf(n, column, text)
	}
	if strings.Contains(id, ":") {
		return Ref{}, &UnknownError{text, spell.Suggest(id, g.ids())}
	}
	for _, kind := range []Kind{Table, Metric, Query, Dashboard, Topic, Source, Job, Sink, Feed, Rules, Contract, Pass} {
		if n, ok := g.Node(nodeID(kind, text)); ok {
			return Ref{Node: n.ID}, nil
		}
		for at := range len(text) {
			if text[at] != '.' && text[at] != '/' {
				continue
			}
			if n, ok := g.Node(nodeID(kind, text[:at])); ok {
				if ref, err := g.columnOf(n, text[at+1:], text); err == nil {
					return ref, nil
				}
			}
		}
	}
	return Ref{}, &UnknownError{text, g.suggest(text)}
}

func (g *Graph) columnOf(n Node, column, text string) (Ref, error) {
	if column == "" || slices.ContainsFunc(n.Columns, func(c Column) bool { return c.Name == column }) {
		return Ref{n.ID, column}, nil
	}
	var names []string
	for _, c := range n.Columns {
		names = append(names, c.Name)
	}
	return Ref{}, &UnknownError{text, n.Name + ": " + spell.Suggest(column, names)}
}

// suggest says what was meant by a text that is no node: the nearest name, and its
// columns where the text has one.
func (g *Graph) suggest(text string) string {
	name, column, dotted := strings.Cut(text, ".")
	if n, ok := g.Node(nodeID(Table, name)); ok && dotted {
		var names []string
		for _, c := range n.Columns {
			names = append(names, c.Name)
		}
		return "in " + name + ": " + spell.Suggest(column, names)
	}
	var names []string
	for i := range g.nodes {
		names = append(names, g.nodes[i].Name)
	}
	return spell.Suggest(name, names)
}

func (g *Graph) ids() []string {
	ids := make([]string, len(g.nodes))
	for i := range g.nodes {
		ids[i] = g.nodes[i].ID
	}
	return ids
}
