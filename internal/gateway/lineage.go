package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/internal/lineage"
)

// Lineage knows where columns come from.
type Lineage interface {
	// Lineage returns the graph of what is declared now.
	Lineage(ctx context.Context) (*lineage.Graph, error)
	// Statement follows a statement of SQL. The error wraps [lineage.ErrStatement] when it
	// cannot be followed.
	Statement(ctx context.Context, sql string) (*lineage.Statement, error)
}

// LineageAnswer is the answer of /api/v1/lineage.
type LineageAnswer struct {
	Nodes []LineageNode `json:"nodes" nullable:"false" doc:"In the order of the data's path"`
	Edges []LineageEdge `json:"edges" nullable:"false"`
}

// LineageNode is a dataset, or what makes one of another.
type LineageNode struct {
	ID      string          `json:"id" example:"table:order_lines"`
	Kind    string          `json:"kind" enum:"source,topic,pass,rules,contract,job,table,feed,metric,query,dashboard,sink"`
	Name    string          `json:"name"`
	Text    string          `json:"text,omitempty" doc:"What it is"`
	Version string          `json:"version,omitempty" doc:"Of what it is declared by"`
	File    string          `json:"file,omitempty"`
	Badge   *LineageBadge   `json:"badge,omitempty" doc:"How it stands; absent where nothing is known"`
	Columns []LineageColumn `json:"columns" nullable:"false"`
}

// LineageColumn is a column of a node.
type LineageColumn struct {
	Name string `json:"name"`
	Type string `json:"type,omitempty"`
}

// LineageBadge says how a node stands.
type LineageBadge struct {
	Count    *int64     `json:"count,omitempty" doc:"Rows, events, results or messages"`
	Unit     string     `json:"unit,omitempty" enum:"rows,events,results,messages" doc:"What is counted"`
	Fresh    *time.Time `json:"fresh,omitempty" doc:"When something last came; of jobs the event time that they have reached"`
	State    string     `json:"state" enum:"ok,warn,bad" doc:"bad: it does not work, or a check of severity error fails; warn: look at it"`
	Messages []string   `json:"messages" nullable:"false" doc:"Why it is not ok"`
}

// LineageEdge says that one dataset, or column, influences another.
type LineageEdge struct {
	From    string `json:"from" doc:"A node, or NODE/COLUMN"`
	To      string `json:"to"`
	Type    string `json:"type,omitempty" enum:"DIRECT,INDIRECT" doc:"Between columns: values are made of it, or it decides about them"`
	Subtype string `json:"subtype,omitempty" doc:"As OpenLineage names it: IDENTITY, TRANSFORMATION, AGGREGATION, JOIN, GROUP_BY, FILTER, SORT, WINDOW, CONDITIONAL"`
	How     string `json:"how,omitempty" doc:"What does it"`
	Version string `json:"version,omitempty" doc:"Of what does it"`
	Via     string `json:"via,omitempty" doc:"Node that does it, where it stands between the two"`
}

// ImpactAnswer is the answer of /api/v1/lineage/impact.
type ImpactAnswer struct {
	Column string        `json:"column"`
	Things []ImpactThing `json:"things" nullable:"false" doc:"What a change would touch, nearest first"`
}

// ImpactThing is something that a change would touch.
type ImpactThing struct {
	ID       string   `json:"id"`
	Kind     string   `json:"kind"`
	Name     string   `json:"name"`
	File     string   `json:"file,omitempty"`
	Columns  []string `json:"columns" nullable:"false" doc:"Of it; none: which rows it has"`
	Distance int      `json:"distance"`
	Direct   bool     `json:"direct" doc:"Some value of it is made of the column; otherwise the column decides about it"`
	How      []string `json:"how" nullable:"false" doc:"By what the change comes to it"`
}

// PathAnswer is the answer of /api/v1/lineage/path.
type PathAnswer struct {
	Edges []LineageEdge `json:"edges" nullable:"false" doc:"From the first column to the second; none when nothing leads there"`
}

// StatementLineage is the answer of /api/v1/lineage/sql.
type StatementLineage struct {
	Columns []StatementColumn `json:"columns" nullable:"false"`
	Rows    []StatementUse    `json:"rows" nullable:"false" doc:"What decides which rows there are, in which groups and order"`
	Tables  []string          `json:"tables" nullable:"false"`
}

// StatementColumn is a column of a result.
type StatementColumn struct {
	Name string         `json:"name"`
	Uses []StatementUse `json:"uses" nullable:"false"`
}

// StatementUse is a column that a statement reads.
type StatementUse struct {
	Table   string `json:"table"`
	Column  string `json:"column"`
	Type    string `json:"type" enum:"DIRECT,INDIRECT"`
	Subtype string `json:"subtype"`
}

