package duckdb

import (
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// What became of a quarantined event is not written to its row, since the driver
// never runs UPDATE (state.go): a view joins the row with the acts on it. Where
// nobody acted the aggregate below is empty, and the join costs its planning. What was
// purged is hidden in the same way wherever a column may quote the payload.

// settlingSQL has a row per event that was acted on. outcomes that leave the state as it
// is count as attempts only. Acts about sources and identities are about no row.
const settlingSQL = `SELECT original_partition, original_offset,
    arg_max(struct_pack(outcome, "at", "by"), "offset") FILTER (outcome <> 'requarantined') AS newest,
    count(*) FILTER (kind = 'redrive') AS attempts
  FROM `

const settlingWhere = `
  WHERE outcome <> 'void' AND kind NOT IN ('source', 'enter')
  GROUP BY original_partition, original_offset`

const stateSQL = `CASE a.newest.outcome WHEN 'duplicate' THEN 'recovered' WHEN 'reopened' THEN 'open' ELSE coalesce(a.newest.outcome, 'open') END`

var fromActs = map[olap.FromActs]string{
	olap.State:     stateSQL,
	olap.Attempts:  "coalesce(a.attempts, 0)",
	olap.SettledAt: `a.newest."at"`,
	olap.SettledBy: `a.newest."by"`,
}

// acts returns the table of acts.
func (l *layout) acts() *physical {
	i := slices.IndexFunc(l.stored, func(p *physical) bool { return p.declared.Of == olap.Acts })
	if i < 0 {
		panic("BUG: there is no table of acts")
	}
	return l.stored[i]
}

// readSQL is the query of the view over a table that is not read as it is stored.
func readSQL(t, acts *physical) string {
	hidden, joined := hiding(t, acts)
	columns := make([]string, len(t.declared.Columns))
	for i, c := range t.declared.Columns {
		value := "q." + quote(c.Name)
		if from, ok := c.Values.(olap.FromActs); ok {
			value = fromActs[from]
		} else if c.Purged {
			value = "CASE WHEN " + hidden + " THEN NULL ELSE " + value + " END"
		}
		columns[i] = value + " AS " + quote(c.Name)
	}
	return "SELECT " + strings.Join(columns, ", ") + "\nFROM " + t.sql() + " q\nLEFT JOIN (" + joined + ") a\nON " + sameEvent(t)
}

// hiding returns the condition under which the purged columns of a row show nothing, and
// what the row is joined with for that.
func hiding(t, acts *physical) (condition, joined string) {
	switch t.declared.Of {
	case olap.Quarantined:
		return "a.newest.outcome = 'purged'", settlingSQL + acts.sql() + settlingWhere
	case olap.Changes:
		return "a.original_offset IS NOT NULL", purgedSQL + acts.sql() + purgedWhere
	case olap.Acts: // those in vain have the payload that was tried, and what was said about it
		return "a.original_offset IS NOT NULL AND q.outcome = 'requarantined'", purgedSQL + acts.sql() + purgedWhere
	}
	panic("BUG: table " + t.declared.Name + " has columns that are purged, and no way to know of which rows")
}

// purgedSQL has a row per purged event.
const (
	purgedSQL   = `SELECT DISTINCT original_partition, original_offset FROM `
	purgedWhere = ` WHERE outcome = 'purged'`
)

// sameEvent joins a row with the event that it is about.
func sameEvent(t *physical) string {
	partition, offset := "partition", "offset"
	if t.declared.Of == olap.Acts {
		partition, offset = "original_partition", "original_offset"
	}
	return "a.original_partition = q." + quote(partition) + " AND a.original_offset = q." + quote(offset)
}
