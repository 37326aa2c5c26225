package yamldoc

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// JSONSchema describes a file as JSON Schema (draft 2020-12), for editors. doc is the
// type of its struct; choices lists the values of fields, by their Go name.
func JSONSchema(title string, doc reflect.Type, choices map[string][]string) ([]byte, error) {
	d := describer{choices: choices, defs: make(map[string]any), recursive: make(map[reflect.Type]bool)}
	d.findRecursive(doc, nil)
	s := d.object(doc)
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = title
	if len(d.defs) > 0 {
		s["$defs"] = d.defs
	}
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("cannot write the JSON Schema of %s: %w", title, err)
	}
	return append(out, '\n'), nil
}

// describer makes a schema. Sections that hold sections of their own type are in
// $defs.
type describer struct {
	choices   map[string][]string
	defs      map[string]any
	recursive map[reflect.Type]bool
}

func (d *describer) findRecursive(t reflect.Type, around []reflect.Type) {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || d.recursive[t] {
		return
	}
	if slices.Contains(around, t) {
		d.recursive[t] = true
		return
	}
	for f := range t.Fields() {
		d.findRecursive(f.Type, append(slices.Clone(around), t))
	}
}

// object describes a section, by reference where it can hold itself.
func (d *describer) object(t reflect.Type) map[string]any {
	if !d.recursive[t] {
		return d.section(t)
	}
	if d.defs[t.Name()] == nil {
		d.defs[t.Name()] = true // while it is described
		d.defs[t.Name()] = d.section(t)
	}
	return map[string]any{"$ref": "#/$defs/" + t.Name()}
}

func (d *describer) section(t reflect.Type) map[string]any {
	properties := map[string]any{}
	required := []string{}
	for f := range t.Fields() {
		key := f.Tag.Get("yaml")
		properties[key] = d.value(f)
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

func (d *describer) value(f reflect.StructField) map[string]any {
	s := map[string]any{}
	switch f.Type.Kind() {
	case reflect.Struct:
		s = d.object(f.Type)
	case reflect.Slice:
		if f.Type == entriesType {
			s["type"], s["additionalProperties"] = "object", textSchema(f)
			break
		}
		s["type"], s["items"] = "array", textSchema(f)
		if elem := f.Type.Elem(); elem.Kind() == reflect.Struct {
			s["items"] = d.object(elem)
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
	if choices := d.choices[f.Name]; choices != nil {
		s["enum"] = choices
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

// AppendTable appends the keys of a section to a reference page in Markdown.
func AppendTable(out *strings.Builder, heading string, section reflect.Type) {
	fmt.Fprintf(out, "\n## %s\n\n| key | value | what it is |\n|---|---|---|\n", heading)
	for f := range section.Fields() {
		fmt.Fprintf(out, "| `%s` | %s | %s |\n", f.Tag.Get("yaml"), valueName(f), referenceText(f))
	}
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
		if f.Type == entriesType {
			return "name: value lines"
		}
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
