package metric

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/millrace/millrace/internal/yamldoc"
)

// JSONSchema describes a metrics file as JSON Schema (draft 2020-12), for editors.
func JSONSchema() ([]byte, error) {
	return yamldoc.JSONSchema("Millrace metrics", reflect.TypeFor[document](), nil)
}

// ReferenceMarkdown is the page docs/metrics-reference.md.
func ReferenceMarkdown() ([]byte, error) {
	catalog, err := Load(Defaults(), Datasets())
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	out.WriteString(referenceHead)
	for _, area := range areas {
		fmt.Fprintf(&out, "\n### %s\n\n| metric | what it says | computed | format |\n|---|---|---|---|\n", area)
		for _, m := range catalog.All() {
			if m.Area == area {
				synonyms := ""
				if len(m.Synonyms) > 0 {
					synonyms = " Also: " + strings.Join(m.Synonyms, ", ") + "."
				}
				fmt.Fprintf(&out, "| `%s` | %s%s | %s | %s |\n", m.Name, cell(m.Description), synonyms, cell(m.Computed), m.Format)
			}
		}
	}
	out.WriteString("\n## Datasets\n\nWhat metrics are computed over, and what conditions may name. Dimensions may also be asked for and filtered by.\n")
	for _, d := range Datasets() {
		fmt.Fprintf(&out, "\n### %s\n\n%s. Time: `%s`.\n\n| field | type | what it is | dimension |\n|---|---|---|---|\n", d.Name, d.Doc, d.Time)
		for _, f := range d.Fields {
			fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", f.Name, f.Type, cell(f.Doc), map[bool]string{true: "yes"}[f.Dimension])
		}
	}
	out.WriteString("\n## Kinds\n\n| kind | needs | takes |\n|---|---|---|\n")
	for _, name := range []string{"simple", "ratio", "derived", "cumulative", "conversion", "semi_additive"} {
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", name, strings.Join(kinds[name].needs, ", "), strings.Join(kinds[name].takes, ", "))
	}
	out.WriteString("\n## Keys\n")
	for _, section := range []struct {
		heading string
		of      reflect.Type
	}{
		{"The file", reflect.TypeFor[document]()}, {"`metrics[]`", reflect.TypeFor[spec]()}, {"`measure`", reflect.TypeFor[measureSpec]()},
		{"Conditions", reflect.TypeFor[conditionSpec]()}, {"`conversion`", reflect.TypeFor[convertSpec]()},
	} {
		yamldoc.AppendTable(&out, section.heading, section.of)
	}
	fmt.Fprintf(&out, "\n## Limits\n\nA file has at most %d KiB, a process %d files and %d metrics. A query asks for at most %d metrics, %d dimensions and %d filters,\nwith %d values each, and gets at most %d rows and %d buckets.\n",
		maxFileBytes>>10, maxFiles, maxMetrics, MaxMetrics, MaxDimensions, MaxFilters, maxValues, MaxRows, MaxBuckets)
	return []byte(out.String()), nil
}

// areas are where metrics are listed, in that order.
var areas = []string{"sales", "customers", "products", "funnel", "marketing", "payments", "inventory", "quality"}

// cell is a text of one line of a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}

const referenceHead = `<!-- Generated from internal/warehouse/metric by "make generate". Do not edit. -->
# Metrics reference

Every metric that comes with the platform, the rows that metrics are computed over, and every key of a metrics file.
[metrics.md](metrics.md) is the guide.

## Metrics
`
