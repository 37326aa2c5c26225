package quality

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/spell"
)

// environment is what conditions can name; expr checks their types against it.
// Money is a float64 here only because the checker must accept it beside decimal
// literals: it is compiled to exact event.Micros.
type environment struct {
	Source      string    `expr:"source"`
	Stream      string    `expr:"stream"`
	Type        string    `expr:"type"`
	EventTime   time.Time `expr:"event_time"`
	ReceivedAt  time.Time `expr:"received_at"`
	CustomerID  string    `expr:"customer_id"`
	AnonymousID string    `expr:"anonymous_id"`
	OrderID     string    `expr:"order_id"`
	SessionID   string    `expr:"session_id"`
	Channel     string    `expr:"channel"`
	Country     string    `expr:"country"`
	Currency    string    `expr:"currency"`
	Amount      float64   `expr:"amount"`
	Properties  string    `expr:"properties"`
	Context     string    `expr:"context"`
	Items       int       `expr:"items"`
	Item        struct {
		ProductID string  `expr:"product_id"`
		Name      string  `expr:"name"`
		Category  string  `expr:"category"`
		Kind      string  `expr:"kind"`
		Quantity  int     `expr:"quantity"`
		Price     float64 `expr:"price"`
		Amount    float64 `expr:"amount"`
	} `expr:"item"`
}

