package declared

import (
	"fmt"
	"math"
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/millrace/millrace/internal/expression"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/yamldoc"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/codec"
	"github.com/millrace/millrace/stream/window"
)

// plan is how the rows of a stage come about.
type plan struct {
	where func(*row) bool // nil: all
	key   []operand
	keep  bool // rows outlive the one that made them
}

// rows is a stream of rows with their columns, which are the key's first.
type rows struct {
	stream  stream.Stream[*row]
	columns []column
	lists   codec.Schema // of columns that are lists
	key     []string     // which result a row is
}

// layout is the vocabulary of the rows of a stage.
type layout []column

// field implements [vocabulary].
func (l layout) field(name string) (operand, error) {
	i := slices.IndexFunc(l, func(c column) bool { return c.name == name })
	if i < 0 {
		return operand{}, fmt.Errorf("the stage before has no column %q; %s", name, spell.Suggest(name, names(l)))
	}
	if l[i].list {
		return operand{}, fmt.Errorf("%q is a list; nothing can be computed of it", name)
	}
	return reading(l[i].kind, i, false), nil
}

// keyOf compiles the key of a stage.
func (l *loader) keyOf(prefix string, entries yamldoc.Entries, in vocabulary) (columns []column, parts []operand) {
	for _, e := range entries {
		path := prefix + "key." + e.Name
		o, ok := l.compile(path, e.Text, language(in))
		switch {
		case !ok || !l.columnName(path, e.Name):
			continue
		case o.Kind == expression.Number:
			l.Fail(path, "a number that is not whole is no key; use int(…), money(…) or a text")
			continue
		}
		columns = append(columns, column{name: e.Name, kind: o.Kind})
		parts = append(parts, o)
		l.shapes = append(l.shapes, fmt.Sprintf("key %s: %s", e.Text, o.Kind))
	}
	return columns, parts
}

// stage folds rows over windows. prefix is that of its keys in the file. It is nil when
// its columns are not known; when something else is wrong, it has no stream.
func (l *loader) stage(prefix string, s *stageSpec, in vocabulary, source func(*plan) stream.Stream[*row]) *rows {
	var p plan
	p.where = l.condition(prefix+"where", s.Where, language(in))
	if c, events := in.(*capture); events {
		c.asked = true
	}
	columns, parts := l.keyOf(prefix, s.Key, in)
	p.key = parts
	w := l.windowsAt(prefix, s, l.isLast(prefix))
	a, shown := l.aggregatesOf(prefix, s.Aggregates, columns, in)
	if w == nil || len(columns) < len(s.Key) || len(shown) < len(s.Aggregates) {
		return nil
	}
	out := &rows{lists: a.elements, columns: append(slices.Clone(columns), resultColumns...)}
	for i := range shown {
		out.columns = append(out.columns, shown[i].column)
	}
	out.key = append(names(columns), "window_start")
	if w.kind != "session" {
		out.key = append(out.key, "window_end")
	}
	if l.Failed() {
		return out
	}
	p.keep = !w.folded
	results := window.AggregateBy(source(&p), prefix+"window", func(r *row) string { return r.key }, w.spec, aggregate.Fields(a.columns...), w.opts...)
	reading := &resultReader{keys: columns, from: a.from, results: len(a.results), shown: shown, fields: aggregate.FieldTypes(a.columns...)}
	out.stream = reading.connect(results, prefix+"results")
	return out
}

func (l *loader) isLast(prefix string) bool {
	last := ""
	if n := len(l.doc.Then); n > 0 {
		last = fmt.Sprintf("then[%d].", n-1)
	}
	return prefix == last
}

// resultColumns are those of the result of a window, behind the key.
var resultColumns = []column{
	{name: "window_start", kind: expression.Instant}, {name: "window_end", kind: expression.Instant},
	{name: "revision", kind: expression.Integer}, {name: "phase", kind: expression.Text}, {name: "retracted", kind: expression.Boolean},
}

