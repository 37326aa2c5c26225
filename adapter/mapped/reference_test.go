package mapped_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/millrace/millrace/adapter/mapped"
)

var reference = flag.Bool("reference", false, "write the reference of mapping files into docs")

// The reference and the JSON Schema of mapping files are made of their tags.
func TestReferenceIsCurrent(t *testing.T) {
	schema, err := mapped.JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string][]byte{
		"../../docs/mapping-reference.md": mapped.ReferenceMarkdown(), "../../docs/mapping.schema.json": schema,
	} {
		if *reference {
			if err := os.WriteFile(file, want, 0o644); err != nil { //nolint:gosec // a public document
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is out of date (%v): run go generate ./adapter/mapped", file, err)
		}
	}
}
