package gateway

import (
	"context"
	"slices"

	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/stream"
)

type schemaInput struct {
	Authorization string `header:"Authorization" doc:"As of POST /api/v1/sql: each sees its own tables"`
}

// schema lists the tables and columns that the caller may read, and what bounds its
// statements.
func (g *Gateway) schema(_ context.Context, in *schemaInput) (*SchemaAnswer, error) {
	user, err := g.caller(in.Authorization)
	if err != nil {
		return nil, err
	}
	tables := g.storeTables()
	for _, s := range g.cfg.Jobs.Jobs() {
		j, err := jobOf(&s)
		if err != nil {
			return nil, err
		}
		for _, out := range j.Outs {
			if out.Kind == string(stream.Table) {
				tables = append(tables, SchemaTable{Name: out.Name, Comment: out.Description, Columns: out.Columns})
			}
		}
	}
	all := len(tables)
	tables = seenBy(user.Role, tables)
	return &SchemaAnswer{Tables: tables, Reader: g.limitsOf(user, all-len(tables))}, nil
}

// storeTables describes the tables of events.
func (g *Gateway) storeTables() []SchemaTable {
	tables := make([]SchemaTable, len(g.cfg.Tables))
	for i, t := range g.cfg.Tables {
		table := SchemaTable{Name: t.Name, Comment: t.Comment, Columns: make([]SchemaColumn, len(t.Columns))}
		for k, c := range t.Columns {
			table.Columns[k] = SchemaColumn{Name: c.Name, Type: c.Type.SQL(), Comment: c.Comment}
		}
		tables[i] = table
	}
	return tables
}

// seenBy leaves out the tables and columns that a role does not see.
func seenBy(role *query.Role, tables []SchemaTable) []SchemaTable {
	seen := make([]SchemaTable, 0, len(tables))
	for _, t := range tables {
		if !role.Reader.Sees(t.Name) {
			continue
		}
		columns := make([]SchemaColumn, 0, len(t.Columns))
		for _, c := range t.Columns {
			if !slices.Contains(role.Reader.Hides(t.Name), c.Name) {
				columns = append(columns, c)
			}
		}
		t.Columns = columns
		seen = append(seen, t)
	}
	return seen
}
