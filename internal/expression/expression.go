// Package expression compiles the expressions that analysts write: conditions of rules,
// keys and aggregates of declared jobs. They have the syntax of expr-lang. Operands
// have a [Kind], so that money does not mix with numbers; money, whole numbers, times and
// durations are exact integers. What is wrong is a [file.Error] with its place in
// the text.
//
// A compiled expression is a closure over a scope S, which says where the fields are. It
// allocates nothing but new texts, and cannot fail.
package expression

import (
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

// Kind is the dimension of an operand. Money does not mix with numbers, nor
// times with durations, other than as the operators say.
type Kind uint8

// The kinds.
const (
	Boolean Kind = iota
	Text
	Integer
	Money
	Instant
	Span
	literal // a number whose kind the other operand decides
	Number  // a float
)

func (k Kind) String() string {
	return [...]string{
		"true or false", "text", "a whole number", "money", "a time", "a duration", "a number", "a number",
	}[k]
}

// Operand is a compiled subexpression; the function of its kind is set.
type Operand[S any] struct {
	Kind  Kind
	Bool  func(*S) bool
	Text  func(*S) string
	Int   func(*S) int64 // integers, money in micros, times and spans in µs
	Float func(*S) float64
	// Known says whether there is a value at all; nil: always. What is not known shows
	// as zero.
	Known func(*S) bool
	digit string // of a literal: its decimal text
}

// Language is what an expression can name.
type Language[S any] struct {
	// Field returns the operand of a name, such as amount or item.price.
	Field func(name string) (Operand[S], error)
	// Call compiles the functions that are not part of every language. It is false for
	// a function that it does not know. It may be nil.
	Call func(c *Compiler[S], name string, arguments []ast.Node) (o Operand[S], known bool, err error)
	// Knows ends the error about what is not available: what is.
	Knows string
	// Full languages have numbers that are not whole, division, ?:, texts put together,
	// and conversions.
	Full bool
}

// Parse reads an expression of at most so many nodes. own are functions of the language:
// they are plain calls, whatever else expr-lang would take them for.
func Parse(text string, maxNodes int, own ...string) (ast.Node, error) {
	cfg := conf.CreateNew()
	cfg.MaxNodes = uint(maxNodes)
	for _, name := range own {
		cfg.Functions[name] = &builtin.Function{Name: name}
	}
	tree, err := parser.ParseWithConfig(text, cfg)
	if err != nil {
		return nil, err
	}
	return tree.Node, nil
}

// Compile compiles the tree of a text.
func Compile[S any](n ast.Node, text string, lang Language[S]) (Operand[S], error) {
	c := &Compiler[S]{lang: lang}
	o, err := c.Compile(n)
	return o, Place(err, text)
}

// Place gives an error its line and column in a text.
func Place(err error, text string) error {
	var at *file.Error
	if errors.As(err, &at) {
		_ = at.Bind(file.NewSource(text))
	}
	return err
}

// Compiler turns syntax trees into operands.
type Compiler[S any] struct{ lang Language[S] }

// Refuse makes an error at a node.
func Refuse(n ast.Node, format string, args ...any) error {
	return &file.Error{Location: n.Location(), Message: fmt.Sprintf(format, args...)}
}

func (c *Compiler[S]) refuse(n ast.Node, format string, args ...any) error {
	return Refuse(n, format, args...)
}

// Compile compiles a tree. A number on its own is a whole one where it can be.
func (c *Compiler[S]) Compile(n ast.Node) (Operand[S], error) {
	o, err := c.compile(n)
	if err != nil || o.Kind != literal {
		return o, err
	}
	if c.lang.Full && strings.Contains(o.digit, ".") {
		return c.as(n, o, Number)
	}
	return c.as(n, o, Integer)
}

func (c *Compiler[S]) compile(n ast.Node) (Operand[S], error) {
	switch n := n.(type) {
	case *ast.BoolNode:
		value := n.Value
		return Operand[S]{Kind: Boolean, Bool: func(*S) bool { return value }}, nil
	case *ast.StringNode:
		value := n.Value
		return Operand[S]{Kind: Text, Text: func(*S) string { return value }}, nil
	case *ast.IntegerNode, *ast.FloatNode:
		return c.number(n)
	case *ast.IdentifierNode:
		return c.field(n, n.Value)
	case *ast.MemberNode:
		if name, ok := Dotted(n); ok {
			return c.field(n, name)
		}
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		if c.lang.Full {
			return c.conditional(n)
		}
	case *ast.BuiltinNode:
		return c.call(n, n.Name, n.Arguments)
	case *ast.CallNode:
		return c.call(n, n.Callee.String(), n.Arguments)
	}
	return Operand[S]{}, c.refuse(n, "%s is not available; %s", clip(n.String()), c.lang.Knows)
}

// Dotted returns the name that a tree is: a, or a.b.c.
func Dotted(n ast.Node) (name string, ok bool) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return n.Value, true
	case *ast.MemberNode:
		owner, ok := Dotted(n.Node)
		property, text := n.Property.(*ast.StringNode)
		return owner + "." + textOf(property), ok && text && !n.Optional && !n.Method
	}
	return "", false
}

