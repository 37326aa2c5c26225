package warehouse

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// internal columns, which declarations do not name.
const (
	validFrom  = "valid_from"
	validTo    = "valid_to"
	current    = "current"
	inferred   = "inferred"
	firstEvent = "first_event" // identity of the earliest event of an accumulating fact
)

// columns returns all columns of a table as it rests, with those that declarations imply.
func (t *Table) columns() []Column {
	var all []Column
	switch t.Kind {
	case Type1, Type2:
		all = append(all, Column{Name: surrogate(t.Name), Type: "BIGINT", Doc: "Surrogate key; -1 is unknown"})
	case Accumulating:
		all = append(all, Column{Name: firstEvent, Type: "UUID", Doc: "Identity of its earliest event"})
	}
	all = append(all, t.Columns...)
	if t.Kind == Type2 {
		all = append(all,
			Column{Name: validFrom, Type: "TIMESTAMP", Doc: "Event time from which the version holds; of the first version 0001-01-01"},
			Column{Name: validTo, Type: "TIMESTAMP", Doc: "Event time at which it ends; of the newest version 9999-12-31"},
			Column{Name: current, Type: "BOOLEAN", Doc: "It is the newest version"},
			Column{Name: inferred, Type: "BOOLEAN", Doc: "Facts name it, and nothing is known of it yet"})
	}
	return all
}

// observations is the table of what was seen of a dimension's members: per day and values the
// first and the last time.
func observations(t *Table) string {
	return qualified("seen_" + strings.TrimPrefix(t.Name, "dim_"))
}

// Schema returns the schema of the star, and what makes it.
func Schema(star []Table) olap.Schema {
	var b strings.Builder
	s := olap.Schema{Name: SchemaName}
	b.WriteString(`CREATE TABLE warehouse.loads ("partition" INTEGER, next BIGINT);` + "\n")
	for i := range star {
		t := &star[i]
		s.Tables = append(s.Tables, t.Name)
		if t.Kind != View {
			writeTable(&b, t)
			writeComments(&b, "TABLE", t)
		}
	}
	s.DDL = b.String()
	// What is loaded, and how, is part of the version: rows of other statements are made anew.
	sum := sha256.Sum256([]byte(s.DDL + strings.Join(Statements(star), "\n")))
	s.Version = hex.EncodeToString(sum[:8])
	return s
}

func writeComments(b *strings.Builder, kind string, t *Table) {
	fmt.Fprintf(b, "COMMENT ON %s %s IS %s;\n", kind, qualified(t.Name), text(t.Doc))
	for _, c := range t.columns() {
		fmt.Fprintf(b, "COMMENT ON COLUMN %s.%s IS %s;\n", qualified(t.Name), quote(c.Name), text(c.Doc))
	}
}

// viewSQL makes a view. Without the table that it needs it has no rows.
func viewSQL(t *Table, has bool) string {
	query := t.Query
	if !has {
		nulls := make([]string, len(t.Columns))
		for i, c := range t.Columns {
			nulls[i] = "NULL::" + c.Type + " AS " + quote(c.Name)
		}
		query = "SELECT " + strings.Join(nulls, ", ") + " WHERE false"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE OR REPLACE VIEW %s AS %s;\n", qualified(t.Name), query)
	writeComments(&b, "VIEW", t)
	return b.String()
}

func writeTable(b *strings.Builder, t *Table) {
	defs, nulls := []string{}, []string{}
	for _, c := range t.columns() {
		defs = append(defs, quote(c.Name)+" "+c.Type)
		nulls = append(nulls, "NULL")
	}
	fmt.Fprintf(b, "CREATE TABLE %s (%s);\n", qualified(t.Name), strings.Join(defs, ", "))
	switch t.Kind {
	case Fixed:
		fmt.Fprintf(b, "INSERT INTO %s %s;\n", qualified(t.Name), t.Query)
	case Type1:
		nulls[0] = "-1"
		fmt.Fprintf(b, "INSERT INTO %s VALUES (%s);\n", qualified(t.Name), strings.Join(nulls, ", "))
	case Type2:
		n := len(nulls)
		nulls[0], nulls[n-4], nulls[n-3], nulls[n-2], nulls[n-1] = "-1", beginning, end, "true", "false"
		fmt.Fprintf(b, "INSERT INTO %s VALUES (%s);\n", qualified(t.Name), strings.Join(nulls, ", "))
		seen := []string{}
		for _, c := range t.Columns {
			seen = append(seen, quote(c.Name)+" "+c.Type)
		}
		fmt.Fprintf(b, "CREATE TABLE %s (%s, day TIMESTAMP, first_at TIMESTAMP, last_at TIMESTAMP);\n", observations(t), strings.Join(seen, ", "))
	}
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func text(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