type (
	lineageInput struct {
		Level     string `query:"level" enum:"dataset,column" default:"dataset" doc:"Edges between datasets, or between columns"`
		Focus     string `query:"focus" maxLength:"400" doc:"Only what is connected with this dataset or column: table:order_lines, order_lines.amount, source:shop/order_id"`
		Direction string `query:"direction" enum:"both,up,down" default:"both" doc:"From the focus: where it comes from (up), what is made of it (down)"`
		Depth     int    `query:"depth" minimum:"0" maximum:"100" doc:"Most edges from the focus; 0: all"`
		Kind      string `query:"kind" doc:"Only nodes of these kinds, separated by commas"`
		Q         string `query:"q" maxLength:"200" doc:"Only nodes whose name, or the name of a column, contains this"`
	}
	impactInput struct {
		Column string `query:"column" required:"true" maxLength:"400" doc:"A column, or a whole dataset" example:"order_lines.amount"`
	}
	pathInput struct {
		From string `query:"from" required:"true" maxLength:"400"`
		To   string `query:"to" required:"true" maxLength:"400"`
	}
	lineageSQLInput struct {
		Body struct {
			SQL string `json:"sql" minLength:"1" maxLength:"262144"`
		}
	}
)

func (g *Gateway) registerLineage(api huma.API) {
	get(g, api, "lineage", tagLineage, "/api/v1/lineage", "Where data comes from and where it goes",
		"Derived from what is declared: mappings, adapters, rules, jobs, metrics and saved statements.", g.lineage)
	get(g, api, "lineage-impact", tagLineage, "/api/v1/lineage/impact", "What breaks if this column changes", "", g.impact)
	get(g, api, "lineage-path", tagLineage, "/api/v1/lineage/path", "How one column comes of another", "", g.lineagePath)
	huma.Register(api, huma.Operation{
		OperationID: "lineage-sql", Method: http.MethodPost, Path: "/api/v1/lineage/sql", Tags: []string{tagLineage},
		Summary: "Which columns a statement reads", Description: "The statement is parsed and not run.",
		Errors: []int{http.StatusBadRequest},
	}, g.statementLineage)
}

var errNoLineage = huma.NewError(http.StatusNotFound, "This process derives no lineage; ask one that runs the pass.")

func (g *Gateway) graph(ctx context.Context) (*lineage.Graph, error) {
	if g.cfg.Lineage == nil {
		return nil, errNoLineage
	}
	return g.cfg.Lineage.Lineage(ctx)
}

// refOf finds what a parameter names.
func refOf(graph *lineage.Graph, parameter, text string) (lineage.Ref, error) {
	ref, err := graph.Resolve(text)
	var unknown *lineage.UnknownError
	if errors.As(err, &unknown) {
		return ref, huma.NewError(http.StatusNotFound, fmt.Sprintf("There is no dataset or column %q; %s.", text, unknown.Hint),
			&huma.ErrorDetail{Location: "query." + parameter, Value: text})
	}
	return ref, err
}

func (g *Gateway) lineage(ctx context.Context, in *lineageInput) (*LineageAnswer, error) {
	graph, err := g.graph(ctx)
	if err != nil {
		return nil, err
	}
	keep, edges, err := chosen(graph, in)
	if err != nil {
		return nil, err
	}
	badges, err := g.badges(ctx)
	if err != nil {
		return nil, err
	}
	answer := &LineageAnswer{Nodes: []LineageNode{}, Edges: []LineageEdge{}}
	shown := make(map[string]bool)
	for _, n := range graph.Nodes() {
		if keep(n.ID) && matches(&n, in) {
			shown[n.ID] = true
			answer.Nodes = append(answer.Nodes, nodeOf(&n, badges[n.ID]))
		}
	}
	for _, e := range edges {
		if shown[e.From.Node] && shown[e.To.Node] {
			answer.Edges = append(answer.Edges, edgeOf(e))
		}
	}
	return answer, nil
}

