package declared

import (
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/millrace/millrace/internal/expression"
	"github.com/millrace/millrace/internal/yamldoc"
	"github.com/millrace/millrace/stream"
)

// origin is what a column is made of.
type origin struct {
	fields []string // of events
	by     stream.Derivation
}

// derivation finds what the columns of a file's results are made of. The file has been
// compiled: every name in it is known.
type derivation struct {
	scope   map[string]origin // names that expressions of this stage know; nil: the fields of events
	steps   []string          // of a pattern
	decided []string          // fields that decide which rows there are
	columns map[string]origin // of the results
}

// composed are names of events that stand for several fields.
var composed = map[string][]string{
	"actor": {"customer_id", "anonymous_id", "order_id"}, "visitor": {"anonymous_id", "customer_id", "order_id"},
	"items": {"item.product_id"},
}

// origins derives the lineage of the results.
func (l *loader) origins() []stream.Origin {
	d := &derivation{columns: make(map[string]origin)}
	if len(l.doc.Events.Types) > 0 {
		d.decide("type")
	}
	if len(l.doc.Events.Sources) > 0 {
		d.decide("source")
	}
	switch {
	case l.Has("pattern"):
		d.pattern(l.doc)
	case l.Has("window"):
		d.stage(&stageSpec{Where: l.doc.Where, Key: l.doc.Key, Aggregates: l.doc.Aggregates})
		for i := range l.doc.Then {
			d.scope, d.columns = d.columns, make(map[string]origin)
			d.stage(&l.doc.Then[i])
		}
	default:
		d.decide(d.fields(l.doc.Where)...)
		d.add(l.doc.Columns, stream.Computed)
	}
	return d.list()
}

func (d *derivation) list() []stream.Origin {
	slices.Sort(d.decided)
	all := []stream.Origin{{Fields: slices.Compact(d.decided), By: stream.Decided}}
	for _, name := range slices.Sorted(maps.Keys(d.columns)) {
		all = append(all, stream.Origin{Column: name, Fields: d.columns[name].fields, By: d.columns[name].by})
	}
	return all
}

func (d *derivation) decide(fields ...string) { d.decided = append(d.decided, fields...) }

// stage derives the columns of a window.
func (d *derivation) stage(s *stageSpec) {
	d.decide(d.fields(s.Where)...)
	d.decide("event_time")
	d.add(s.Key, stream.Computed)
	for _, e := range s.Key {
		d.decide(d.columns[e.Name].fields...)
	}
	d.columns["window_start"] = origin{[]string{"event_time"}, stream.Computed}
	d.columns["window_end"] = origin{[]string{"event_time"}, stream.Computed}
	d.add(s.Aggregates, stream.Aggregated)
}

// pattern derives the columns of matches.
func (d *derivation) pattern(doc *document) {
	d.decide(d.fields(doc.Where)...)
	d.decide("event_time")
	d.add(doc.Key, stream.Computed)
	for _, e := range doc.Key {
		d.decide(d.columns[e.Name].fields...)
	}
	d.nameSteps(doc.Pattern.Steps)
	d.decideSteps(doc.Pattern.Steps)
	for _, name := range []string{"match_id", "started_at", "ended_at"} {
		d.columns[name] = origin{[]string{"event_time"}, stream.Computed}
	}
	d.add(doc.Columns, stream.Computed)
}

func (d *derivation) nameSteps(steps []stepSpec) {
	for i := range steps {
		if steps[i].Name != "" {
			d.steps = append(d.steps, steps[i].Name)
		}
		d.nameSteps(steps[i].Steps)
		for k := range steps[i].Or {
			d.nameSteps(steps[i].Or[k].Steps)
		}
	}
}

func (d *derivation) decideSteps(steps []stepSpec) {
	for i := range steps {
		d.decide(d.fields(steps[i].Where)...)
		d.decide(d.fields(steps[i].Until)...)
		d.decideSteps(steps[i].Steps)
		for k := range steps[i].Or {
			d.decideSteps(steps[i].Or[k].Steps)
		}
	}
}

// add derives columns from their expressions. Each may name those before it.
func (d *derivation) add(entries yamldoc.Entries, by stream.Derivation) {
	for _, e := range entries {
		o := origin{d.fields(e.Text), by}
		if by == stream.Computed && d.isField(e.Text) {
			o.by = stream.Copied
		}
		d.columns[e.Name] = o
	}
}

// isField reports whether an expression is one field of an event as it is.
func (d *derivation) isField(text string) bool {
	tree, err := expression.Parse(text, maxNodes, ownFunctions...)
	if err != nil {
		return false
	}
	name, ok := expression.Dotted(tree)
	if ok && d.scope != nil {
		return d.scope[name].by == stream.Copied
	}
	return ok && composed[name] == nil
}

// fields returns the fields of events that an expression names, through the columns that
// it names, sorted.
func (d *derivation) fields(text string) []string {
	if text == "" {
		return nil
	}
	tree, err := expression.Parse(text, maxNodes, ownFunctions...)
	if err != nil {
		return nil // the file is refused for it
	}
	n := &namer{d: d}
	ast.Walk(&tree, n)
	slices.Sort(n.found)
	// Of context.campaign.name the walk has visited context.campaign, too. Members are
	// values, never objects, so that a name which begins another is no name of its own.
	found := slices.Compact(slices.Clone(n.found))
	return slices.DeleteFunc(found, func(name string) bool {
		return slices.ContainsFunc(n.found, func(longer string) bool { return strings.HasPrefix(longer, name+".") })
	})
}

// namer collects what the names of an expression stand for.
type namer struct {
	d     *derivation
	found []string
}

// Visit implements [ast.Visitor].
func (n *namer) Visit(node *ast.Node) {
	if name, ok := expression.Dotted(*node); ok {
		n.found = append(n.found, n.d.meaning(name)...)
	}
}

// meaning returns the fields that a name stands for; none for what is no name of a value,
// such as the first part of a longer one.
func (d *derivation) meaning(name string) []string {
	if o, known := d.columns[name]; known && d.steps == nil {
		return o.fields
	}
	if d.scope != nil {
		return d.scope[name].fields
	}
	if step, field, dotted := strings.Cut(name, "."); dotted && slices.Contains(d.steps, step) {
		name = field
	}
	if all := composed[name]; all != nil {
		return all
	}
	section, _, nested := strings.Cut(name, ".")
	if findField(name) != nil || nested && (section == "properties" || section == "context") {
		return []string{name}
	}
	return nil
}
