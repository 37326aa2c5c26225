package warehouse

import (
	"fmt"
	"strings"
)

// reading names what a table of events is read by.
type reading func(table string) string

// plainly is by its name.
func plainly(table string) string { return table }

// stageSQL copies the rows of a step. in is the condition on their places.
func stageSQL(of reading, in string) string {
	return "CREATE OR REPLACE TEMP TABLE stage_events AS " + stageEvents(of, in) + ";\nCREATE OR REPLACE TEMP TABLE stage_lines AS " + stageLines(of, in) + ";\n"
}

// stageEvents selects the events of a step. seq is their order by time: of two rows of a step that
// with the lower one is earlier.
func stageEvents(of reading, in string) string {
	return fmt.Sprintf(`SELECT *, row_number() OVER (ORDER BY happened, event_id) AS seq FROM (
SELECT event_id, coalesce(event_time, received_at) AS happened, type, customer_id, anonymous_id, order_id, session_id, channel, country, currency, amount, device, browser, os, bot,
  campaign_source, campaign_medium, campaign_name, segment, "partition", "offset", properties FROM %[2]s WHERE %[1]s)`, in, of("events"))
}

// stageLines selects the items of a step. The product of a price of the catalogue is in the
// properties of its event.
func stageLines(of reading, in string) string {
	return fmt.Sprintf(`SELECT e.seq, e.happened, e.type, e.currency, %[2]s, %[3]s,
  l.line_no, l.product_id, l.product_name, l.category, l.kind, l.quantity, l.unit_price, l.amount
FROM (SELECT * FROM %[5]s WHERE %[1]s) l JOIN stage_events e ON e."partition" = l."partition" AND e."offset" = l."offset"
UNION ALL SELECT seq, happened, type, currency, %[2]s, %[3]s, 0, %[4]s, NULL, NULL, 'view', NULL, NULL, NULL FROM stage_events e WHERE type = 'price_changed'`,
		in, priced("list_price"), priced("cost"), propertyOf("e", "product_id"), of("order_lines"))
}

const unstageSQL = `DROP TABLE stage_events; DROP TABLE stage_lines; DROP TABLE keyed_events; DROP TABLE keyed_lines;`

// newsSQL names the tables for which there is something to do: facts and dimensions with
// versions of which there are staged rows, and other dimensions that lack a member. Planning
// the statements of the others costs more than a small step.
func newsSQL(star []Table) string {
	cases := make(map[Source][]string)
	var branches []string
	for i := range star {
		switch t := &star[i]; t.Kind {
		case Type1:
			branches = append(branches, fmt.Sprintf("SELECT %s WHERE EXISTS (SELECT 1 FROM %s)", text(t.Name), newMembers(t)))
		case Type2, Events, Accumulating:
			cases[t.From] = append(cases[t.From], fmt.Sprintf("CASE WHEN bool_or(%s) THEN %s END", t.Where, text(t.Name)))
		}
	}
	for _, from := range []Source{FromEvents, FromLines} {
		staged := string(from) + " s"
		if from == FromLines {
			staged = "(SELECT l.*, e.order_id FROM stage_lines l JOIN stage_events e USING (seq)) s"
		}
		branches = append(branches, fmt.Sprintf("SELECT name FROM (SELECT unnest([%s]) AS name FROM %s) WHERE name IS NOT NULL", strings.Join(cases[from], ", "), staged))
	}
	return strings.Join(branches, "\nUNION ALL ")
}

// newMembers is a subquery: the staged members that a type 1 dimension does not have.
func newMembers(t *Table) string {
	values := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		values[i] = c.SQL + " AS " + c.Name
	}
	return fmt.Sprintf("(SELECT DISTINCT %s FROM %s s WHERE %s) n ANTI JOIN %s d USING (%s)", strings.Join(values, ", "), t.From, t.Where, qualified(t.Name), strings.Join(names(t.keys(), ""), ", "))
}

// dimensionSQL adds the members of a type 1 dimension that it does not have.
func dimensionSQL(t *Table) string {
	return fmt.Sprintf("INSERT INTO %s SELECT %s, %s FROM %s;\n", qualified(t.Name), surrogateSQL(names(t.keys(), ""), ""), strings.Join(names(t.Columns, ""), ", "), newMembers(t))
}

