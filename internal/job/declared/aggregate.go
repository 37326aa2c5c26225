package declared

import (
	"errors"
	"fmt"
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/millrace/millrace/internal/expression"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/codec"
)

// function is an aggregate function.
type function struct {
	name string
	args string // for the reference
	desc string
	make func(a *aggregates, args []ast.Node) (operand, error)
}

// functions lists the aggregate functions, in the order of the reference.
var functions = []function{
	{"count", "", "How many rows. count(condition): how many meet it. count(x): how many have x.", (*aggregates).count},
	{"sum", "x", "The exact sum of whole numbers, money or durations.", (*aggregates).sum},
	{"avg", "x", "The mean; of money it is money, to the nearest millionth.", (*aggregates).avg},
	{"min", "x", "The least.", (*aggregates).least},
	{"max", "x", "The greatest.", (*aggregates).greatest},
	{"first", "x", "The earliest by event time.", (*aggregates).first},
	{"last", "x", "The latest by event time.", (*aggregates).last},
	{"distinct", "x", "How many different values; exact up to 1,024, then an estimate within about 2 %.", (*aggregates).distinct},
	{"quantile", "x, q", "The q-quantile, q from 0 to 1, within 1 %: quantile(amount, 0.95).", (*aggregates).quantile},
	{"top", "x, n", "The n most frequent values of a text, as a list of value, count and error; top(x, n, weight) counts a whole number. It stands alone.", (*aggregates).top},
}

// ownFunctions are parsed as calls, whatever the expression language takes them for.
var ownFunctions = []string{"count", "sum", "avg", "min", "max", "first", "last", "distinct", "quantile", "top"}

// aggregates are those of a stage.
type aggregates struct {
	in       vocabulary // of the rows
	text     string     // of the expression at hand
	results  []column   // key, window, then what columns compute
	from     int        // the first of those
	columns  []aggregate.Column[*row]
	named    map[string]operand // key, window, and entries of the file before this one
	lists    map[string]bool    // entries that are lists
	elements codec.Schema       // of a list
}

// field implements [vocabulary]: what stands outside of aggregate functions.
func (a *aggregates) field(name string) (operand, error) {
	if o, known := a.named[name]; known {
		return o, nil
	}
	if a.lists[name] {
		return operand{}, fmt.Errorf("%q is a list; nothing can be computed of it", name)
	}
	if _, err := a.in.field(name); err == nil {
		return operand{}, fmt.Errorf("%q is a field of each row; put it into an aggregate such as last(%s), or into the key", name, name)
	}
	names := make([]string, 0, len(a.named))
	for n := range a.named {
		names = append(names, n)
	}
	slices.Sort(names)
	return operand{}, fmt.Errorf("unknown name %q; %s", name, spell.Suggest(name, names))
}

// call compiles an aggregate function.
func (a *aggregates) call(_ *expression.Compiler[row], name string, args []ast.Node) (operand, bool, error) {
	i := slices.IndexFunc(functions, func(f function) bool { return f.name == name })
	if i < 0 {
		return operand{}, false, nil
	}
	o, err := functions[i].make(a, args)
	return o, true, err
}

// argument compiles what a function is of.
func (a *aggregates) argument(n ast.Node) (operand, error) {
	lang := language(a.in)
	lang.Call = func(_ *expression.Compiler[row], name string, _ []ast.Node) (operand, bool, error) {
		if slices.Contains(ownFunctions, name) {
			return operand{}, false, expression.Refuse(n, "%s() within an aggregate; an aggregate is of the rows, not of aggregates", name)
		}
		return operand{}, false, nil
	}
	return expression.Compile(n, a.text, lang)
}

// one compiles the only argument of a function, of one of some kinds.
func (a *aggregates) one(name string, args []ast.Node, kinds ...expression.Kind) (operand, error) {
	if len(args) == 0 {
		return operand{}, fmt.Errorf("%s() needs what it is of, such as %[1]s(amount)", name)
	}
	if len(args) > 1 {
		return operand{}, expression.Refuse(args[1], "%s() takes one argument", name)
	}
	return a.of(name, args[0], kinds...)
}

func (a *aggregates) of(name string, n ast.Node, kinds ...expression.Kind) (operand, error) {
	o, err := a.argument(n)
	if err != nil || slices.Contains(kinds, o.Kind) {
		return o, err
	}
	if o.Kind == expression.Number && (name == "sum" || name == "avg") {
		return o, expression.Refuse(n, "a sum of numbers that are not whole depends on their order; use money(…), which is exact to six decimals")
	}
	return o, expression.Refuse(n, "%s() does not work on %s", name, o.Kind)
}

