package duckdb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// tree is a node of a syntax tree.
type tree = map[string]any

// standardTables are those of the information schema that there are.
var standardTables = []string{
	"tables", "columns", "schemata", "views", "table_constraints", "key_column_usage", "constraint_column_usage",
	"referential_constraints", "sequences", "routines", "parameters", "triggers", "table_privileges", "role_table_grants",
	"column_privileges", "role_column_grants", "check_constraints", "character_sets", "domains", "element_types", "enabled_roles", "applicable_roles",
	"usage_privileges", "routine_privileges", "view_table_usage", "view_column_usage", "collations", "information_schema_catalog_name",
}

// catalogueFunctions are answered by the catalogues alone; a statement that calls one and
// reads no table is for them.
var catalogueFunctions = []string{
	"version", "current_schema", "current_schemas", "current_database", "current_catalog", "current_setting", "set_config", "current_user", "session_user", "current_role", "user",
	"to_regclass", "quote_ident", "quote_literal", "quote_nullable", "parse_ident", "array_lower", "array_upper", "inet_server_addr", "inet_server_port", "inet_client_addr", "txid_current",
	"to_regtype", "to_regnamespace", "obj_description", "col_description", "shobj_description", "format_type",
}

// catalogueTableFunctions are allowed in FROM there, besides those allowed everywhere.
var catalogueTableFunctions = []string{"pg_get_keywords", "string_to_array", "current_schemas", "regexp_split_to_table", "generate_subscripts"}

// forCatalogue reports whether a statement reads the catalogues. s is nil for those who
// do not come by PostgreSQL's protocol: they have the information schema.
func (w *walk) forCatalogue(v any, s *olap.Session) bool {
	named, other := w.reads(v, s != nil)
	return named || s != nil && !other && w.calls(v)
}

// reads reports whether tables of the catalogues are read, and whether others are.
func (w *walk) reads(v any, all bool) (catalogue, other bool) {
	each(v, func(n tree) {
		if n["type"] != "BASE_TABLE" && n["type"] != "SHOW_REF" {
			return
		}
		schema, name := lower(n, "schema_name"), lower(n, "table_name")
		switch {
		case n["type"] == "SHOW_REF":
			catalogue = catalogue || name == `"tables"` || name == "__show_tables_expanded"
			other = other || name != ""
		case schema == "information_schema", all && schema == "pg_catalog":
			catalogue = true
		case schema == "" && slices.Contains(w.ctes, name):
		case all && schema == "" && strings.HasPrefix(name, "pg_"):
			catalogue = true
		default:
			other = true
		}
	})
	return catalogue, other
}

// calls reports whether a function, a word or a type of the catalogues is used.
func (w *walk) calls(v any) (found bool) {
	each(v, func(n tree) {
		name := lower(n, "function_name")
		found = found || strings.HasPrefix(name, "pg_") || strings.HasPrefix(name, "has_") && strings.HasSuffix(name, "_privilege") ||
			slices.Contains(catalogueFunctions, name) || slices.Contains(catalogueFunctions, word(n)) || registered(n) != ""
	})
	return found
}

// each visits all nodes.
func each(v any, visit func(tree)) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			each(e, visit)
		}
	case tree:
		visit(v)
		for _, e := range v {
			each(e, visit)
		}
	}
}

// word returns the name of a column without a table, which may be a word such as
// current_user.
func word(n tree) string {
	names, _ := n["column_names"].([]any)
	if n["class"] != "COLUMN_REF" || len(names) != 1 {
		return ""
	}
	s, _ := names[0].(string)
	return strings.ToLower(s)
}

// registered returns the name of a type that only PostgreSQL has, of a cast to it.
func registered(n tree) string {
	cast, _ := n["cast_type"].(tree)
	info, _ := cast["type_info"].(tree)
	if n["class"] != "CAST" || cast["id"] != "UNBOUND" {
		return ""
	}
	expr, _ := info["expr"].(tree)
	name := lower(info, "name") + lower(expr, "type_name") // one of them, by the version of the tree
	switch name {
	case "regclass", "regtype", "regnamespace", "regrole", "regproc", "regprocedure", "name", "oid", "xid", "cid", "cstring", "bpchar", "int2vector", "oidvector":
		return name
	}
	return ""
}

// translation rewrites the syntax tree of a statement for the catalogues.
type translation struct {
	session *olap.Session
	ctes    []string
	err     *olap.Error
}

