package check

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/millrace/millrace/internal/expression"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/store/olap"
)

// condition is a filter in both of its forms: over rows of batches, and as SQL over the
// stored rows, which select the same rows.
type condition struct {
	text  string
	holds func(*row) bool
	sql   fragment
}

const conditionLanguage = "conditions know and, or, not, ==, !=, <, <=, >, >=, in, contains, startsWith, endsWith, matches, +, -, *, len, abs, date and duration"

// compileCondition compiles a condition on the columns of a table. The error has the
// place in the text.
func compileCondition(text string, t *olap.Table) (*condition, error) {
	tree, err := expression.Parse(text, maxFilterNodes)
	if err != nil {
		return nil, err
	}
	root, err := expression.Compile(tree, text, expression.Language[row]{
		Knows: conditionLanguage,
		Field: func(name string) (expression.Operand[row], error) {
			for i := range t.Columns {
				if t.Columns[i].Name != name {
					continue
				}
				if r := readerOf(&t.Columns[i]); r != nil && r.id == nil {
					return r.operand(), nil
				}
			}
			return expression.Operand[row]{}, fmt.Errorf("%q is no column of %s that conditions can name; %s", name, t.Name, spell.Suggest(name, filterable(t)))
		},
	})
	if err == nil && root.Kind != expression.Boolean {
		err = expression.Place(expression.Refuse(tree, "a condition must be true or false, not %s", root.Kind), text)
	}
	if err != nil {
		return nil, err
	}
	tr := translation{table: t}
	sql, err := tr.translate(tree)
	if err != nil {
		return nil, expression.Place(err, text)
	}
	return &condition{text: text, holds: root.Bool, sql: sql}, nil
}

// translation turns a condition that has been compiled, and so has the right types, into
// SQL that says the same. Missing text is empty and a missing time 0 in conditions; in
// the store both are NULL.
type translation struct{ table *olap.Table }

func (tr *translation) translate(n ast.Node) (fragment, error) {
	switch n := n.(type) {
	case *ast.BoolNode:
		return sqlText(strconv.FormatBool(n.Value)), nil
	case *ast.StringNode:
		return bound(n.Value), nil
	case *ast.IntegerNode:
		return sqlText(strconv.Itoa(n.Value)), nil
	case *ast.FloatNode:
		return sqlText(strconv.FormatFloat(n.Value, 'f', -1, 64)), nil
	case *ast.IdentifierNode:
		return tr.column(n.Value), nil
	case *ast.UnaryNode:
		inner, err := tr.translate(n.Node)
		switch n.Operator {
		case "not", "!":
			return inner.wrap("(NOT ", ")"), err
		}
		return inner.wrap("("+n.Operator, ")"), err
	case *ast.BinaryNode:
		return tr.binary(n)
	case *ast.BuiltinNode:
		return tr.call(n, n.Name, n.Arguments)
	case *ast.CallNode:
		return tr.call(n, n.Callee.String(), n.Arguments)
	}
	return fragment{}, expression.Refuse(n, "%s is not available; %s", n.String(), conditionLanguage)
}

func (tr *translation) column(name string) fragment {
	c, err := columnOf(tr.table, name)
	if err != nil || c == nil {
		panic("BUG: a compiled condition names the unknown column " + name)
	}
	quoted := quoteName(name)
	switch c.Type {
	case olap.Text:
		return sqlText("coalesce(" + quoted + ", '')")
	case olap.Timestamp:
		return sqlText("coalesce(epoch_us(" + quoted + "), 0)")
	}
	return sqlText(quoted)
}

var sqlOperators = map[string]string{
	"and": "AND", "&&": "AND", "or": "OR", "||": "OR", "==": "=", "!=": "<>",
	"<": "<", "<=": "<=", ">": ">", ">=": ">=", "+": "+", "-": "-", "*": "*",
}

var sqlFunctions = map[string]string{
	"contains": "contains", "startsWith": "starts_with", "endsWith": "ends_with", "matches": "regexp_matches",
}

func (tr *translation) binary(n *ast.BinaryNode) (fragment, error) {
	left, err := tr.translate(n.Left)
	if err != nil {
		return left, err
	}
	if n.Operator == "in" {
		return tr.in(left, n.Right)
	}
	right, err := tr.translate(n.Right)
	if err != nil {
		return right, err
	}
	if f := sqlFunctions[n.Operator]; f != "" {
		return left.wrap(f+"(", ", ").then(right).wrap("", ")"), nil
	}
	op := sqlOperators[n.Operator]
	if op == "" {
		return left, expression.Refuse(n, "%q is not available; %s", n.Operator, conditionLanguage)
	}
	return left.wrap("(", " "+op+" ").then(right).wrap("", ")"), nil
}

// in is membership in a list, or in a range of whole numbers.
func (tr *translation) in(left fragment, right ast.Node) (fragment, error) {
	if r, ok := right.(*ast.BinaryNode); ok && r.Operator == ".." {
		from, err := tr.translate(r.Left)
		if err != nil {
			return from, err
		}
		to, err := tr.translate(r.Right)
		return left.wrap("(", " BETWEEN ").then(from).wrap("", " AND ").then(to).wrap("", ")"), err
	}
	list, ok := right.(*ast.ArrayNode)
	if !ok {
		return left, expression.Refuse(right, "in needs a list, such as [\"a\", \"b\"], or a range")
	}
	if len(list.Nodes) == 0 {
		return sqlText("false"), nil
	}
	out := left.wrap("(", " IN (")
	for i, node := range list.Nodes {
		value, err := tr.translate(node)
		if err != nil {
			return value, err
		}
		if i > 0 {
			value = value.wrap(", ", "")
		}
		out = out.then(value)
	}
	return out.wrap("", "))"), nil
}

func (tr *translation) call(n ast.Node, name string, arguments []ast.Node) (fragment, error) {
	switch name {
	case "date", "duration":
		o, err := expression.Compile(n, "", expression.Language[row]{})
		if err != nil {
			return fragment{}, err
		}
		return sqlText(strconv.FormatInt(o.Int(nil), 10)), nil
	case "len", "abs":
		inner, err := tr.translate(arguments[0])
		return inner.wrap(map[string]string{"len": "length(", "abs": "abs("}[name], ")"), err
	}
	return fragment{}, expression.Refuse(n, "%s() is not available; %s", name, conditionLanguage)
}

// fragment is a part of a statement, with what is bound to its question marks.
type fragment struct {
	sql  string
	args []any
}

func sqlText(text string) fragment { return fragment{sql: text} }
func bound(v any) fragment         { return fragment{sql: "?", args: []any{v}} }

func (f fragment) wrap(before, after string) fragment {
	return fragment{before + f.sql + after, f.args}
}

// then appends a fragment. The receiver's arguments are not shared with the result.
func (f fragment) then(g fragment) fragment {
	args := make([]any, 0, len(f.args)+len(g.args))
	return fragment{f.sql + g.sql, append(append(args, f.args...), g.args...)}
}

// join puts fragments together with something between them.
func join(parts []fragment, between string) fragment {
	var out fragment
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			b.WriteString(between)
		}
		b.WriteString(p.sql)
		out.args = append(out.args, p.args...)
	}
	out.sql = b.String()
	return out
}

func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
