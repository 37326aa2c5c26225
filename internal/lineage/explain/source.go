package explain

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// hiddenPrefix begins the names of the columns that a rewriting adds.
const hiddenPrefix = "__mr_"

// ref names the origin column of something that a SELECT reads.
type ref struct{ relation, column string }

// rewrite gives the tables of one statement their origins.
type rewrite struct {
	ctx  context.Context
	e    *Explainer
	at   map[int32]int64     // as of which positions
	ctes []map[string]string // origin column by name, innermost last
	made int
}

func (r *rewrite) name(of string) string {
	r.made++
	return fmt.Sprintf("%s%s%d", hiddenPrefix, of, r.made)
}

// query gives a subquery its origin column and returns its name; none when it reads
// no table.
func (r *rewrite) query(n node) (string, error) {
	leave, err := r.enter(n)
	if err != nil {
		return "", err
	}
	defer leave()
	switch text(n, "type") {
	case "SELECT_NODE":
		return r.selection(n)
	case "SET_OPERATION_NODE":
		return r.union(n)
	}
	return "", refuse("explain a part of the statement by itself", "it has a part that cannot be unfolded (%s)",
		strings.ToLower(strings.ReplaceAll(text(n, "type"), "_", " ")))
}

// enter reads the common table expressions of a query.
func (r *rewrite) enter(n node) (leave func(), err error) {
	scope := make(map[string]string)
	r.ctes = append(r.ctes, scope)
	leave = func() { r.ctes = r.ctes[:len(r.ctes)-1] }
	for _, entry := range items(child(n, "cte_map"), "map") {
		of := child(child(child(entry, "value"), "query"), "node")
		if text(of, "type") == "RECURSIVE_CTE_NODE" {
			leave()
			return nil, refuse("write it without recursion", "the recursive query %q cannot be unfolded", text(entry, "key"))
		}
		hidden, err := r.query(of)
		if err != nil {
			leave()
			return nil, err
		}
		scope[strings.ToLower(text(entry, "key"))] = hidden
	}
	return leave, nil
}

func (r *rewrite) cte(name string) (hidden string, is bool) {
	for _, scope := range slices.Backward(r.ctes) {
		if hidden, is = scope[name]; is {
			return hidden, true
		}
	}
	return "", false
}

// union gives both sides of a UNION ALL one origin column.
func (r *rewrite) union(n node) (string, error) {
	if all, _ := n["setop_all"].(bool); !all || text(n, "setop_type") != "UNION" {
		return "", refuse("use UNION ALL, or explain one side by itself", "rows that %s merged cannot be told apart", text(n, "setop_type"))
	}
	if err := r.modifiers(n, false); err != nil {
		return "", err
	}
	hidden := r.name("o")
	for _, of := range sides(n) {
		if text(of, "type") != "SELECT_NODE" {
			return "", refuse("put each UNION ALL into a subquery of its own", "a union of unions cannot be unfolded")
		}
		column, err := r.query(of)
		if err != nil {
			return "", err
		}
		if column == "" {
			x, err := r.e.expression(r.ctx, "[]", hidden)
			if err != nil {
				return "", err
			}
			of["select_list"] = append(list(of, "select_list"), x)
			continue
		}
		selected := items(of, "select_list")
		selected[len(selected)-1]["alias"] = hidden
	}
	return hidden, nil
}

// sides are the queries of a set operation.
func sides(n node) []node {
	if all := items(n, "children"); len(all) > 0 {
		return all
	}
	return []node{child(n, "left"), child(n, "right")}
}

// selection gives a SELECT within another its origin column.
func (r *rewrite) selection(n node) (string, error) {
	origins, err := r.reads(n)
	if err != nil || len(origins) == 0 {
		return "", err
	}
	aggregated, err := r.e.aggregated(r.ctx, n)
	if err != nil {
		return "", err
	}
	if err := r.modifiers(n, aggregated); err != nil {
		return "", err
	}
	distinct := dropModifier(n, "DISTINCT_MODIFIER")
	if distinct {
		n["aggregate_handling"] = "FORCE_AGGREGATES" // as GROUP BY ALL does
	}
	hidden := r.name("o")
	x, err := r.origin(origins, aggregated || distinct, hidden)
	if err != nil {
		return "", err
	}
	n["select_list"] = append(list(n, "select_list"), x)
	return hidden, nil
}