// chosen returns which nodes are connected with the focus, and the edges.
func chosen(graph *lineage.Graph, in *lineageInput) (keep func(string) bool, edges []lineage.Edge, err error) {
	all := func(string) bool { return true }
	if in.Focus == "" {
		if in.Level == "column" {
			return all, graph.ColumnEdges(), nil
		}
		return all, graph.DatasetEdges(), nil
	}
	focus, err := refOf(graph, "focus", in.Focus)
	if err != nil {
		return nil, nil, err
	}
	directions := map[string][]lineage.Direction{
		"up": {lineage.Upstream}, "down": {lineage.Downstream}, "both": {lineage.Upstream, lineage.Downstream},
	}[in.Direction]
	if in.Level != "column" && focus.Column == "" {
		near := graph.Neighbours(focus.Node, in.Depth, directions...)
		return func(id string) bool { return near[id] }, graph.DatasetEdges(), nil
	}
	near := map[string]bool{focus.Node: true}
	for _, d := range directions {
		trace := graph.Trace(focus, d, in.Depth)
		for _, r := range trace.Reached {
			near[r.Ref.Node] = true
		}
		for _, e := range trace.Edges {
			near[e.Via] = e.Via != ""
			edges = append(edges, e)
		}
	}
	if in.Level != "column" {
		edges = graph.DatasetEdges()
	}
	return func(id string) bool { return near[id] }, edges, nil
}

func matches(n *lineage.Node, in *lineageInput) bool {
	if in.Kind != "" && !slices.Contains(strings.Split(in.Kind, ","), string(n.Kind)) {
		return false
	}
	q := strings.ToLower(in.Q)
	return strings.Contains(strings.ToLower(n.Name), q) || slices.ContainsFunc(n.Columns, func(c lineage.Column) bool {
		return strings.Contains(strings.ToLower(c.Name), q)
	})
}

func nodeOf(n *lineage.Node, badge *LineageBadge) LineageNode {
	out := LineageNode{ID: n.ID, Kind: string(n.Kind), Name: n.Name, Text: n.Text, Version: n.Version, File: n.File, Badge: badge, Columns: []LineageColumn{}}
	for _, c := range n.Columns {
		out.Columns = append(out.Columns, LineageColumn{c.Name, c.Type})
	}
	return out
}

func edgeOf(e lineage.Edge) LineageEdge {
	out := LineageEdge{From: e.From.String(), To: e.To.String(), Subtype: string(e.Subtype), How: e.How, Version: e.Version, Via: e.Via}
	if e.Subtype != "" {
		out.Type = typeOf(e.Subtype)
	}
	return out
}

func typeOf(s lineage.Subtype) string {
	if s.Direct() {
		return "DIRECT"
	}
	return "INDIRECT"
}

func (g *Gateway) impact(ctx context.Context, in *impactInput) (*ImpactAnswer, error) {
	graph, err := g.graph(ctx)
	if err != nil {
		return nil, err
	}
	ref, err := refOf(graph, "column", in.Column)
	if err != nil {
		return nil, err
	}
	answer := &ImpactAnswer{Column: ref.String(), Things: []ImpactThing{}}
	for _, t := range graph.Impact(ref) {
		answer.Things = append(answer.Things, ImpactThing{
			ID: t.Node.ID, Kind: string(t.Node.Kind), Name: t.Node.Name, File: t.Node.File,
			Columns: list(t.Columns), Distance: t.Distance, Direct: t.Direct, How: list(t.How),
		})
	}
	return answer, nil
}

func (g *Gateway) lineagePath(ctx context.Context, in *pathInput) (*PathAnswer, error) {
	graph, err := g.graph(ctx)
	if err != nil {
		return nil, err
	}
	from, err := refOf(graph, "from", in.From)
	if err != nil {
		return nil, err
	}
	to, err := refOf(graph, "to", in.To)
	if err != nil {
		return nil, err
	}
	answer := &PathAnswer{Edges: []LineageEdge{}}
	for _, e := range graph.Path(from, to) {
		answer.Edges = append(answer.Edges, edgeOf(e))
	}
	return answer, nil
}

func (g *Gateway) statementLineage(ctx context.Context, in *lineageSQLInput) (*body[StatementLineage], error) {
	if g.cfg.Lineage == nil {
		return nil, errNoLineage
	}
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Limits.Timeout)
	defer cancel()
	s, err := g.cfg.Lineage.Statement(ctx, in.Body.SQL)
	if errors.Is(err, lineage.ErrStatement) {
		return nil, huma.NewError(http.StatusBadRequest, fmt.Sprintf("Cannot say which columns the statement reads: %v.", err))
	}
	if err != nil {
		return nil, g.problem(ctx, "/api/v1/lineage/sql", err)
	}
	out := &StatementLineage{Columns: []StatementColumn{}, Rows: usesOf(s.Rows), Tables: list(s.Tables)}
	for _, c := range s.Columns {
		out.Columns = append(out.Columns, StatementColumn{c.Name, usesOf(c.Uses)})
	}
	return &body[StatementLineage]{out}, nil
}

func usesOf(uses []lineage.Use) []StatementUse {
	out := []StatementUse{}
	for _, u := range uses {
		out = append(out, StatementUse{u.Table, u.Column, typeOf(u.Subtype), string(u.Subtype)})
	}
	return out
}
