package duckdb

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
)

// Rows that rest in files of the lake are further branches of the views over the fact
// tables (ADR 090). Which files they are is in the database, so that the rows leave
// it and appear there in one transaction.

// seamTable has one row, or is not there: files without a lake have no such table.
const seamTable = internalSchema + ".lake_seam"

// readSeam returns what is read from files, nil when nothing is.
func readSeam(c *connection) (*olap.Seam, error) {
	exists, err := c.number("SELECT count(*) FROM duckdb_tables() WHERE schema_name = '" + internalSchema + "' AND table_name = 'lake_seam'")
	if err != nil || exists == 0 {
		return nil, err
	}
	texts, err := c.texts("SELECT seam FROM " + seamTable)
	if err != nil || len(texts) == 0 {
		return nil, err
	}
	seam := &olap.Seam{}
	if err := json.Unmarshal([]byte(texts[0]), seam); err != nil {
		return nil, fmt.Errorf("cannot read which rows are in files of the lake: %w", err)
	}
	return seam, nil
}

func saveSeam(seam *olap.Seam) (string, error) {
	text, err := json.Marshal(seam)
	return fmt.Sprintf("CREATE OR REPLACE TABLE %s (seam VARCHAR);\nINSERT INTO %[1]s VALUES (%s);\n", seamTable, literal(string(text))), err
}

// archive is where the files of a lake are, and what is read from them.
type archive struct {
	dir  string     // empty: there is no lake
	seam *olap.Seam // nil: nothing is read from files
}

// branches are the queries of a view's rows that are in files. more are further columns.
func (a *archive) branches(v *view, more string) []string {
	if a.seam == nil {
		return nil
	}
	i := slices.IndexFunc(a.seam.Tables, func(t olap.FileTable) bool { return t.Name == v.table.Name })
	if i < 0 {
		return nil
	}
	t := &a.seam.Tables[i]
	var branches []string
	for _, g := range t.Groups {
		to := g.To
		if a.seam.Below.Before(to) {
			to = a.seam.Below
		}
		if len(g.Files) == 0 || !g.From.Before(to) {
			continue
		}
		branches = append(branches, fmt.Sprintf("SELECT %s%s\nFROM read_parquet([%s], schema = MAP {%s})\nWHERE event_time >= %s AND event_time < %s",
			fileColumns(v.table, t), more, a.fileList(g.Files), fileSchema(v.table, t), timestamp(g.From), timestamp(to)))
	}
	return branches
}

func (a *archive) fileList(files []string) string {
	texts := make([]string, len(files))
	for i, f := range files {
		texts[i] = literal(filepath.Join(a.dir, f))
	}
	return strings.Join(texts, ", ")
}

// fileColumns is the list of a table's columns, read from files.
func fileColumns(declared *olap.Table, t *olap.FileTable) string {
	columns := make([]string, len(declared.Columns))
	for i, c := range declared.Columns {
		columns[i] = quote(c.Name)
		if !slices.ContainsFunc(t.Columns, func(f olap.FileColumn) bool { return f.Name == c.Name }) {
			columns[i] = "NULL::" + c.Type.SQL() + " AS " + quote(c.Name)
		}
	}
	return strings.Join(columns, ", ")
}

// fileSchema maps the numbers of columns to their names and types, so that a file is
// read whatever its columns were called when it was written.
func fileSchema(declared *olap.Table, t *olap.FileTable) string {
	var fields []string
	for _, c := range t.Columns {
		k := slices.IndexFunc(declared.Columns, func(d olap.Column) bool { return d.Name == c.Name })
		if k >= 0 {
			fields = append(fields, fmt.Sprintf("%d: {name: %s, type: %s, default_value: NULL}", c.ID, literal(c.Name), literal(declared.Columns[k].Type.SQL())))
		}
	}
	return strings.Join(fields, ", ")
}

func timestamp(t time.Time) string { return fmt.Sprintf("make_timestamp(%d)", t.UnixMicro()) }

// removal is the statement that removes rows from a fact table which are in files.
func removal(t *physical, seam *olap.Seam) string {
	sql := fmt.Sprintf("DELETE FROM %s WHERE event_time < %s AND %s;\n", t.sql(), timestamp(seam.Below), olap.Before(seam.Offsets))
	if len(seam.Erased) == 0 {
		return sql
	}
	events := make([]string, len(seam.Erased))
	for i, e := range seam.Erased {
		events[i] = fmt.Sprintf("(%d, %d)", e.Partition, e.Offset)
	}
	return sql + fmt.Sprintf("DELETE FROM %s WHERE (\"partition\", \"offset\") IN (%s);\n", t.sql(), strings.Join(events, ", "))
}
