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
	return yamldoc.JSONSchema("Millrace rules", reflect.TypeFor[document](), nil)
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
		{"`tables[]`", reflect.TypeFor[tableSpec]()},
		{"`corrections[]`", reflect.TypeFor[correctionSpec]()},
		{"`corrections[].parse`", reflect.TypeFor[parseSpec]()},
		{"`corrections[].convert`", reflect.TypeFor[convertSpec]()},
		{"`corrections[].exchange`", reflect.TypeFor[exchangeSpec]()},
		{"`corrections[].lookup`", reflect.TypeFor[lookupSpec]()},
		{"`rules[]`", reflect.TypeFor[ruleSpec]()},
		{"`rules[].check`", reflect.TypeFor[checkSpec]()},
		{"`rules[].check.length`", reflect.TypeFor[lengthSpec]()},
		{"`rules[].check.compare`", reflect.TypeFor[compareSpec]()},
		{"`rules[].check.reference`", reflect.TypeFor[referenceSpec]()},
		{"`rules[].check.unique`", reflect.TypeFor[uniqueSpec]()},
	} {
		yamldoc.AppendTable(&out, section.heading, section.of)
	}
	out.WriteString("\n## Fields\n\nA field of items has one value per item; it can be missing if it is text or a time.\n\n| field | value | can be corrected | what it is |\n|---|---|---|---|\n")
	for i := range fields {
		f := &fields[i]
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", f.name, kindNames[f.kind], yesNo(f.correctable()), f.desc)
	}
	out.WriteString("| `properties.…`, `context.…` | JSON property | no | A value in JSON, by the names of members on the way to it. It is missing where it is null or not there. |\n")
	out.WriteString("\n## Units\n\nCodes are those of UN/ECE Recommendation 20.\n\n| dimension | units |\n|---|---|\n")
	for i := range units {
		if u := &units[i]; i == 0 || units[i-1].dimension != u.dimension {
			fmt.Fprintf(&out, "| %s | %s |\n", u.dimension, unitsOf(u.dimension))
		}
	}
	fmt.Fprintf(&out, limitsText, maxFileBytes>>20, maxRules, maxNameBytes, expression.MaxRegexBytes, maxConditionNodes, maxListValues,
		maxTables, MaxTableRows, maxProperties, maxPathDepth, maxUnique)
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
nodes of its syntax tree, a list or map %d values. It has at most %d tables of %d keys each. The rules of a source name at most
%d JSON properties, at most %d members deep; a rule of uniqueness remembers at most %d keys per partition.
`

func unitsOf(dimension string) string {
	var names []string
	for i := range units {
		if units[i].dimension == dimension {
			names = append(names, "`"+strings.ReplaceAll(units[i].names, " ", "` or `")+"`")
		}
	}
	return strings.Join(names, ", ")
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
