package quality

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/millrace/millrace/internal/expression"
	"github.com/millrace/millrace/internal/yamldoc"
)

// JSONSchema describes a rules file as JSON Schema (draft 2020-12), for editors.
// What the schema cannot say (which check fits which field, conditions), Load
// does.
func JSONSchema() ([]byte, error) {
	return yamldoc.JSONSchema("Millrace rules", reflect.TypeFor[document](), map[string][]string{"Field": fieldNames(nil)})
}

// ReferenceMarkdown is the page docs/rules-reference.md.
func ReferenceMarkdown() []byte {
	var out strings.Builder
	out.WriteString(referenceHead)
	for _, section := range []struct {
		heading string
		of      reflect.Type
	}{
		{"The file", reflect.TypeFor[document]()},
		{"`corrections[]`", reflect.TypeFor[correctionSpec]()},
		{"`rules[]`", reflect.TypeFor[ruleSpec]()},
		{"`rules[].check`", reflect.TypeFor[checkSpec]()},
		{"`rules[].check.length`", reflect.TypeFor[lengthSpec]()},
	} {
		yamldoc.AppendTable(&out, section.heading, section.of)
	}
	out.WriteString("\n## Fields\n\nA field of items has one value per item; it can be missing if it is text or a time.\n\n| field | value | can be corrected | what it is |\n|---|---|---|---|\n")
	for i := range fields {
		f := &fields[i]
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", f.name, kindNames[f.kind], yesNo(f.correctable()), f.desc)
	}
	fmt.Fprintf(&out, limitsText, maxFileBytes>>20, maxRules, maxNameBytes, expression.MaxRegexBytes, maxConditionNodes, maxListValues)
	return []byte(out.String())
}

const referenceHead = `<!-- Generated from internal/quality by "make generate". Do not edit. -->
# Rules reference

Every key of a rules file. [rules.md](rules.md) is the guide, with examples; [rules.schema.json](rules.schema.json) is the
JSON Schema for editors. An unknown key is refused, with its line and column.
`

const limitsText = `
## Limits

A file has at most %d MiB, and %d rules and corrections; a name %d bytes, a regular expression %d bytes, a condition %d
nodes of its syntax tree, a list or map %d values.
`

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
