package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

// maxRows bounds what one of the gateway's own statements reads; none should
// come near it.
const maxRows = 200_000

// rows runs one of the gateway's own statements.
func (g *Gateway) rows(ctx context.Context, sql string, args ...any) ([]row, error) {
	result, err := g.cfg.Store.Query(ctx, olap.Query{SQL: sql, Args: args, Limits: olap.Limits{Rows: maxRows}})
	if err != nil {
		return nil, internal(err)
	}
	all, err := result.All()
	if err != nil {
		return nil, internal(err)
	}
	if result.Truncated() {
		return nil, fmt.Errorf("BUG: a statement of the gateway gives more than %d rows", maxRows)
	}
	out := make([]row, len(all))
	for i, r := range all {
		out[i] = r
	}
	return out, nil
}

// internal hides the statement's error from [Gateway.problem], which would blame
// the client; its kind stays visible where that is not the statement.
func internal(err error) error {
	var statement *olap.Error
	switch {
	case errors.Is(err, olap.ErrTimeout):
		return context.DeadlineExceeded
	case errors.As(err, &statement):
		return fmt.Errorf("cannot read the analytics store: %s", statement.Error())
	}
	return fmt.Errorf("cannot read the analytics store: %w", err)
}

// row gives the values of a row typed. NULL is the zero value.
type row []any

func (r row) text(i int) string {
	switch v := r[i].(type) {
	case string:
		return v
	case event.ID:
		return v.String()
	}
	return ""
}

func (r row) id(i int) event.ID {
	id, _ := r[i].(event.ID)
	return id
}

func (r row) count(i int) int64 {
	switch v := r[i].(type) {
	case int64:
		return v
	case uint64:
		return int64(v)
	case olap.Decimal:
		m, _ := v.Micros()
		return int64(m / event.MicrosPerUnit)
	}
	return 0
}

func (r row) flag(i int) bool {
	v, _ := r[i].(bool)
	return v
}

// money reads a DECIMAL column. A sum that does not fit 64 bits of micros (nine
// trillion units) is an error.
func (r row) money(i int) (event.Micros, error) {
	d, ok := r[i].(olap.Decimal)
	if !ok {
		return 0, nil
	}
	m, ok := d.Micros()
	if !ok {
		return 0, fmt.Errorf("cannot show amount %s: it does not fit", d)
	}
	return m, nil
}

func (r row) time(i int) time.Time {
	t, _ := r[i].(time.Time)
	return t.UTC()
}

// timeOrNil returns nil for NULL.
func (r row) timeOrNil(i int) *time.Time {
	t, ok := r[i].(time.Time)
	if !ok {
		return nil
	}
	t = t.UTC()
	return &t
}

// fields names the values of a stored row, in a form that JSON carries exactly.
func (r row) fields(table olap.Table) Fields {
	f := make(Fields, len(r))
	for i, c := range table.Columns {
		switch v := r[i].(type) {
		case event.ID:
			f[c.Name] = v.String()
		case time.Time:
			f[c.Name] = v.UTC()
		default:
			f[c.Name] = v
		}
	}
	return f
}

// table returns a table that users may read.
func (g *Gateway) table(name string) olap.Table {
	for _, t := range g.cfg.Tables {
		if t.Name == name {
			return t
		}
	}
	panic(fmt.Sprintf("BUG: no table %q", name))
}

func columns(t olap.Table) string {
	var b strings.Builder
	for i, c := range t.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(`"` + c.Name + `"`)
	}
	return b.String()
}
