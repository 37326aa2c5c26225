package explain

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// target is the cell of a statement that is explained: the query, which must be a SELECT,
// the column and what is known of the row.
type target struct {
	query  node
	column string
	key    []keyValue
}

// keyValue is a column of the cell's row and its value as the database writes it.
type keyValue struct {
	column string
	value  *string // nil: NULL
}

// listing is the query of the rows behind a cell.
type listing struct {
	column string // explained
	sql    string // columns: v_i_k, t_i (the row counts in part i), x_i, o
	parts  []string
	brings []string // what a row brings to each part
	totals string   // query of one row: how many rows, the parts, the whole
	value  any      // the cell
	typ    string
}

// unfold makes the listing of a cell as of positions.
func (e *Explainer) unfold(ctx context.Context, t target, at map[int32]int64) (*listing, error) {
	if text(t.query, "type") != "SELECT_NODE" {
		t.query = e.wrapped(t.query)
	}
	aggregated, err := e.aggregated(ctx, t.query)
	if err != nil {
		return nil, err
	}
	l, err := e.locate(ctx, &t, at, aggregated)
	if err != nil {
		return nil, err
	}
	if !aggregated {
		if inner, ok, err := e.descend(ctx, t, l, at); err != nil || ok {
			if err != nil {
				return nil, err
			}
			return e.unfold(ctx, inner, at)
		}
		return e.single(ctx, t, l, at)
	}
	return e.grouped(ctx, t, l, at)
}

// wrapped is a query over a set operation.
func (e *Explainer) wrapped(query node) node {
	outer := selectOf(node{
		"class": "STAR", "type": "STAR", "alias": "", "query_location": 0, "relation_name": "", "exclude_list": []any{},
		"replace_list": []any{}, "columns": false, "expr": nil, "qualified_exclude_list": []any{}, "rename_list": []any{},
	})
	outer["from_table"] = node{
		"type": "SUBQUERY", "alias": hiddenPrefix + "union", "sample": nil, "query_location": 0, "column_name_alias": []any{},
		"subquery": node{"node": query, "named_param_map": []any{}},
	}
	return outer
}

// located is the row of a cell.
type located struct {
	columns []olap.ResultColumn // of the result
	groups  []node              // expressions that the rows of the result are grouped by
	values  []*string           // of the groups
	types   []string            // likewise
	keys    []string            // conditions on the result's columns
	value   any
	typ     string
	plain   []node // items of the result that are no aggregates

	aggregate func(node) bool // tells aggregates
}

// locate runs the statement as it is, as of the positions, and finds the cell's row and
// the values that its group has.
func (e *Explainer) locate(ctx context.Context, t *target, at map[int32]int64, aggregated bool) (*located, error) {
	functions, err := e.aggregates(ctx)
	if err != nil {
		return nil, err
	}
	l := &located{aggregate: isAggregate(functions)}
	q := clone(t.query)
	q["modifiers"] = slices.DeleteFunc(list(q, "modifiers"), func(v any) bool {
		m, _ := v.(node)
		return text(m, "type") != "DISTINCT_MODIFIER" // neither order nor limit changes the row
	})
	if aggregated {
		if err := e.groupsOf(ctx, q, l); err != nil {
			return nil, err
		}
	}
	r := &rewrite{ctx: ctx, e: e, at: at}
	leave, err := r.enter(q)
	if err != nil {
		return nil, err
	}
	defer leave()
	if _, err := r.reads(q); err != nil {
		return nil, err
	}
	for i, g := range l.groups {
		q["select_list"] = append(list(q, "select_list"), named(g, columnName("g", i)))
	}
	sql, err := e.print(ctx, q)
	if err != nil {
		return nil, err
	}
	all, err := e.columns(ctx, sql)
	if err != nil {
		return nil, err
	}
	n := len(all) - len(l.groups)
	l.columns = all[:n]
	for _, c := range all[n:] {
		l.types = append(l.types, c.Type)
	}
	if err := l.conditions(t); err != nil {
		return nil, err
	}
	return l, e.readCell(ctx, sql, t, l)
}

