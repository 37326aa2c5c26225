package duckdb

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// What a user's statement may use. Everything it names is looked up in these
// lists before it runs, because DuckDB has table functions that read files,
// write files, change settings or take memory addresses; locking the settings
// and forbidding files is the second line of defence, the read-only transaction
// the third.
var (
	allowedTableFunctions = []string{
		"unnest", "range", "generate_series", "repeat", "json_each", "json_tree",
		"duckdb_functions", "duckdb_keywords", "duckdb_types", "pg_timezone_names", "icu_calendar_names",
	}
	// deniedFunctions are the scalar functions that tell about the machine, leave
	// a trace or only pass the time.
	deniedFunctions = []string{
		"current_setting", "getvariable", "getenv", "write_log", "nextval", "currval", "sleep_ms", "pg_sleep",
		"current_connection_id", "current_query_id", "current_transaction_id", "txid_current", "parse_duckdb_log_message",
	}
	informationSchema = []string{"tables", "columns", "schemata"}
	// reservedPrefixes are those of DuckDB's own views, which no CTE may shadow:
	// scopes are not tracked here.
	reservedPrefixes = []string{"duckdb_", "pragma_", "sqlite_", "pg_", "_"}
)

// checkUntrusted refuses a statement that is not one query over the declared
// tables. It runs nothing: DuckDB's own parser gives the syntax tree.
func checkUntrusted(c *connection, sql string, tables []string) error {
	body := explained(sql)
	tree, err := syntaxTree(c, sql[body:])
	if err != nil {
		return err
	}
	if f := tree.failure(body); f != nil {
		if strings.EqualFold(f.Type, "not implemented") {
			return &olap.Error{Kind: olap.ErrNotQuery, Message: onlyQueries}
		}
		return f
	}
	switch n := len(tree.Statements); {
	case n == 0:
		return &olap.Error{Kind: olap.ErrSyntax, Message: "the query is empty"}
	case n > 1:
		return &olap.Error{Kind: olap.ErrNotQuery, Message: fmt.Sprintf("one statement at a time, please: these are %d", n)}
	}
	w := walk{sql: sql, body: body, tables: tables}
	w.collectNames(tree.Statements[0])
	w.check(tree.Statements[0])
	return w.err
}

// syntax is what json_serialize_sql returns.
type syntax struct {
	Error      bool   `json:"error"`
	Type       string `json:"error_type"`
	Message    string `json:"error_message"`
	Position   string `json:"position"`
	Statements []any  `json:"statements"`
}

// failure returns what the parser says, with the position moved by body.
func (s *syntax) failure(body int) *failure {
	if !s.Error {
		return nil
	}
	f := &failure{Type: s.Type, Message: s.Message}
	if pos, err := strconv.Atoi(s.Position); err == nil {
		f.Position = strconv.Itoa(pos + body)
	}
	return f
}

func syntaxTree(c *connection, sql string) (*syntax, error) {
	texts, err := c.texts("SELECT json_serialize_sql(" + literal(sql) + ", skip_default := true, skip_empty := true, skip_null := true)::VARCHAR")
	if err != nil {
		return nil, err
	}
	tree := &syntax{}
	if err := json.Unmarshal([]byte(texts[0]), tree); err != nil {
		return nil, fmt.Errorf("cannot read the syntax tree of the query: %w", err)
	}
	return tree, nil
}

// walk checks the nodes of a syntax tree. It keeps the first error.
type walk struct {
	sql    string
	body   int // where in sql the tree's text starts
	tables []string
	ctes   []string
	err    error
}

// collectNames finds the names of common table expressions.
func (w *walk) collectNames(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			w.collectNames(e)
		}
	case map[string]any:
		if ctes, ok := v["cte_map"].(map[string]any); ok {
			entries, _ := ctes["map"].([]any)
			for _, e := range entries {
				if entry, ok := e.(map[string]any); ok {
					w.addName(lower(entry, "key"))
				}
			}
		}
		for _, e := range v {
			w.collectNames(e)
		}
	}
}

func (w *walk) addName(name string) {
	for _, p := range reservedPrefixes {
		if strings.HasPrefix(name, p) {
			w.refuse(nil, olap.ErrNotQuery, fmt.Sprintf("the name %q is reserved: names in WITH may not begin with %s", name, p))
			return
		}
	}
	w.ctes = append(w.ctes, name)
}

func (w *walk) check(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			w.check(e)
		}
	case map[string]any:
		w.checkNode(v)
		for key, e := range v {
			if f, ok := e.(map[string]any); ok && key == "function" && v["type"] == "TABLE_FUNCTION" {
				e = f["children"] // the function itself has been checked
			}
			w.check(e)
		}
	}
}

func (w *walk) checkNode(n map[string]any) {
	kind, _ := n["type"].(string)
	switch kind {
	case "BASE_TABLE":
		w.checkTable(n, lower(n, "schema_name"), lower(n, "table_name"))
	case "SHOW_REF":
		if name := strings.Trim(lower(n, "table_name"), `"`); name != "" && name != "tables" && name != "__show_tables_expanded" {
			w.checkTable(n, "", name)
		}
	case "TABLE_FUNCTION":
		f, _ := n["function"].(map[string]any)
		if name := lower(f, "function_name"); !slices.Contains(allowedTableFunctions, name) {
			w.refuse(n, olap.ErrNotQuery, fmt.Sprintf("the table function %s is not allowed here", name))
		}
	}
	if name := lower(n, "function_name"); name != "" {
		w.checkFunction(n, name)
	}
}

func (w *walk) checkTable(n map[string]any, schema, name string) {
	switch schema {
	case "":
		if slices.Contains(w.ctes, name) || slices.Contains(w.tables, name) {
			return
		}
	case "main":
		if slices.Contains(w.tables, name) {
			return
		}
	case "information_schema":
		if slices.Contains(informationSchema, name) {
			return
		}
	}
	if schema != "" {
		name = schema + "." + name
	}
	w.refuse(n, olap.ErrSyntax, fmt.Sprintf("there is no table %s: the tables are %s", name, strings.Join(w.tables, ", ")))
}

func (w *walk) refuse(n map[string]any, kind error, message string) {
	if w.err != nil {
		return
	}
	e := &olap.Error{Kind: kind, Message: message}
	if pos, ok := n["query_location"].(float64); ok {
		e.Line, e.Column = place(w.sql, int(pos)+w.body)
	}
	w.err = e
}

func lower(n map[string]any, key string) string {
	s, _ := n[key].(string)
	return strings.ToLower(s)
}
