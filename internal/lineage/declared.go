package lineage

import (
	"slices"
	"strings"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/stream"
)

// Declared is everything that lineage is derived from.
type Declared struct {
	Topic       string // of raw events
	Sources     []DeclaredSource
	Enrichments []Enrichment
	Contracts   []DeclaredContract
	Tables      []DeclaredTable // that the pass fills
	Jobs        []DeclaredJob
	Statements  []DeclaredStatement
	Dashboards  []DeclaredDashboard
	Sinks       []DeclaredSink
	Native      []adapter.Fill // of the native format, whose paths contracts name
}

// DeclaredSource is a source with its adapter and rules.
type DeclaredSource struct {
	Name, Adapter, AdapterVersion string
	Fills                         []adapter.Fill // nil: the adapter does not say
	Rules                         []RuleUse
	RulesVersion, RulesFile       string
}

// RuleUse is a rule or a correction of a source.
type RuleUse struct {
	Name       string
	Field      string   // that it judges or corrects
	Reads      []string // further fields
	Correction bool
}

// Enrichment puts a value in place of another.
type Enrichment struct {
	Name, Version, Field string
	Reads                []string
}

// DeclaredContract is what events of a type must look like.
type DeclaredContract struct {
	Event, Version, File string
	Paths                []string // as the native format has them: properties.products[].price
}

// DeclaredTable is a table that the pass fills from events.
type DeclaredTable struct {
	Name, Text string
	Columns    []TableColumn
}

// TableColumn is a column of a table of events.
type TableColumn struct {
	Column
	Item bool // one value for each item of an event
}

// DeclaredJob is a streaming job.
type DeclaredJob struct {
	Name, Text, Version, File string
	Origins                   []stream.Origin
	Outputs                   []DeclaredOutput
}

// DeclaredOutput is an output of a job.
type DeclaredOutput struct {
	Kind       stream.SinkKind
	Name, Text string
	Columns    []Column
}

// DeclaredStatement is a metric, a statement that somebody has saved, or a table that is made
// of others.
type DeclaredStatement struct {
	Kind                      Kind // Metric, Query or Table
	Name, Text, File, Version string
	Columns                   []Column // of a table; others have those of the statement
	Statement                 *Statement
}

// DeclaredDashboard is a dashboard. Its columns are its charts.
type DeclaredDashboard struct {
	Name, Text, File, Version string
	Charts                    []DeclaredChart
}

// DeclaredChart shows metrics, and may group them by dimensions that they have.
type DeclaredChart struct {
	Name, Text string
	Metrics    []string
}

// DeclaredSink delivers the messages of a topic, or copies of a table's or feed's rows.
type DeclaredSink struct {
	Name, Text, Topic string
	Table             string
}

// passName is the node of judged events.
const passName = "events"

// Build makes the graph of what is declared.
func Build(d *Declared) *Graph {
	b := &build{builder: newBuilder(), d: d}
	b.pass = b.node(Pass, passName)
	b.pass.Text = "Judged events: decoded, deduplicated, corrected and enriched by the pass"
	b.raw = b.node(Topic, d.Topic)
	b.raw.Text = "Raw payloads as they were received"
	b.lead(b.raw, b.pass)
	for i := range d.Sources {
		b.source(&d.Sources[i])
	}
	for i := range d.Enrichments {
		b.enrichment(&d.Enrichments[i])
	}
	for i := range d.Contracts {
		b.contract(&d.Contracts[i])
	}
	for i := range d.Tables {
		b.table(&d.Tables[i])
	}
	for i := range d.Jobs {
		b.job(&d.Jobs[i])
	}
	for i := range d.Statements {
		b.statement(&d.Statements[i])
	}
	for i := range d.Dashboards {
		b.dashboard(&d.Dashboards[i])
	}
	for i := range d.Sinks {
		b.sink(&d.Sinks[i])
	}
	return b.graph()
}

type build struct {
	*builder
	d         *Declared
	pass, raw *Node
}

// field is a field of judged events.
func (b *build) field(name string) Ref { return b.pass.column(name) }

