package mapped

import (
	"reflect"
	"strings"

	"github.com/millrace/millrace/internal/yamldoc"
)

// JSONSchema describes a mapping file as JSON Schema (draft 2020-12), for
// editors. What the schema cannot say, Load does.
func JSONSchema() ([]byte, error) {
	return yamldoc.JSONSchema("Millrace mapping of documents", reflect.TypeFor[document](), nil)
}

const referenceHead = `# Mapping files of documents: reference

Made from the code by ` + "`make generate`" + `; do not edit. What it is for, with an example, is in [adapters.md](adapters.md#mapped). Editors check a mapping by
[mapping.schema.json](mapping.schema.json).
`

// ReferenceMarkdown is the page docs/mapping-reference.md.
func ReferenceMarkdown() []byte {
	var out strings.Builder
	out.WriteString(referenceHead)
	for _, section := range []struct {
		heading string
		of      reflect.Type
	}{
		{"The file", reflect.TypeFor[document]()},
		{"`constants`", reflect.TypeFor[constantsSpec]()},
		{"`fields`", reflect.TypeFor[fieldsSpec]()},
		{"A field", reflect.TypeFor[valueSpec]()},
		{"`items`", reflect.TypeFor[itemsSpec]()},
		{"`items.kind`", reflect.TypeFor[kindSpec]()},
		{"`items.kind.rules[]`", reflect.TypeFor[kindRuleSpec]()},
		{"`events[]`", reflect.TypeFor[eventSpec]()},
		{"`events[].when[]`", reflect.TypeFor[conditionSpec]()},
		{"`minor_units`", reflect.TypeFor[minorUnitsSpec]()},
	} {
		yamldoc.AppendTable(&out, section.heading, section.of)
	}
	return []byte(out.String())
}