// entry is an entry of the file's aggregates, or columns.
type entry struct {
	column
	value operand
}

// aggregatesOf compiles the aggregates of a stage.
func (l *loader) aggregatesOf(prefix string, entries yamldoc.Entries, keys []column, in vocabulary) (a *aggregates, shown []entry) {
	a = &aggregates{in: in, results: slices.Clone(keys), named: make(map[string]operand), lists: make(map[string]bool)}
	a.results = append(a.results, resultColumns[:2]...) // the window
	a.from = len(a.results)
	for i, c := range a.results {
		a.named[c.name] = reading(c.kind, i, true)
	}
	if len(entries) > maxColumns {
		l.Fail(prefix+"aggregates", "more than %d aggregates; make it two jobs", maxColumns)
		return a, nil
	}
	for _, e := range entries {
		path := prefix + "aggregates." + e.Name
		if _, taken := a.named[e.Name]; taken {
			l.Fail(path, "the name %q is taken by the key", e.Name)
			continue
		}
		a.text = e.Text
		o, list, ok := l.aggregate(path, a)
		if !ok || !l.columnName(path, e.Name) {
			continue
		}
		shown = append(shown, entry{column{e.Name, o.Kind, list}, o})
		if list {
			a.lists[e.Name] = true
		} else {
			a.named[e.Name] = o
		}
	}
	if len(shown) > 0 && len(a.columns) == 0 {
		l.Fail(prefix+"aggregates", "none of them is an aggregate; add one, such as count()")
	}
	return a, shown
}

// aggregate compiles one entry.
func (l *loader) aggregate(path string, a *aggregates) (o operand, list, ok bool) {
	tree, err := expression.Parse(a.text, maxNodes, ownFunctions...)
	if err != nil {
		l.failExpression(path, err)
		return o, false, false
	}
	list = isList(tree)
	if inner := innerList(tree); inner != nil && !list {
		l.failExpression(path, expression.Place(expression.Refuse(inner, "top() is a list and stands alone"), a.text))
		return o, false, false
	}
	lang := language(a)
	lang.Call = a.call
	if o, err = expression.Compile(tree, a.text, lang); err != nil {
		l.failExpression(path, err)
		return o, list, false
	}
	return o, list, true
}

// innerList finds a list in an expression; nil for none.
func innerList(n ast.Node) ast.Node {
	f := &listFinder{}
	ast.Walk(&n, f)
	return f.found
}

type listFinder struct{ found ast.Node }

// Visit implements [ast.Visitor].
func (f *listFinder) Visit(n *ast.Node) {
	if isList(*n) {
		f.found = *n
	}
}

// resultReader makes rows of the results of windows.
type resultReader struct {
	keys    []column
	from    int // the first aggregate's cell
	results int // cells that entries are computed of
	shown   []entry
	fields  []codec.Field
}

func (p *resultReader) connect(in stream.Stream[window.Result[string, string]], name string) stream.Stream[*row] {
	schema, err := codec.SchemaOf(&codec.Type{Kind: codec.Struct, Fields: p.fields})
	if err != nil {
		in.Job().Fail(fmt.Errorf("operator %q: %w", name, err))
	}
	return stream.Connect(in, name, func(c *stream.Context, emit func(stream.Element[*row])) (func(stream.Element[window.Result[string, string]]), stream.Operator, error) {
		computed := &row{Cells: make([]cell, p.results)}
		visitor := codec.NewVisitor(schema, func(n int, leaf codec.Leaf) { computed.Cells[p.from+n] = leafCell(leaf) })
		return func(e stream.Element[window.Result[string, string]]) {
			r := &e.Value
			clear(computed.Cells)
			if err := readKey(r.Key, p.keys, computed.Cells); err != nil {
				c.Fail(err)
			}
			computed.Cells[len(p.keys)] = cell{Number: int64(r.Start), Known: true}
			computed.Cells[len(p.keys)+1] = cell{Number: int64(r.End), Known: true}
			if err := visitor.Visit([]byte(r.Value)); err != nil {
				c.Fail(err)
			}
			emit(stream.Element[*row]{Value: p.row(computed, r), Time: e.Time, Cause: e.Cause})
		}, nil, nil
	})
}