func (b *build) source(s *DeclaredSource) {
	n := b.node(Source, s.Name)
	n.Text, n.Version = "Source of adapter "+s.Adapter, s.Adapter+"@"+s.AdapterVersion
	b.lead(n, b.raw)
	for _, f := range s.Fills {
		subtype := Identity
		if f.Derived || len(f.From) > 1 {
			subtype = Transformation
		}
		to := b.field(f.Field)
		for _, from := range f.From {
			b.connect(Edge{From: n.column(from), To: to, Subtype: subtype, How: "adapter " + s.Adapter, Version: s.AdapterVersion, Via: b.raw.ID})
		}
		// Members of properties are part of them.
		if section, _, nested := strings.Cut(f.Field, "."); nested && section != "item" {
			b.connect(Edge{From: to, To: b.field(section), Subtype: Transformation, How: "member of " + section})
		}
	}
	if len(s.Rules) > 0 {
		b.rules(s)
	}
}

// rules adds the corrections, which change fields, and the rules, which decide which
// events are accepted.
func (b *build) rules(s *DeclaredSource) {
	n := b.node(Rules, s.Name)
	n.Text, n.Version, n.File = "Rules and corrections of source "+s.Name, "rules@"+s.RulesVersion, s.RulesFile
	b.lead(n, b.pass)
	for i := range s.Rules {
		u := &s.Rules[i]
		column := n.column(u.Name)
		how := "rule " + u.Name + " of " + s.Name
		if u.Correction {
			how = "correction " + u.Name + " of " + s.Name
			for _, f := range u.Reads {
				if f != u.Field {
					b.connect(Edge{From: b.field(f), To: b.field(u.Field), Subtype: Transformation, How: how, Version: s.RulesVersion, Via: n.ID})
				}
			}
		}
		for _, f := range append([]string{u.Field}, u.Reads...) {
			b.connect(Edge{From: b.field(f), To: column, Subtype: Conditional, How: how, Version: s.RulesVersion})
		}
	}
}

func (b *build) enrichment(e *Enrichment) {
	for _, f := range e.Reads {
		if f != e.Field {
			b.connect(Edge{From: b.field(f), To: b.field(e.Field), Subtype: Transformation, How: "enrichment " + e.Name, Version: e.Version})
		}
	}
}

// contract connects a contract with the fields that it is about.
func (b *build) contract(c *DeclaredContract) {
	n := b.node(Contract, c.Event)
	n.Text, n.Version, n.File = "Contract of events of type "+c.Event, c.Version, c.File
	b.lead(n, b.pass)
	for _, path := range c.Paths {
		for _, f := range b.fieldsAt(path) {
			b.connect(Edge{From: b.field(f), To: n.column(path), Subtype: Conditional, How: "contract " + c.Event, Version: c.Version})
		}
	}
}

// fieldsAt are the fields that a path of the native format leads to.
func (b *build) fieldsAt(path string) []string {
	section, _, nested := strings.Cut(path, ".")
	if nested && (section == "properties" || section == "context") {
		return []string{strings.ReplaceAll(path, "[]", "")}
	}
	var fields []string
	for _, f := range b.d.Native {
		if slices.Contains(f.From, path) && !f.Derived {
			fields = append(fields, f.Field)
		}
	}
	return fields
}

// itemFields are the columns of items whose fields have other names.
var itemFields = map[string]string{"product_name": "item.name", "unit_price": "item.price"}

// table connects a table with the fields that its columns hold. What is no field, such as
// the verdict's reason, the pass has made.
func (b *build) table(t *DeclaredTable) {
	n := b.node(Table, t.Name)
	n.Text = t.Text
	b.lead(b.pass, n)
	for _, c := range t.Columns {
		n.Columns = append(n.Columns, c.Column)
		field := c.Name
		if c.Item {
			field = "item." + c.Name
			if other := itemFields[c.Name]; other != "" {
				field = other
			}
		}
		b.connect(Edge{From: b.field(field), To: Ref{n.ID, c.Name}, Subtype: Identity, How: "the pass"})
	}
}

