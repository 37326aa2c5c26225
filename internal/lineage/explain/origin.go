package explain

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// Table is a table whose rows have an origin: coordinates of the log, or the key of
// a job's result.
type Table struct {
	Name    string
	Columns []string
	// Key names the columns that a row of a job's table is known by; none of a table
	// whose rows carry coordinates.
	Key []string
	// Job is the job that publishes the table.
	Job string
}

// StoredTables are the platform's own tables.
func StoredTables() []Table {
	var all []Table
	for _, t := range olap.Tables() {
		own := Table{Name: t.Name}
		for _, c := range t.Columns {
			own.Columns = append(own.Columns, c.Name)
		}
		all = append(all, own)
	}
	return all
}

// JobTable is the table of a job, with its revisions.
func JobTable(job string, t *olap.JobTable) []Table {
	newest := Table{Name: t.Name, Job: job, Key: t.Key}
	for _, c := range t.Columns {
		newest.Columns = append(newest.Columns, c.Name)
	}
	revisions := newest
	revisions.Name += olap.RevisionsSuffix
	revisions.Columns = append([]string{olap.RevisionColumn}, newest.Columns...)
	revisions.Key = append([]string{olap.RevisionColumn}, newest.Key...)
	if len(newest.Key) == 0 {
		newest.Key = newest.Columns // rows without a key are known by all that they say
	}
	return []Table{newest, revisions}
}

func (t *Table) has(column string) bool { return slices.Contains(t.Columns, column) }

// withOrigin is the query of a table's rows as of a position, each with its origin
// in a column: a list of one, so that the origins of joined and of grouped rows are
// lists, too.
func (t *Table) withOrigin(hidden string, at map[int32]int64) string {
	value := func(column, typ string) string {
		if t.has(column) {
			return quote(column) + "::" + typ
		}
		return "NULL::" + typ
	}
	key, where := "NULL::VARCHAR", ""
	if t.Job != "" {
		key = keyText(t.Key)
	} else {
		where = " WHERE " + before(at)
	}
	partition, offset, line := value("partition", "INTEGER"), value("offset", "BIGINT"), value("line_no", "INTEGER")
	if t.Job != "" {
		partition, offset, line = "NULL::INTEGER", "NULL::BIGINT", "NULL::INTEGER"
	}
	return fmt.Sprintf("SELECT *, [{'t': %s, 'p': %s, 'o': %s, 'n': %s, 'id': %s, 'k': %s}] AS %s FROM %s%s",
		literal(t.Name), partition, offset, line, value("event_id", "UUID"), key, quote(hidden), quote(t.Name), where)
}

// keyText is the key of a job's row as a JSON object.
func keyText(key []string) string {
	fields := make([]string, len(key))
	for i, name := range key {
		fields[i] = quote(name) + " := " + quote(name) + "::VARCHAR"
	}
	return "to_json(struct_pack(" + strings.Join(fields, ", ") + "))::VARCHAR"
}

// before is the condition that a row was stored when the store stood at positions.
func before(at map[int32]int64) string {
	if len(at) == 0 {
		return "false"
	}
	var b strings.Builder
	b.WriteString(`"offset" < CASE partition`)
	for _, p := range partitions(at) {
		b.WriteString(" WHEN " + strconv.Itoa(int(p)) + " THEN " + strconv.FormatInt(at[p], 10))
	}
	b.WriteString(" ELSE 0 END")
	return b.String()
}

func partitions(at map[int32]int64) []int32 {
	all := make([]int32, 0, len(at))
	for p := range at {
		all = append(all, p)
	}
	slices.Sort(all)
	return all
}
