package expression

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/millrace/millrace/event"
)

// number keeps a literal as text until the other operand says whether it is
// money or a whole number. The text of a float is its shortest decimal, which is
// what stood in the condition for up to 15 digits.
func (c *Compiler[S]) number(n ast.Node) (Operand[S], error) {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return Operand[S]{Kind: literal, digit: strconv.Itoa(n.Value)}, nil
	case *ast.FloatNode:
		digit := strconv.FormatFloat(n.Value, 'f', -1, 64)
		if significant := len(strings.Trim(strings.Replace(digit, ".", "", 1), "0")); significant > 15 {
			return Operand[S]{}, c.refuse(n, "a number with more than 15 digits is not exact")
		}
		return Operand[S]{Kind: literal, digit: digit}, nil
	}
	panic(fmt.Sprintf("BUG: %T is no number", n))
}

// as gives a literal the kind that its place needs.
func (c *Compiler[S]) as(n ast.Node, o Operand[S], kind Kind) (Operand[S], error) {
	if o.Kind != literal {
		return o, nil
	}
	var value int64
	var err error
	switch kind {
	case Money:
		var m event.Micros
		m, err = event.ParseMicros(o.digit)
		value = int64(m)
	case Number:
		f, err := strconv.ParseFloat(o.digit, 64)
		if err != nil {
			return Operand[S]{}, c.refuse(n, "cannot use the number: %v", err)
		}
		return Operand[S]{Kind: Number, Float: func(*S) float64 { return f }}, nil
	case Integer, literal:
		kind = Integer
		value, err = strconv.ParseInt(o.digit, 10, 64)
		if err != nil {
			err = fmt.Errorf("%s is no whole number", o.digit)
		}
	default:
		err = fmt.Errorf("%s is used as %s", o.digit, kind)
	}
	if err != nil {
		return Operand[S]{}, c.refuse(n, "cannot use the number: %v", err)
	}
	return Operand[S]{Kind: kind, Int: func(*S) int64 { return value }}, nil
}

func (c *Compiler[S]) binary(n *ast.BinaryNode) (Operand[S], error) {
	switch n.Operator {
	case "in":
		return c.in(n)
	case "matches":
		return c.matches(n)
	}
	left, err := c.compile(n.Left)
	if err != nil {
		return left, err
	}
	right, err := c.compile(n.Right)
	if err != nil {
		return right, err
	}
	switch n.Operator {
	case "and", "&&", "or", "||":
		return c.logic(n, left, right)
	case "*":
		return c.multiply(n, left, right)
	case "/":
		if c.lang.Full {
			return c.divide(n, left, right)
		}
	}
	if left, right, err = c.alike(n, left, right); err != nil {
		return left, err
	}
	switch n.Operator {
	case "==", "!=", "<", "<=", ">", ">=":
		return c.compare(n, left, right)
	case "contains", "startsWith", "endsWith":
		return c.search(n, left, right)
	case "+", "-":
		return c.add(n, left, right)
	}
	return Operand[S]{}, c.refuse(n, "%q is not available; %s", n.Operator, c.lang.Knows)
}

func (c *Compiler[S]) mismatch(n *ast.BinaryNode, left, right Operand[S]) (Operand[S], error) {
	return Operand[S]{}, c.refuse(n, "%q does not work between %s and %s", n.Operator, left.Kind, right.Kind)
}

func (c *Compiler[S]) logic(n *ast.BinaryNode, left, right Operand[S]) (Operand[S], error) {
	if left.Kind != Boolean || right.Kind != Boolean {
		return c.mismatch(n, left, right)
	}
	l, r := left.Bool, right.Bool
	if n.Operator == "and" || n.Operator == "&&" {
		return Operand[S]{Kind: Boolean, Bool: func(s *S) bool { return l(s) && r(s) }}, nil
	}
	return Operand[S]{Kind: Boolean, Bool: func(s *S) bool { return l(s) || r(s) }}, nil
}

