package patch

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/expression"
)

// ownValue is the name of the text that a step is about to change.
const ownValue = "value"

const knows = "patches know and, or, not, ==, !=, <, <=, >, >=, in, contains, startsWith, endsWith, matches, +, -, *, /, ?:, " +
	"len, trim, lower, upper, abs, number, int, money, date, duration, field, has and columns; fields are texts"

var ownFunctions = []string{"number", "money", "field", "has", "columns"}

func compileExpression(text string) (expression.Operand[state], ast.Node, error) {
	tree, err := expression.Parse(text, maxConditionNodes, ownFunctions...)
	if err != nil {
		return expression.Operand[state]{}, nil, err
	}
	o, err := expression.Compile(tree, text, expression.Language[state]{Field: fieldOperand, Call: call, Knows: knows, Full: true})
	return o, tree, err
}

// compileCondition compiles what a step is limited by.
func compileCondition(text string) (func(*state) bool, error) {
	o, tree, err := compileExpression(text)
	if err == nil && o.Kind != expression.Boolean {
		err = expression.Place(expression.Refuse(tree, "a condition must be true or false, not %s", o.Kind), text)
	}
	return o.Bool, err
}

// compileScript compiles an expression whose value a field gets.
func compileScript(text string) (change, error) {
	o, tree, err := compileExpression(text)
	if err != nil {
		return nil, err
	}
	var result func(*state) value
	switch o.Kind {
	case expression.Text:
		result = func(st *state) value { return value{kind: kindText, text: o.Text(st)} }
	case expression.Boolean:
		result = func(st *state) value { return value{kind: kindBoolean, text: strconv.FormatBool(o.Bool(st))} }
	case expression.Integer:
		result = func(st *state) value { return value{kind: kindNumber, text: strconv.FormatInt(o.Int(st), 10)} }
	case expression.Money:
		result = func(st *state) value { return value{kind: kindNumber, text: money(o.Int(st))} }
	case expression.Number:
		result = func(st *state) value {
			return value{kind: kindNumber, text: strconv.FormatFloat(o.Float(st), 'f', -1, 64)}
		}
	default:
		return nil, expression.Place(expression.Refuse(tree, "the value is %s; a field takes text, numbers, and true or false", o.Kind), text)
	}
	return func(st *state, v value) (value, error) {
		st.value, st.fault = v, nil
		if o.Known != nil && !o.Known(st) {
			return v, st.fault
		}
		after := result(st)
		switch {
		case st.fault != nil || after.text == v.text:
			return v, st.fault
		case v.kind == kindMissing:
			return after, nil
		}
		return v.with(after.text), nil
	}, nil
}

// money writes an amount with two decimals, or as many as it needs.
func money(micros int64) string {
	text := event.Micros(micros).String()
	for strings.HasSuffix(text, "0") && len(text)-strings.IndexByte(text, '.') > 3 {
		text = text[:len(text)-1]
	}
	return text
}

func fieldOperand(name string) (expression.Operand[state], error) {
	if name == ownValue {
		return expression.Operand[state]{Kind: expression.Text, Text: func(st *state) string { return st.value.text }}, nil
	}
	f := newRef(name)
	return expression.Operand[state]{Kind: expression.Text, Text: func(st *state) string { return st.get(f).text }}, nil
}

// call compiles the functions that only patches have.
func call(_ *expression.Compiler[state], name string, arguments []ast.Node) (o expression.Operand[state], known bool, err error) {
	switch name {
	case "columns":
		if len(arguments) > 0 {
			return o, true, expression.Refuse(arguments[0], "columns() takes nothing: it is the number of columns of the line")
		}
		return expression.Operand[state]{Kind: expression.Integer, Int: countColumns}, true, nil
	case "field", "has":
	default:
		return o, false, nil
	}
	if len(arguments) != 1 {
		return o, true, fmt.Errorf("%s() takes the name of one field, in quotes", name)
	}
	written, ok := arguments[0].(*ast.StringNode)
	if !ok {
		return o, true, expression.Refuse(arguments[0], "%s() takes the name of one field, in quotes", name)
	}
	f := newRef(written.Value)
	if name == "has" {
		return expression.Operand[state]{Kind: expression.Boolean, Bool: func(st *state) bool { return !st.get(f).empty() }}, true, nil
	}
	return expression.Operand[state]{Kind: expression.Text, Text: func(st *state) string { return st.get(f).text }}, true, nil
}

func countColumns(st *state) int64 {
	if err := st.open(); err != nil {
		st.fault = err
		return 0
	}
	l, err := st.lineOf()
	if err != nil {
		st.fault = err
		return 0
	}
	return int64(len(l.cells))
}
