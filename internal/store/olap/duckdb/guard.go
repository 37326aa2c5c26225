package duckdb

import (
	"encoding/json"
	"errors"
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
	// deniedFunctions are the scalar functions and macros that tell about the machine or
	// about what is behind the tables, leave a trace or only pass the time.
	deniedFunctions = []string{
		"current_setting", "getvariable", "getenv", "write_log", "nextval", "currval", "sleep_ms", "pg_sleep",
		"current_connection_id", "current_query_id", "current_transaction_id", "txid_current", "parse_duckdb_log_message",
		"get_block_size", "pg_get_viewdef", "pg_get_constraintdef",
	}
	// reservedPrefixes are those of DuckDB's own views, which no CTE may shadow:
	// scopes are not tracked here.
	reservedPrefixes = []string{"duckdb_", "pragma_", "sqlite_", "pg_", "_"}
)

// allowedForRows is how many of allowedTableFunctions make rows; the others are lists of DuckDB's.
const allowedForRows = 6

// checkUntrusted refuses a statement that is not one query over the tables that the
// reader sees. It runs nothing: DuckDB's own parser gives the syntax tree. It returns the
// statement that is to run.
func checkUntrusted(c *connection, q *olap.Query, all, tables []string) (checked, error) {
	body, sql := explained(q.SQL)
	tree, err := syntaxTree(c, sql[body:])
	if err != nil {
		return checked{}, err
	}
	if f := tree.failure(body); f != nil {
		if strings.EqualFold(f.Type, "not implemented") {
			return checked{}, &olap.Error{Kind: olap.ErrNotQuery, Message: onlyReads(sql, body)}
		}
		return checked{}, f
	}
	switch n := len(tree.Statements); {
	case n == 0:
		return checked{}, &olap.Error{Kind: olap.ErrSyntax, Code: "42601", Message: "the query is empty"}
	case n > 1:
		return checked{}, &olap.Error{Kind: olap.ErrNotQuery, Message: fmt.Sprintf("one statement at a time, please: these are %d", n)}
	}
	w := walk{sql: sql, body: body, all: all, tables: tables, reader: q.Reader, bare: len(q.Views) > 0, session: q.Session != nil}
	w.collectNames(tree.Statements[0])
	w.catalogue = body == 0 && w.forCatalogue(tree.Statements[0], q.Session)
	w.check(tree.Statements[0])
	if w.err != nil {
		return checked{}, w.err
	}
	if w.catalogue {
		sql, err := translate(c, q.SQL, q.Session, w.ctes)
		return checked{sql: sql, catalogue: true, moved: true}, err
	}
	return checked{sql: w.spliced(), moved: len(w.splices) > 0, stable: body == 0 && stable(tree.Statements[0])}, nil
}

// checked is a statement that may run.
type checked struct {
	sql       string
	catalogue bool // it asks the catalogues
	moved     bool // places in it are not those of what was asked
	stable    bool // as in [olap.Result]
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
	body   int      // where in sql the tree's text starts
	all    []string // tables
	tables []string // that the reader sees
	ctes   []string
	reader *olap.Reader
	bare   bool // tables have no schema: others stand in their place
	// catalogue says that the statement is for the catalogues: what it names is looked up
	// when it is translated.
	catalogue bool
	session   bool // the client speaks PostgreSQL's dialect
	splices   []splice
	err       error
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
	// A name of WITH is known in a part of the statement only, which is not followed here:
	// what it shadows must be nothing that the reader may not see.
	if slices.Contains(w.all, name) && (!slices.Contains(w.tables, name) || len(w.reader.Hides(name)) > 0) {
		w.refuse(nil, olap.ErrNotQuery, fmt.Sprintf("the name %q is that of a table: choose another one in WITH", name))
		return
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
		if n["show_type"] == "SHOW_FROM" {
			w.refuse(n, olap.ErrNotQuery, "SHOW TABLES FROM is not allowed here: SHOW TABLES lists the tables that there are")
			return
		}
		if name := strings.Trim(lower(n, "table_name"), `"`); name != "" && name != "tables" && name != "__show_tables_expanded" {
			w.checkTable(n, "", name)
			if hidden := w.reader.Hides(name); len(hidden) > 0 {
				w.refuse(n, olap.ErrNotQuery, fmt.Sprintf("DESCRIBE and SUMMARIZE of %s are not for this role, which does not see %s; ask information_schema.columns", name, strings.Join(hidden, ", ")))
			}
		}
	case "TABLE_FUNCTION":
		f, _ := n["function"].(map[string]any)
		name := lower(f, "function_name")
		if w.catalogue && slices.Contains(catalogueTableFunctions, name) {
			return
		}
		if !slices.Contains(allowedTableFunctions, name) {
			w.refuse(n, olap.ErrNotQuery, fmt.Sprintf("the table function %s is not allowed here: %s", name, insteadOfTable(name)))
		}
	}
	if w.session && !w.catalogue && n["class"] == "SUBQUERY" {
		w.arrayText(n)
	}
	if name := lower(n, "function_name"); name != "" {
		w.checkFunction(n, name)
	}
}

func (w *walk) checkTable(n map[string]any, schema, name string) {
	if w.catalogue {
		return
	}
	switch schema {
	case "":
		if slices.Contains(w.ctes, name) {
			return
		}
		fallthrough
	case "main":
		if slices.Contains(w.tables, name) && (schema == "" || !w.bare) {
			w.hide(n, name)
			return
		}
	default:
		if slices.Contains(w.tables, schema+"."+name) {
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
	if errors.Is(kind, olap.ErrSyntax) {
		e.Code = codeNoTable
	}
	if pos, ok := n["query_location"].(float64); ok {
		e.Line, e.Column = place(w.sql, int(pos)+w.body)
	}
	w.err = e
}

func lower(n map[string]any, key string) string {
	s, _ := n[key].(string)
	return strings.ToLower(s)
}