func (c *Compiler[S]) compare(n *ast.BinaryNode, left, right Operand[S]) (Operand[S], error) {
	if left.Kind != right.Kind {
		return c.mismatch(n, left, right)
	}
	switch left.Kind {
	case Boolean:
		l, r, equal := left.Bool, right.Bool, n.Operator == "=="
		if !equal && n.Operator != "!=" {
			return c.mismatch(n, left, right)
		}
		return Operand[S]{Kind: Boolean, Bool: func(s *S) bool { return (l(s) == r(s)) == equal }}, nil
	case Text:
		return Operand[S]{Kind: Boolean, Bool: comparison(n.Operator, left.Text, right.Text)}, nil
	}
	if left.Kind == Number {
		return Operand[S]{Kind: Boolean, Bool: comparison(n.Operator, left.Float, right.Float)}, nil
	}
	return Operand[S]{Kind: Boolean, Bool: comparison(n.Operator, left.Int, right.Int)}, nil
}

func comparison[S any, T string | int64 | float64](operator string, l, r func(*S) T) func(*S) bool {
	switch operator {
	case "==":
		return func(s *S) bool { return l(s) == r(s) }
	case "!=":
		return func(s *S) bool { return l(s) != r(s) }
	case "<":
		return func(s *S) bool { return l(s) < r(s) }
	case "<=":
		return func(s *S) bool { return l(s) <= r(s) }
	case ">":
		return func(s *S) bool { return l(s) > r(s) }
	}
	return func(s *S) bool { return l(s) >= r(s) }
}

func (c *Compiler[S]) search(n *ast.BinaryNode, left, right Operand[S]) (Operand[S], error) {
	if left.Kind != Text || right.Kind != Text {
		return c.mismatch(n, left, right)
	}
	l, r := left.Text, right.Text
	found := strings.Contains
	switch n.Operator {
	case "startsWith":
		found = strings.HasPrefix
	case "endsWith":
		found = strings.HasSuffix
	}
	return Operand[S]{Kind: Boolean, Bool: func(s *S) bool { return found(l(s), r(s)) }}, nil
}

func (c *Compiler[S]) matches(n *ast.BinaryNode) (Operand[S], error) {
	left, err := c.compile(n.Left)
	if err != nil {
		return left, err
	}
	pattern, ok := n.Right.(*ast.StringNode)
	if !ok || left.Kind != Text {
		return Operand[S]{}, c.refuse(n, `"matches" needs a text on its left and an expression in quotes on its right`)
	}
	compiled, err := CompileRegex(pattern.Value)
	if err != nil {
		return Operand[S]{}, c.refuse(n.Right, "%v", err)
	}
	l := left.Text
	return Operand[S]{Kind: Boolean, Bool: func(s *S) bool { return compiled.MatchString(l(s)) }}, nil
}

// MaxRegexBytes bounds a regular expression.
const MaxRegexBytes = 1000

// CompileRegex compiles an RE2 expression of bounded length.
func CompileRegex(pattern string) (*regexp.Regexp, error) {
	if pattern == "" {
		return nil, errors.New("an empty regular expression matches everything")
	}
	if len(pattern) > MaxRegexBytes {
		return nil, fmt.Errorf("the regular expression has %d bytes, at most %d are allowed", len(pattern), MaxRegexBytes)
	}
	compiled, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("cannot use %q: %w", clip(pattern), err)
	}
	return compiled, nil
}

// in compiles membership of a list of constants, or of a range of whole numbers.
func (c *Compiler[S]) in(n *ast.BinaryNode) (Operand[S], error) {
	left, err := c.compile(n.Left)
	if err != nil {
		return left, err
	}
	if left, err = c.as(n.Left, left, Integer); err != nil {
		return left, err
	}
	switch right := n.Right.(type) {
	case *ast.ArrayNode:
		if left.Kind == Number {
			return c.mismatch(n, left, left)
		}
		return c.among(n, left, right.Nodes)
	case *ast.BinaryNode:
		if right.Operator == ".." && left.Kind == Integer {
			return c.between(left, right)
		}
	}
	return Operand[S]{}, c.refuse(n, `"in" needs a list such as ["a", "b"] or, for whole numbers, a range such as 1..10 on its right`)
}