// groupsOf finds what the rows of a SELECT are grouped by, and its items that are no
// aggregates.
func (e *Explainer) groupsOf(ctx context.Context, q node, l *located) error {
	if len(list(q, "group_sets")) > 1 {
		return refuse("write one GROUP BY for the rows that you mean", "a result of several groupings (ROLLUP, CUBE, GROUPING SETS) is not unfolded")
	}
	functions, err := e.aggregates(ctx)
	if err != nil {
		return err
	}
	selected := items(q, "select_list")
	for i, x := range selected {
		of := substitute(clone(x), selected[:i], isAggregate(functions)) // it may name an aggregate
		if find(of, isAggregate(functions)) || find(of, isClass("WINDOW")) {
			continue
		}
		l.plain = append(l.plain, clone(x))
	}
	groups := items(q, "group_expressions")
	if text(q, "aggregate_handling") == "FORCE_AGGREGATES" {
		groups = l.plain
	}
	for _, g := range groups {
		if at, ok := position(g); ok && at >= 1 && at <= len(selected) {
			g = selected[at-1]
		}
		l.groups = append(l.groups, clone(g))
	}
	return nil
}

// position returns the number of a GROUP BY 1.
func position(g node) (int, bool) {
	if text(g, "class") != "CONSTANT" {
		return 0, false
	}
	n, err := strconv.Atoi(fmt.Sprint(child(g, "value")["value"]))
	return n, err == nil
}

// columns returns the columns of a query.
func (e *Explainer) columns(ctx context.Context, sql string) ([]olap.ResultColumn, error) {
	result, err := e.run(ctx, "SELECT * FROM ("+sql+") AS q LIMIT 0")
	if err != nil {
		return nil, err
	}
	defer func() { _ = result.Close() }()
	return result.Columns, nil
}

// conditions checks the column and the key of the cell.
func (l *located) conditions(t *target) error {
	names := make([]string, len(l.columns))
	types := make(map[string]string)
	for i, c := range l.columns {
		names[i] = c.Name
		if _, twice := types[c.Name]; twice && (c.Name == t.column || slices.ContainsFunc(t.key, func(k keyValue) bool { return k.column == c.Name })) {
			return refuse("give each an own name with AS", "the result has two columns %q", c.Name)
		}
		types[c.Name] = c.Type
	}
	if t.column == "" && len(names) == 1 {
		t.column = names[0]
	}
	var ok bool
	if l.typ, ok = types[t.column]; !ok {
		return refuse("name one of "+strings.Join(names, ", ")+" as column", "the result has no column %q", t.column)
	}
	for _, k := range t.key {
		typ, ok := types[k.column]
		if !ok {
			return refuse("name some of "+strings.Join(names, ", ")+" in the row", "the result has no column %q", k.column)
		}
		l.keys = append(l.keys, same(quote(k.column), k.value, typ))
	}
	return nil
}

// same is the condition that an expression has a value of a type.
func same(x string, value *string, typ string) string {
	if value == nil {
		return x + " IS NULL"
	}
	return x + " IS NOT DISTINCT FROM CAST(" + literal(*value) + " AS " + typ + ")"
}

// readCell reads the cell and the values of its groups.
func (e *Explainer) readCell(ctx context.Context, sql string, t *target, l *located) error {
	selected := quote(t.column)
	for i := range l.groups {
		selected += ", " + column("g", i) + "::VARCHAR"
	}
	result, err := e.run(ctx, "SELECT "+selected+" FROM ("+sql+") AS q"+where(l.keys)+" LIMIT 2")
	if err != nil {
		return err
	}
	rows, err := result.All()
	if err != nil {
		return err
	}
	switch {
	case len(rows) == 0:
		return refuse("take row and column from a fresh result", "the result has no such row")
	case len(rows) > 1 && len(l.keys) == 0:
		return refuse("say which one: row with the values of its other columns", "the result has several rows")
	case len(rows) > 1 && l.groups != nil:
		return refuse("add the columns of GROUP BY to the SELECT and to the row", "several rows of the result are like that")
	}
	l.value = rows[0][0]
	for _, v := range rows[0][1:] {
		if s, ok := v.(string); ok {
			l.values = append(l.values, &s)
			continue
		}
		l.values = append(l.values, nil)
	}
	return nil
}

