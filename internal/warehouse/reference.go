package warehouse

import (
	"fmt"
	"regexp"
	"strings"
)

// kindNames say how rows come about, for readers.
var kindNames = map[Kind]string{
	Fixed: "Dimension, filled once.", Type1: "Dimension, type 1.", Type2: "Dimension, type 2: a row per span of event time.",
	Events: "Fact, a row per event or item.", Accumulating: "Fact, accumulating: events add to a row.", View: "Fact, computed when it is read.",
}

// ReferenceMarkdown is the page docs/warehouse-reference.md.
func ReferenceMarkdown() ([]byte, error) {
	var out strings.Builder
	out.WriteString(referenceHead)
	star := Star()
	for i := range star {
		t := &star[i]
		fmt.Fprintf(&out, "\n## %s\n\n%s. %s", t.Name, t.Doc, kindNames[t.Kind])
		if t.Where != "" {
			fmt.Fprintf(&out, " Made of %s where `%s`.", strings.ReplaceAll(strings.TrimPrefix(string(t.From), "stage_"), "lines", "items of events"), readable(t.Where))
		}
		out.WriteString("\n\n| column | type | what it is | |\n|---|---|---|---|\n")
		for _, c := range t.columns() {
			note := ""
			switch {
			case c.Key:
				note = "natural key"
			case c.Dim != "" || c.Of != "":
				note = "of " + c.Dim + c.Of
			case c.Merge != "":
				note = map[string]string{"first": "of the earliest event", "min": "earliest", "max": "greatest", "sum": "sum"}[c.Merge]
			}
			fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", c.Name, c.Type, strings.ReplaceAll(c.Doc, "|", `\|`), note)
		}
	}
	return []byte(out.String()), nil
}

var parsedForm = regexp.MustCompile(`CASE WHEN contains\(s\.properties, '"([a-z_]+)"'\) .*? END`)

// readable writes an expression over staged rows as one over their tables.
func readable(sql string) string {
	return strings.ReplaceAll(parsedForm.ReplaceAllString(sql, "properties.$1"), "s.", "")
}

const referenceHead = `<!-- Generated from internal/warehouse by "make generate". Do not edit. -->
# Warehouse reference

Every table of the schema ` + "`warehouse`" + ` with its columns. [warehouse.md](warehouse.md) is the guide.
`
