package lineage

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Use is a column of a table that a statement reads, and what for.
type Use struct {
	Table, Column string
	Subtype       Subtype
}

// Selected is a column of the result of a statement.
type Selected struct {
	Name string
	Uses []Use
}

// Statement is what a statement reads.
type Statement struct {
	Columns []Selected
	Rows    []Use // what decides which rows there are, in which groups and order
	Tables  []string
}

// ErrStatement says that a statement cannot be followed.
var ErrStatement = errors.New("cannot follow the statement")

// maxNesting bounds statements within statements.
const maxNesting = 64

// ParseStatement reads the tree of one statement as DuckDB's json_serialize_sql writes it.
// columns returns the columns of a table; false when there is none of the name.
func ParseStatement(tree []byte, columns func(table string) ([]string, bool)) (*Statement, error) {
	var doc struct {
		Error      bool   `json:"error"`
		Message    string `json:"error_message"`
		Position   string `json:"position"`
		Statements []struct {
			Node object `json:"node"`
		} `json:"statements"`
	}
	if err := json.Unmarshal(tree, &doc); err != nil {
		return nil, fmt.Errorf("%w: its tree is damaged: %w", ErrStatement, err)
	}
	if doc.Error {
		return nil, fmt.Errorf("%w: %s", ErrStatement, doc.Message)
	}
	if len(doc.Statements) != 1 {
		return nil, fmt.Errorf("%w: there are %d; give one", ErrStatement, len(doc.Statements))
	}
	r := &reader{columns: columns}
	out := r.query(doc.Statements[0].Node, nil)
	if r.err != nil {
		return nil, r.err
	}
	slices.Sort(r.tables)
	s := &Statement{Rows: tidy(out.rows), Tables: slices.Compact(r.tables)}
	for _, c := range out.columns {
		s.Columns = append(s.Columns, Selected{c.Name, tidy(c.Uses)})
	}
	return s, nil
}

// object is a node of the tree.
type object map[string]any

func (o object) text(key string) string {
	s, _ := o[key].(string)
	return s
}

func (o object) object(key string) object {
	v, _ := o[key].(map[string]any)
	return v
}

func (o object) list(key string) []any {
	v, _ := o[key].([]any)
	return v
}

// objects are the nodes of a list.
func (o object) objects(key string) []object {
	var all []object
	for _, v := range o.list(key) {
		if m, ok := v.(map[string]any); ok {
			all = append(all, m)
		}
	}
	return all
}

// relation is what a FROM clause offers: columns, and what decides about its rows.
type relation struct {
	alias   string
	columns []Selected
	rows    []Use
}

// scope is what names can mean.
type scope struct {
	relations []relation
	with      map[string]relation // common table expressions
	aliases   map[string][]Use    // of the select list
	outer     *scope
}

// reader follows a statement.
type reader struct {
	columns func(string) ([]string, bool)
	tables  []string
	depth   int
	lambdas int // around the expression at hand
	err     error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", ErrStatement, fmt.Sprintf(format, args...))
	}
}

// query follows a query node.
func (r *reader) query(n object, outer *scope) relation {
	if r.depth++; r.depth > maxNesting {
		r.fail("it is nested more than %d deep", maxNesting)
		return relation{}
	}
	defer func() { r.depth-- }()
	s := &scope{with: make(map[string]relation), outer: outer}
	r.with(n, s)
	switch n.text("type") {
	case "SELECT_NODE":
		return r.selected(n, s)
	case "SET_OPERATION_NODE":
		return r.union(n, s)
	case "RECURSIVE_CTE_NODE", "CTE_NODE":
		left := r.query(n.object("left"), s)
		if name := n.text("cte_name"); name != "" {
			s.with[name] = renamed(left, name, n.list("aliases"))
		}
		right := r.query(n.object("right"), s)
		return merged(left, right)
	}
	r.fail("a %q is not known", n.text("type"))
	return relation{}
}

// with reads the common table expressions of a node.
func (r *reader) with(n object, s *scope) {
	for _, e := range n.object("cte_map").objects("map") {
		value := e.object("value")
		name := e.text("key")
		s.with[name] = renamed(r.query(value.object("query").object("node"), s), name, value.list("aliases"))
	}
}

