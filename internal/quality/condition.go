package quality

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/expression"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/yamldoc"
)

// scope is the place at which a condition is evaluated. item is meaningless in a
// condition that names no field of items.
type scope struct {
	batch   *event.Batch
	applier *applier // for JSON properties
	event   int32
	item    int32
}

// condition is a compiled expression. It is immutable.
type condition struct {
	text  string
	holds func(*scope) bool
	items bool // names a field of items
	// only is set when a dictionary column is all that the condition reads: it
	// is then evaluated once per distinct value.
	only *field
}

// compileCondition compiles an expression of expr's language. The error, if
// any, is a *file.Error with the place in the text.
func (s *source) compileCondition(text string) (*condition, error) {
	var reads []*field // distinct fields
	root, err := compileExpression(text, expression.Language[scope]{
		Knows: conditionLanguage,
		Field: func(name string) (expression.Operand[scope], error) {
			f, err := s.named(name)
			if err != nil {
				return expression.Operand[scope]{}, err
			}
			if !slices.Contains(reads, f) {
				reads = append(reads, f)
			}
			return f.operand(), nil
		},
		Call: readsNumber,
	})
	if err == nil && root.Kind != expression.Boolean {
		err = &file.Error{Message: fmt.Sprintf("a condition must be true or false, not %s", root.Kind), Location: file.Location{}, Line: 1}
	}
	if err != nil {
		return nil, err
	}
	cond := &condition{text: text, holds: root.Bool}
	for _, f := range reads {
		cond.items = cond.items || f.item
	}
	if len(reads) == 1 && reads[0].kind == kindDict {
		cond.only = reads[0]
	}
	return cond, nil
}

// named finds the field of a name in an expression.
func (s *source) named(name string) (*field, error) {
	if f := findField(name); f != nil {
		return f, nil
	}
	column, path := propertyOf(name)
	switch {
	case column == nil:
		return nil, fmt.Errorf("%q is no field; %s", name, spell.Suggest(name, fieldNames(nil)))
	case len(path) > maxPathDepth || len(s.set.properties.fields) >= maxProperties:
		return nil, fmt.Errorf("%s is deeper than %d members, or one JSON property more than %d", yamldoc.Clip(name), maxPathDepth, maxProperties)
	}
	return s.set.properties.add(name, column, path), nil
}

// readsNumber compiles money(text) and int(text), which read a number from a JSON
// property: zero where there is none.
func readsNumber(c *expression.Compiler[scope], name string, arguments []ast.Node) (expression.Operand[scope], bool, error) {
	if name != "money" && name != "int" || len(arguments) != 1 {
		return expression.Operand[scope]{}, false, nil
	}
	o, err := c.Compile(arguments[0])
	if err != nil {
		return o, true, err
	}
	if o.Kind != expression.Text {
		return o, true, expression.Refuse(arguments[0], "%s reads a text, not %s", name, o.Kind)
	}
	text := o.Text
	if name == "money" {
		return expression.Operand[scope]{Kind: expression.Money, Int: func(s *scope) int64 {
			m, _ := event.ParseMicros(text(s)) // 0 where it is none
			return int64(m)
		}}, true, nil
	}
	return expression.Operand[scope]{Kind: expression.Integer, Int: func(s *scope) int64 {
		n, err := strconv.ParseInt(text(s), 10, 64)
		if err != nil {
			return 0
		}
		return n
	}}, true, nil
}

const conditionLanguage = "conditions know and, or, not, ==, !=, <, <=, >, >=, in, contains, startsWith, endsWith, matches, +, -, *, len, trim, abs, date, duration, and money and int of a text"

// operand reads the field in a condition.
func (f *field) operand() expression.Operand[scope] {
	switch f.kind {
	case kindText:
		column := f.text
		return expression.Operand[scope]{Kind: expression.Text, Text: func(s *scope) string { return column(s.batch)[s.at(f.item)] }}
	case kindDict:
		column := f.dict
		return expression.Operand[scope]{Kind: expression.Text, Text: func(s *scope) string { return column(s.batch).Get(int(s.at(f.item))) }}
	case kindMoney:
		column := f.money
		return expression.Operand[scope]{Kind: expression.Money, Int: func(s *scope) int64 { return int64(column(s.batch)[s.at(f.item)]) }}
	case kindProperty:
		return expression.Operand[scope]{Kind: expression.Text, Text: func(s *scope) string { return s.applier.textAt(f, s.event) }}
	case kindCount:
		return expression.Operand[scope]{Kind: expression.Integer, Int: func(s *scope) int64 { return f.intAt(s.batch, s.event) }}
	}
	column := f.num
	o := expression.Operand[scope]{Kind: expression.Integer, Int: func(s *scope) int64 { return column(s.batch)[s.at(f.item)] }}
	if f.kind == kindTime {
		o.Kind = expression.Instant
	}
	return o
}

func (s *scope) at(item bool) int32 {
	if item {
		return s.item
	}
	return s.event
}
