package explain

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/millrace/millrace/internal/store/olap"
)

// node is a node of DuckDB's syntax tree, as json_serialize_sql gives it.
type node = map[string]any

// syntax is what json_serialize_sql returns.
type syntax struct {
	Error      bool   `json:"error"`
	Type       string `json:"error_type"`
	Message    string `json:"error_message"`
	Position   string `json:"position"`
	Statements []node `json:"statements"`
}

// parse returns the query of one statement.
func (e *Explainer) parse(ctx context.Context, sql string) (node, error) {
	text, err := e.text(ctx, "SELECT json_serialize_sql(?::VARCHAR)::VARCHAR", sql)
	if err != nil {
		return nil, err
	}
	var s syntax
	if err := decode(text, &s); err != nil {
		return nil, fmt.Errorf("cannot read the syntax tree of the statement: %w", err)
	}
	switch {
	case s.Error && strings.EqualFold(s.Type, "not implemented"):
		return nil, &olap.Error{Kind: olap.ErrNotQuery, Message: "only a SELECT can be explained"}
	case s.Error:
		return nil, misread(sql, &s)
	case len(s.Statements) != 1:
		return nil, &olap.Error{Kind: olap.ErrNotQuery, Message: fmt.Sprintf("one statement at a time, please: these are %d", len(s.Statements))}
	}
	return child(s.Statements[0], "node"), nil
}

// misread says where the parser could not go on.
func misread(sql string, s *syntax) error {
	e := &olap.Error{Kind: olap.ErrSyntax, Message: s.Message}
	at, err := strconv.Atoi(s.Position)
	if err != nil || at < 0 || at > len(sql) {
		return e
	}
	before := sql[:at]
	e.Line = 1 + strings.Count(before, "\n")
	e.Column = 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return e
}

// print returns the text of a query.
func (e *Explainer) print(ctx context.Context, query node) (string, error) {
	statement, err := json.Marshal(map[string]any{
		"error": false, "statements": []any{node{"node": query, "named_param_map": []any{}}},
	})
	if err != nil {
		return "", err
	}
	text, err := e.text(ctx, "SELECT json_deserialize_sql(?::VARCHAR::JSON)::VARCHAR", string(statement))
	if err != nil {
		return "", fmt.Errorf("cannot write the rewritten query: %w", err)
	}
	return text, nil
}

// expression returns the tree of an expression of our own.
func (e *Explainer) expression(ctx context.Context, text, alias string) (node, error) {
	query, err := e.parse(ctx, "SELECT "+text)
	if err != nil {
		return nil, fmt.Errorf("BUG: cannot read the expression %s: %w", text, err)
	}
	x := items(query, "select_list")[0]
	x["alias"] = alias
	return x, nil
}

// text runs a statement of our own that gives one text.
func (e *Explainer) text(ctx context.Context, sql string, args ...any) (string, error) {
	result, err := e.cfg.Store.Query(ctx, olap.Query{SQL: sql, Args: args, Limits: olap.Limits{Rows: 1, Bytes: maxTreeBytes}})
	if err != nil {
		return "", err
	}
	rows, err := result.All()
	if err != nil {
		return "", err
	}
	if len(rows) != 1 {
		return "", refuse("shorten it", "the statement's syntax tree is larger than %d MiB", maxTreeBytes>>20)
	}
	s, _ := rows[0][0].(string)
	return s, nil
}

// maxTreeBytes bounds a syntax tree.
const maxTreeBytes = 32 << 20

func decode(text string, v any) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber() // places are 64-bit
	return d.Decode(v)
}

// clone copies a tree.
func clone[T any](v T) T {
	copied, _ := cloneAny(v).(T)
	return copied
}

func cloneAny(v any) any {
	switch v := v.(type) {
	case node:
		if v == nil {
			return v
		}
		c := make(node, len(v))
		for k, e := range v {
			c[k] = cloneAny(e)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, e := range v {
			c[i] = cloneAny(e)
		}
		return c
	}
	return v
}

func child(n node, key string) node { c, _ := n[key].(node); return c }

func text(n node, key string) string { s, _ := n[key].(string); return s }

func list(n node, key string) []any { l, _ := n[key].([]any); return l }

// items are the nodes of a list.
func items(n node, key string) []node {
	all := make([]node, 0, len(list(n, key)))
	for _, e := range list(n, key) {
		if c, ok := e.(node); ok {
			all = append(all, c)
		}
	}
	return all
}

func anys(nodes []node) []any {
	all := make([]any, len(nodes))
	for i, n := range nodes {
		all[i] = n
	}
	return all
}

// columnRef names a column.
func columnRef(names ...string) node {
	parts := make([]any, len(names))
	for i, name := range names {
		parts[i] = name
	}
	return node{"class": "COLUMN_REF", "type": "COLUMN_REF", "alias": "", "query_location": 0, "column_names": parts}
}

// refName returns the name of an unqualified, or of any, column reference.
func refName(n node) (name string, qualified bool) {
	if text(n, "class") != "COLUMN_REF" {
		return "", false
	}
	names := list(n, "column_names")
	if len(names) == 0 {
		return "", false
	}
	name, _ = names[len(names)-1].(string)
	return name, len(names) > 1
}

// named gives an expression a name.
func named(x node, alias string) node {
	c := clone(x)
	c["alias"] = alias
	return c
}

// find reports whether some expression of a tree is one that is asked for. It does not
// look into subqueries.
func find(v any, is func(node) bool) bool {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if find(e, is) {
				return true
			}
		}
	case node:
		if is(v) {
			return true
		}
		for key, e := range v {
			if key != "subquery" && find(e, is) {
				return true
			}
		}
	}
	return false
}

func isClass(class string) func(node) bool {
	return func(n node) bool { return text(n, "class") == class }
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func literal(s string) string { return `'` + strings.ReplaceAll(s, `'`, `''`) + `'` }