// present is whether a row has a value; nil: always.
func present(o *operand) func(*row) bool {
	if o.Kind == expression.Text {
		text := o.Text
		return func(r *row) bool { return text(r) != "" }
	}
	return o.Known
}

// add adds an aggregate of the rows that have a value, and returns the operand that
// reads its result. Equal ones are computed once. It is stored by what it computes.
func add[A, R any](a *aggregates, call string, kind expression.Kind, is func(*row) bool, g aggregate.Aggregator[*row, A, R]) (operand, error) {
	if g.Err != nil {
		return operand{}, g.Err
	}
	for i := range a.columns {
		if a.columns[i].Name() == call {
			return reading(kind, a.from+i, true), nil
		}
	}
	if is != nil {
		g = aggregate.If(is, g)
	}
	a.columns = append(a.columns, aggregate.Named(call, g))
	a.results = append(a.results, column{name: call, kind: kind})
	return reading(kind, a.from+len(a.columns)-1, true), nil
}

// called names an aggregate of an argument: what it is stored by.
func called(name string, o *operand, args ...ast.Node) string {
	text := name + "("
	for i, n := range args {
		text += [...]string{"", ", "}[min(i, 1)] + n.String()
	}
	return text + "): " + o.Kind.String()
}

func (a *aggregates) count(args []ast.Node) (operand, error) {
	if len(args) == 0 {
		return add(a, "count()", expression.Integer, nil, aggregate.Count[*row]())
	}
	o, err := a.one("count", args, expression.Boolean, expression.Text, expression.Integer, expression.Money, expression.Instant, expression.Span, expression.Number)
	if err != nil {
		return o, err
	}
	is := present(&o)
	if o.Kind == expression.Boolean {
		is = o.Bool
	}
	return add(a, called("count", &o, args...), expression.Integer, is, aggregate.Count[*row]())
}

func (a *aggregates) sum(args []ast.Node) (operand, error) {
	o, err := a.one("sum", args, expression.Integer, expression.Money, expression.Span)
	if err != nil {
		return o, err
	}
	return add(a, called("sum", &o, args...), o.Kind, present(&o), aggregate.Sum(o.Int))
}

func (a *aggregates) avg(args []ast.Node) (operand, error) {
	o, err := a.one("avg", args, expression.Integer, expression.Money, expression.Span)
	if err != nil {
		return o, err
	}
	mean := aggregate.Avg(o.Int)
	if o.Kind == expression.Integer {
		return add(a, called("avg", &o, args...), expression.Number, present(&o), showing(mean, aggregate.Mean[int64].Float64))
	}
	return add(a, called("avg", &o, args...), o.Kind, present(&o), showing(mean, aggregate.Mean[int64].Value))
}

// showing shows the result of an aggregate in another form.
func showing[A, R, S any](g aggregate.Aggregator[*row, A, R], as func(R) S) aggregate.Aggregator[*row, A, S] {
	return aggregate.Aggregator[*row, A, S]{
		Err: g.Err, Add: g.Add, Merge: g.Merge, Result: func(acc *A) S { return as(g.Result(acc)) },
	}
}

func (a *aggregates) least(args []ast.Node) (operand, error) {
	return a.extreme("min", args, aggregate.Min[*row, string], aggregate.Min[*row, float64], aggregate.Min[*row, int64])
}

func (a *aggregates) greatest(args []ast.Node) (operand, error) {
	return a.extreme("max", args, aggregate.Max[*row, string], aggregate.Max[*row, float64], aggregate.Max[*row, int64])
}

type extremeOf[N any] = func(of func(*row) N) aggregate.Aggregator[*row, aggregate.Extreme[N], N]

func (a *aggregates) extreme(name string, args []ast.Node, texts extremeOf[string], floats extremeOf[float64], ints extremeOf[int64]) (operand, error) {
	o, err := a.one(name, args, expression.Text, expression.Integer, expression.Money, expression.Instant, expression.Span, expression.Number)
	if err != nil {
		return o, err
	}
	call, is := called(name, &o, args...), present(&o)
	switch o.Kind {
	case expression.Text:
		return add(a, call, o.Kind, is, texts(o.Text))
	case expression.Number:
		return add(a, call, o.Kind, is, floats(o.Float))
	}
	return add(a, call, o.Kind, is, ints(o.Int))
}