// modifiers refuses what picks rows so that nobody can tell which.
func (r *rewrite) modifiers(n node, aggregated bool) error {
	var ordered, limited bool
	for _, m := range items(n, "modifiers") {
		switch kind := text(m, "type"); {
		case kind == "ORDER_MODIFIER":
			ordered = true
		case strings.HasPrefix(kind, "LIMIT"):
			limited = true
		case kind == "DISTINCT_MODIFIER" && (aggregated || len(list(m, "distinct_on_targets")) > 0):
			return refuse("use GROUP BY in its place", "a DISTINCT over groups, or ON some columns, cannot be unfolded")
		}
	}
	if limited && !ordered {
		return refuse("give the subquery an ORDER BY, or take its LIMIT away", "which rows a LIMIT without ORDER BY picks is not known")
	}
	return nil
}

func dropModifier(n node, kind string) (had bool) {
	n["modifiers"] = slices.DeleteFunc(list(n, "modifiers"), func(v any) bool {
		m, _ := v.(node)
		is := text(m, "type") == kind
		had = had || is
		return is
	})
	return had
}

// reads rewrites what a SELECT reads and returns the origins it has.
func (r *rewrite) reads(n node) ([]ref, error) {
	if n["sample"] != nil {
		return nil, refuse("take the sample away", "which rows a sample picks is not known")
	}
	origins, err := r.from(child(n, "from_table"))
	if err != nil {
		return nil, err
	}
	for _, key := range []string{"select_list", "where_clause", "group_expressions", "having", "qualify", "modifiers"} {
		if err := r.expressions(n[key], origins); err != nil {
			return nil, err
		}
	}
	return origins, nil
}

// from rewrites a table reference and returns the origins that it has.
func (r *rewrite) from(n node) ([]ref, error) {
	if n["sample"] != nil {
		return nil, refuse("take the sample away", "which rows a sample picks is not known")
	}
	switch kind := text(n, "type"); kind {
	case "EMPTY":
		return nil, nil
	case "TABLE_FUNCTION", "EXPRESSION_LIST":
		return nil, r.expressions(n["function"], nil)
	case "BASE_TABLE":
		return r.table(n)
	case "SUBQUERY":
		return r.subquery(n)
	case "JOIN":
		return r.join(n)
	default:
		return nil, refuse("write it as a SELECT with joins and subqueries", "a %s cannot be unfolded", strings.ToLower(strings.ReplaceAll(kind, "_", " ")))
	}
}

func (r *rewrite) subquery(n node) ([]ref, error) {
	if text(n, "alias") == "" {
		n["alias"] = r.name("s")
	}
	hidden, err := r.query(child(child(n, "subquery"), "node"))
	if err != nil || hidden == "" {
		return nil, err
	}
	return []ref{{text(n, "alias"), hidden}}, nil
}

func (r *rewrite) join(n node) ([]ref, error) {
	if text(n, "ref_type") == "POSITIONAL" {
		return nil, refuse("join on a column", "which rows a positional join puts together is not known")
	}
	left, err := r.from(child(n, "left"))
	if err != nil {
		return nil, err
	}
	right, err := r.from(child(n, "right"))
	if err != nil {
		return nil, err
	}
	switch text(n, "join_type") {
	case "SEMI", "ANTI":
		return left, r.expressions(n["condition"], nil)
	}
	return append(left, right...), r.expressions(n["condition"], nil)
}

