package quality

import (
	"bytes"
	"flag"
	"os"
	"reflect"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "write the generated reference pages")

// TestReferenceIsCurrent fails when the generated pages differ from the structs.
func TestReferenceIsCurrent(t *testing.T) {
	schema, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][]byte{
		"../../docs/rules-reference.md": ReferenceMarkdown(),
		"../../docs/rules.schema.json":  schema,
	} {
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale (%v): run go generate ./internal/quality", path, err)
		}
	}
}

func TestEveryKeyIsDescribed(t *testing.T) {
	for _, spec := range []reflect.Type{
		reflect.TypeFor[document](), reflect.TypeFor[correctionSpec](), reflect.TypeFor[ruleSpec](),
		reflect.TypeFor[checkSpec](), reflect.TypeFor[lengthSpec](), reflect.TypeFor[tableSpec](), reflect.TypeFor[parseSpec](),
		reflect.TypeFor[convertSpec](), reflect.TypeFor[exchangeSpec](), reflect.TypeFor[lookupSpec](), reflect.TypeFor[compareSpec](),
		reflect.TypeFor[referenceSpec](), reflect.TypeFor[uniqueSpec](),
	} {
		for f := range spec.Fields() {
			if f.Tag.Get("yaml") == "" || f.Tag.Get("desc") == "" {
				t.Errorf("%s.%s needs the tags yaml and desc", spec.Name(), f.Name)
			}
		}
	}
}

// TestEnvironmentNamesTheFields holds the two lists of fields together: what
// expr type-checks, and what is compiled.
func TestEnvironmentNamesTheFields(t *testing.T) {
	var names []string
	var walk func(reflect.Type, string)
	walk = func(of reflect.Type, prefix string) {
		for f := range of.Fields() {
			name := prefix + f.Tag.Get("expr")
			if f.Type.Kind() == reflect.Struct && f.Type.Name() == "" {
				walk(f.Type, name+".")
				continue
			}
			names = append(names, name)
		}
	}
	walk(reflect.TypeFor[environment](), "")
	if want := fieldNames(nil); !slices.Equal(names, want) {
		t.Errorf("environment has %v, want %v", names, want)
	}
}