// linesSQL is items with the columns of their events.
var linesSQL = "(SELECT e.* EXCLUDE (amount), TRY_CAST(" + propertyOf("e", "fx_rate") + " AS DECIMAL(18,6)) AS fx_rate, l.* EXCLUDE (seq, happened, type, currency, list_price, cost) FROM stage_lines l JOIN stage_events e USING (seq))"

// keyedSQL resolves the surrogate keys of all facts of a step at once, and the values that are
// made of attributes of dimensions. The tables are narrow: to copy a staged row costs as much as
// all its keys.
func keyedSQL(star []Table) string {
	events, lines := keysOf(star, FromEvents), keysOf(star, FromLines)
	return fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE keyed_events AS SELECT s.seq%s
FROM stage_events s%s;
CREATE OR REPLACE TEMP TABLE keyed_lines AS SELECT s.seq, s.line_no%s
FROM %s s%s
WHERE %s;
`, events.values, events.joins, lines.values, linesSQL, lines.joins, ofFacts(star, FromLines))
}

// ofFacts is the condition of staged rows that are in a fact.
func ofFacts(star []Table, from Source) string {
	var all []string
	for i := range star {
		if t := &star[i]; t.From == from && (t.Kind == Events || t.Kind == Accumulating) {
			all = append(all, "("+t.Where+")")
		}
	}
	return strings.Join(all, " OR ")
}

// lookup is what resolves the keys of staged rows.
type lookup struct{ values, joins string }

// keysOf finds the dimensions that facts name: those that are made of items for items, the
// others for events.
func keysOf(star []Table, from Source) lookup {
	var l lookup
	done := make(map[string]bool)
	for i := range star {
		for _, c := range star[i].Columns {
			if c.Dim == "" || done[c.Dim] || star[i].Kind == View {
				continue
			}
			dim := find(star, c.Dim)
			done[c.Dim] = true
			if dim.Kind == Fixed || dim.From != from {
				continue
			}
			l.joins += joinSQL(dim, strings.Split(c.SQL, ";"))
			l.values += fmt.Sprintf(", coalesce(%s.%s, -1) AS %[2]s", dim.Name, surrogate(dim.Name))
		}
	}
	for i := range star {
		for _, c := range star[i].Columns {
			if name := c.Of + " " + c.Name; c.Of != "" && !done[name] && star[i].From == from {
				done[name] = true
				l.values += fmt.Sprintf(", %s AS %s", c.SQL, ofPrefix+c.Name)
			}
		}
	}
	return l
}

// ofPrefix is that of values in staged rows which are made of attributes of a dimension.
const ofPrefix = "of_"

func joinSQL(dim *Table, values []string) string {
	on := make([]string, 0, len(values)+1)
	for i, k := range dim.keys() {
		on = append(on, fmt.Sprintf("%s.%s = %s", dim.Name, k.Name, values[i]))
	}
	table := qualified(dim.Name)
	if dim.Kind == Type2 {
		table = near(dim)
		on = append(on, fmt.Sprintf("s.happened >= %s.valid_from AND s.happened < %[1]s.valid_to", dim.Name))
	}
	return fmt.Sprintf("\nLEFT JOIN %s %s ON %s", table, dim.Name, strings.Join(on, " AND "))
}

// staged is what the rows of a fact are made of: staged rows s, with keys k, and of items with
// keys i.
func staged(t *Table) string {
	if t.From == FromLines {
		return linesSQL + " s JOIN keyed_events k ON k.seq = s.seq JOIN keyed_lines i ON i.seq = s.seq AND i.line_no = s.line_no"
	}
	return "stage_events s JOIN keyed_events k ON k.seq = s.seq"
}

// value is the value of a column of a fact, over what staged returns.
func value(star []Table, c Column) string {
	v := c.SQL
	switch {
	case c.Of != "":
		v = "i." + ofPrefix + c.Name
	case c.Dim != "" && find(star, c.Dim).From == FromLines:
		v = "i." + surrogate(c.Dim)
	case c.Dim != "" && find(star, c.Dim).Kind != Fixed:
		v = "k." + surrogate(c.Dim)
	}
	return "(" + v + ")::" + c.Type
}

// factSQL adds the staged rows of a fact with a row per event or item.
func factSQL(star []Table, t *Table) string {
	values := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		values[i] = value(star, c)
	}
	return fmt.Sprintf("INSERT INTO %s SELECT %s\nFROM %s WHERE %s;\n", qualified(t.Name), strings.Join(values, ", "), staged(t), t.Where)
}

// freshSQL folds the staged rows of an accumulating fact, and finds the rows of the same things
// that it has. What the earliest event says is taken from its row as a whole; equal times are
// told apart by identity, so that arrival does not matter.
func freshSQL(star []Table, t *Table) string {
	key := t.keys()[0]
	folded := []string{"(" + key.SQL + ")::" + key.Type + " AS k", "min(s.seq) AS seq"}
	columns := []string{"s.event_id AS " + firstEvent}
	for i, c := range t.Columns {
		switch {
		case c.Key:
			columns = append(columns, "a.k AS "+quote(c.Name))
		case c.Merge == "first":
			columns = append(columns, value(star, c)+" AS "+quote(c.Name))
		default:
			folded = append(folded, fmt.Sprintf("%s(%s)::%s AS c%d", c.Merge, value(star, c), c.Type, i))
			columns = append(columns, fmt.Sprintf("a.c%d AS %s", i, quote(c.Name)))
		}
	}
	return fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE fresh AS SELECT %[1]s
FROM (SELECT %[2]s FROM %[3]s s WHERE %[4]s GROUP BY 1) a JOIN %[7]s ON s.seq = a.seq;
CREATE OR REPLACE TEMP TABLE known AS SELECT f.rowid AS known_row, f.* FROM %[5]s f SEMI JOIN fresh n ON n.%[6]s = f.%[6]s;
`, strings.Join(columns, ", "), strings.Join(folded, ", "), t.From, t.Where, qualified(t.Name), quote(key.Name), staged(t))
}

