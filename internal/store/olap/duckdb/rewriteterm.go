package duckdb

import (
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// anyOf makes x = ANY (list) a function. DuckDB reads it as a subquery, which it does not
// join by from the outside: tools write a.attnum = ANY (i.indkey) behind LEFT JOIN.
func anyOf(n tree) any {
	list := unnested(n)
	if list == nil || n["comparison_type"] != "COMPARE_EQUAL" {
		return n
	}
	if texts, ok := elements(list); ok && len(texts) > 0 { // of a type that only the other side tells
		return tree{"class": "OPERATOR", "type": "COMPARE_IN", "children": append([]any{n["child"]}, texts...)}
	}
	return call("list_contains", list, n["child"])
}

// unnested returns the list of x = ANY (list), or nil for other subqueries.
func unnested(n tree) any {
	subquery, _ := n["subquery"].(tree)
	query, _ := subquery["node"].(tree)
	from, _ := query["from_table"].(tree)
	columns, _ := query["select_list"].([]any)
	if n["subquery_type"] != "ANY" || query["type"] != "SELECT_NODE" || from["type"] != "EMPTY" || query["where_clause"] != nil || len(columns) != 1 {
		return nil
	}
	unnest, _ := columns[0].(tree)
	list, _ := unnest["children"].([]any)
	if lower(unnest, "function_name") != "unnest" || len(list) != 1 {
		return nil
	}
	return list[0]
}

// elements returns the parts of '{a,b}', which PostgreSQL reads as an array.
func elements(v any) (parts []any, ok bool) {
	s, ok := constant([]any{v}, 0).(string)
	if !ok || !strings.HasPrefix(s, "{") || !strings.HasSuffix(s, "}") {
		return nil, false
	}
	var b strings.Builder
	inQuotes, wasQuoted := false, false
	end := func() {
		if part := b.String(); wasQuoted || strings.TrimSpace(part) != "" {
			if !wasQuoted {
				part = strings.TrimSpace(part)
			}
			parts = append(parts, textNode(part))
		}
		b.Reset()
		wasQuoted = false
	}
	for i := 1; i < len(s)-1; i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s)-1:
			i++
			b.WriteByte(s[i])
		case c == '"':
			if !inQuotes { // space before it is none of the part's
				b.Reset()
			}
			inQuotes, wasQuoted = !inQuotes, true
		case c == ',' && !inQuotes:
			end()
		case wasQuoted && !inQuotes:
		default:
			b.WriteByte(c)
		}
	}
	end()
	return parts, !inQuotes
}

// arrayLiteral makes '{a,b}' with a cast to an array a list. Without one it stays for anyOf,
// and a cast to text, which psycopg writes, is none.
func arrayLiteral(v any) any {
	n, _ := v.(tree)
	isList := false
	for outer := n; outer["class"] == "CAST"; outer = n {
		cast, _ := outer["cast_type"].(tree)
		info, _ := cast["type_info"].(tree)
		expr, _ := info["expr"].(tree)
		isList = isList || lower(expr, "type_name") == "list"
		n, _ = outer["child"].(tree)
		if _, ok := elements(n); !ok {
			continue
		}
		if !isList {
			return n
		}
		parts, _ := elements(n)
		outer["child"] = call("list_value", parts...)
		return v
	}
	return v
}

// format makes PostgreSQL's format with a constant pattern a concatenation.
func (t *translation) format(n tree) any {
	args, _ := n["children"].([]any)
	pattern, ok := constant(args, 0).(string)
	if !ok || strings.Contains(pattern, "{") { // DuckDB's own
		return n
	}
	whole := pattern
	unknown := func() any {
		if t.err == nil {
			t.err = &olap.Error{Kind: olap.ErrSyntax, Message: fmt.Sprintf("format takes %%s, %%I, %%L, %%1$s and %%%% for its %d arguments here, not %q", len(args)-1, whole)}
		}
		return n
	}
	parts := []any{textNode("")}
	next := 1
	for {
		before, rest, found := strings.Cut(pattern, "%")
		if before != "" {
			parts = append(parts, textNode(before))
		}
		if !found {
			return call("concat", parts...)
		}
		if text, ok := strings.CutPrefix(rest, "%"); ok {
			parts, pattern = append(parts, textNode("%")), text
			continue
		}
		which, kind := next, rest
		if digits := len(rest) - len(strings.TrimLeft(rest, "123456789")); digits == 1 && strings.HasPrefix(rest[1:], "$") {
			which, kind = int(rest[0]-'0'), rest[2:]
		}
		if kind == "" || which >= len(args) {
			return unknown()
		}
		part := formatted(kind[0], args[which])
		if part == nil {
			return unknown()
		}
		parts, pattern, next = append(parts, part), kind[1:], which+1
	}
}

// formatted is an argument as a letter of format's pattern writes it, or nil.
func formatted(letter byte, arg any) any {
	switch letter {
	case 's':
		return arg
	case 'I':
		return call("quote_ident", call("_text", arg))
	case 'L':
		return call("quote_nullable", call("_text", arg))
	}
	return nil
}

// textFunctions return texts.
var textFunctions = []string{"concat", "concat_ws", "||", "quote_ident", "format", "lower", "upper", "trim", "replace"}

// isText reports whether a node is a text as far as can be seen without the types of
// columns. Parameters are: clients send names as texts.
func isText(n tree) bool {
	for ; n != nil; n, _ = n["child"].(tree) {
		if _, ok := constant([]any{n}, 0).(string); ok || n["class"] == "PARAMETER" {
			return true
		}
		if n["class"] == "FUNCTION" && slices.Contains(textFunctions, lower(n, "function_name")) || n["class"] == "CAST" && isVarchar(n) {
			return true
		}
	}
	return false
}

// isVarchar reports whether a cast is to text.
func isVarchar(n tree) bool {
	cast, _ := n["cast_type"].(tree)
	info, _ := cast["type_info"].(tree)
	expr, _ := info["expr"].(tree)
	return lower(cast, "id") == "varchar" || lower(expr, "type_name") == "varchar"
}

// numbersOf are the functions that give the number of an object, by those that give its name.
var numbersOf = map[string]string{"_name_of": "_oid_of", "_type_of": "_type_oid_of", "_schema_of": "_schema_oid_of"}

// recast answers a cast of what was cast to the name of an object before: x::regclass::oid
// is a number, x::regclass::text a name, whatever x is.
func recast(n tree) any {
	child, _ := n["child"].(tree)
	inner := lower(child, "function_name")
	switch {
	case isVarchar(n):
		for name, number := range numbersOf {
			if inner == number {
				return call(name, child)
			}
		}
	case numbersOf[inner] != "":
		child["function_name"] = numbersOf[inner]
	}
	return n
}