// among compiles "left in [constants]".
func (c *Compiler[S]) among(n *ast.BinaryNode, left Operand[S], listed []ast.Node) (Operand[S], error) {
	var texts []string
	var numbers []int64
	for _, node := range listed {
		value, err := c.compile(node)
		if err != nil {
			return value, err
		}
		if value, err = c.as(node, value, left.Kind); err != nil {
			return value, err
		}
		if value.Kind != left.Kind || value.Kind == Boolean || !constant(node) {
			return Operand[S]{}, c.refuse(node, "a list after \"in\" holds constants of the kind of its left side, %s", left.Kind)
		}
		if value.Kind == Text {
			texts = append(texts, value.Text(nil))
		} else {
			numbers = append(numbers, value.Int(nil))
		}
	}
	if left.Kind == Text {
		l := left.Text
		return Operand[S]{Kind: Boolean, Bool: func(s *S) bool { return slices.Contains(texts, l(s)) }}, nil
	}
	l := left.Int
	return Operand[S]{Kind: Boolean, Bool: func(s *S) bool { return slices.Contains(numbers, l(s)) }}, nil
}

// constant reports whether the node is a literal, a signed one, or date("…").
func constant(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode:
		return true
	case *ast.UnaryNode:
		return constant(n.Node)
	case *ast.BuiltinNode:
		return n.Name == "date" || n.Name == "duration"
	case *ast.CallNode:
		return n.Callee.String() == "date" || n.Callee.String() == "duration"
	}
	return false
}

func (c *Compiler[S]) between(left Operand[S], limits *ast.BinaryNode) (Operand[S], error) {
	var ends [2]int64
	for i, node := range []ast.Node{limits.Left, limits.Right} {
		if !constant(node) {
			return Operand[S]{}, c.refuse(node, "a range has constant ends, such as 1..10")
		}
		value, err := c.compile(node)
		if err != nil {
			return value, err
		}
		if value, err = c.as(node, value, Integer); err != nil {
			return value, err
		}
		ends[i] = value.Int(nil)
	}
	l := left.Int
	return Operand[S]{Kind: Boolean, Bool: func(s *S) bool { v := l(s); return v >= ends[0] && v <= ends[1] }}, nil
}

// alike gives the operands of an operator one kind, where a literal or a whole number
// can take that of the other.
func (c *Compiler[S]) alike(n *ast.BinaryNode, left, right Operand[S]) (_, _ Operand[S], err error) {
	return c.alikeAt(n.Left, n.Right, left, right)
}

func (c *Compiler[S]) alikeAt(atLeft, atRight ast.Node, left, right Operand[S]) (_, _ Operand[S], err error) {
	l, r := left.Kind, right.Kind
	if l == literal && r == literal && c.lang.Full && strings.Contains(left.digit+right.digit, ".") {
		l, r = Number, Number
	}
	if left, err = c.as(atLeft, left, r); err != nil {
		return left, right, err
	}
	if right, err = c.as(atRight, right, l); err != nil {
		return left, right, err
	}
	switch {
	case left.Kind == Number && right.Kind == Integer:
		right = toNumber(right, 1)
	case left.Kind == Integer && right.Kind == Number:
		left = toNumber(left, 1)
	}
	return left, right, nil
}

// toNumber makes a float of an integer, in units of so many.
func toNumber[S any](o Operand[S], unit float64) Operand[S] {
	n := o.Int
	return Operand[S]{Kind: Number, Known: o.Known, Float: func(s *S) float64 { return float64(n(s)) / unit }}
}

