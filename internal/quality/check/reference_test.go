package check

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
		"../../../docs/checks-reference.md": ReferenceMarkdown(),
		"../../../docs/checks.schema.json":  schema,
	} {
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale (%v): run go generate ./internal/quality/check", path, err)
		}
	}
}

func TestEveryKeyIsDescribedAndEveryKindKnown(t *testing.T) {
	for _, spec := range []reflect.Type{
		reflect.TypeFor[document](), reflect.TypeFor[checkSpec](), reflect.TypeFor[onSpec](), reflect.TypeFor[windowSpec](),
		reflect.TypeFor[referenceSpec](), reflect.TypeFor[driftSpec](), reflect.TypeFor[anomalySpec](),
	} {
		for f := range spec.Fields() {
			if f.Tag.Get("yaml") == "" || f.Tag.Get("desc") == "" {
				t.Errorf("%s.%s needs the tags yaml and desc", spec.Name(), f.Name)
			}
		}
	}
	f, _ := reflect.TypeFor[checkSpec]().FieldByName("Kind")
	var names []string
	for i := range kinds {
		names = append(names, kinds[i].name)
		for _, key := range slices.Concat(kinds[i].needs, kinds[i].takes) {
			if !slices.Contains(kindKeys, key) {
				t.Errorf("%s takes the unknown key %q", kinds[i].name, key)
			}
		}
	}
	if got := f.Tag.Get("oneof"); got != joined(names) {
		t.Errorf("the format knows %s, the kinds are %s", got, joined(names))
	}
}

func joined(names []string) string {
	out := ""
	for i, n := range names {
		if i > 0 {
			out += "|"
		}
		out += n
	}
	return out
}