// row makes the row of a result: key, window, revision, phase, retracted, entries.
func (p *resultReader) row(computed *row, r *window.Result[string, string]) *row {
	out := &row{Cells: make([]cell, 0, len(p.keys)+len(resultColumns)+len(p.shown))}
	out.Cells = append(out.Cells, computed.Cells[:len(p.keys)+2]...)
	out.Cells = append(out.Cells, cell{Number: int64(r.Revision), Known: true}, cell{Text: string(r.Phase), Known: true}, truth(r.Retracted))
	for i := range p.shown {
		out.Cells = append(out.Cells, evaluate(&p.shown[i].value, computed))
	}
	return out
}

func leafCell(l codec.Leaf) cell {
	switch l.Type.Kind {
	case codec.String:
		return cell{Text: string(l.Text), Known: true}
	case codec.Float64:
		return cell{Number: int64(math.Float64bits(l.Float)), Known: true}
	}
	return cell{Number: l.Int, Known: true}
}

// again gives the results of a stage to the next one: each once, as it was first
// published.
func again(before *rows, p *plan, number int) stream.Stream[*row] {
	at := func(name string) int {
		return slices.IndexFunc(before.columns, func(c column) bool { return c.name == name })
	}
	revision, retracted := at("revision"), at("retracted")
	return stream.Connect(before.stream, fmt.Sprintf("then[%d].rows", number),
		func(_ *stream.Context, emit func(stream.Element[*row])) (func(stream.Element[*row]), stream.Operator, error) {
			keys := newKeyWriter(p.key)
			return func(e stream.Element[*row]) {
				r := e.Value
				if r.Cells[revision].Number != 1 || r.Cells[retracted].Number != 0 || p.where != nil && !p.where(r) {
					return
				}
				r.key = keys.key(r)
				emit(e)
			}, nil, nil
		})
}

// eachEvent computes columns of each event, or item.
func (l *loader) eachEvent(in *capture) *rows {
	var p plan
	p.where = l.condition("where", l.doc.Where, language(in))
	in.asked = true
	shown := l.columnsOf(language(in))
	if l.Failed() {
		return nil
	}
	out := &rows{key: l.doc.Output.Key}
	for i := range shown {
		out.columns = append(out.columns, shown[i].column)
	}
	for i, name := range out.key {
		if !slices.ContainsFunc(out.columns, func(c column) bool { return c.name == name }) {
			l.Fail(fmt.Sprintf("output.key[%d]", i), "there is no column %q; %s", name, spell.Suggest(name, names(out.columns)))
		}
	}
	out.stream = stream.Map(in.rows(l, &p), "columns", func(r *row) *row { return computeRow(shown, r) })
	return out
}

func computeRow(shown []entry, r *row) *row {
	out := &row{Cells: make([]cell, len(shown))}
	for i := range shown {
		out.Cells[i] = evaluate(&shown[i].value, r)
	}
	return out
}

// columnsOf compiles the columns of the file.
func (l *loader) columnsOf(lang expression.Language[row]) (shown []entry) {
	if len(l.doc.Columns) > maxColumns {
		l.Fail("columns", "more than %d columns; make it two jobs", maxColumns)
		return nil
	}
	for _, e := range l.doc.Columns {
		path := "columns." + e.Name
		o, ok := l.compile(path, e.Text, lang)
		if ok && l.columnName(path, e.Name) {
			shown = append(shown, entry{column{name: e.Name, kind: o.Kind}, o})
		}
	}
	return shown
}
