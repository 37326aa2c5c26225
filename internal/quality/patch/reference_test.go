package patch

import (
	"bytes"
	"flag"
	"os"
	"reflect"
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
		"../../../docs/patches-reference.md": ReferenceMarkdown(),
		"../../../docs/patches.schema.json":  schema,
	} {
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale (%v): run go generate ./internal/quality/patch", path, err)
		}
	}
}

// TestKeysAreTheSame: YAML and JSON name a key alike, every key is described, and what a
// step can do is known to the compiler.
func TestKeysAreTheSame(t *testing.T) {
	for _, spec := range []reflect.Type{
		reflect.TypeFor[Spec](), reflect.TypeFor[Step](), reflect.TypeFor[Replace](), reflect.TypeFor[Number](),
		reflect.TypeFor[Time](), reflect.TypeFor[Scale](), reflect.TypeFor[Lookup](),
	} {
		for f := range spec.Fields() {
			key := f.Tag.Get("yaml")
			name, _, _ := bytes.Cut([]byte(f.Tag.Get("json")), []byte{','})
			if key == "" || key != string(name) || f.Tag.Get("desc") == "" {
				t.Errorf("%s.%s: yaml %q, json %q, desc %q", spec.Name(), f.Name, key, name, f.Tag.Get("desc"))
			}
		}
	}
	if n := reflect.TypeFor[Step]().NumField() - 3; len(actionNames()) != n || len(actions) != n {
		t.Errorf("%d keys of a step, %d of them actions, of %d", n, len(actionNames()), len(actions))
	}
}
