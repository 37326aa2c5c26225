package patch

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/millrace/millrace/internal/expression"
	"github.com/millrace/millrace/internal/yamldoc"
)

// JSONSchema describes a patch as JSON Schema (draft 2020-12), for editors. What the
// schema cannot say, Load does.
func JSONSchema() ([]byte, error) {
	return yamldoc.JSONSchema("Millrace patch", reflect.TypeFor[Spec](), nil)
}

// ReferenceMarkdown is the page docs/patches-reference.md.
func ReferenceMarkdown() []byte {
	var out strings.Builder
	out.WriteString(referenceHead)
	for _, section := range []struct {
		heading string
		of      reflect.Type
	}{
		{"The patch", reflect.TypeFor[Spec]()},
		{"`steps[]`", reflect.TypeFor[Step]()},
		{"`steps[].replace`", reflect.TypeFor[Replace]()},
		{"`steps[].number`", reflect.TypeFor[Number]()},
		{"`steps[].time`", reflect.TypeFor[Time]()},
		{"`steps[].scale`", reflect.TypeFor[Scale]()},
		{"`steps[].lookup`", reflect.TypeFor[Lookup]()},
	} {
		yamldoc.AppendTable(&out, section.heading, section.of)
	}
	fmt.Fprintf(&out, limitsText, maxFileBytes>>20, maxSteps, maxNameBytes, maxFieldBytes, maxConditionNodes, expression.MaxRegexBytes,
		maxMatches, maxTableValues, maxPlaces, maxColumns, maxTextBytes>>10, defaultMaxBytes>>20)
	return []byte(out.String())
}

const referenceHead = `<!-- Generated from internal/quality/patch by "make generate". Do not edit. -->
# Patches reference

Every key of a patch. [patches.md](patches.md) is the guide, with examples; [patches.schema.json](patches.schema.json) is the
JSON Schema for editors. An unknown key is refused, with its line and column.
`

const limitsText = `
## Limits

A patch has at most %d MiB and %d steps; a name %d bytes, that of a field %d, an expression %d nodes of its syntax tree, a regular
expression %d bytes and %d matches in a payload, a table %d values. A step changes at most %d places of a payload, a line has at most %d
columns, a value %d KiB, and a repaired payload %d MiB.
`
