package rollup

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

// state is what the store knows of the tables of a rollup: one edition of one definition. It
// is in the store, so that it changes with the tables.
type state struct {
	Definition *Definition
	Edition    string // version of the definition, and a number where it was made anew
	Serves     bool   // it is read
	Held       bool   // it has caught up, and would lose what is older than any row
	Forced     bool   // it may lose that
	Full       bool   // it has more rows than it may, and takes no further ones
	Positions  map[int32]int64
	Floor      int64            // of the store's trail at Positions
	Since      time.Time        // older buckets are gone
	Retired    time.Time        // when old buckets were looked for
	Tables     []string         // of the schema
	Views      []string         // that are read
	Folded     map[string]int64 // rows of a table when it was folded
	Rows       int64            // of all tables
}

// schema is what the keeper needs of the store. The version changes with the DDL only: tables
// of rollups come and go.
func schema(relations, views []string) olap.Schema {
	return olap.Schema{
		Name: SchemaName, Version: "2", Tables: relations, Views: views,
		DDL: "CREATE TABLE " + SchemaName + ".state (state VARCHAR);\nCREATE TABLE " + SchemaName + ".repairs (low TIMESTAMP, high TIMESTAMP, waits BOOLEAN);\n",
	}
}

// readStates returns the states, and tables of definitions that mean something else by now, or
// nothing: the fields of a dataset are the platform's.
func readStates(tx olap.Tx, datasets []metric.Dataset) (all, unknown []*state, err error) {
	texts, err := tx.Texts("SELECT state FROM " + SchemaName + ".state")
	if err != nil {
		return nil, nil, err
	}
	for _, text := range texts {
		s := &state{}
		if err := json.Unmarshal([]byte(text), s); err != nil {
			return nil, nil, fmt.Errorf("a rollup has an unreadable state: %w", err)
		}
		if s.Definition.attach(datasets) {
			all = append(all, s)
		} else {
			unknown = append(unknown, s)
		}
	}
	return all, unknown, nil
}

// attach finds the dataset of a definition. It reports whether the definition still means what
// its version says.
func (d *Definition) attach(datasets []metric.Dataset) bool {
	i := slices.IndexFunc(datasets, func(s metric.Dataset) bool { return s.Name == d.Dataset })
	if i < 0 {
		return false
	}
	d.set = &datasets[i]
	known := !slices.ContainsFunc(d.fields(), func(name string) bool { return d.set.Field(name) == nil })
	return known && d.digest() == d.Version
}

func writeStates(tx olap.Tx, states []*state) error {
	var b strings.Builder
	b.WriteString("DELETE FROM " + SchemaName + ".state;\n")
	for _, s := range states {
		text, err := json.Marshal(s)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "INSERT INTO %s.state VALUES (%s);\n", SchemaName, literal(string(text)))
	}
	return tx.Exec(b.String())
}

// newState is that of tables that have no rows.
func newState(d *Definition, edition string) *state {
	s := &state{Definition: d, Edition: edition, Positions: map[int32]int64{}, Folded: map[string]int64{}}
	for _, r := range d.relations(edition) {
		s.Tables, s.Views = append(s.Tables, r.table()), append(s.Views, r.view())
	}
	return s
}

func (s *state) dropSQL() string {
	var b strings.Builder
	for _, v := range s.Views {
		fmt.Fprintf(&b, "DROP VIEW IF EXISTS %s;\n", v)
	}
	for _, t := range s.Tables {
		fmt.Fprintf(&b, "DROP TABLE IF EXISTS %s;\n", t)
	}
	return b.String()
}

// viewSQL makes what is read anew.
func (s *state) viewSQL() string {
	var b strings.Builder
	for _, r := range s.Definition.relations(s.Edition) {
		b.WriteString(r.viewSQL(s.Positions, s.Floor, s.Since))
	}
	return b.String()
}

// behind reports whether the store has rows that the tables lack.
func (s *state) behind(stored map[int32]int64) bool { return olap.Lag(s.Positions, stored) > 0 }

// hideSQL drops the view for users.
func (s *state) hideSQL() string {
	return "DROP VIEW IF EXISTS main." + quote(s.Definition.shownName()) + ";\n"
}
