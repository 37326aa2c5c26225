package quality

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// JSONSchema describes a rules file as JSON Schema (draft 2020-12), for editors.
// What the schema cannot say (which check fits which field, conditions), Load
// does.
func JSONSchema() ([]byte, error) {
	s := objectSchema(reflect.TypeFor[document]())
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "Millrace rules"
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("cannot write the JSON Schema of rules: %w", err)
	}
	return append(out, '\n'), nil
}

func objectSchema(t reflect.Type) map[string]any {
	properties := map[string]any{}
	required := []string{}
	for f := range t.Fields() {
		key := f.Tag.Get("yaml")
		properties[key] = valueSchema(f)
		if f.Tag.Get("required") != "" {
			required = append(required, key)
		}
	}
	s := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func valueSchema(f reflect.StructField) map[string]any {
	s := map[string]any{}
	switch f.Type.Kind() {
	case reflect.Struct:
		s = objectSchema(f.Type)
	case reflect.Slice:
		s["type"], s["items"] = "array", textSchema(f)
		if elem := f.Type.Elem(); elem.Kind() == reflect.Struct {
			s["items"] = objectSchema(elem)
		}
	case reflect.Map:
		s["type"], s["additionalProperties"] = "object", map[string]any{"type": "string"}
	case reflect.Bool:
		s["const"] = true
	case reflect.Int:
		s["type"], s["minimum"] = "integer", 0
	default:
		s = textSchema(f)
	}
	if f.Name == "Field" {
		s["enum"] = fieldNames(nil)
	}
	if oneof := f.Tag.Get("oneof"); oneof != "" {
		s["enum"] = enumOf(f, strings.Split(oneof, "|"))
	}
	if def := f.Tag.Get("default"); def != "" && f.Type.Kind() == reflect.String {
		s["default"] = def
	}
	s["description"] = f.Tag.Get("desc")
	return s
}

func textSchema(f reflect.StructField) map[string]any {
	if f.Tag.Get("number") != "" {
		return map[string]any{"type": []string{"string", "number"}}
	}
	return map[string]any{"type": "string"}
}

func enumOf(f reflect.StructField, allowed []string) any {
	if f.Type.Kind() != reflect.Int {
		return allowed
	}
	numbers := make([]json.Number, len(allowed))
	for i, a := range allowed {
		numbers[i] = json.Number(a)
	}
	return numbers
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
		fmt.Fprintf(&out, "\n## %s\n\n| key | value | what it is |\n|---|---|---|\n", section.heading)
		for f := range section.of.Fields() {
			fmt.Fprintf(&out, "| `%s` | %s | %s |\n", f.Tag.Get("yaml"), valueName(f), referenceText(f))
		}
	}
	out.WriteString("\n## Fields\n\nA field of items has one value per item; it can be missing if it is text or a time.\n\n| field | value | can be corrected | what it is |\n|---|---|---|---|\n")
	for i := range fields {
		f := &fields[i]
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", f.name, kindNames[f.kind], yesNo(f.correctable()), f.desc)
	}
	fmt.Fprintf(&out, limitsText, maxFileBytes>>20, maxRules, maxNameBytes, maxRegexBytes, maxConditionNodes, maxListValues)
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

func valueName(f reflect.StructField) string {
	switch f.Type.Kind() {
	case reflect.Struct:
		return "section"
	case reflect.Map:
		return "before: after"
	case reflect.Bool:
		return "`true`"
	case reflect.Int:
		return "whole number"
	case reflect.Slice:
		if f.Type.Elem().Kind() == reflect.Struct {
			return "list of sections"
		}
		return "list"
	}
	if f.Tag.Get("number") != "" {
		return "text or number"
	}
	return "text"
}

func referenceText(f reflect.StructField) string {
	text := strings.ReplaceAll(f.Tag.Get("desc"), "|", `\|`)
	if f.Tag.Get("required") != "" {
		text += " Required."
	}
	if oneof := f.Tag.Get("oneof"); oneof != "" {
		text += " One of `" + strings.ReplaceAll(oneof, "|", "`, `") + "`."
	}
	if def := f.Tag.Get("default"); def != "" {
		if _, err := strconv.Atoi(def); err != nil {
			def = "`" + def + "`"
		}
		text += " Default: " + def + "."
	}
	return text
}