// add compiles + and -: numbers with numbers, money with money, spans with
// spans, a time with a span, and the span between two times.
func (c *Compiler[S]) add(n *ast.BinaryNode, left, right Operand[S]) (Operand[S], error) {
	l, r, minus := left.Int, right.Int, n.Operator == "-"
	kind, known := left.Kind, both(left.Known, right.Known)
	switch {
	case left.Kind == Number && right.Kind == Number:
		x, y, sign := left.Float, right.Float, 1.0
		if minus {
			sign = -1
		}
		return Operand[S]{Kind: Number, Known: known, Float: func(s *S) float64 { return x(s) + sign*y(s) }}, nil
	case left.Kind == Text && right.Kind == Text && !minus && c.lang.Full:
		x, y := left.Text, right.Text
		return Operand[S]{Kind: Text, Text: func(s *S) string { return x(s) + y(s) }}, nil
	case left.Kind == right.Kind && (kind == Integer || kind == Money || kind == Span):
	case left.Kind == Instant && right.Kind == Span:
	case left.Kind == Span && right.Kind == Instant && !minus:
		kind = Instant
	case left.Kind == Instant && right.Kind == Instant && minus:
		kind = Span
	default:
		return c.mismatch(n, left, right)
	}
	if minus {
		return Operand[S]{Kind: kind, Known: known, Int: func(s *S) int64 { return subtract(l(s), r(s)) }}, nil
	}
	return Operand[S]{Kind: kind, Known: known, Int: func(s *S) int64 { return Sum(l(s), r(s)) }}, nil
}

// multiply compiles products of numbers, and of money and a whole number.
// A literal beside money is a whole number here: 2 * item.price.
func (c *Compiler[S]) multiply(n *ast.BinaryNode, left, right Operand[S]) (Operand[S], error) {
	left, right, err := c.factors(n, left, right)
	if err != nil {
		return left, err
	}
	kind, known := Integer, both(left.Known, right.Known)
	switch {
	case left.Kind == Number && right.Kind == Number:
		x, y := left.Float, right.Float
		return Operand[S]{Kind: Number, Known: known, Float: func(s *S) float64 { return x(s) * y(s) }}, nil
	case left.Kind == Integer && right.Kind == Integer:
	case left.Kind == Money && right.Kind == Integer, left.Kind == Integer && right.Kind == Money:
		kind = Money
	default:
		return c.mismatch(n, left, right)
	}
	l, r := left.Int, right.Int
	return Operand[S]{Kind: kind, Known: known, Int: func(s *S) int64 { return product(l(s), r(s)) }}, nil
}

// factors gives literals beside * and / their kind.
func (c *Compiler[S]) factors(n *ast.BinaryNode, left, right Operand[S]) (_, _ Operand[S], err error) {
	if c.lang.Full && left.Kind != Money && right.Kind != Money {
		return c.alike(n, left, right)
	}
	if left, err = c.as(n.Left, left, Integer); err != nil {
		return left, right, err
	}
	right, err = c.as(n.Right, right, Integer)
	return left, right, err
}

// divide compiles quotients: numbers, a share of two amounts or durations, and money by
// a whole number, which is money to the nearest micro. What is divided by zero is not
// known.
func (c *Compiler[S]) divide(n *ast.BinaryNode, left, right Operand[S]) (Operand[S], error) {
	left, right, err := c.factors(n, left, right)
	if err != nil {
		return left, err
	}
	if left.Kind == Money && right.Kind == Integer {
		l, r := left.Int, right.Int
		known := both(both(left.Known, right.Known), func(s *S) bool { return r(s) != 0 })
		return Operand[S]{Kind: Money, Known: known, Int: func(s *S) int64 { return quotient(l(s), r(s)) }}, nil
	}
	if left.Kind == right.Kind && (left.Kind == Integer || left.Kind == Money || left.Kind == Span) {
		left, right = toNumber(left, 1), toNumber(right, 1)
	}
	if left.Kind != Number || right.Kind != Number {
		return c.mismatch(n, left, right)
	}
	x, y := left.Float, right.Float
	known := both(both(left.Known, right.Known), func(s *S) bool { return y(s) != 0 })
	return Operand[S]{Kind: Number, Known: known, Float: func(s *S) float64 {
		if d := y(s); d != 0 {
			return x(s) / d
		}
		return 0
	}}, nil
}
