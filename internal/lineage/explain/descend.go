package explain

import (
	"context"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// descend finds the cell of a subquery that a cell was taken from unchanged: then the
// rows behind that are those behind this one.
func (e *Explainer) descend(ctx context.Context, t target, l *located, at map[int32]int64) (target, bool, error) {
	x := l.item(t.query, t.column)
	name, _ := refName(x)
	inner := e.readsOne(t.query)
	if name == "" || inner == nil || text(inner, "type") != "SELECT_NODE" || len(list(child(t.query, "from_table"), "column_name_alias")) > 0 {
		return target{}, false, nil
	}
	// The row of the subquery is known by all its columns.
	q := clone(t.query)
	q["modifiers"] = []any{}
	keys := []string{}
	for i, k := range t.key {
		of := l.item(t.query, k.column)
		if of == nil {
			return target{}, false, nil
		}
		q["select_list"] = append(list(q, "select_list"), named(of, columnName("k", i)))
		typ := ""
		for _, c := range l.columns {
			if c.Name == k.column {
				typ = c.Type
			}
		}
		keys = append(keys, same(column("k", i), k.value, typ))
	}
	star := items(e.wrapped(nil), "select_list")[0]
	q["select_list"] = append([]any{star}, list(q, "select_list")[len(list(t.query, "select_list")):]...)
	found, err := e.rowOf(ctx, q, keys, len(t.key), at)
	if err != nil {
		return target{}, false, err
	}
	return target{query: inner, column: name, key: found}, found != nil, nil
}

// rowOf reads the row of a subquery under some conditions; nil when there are several.
func (e *Explainer) rowOf(ctx context.Context, q node, keys []string, hidden int, at map[int32]int64) ([]keyValue, error) {
	r := &rewrite{ctx: ctx, e: e, at: at}
	leave, err := r.enter(q)
	if err != nil {
		return nil, err
	}
	defer leave()
	if _, err := r.reads(q); err != nil {
		return nil, err
	}
	sql, err := e.print(ctx, q)
	if err != nil {
		return nil, err
	}
	columns, err := e.columns(ctx, sql)
	if err != nil {
		return nil, err
	}
	columns = columns[:len(columns)-hidden]
	selected := make([]string, len(columns))
	for i, c := range columns {
		selected[i] = quote(c.Name) + "::VARCHAR"
	}
	result, err := e.run(ctx, "SELECT "+strings.Join(selected, ", ")+" FROM ("+sql+") AS q"+where(keys)+" LIMIT 2")
	if err != nil {
		return nil, err
	}
	rows, err := result.All()
	if err != nil || len(rows) != 1 {
		return nil, err
	}
	return keyOf(columns, rows[0]), nil
}

func keyOf(columns []olap.ResultColumn, row []any) []keyValue {
	key := []keyValue{}
	for i, c := range columns {
		if slices.ContainsFunc(columns[:i], func(o olap.ResultColumn) bool { return o.Name == c.Name }) {
			continue
		}
		k := keyValue{column: c.Name}
		if s, ok := row[i].(string); ok {
			k.value = &s
		}
		key = append(key, k)
	}
	return key
}

// readsOne returns the subquery that is all a SELECT reads, with the common table expressions
// that it may name; nil when it reads something else.
func (e *Explainer) readsOne(q node) node {
	from, ctes := child(q, "from_table"), items(child(q, "cte_map"), "map")
	var inner node
	switch text(from, "type") {
	case "SUBQUERY":
		inner = clone(child(child(from, "subquery"), "node"))
	case "BASE_TABLE":
		for i, entry := range ctes {
			value := child(entry, "value")
			if !strings.EqualFold(text(entry, "key"), text(from, "table_name")) || text(from, "schema_name") != "" || len(list(value, "aliases")) > 0 {
				continue
			}
			inner, ctes = clone(child(child(value, "query"), "node")), ctes[:i]
			break
		}
	}
	if inner == nil {
		return nil
	}
	known := anys(cloneAll(ctes))
	inner["cte_map"] = node{"map": append(known, list(child(inner, "cte_map"), "map")...)}
	return inner
}