// table puts a table with its origin in the place of a table.
func (r *rewrite) table(n node) ([]ref, error) {
	name := strings.ToLower(text(n, "table_name"))
	relation := text(n, "alias")
	if relation == "" {
		relation = text(n, "table_name")
	}
	if hidden, is := r.cte(name); is && text(n, "schema_name") == "" {
		if hidden == "" {
			return nil, nil
		}
		return []ref{{relation, hidden}}, nil
	}
	t, ok := r.e.table(name)
	if schema := text(n, "schema_name"); !ok || schema != "" && schema != "main" {
		return nil, refuse("read the tables of GET /api/v1/schema", "the rows of %s have no origin that is kept", text(n, "table_name"))
	}
	hidden := r.name("o")
	site, err := r.site(&t, hidden)
	if err != nil {
		return nil, err
	}
	aliases := n["column_name_alias"]
	clear(n)
	maps.Copy(n, site)
	n["alias"], n["column_name_alias"] = relation, aliases
	return []ref{{relation, hidden}}, nil
}

// site is the tree of a table with its origin.
func (r *rewrite) site(t *Table, hidden string) (node, error) {
	query, err := r.e.parse(r.ctx, "SELECT * FROM ("+t.withOrigin(hidden, r.at)+") AS t")
	if err != nil {
		return nil, fmt.Errorf("cannot read table %s: %w", t.Name, err)
	}
	return child(query, "from_table"), nil
}

// origin is the expression of the origins of a row; of a group, those of all its rows.
func (r *rewrite) origin(origins []ref, grouped bool, alias string) (node, error) {
	terms := make([]string, len(origins))
	for i, o := range origins {
		terms[i] = "coalesce(" + quote(o.relation) + "." + quote(o.column) + ", [])"
	}
	x := terms[0]
	for _, t := range terms[1:] {
		x = "list_concat(" + x + ", " + t + ")"
	}
	if grouped {
		x = "flatten(list(" + x + "))"
	}
	return r.e.expression(r.ctx, x, alias)
}

// expressions hides the added columns from stars, and has the subqueries of
// expressions read what the rest reads.
func (r *rewrite) expressions(v any, origins []ref) error {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			if err := r.expressions(x, origins); err != nil {
				return err
			}
		}
	case node:
		switch text(v, "class") {
		case "STAR":
			if columns, _ := v["columns"].(bool); columns {
				return refuse("name the columns", "COLUMNS(…) cannot be unfolded")
			}
			exclude(v, origins)
		case "SUBQUERY":
			if err := r.condition(child(child(v, "subquery"), "node")); err != nil {
				return err
			}
			return r.expressions(v["child"], origins)
		case "FUNCTION":
			if slices.Contains(unsteady, strings.ToLower(text(v, "function_name"))) {
				return refuse("write the value that you mean", "%s is another one each time", text(v, "function_name"))
			}
		}
		for _, x := range v {
			if err := r.expressions(x, origins); err != nil {
				return err
			}
		}
	}
	return nil
}

// unsteady are the functions that give another value each time.
var unsteady = []string{
	"random", "setseed", "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "now", "current_date", "current_time", "current_timestamp",
	"get_current_timestamp", "transaction_timestamp", "today", "localtime", "localtimestamp", "current_localtime", "current_localtimestamp",
	"get_current_time", "age",
}

// condition has a subquery that only filters read rows as of the same positions.
func (r *rewrite) condition(n node) error {
	leave, err := r.enter(n)
	if err != nil {
		return err
	}
	defer leave()
	if text(n, "type") == "SET_OPERATION_NODE" {
		for _, of := range sides(n) {
			if err := r.condition(of); err != nil {
				return err
			}
		}
		return nil
	}
	_, err = r.reads(n)
	return err
}

// exclude takes the added columns out of a star.
func exclude(star node, origins []ref) {
	of := strings.ToLower(text(star, "relation_name"))
	excluded := list(star, "exclude_list")
	for _, o := range origins {
		if of == "" || of == strings.ToLower(o.relation) {
			excluded = append(excluded, o.column)
		}
	}
	star["exclude_list"] = excluded
}
