package quality

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"

	"github.com/millrace/millrace/event"
)

// number keeps a literal as text until the other operand says whether it is
// money or a whole number. The text of a float is its shortest decimal, which is
// what stood in the condition for up to 15 digits.
func (c *compiler) number(n ast.Node) (operand, error) {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return operand{kind: literal, digit: strconv.Itoa(n.Value)}, nil
	case *ast.FloatNode:
		digit := strconv.FormatFloat(n.Value, 'f', -1, 64)
		if significant := len(strings.Trim(strings.Replace(digit, ".", "", 1), "0")); significant > 15 {
			return operand{}, c.refuse(n, "a number with more than 15 digits is not exact")
		}
		return operand{kind: literal, digit: digit}, nil
	}
	panic(fmt.Sprintf("BUG: %T is no number", n))
}

// as gives a literal the kind that its place needs.
func (c *compiler) as(n ast.Node, o operand, kind exprKind) (operand, error) {
	if o.kind != literal {
		return o, nil
	}
	var value int64
	var err error
	switch kind {
	case money:
		var m event.Micros
		m, err = event.ParseMicros(o.digit)
		value = int64(m)
	case integer, literal:
		kind = integer
		value, err = strconv.ParseInt(o.digit, 10, 64)
		if err != nil {
			err = fmt.Errorf("%s is no whole number", o.digit)
		}
	default:
		err = fmt.Errorf("%s is used as %s", o.digit, kind)
	}
	if err != nil {
		return operand{}, c.refuse(n, "cannot use the number: %v", err)
	}
	return operand{kind: kind, n: func(*scope) int64 { return value }}, nil
}

func (c *compiler) binary(n *ast.BinaryNode) (operand, error) {
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
	}
	l, r := left.kind, right.kind
	if left, err = c.as(n.Left, left, r); err != nil {
		return left, err
	}
	if right, err = c.as(n.Right, right, l); err != nil {
		return right, err
	}
	switch n.Operator {
	case "==", "!=", "<", "<=", ">", ">=":
		return c.compare(n, left, right)
	case "contains", "startsWith", "endsWith":
		return c.search(n, left, right)
	case "+", "-":
		return c.add(n, left, right)
	}
	return operand{}, c.refuse(n, "%q is not available; %s", n.Operator, conditionLanguage)
}

func (c *compiler) mismatch(n *ast.BinaryNode, left, right operand) (operand, error) {
	return operand{}, c.refuse(n, "%q does not work between %s and %s", n.Operator, left.kind, right.kind)
}

func (c *compiler) logic(n *ast.BinaryNode, left, right operand) (operand, error) {
	if left.kind != boolean || right.kind != boolean {
		return c.mismatch(n, left, right)
	}
	l, r := left.b, right.b
	if n.Operator == "and" || n.Operator == "&&" {
		return operand{kind: boolean, b: func(s *scope) bool { return l(s) && r(s) }}, nil
	}
	return operand{kind: boolean, b: func(s *scope) bool { return l(s) || r(s) }}, nil
}

func (c *compiler) compare(n *ast.BinaryNode, left, right operand) (operand, error) {
	if left.kind != right.kind {
		return c.mismatch(n, left, right)
	}
	switch left.kind {
	case boolean:
		l, r, equal := left.b, right.b, n.Operator == "=="
		if !equal && n.Operator != "!=" {
			return c.mismatch(n, left, right)
		}
		return operand{kind: boolean, b: func(s *scope) bool { return (l(s) == r(s)) == equal }}, nil
	case text:
		return operand{kind: boolean, b: comparison(n.Operator, left.s, right.s)}, nil
	}
	return operand{kind: boolean, b: comparison(n.Operator, left.n, right.n)}, nil
}

func comparison[T string | int64](operator string, l, r func(*scope) T) func(*scope) bool {
	switch operator {
	case "==":
		return func(s *scope) bool { return l(s) == r(s) }
	case "!=":
		return func(s *scope) bool { return l(s) != r(s) }
	case "<":
		return func(s *scope) bool { return l(s) < r(s) }
	case "<=":
		return func(s *scope) bool { return l(s) <= r(s) }
	case ">":
		return func(s *scope) bool { return l(s) > r(s) }
	}
	return func(s *scope) bool { return l(s) >= r(s) }
}

func (c *compiler) search(n *ast.BinaryNode, left, right operand) (operand, error) {
	if left.kind != text || right.kind != text {
		return c.mismatch(n, left, right)
	}
	l, r := left.s, right.s
	found := strings.Contains
	switch n.Operator {
	case "startsWith":
		found = strings.HasPrefix
	case "endsWith":
		found = strings.HasSuffix
	}
	return operand{kind: boolean, b: func(s *scope) bool { return found(l(s), r(s)) }}, nil
}

func (c *compiler) matches(n *ast.BinaryNode) (operand, error) {
	left, err := c.compile(n.Left)
	if err != nil {
		return left, err
	}
	pattern, ok := n.Right.(*ast.StringNode)
	if !ok || left.kind != text {
		return operand{}, c.refuse(n, `"matches" needs a text on its left and an expression in quotes on its right`)
	}
	compiled, err := compileRegex(pattern.Value)
	if err != nil {
		return operand{}, c.refuse(n.Right, "%v", err)
	}
	l := left.s
	return operand{kind: boolean, b: func(s *scope) bool { return compiled.MatchString(l(s)) }}, nil
}

