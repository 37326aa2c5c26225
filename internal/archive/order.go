package archive

import (
	"fmt"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/store/lake"
	"github.com/millrace/millrace/internal/store/olap"
)

// Rows of a file are ordered along a Z-order curve over ranks (Morton, 1966): near each
// other in all columns that a table is searched by, so that a row group has a narrow
// range in each of them, and is skipped by queries about another. A value's rank is the share
// of the rows below it: ranks are spread evenly over rows, however values are, and however
// many rows a few of them have. Ranks over the different values would have most rows, those
// of the few, in a corner of the curve, where it does not tell them apart.

// rankBits is how finely a column is ranked: a file has some dozens of row groups.
const rankBits = 8

// source is rows to write, ordered.
type source struct {
	from  string // what stands behind FROM
	where string
	// The column that rows are ordered by in time, and the span that they are in.
	span       lake.Partition
	start, end time.Time         // zero: rows without a partition
	names      map[string]string // of declared columns, in the rows
	selected   []string          // expressions
	columns    []olap.FileColumn // of the file, one per expression
}

// sql is the query of the rows in the order of a table.
func (q *source) sql(t *lake.Table) string {
	if !t.Curve || q.start.IsZero() {
		return fmt.Sprintf("SELECT %s FROM %s WHERE %s%s", strings.Join(q.selected, ", "), q.from, q.where, q.plainOrder(t))
	}
	var joins strings.Builder
	ranks := make([]string, 0, len(t.Sort))
	for i, column := range t.Sort {
		name, ok := q.names[column]
		switch {
		case !ok: // dropped in the lake
		case column == q.span.Column:
			lo, hi := q.start.UnixMicro(), q.end.UnixMicro()
			ranks = append(ranks, fmt.Sprintf("greatest(0, least(%d, (epoch_us(r.%s) - %d) * %d // %d))", 1<<rankBits-1, quote(name), lo, 1<<rankBits, hi-lo))
		default:
			fmt.Fprintf(&joins, "\nLEFT JOIN (SELECT v, ((sum(n) OVER (ORDER BY v NULLS FIRST) - n) * %d // sum(n) OVER ())::INTEGER AS n FROM (SELECT %s AS v, count(*) AS n FROM %s WHERE %s GROUP BY 1)) k%d ON k%[5]d.v = r.%[2]s",
				1<<rankBits, quote(name), q.from, q.where, i)
			ranks = append(ranks, fmt.Sprintf("coalesce(k%d.n, 0)", i))
		}
	}
	return fmt.Sprintf("SELECT %s FROM (SELECT * FROM %s WHERE %s) r%s\nORDER BY %s", strings.Join(q.selected, ", "), q.from, q.where, joins.String(), interleave(ranks))
}

func (q *source) plainOrder(t *lake.Table) string {
	var by []string
	for _, column := range t.Sort {
		if name, ok := q.names[column]; ok {
			by = append(by, quote(name))
		}
	}
	if len(by) == 0 {
		return ""
	}
	return " ORDER BY " + strings.Join(by, ", ")
}

// interleave is the expression of the place on the curve: the bits of the ranks in turns.
func interleave(ranks []string) string {
	if len(ranks) == 0 {
		return "0"
	}
	var terms []string
	for bit := range rankBits {
		for k, rank := range ranks {
			terms = append(terms, fmt.Sprintf("(((%s) >> %d) & 1) << %d", rank, bit, bit*len(ranks)+len(ranks)-1-k))
		}
	}
	return "(" + strings.Join(terms, ") | (") + ")"
}
