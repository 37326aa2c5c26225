package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/millrace/millrace/internal/lineage"
	"github.com/millrace/millrace/internal/warehouse"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

// starColumns adds the columns of the star to those of other tables.
func (p *platform) starColumns(columns map[string][]string) {
	if p.warehouse == nil {
		return
	}
	for _, d := range warehouse.Definitions(warehouse.Star()) {
		for _, c := range d.Columns {
			columns[d.Name] = append(columns[d.Name], c.Name)
		}
	}
}

// warehouse adds the star, the metrics, and the dashboards that show them.
func (l *lineageOf) warehouse(ctx context.Context, d *lineage.Declared, tables *knownTables) error {
	if err := l.star(ctx, d, tables); err != nil {
		return err
	}
	if l.p.catalogue == nil || l.p.dashboards == nil { // asked while the platform starts
		return nil
	}
	catalog := l.p.catalogue.Catalog()
	for _, m := range catalog.All() {
		text := m.Label + ": " + m.Description
		s, err := l.metric(ctx, catalog, m, tables)
		if errors.Is(err, lineage.ErrStatement) { // what it reads is not known; that it is there is
			text, s, err = fmt.Sprintf("%s (%v)", text, err), &lineage.Statement{}, nil
		}
		if err != nil {
			return fmt.Errorf("metric %s: %w", m.Name, err)
		}
		d.Statements = append(d.Statements, lineage.DeclaredStatement{
			Kind: lineage.Metric, Name: m.Name, Text: text, File: m.File, Version: m.Version, Statement: s,
		})
	}
	boards, err := l.p.dashboards.List(ctx)
	if err != nil {
		return err
	}
	for _, e := range boards {
		one := lineage.DeclaredDashboard{Name: e.Board.ID, Text: strings.TrimSpace(e.Board.Title + ". " + e.Board.Description), File: e.File, Version: e.Version}
		for _, c := range e.Board.Charts() {
			chart := lineage.DeclaredChart{Name: c.ID, Text: c.Title}
			for _, name := range c.Metrics {
				if m := catalog.Of(name); m != nil {
					chart.Metrics = append(chart.Metrics, m.Name)
				}
			}
			one.Charts = append(one.Charts, chart)
		}
		d.Dashboards = append(d.Dashboards, one)
	}
	return nil
}

// star adds the tables of the star, as their declarations define them.
func (l *lineageOf) star(ctx context.Context, d *lineage.Declared, tables *knownTables) error {
	if l.p.warehouse == nil {
		return nil
	}
	for _, def := range warehouse.Definitions(warehouse.Star()) {
		one := lineage.DeclaredStatement{Kind: lineage.Table, Name: def.Name, Text: def.Doc, Statement: &lineage.Statement{}}
		for _, c := range def.Columns {
			one.Columns = append(one.Columns, lineage.Column{Name: c.Name, Type: c.Type, Text: c.Doc})
		}
		if _, has := tables.columns[def.Needs]; def.SQL != "" && (has || def.Needs == "") {
			var err error
			if one.Statement, err = l.follow(ctx, def.SQL, tables); err != nil {
				return fmt.Errorf("table %s: %w", def.Name, err)
			}
		}
		d.Statements = append(d.Statements, one)
	}
	return nil
}

// metric follows the statement of a metric over all rows.
func (l *lineageOf) metric(ctx context.Context, catalog *metric.Catalog, m *metric.Metric, tables *knownTables) (*lineage.Statement, error) {
	const from, to, currency = "TIMESTAMP '2000-01-01'", "TIMESTAMP '2100-01-01'", "'EUR'"
	sql, err := catalog.Statement(metric.Template{Query: metric.Query{Metrics: []string{m.Name}}, From: from, To: to, Currency: currency, Names: []string{m.Name}})
	if err != nil {
		return nil, err
	}
	return l.follow(ctx, sql, tables)
}