func compileRegex(pattern string) (*regexp.Regexp, error) {
	if pattern == "" {
		return nil, errors.New("an empty regular expression matches everything")
	}
	if len(pattern) > maxRegexBytes {
		return nil, fmt.Errorf("the regular expression has %d bytes, at most %d are allowed", len(pattern), maxRegexBytes)
	}
	compiled, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("cannot use %q: %w", clip(pattern), err)
	}
	return compiled, nil
}

// in compiles membership of a list of constants, or of a range of whole numbers.
func (c *compiler) in(n *ast.BinaryNode) (operand, error) {
	left, err := c.compile(n.Left)
	if err != nil {
		return left, err
	}
	if left, err = c.as(n.Left, left, integer); err != nil {
		return left, err
	}
	switch right := n.Right.(type) {
	case *ast.ArrayNode:
		return c.among(n, left, right.Nodes)
	case *ast.BinaryNode:
		if right.Operator == ".." && left.kind == integer {
			return c.between(left, right)
		}
	}
	return operand{}, c.refuse(n, `"in" needs a list such as ["a", "b"] or, for whole numbers, a range such as 1..10 on its right`)
}

// among compiles "left in [constants]".
func (c *compiler) among(n *ast.BinaryNode, left operand, listed []ast.Node) (operand, error) {
	var texts []string
	var numbers []int64
	for _, node := range listed {
		value, err := c.compile(node)
		if err != nil {
			return value, err
		}
		if value, err = c.as(node, value, left.kind); err != nil {
			return value, err
		}
		if value.kind != left.kind || value.kind == boolean || !constant(node) {
			return operand{}, c.refuse(node, "a list after \"in\" holds constants of the kind of its left side, %s", left.kind)
		}
		if value.kind == text {
			texts = append(texts, value.s(nil))
		} else {
			numbers = append(numbers, value.n(nil))
		}
	}
	if left.kind == text {
		l := left.s
		return operand{kind: boolean, b: func(s *scope) bool { return slices.Contains(texts, l(s)) }}, nil
	}
	l := left.n
	return operand{kind: boolean, b: func(s *scope) bool { return slices.Contains(numbers, l(s)) }}, nil
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
	}
	return false
}

func (c *compiler) between(left operand, limits *ast.BinaryNode) (operand, error) {
	var ends [2]int64
	for i, node := range []ast.Node{limits.Left, limits.Right} {
		if !constant(node) {
			return operand{}, c.refuse(node, "a range has constant ends, such as 1..10")
		}
		value, err := c.compile(node)
		if err != nil {
			return value, err
		}
		if value, err = c.as(node, value, integer); err != nil {
			return value, err
		}
		ends[i] = value.n(nil)
	}
	l := left.n
	return operand{kind: boolean, b: func(s *scope) bool { v := l(s); return v >= ends[0] && v <= ends[1] }}, nil
}

// add compiles + and -: numbers with numbers, money with money, spans with
// spans, a time with a span, and the span between two times.
func (c *compiler) add(n *ast.BinaryNode, left, right operand) (operand, error) {
	l, r, minus := left.n, right.n, n.Operator == "-"
	kind := left.kind
	switch {
	case left.kind == right.kind && (kind == integer || kind == money || kind == span):
	case left.kind == instant && right.kind == span:
	case left.kind == span && right.kind == instant && !minus:
		kind = instant
	case left.kind == instant && right.kind == instant && minus:
		kind = span
	default:
		return c.mismatch(n, left, right)
	}
	if minus {
		return operand{kind: kind, n: func(s *scope) int64 { return subtract(l(s), r(s)) }}, nil
	}
	return operand{kind: kind, n: func(s *scope) int64 { return sum(l(s), r(s)) }}, nil
}

// multiply compiles products of whole numbers, and of money and a whole number.
// A literal beside money is a whole number here: 2 * item.price.
func (c *compiler) multiply(n *ast.BinaryNode, left, right operand) (operand, error) {
	var err error
	if left, err = c.as(n.Left, left, integer); err != nil {
		return left, err
	}
	if right, err = c.as(n.Right, right, integer); err != nil {
		return right, err
	}
	kind := integer
	switch {
	case left.kind == integer && right.kind == integer:
	case left.kind == money && right.kind == integer, left.kind == integer && right.kind == money:
		kind = money
	default:
		return c.mismatch(n, left, right)
	}
	l, r := left.n, right.n
	return operand{kind: kind, n: func(s *scope) int64 { return product(l(s), r(s)) }}, nil
}

// Arithmetic stops at the ends of the range, so that a condition cannot fail and
// a number that is absurdly large stays so.

func sum(a, b int64) int64 {
	c := a + b
	if (c > a) != (b > 0) && b != 0 {
		return limitOf(b > 0)
	}
	return c
}

func subtract(a, b int64) int64 {
	c := a - b
	if (c < a) != (b > 0) && b != 0 {
		return limitOf(b < 0)
	}
	return c
}

func product(a, b int64) int64 {
	negative := (a < 0) != (b < 0)
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	switch {
	case negative && (hi != 0 || lo > 1<<63):
		return math.MinInt64
	case negative:
		return -int64(lo)
	case hi != 0 || lo > math.MaxInt64:
		return math.MaxInt64
	}
	return int64(lo)
}

func magnitude(a int64) uint64 {
	if a < 0 {
		return -uint64(a)
	}
	return uint64(a)
}

func absolute(a int64) int64 { return int64(min(magnitude(a), math.MaxInt64)) }

func limitOf(positive bool) int64 {
	if positive {
		return math.MaxInt64
	}
	return math.MinInt64
}

func characters(s string) int64 { return int64(utf8.RuneCountInString(s)) }
