package config

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestGeneratedPagesAreUpToDate(t *testing.T) {
	schema, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"reference-config.md": ReferenceMarkdown(), "config.schema.json": schema} {
		got, err := os.ReadFile(filepath.Join("../../../docs", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("docs/%s is out of date; run make generate", name)
		}
	}
}