func textOf(n *ast.StringNode) string {
	if n == nil {
		return ""
	}
	return n.Value
}

func (c *Compiler[S]) field(n ast.Node, name string) (Operand[S], error) {
	o, err := c.lang.Field(name)
	if err != nil {
		return o, c.refuse(first(n), "%v", err)
	}
	return o, nil
}

// first is the node at which a dotted name begins.
func first(n ast.Node) ast.Node {
	for {
		m, ok := n.(*ast.MemberNode)
		if !ok {
			return n
		}
		n = m.Node
	}
}

func (c *Compiler[S]) unary(n *ast.UnaryNode) (Operand[S], error) {
	o, err := c.compile(n.Node)
	if err != nil {
		return o, err
	}
	switch {
	case (n.Operator == "not" || n.Operator == "!") && o.Kind == Boolean:
		inner := o.Bool
		return Operand[S]{Kind: Boolean, Bool: func(s *S) bool { return !inner(s) }}, nil
	case n.Operator == "+" && o.numeric():
		return o, nil
	case n.Operator == "-" && o.Kind == literal && !strings.HasPrefix(o.digit, "-"):
		return Operand[S]{Kind: literal, digit: "-" + o.digit}, nil
	case n.Operator == "-" && o.Kind == Number:
		inner := o.Float
		return Operand[S]{Kind: Number, Known: o.Known, Float: func(s *S) float64 { return -inner(s) }}, nil
	case n.Operator == "-" && (o.Kind == Integer || o.Kind == Money || o.Kind == Span):
		inner := o.Int
		return Operand[S]{Kind: o.Kind, Known: o.Known, Int: func(s *S) int64 { return subtract(0, inner(s)) }}, nil
	}
	return Operand[S]{}, c.refuse(n, "%q does not work on %s", n.Operator, o.Kind)
}

func (o Operand[S]) numeric() bool {
	return o.Kind == Integer || o.Kind == Money || o.Kind == literal || o.Kind == Span || o.Kind == Number
}

// conditional compiles a ? b : c.
func (c *Compiler[S]) conditional(n *ast.ConditionalNode) (Operand[S], error) {
	is, err := c.compile(n.Cond)
	if err != nil {
		return is, err
	}
	if is.Kind != Boolean {
		return is, c.refuse(n.Cond, "what stands before ? must be true or false, not %s", is.Kind)
	}
	yes, err := c.compile(n.Exp1)
	if err != nil {
		return yes, err
	}
	no, err := c.compile(n.Exp2)
	if err != nil {
		return no, err
	}
	if yes, no, err = c.alikeAt(n.Exp1, n.Exp2, yes, no); err != nil {
		return no, err
	}
	if yes.Kind != no.Kind {
		return yes, c.refuse(n.Exp2, "the two sides of : must be of one kind, not %s and %s", yes.Kind, no.Kind)
	}
	holds := is.Bool
	return Operand[S]{
		Kind: yes.Kind, Bool: choose(holds, yes.Bool, no.Bool), Text: choose(holds, yes.Text, no.Text), Int: choose(holds, yes.Int, no.Int),
		Float: choose(holds, yes.Float, no.Float), Known: choose(holds, orAlways(yes.Known, no.Known), orAlways(no.Known, yes.Known)),
	}, nil
}

func choose[S, T any](is func(*S) bool, yes, no func(*S) T) func(*S) T {
	if yes == nil || no == nil {
		return nil
	}
	return func(s *S) T {
		if is(s) {
			return yes(s)
		}
		return no(s)
	}
}

// orAlways is f; where it is nil and the other is not, always true.
func orAlways[S any](f, other func(*S) bool) func(*S) bool {
	if f != nil || other == nil {
		return f
	}
	return func(*S) bool { return true }
}

// both is when both are known.
func both[S any](l, r func(*S) bool) func(*S) bool {
	switch {
	case l == nil:
		return r
	case r == nil:
		return l
	}
	return func(s *S) bool { return l(s) && r(s) }
}

// clip bounds a text that an error repeats.
func clip(text string) string {
	const limit = 60
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}