// renamed gives a relation a name, and its columns other names.
func renamed(rel relation, alias string, names []any) relation {
	rel.alias = alias
	rel.columns = slices.Clone(rel.columns)
	for i, name := range names {
		if text, ok := name.(string); ok && i < len(rel.columns) {
			rel.columns[i].Name = text
		}
	}
	return rel
}

// merged is the rows of two queries one after the other: columns by their place.
func merged(a, b relation) relation {
	out := relation{columns: slices.Clone(a.columns), rows: append(slices.Clone(a.rows), b.rows...)}
	for i := range out.columns {
		if i < len(b.columns) {
			out.columns[i].Uses = append(slices.Clone(out.columns[i].Uses), b.columns[i].Uses...)
		}
	}
	return out
}

func (r *reader) union(n object, s *scope) relation {
	parts := n.list("children")
	if len(parts) == 0 {
		parts = []any{n["left"], n["right"]}
	}
	var out relation
	for i, part := range parts {
		node, ok := part.(map[string]any)
		if !ok {
			continue
		}
		if rel := r.query(node, s); i == 0 {
			out = rel
		} else {
			out = merged(out, rel)
		}
	}
	s.relations = []relation{out}
	r.modifiers(n, s, &out)
	return out
}

// selected follows a SELECT.
func (r *reader) selected(n object, s *scope) relation {
	var out relation
	out.rows = r.from(n.object("from_table"), s)
	s.aliases = make(map[string][]Use)
	for _, expr := range n.objects("select_list") {
		if expr.text("class") == "STAR" {
			out.columns = append(out.columns, r.star(expr, s)...)
			continue
		}
		c := Selected{Name: nameOf(expr, len(out.columns)), Uses: r.expression(expr, s)}
		s.aliases[c.Name] = c.Uses
		out.columns = append(out.columns, c)
	}
	decide := func(key string, by Subtype) {
		out.rows = append(out.rows, as(by, r.any(n[key], s))...)
	}
	decide("where_clause", Filter)
	for _, e := range n.list("group_expressions") {
		out.rows = append(out.rows, as(GroupBy, r.placed(e, s, &out))...)
	}
	decide("having", Filter)
	decide("qualify", Filter)
	r.modifiers(n, s, &out)
	return out
}

// modifiers follows ORDER BY and DISTINCT ON.
func (r *reader) modifiers(n object, s *scope, out *relation) {
	for _, mod := range n.objects("modifiers") {
		for _, o := range mod.objects("orders") {
			out.rows = append(out.rows, as(Sort, r.placed(o["expression"], s, out))...)
		}
		for _, o := range mod.list("distinct_on_targets") {
			out.rows = append(out.rows, as(GroupBy, r.placed(o, s, out))...)
		}
	}
}

// placed follows an expression that may be the number of a column of the result.
func (r *reader) placed(e any, s *scope, out *relation) []Use {
	expr, _ := e.(map[string]any)
	if v, ok := object(expr).object("value")["value"].(float64); ok && object(expr).text("class") == "CONSTANT" {
		if i := int(v) - 1; i >= 0 && i < len(out.columns) {
			return out.columns[i].Uses
		}
	}
	return r.any(e, s)
}

// nameOf is the name of a column of the result.
func nameOf(expr object, place int) string {
	if alias := expr.text("alias"); alias != "" {
		return alias
	}
	if names := expr.list("column_names"); len(names) > 0 {
		if name, ok := names[len(names)-1].(string); ok {
			return name
		}
	}
	return cmpText(expr.text("function_name"), "column"+strconv.Itoa(place+1))
}

