package check

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/millrace/millrace/internal/yamldoc"
)

// JSONSchema describes a checks file as JSON Schema (draft 2020-12), for editors. What the
// schema cannot say (which keys fit which kind, conditions), Load does.
func JSONSchema() ([]byte, error) {
	return yamldoc.JSONSchema("Millrace checks", reflect.TypeFor[document](), nil)
}

// ReferenceMarkdown is the page docs/checks-reference.md.
func ReferenceMarkdown() []byte {
	var out strings.Builder
	out.WriteString(referenceHead)
	for _, section := range []struct {
		heading string
		of      reflect.Type
	}{
		{"The file", reflect.TypeFor[document]()},
		{"`checks[]`", reflect.TypeFor[checkSpec]()},
		{"`checks[].on`", reflect.TypeFor[onSpec]()},
		{"`checks[].window`", reflect.TypeFor[windowSpec]()},
		{"`checks[].of`", reflect.TypeFor[referenceSpec]()},
		{"`checks[].drift`", reflect.TypeFor[driftSpec]()},
		{"`checks[].anomaly`", reflect.TypeFor[anomalySpec]()},
	} {
		yamldoc.AppendTable(&out, section.heading, section.of)
	}
	out.WriteString("\n## Kinds\n\n| kind | what it is about | min and max bound | needs | takes | as events come | OpenLineage's assertion |\n|---|---|---|---|---|---|---|\n")
	for i := range kinds {
		k := &kinds[i]
		streams := "no"
		if k.streams {
			streams = "yes"
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s | %s | %s | `%s` |\n", k.name, k.desc, k.measure, keysText(k.needs), keysText(k.takes), streams, k.assertion)
	}
	fmt.Fprintf(&out, "\n## Limits\n\nA file has at most %d MiB, a process %d files and %d checks; a name %d bytes, a set %d values, a statement %d KiB,\na condition %d nodes of its syntax tree. A task of the pass holds at most %d windows, over all checks; those beyond are computed\nfrom the tables. A result names at most %d rows that fail.\n",
		maxFileBytes>>20, maxFiles, maxChecks, maxNameBytes, maxListValues, maxSQLBytes>>10, maxFilterNodes, maxPartials, maxSamples)
	return []byte(out.String())
}

func keysText(keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	return "`" + strings.Join(keys, "`, `") + "`"
}

const referenceHead = `<!-- Generated from internal/quality/check by "make generate". Do not edit. -->
# Checks reference

Every key of a checks file. [checks.md](checks.md) is the guide, with examples; [checks.schema.json](checks.schema.json) is the
JSON Schema for editors. An unknown key is refused, with its line and column.
`