// translate returns the statement that asks the catalogue what sql asks PostgreSQL.
func translate(c *connection, sql string, s *olap.Session, ctes []string) (string, error) {
	texts, err := c.texts("SELECT json_serialize_sql(" + literal(sql) + ", skip_default := true, skip_null := true)::VARCHAR")
	if err != nil {
		return "", err
	}
	decoder := json.NewDecoder(strings.NewReader(texts[0]))
	decoder.UseNumber()
	var whole tree
	if err := decoder.Decode(&whole); err != nil {
		return "", fmt.Errorf("cannot read the syntax tree of the query: %w", err)
	}
	if s == nil {
		s = &olap.Session{}
	}
	t := translation{session: s, ctes: ctes}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(t.node(whole)); err != nil {
		return "", err
	}
	if t.err != nil {
		return "", t.err
	}
	if texts, err = c.texts("SELECT json_deserialize_sql(" + literal(out.String()) + ")"); err != nil {
		return "", err
	}
	return texts[0], nil
}

// node rewrites a node and what is below it.
func (t *translation) node(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = t.node(v[i])
		}
	case tree:
		for key := range v {
			if list, ok := v[key].([]any); ok && key == "select_list" {
				t.columns(list)
				continue
			}
			if f, ok := v[key].(tree); ok && v["type"] == "TABLE_FUNCTION" && lower(f, "function_name") == "generate_series" {
				f["children"] = t.node(f["children"])
				continue
			}
			v[key] = t.node(v[key])
		}
		return t.one(v)
	}
	return v
}

// columns rewrites what is selected; its columns keep their names.
func (t *translation) columns(list []any) {
	for i, v := range list {
		n, _ := v.(tree)
		name, _ := n["alias"].(string)
		if name == "" && (n["class"] == "FUNCTION" && n["is_operator"] == nil || n["class"] == "CAST" || n["class"] == "COLUMN_REF") {
			name = lower(n, "function_name") + registered(n) + word(n)
		}
		list[i] = t.node(v)
		if by, ok := list[i].(tree); ok && name != "" && lower(by, "alias") == "" {
			by["alias"] = name
		}
	}
}

func (t *translation) one(n tree) any {
	switch {
	case n["type"] == "BASE_TABLE":
		t.table(n)
	case n["type"] == "SHOW_REF":
		return t.show(n)
	case n["type"] == "TABLE_FUNCTION":
		return t.tableFunction(n)
	case n["class"] == "FUNCTION":
		return t.function(n)
	case n["class"] == "SUBQUERY":
		return anyOf(n)
	case n["class"] == "CAST":
		return t.cast(n)
	case n["class"] == "COLUMN_REF":
		if value, ok := t.constant(word(n)); ok {
			return textNode(value)
		}
	}
	return n
}

// constant returns what a word or a function without arguments says about the session.
func (t *translation) constant(name string) (string, bool) {
	switch name {
	case "current_user", "session_user", "user", "current_role":
		return t.session.User, true
	case "current_catalog", "current_database":
		return t.session.Database, true
	case "current_schema":
		return "main", true
	case "version":
		return "PostgreSQL " + t.session.Settings["server_version"], true
	}
	return "", false
}

func (t *translation) table(n tree) {
	schema, name := lower(n, "schema_name"), lower(n, "table_name")
	switch schema {
	case "information_schema":
		n["schema_name"] = "info"
		if slices.Contains(standardTables, name) {
			t.alias(n, name)
			return
		}
	case "pg_catalog":
		n["schema_name"] = ""
		if catalogueHas(name) {
			t.alias(n, name)
			return
		}
	case "":
		if slices.Contains(t.ctes, name) || catalogueHas(name) {
			return
		}
	}
	if t.err != nil {
		return
	}
	message := fmt.Sprintf("there is no table %s in the catalogue", name)
	if !strings.HasPrefix(name, "pg_") && schema != "information_schema" {
		message = fmt.Sprintf("the table %s and the catalogue cannot be read in one statement: ask twice", name)
	}
	t.err = &olap.Error{Kind: olap.ErrSyntax, Code: codeNoTable, Message: message}
}

func (t *translation) alias(n tree, name string) {
	if lower(n, "alias") == "" {
		n["alias"] = name
	}
}

// catalogueHas reports whether catalogue.sql declares a table of that name.
func catalogueHas(name string) bool {
	return name == "pg_type" || strings.HasPrefix(name, "pg_") &&
		(strings.Contains(catalogueSQL, "CREATE VIEW "+name+" ") || strings.Contains(catalogueSQL, "CREATE TABLE "+name+" "))
}