// subtypes of derivations.
var subtypes = map[stream.Derivation]Subtype{
	stream.Copied: Identity, stream.Computed: Transformation, stream.Aggregated: Aggregation, stream.Decided: Filter,
}

var outputKinds = map[stream.SinkKind]Kind{stream.Table: Table, stream.Topic: Topic, stream.Feed: Feed}

func (b *build) job(j *DeclaredJob) {
	n := b.node(Job, j.Name)
	n.Text, n.Version, n.File = j.Text, j.Version, j.File
	b.lead(b.pass, n)
	for i := range j.Outputs {
		o := &j.Outputs[i]
		out := b.node(outputKinds[o.Kind], o.Name)
		out.Text, out.Columns = o.Text, slices.Clone(o.Columns)
		b.lead(n, out)
		how := "job " + j.Name
		for _, origin := range j.Origins {
			if origin.Output != "" && origin.Output != o.Name {
				continue
			}
			if origin.Column != "" && !slices.ContainsFunc(o.Columns, func(c Column) bool { return c.Name == origin.Column }) {
				continue
			}
			for _, f := range origin.Fields {
				b.connect(Edge{From: b.field(f), To: Ref{out.ID, origin.Column}, Subtype: subtypes[origin.By], How: how, Version: j.Version, Via: n.ID})
			}
		}
		if len(j.Origins) == 0 { // a shop's own, which does not say
			b.connect(Edge{From: Ref{Node: b.pass.ID}, To: Ref{Node: out.ID}, Subtype: Transformation, How: how, Version: j.Version, Via: n.ID})
		}
	}
}

func (b *build) statement(s *DeclaredStatement) {
	n := b.node(s.Kind, s.Name)
	n.Text, n.File, n.Version = s.Text, s.File, s.Version
	n.Columns = append(n.Columns, s.Columns...)
	how := string(s.Kind) + " " + s.Name
	for _, c := range s.Statement.Columns {
		to := n.column(c.Name)
		for _, u := range c.Uses {
			b.connect(Edge{From: Ref{nodeID(Table, u.Table), u.Column}, To: to, Subtype: u.Subtype, How: how})
		}
	}
	for _, u := range s.Statement.Rows {
		b.connect(Edge{From: Ref{nodeID(Table, u.Table), u.Column}, To: Ref{Node: n.ID}, Subtype: u.Subtype, How: how})
	}
	for _, table := range s.Statement.Tables {
		b.lead(b.node(Table, table), n)
	}
}

// dashboard connects charts with the metrics that they show.
func (b *build) dashboard(d *DeclaredDashboard) {
	n := b.node(Dashboard, d.Name)
	n.Text, n.File, n.Version = d.Text, d.File, d.Version
	for _, c := range d.Charts {
		n.Columns = append(n.Columns, Column{Name: c.Name, Text: c.Text})
		for _, name := range c.Metrics {
			m := b.node(Metric, name)
			b.lead(m, n)
			b.connect(Edge{From: Ref{m.ID, name}, To: Ref{n.ID, c.Name}, Subtype: Identity, How: "dashboard " + d.Name, Version: d.Version})
		}
	}
}

func (b *build) sink(s *DeclaredSink) {
	n := b.node(Sink, s.Name)
	n.Text = s.Text
	kind, name := Topic, s.Topic
	if s.Table != "" {
		kind, name = Table, s.Table
		if b.nodes[nodeID(Table, name)] == nil && b.nodes[nodeID(Feed, name)] != nil {
			kind = Feed
		}
	}
	from := b.node(kind, name)
	b.lead(from, n)
	for _, c := range from.Columns {
		n.Columns = append(n.Columns, c)
		b.connect(Edge{From: Ref{from.ID, c.Name}, To: Ref{n.ID, c.Name}, Subtype: Identity, How: "sink " + s.Name})
	}
	if len(from.Columns) == 0 {
		b.connect(Edge{From: Ref{Node: from.ID}, To: Ref{Node: n.ID}, Subtype: Identity, How: "sink " + s.Name})
	}
}
