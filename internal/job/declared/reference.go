package declared

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/millrace/millrace/internal/expression"
	"github.com/millrace/millrace/internal/yamldoc"
)

// JSONSchema describes a job file as JSON Schema (draft 2020-12), for editors. What it
// cannot say (expressions, and what goes together), Load does.
func JSONSchema() ([]byte, error) {
	return yamldoc.JSONSchema("Millrace job", reflect.TypeFor[document](), nil)
}

// ReferenceMarkdown is the page docs/jobs-reference.md.
func ReferenceMarkdown() []byte {
	var out strings.Builder
	out.WriteString(referenceHead)
	for _, section := range sections {
		yamldoc.AppendTable(&out, section.heading, section.of)
	}
	out.WriteString(aggregatesHead)
	for _, f := range functions {
		fmt.Fprintf(&out, "| `%s(%s)` | %s |\n", f.name, f.args, f.desc)
	}
	out.WriteString("\n## Fields of events\n\n| field | value | what it is |\n|---|---|---|\n")
	for i := range fields {
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", fields[i].name, fields[i].kind, fields[i].desc)
	}
	fmt.Fprintf(&out, limitsText, maxFileBytes>>10, maxNodes, expression.MaxRegexBytes, maxStages, maxColumns)
	return []byte(out.String())
}

var sections = []struct {
	heading string
	of      reflect.Type
}{
	{"The file", reflect.TypeFor[document]()},
	{"`events`", reflect.TypeFor[eventsSpec]()},
	{"`window`", reflect.TypeFor[windowSpec]()},
	{"`then[]`", reflect.TypeFor[stageSpec]()},
	{"`pattern`", reflect.TypeFor[patternSpec]()},
	{"`pattern.steps[]`", reflect.TypeFor[stepSpec]()},
	{"`pattern.steps[].or[]`", reflect.TypeFor[alternativeSpec]()},
	{"`pattern.skip`", reflect.TypeFor[skipSpec]()},
	{"`limits`", reflect.TypeFor[limitsSpec]()},
	{"`output`", reflect.TypeFor[outputSpec]()},
}

const referenceHead = `<!-- Generated from internal/job/declared by "make generate". Do not edit. -->
# Reference of job files

Every key of a file that declares a job. [jobs-yaml.md](jobs-yaml.md) is the guide, with examples;
[jobs.schema.json](jobs.schema.json) is the JSON Schema for editors. An unknown key is refused, with its line and column.
`

const aggregatesHead = `
## Aggregate functions

They leave out rows in which their value is missing, as SQL does.

| function | what it is |
|---|---|
`

const limitsText = `
Members of properties and of context are fields, too, when the file declares them.

## Limits

A file has at most %d KiB, an expression %d nodes of its syntax tree, a regular expression %d bytes, a job %d stages
and a stage %d columns.
`