func where(conditions []string) string {
	if len(conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(conditions, " AND ")
}

// item finds the expression of a column of the result. Expressions that name other items
// by their alias are put together.
func (l *located) item(q node, column string) node {
	selected := items(q, "select_list")
	stars := find(q["select_list"], isClass("STAR"))
	for i, x := range selected {
		name := text(x, "alias")
		if plain, _ := refName(x); name == "" {
			name = plain
		}
		if name == "" && !stars && i < len(l.columns) {
			name = l.columns[i].Name
		}
		if name == column && text(x, "class") != "STAR" {
			return substitute(clone(x), selected[:i], l.aggregate)
		}
	}
	if stars {
		return columnRef(column)
	}
	for i, c := range l.columns {
		if c.Name == column && i < len(selected) {
			return substitute(clone(selected[i]), selected[:i], l.aggregate)
		}
	}
	return nil
}

// substitute puts the items in front of an expression into the places where it names them. In
// an aggregate, the name of an item with an aggregate in it is that of a column: they do not nest.
func substitute(x node, earlier []node, aggregate func(node) bool) node {
	if name, qualified := refName(x); name != "" && !qualified {
		for _, item := range earlier {
			if text(item, "alias") == name {
				return named(substitute(clone(item), nil, aggregate), text(x, "alias"))
			}
		}
		return x
	}
	if aggregate(x) {
		earlier = slices.DeleteFunc(slices.Clone(earlier), func(item node) bool { return find(item, aggregate) })
	}
	for _, key := range []string{"children", "left", "right", "child", "case_checks", "else_expr", "when_expr", "then_expr"} {
		switch v := x[key].(type) {
		case node:
			x[key] = substitute(v, earlier, aggregate)
		case []any:
			for i, c := range v {
				if n, ok := c.(node); ok {
					v[i] = substitute(n, earlier, aggregate)
				}
			}
		}
	}
	return x
}

// grouped is the listing of a cell that is made of aggregates.
func (e *Explainer) grouped(ctx context.Context, t target, l *located, at map[int32]int64) (*listing, error) {
	x := l.item(t.query, t.column)
	if x == nil {
		return nil, refuse("give it a name with AS", "the column %q cannot be told apart", t.column)
	}
	p, err := e.takeApart(ctx, x)
	if err != nil {
		return nil, err
	}
	if len(p.all) == 0 {
		return e.single(ctx, t, l, at)
	}
	q := clone(t.query)
	q["modifiers"], q["group_expressions"], q["group_sets"] = []any{}, []any{}, []any{}
	q["aggregate_handling"], q["having"], q["qualify"] = "STANDARD_HANDLING", nil, nil
	selected := slices.DeleteFunc(slices.Clone(l.plain), func(x node) bool { return text(x, "alias") == "" })
	for i, g := range l.groups {
		selected = append(selected, named(g, columnName("g", i)))
	}
	for i, part := range p.all {
		for k, v := range part.values {
			selected = append(selected, named(v, columnName("v", i, k)))
		}
		if part.filter != nil {
			selected = append(selected, named(part.filter, columnName("f", i)))
		}
	}
	for i, x := range p.others {
		selected = append(selected, named(x, columnName("x", i)))
	}
	q["select_list"] = anys(selected)
	rows, err := e.withOrigin(ctx, q, at)
	if err != nil {
		return nil, err
	}
	out := &listing{column: t.column, value: l.value, typ: l.typ}
	out.sql = p.listing(rows, l)
	return out, e.addTotals(ctx, p, out)
}

// withOrigin prints a query with the origin of its rows in column o.
func (e *Explainer) withOrigin(ctx context.Context, q node, at map[int32]int64) (string, error) {
	r := &rewrite{ctx: ctx, e: e, at: at}
	leave, err := r.enter(q)
	if err != nil {
		return "", err
	}
	defer leave()
	origins, err := r.reads(q)
	if err != nil {
		return "", err
	}
	if len(origins) == 0 {
		return "", refuse("explain a statement that reads tables", "it reads no table, so there are no rows behind it")
	}
	x, err := r.origin(origins, false, columnName("o"))
	if err != nil {
		return "", err
	}
	q["select_list"] = append(list(q, "select_list"), x)
	return e.print(ctx, q)
}

// listing is the query of the rows that count in some part.
func (p *parts) listing(rows string, l *located) string {
	selected, any := []string{column("o")}, []string{}
	for i := range p.all {
		part := &p.all[i]
		selected = append(selected, "("+part.taken(i)+") AS "+column("t", i))
		any = append(any, "("+part.taken(i)+")")
		for k := range part.values {
			selected = append(selected, column("v", i, k))
		}
	}
	for i := range p.others {
		selected = append(selected, column("x", i))
	}
	conditions := []string{"(" + strings.Join(any, " OR ") + ")"}
	for i := range l.groups {
		conditions = append(conditions, same(column("g", i), l.values[i], l.types[i]))
	}
	return "SELECT " + strings.Join(selected, ", ") + " FROM (" + rows + ") AS l" + where(conditions)
}

// addTotals makes the query of what the listing comes to.
func (e *Explainer) addTotals(ctx context.Context, p *parts, out *listing) error {
	totals := []node{}
	for i := range p.all {
		out.parts = append(out.parts, p.all[i].text)
		out.brings = append(out.brings, p.all[i].contribution(i))
		rows := call("count_star")
		rows["filter"] = columnRef(columnName("t", i))
		totals = append(totals, rows, p.all[i].call)
	}
	text, err := e.print(ctx, selectOf(append(totals, p.total)...))
	out.totals = "SELECT count(*), " + strings.TrimPrefix(text, "SELECT ") + " FROM (" + out.sql + ") AS t"
	return err
}

// single is the listing of a cell that is a value of its row.
func (e *Explainer) single(ctx context.Context, t target, l *located, at map[int32]int64) (*listing, error) {
	x := l.item(t.query, t.column)
	if x == nil {
		return nil, refuse("give it a name with AS", "the column %q cannot be told apart", t.column)
	}
	if find(x, isClass("WINDOW")) || find(x, isClass("SUBQUERY")) {
		return nil, refuse("explain a column without OVER and without a subquery", "the column %q takes rows of other results", t.column)
	}
	q := clone(t.query)
	q["modifiers"], q["group_expressions"], q["group_sets"] = []any{}, []any{}, []any{}
	q["aggregate_handling"], q["having"] = "STANDARD_HANDLING", nil
	conditions := l.keys
	if l.groups != nil { // a column that the rows are grouped by
		q["select_list"], q["qualify"] = anys(l.plain), nil
		for i, g := range l.groups {
			q["select_list"] = append(list(q, "select_list"), named(g, columnName("g", i)))
			conditions = append(conditions, same(column("g", i), l.values[i], l.types[i]))
		}
		conditions = conditions[len(l.keys):]
	}
	q["select_list"] = append(list(q, "select_list"), named(x, columnName("v", 0, 0)))
	rows, err := e.withOrigin(ctx, q, at)
	if err != nil {
		return nil, err
	}
	value := column("v", 0, 0)
	out := &listing{column: t.column, value: l.value, typ: l.typ, parts: []string{t.column}, brings: []string{value}}
	out.sql = "SELECT " + column("o") + ", true AS " + column("t", 0) + ", " + value + " FROM (" + rows + ") AS l" + where(conditions)
	// All rows have the value, or it is not theirs.
	out.totals = "SELECT count(*), count(*), any_value(" + value + "), CASE WHEN count(DISTINCT " + value + ") <= 1 THEN any_value(" + value + ") END FROM (" +
		out.sql + ") AS t"
	return out, nil
}