func cmpText(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// star expands * and name.*.
func (r *reader) star(expr object, s *scope) []Selected {
	var out []Selected
	excluded := make(map[string]bool)
	for _, x := range expr.list("exclude_list") {
		if name, ok := x.(string); ok {
			excluded[name] = true
		}
	}
	of := expr.text("relation_name")
	for _, rel := range s.relations {
		if of != "" && !strings.EqualFold(rel.alias, of) {
			continue
		}
		for _, c := range rel.columns {
			if !excluded[c.Name] {
				out = append(out, c)
			}
		}
	}
	return out
}

// from adds the relations of a FROM clause to the scope, and returns what decides about
// their rows.
func (r *reader) from(n object, s *scope) []Use {
	switch n.text("type") {
	case "", "EMPTY":
		return nil
	case "BASE_TABLE":
		return r.table(n, s)
	case "SUBQUERY":
		rel := renamed(r.query(n.object("subquery").object("node"), s), n.text("alias"), n.list("column_name_alias"))
		s.relations = append(s.relations, rel)
		return rel.rows
	case "JOIN":
		rows := append(r.from(n.object("left"), s), r.from(n.object("right"), s)...)
		rows = append(rows, as(Join, r.any(n["condition"], s))...)
		for _, name := range n.list("using_columns") {
			if text, ok := name.(string); ok {
				rows = append(rows, as(Join, s.everywhere(text))...)
			}
		}
		return rows
	case "TABLE_FUNCTION":
		// Such as unnest and range: of what its arguments are made.
		uses := as(Transformation, r.any(n["function"], s))
		s.relations = append(s.relations, renamed(relation{columns: []Selected{{Name: n.text("alias"), Uses: uses}}}, n.text("alias"), n.list("column_name_alias")))
		return nil
	case "EXPRESSION_LIST", "COLUMN_DATA":
		var columns []Selected
		if rows := n.list("values"); len(rows) > 0 {
			first, _ := rows[0].([]any)
			for i := range first {
				columns = append(columns, Selected{Name: "col" + strconv.Itoa(i)})
			}
		}
		s.relations = append(s.relations, renamed(relation{columns: columns}, n.text("alias"), n.list("column_name_alias")))
		return nil
	}
	r.fail("what stands behind FROM is of a kind that is not known (%s)", n.text("type"))
	return nil
}

// table adds a table, or a common table expression.
func (r *reader) table(n object, s *scope) []Use {
	name := n.text("table_name")
	alias := cmpText(n.text("alias"), name)
	for at := s; at != nil; at = at.outer {
		if rel, ok := at.with[name]; ok {
			s.relations = append(s.relations, renamed(rel, alias, n.list("column_name_alias")))
			return rel.rows
		}
	}
	if schema := n.text("schema_name"); schema != "" && schema != "main" {
		name = schema + "." + name
	}
	columns, ok := r.columns(name)
	if !ok {
		r.fail("there is no table %q", name)
		return nil
	}
	r.tables = append(r.tables, name)
	rel := relation{}
	for _, c := range columns {
		rel.columns = append(rel.columns, Selected{c, []Use{{name, c, Identity}}})
	}
	s.relations = append(s.relations, renamed(rel, alias, n.list("column_name_alias")))
	return nil
}

// column finds what a name means: a column of a relation, an alias of the select list, or
// something of a statement around this one.
func (s *scope) column(names []string) ([]Use, bool) {
	for at := s; at != nil; at = at.outer {
		for _, rel := range at.relations {
			name := names[0]
			if len(names) > 1 && strings.EqualFold(rel.alias, names[len(names)-2]) {
				name = names[len(names)-1]
			}
			for _, c := range rel.columns {
				if strings.EqualFold(c.Name, name) {
					return c.Uses, true
				}
			}
		}
		if uses, ok := at.aliases[names[0]]; ok {
			return uses, true
		}
	}
	return nil, false
}

// everywhere is a column of all relations that have it, as USING means it.
func (s *scope) everywhere(name string) (uses []Use) {
	for _, rel := range s.relations {
		for _, c := range rel.columns {
			if strings.EqualFold(c.Name, name) {
				uses = append(uses, c.Uses...)
			}
		}
	}
	return uses
}

// any follows whatever stands at a place of the tree: an expression, a list of them, or
// what holds some.
func (r *reader) any(v any, s *scope) (uses []Use) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			uses = append(uses, r.any(e, s)...)
		}
	case map[string]any:
		return r.expression(v, s)
	}
	return uses
}

