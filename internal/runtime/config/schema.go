package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// JSONSchema describes the configuration file as JSON Schema (draft 2020-12),
// for editors and `millrace config schema`.
func JSONSchema() ([]byte, error) {
	s := sectionSchema(root(), reflect.ValueOf(Default()).Elem())
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "Millrace configuration"
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("cannot write the JSON Schema: %w", err)
	}
	return append(out, '\n'), nil
}

// sectionSchema describes a section; defaults is the zero Value within lists,
// whose sections have none.
func sectionSchema(f *field, defaults reflect.Value) map[string]any {
	properties := map[string]any{}
	required := []string{}
	for i := range f.fields {
		child := &f.fields[i]
		value := reflect.Value{}
		if defaults.IsValid() {
			value = defaults.Field(child.index)
		} else if child.check == "required" || child.check == "name" {
			required = append(required, child.key)
		}
		properties[child.key] = settingSchema(child, value)
	}
	s := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func settingSchema(f *field, def reflect.Value) map[string]any {
	var s map[string]any
	switch f.kind {
	case kindSection:
		s = sectionSchema(f, def)
	case kindSections:
		s = map[string]any{"type": "array", "items": sectionSchema(f, reflect.Value{})}
	case kindList:
		s = map[string]any{"type": "array", "items": scalarSchema(f, f.elem)}
		if def.IsValid() {
			s["default"] = def.Interface()
		}
	default:
		s = scalarSchema(f, f.kind)
		if def.IsValid() && f.kind != kindSecret {
			s["default"] = jsonDefault(f.kind, def)
		}
	}
	s["description"] = described(f)
	return s
}

// described adds the range that a pattern cannot express.
func described(f *field) string {
	if f.min == "" || f.kind == kindInt || f.kind == kindFloat {
		return f.desc
	}
	return fmt.Sprintf("%s From %s to %s.", f.desc, f.min, f.max)
}

func jsonDefault(k kind, v reflect.Value) any {
	if k == kindDuration || k == kindBytes {
		return format(v)
	}
	return v.Interface()
}

func scalarSchema(f *field, k kind) map[string]any {
	s := map[string]any{}
	switch k {
	case kindText, kindSecret, kindKeyHash:
		s["type"] = "string"
	case kindInt:
		s["type"] = "integer"
	case kindFloat:
		s["type"] = "number"
	case kindBool:
		s["type"] = "boolean"
	case kindDuration:
		s["type"], s["pattern"] = "string", durationPattern
	case kindBytes:
		s["type"], s["pattern"] = []string{"string", "integer"}, bytesPattern
	}
	if (k == kindInt || k == kindFloat) && f.min != "" {
		s["minimum"], s["maximum"] = json.Number(f.min), json.Number(f.max)
	}
	if f.oneof != nil {
		s["enum"] = f.oneof
	}
	return s
}

// ReferenceMarkdown is the page docs/reference-config.md.
func ReferenceMarkdown() []byte {
	var out strings.Builder
	out.WriteString(referenceHead)
	names := make([]string, 0, len(otherVariables))
	for name := range otherVariables {
		names = append(names, name)
	}
	for _, name := range sortedCopy(names) {
		fmt.Fprintf(&out, "- `%s`: %s.\n", name, otherVariables[name])
	}
	out.WriteString("\n## Top level\n\n")
	referenceTable(&out, root(), reflect.ValueOf(Default()).Elem())
	referenceSections(&out, root(), reflect.ValueOf(Default()).Elem())
	return []byte(out.String())
}

const referenceHead = `<!-- Generated from internal/runtime/config by "make generate". Do not edit. -->
# Configuration reference

Millrace reads one YAML file (` + "`millrace up -config millrace.yaml`" + `) and then the environment; every setting has a default, so
both may be absent. An unknown key or variable is refused. ` + "`millrace config check`" + ` reports what is wrong with line and column,
` + "`millrace config print`" + ` shows what holds after all overrides, and ` + "`millrace config schema`" + ` writes a JSON Schema for editors.

Durations are written ` + "`50ms`, `30s`, `24h`, `30d`" + `; sizes ` + "`512B`, `64KiB`, `64MiB`, `10GiB`" + ` or as a number of bytes. Relative paths
start at the folder in which the process runs. In the environment, lists are separated by commas; sources are set in the file only.
In secret text, ` + "`${NAME}`" + ` is replaced by the environment variable NAME, which must be set; ` + "`$${`" + ` stands for ` + "`${`" + ` itself.

Variables that are no settings:

`

func referenceSections(out *strings.Builder, f *field, defaults reflect.Value) {
	for i := range f.fields {
		child := &f.fields[i]
		if child.kind != kindSection && child.kind != kindSections {
			continue
		}
		value := reflect.Value{}
		heading := child.path
		if child.kind == kindSection && defaults.IsValid() {
			value = defaults.Field(child.index)
		} else {
			heading += "[]"
		}
		fmt.Fprintf(out, "\n## `%s`\n\n%s\n\n", heading, child.desc)
		referenceTable(out, child, value)
		referenceSections(out, child, value)
	}
}

func referenceTable(out *strings.Builder, f *field, defaults reflect.Value) {
	out.WriteString("| key | type | default | what it is |\n|---|---|---|---|\n")
	for i := range f.fields {
		child := &f.fields[i]
		if child.kind == kindSection || child.kind == kindSections {
			continue
		}
		def := ""
		if defaults.IsValid() && child.kind != kindSecret {
			def = referenceDefault(child.kind, defaults.Field(child.index))
		}
		fmt.Fprintf(out, "| `%s` | %s | %s | %s |\n", child.key, kindNames[child.kind], def, referenceText(child))
	}
}

func referenceDefault(k kind, v reflect.Value) string {
	if k == kindList {
		items := make([]string, v.Len())
		for i := range items {
			items[i] = format(v.Index(i))
		}
		return "`[" + strings.Join(items, ", ") + "]`"
	}
	if text := format(v); text != "" {
		return "`" + text + "`"
	}
	return "`" + strconv.Quote("") + "`"
}

func referenceText(f *field) string {
	text := f.desc
	if f.min != "" {
		text += fmt.Sprintf(" From %s to %s.", f.min, f.max)
	}
	if f.oneof != nil {
		allowed := strings.Join(f.oneof, "`, `")
		text += " One of `" + strings.TrimPrefix(allowed, "`, `") + "`."
	}
	if env := f.env(); env != "" {
		text += " `" + env + "`"
	}
	return text
}