// scope is the place at which a condition is evaluated. item is meaningless in a
// condition that names no field of items.
type scope struct {
	batch *event.Batch
	event int32
	item  int32
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
func compileCondition(text string) (*condition, error) {
	program, err := expr.Compile(text, expr.Env(environment{}), expr.Optimize(false), expr.MaxNodes(maxConditionNodes))
	if err != nil {
		return nil, inOurWords(err)
	}
	c := compiler{}
	root, err := c.compile(program.Node())
	if err == nil && root.kind != boolean {
		err = c.refuse(program.Node(), "a condition must be true or false, not %s", root.kind)
	}
	if err != nil {
		var at *file.Error
		if errors.As(err, &at) {
			_ = at.Bind(file.NewSource(text))
		}
		return nil, err
	}
	cond := &condition{text: text, holds: root.b}
	for _, f := range c.reads {
		cond.items = cond.items || f.item
	}
	if len(c.reads) == 1 && c.reads[0].kind == kindDict {
		cond.only = c.reads[0]
	}
	return cond, nil
}

var (
	unknownName = regexp.MustCompile(`^unknown name (\S+)`)
	unknownOfGo = regexp.MustCompile(`^type struct {.*} has no field (\S+)`)
	wordsForGo  = strings.NewReplacer("float64", "money", "time.Time", "time", "time.Duration", "duration")
)

// inOurWords replaces expr's names of Go types by what the reader of a rules
// file knows.
func inOurWords(err error) error {
	var at *file.Error
	if !errors.As(err, &at) {
		return err
	}
	at.Message = wordsForGo.Replace(at.Message)
	if m := unknownName.FindStringSubmatch(at.Message); m != nil {
		at.Message = fmt.Sprintf("%q is no field; %s", m[1], spell.Suggest(m[1], fieldNames(nil)))
	} else if m := unknownOfGo.FindStringSubmatch(at.Message); m != nil {
		at.Message = fmt.Sprintf("%q is no field; %s", "item."+m[1], spell.Suggest("item."+m[1], fieldNames(nil)))
	}
	return at
}

// exprKind is the dimension of an operand. Money does not mix with numbers, nor
// times with durations, other than as the operators below say.
type exprKind uint8

const (
	boolean exprKind = iota
	text
	integer
	money
	instant
	span
	literal // a number whose kind the other operand decides
)

func (k exprKind) String() string {
	return [...]string{"true or false", "text", "a whole number", "money", "a time", "a duration", "a number"}[k]
}

// operand is a compiled subexpression; the function of its kind is set.
type operand struct {
	kind  exprKind
	b     func(*scope) bool
	s     func(*scope) string
	n     func(*scope) int64 // integers, money in micros, times and spans in µs
	digit string             // of a literal: its decimal text
}

// compiler turns expr's checked syntax tree into operands.
type compiler struct {
	reads []*field // distinct fields
}

func (c *compiler) refuse(n ast.Node, format string, args ...any) error {
	return &file.Error{Location: n.Location(), Message: fmt.Sprintf(format, args...)}
}

const conditionLanguage = "conditions know and, or, not, ==, !=, <, <=, >, >=, in, contains, startsWith, endsWith, matches, +, -, *, len, trim, abs, date and duration"

func (c *compiler) compile(n ast.Node) (operand, error) {
	switch n := n.(type) {
	case *ast.BoolNode:
		value := n.Value
		return operand{kind: boolean, b: func(*scope) bool { return value }}, nil
	case *ast.StringNode:
		value := n.Value
		return operand{kind: text, s: func(*scope) string { return value }}, nil
	case *ast.IntegerNode, *ast.FloatNode:
		return c.number(n)
	case *ast.IdentifierNode:
		return c.field(n, n.Value)
	case *ast.MemberNode:
		return c.member(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.BuiltinNode:
		return c.call(n, n.Name, n.Arguments)
	case *ast.CallNode:
		return c.call(n, n.Callee.String(), n.Arguments)
	}
	return operand{}, c.refuse(n, "%s is not available; %s", clip(n.String()), conditionLanguage)
}

func (c *compiler) field(n ast.Node, name string) (operand, error) {
	f := findField(name)
	if f == nil {
		return operand{}, c.refuse(n, "%q is no field; %s", name, spell.Suggest(name, fieldNames(nil)))
	}
	c.read(f)
	switch f.kind {
	case kindText:
		column := f.text
		return operand{kind: text, s: func(s *scope) string { return column(s.batch)[s.at(f.item)] }}, nil
	case kindDict:
		column := f.dict
		return operand{kind: text, s: func(s *scope) string { return column(s.batch).Get(int(s.at(f.item))) }}, nil
	case kindMoney:
		column := f.money
		return operand{kind: money, n: func(s *scope) int64 { return int64(column(s.batch)[s.at(f.item)]) }}, nil
	case kindCount:
		return operand{kind: integer, n: func(s *scope) int64 { return f.intAt(s.batch, s.event) }}, nil
	}
	column := f.num
	o := operand{kind: integer, n: func(s *scope) int64 { return column(s.batch)[s.at(f.item)] }}
	if f.kind == kindTime {
		o.kind = instant
	}
	return o, nil
}

func (s *scope) at(item bool) int32 {
	if item {
		return s.item
	}
	return s.event
}

func (c *compiler) read(f *field) {
	for _, known := range c.reads {
		if known == f {
			return
		}
	}
	c.reads = append(c.reads, f)
}

func (c *compiler) member(n *ast.MemberNode) (operand, error) {
	owner, ok := n.Node.(*ast.IdentifierNode)
	property, ok2 := n.Property.(*ast.StringNode)
	if !ok || !ok2 || n.Optional || n.Method {
		return operand{}, c.refuse(n, "%s is not available; %s", clip(n.String()), conditionLanguage)
	}
	return c.field(n, owner.Value+"."+property.Value)
}

func (c *compiler) unary(n *ast.UnaryNode) (operand, error) {
	o, err := c.compile(n.Node)
	if err != nil {
		return o, err
	}
	switch {
	case (n.Operator == "not" || n.Operator == "!") && o.kind == boolean:
		inner := o.b
		return operand{kind: boolean, b: func(s *scope) bool { return !inner(s) }}, nil
	case n.Operator == "+" && o.numeric():
		return o, nil
	case n.Operator == "-" && o.kind == literal && !strings.HasPrefix(o.digit, "-"):
		return operand{kind: literal, digit: "-" + o.digit}, nil
	case n.Operator == "-" && (o.kind == integer || o.kind == money || o.kind == span):
		inner := o.n
		return operand{kind: o.kind, n: func(s *scope) int64 { return subtract(0, inner(s)) }}, nil
	}
	return operand{}, c.refuse(n, "%q does not work on %s", n.Operator, o.kind)
}

func (o operand) numeric() bool {
	return o.kind == integer || o.kind == money || o.kind == literal || o.kind == span
}

func (c *compiler) call(n ast.Node, name string, arguments []ast.Node) (operand, error) {
	if len(arguments) != 1 {
		return operand{}, c.refuse(n, "%s with %d arguments is not available; %s", name, len(arguments), conditionLanguage)
	}
	switch name {
	case "date", "duration":
		return c.constantTime(n, name, arguments[0])
	case "len", "trim", "abs":
	default:
		return operand{}, c.refuse(n, "%s() is not available; %s", name, conditionLanguage)
	}
	o, err := c.compile(arguments[0])
	if err != nil {
		return o, err
	}
	switch {
	case name == "len" && o.kind == text:
		inner := o.s
		return operand{kind: integer, n: func(s *scope) int64 { return characters(inner(s)) }}, nil
	case name == "trim" && o.kind == text:
		inner := o.s
		return operand{kind: text, s: func(s *scope) string { return strings.TrimSpace(inner(s)) }}, nil
	case name == "abs" && (o.kind == integer || o.kind == money):
		inner := o.n
		return operand{kind: o.kind, n: func(s *scope) int64 { return absolute(inner(s)) }}, nil
	}
	return operand{}, c.refuse(n, "%s does not work on %s", name, o.kind)
}

func (c *compiler) constantTime(n ast.Node, name string, argument ast.Node) (operand, error) {
	written, ok := argument.(*ast.StringNode)
	if !ok {
		return operand{}, c.refuse(argument, "%s needs a text in quotes, known when the rules are loaded", name)
	}
	kind, read := instant, parseTime
	if name == "duration" {
		kind, read = span, parseSpan
	}
	value, err := read(written.Value)
	if err != nil {
		return operand{}, c.refuse(argument, "cannot take %q: %v", clip(written.Value), err)
	}
	return operand{kind: kind, n: func(*scope) int64 { return value }}, nil
}

func parseSpan(written string) (int64, error) {
	d, err := time.ParseDuration(written)
	if err != nil {
		return 0, errors.New(`want a duration such as "24h" or "30m"`)
	}
	return d.Microseconds(), nil
}
