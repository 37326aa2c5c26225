package warehouse

import (
	"fmt"
	"slices"
	"strings"
)

// Definition is a table of the star as a statement over the tables that it is made of. It
// gives the rows that the steps of the loader come to, but for dimensions with versions: it
// has a version for each event that tells of a member, where the loader has one for each
// span in which nothing changed.
type Definition struct {
	Name    string // qualified
	Doc     string
	Columns []Column
	SQL     string // empty: the table is filled when it is made
	Needs   string // table of a job without which there are no rows
}

// Definitions returns the tables of a star, in its order.
func Definitions(star []Table) []Definition {
	all := make([]Definition, len(star))
	for i := range star {
		t := &star[i]
		all[i] = Definition{Name: qualified(t.Name), Doc: t.Doc, Columns: t.columns(), Needs: t.Needs}
		switch t.Kind {
		case Type1:
			all[i].SQL = over + membersOf(t)
		case Type2:
			all[i].SQL = over + versionsOf(t)
		case Events:
			all[i].SQL = over + rowsOf(star, t)
		case Accumulating:
			all[i].SQL = over + foldedOf(star, t)
		case View:
			all[i].SQL = t.Query
		}
	}
	return all
}

// over is what stands before a statement over staged rows.
var over = "WITH stage_events AS (" + stageEvents(plainly, "true") + "), stage_lines AS (" + stageLines(plainly, "true") + ")\n"

func membersOf(t *Table) string {
	return fmt.Sprintf("SELECT %s AS %s, * FROM (SELECT DISTINCT %s FROM %s s WHERE %s)",
		surrogateSQL(names(t.keys(), ""), ""), surrogate(t.Name), aliased(t.Columns), t.From, t.Where)
}

func aliased(columns []Column) string {
	values := make([]string, len(columns))
	for i, c := range columns {
		values[i] = "(" + c.SQL + ")::" + c.Type + " AS " + quote(c.Name)
	}
	return strings.Join(values, ", ")
}

func versionsOf(t *Table) string {
	keys := strings.Join(names(t.keys(), ""), ", ")
	next := fmt.Sprintf("lead(valid_from) OVER (PARTITION BY %s ORDER BY valid_from)", keys)
	return fmt.Sprintf("SELECT %s AS %s, %s, valid_from, coalesce(%s, %s) AS valid_to, %[4]s IS NULL AS current, coalesce(%[6]s) IS NULL AS inferred\nFROM (SELECT %[7]s, s.happened AS valid_from FROM %[8]s s WHERE %[9]s)",
		surrogateSQL(names(t.keys(), ""), validFrom), surrogate(t.Name), strings.Join(names(t.Columns, ""), ", "), next, end,
		strings.Join(names(t.attributes(), ""), "::VARCHAR, ")+"::VARCHAR", aliased(t.Columns), t.From, t.Where)
}

// named joins staged rows with the dimensions that a fact names, and those of whose attributes
// it has values.
func named(star []Table, t *Table) string {
	var joins strings.Builder
	done := make(map[string]bool)
	for _, c := range t.Columns {
		if c.Dim == "" || done[c.Dim] || find(star, c.Dim).Kind == Fixed {
			continue
		}
		done[c.Dim] = true
		dim := find(star, c.Dim)
		on := strings.Split(c.SQL, ";")
		for i, k := range dim.keys() {
			on[i] = fmt.Sprintf("%s.%s = %s", dim.Name, k.Name, on[i])
		}
		if dim.Kind == Type2 {
			on = append(on, fmt.Sprintf("s.happened >= %s.valid_from AND s.happened < %[1]s.valid_to", dim.Name))
		}
		fmt.Fprintf(&joins, "\nLEFT JOIN %s AS %s ON %s", qualified(dim.Name), dim.Name, strings.Join(on, " AND "))
	}
	return joins.String()
}

// resolved is the value of a column of a fact, over staged rows that are joined with dimensions.
func resolved(star []Table, c Column) string {
	v := c.SQL
	if c.Dim != "" && find(star, c.Dim).Kind != Fixed {
		v = fmt.Sprintf("coalesce(%s.%s, -1)", c.Dim, surrogate(c.Dim))
	}
	return "(" + v + ")::" + c.Type
}

// lines is the relation of staged rows of a fact.
func (t *Table) lines() string {
	if t.From == FromLines {
		return linesSQL
	}
	return string(t.From)
}

func rowsOf(star []Table, t *Table) string {
	values := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		values[i] = resolved(star, c) + " AS " + quote(c.Name)
	}
	return fmt.Sprintf("SELECT %s\nFROM %s s%s\nWHERE %s", strings.Join(values, ", "), t.lines(), named(star, t), t.Where)
}

// foldedOf folds all events of a thing at once.
func foldedOf(star []Table, t *Table) string {
	const order = "(s.happened, s.event_id)"
	values := []string{"arg_min(s.event_id, " + order + ") AS " + firstEvent}
	for _, c := range t.Columns {
		v := resolved(star, c)
		switch {
		case c.Merge == "first": // also where the earliest has none
			v = fmt.Sprintf("first(%s ORDER BY s.happened, s.event_id)", v)
		case c.Merge != "":
			v = fmt.Sprintf("%s(%s)::%s", c.Merge, v, c.Type)
		}
		values = append(values, v+" AS "+quote(c.Name))
	}
	key := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Key })
	return fmt.Sprintf("SELECT %s\nFROM %s s%s\nWHERE %s\nGROUP BY %s", strings.Join(values, ", "), t.lines(), named(star, t), t.Where, resolved(star, t.Columns[key]))
}
