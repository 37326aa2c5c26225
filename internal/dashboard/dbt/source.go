package dbt

import (
	"slices"

	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse"
)

// sourceFile, and what follows, are the parts of dbt's schema files that are written.
type sourceFile struct {
	Version int      `yaml:"version"`
	Sources []source `yaml:"sources"`
}

type source struct {
	Name        string     `yaml:"name"`
	Description string     `yaml:"description"`
	Database    string     `yaml:"database"`
	Schema      string     `yaml:"schema"`
	Tables      []relation `yaml:"tables"`
}

// relation is a table of a source, or a model.
type relation struct {
	Name        string         `yaml:"name"`
	Description string         `yaml:"description,omitempty"`
	Config      map[string]any `yaml:"config,omitempty"`
	Tests       []test         `yaml:"data_tests,omitempty"`
	Columns     []column       `yaml:"columns,omitempty"`
	TimeSpine   map[string]any `yaml:"time_spine,omitempty"`
}

type column struct {
	Name        string `yaml:"name"`
	Type        string `yaml:"data_type,omitempty"`
	Description string `yaml:"description,omitempty"`
	Granularity string `yaml:"granularity,omitempty"`
	Tests       []test `yaml:"data_tests,omitempty"`
}

// test is the name of a test, or a test with arguments by its name.
type test any

func with(name string, arguments map[string]any) test {
	return map[string]any{name: map[string]any{"arguments": arguments}}
}

// where restricts a test to some rows.
func where(condition, name string) test {
	return map[string]any{name: map[string]any{"config": map[string]any{"where": condition}}}
}

const (
	unique   = "unique"
	notNull  = "not_null"
	tables   = "millrace"
	starName = "warehouse"
	database = `{{ var("database") }}`
)

// unknownMember is the key of the member that stands for no value.
const unknownMember = "-1"

func (p *project) sources() error {
	events := source{Name: tables, Description: "Tables of events, as the pass has stored them.", Database: database, Schema: "main"}
	for i := range p.tables {
		events.Tables = append(events.Tables, eventTable(&p.tables[i]))
	}
	if err := p.document("sources/millrace.yml", sourceFile{2, []source{events}}); err != nil {
		return err
	}
	star := source{Name: starName, Description: "The star: facts, and the dimensions that they name.", Database: database, Schema: warehouse.SchemaName}
	for i := range p.star {
		star.Tables = append(star.Tables, starTable(&p.star[i]))
	}
	return p.document("sources/warehouse.yml", sourceFile{2, []source{star}})
}

// eventTable describes a table of events. Those of accepted events have one row each, and
// their items belong to one.
func eventTable(t *olap.Table) relation {
	r := relation{Name: t.Name, Description: sentence(t.Comment)}
	for _, c := range t.Columns {
		r.Columns = append(r.Columns, column{Name: c.Name, Type: c.Type.SQL(), Description: sentence(c.Comment)})
	}
	id := slices.IndexFunc(r.Columns, func(c column) bool { return c.Name == "event_id" })
	switch t.Of {
	case olap.Accepted:
		r.Columns[id].Tests = []test{unique, notNull}
		r.Config = map[string]any{"loaded_at_field": "received_at", "freshness": map[string]any{"warn_after": map[string]any{"count": 1, "period": "hour"}}}
	case olap.Items, olap.Viewed:
		number := slices.IndexFunc(t.Columns, func(c olap.Column) bool {
			_, numbers := c.Values.(olap.ItemNumber)
			return numbers
		})
		r.Tests = []test{combination([]string{"event_id", t.Columns[number].Name})}
		r.Columns[id].Tests = []test{notNull, with("relationships", map[string]any{"to": `source("millrace", "events")`, "field": "event_id"})}
	}
	return r
}

func combination(columns []string) test {
	return with("unique_combination", map[string]any{"columns": columns})
}

// starTable describes a table of the star, with the tests that follow from its declaration.
func starTable(t *warehouse.Table) relation {
	r := relation{Name: t.Name, Description: sentence(t.Doc)}
	grain, filled := t.Grain(), t.Filled()
	if len(grain) > 1 {
		r.Tests = append(r.Tests, combination(grain))
	}
	if from, to, is := t.Spans(); is {
		r.Tests = append(r.Tests, with("spans_follow", map[string]any{"key": t.NaturalKey(), "from_column": from, "to_column": to}))
	}
	for _, c := range t.AllColumns() {
		one := column{Name: c.Name, Type: c.Type, Description: sentence(c.Doc)}
		if len(grain) == 1 && grain[0] == c.Name || c.Name == t.Surrogate() {
			one.Tests = append(one.Tests, unique)
		}
		if slices.Contains(filled, c.Name) {
			one.Tests = append(one.Tests, filledTest(t, &c))
		}
		if table, key := c.TargetKey(); table != "" {
			one.Tests = append(one.Tests, with("relationships", map[string]any{"to": `source("warehouse", "` + table + `")`, "field": key}))
		}
		if len(c.Values) > 0 {
			one.Tests = append(one.Tests, with("accepted_values", map[string]any{"values": c.Values}))
		}
		r.Columns = append(r.Columns, one)
	}
	return r
}

// filledTest says that a column has a value. The natural key of a dimension has none in the
// unknown member.
func filledTest(t *warehouse.Table, c *warehouse.Column) test {
	if t.Dimension() && c.Name != t.Surrogate() && slices.Contains(t.NaturalKey(), c.Name) {
		return where(t.Surrogate()+" <> "+unknownMember, notNull)
	}
	return notNull
}