// expression returns what an expression is made of.
func (r *reader) expression(e object, s *scope) []Use {
	switch e.text("class") {
	case "COLUMN_REF":
		var names []string
		for _, n := range e.list("column_names") {
			if text, ok := n.(string); ok {
				names = append(names, text)
			}
		}
		uses, ok := s.column(names)
		if !ok && r.lambdas == 0 { // whose parameters look like columns
			r.fail("there is no column %q", strings.Join(names, "."))
		}
		return uses
	case "SUBQUERY":
		rel := r.query(e.object("subquery").object("node"), s)
		uses := append(as(Conditional, rel.rows), as(Conditional, r.any(e["child"], s))...)
		for _, c := range rel.columns {
			uses = append(uses, as(Transformation, c.Uses)...)
		}
		return uses
	case "WINDOW":
		uses := as(Aggregation, r.any(e["children"], s))
		for _, key := range []string{"partitions", "orders", "start_expr", "end_expr", "arg_orders"} {
			uses = append(uses, as(Window, r.any(e[key], s))...)
		}
		return append(uses, as(Filter, r.any(e["filter_expr"], s))...)
	case "CASE":
		var uses []Use
		for _, c := range e.objects("case_checks") {
			uses = append(append(uses, as(Conditional, r.any(c["when_expr"], s))...), as(Transformation, r.any(c["then_expr"], s))...)
		}
		return append(uses, as(Transformation, r.any(e["else_expr"], s))...)
	case "FUNCTION":
		return r.function(e, s)
	case "CAST":
		return as(Transformation, r.any(e["child"], s))
	case "CONSTANT":
		return nil
	case "LAMBDA":
		r.lambdas++
		defer func() { r.lambdas-- }()
	}
	// Comparisons, operators and whatever else there is: of all that stands within.
	var uses []Use
	for _, key := range slices.Sorted(mapKeys(e)) {
		switch key {
		case "class", "type", "alias", "query_location":
		default:
			uses = append(uses, as(Transformation, r.any(e[key], s))...)
		}
	}
	return uses
}

func mapKeys(o object) func(func(string) bool) {
	return func(yield func(string) bool) {
		for key := range o {
			if !yield(key) {
				return
			}
		}
	}
}

// function follows a function, which may be an aggregate.
func (r *reader) function(e object, s *scope) []Use {
	by := Transformation
	if aggregates[e.text("function_name")] || e["filter"] != nil || e["distinct"] == true {
		by = Aggregation
	}
	uses := as(by, r.any(e["children"], s))
	uses = append(uses, as(Filter, r.any(e["filter"], s))...)
	return append(uses, as(Sort, r.any(e.object("order_bys")["orders"], s))...)
}

// aggregates are the names of DuckDB's aggregate functions. In the tree they look like
// any other.
var aggregates = func() map[string]bool {
	all := make(map[string]bool)
	for name := range strings.FieldsSeq(`any_value approx_count_distinct approx_quantile approx_top_k arbitrary arg_max arg_max_null arg_min
		arg_min_null argmax argmin array_agg avg bit_and bit_or bit_xor bitstring_agg bool_and bool_or corr count count_if countif count_star covar_pop
		covar_samp entropy favg first first_value fsum geomean geometric_mean group_concat histogram kahan_sum kurtosis kurtosis_pop last last_value
		list listagg mad max max_by mean median min min_by mode product quantile quantile_cont quantile_disc regr_avgx regr_avgy regr_count
		regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy reservoir_quantile sem skewness stddev stddev_pop stddev_samp string_agg sum
		sumkahan sum_no_overflow var_pop var_samp variance`) {
		all[name] = true
	}
	return all
}()

// as turns uses into those of another kind. What decides stays what it is, and what was
// aggregated stays so.
func as(by Subtype, uses []Use) []Use {
	out := make([]Use, len(uses))
	for i, u := range uses {
		out[i] = u
		switch {
		case !by.Direct() && u.Subtype.Direct(), u.Subtype == Identity, u.Subtype == Transformation && by == Aggregation:
			out[i].Subtype = by
		}
	}
	return out
}

// tidy orders uses and drops those that stand twice.
func tidy(uses []Use) []Use {
	out := slices.Clone(uses)
	slices.SortFunc(out, func(a, b Use) int {
		return strings.Compare(a.Table+"\x00"+a.Column+"\x00"+string(a.Subtype), b.Table+"\x00"+b.Column+"\x00"+string(b.Subtype))
	})
	return slices.Compact(out)
}
