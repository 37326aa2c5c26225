package archive

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/store/lake"
	"github.com/millrace/millrace/internal/store/olap"
)

// flow is how rows of the analytics store get to a table of the lake.
type flow struct {
	table lake.Table
	from  string // the view that has the rows
	jobs  bool   // rows are numbered as results of jobs, not by partition and offset
}

// eventsTable is the table of accepted events. Those of their items move with it: the store
// has all in one (ADR 041).
const eventsTable = "events"

// together are the tables that move together, that of events first.
func together() []string {
	var names []string
	for _, t := range olap.Tables() {
		if t.Of == olap.Accepted || t.Of == olap.Items || t.Of == olap.Viewed {
			names = append(names, t.Name)
		}
	}
	return names
}

// logTables are the tables of the platform that the lake has. What is quarantined is not
// among them: its rows change until somebody decided about them.
func logTables(span lake.Span) []flow {
	var flows []flow
	for _, t := range olap.Tables() {
		f := flow{table: lake.Table{Name: t.Name, Comment: t.Comment, Columns: columnsOf(&t)}, from: quote(t.Name)}
		switch t.Of {
		case olap.Accepted:
			f.from = olap.OwnRows(t.Name)
			f.table.Partition = lake.Partition{Column: "event_time", Span: span}
			f.table.Sort, f.table.Curve = []string{"event_time", "customer_id", "type"}, true
			f.table.Search = []string{"order_id", "customer_id"}
		case olap.Items, olap.Viewed:
			f.from = olap.OwnRows(t.Name)
			f.table.Partition = lake.Partition{Column: "event_time", Span: span}
			f.table.Sort, f.table.Curve = []string{"event_time", "product_id", "customer_id"}, true
			f.table.Search = []string{"order_id", "customer_id", "product_id"}
		case olap.Duplicates, olap.Rejections:
			f.table.Partition = lake.Partition{Column: "received_at", Span: lake.Month}
			f.table.Sort = []string{"received_at"}
		case olap.Changes:
			f.table.Sort = []string{"partition", "offset"}
		default:
			continue
		}
		flows = append(flows, f)
	}
	return flows
}

func columnsOf(t *olap.Table) []lake.Column {
	columns := make([]lake.Column, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = lake.Column{Name: c.Name, Type: typeOf(c.Type), Comment: c.Comment}
	}
	return columns
}

func typeOf(t olap.Type) lake.Type {
	return [...]lake.Type{lake.UUID, lake.Timestamp, lake.Text, lake.Money, lake.Int32, lake.Int64, lake.Bool, lake.Double}[t]
}

// sqlTypes are the names of types in SQL, by those of the lake.
var sqlTypes = map[lake.Type]string{
	lake.UUID: "UUID", lake.Timestamp: "TIMESTAMP", lake.Text: "VARCHAR", lake.Int32: "INTEGER", lake.Int64: "BIGINT", lake.Bool: "BOOLEAN", lake.Double: "DOUBLE",
}

func sqlType(t lake.Type) string {
	if name, ok := sqlTypes[t]; ok {
		return name
	}
	return strings.ToUpper(string(t)) // of decimals
}

// flows returns the tables of the lake: those of the log, and one per table of job
// results, which has all revisions.
func (s *Service) flows(ctx context.Context) ([]flow, error) {
	flows := logTables(s.cfg.Partition)
	rows, err := s.rows(ctx, `SELECT table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema = 'main' AND table_name IN (SELECT table_name FROM information_schema.columns WHERE table_schema = 'main' AND column_name = '`+olap.RevisionColumn+`')
ORDER BY table_name, ordinal_position`)
	if err != nil {
		return nil, fmt.Errorf("cannot list the tables of job results: %w", err)
	}
	for _, row := range rows {
		name, column, typ := row[0].(string), row[1].(string), row[2].(string)
		if len(flows) == 0 || flows[len(flows)-1].table.Name != name {
			flows = append(flows, flow{from: quote(name), jobs: true, table: lake.Table{
				Name: name, Comment: "Results of a job, all revisions", Sort: []string{olap.RevisionColumn},
			}})
		}
		t := &flows[len(flows)-1].table
		t.Columns = append(t.Columns, lake.Column{Name: column, Type: resultType(typ)})
	}
	return flows, nil
}

// resultType is the type of the lake for one of the analytics store.
func resultType(sql string) lake.Type {
	for t, name := range sqlTypes {
		if name == sql {
			return t
		}
	}
	return lake.Money
}

// define makes the table of a flow, or completes it, once per process and declaration.
func (s *Service) define(ctx context.Context, f *flow) error {
	key := fmt.Sprint(f.table.Name, len(f.table.Columns))
	if s.defined[key] {
		return nil
	}
	if err := s.cfg.Lake.Define(ctx, f.table); err != nil {
		return err
	}
	s.defined[key] = true
	return nil
}

// find returns the flow of a table.
func (s *Service) find(ctx context.Context, name string) (*flow, error) {
	flows, err := s.flows(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(flows, func(f flow) bool { return f.table.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("%w: %q", lake.ErrNoTable, name)
	}
	return &flows[i], nil
}

// declaredOf returns the declared name of a column of the lake, empty for one that the
// platform did not declare.
func declaredOf(state *lake.State, id int) string {
	for name, n := range state.Declared {
		if n == id {
			return name
		}
	}
	return ""
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