func (a *aggregates) first(args []ast.Node) (operand, error) {
	return a.placed("first", args, aggregate.First[*row, string], aggregate.First[*row, float64], aggregate.First[*row, int64])
}

func (a *aggregates) last(args []ast.Node) (operand, error) {
	return a.placed("last", args, aggregate.Last[*row, string], aggregate.Last[*row, float64], aggregate.Last[*row, int64])
}

type placedOf[V any] = func(of func(*row) V) aggregate.Aggregator[*row, aggregate.Placed[V], V]

func (a *aggregates) placed(name string, args []ast.Node, texts placedOf[string], floats placedOf[float64], ints placedOf[int64]) (operand, error) {
	o, err := a.one(name, args, expression.Text, expression.Integer, expression.Money, expression.Instant, expression.Span, expression.Number, expression.Boolean)
	if err != nil {
		return o, err
	}
	call, is := called(name, &o, args...), present(&o)
	switch o.Kind {
	case expression.Text:
		return add(a, call, o.Kind, is, texts(o.Text))
	case expression.Number:
		return add(a, call, o.Kind, is, floats(o.Float))
	case expression.Boolean:
		holds := o.Bool
		return add(a, call, o.Kind, is, ints(func(r *row) int64 { return truth(holds(r)).Number }))
	}
	return add(a, call, o.Kind, is, ints(o.Int))
}

func (a *aggregates) distinct(args []ast.Node) (operand, error) {
	o, err := a.one("distinct", args, expression.Text, expression.Integer, expression.Money, expression.Instant, expression.Span)
	if err != nil {
		return o, err
	}
	call := called("distinct", &o, args...)
	if o.Kind == expression.Text {
		return add(a, call, expression.Integer, present(&o), aggregate.Distinct(o.Text))
	}
	return add(a, call, expression.Integer, present(&o), aggregate.Distinct(o.Int))
}

var errQuantile = errors.New("quantile() is of a number and its share from 0 to 1: quantile(amount, 0.95)")

func (a *aggregates) quantile(args []ast.Node) (operand, error) {
	if len(args) != 2 {
		return operand{}, errQuantile
	}
	q, isNumber := constant(args[1])
	if !isNumber || q < 0 || q > 1 {
		return operand{}, expression.Refuse(args[1], "%v", errQuantile)
	}
	o, err := a.of("quantile", args[0], expression.Integer, expression.Money, expression.Span, expression.Number)
	if err != nil {
		return o, err
	}
	call := called("quantile", &o, args...)
	if o.Kind == expression.Number {
		return add(a, call, o.Kind, present(&o), showing(aggregate.Quantiles(o.Float, q), theOnly[float64]))
	}
	return add(a, call, o.Kind, present(&o), showing(aggregate.Quantiles(o.Int, q), theOnly[int64]))
}

func theOnly[N any](all []N) N { return all[0] }

// constant returns a number that is written out.
func constant(n ast.Node) (float64, bool) {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return float64(n.Value), true
	case *ast.FloatNode:
		return n.Value, true
	}
	return 0, false
}

var errTop = errors.New("top() is of a text and how many values are wanted: top(item.product_id, 10)")

// top is stored as text: the elements of the list, encoded.
func (a *aggregates) top(args []ast.Node) (operand, error) {
	if len(args) != 2 && len(args) != 3 {
		return operand{}, errTop
	}
	n, isWhole := args[1].(*ast.IntegerNode)
	if !isWhole {
		return operand{}, expression.Refuse(args[1], "%v", errTop)
	}
	o, err := a.of("top", args[0], expression.Text)
	if err != nil {
		return o, err
	}
	most := aggregate.TopK(n.Value, o.Text)
	if len(args) == 3 {
		weight, err := a.of("top", args[2], expression.Integer)
		if err != nil {
			return weight, err
		}
		most = aggregate.TopKBy(n.Value, o.Text, weight.Int)
	}
	list, err := codec.For[[]aggregate.Frequent]()
	if err != nil {
		panic("BUG: " + err.Error())
	}
	a.elements = list.Schema()
	return add(a, called("top", &o, args...), expression.Text, present(&o), showing(most, func(all []aggregate.Frequent) string {
		return string(list.Append(nil, &all))
	}))
}

// isList reports whether an expression is a list, which nothing can be computed of.
func isList(n ast.Node) bool {
	call, ok := n.(*ast.CallNode)
	return ok && call.Callee.String() == "top"
}
