package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/lineage"
	"github.com/millrace/millrace/internal/lineage/audit"
	"github.com/millrace/millrace/internal/result"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/stream"
)

// lineageOf derives the lineage of a platform when it is asked for. Everything that it is
// derived from is in memory but what statements read, which is kept.
type lineageOf struct {
	p *platform

	mu       sync.Mutex
	followed map[string]followed // by statement
}

// followed is a statement that was followed, over the tables that there were.
type followed struct {
	tables    string // digest
	statement *lineage.Statement
}

// maxFollowed bounds the statements that are kept.
const maxFollowed = 1000

// knownTables are the columns of all tables.
type knownTables struct {
	columns map[string][]string
	digest  string
}

// known adds the tables to what lineage is derived from, and returns them.
func (l *lineageOf) known(d *lineage.Declared) (*knownTables, error) {
	columns, err := l.p.lineageTables(d)
	if err != nil {
		return nil, err
	}
	l.p.starColumns(columns)
	sum := sha256.Sum256([]byte(fmt.Sprint(columns))) // which sorts the names
	return &knownTables{columns, string(sum[:])}, nil
}

var _ gateway.Lineage = (*lineageOf)(nil)

// Lineage implements [gateway.Lineage].
func (l *lineageOf) Lineage(ctx context.Context) (*lineage.Graph, error) {
	d := &lineage.Declared{Topic: l.p.topic.Name(), Native: native.New().Fills()}
	if err := l.p.catalog.lineage(d); err != nil {
		return nil, err
	}
	tables, err := l.known(d)
	if err != nil {
		return nil, err
	}
	for i := range l.p.cfg.Sinks {
		s := &l.p.cfg.Sinks[i]
		d.Sinks = append(d.Sinks, lineage.DeclaredSink{Name: s.Name, Topic: s.Topic, Table: s.Output, Text: "Delivers messages by " + s.Kind()})
	}
	if err := l.warehouse(ctx, d, tables); err != nil {
		return nil, err
	}
	for _, q := range l.p.cfg.Lineage.Queries {
		s, err := l.follow(ctx, q.SQL, tables)
		text := q.Description
		if errors.Is(err, lineage.ErrStatement) {
			text, s, err = fmt.Sprintf("%s (%v)", q.Description, err), &lineage.Statement{}, nil
		}
		if err != nil {
			return nil, err
		}
		d.Statements = append(d.Statements, lineage.DeclaredStatement{Kind: lineage.Query, Name: q.Name, Text: text, Statement: s})
	}
	return lineage.Build(d), nil
}

// Statement implements [gateway.Lineage].
func (l *lineageOf) Statement(ctx context.Context, sql string) (*lineage.Statement, error) {
	tables, err := l.known(&lineage.Declared{})
	if err != nil {
		return nil, err
	}
	return l.follow(ctx, sql, tables)
}

// follow lets the analytics store parse a statement, and follows its tree.
func (l *lineageOf) follow(ctx context.Context, sql string, tables *knownTables) (*lineage.Statement, error) {
	l.mu.Lock()
	kept := l.followed[sql]
	l.mu.Unlock()
	if kept.statement != nil && kept.tables == tables.digest {
		return kept.statement, nil
	}
	tree, err := l.parse(ctx, sql)
	if err != nil {
		return nil, err
	}
	s, err := lineage.ParseStatement(tree, func(table string) ([]string, bool) {
		c, ok := tables.columns[table]
		return c, ok
	})
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.followed) >= maxFollowed || l.followed == nil {
		l.followed = make(map[string]followed)
	}
	l.followed[sql] = followed{tables.digest, s}
	return s, nil
}

func (l *lineageOf) parse(ctx context.Context, sql string) ([]byte, error) {
	answer, err := l.p.olap.Query(ctx, olap.Query{SQL: "SELECT json_serialize_sql(?::VARCHAR)::VARCHAR", Args: []any{sql}})
	if err != nil {
		return nil, err
	}
	rows, err := answer.All()
	if err != nil {
		return nil, err
	}
	if len(rows) == 1 && len(rows[0]) == 1 {
		if text, ok := rows[0][0].(string); ok {
			return []byte(text), nil
		}
	}
	return nil, fmt.Errorf("%w: the analytics store gives no tree of it", lineage.ErrStatement)
}

// lineage adds what the catalogue declares.
func (c *catalog) lineage(d *lineage.Declared) error {
	for _, s := range c.sources {
		one := lineage.DeclaredSource{Name: s.Name, Adapter: s.adapter.Name(), AdapterVersion: s.adapter.Version()}
		if declared, ok := s.adapter.(adapter.Declared); ok {
			one.Fills = declared.Fills()
		}
		for _, i := range c.declared {
			if i.Kind != audit.Rules || i.Name != s.Name {
				continue
			}
			uses, err := lineage.ReadRules([]byte(i.Content))
			if err != nil {
				return fmt.Errorf("%s: %w", i.File, err)
			}
			one.Rules, one.RulesVersion, one.RulesFile = uses, i.Version, i.File
		}
		d.Sources = append(d.Sources, one)
	}
	for _, e := range c.enrich.Steps() {
		for _, field := range e.Fields() {
			d.Enrichments = append(d.Enrichments, lineage.Enrichment{Name: e.Name(), Version: e.Version(), Field: field, Reads: e.Reads()})
		}
	}
	for _, one := range c.contracts.All() {
		dc := lineage.DeclaredContract{Event: one.Event, Version: fmt.Sprint(one.Version), File: one.File}
		for _, f := range one.Fields {
			dc.Paths = append(dc.Paths, f.Path)
		}
		d.Contracts = append(d.Contracts, dc)
	}
	return nil
}

// lineageTables adds the tables of events and the jobs, and returns the columns of all
// tables.
func (p *platform) lineageTables(d *lineage.Declared) (map[string][]string, error) {
	columns := make(map[string][]string)
	for _, t := range olap.Tables() {
		dt := lineage.DeclaredTable{Name: t.Name, Text: t.Comment}
		for _, c := range t.Columns {
			dt.Columns = append(dt.Columns, lineage.TableColumn{
				Column: lineage.Column{Name: c.Name, Type: c.Type.SQL(), Text: c.Comment}, Item: c.BySub && (t.Of == olap.Items || t.Of == olap.Viewed),
			})
			columns[t.Name] = append(columns[t.Name], c.Name)
		}
		d.Tables = append(d.Tables, dt)
	}
	versions := make(map[string]audit.Item)
	for _, i := range p.catalog.jobFiles.declared() {
		versions[i.Name] = i
	}
	for _, j := range p.jobs() {
		dj := lineage.DeclaredJob{Name: j.Name(), Text: j.Doc(), Version: versions[j.Name()].Version, File: versions[j.Name()].File, Origins: j.Origins()}
		sinks := j.Sinks()
		for i := range sinks {
			s := &sinks[i]
			t, err := result.NewTable(s)
			if err != nil {
				return nil, err
			}
			out := lineage.DeclaredOutput{Kind: s.Kind, Name: s.Name, Text: s.Doc}
			for _, c := range t.Table.Columns {
				out.Columns = append(out.Columns, lineage.Column{Name: c.Name, Type: c.Type.SQL()})
				if s.Kind == stream.Table {
					columns[s.Name] = append(columns[s.Name], c.Name)
				}
			}
			if s.Kind == stream.Table {
				columns[s.Name+"_revisions"] = append(columns[s.Name], "revision_no")
			}
			dj.Outputs = append(dj.Outputs, out)
		}
		d.Jobs = append(d.Jobs, dj)
	}
	return columns, nil
}
