package warehouse

import (
	"fmt"
	"slices"
	"strings"
)

// near is the temporary table of those members of a dimension with versions that a step names.
func near(t *Table) string { return "near_" + strings.TrimPrefix(t.Name, "dim_") }

// observed is the query of what staged rows say of a dimension's members.
func observed(t *Table) string {
	values := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		values[i] = "(" + c.SQL + ")::" + c.Type + " AS " + c.Name
	}
	return fmt.Sprintf("SELECT %s, s.happened AS happened FROM %s s WHERE %s", strings.Join(values, ", "), t.From, t.Where)
}

// sightingsSQL keeps what was seen, reads what is known of the members that the step names, and
// finds those whose versions may change: new ones, and those of which a version says something
// else. Sightings of a day are kept as the first and the last of equal ones, so a day in which
// a version begins or ends may change without news.
//
// A member is simple when it has no attribute of two values: it has one version, from the
// beginning on.
func sightingsSQL(t *Table) string {
	key, attrs := t.keys()[0].Name, names(t.attributes(), "")
	differs, single, merged := make([]string, len(attrs)), []string{}, make([]string, len(attrs))
	for i, a := range attrs {
		differs[i] = fmt.Sprintf("(o.%s IS NOT NULL AND o.%[1]s IS DISTINCT FROM v.%[1]s)", a)
		single = append(single, fmt.Sprintf("min(o.%s) IS NOT DISTINCT FROM max(o.%[1]s) AND (bool_and(o.%[1]s IS NULL OR v.%[1]s IS NULL OR o.%[1]s = v.%[1]s))", a))
		merged[i] = fmt.Sprintf("coalesce(max(v.%s), max(o.%[1]s)) AS %[1]s", a)
	}
	list, said := strings.Join(attrs, ", "), "coalesce("+strings.Join(asText(attrs, "o."), ", ")+") IS NOT NULL"
	return fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE observed AS SELECT %[1]s, %[2]s, date_trunc('day', happened) AS day, min(happened) AS first_at, max(happened) AS last_at
FROM (%[3]s) GROUP BY ALL;
INSERT INTO %[4]s SELECT * FROM observed o WHERE %[5]s;
CREATE OR REPLACE TEMP TABLE %[6]s AS SELECT d.* FROM %[7]s d SEMI JOIN observed o ON o.%[1]s = d.%[1]s;
CREATE OR REPLACE TEMP TABLE touched AS SELECT o.%[1]s, bool_or(v.%[1]s IS NOT NULL) AS had,
  bool_and(v.%[1]s IS NULL OR v.valid_from = %[9]s AND v.valid_to = %[10]s) AND %[11]s AS simple, %[12]s
FROM observed o LEFT JOIN %[6]s v ON v.%[1]s = o.%[1]s AND o.first_at >= v.valid_from AND o.first_at < v.valid_to
WHERE v.%[1]s IS NULL OR %[8]s OR %[5]s AND (v.valid_from > o.day OR v.valid_to < o.day + INTERVAL 1 DAY) GROUP BY 1;
`, key, list, observed(t), observations(t), said, near(t), qualified(t.Name), strings.Join(differs, " OR "), beginning, end, strings.Join(single, " AND "), strings.Join(merged, ", "))
}

func asText(columns []string, prefix string) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = prefix + c + "::VARCHAR"
	}
	return out
}

// What touched members are.
const (
	anyTouched = "any"
	hadTouched = "had"   // versions before
	splitSaid  = "split" // is not simple
)

const touchedSQL = "SELECT DISTINCT what FROM (SELECT unnest(['" + anyTouched + "', CASE WHEN had THEN '" + hadTouched + "' END, CASE WHEN NOT simple THEN '" + splitSaid + "' END]) AS what FROM touched) WHERE what IS NOT NULL"

// simpleSQL makes the versions of touched members that have one.
func simpleSQL(t *Table) string {
	key, attrs := t.keys()[0].Name, names(t.attributes(), "")
	return fmt.Sprintf("CREATE OR REPLACE TEMP TABLE made AS SELECT %s AS %s, %s, %s, %s AS valid_from, %s AS valid_to, true AS current, coalesce(%s) IS NULL AS inferred FROM touched WHERE simple;\n",
		surrogateSQL([]string{key}, ""), surrogate(t.Name), key, strings.Join(attrs, ", "), beginning, end, strings.Join(asText(attrs, ""), ", "))
}

// splitSQL makes the versions of the other touched members, of all that was ever seen of them.
// What a sighting does not say stays as it was seen before, and is until it is first seen what
// it is then: so a sighting says the same whenever it comes, and one that says nothing makes no
// version. Sightings at one time are one.
func splitSQL(t *Table) string {
	key, attrs := t.keys()[0].Name, names(t.attributes(), "")
	each := func(format string) string {
		out := make([]string, len(attrs))
		for i, a := range attrs {
			out[i] = fmt.Sprintf(format, a)
		}
		return strings.Join(out, ", ")
	}
	changes := make([]string, len(attrs))
	for i, a := range attrs {
		changes[i] = fmt.Sprintf("%s IS DISTINCT FROM lag(%[1]s) OVER member", a)
	}
	return fmt.Sprintf(`INSERT INTO made
WITH merged AS (SELECT o.%[1]s, %[2]s, min(first_at) AS first_at, max(last_at) AS last_at FROM %[3]s o SEMI JOIN (FROM touched WHERE NOT simple) t ON t.%[1]s = o.%[1]s GROUP BY o.%[1]s, %[2]s, day),
seen AS (SELECT %[1]s, happened, %[4]s FROM (SELECT %[1]s, %[2]s, first_at AS happened FROM merged UNION SELECT %[1]s, %[2]s, last_at FROM merged) GROUP BY %[1]s, happened),
stated AS (SELECT %[1]s, happened, %[5]s FROM seen WINDOW member AS (PARTITION BY %[1]s ORDER BY happened),
  whole AS (PARTITION BY %[1]s ORDER BY happened ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)),
marked AS (SELECT *, row_number() OVER member = 1 AS opens, (%[6]s) AS changes FROM stated WINDOW member AS (PARTITION BY %[1]s ORDER BY happened)),
versions AS (SELECT %[1]s, %[2]s, CASE WHEN opens THEN %[7]s ELSE happened END AS valid_from FROM marked WHERE opens OR changes),
ended AS (SELECT *, coalesce(lead(valid_from) OVER (PARTITION BY %[1]s ORDER BY valid_from), %[8]s) AS valid_to FROM versions)
SELECT %[9]s, %[1]s, %[2]s, valid_from, valid_to, valid_to = %[8]s, false FROM ended;
`, key, strings.Join(attrs, ", "), observations(t), each("max(%s) AS %[1]s"), each("coalesce(last_value(%s IGNORE NULLS) OVER member, first_value(%[1]s IGNORE NULLS) OVER whole) AS %[1]s"),
		strings.Join(changes, " OR "), beginning, end, surrogateSQL([]string{key}, validFrom))
}

// movedSQL finds the members whose facts may name another version, or copy other attributes,
// and the time from which on.
func movedSQL(star []Table, t *Table) string {
	key := t.keys()[0].Name
	columns := []string{key, validFrom}
	for _, a := range names(t.attributes(), "") {
		if copied(star, t, a) {
			columns = append(columns, a)
		}
	}
	list := strings.Join(columns, ", ")
	return fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE moved AS SELECT %[1]s, min(valid_from) AS since FROM (
WITH before AS (SELECT %[2]s FROM %[3]s SEMI JOIN (FROM touched WHERE had) USING (%[1]s)), after AS (SELECT %[2]s FROM made SEMI JOIN (FROM touched WHERE had) USING (%[1]s))
(FROM before EXCEPT FROM after) UNION ALL (FROM after EXCEPT FROM before)) GROUP BY 1;
`, key, list, near(t))
}

