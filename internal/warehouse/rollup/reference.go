package rollup

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/yamldoc"
)

// JSONSchema describes a rollups file as JSON Schema (draft 2020-12), for editors.
func JSONSchema() ([]byte, error) {
	return yamldoc.JSONSchema("Millrace rollups", reflect.TypeFor[document](), nil)
}

// ReferenceMarkdown is the page docs/rollups-reference.md.
func ReferenceMarkdown() ([]byte, error) {
	set, err := Load(Defaults(), metric.Datasets())
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	out.WriteString(referenceHead)
	out.WriteString("\n## Rollups\n\n| rollup | of | grain | dimensions | measures | what it is for |\n|---|---|---|---|---|---|\n")
	for _, d := range set.All() {
		var measures []string
		for _, m := range d.Measures {
			measures = append(measures, fmt.Sprintf("`%s` (%s)", m.Name, strings.TrimSpace(m.Aggregate+" "+m.Field)))
		}
		fmt.Fprintf(&out, "| `%s` | `%s` | %s | `%s` | %s | %s |\n", d.Name, d.Dataset, d.Grain, strings.Join(d.Dimensions, "`, `"), strings.Join(measures, ", "), d.Description)
	}
	out.WriteString("\n## Keys\n")
	yamldoc.AppendTable(&out, "The file", reflect.TypeFor[document]())
	yamldoc.AppendTable(&out, "`rollups[]`", reflect.TypeFor[spec]())
	yamldoc.AppendTable(&out, "`measures[]`", reflect.TypeFor[measureSpec]())
	fmt.Fprintf(&out, "\n## Limits\n\nA file has at most %d KiB, a process %d files and %d rollups. A rollup has at most %d dimensions and %d measures.\n",
		maxFileBytes>>10, maxFiles, maxRollups, maxDimensions, maxMeasures)
	return []byte(out.String()), nil
}

const referenceHead = `<!-- Generated from internal/warehouse/rollup by "make generate". Do not edit. -->
# Rollups reference

The rollups that come with the platform, and every key of a rollups file. [rollups.md](rollups.md) is the guide, the
[reference of metrics](metrics-reference.md) has the datasets and their fields.
`
