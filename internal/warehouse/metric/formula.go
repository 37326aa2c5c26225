package metric

import (
	"fmt"
	"math/big"
	"strings"
)

// expression is the tree of what a metric computes of other numbers.
type expression struct {
	op          byte // '+', '-', '*', '/', 'p' (part), 'n' (number), 'm' (metric, before it is resolved)
	left, right *expression
	name        string // of a metric or part
	number      *big.Rat
}

// value computes the expression; nil where a part is NULL or a divisor is 0.
func (e *expression) value(part func(name string) *big.Rat) *big.Rat {
	switch e.op {
	case 'n':
		return e.number
	case 'p':
		return part(e.name)
	}
	a, b := e.left.value(part), e.right.value(part)
	if a == nil || b == nil {
		return nil
	}
	switch e.op {
	case '+':
		return new(big.Rat).Add(a, b)
	case '-':
		return new(big.Rat).Sub(a, b)
	case '*':
		return new(big.Rat).Mul(a, b)
	}
	if b.Sign() == 0 {
		return nil
	}
	return new(big.Rat).Quo(a, b)
}

// maxFormula bounds a formula, in bytes; nesting is bounded by it, too.
const maxFormula = 1000

// parseFormula reads names, numbers, + - * / and parentheses. The error says at which
// column (from 0) of the text.
func parseFormula(text string) (*expression, *formulaError) {
	if len(text) > maxFormula {
		return nil, &formulaError{0, fmt.Sprintf("the formula has %d bytes; at most %d are taken", len(text), maxFormula)}
	}
	p := &parser{text: text}
	e := p.sum()
	if p.skip(); p.err == nil && p.at < len(text) {
		p.fail("cannot read %q; want +, -, * or /", text[p.at:])
	}
	if p.err != nil {
		return nil, p.err
	}
	return e, nil
}

type formulaError struct {
	column  int
	message string
}

type parser struct {
	text string
	at   int
	err  *formulaError
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = &formulaError{p.at, fmt.Sprintf(format, args...)}
	}
}

func (p *parser) skip() {
	for p.at < len(p.text) && strings.IndexByte(" \t\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// next takes one of the bytes, if it is next.
func (p *parser) next(of string) byte {
	p.skip()
	if p.err == nil && p.at < len(p.text) && strings.IndexByte(of, p.text[p.at]) >= 0 {
		p.at++
		return p.text[p.at-1]
	}
	return 0
}

func (p *parser) sum() *expression {
	e := p.product()
	for op := p.next("+-"); op != 0; op = p.next("+-") {
		e = &expression{op: op, left: e, right: p.product()}
	}
	return e
}

func (p *parser) product() *expression {
	e := p.term()
	for op := p.next("*/"); op != 0; op = p.next("*/") {
		e = &expression{op: op, left: e, right: p.term()}
	}
	return e
}

func (p *parser) term() *expression {
	if p.next("(") != 0 {
		e := p.sum()
		if p.next(")") == 0 {
			p.fail("a parenthesis is not closed")
		}
		return e
	}
	start := p.at
	for p.at < len(p.text) && isWord(p.text[p.at]) {
		p.at++
	}
	word := p.text[start:p.at]
	switch {
	case word == "":
		p.fail("want the name of a metric, a number or a parenthesis")
	case word[0] >= '0' && word[0] <= '9':
		r, ok := new(big.Rat).SetString(word)
		if !ok || len(word) > 20 || strings.ContainsAny(word, "eExX_") {
			p.at = start
			p.fail("cannot take %q as a number; want one such as 0.5", word)
		}
		return &expression{op: 'n', number: r}
	}
	return &expression{op: 'm', name: word}
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.'
}

// String writes the formula with the signs of mathematics.
func (e *expression) String() string {
	switch e.op {
	case 'n':
		return strings.TrimSuffix(strings.TrimRight(e.number.FloatString(decimals), "0"), ".")
	case 'p', 'm':
		return e.name
	}
	signs := map[byte]string{'+': " + ", '-': " − ", '*': " × ", '/': " ÷ "}
	side := func(s *expression, right bool) string {
		loose := s.op == '+' || s.op == '-'
		if (loose && (e.op == '*' || e.op == '/')) || (right && strings.IndexByte("+-*/", s.op) >= 0 && (e.op == '-' || e.op == '/')) {
			return "(" + s.String() + ")"
		}
		return s.String()
	}
	return side(e.left, false) + signs[e.op] + side(e.right, true)
}
