package expression

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/millrace/millrace/event"
)

func (c *Compiler[S]) call(n ast.Node, name string, arguments []ast.Node) (Operand[S], error) {
	if c.lang.Call != nil {
		if o, known, err := c.lang.Call(c, name, arguments); known || err != nil {
			return o, err
		}
	}
	if len(arguments) != 1 {
		return Operand[S]{}, c.refuse(n, "%s with %d arguments is not available; %s", name, len(arguments), c.lang.Knows)
	}
	switch name {
	case "date", "duration":
		return c.constantTime(n, name, arguments[0])
	case "len", "trim", "abs":
	case "lower", "upper", "number", "int", "money":
		if c.lang.Full {
			return c.convert(n, name, arguments[0])
		}
		fallthrough
	default:
		return Operand[S]{}, c.refuse(n, "%s() is not available; %s", name, c.lang.Knows)
	}
	o, err := c.compile(arguments[0])
	if err != nil {
		return o, err
	}
	switch {
	case name == "len" && o.Kind == Text:
		inner := o.Text
		return Operand[S]{Kind: Integer, Int: func(s *S) int64 { return characters(inner(s)) }}, nil
	case name == "trim" && o.Kind == Text:
		inner := o.Text
		return Operand[S]{Kind: Text, Text: func(s *S) string { return strings.TrimSpace(inner(s)) }}, nil
	case name == "abs" && (o.Kind == Integer || o.Kind == Money):
		inner := o.Int
		return Operand[S]{Kind: o.Kind, Known: o.Known, Int: func(s *S) int64 { return absolute(inner(s)) }}, nil
	}
	return Operand[S]{}, c.refuse(n, "%s does not work on %s", name, o.Kind)
}

func (c *Compiler[S]) constantTime(n ast.Node, name string, argument ast.Node) (Operand[S], error) {
	written, ok := argument.(*ast.StringNode)
	if !ok {
		return Operand[S]{}, c.refuse(argument, "%s needs a text in quotes, known when the file is loaded", name)
	}
	kind, read := Instant, ParseTime
	if name == "duration" {
		kind, read = Span, parseSpan
	}
	value, err := read(written.Value)
	if err != nil {
		return Operand[S]{}, c.refuse(argument, "cannot take %q: %v", clip(written.Value), err)
	}
	return Operand[S]{Kind: kind, Int: func(*S) int64 { return value }}, nil
}

func parseSpan(written string) (int64, error) {
	d, err := time.ParseDuration(written)
	if err != nil {
		return 0, errors.New(`want a duration such as "24h" or "30m"`)
	}
	return d.Microseconds(), nil
}

var timeLayouts = []string{time.DateOnly, time.DateTime, time.RFC3339Nano}

// ParseTime reads a time, in UTC unless it says otherwise, as µs since 1970.
func ParseTime(text string) (int64, error) {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UnixMicro(), nil
		}
	}
	return 0, errors.New("want a time such as 2011-01-31, 2011-01-31 08:26:00 or 2011-01-31T08:26:00Z")
}

// convert compiles the functions of full languages that make another kind of a value,
// or another text. A text that is no such value is not known.
func (c *Compiler[S]) convert(n ast.Node, name string, argument ast.Node) (Operand[S], error) {
	o, err := c.Compile(argument)
	if err != nil {
		return o, err
	}
	switch {
	case name == "lower" && o.Kind == Text:
		return Operand[S]{Kind: Text, Text: changed(o.Text, strings.ToLower)}, nil
	case name == "upper" && o.Kind == Text:
		return Operand[S]{Kind: Text, Text: changed(o.Text, strings.ToUpper)}, nil
	case name == "number" && o.Kind == Number, name == "int" && o.Kind == Integer, name == "money" && o.Kind == Money:
		return o, nil
	case name == "number" && o.Kind == Integer:
		return toNumber(o, 1), nil
	case name == "number" && o.Kind == Money:
		return toNumber(o, event.MicrosPerUnit), nil
	case name == "number" && o.Kind == Span:
		return toNumber(o, float64(time.Second/time.Microsecond)), nil
	case name == "money" && o.Kind == Integer:
		whole := o.Int
		return Operand[S]{Kind: Money, Known: o.Known, Int: func(s *S) int64 { return product(whole(s), event.MicrosPerUnit) }}, nil
	case o.Kind == Text && name == "number":
		return parsed(o.Text, func(text string) (float64, error) { return strconv.ParseFloat(text, 64) }).number(), nil
	case o.Kind == Text && name == "int":
		return parsed(o.Text, func(text string) (int64, error) { return strconv.ParseInt(text, 10, 64) }).integer(Integer), nil
	case o.Kind == Text && name == "money":
		return parsed(o.Text, parseMoney).integer(Money), nil
	}
	return Operand[S]{}, c.refuse(n, "%s does not work on %s", name, o.Kind)
}

func changed[S any](text func(*S) string, f func(string) string) func(*S) string {
	return func(s *S) string { return f(text(s)) }
}

func parseMoney(text string) (int64, error) {
	m, err := event.ParseMicros(text)
	return int64(m), err
}

// reading is a text that is read as another kind of value.
type reading[S any, T int64 | float64] func(*S) (T, error)

func parsed[S any, T int64 | float64](text func(*S) string, parse func(string) (T, error)) reading[S, T] {
	return func(s *S) (T, error) { return parse(text(s)) }
}

func (r reading[S, T]) known(s *S) bool {
	_, err := r(s)
	return err == nil
}

func (r reading[S, T]) value(s *S) T {
	v, err := r(s)
	if err != nil {
		return 0
	}
	return v
}

func (r reading[S, T]) number() Operand[S] {
	return Operand[S]{Kind: Number, Known: r.known, Float: func(s *S) float64 { return float64(r.value(s)) }}
}

func (r reading[S, T]) integer(kind Kind) Operand[S] {
	return Operand[S]{Kind: kind, Known: r.known, Int: func(s *S) int64 { return int64(r.value(s)) }}
}