// show makes SHOW TABLES a query.
func (t *translation) show(n tree) any {
	if name := strings.Trim(lower(n, "table_name"), `"`); name != "tables" && name != "__show_tables_expanded" {
		return n
	}
	return tree{"type": "BASE_TABLE", "schema_name": "", "table_name": "_shown", "alias": "shown"}
}

// tableFunction lets scalar functions stand in FROM, and names the column of those that
// make rows as the table, which PostgreSQL does.
func (t *translation) tableFunction(n tree) any {
	f, _ := n["function"].(tree)
	alias, _ := n["alias"].(string)
	columns, _ := n["column_name_alias"].([]any)
	switch name := lower(f, "function_name"); name {
	case "generate_series", "range", "unnest", "generate_subscripts":
		if alias != "" && len(columns) == 0 {
			n["column_name_alias"] = []any{alias}
		}
	case "string_to_array", "current_schemas":
		if alias == "" {
			alias = name
		}
		f["alias"] = alias
		return tree{"type": "SUBQUERY", "alias": alias, "subquery": tree{"node": tree{
			"type": "SELECT_NODE", "modifiers": []any{}, "cte_map": tree{"map": []any{}}, "select_list": []any{f}, "from_table": tree{"type": "EMPTY"},
			"group_expressions": []any{}, "group_sets": []any{}, "aggregate_handling": "STANDARD_HANDLING",
		}}}
	}
	return n
}

func (t *translation) function(n tree) any {
	name := lower(n, "function_name")
	args, _ := n["children"].([]any)
	if schema := lower(n, "schema"); schema == "pg_catalog" || schema == "information_schema" {
		n["schema"] = ""
	}
	if value, ok := t.constant(name); ok {
		return textNode(value)
	}
	switch name {
	case "regexp_full_match", "~": // PostgreSQL's ~ matches anywhere
		n["function_name"], n["is_operator"] = "regexp_matches", false
	case "~*":
		n["function_name"], n["is_operator"], n["children"] = "regexp_matches", false, append(args, textNode("i"))
	case "!~*":
		n["function_name"], n["is_operator"], n["children"] = "regexp_matches", false, append(args, textNode("i"))
		return tree{"class": "OPERATOR", "type": "OPERATOR_NOT", "children": []any{n}}
	case "generate_series": // not in FROM, where it makes rows already
		if ofArray(name, args) {
			array, _ := args[0].(tree)
			n["function_name"], n["children"] = "generate_subscripts", array["children"]
		}
	case "format":
		return t.format(n)
	case "json_build_object", "jsonb_build_object":
		n["function_name"] = "json_object"
	case "unnest":
		if len(args) == 1 {
			args[0] = arrayLiteral(args[0])
		}
	case "current_setting":
		key, known := constant(args, 0).(string)
		if !known && len(args) > 0 {
			all, err := json.Marshal(t.session.Settings)
			if err != nil {
				return n
			}
			return call("_setting", textNode(string(all)), args[0])
		}
		value, known := t.session.Settings[strings.ToLower(key)]
		if !known {
			return tree{"class": "CONSTANT", "type": "VALUE_CONSTANT", "value": tree{"type": tree{"id": "VARCHAR"}, "is_null": true}}
		}
		return textNode(value)
	case "set_config":
		if len(args) > 1 {
			return args[1]
		}
	}
	return n
}

// cast answers casts to types that are names of objects: of a text the number, and of a
// number the name.
func (t *translation) cast(n tree) any {
	name := registered(n)
	if name == "" {
		return recast(n)
	}
	child, _ := n["child"].(tree)
	pick := func(number, label string) any {
		if isText(child) {
			return call(number, child)
		}
		return call(label, child)
	}
	switch name {
	case "regclass":
		return pick("_oid_of", "_name_of")
	case "regtype":
		return pick("_type_oid_of", "_type_of")
	case "regnamespace":
		return pick("_schema_oid_of", "_schema_of")
	case "regrole":
		return pick("pg_get_userbyid", "pg_get_userbyid")
	case "oid", "xid", "cid":
		n["cast_type"] = tree{"id": "BIGINT"}
		return recast(n)
	default:
		n["cast_type"] = tree{"id": "VARCHAR"}
	}
	return n
}

func call(name string, args ...any) tree {
	return tree{"class": "FUNCTION", "type": "FUNCTION", "function_name": name, "children": args, "order_bys": tree{"type": "ORDER_MODIFIER", "orders": []any{}}}
}

func textNode(value string) tree {
	return tree{"class": "CONSTANT", "type": "VALUE_CONSTANT", "value": tree{"type": tree{"id": "VARCHAR"}, "is_null": false, "value": value}}
}
