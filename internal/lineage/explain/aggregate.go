package explain

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// additive are the aggregates whose value follows from the values that they are given,
// in whatever order. All of them pass over NULL.
var additive = []string{
	"sum", "count", "count_star", "avg", "mean", "min", "max", "median", "quantile", "quantile_cont", "quantile_disc", "mad", "mode",
	"stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp", "bool_and", "bool_or", "count_if", "countif",
	"bit_and", "bit_or", "bit_xor", "product", "sum_no_overflow", "entropy",
}

// aggregates returns the names of the database's aggregate functions.
func (e *Explainer) aggregates(ctx context.Context) (map[string]bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.functions != nil {
		return e.functions, nil
	}
	result, err := e.cfg.Store.Query(ctx, olap.Query{SQL: "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'"})
	if err != nil {
		return nil, err
	}
	rows, err := result.All()
	if err != nil {
		return nil, err
	}
	functions := map[string]bool{"count_star": true}
	for _, row := range rows {
		name, _ := row[0].(string)
		functions[name] = true
	}
	e.functions = functions
	return functions, nil
}

// aggregated reports whether a SELECT makes one row of many.
func (e *Explainer) aggregated(ctx context.Context, n node) (bool, error) {
	functions, err := e.aggregates(ctx)
	if err != nil {
		return false, err
	}
	return text(n, "aggregate_handling") == "FORCE_AGGREGATES" || len(list(n, "group_expressions")) > 0 || len(list(n, "group_sets")) > 0 ||
		find(n["select_list"], isAggregate(functions)) || find(n["having"], isAggregate(functions)), nil
}

// isAggregate tells aggregates; those over a window are of another class.
func isAggregate(functions map[string]bool) func(node) bool {
	return func(n node) bool {
		return text(n, "class") == "FUNCTION" && functions[strings.ToLower(text(n, "function_name"))]
	}
}

// part is an aggregate of an expression.
type part struct {
	call   node
	text   string // as it is written
	at     []int  // arguments that it is given per row
	values []node // what they are
	filter node   // nil: all rows
}

// taken is the condition, over the columns of a listing, that a row counts in part i.
func (p *part) taken(i int) string {
	terms := []string{}
	if p.filter != nil {
		terms = append(terms, "coalesce("+column("f", i)+", false)")
	}
	for k := range p.values {
		terms = append(terms, column("v", i, k)+" IS NOT NULL")
	}
	if len(terms) == 0 {
		return "true"
	}
	return strings.Join(terms, " AND ")
}

// contribution is the column, or constant, that a row brings to part i.
func (p *part) contribution(i int) string {
	if len(p.values) == 0 { // count(*)
		return "1"
	}
	return column("v", i, 0)
}

// column is the quoted name of a column that a rewriting adds.
func column(of string, numbers ...int) string { return quote(columnName(of, numbers...)) }

func columnName(of string, numbers ...int) string {
	name := hiddenPrefix + of
	for _, n := range numbers {
		name += "_" + strconv.Itoa(n)
	}
	return name
}

// parts takes an expression apart: its aggregates, over columns of the listing, and what
// else it names.
type parts struct {
	functions map[string]bool
	all       []part
	others    []node // columns outside of aggregates
	total     node   // the expression over the listing
}

// takeApart finds the aggregates of an expression.
func (e *Explainer) takeApart(ctx context.Context, x node) (*parts, error) {
	functions, err := e.aggregates(ctx)
	if err != nil {
		return nil, err
	}
	p := &parts{functions: functions, total: named(x, "")}
	if err := p.walk(p.total); err != nil {
		return nil, err
	}
	for i := range p.all {
		if p.all[i].text, err = e.print(ctx, selectOf(p.all[i].call)); err != nil {
			return nil, err
		}
		p.all[i].text = strings.TrimPrefix(p.all[i].text, "SELECT ")
		p.all[i].overListing(i)
	}
	return p, nil
}

// walk replaces what an expression is made of by columns of the listing.
func (p *parts) walk(v any) error {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			if err := p.walk(x); err != nil {
				return err
			}
		}
	case node:
		switch class := text(v, "class"); {
		case class == "WINDOW":
			return refuse("explain a column without OVER, or put it into a subquery", "a function over a window takes rows of other results")
		case class == "SUBQUERY":
			return refuse("explain the subquery by itself", "the column has a subquery in it")
		case isAggregate(p.functions)(v):
			return p.aggregate(v)
		case class == "COLUMN_REF":
			p.others = append(p.others, clone(v))
			anyOf(v, columnName("x", len(p.others)-1))
			return nil
		}
		for _, key := range sortedKeys(v) {
			if err := p.walk(v[key]); err != nil {
				return err
			}
		}
	}
	return nil
}

// anyOf turns a reference to a column that a group has one value of into that value.
func anyOf(n node, of string) {
	alias := n["alias"]
	clear(n)
	maps.Copy(n, call("any_value", columnRef(of)))
	n["alias"] = alias
}

func call(function string, args ...node) node {
	return node{
		"class": "FUNCTION", "type": "FUNCTION", "alias": "", "query_location": 0, "function_name": function, "schema": "", "catalog": "",
		"children": anys(args), "filter": nil, "order_bys": node{"type": "ORDER_MODIFIER", "orders": []any{}},
		"distinct": false, "is_operator": false, "export_state": false,
	}
}

func (p *parts) aggregate(v node) error {
	name := strings.ToLower(text(v, "function_name"))
	switch {
	case !slices.Contains(additive, name):
		return refuse("use one of "+strings.Join(additive[:9], ", "), "what %s gives does not follow from the values of its rows alone", name)
	case len(list(child(v, "order_bys"), "orders")) > 0:
		return refuse("take the ORDER BY out of the aggregate", "the order of the rows is a part of %s", name)
	case find(v["children"], isClass("SUBQUERY")) || find(v["filter"], isClass("SUBQUERY")):
		return refuse("join the subquery", "%s has a subquery in it", name)
	}
	of := part{call: v, filter: child(v, "filter")}
	for k, arg := range items(v, "children") {
		if k == 0 || find(arg, isClass("COLUMN_REF")) || find(arg, isClass("STAR")) {
			of.at, of.values = append(of.at, k), append(of.values, arg)
		}
	}
	p.all = append(p.all, of)
	return nil
}

// overListing makes the call one over the columns of the listing. The part keeps what
// they hold.
func (p *part) overListing(i int) {
	p.values, p.filter = cloneAll(p.values), clone(p.filter)
	for k, at := range p.at {
		arg := items(p.call, "children")[at]
		alias := arg["alias"]
		clear(arg)
		maps.Copy(arg, columnRef(columnName("v", i, k)))
		arg["alias"] = alias
	}
	p.call["filter"] = columnRef(columnName("t", i))
}

// selectOf is a query that gives expressions, and reads nothing.
func selectOf(of ...node) node {
	return node{
		"type": "SELECT_NODE", "modifiers": []any{}, "cte_map": node{"map": []any{}}, "select_list": anys(of),
		"from_table":   node{"type": "EMPTY", "alias": "", "sample": nil, "query_location": 0},
		"where_clause": nil, "group_expressions": []any{}, "group_sets": []any{}, "aggregate_handling": "STANDARD_HANDLING",
		"having": nil, "sample": nil, "qualify": nil,
	}
}

func sortedKeys(n node) []string {
	keys := make([]string, 0, len(n))
	for k := range n {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func cloneAll(nodes []node) []node {
	all := make([]node, len(nodes))
	for i, n := range nodes {
		all[i] = clone(n)
	}
	return all
}