// copied reports whether facts have values that are made of an attribute.
func copied(star []Table, dim *Table, attribute string) bool {
	return slices.ContainsFunc(star, func(t Table) bool {
		return slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Of == dim.Name && strings.Contains(c.SQL, dim.Name+"."+attribute) })
	})
}

// removeSQL removes the versions of touched members.
func removeSQL(t *Table) string {
	key := t.keys()[0].Name
	return fmt.Sprintf("DELETE FROM %s WHERE %s IN (SELECT %[2]s FROM touched WHERE had);\nDELETE FROM %[3]s WHERE %[2]s IN (SELECT %[2]s FROM touched WHERE had);\n", qualified(t.Name), key, near(t))
}

// addVersionsSQL adds the versions that were made.
func addVersionsSQL(t *Table) string {
	return fmt.Sprintf("INSERT INTO %s SELECT * FROM made;\nINSERT INTO %s SELECT * FROM made;\n", qualified(t.Name), near(t))
}

// affectedSQL names the facts that have rows of moved members from their time on. since is a
// literal, so that older rows are not read.
func affectedSQL(star []Table, dim *Table, since string) string {
	var branches []string
	for i := range star {
		if fact := &star[i]; repoints(fact, dim) {
			branches = append(branches, fmt.Sprintf("SELECT %s WHERE EXISTS (SELECT 1 FROM %s f JOIN moved m ON m.%[3]s = f.%[3]s AND f.event_time >= m.since WHERE f.event_time >= %[4]s)",
				text(fact.Name), qualified(fact.Name), dim.keys()[0].Name, since))
		}
	}
	return strings.Join(branches, " UNION ALL ")
}

// repointSQL lets the facts about moved members name the version of their time.
func repointSQL(fact, dim *Table, since string) string {
	key := dim.keys()[0].Name
	values := []string{dim.Name + "." + surrogate(dim.Name) + " AS " + surrogate(dim.Name)}
	for _, c := range fact.Columns {
		if c.Of == dim.Name {
			values = append(values, "("+c.SQL+")::"+c.Type+" AS "+quote(c.Name))
		}
	}
	return fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE turned AS SELECT s.rowid AS turned_row, s.* REPLACE (%[1]s)
FROM %[2]s s JOIN moved m ON m.%[3]s = s.%[3]s AND s.event_time >= m.since
JOIN %[4]s %[5]s ON %[5]s.%[3]s = s.%[3]s AND s.event_time >= %[5]s.valid_from AND s.event_time < %[5]s.valid_to
WHERE s.event_time >= %[6]s;
DELETE FROM %[2]s WHERE rowid IN (SELECT turned_row FROM turned);
INSERT INTO %[2]s SELECT * EXCLUDE (turned_row) FROM turned;
DROP TABLE turned;
`, strings.Join(values, ", "), qualified(fact.Name), key, near(dim), dim.Name, since)
}

// repoints reports whether facts of a table name versions of a dimension.
func repoints(fact, dim *Table) bool {
	return (fact.Kind == Events || fact.Kind == Accumulating) && slices.ContainsFunc(fact.Columns, func(c Column) bool { return c.Dim == dim.Name })
}
