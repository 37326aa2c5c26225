package pgwire

import (
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// kind is what a token is.
type kind uint8

const (
	word   kind = iota // letters, digits and _; also keywords
	quoted             // "identifier"
	text               // a string in any of its forms, or a $1
	number
	symbol // an operator or a bracket, one character
)

// token is a piece of a statement. Space and comments are between tokens.
type token struct {
	kind       kind
	start, end int
}

func (t token) in(sql string) string { return sql[t.start:t.end] }

// is reports whether the token is a word, in any case.
func (t token) is(sql, name string) bool {
	return t.kind == word && strings.EqualFold(t.in(sql), name)
}

// lex cuts a text into tokens. It refuses nothing: what is not closed ends with the text.
func lex(sql string) []token {
	var tokens []token
	for i := 0; i < len(sql); {
		n, k := next(sql[i:])
		if k != blank {
			tokens = append(tokens, token{k, i, i + n})
		}
		i += n
	}
	return tokens
}

const blank kind = 255

// next returns the length and the kind of what s begins with. s is not empty.
func next(s string) (int, kind) {
	c := s[0]
	switch {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
		return 1, blank
	case strings.HasPrefix(s, "--"):
		return until(s, 2, "\n"), blank
	case strings.HasPrefix(s, "/*"):
		return olap.CommentEnd(s), blank
	case c == '\'':
		return enclosed(s, 0, '\'', false), text
	case (c == 'e' || c == 'E') && len(s) > 1 && s[1] == '\'':
		return enclosed(s, 1, '\'', true), text
	case c == '"':
		return enclosed(s, 0, '"', false), quoted
	case c == '$':
		return dollar(s)
	case isLetter(c):
		n := 1
		for n < len(s) && (isLetter(s[n]) || isDigit(s[n])) {
			n++
		}
		return n, word
	case isDigit(c):
		n := 1
		for n < len(s) && (isDigit(s[n]) || s[n] == '.') {
			n++
		}
		return n, number
	}
	return 1, symbol
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isLetter takes all of UTF-8 beyond ASCII for letters, as PostgreSQL does.
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80 }

func until(s string, from int, end string) int {
	if i := strings.Index(s[from:], end); i >= 0 {
		return from + i + len(end)
	}
	return len(s)
}

// enclosed returns the length of what a quote at from begins; the quote doubled is no end,
// nor one behind a backslash where those escape.
func enclosed(s string, from int, quote byte, escapes bool) int {
	for i := from + 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && escapes:
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++
		case s[i] == quote:
			return i + 1
		}
	}
	return len(s)
}

// dollar reads a parameter, or a string between $tag$ and $tag$.
func dollar(s string) (int, kind) {
	n := 1
	if n < len(s) && isDigit(s[n]) {
		for n < len(s) && isDigit(s[n]) {
			n++
		}
		return n, text
	}
	for n < len(s) && (isLetter(s[n]) || isDigit(s[n])) {
		n++
	}
	if n < len(s) && s[n] == '$' {
		return until(s, n+1, s[:n+1]), text
	}
	return 1, symbol
}

// part is one statement of a text, and where it begins.
type part struct {
	sql   string
	start int
}

// split returns the statements of a text, without the semicolons. Of an empty one
// nothing remains.
func split(sql string) []part {
	var parts []part
	from, filled := 0, false
	add := func(to int) {
		if filled {
			parts = append(parts, part{sql[from:to], from})
		}
		from, filled = to+1, false
	}
	for _, t := range lex(sql) {
		if t.kind == symbol && t.in(sql) == ";" {
			add(t.start)
			continue
		}
		filled = true
	}
	add(len(sql))
	return parts
}

// plain takes out of a statement what PostgreSQL's own tools write and DuckDB does not
// read: the schema pg_catalog before names, OPERATOR(pg_catalog.=), and collations. Spaces
// take its place, so that what is left stands where it stood.
func plain(sql string) string {
	if !strings.Contains(sql, "pg_catalog") && !containsFold(sql, "collate") {
		return sql
	}
	out := []byte(sql)
	clear := func(from, to int) {
		for i := from; i < to; i++ {
			if out[i] != '\n' {
				out[i] = ' '
			}
		}
	}
	tokens := lex(sql)
	at := func(i int) token {
		if i < len(tokens) {
			return tokens[i]
		}
		return token{kind: symbol, start: len(sql), end: len(sql)}
	}
	for i := 0; i < len(tokens); i++ {
		switch {
		case at(i).is(sql, "operator") && at(i+1).in(sql) == "(" && isCatalog(sql, at(i+2)):
			closing := i + 3
			for closing < len(tokens) && at(closing).in(sql) != ")" {
				closing++
			}
			clear(at(i).start, at(i+3).end)
			clear(at(closing).start, at(closing).end)
			i = closing
		case at(i).is(sql, "collate") && isCatalog(sql, at(i+1)) && at(i+2).in(sql) == ".":
			clear(at(i).start, at(i+3).end)
			i += 3
		case at(i).is(sql, "collate") && at(i+1).kind == quoted:
			clear(at(i).start, at(i+1).end)
			i++
		case isCatalog(sql, at(i)) && at(i+1).in(sql) == ".":
			clear(at(i).start, at(i+1).end)
			i++
		}
	}
	return string(out)
}

func isCatalog(sql string, t token) bool {
	return t.is(sql, "pg_catalog") || t.kind == quoted && t.in(sql) == `"pg_catalog"`
}

func containsFold(s, part string) bool {
	return strings.Contains(strings.ToLower(s), part)
}
