package explain

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// table returns a table whose rows have an origin.
func (e *Explainer) table(name string) (Table, bool) {
	for _, t := range e.tables() {
		if t.Name == name {
			return t, true
		}
	}
	return Table{}, false
}

func (e *Explainer) tables() []Table {
	all := StoredTables()
	if e.cfg.Jobs != nil {
		for _, j := range e.cfg.Jobs.List() {
			all = append(all, tablesOf(j)...)
		}
	}
	return all
}

// fill reads the columns of the rows that an answer lists.
func (e *Explainer) fill(ctx context.Context, a *Answer) error {
	byTable := make(map[string][]*Origin)
	for i := range a.Listed {
		for k := range a.Listed[i].Origins {
			o := &a.Listed[i].Origins[k]
			if o.Key != "" {
				if err := json.Unmarshal([]byte(o.Key), &o.Fields); err != nil {
					return fmt.Errorf("BUG: the key of a row of %s is no JSON: %w", o.Table, err)
				}
				continue
			}
			byTable[o.Table] = append(byTable[o.Table], o)
		}
	}
	for name, origins := range byTable {
		if t, ok := e.table(name); ok {
			if err := e.fillTable(ctx, &t, origins[:min(len(origins), maxListed)]); err != nil {
				return err
			}
		}
	}
	return nil
}

// place is where a row is.
type place struct {
	partition int32
	offset    int64
	line      int32
}

func (e *Explainer) fillTable(ctx context.Context, t *Table, origins []*Origin) error {
	at := make(map[place]map[string]any, len(origins))
	places := make([]string, len(origins))
	key := `partition, "offset"`
	if t.has("line_no") {
		key += ", line_no"
	}
	for i, o := range origins {
		places[i] = fmt.Sprintf("(%d, %d)", o.Partition, o.Offset)
		if t.has("line_no") {
			places[i] = fmt.Sprintf("(%d, %d, %d)", o.Partition, o.Offset, o.Line)
		}
	}
	columns := slices.DeleteFunc(slices.Clone(t.Columns), func(c string) bool { return c == "payload" || c == "sample" })
	rows, err := e.own(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE (%s) IN (%s)", quoteAll(columns), quote(t.Name), key, strings.Join(places, ", ")))
	if err != nil {
		return err
	}
	for _, row := range rows {
		fields := make(map[string]any, len(columns))
		var p place
		for i, c := range columns {
			fields[c] = row[i]
			switch c {
			case "partition":
				p.partition = int32(count(row[i]))
			case "offset":
				p.offset = count(row[i])
			case "line_no":
				p.line = int32(count(row[i]))
			}
		}
		at[p] = fields
	}
	for _, o := range origins {
		o.Fields = at[place{o.Partition, o.Offset, o.Line}]
	}
	return nil
}

// own runs a statement of our own.
func (e *Explainer) own(ctx context.Context, sql string, args ...any) ([][]any, error) {
	result, err := e.cfg.Store.Query(ctx, olap.Query{SQL: sql, Args: args})
	if err != nil {
		return nil, fmt.Errorf("cannot read the rows behind a number: %w", err)
	}
	rows, err := result.All()
	if err != nil {
		return nil, fmt.Errorf("cannot read the rows behind a number: %w", err)
	}
	return rows, nil
}

// maxVersions bounds the versions that an answer lists: the most frequent ones.
const maxVersions = 20

// versions finds what made the events behind a cell.
func (e *Explainer) versions(ctx context.Context, l *listing, a *Answer) error {
	if a.Rows == 0 {
		return nil
	}
	result, err := e.run(ctx, fmt.Sprintf(`SELECT versions, count(*), count(*) FILTER (late) FROM events
WHERE (partition, "offset") IN (SELECT (x.p, x.o) FROM (SELECT unnest(%s) AS x FROM (%s) AS l) AS u) GROUP BY versions ORDER BY 2 DESC, 1 LIMIT %d`,
		column("o"), l.sql, maxVersions))
	if err != nil {
		return err
	}
	rows, err := result.All()
	if err != nil {
		return err
	}
	for _, row := range rows {
		v := Version{Events: count(row[1]), Late: count(row[2])}
		v.Versions, _ = row[0].(string)
		a.Versions = append(a.Versions, v)
	}
	return nil
}

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = quote(n)
	}
	return strings.Join(quoted, ", ")
}