const anyKnownSQL = "SELECT 'x' FROM known LIMIT 1"

// addSQL adds what was folded to a fact that has none of it.
func addSQL(t *Table) string {
	return fmt.Sprintf("INSERT INTO %s SELECT * FROM fresh;\n", qualified(t.Name))
}

// mergeSQL puts what was folded and what the fact has in the place of the latter.
func mergeSQL(t *Table) string {
	columns := []string{earlier(firstEvent)}
	for _, c := range t.Columns {
		name := quote(c.Name)
		switch c.Merge {
		case "first":
			columns = append(columns, earlier(name))
		case "sum":
			columns = append(columns, fmt.Sprintf("n.%s + coalesce(o.%[1]s, 0)", name))
		case "min":
			columns = append(columns, fmt.Sprintf("least(n.%s, o.%[1]s)", name))
		case "max":
			columns = append(columns, fmt.Sprintf("greatest(n.%s, o.%[1]s)", name))
		default:
			columns = append(columns, "n."+name)
		}
	}
	return fmt.Sprintf("DELETE FROM %[1]s WHERE rowid IN (SELECT known_row FROM known);\nINSERT INTO %[1]s SELECT %[2]s\nFROM fresh n LEFT JOIN known o USING (%[3]s);\n",
		qualified(t.Name), strings.Join(columns, ", "), quote(t.keys()[0].Name))
}

// earlier is the value of that of two rows which is of the earlier event.
func earlier(name string) string {
	return fmt.Sprintf("CASE WHEN o.event_time < n.event_time OR o.event_time = n.event_time AND o.%s < n.%[1]s THEN o.%s ELSE n.%[2]s END", firstEvent, name)
}

const dropFoldedSQL = "DROP TABLE fresh; DROP TABLE known;"

// Statements returns all statements of a step, for a range and a time that stand for any.
func Statements(star []Table) []string {
	all := []string{stageSQL(plainly, "true"), newsSQL(star)}
	for i := range star {
		switch t := &star[i]; t.Kind {
		case Type1:
			all = append(all, dimensionSQL(t))
		case Type2:
			all = append(all, sightingsSQL(t), splitSQL(t), simpleSQL(t), removeSQL(t), addVersionsSQL(t), movedSQL(star, t))
			for k := range star {
				if repoints(&star[k], t) {
					all = append(all, repointSQL(&star[k], t, beginning))
				}
			}
		}
	}
	all = append(all, keyedSQL(star))
	for i := range star {
		switch t := &star[i]; t.Kind {
		case Events:
			all = append(all, factSQL(star, t))
		case Accumulating:
			all = append(all, freshSQL(star, t), addSQL(t), mergeSQL(t))
		}
	}
	return append(all, unstageSQL)
}
