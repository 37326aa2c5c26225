package declared

import (
	"bytes"
	"flag"
	"os"
	"regexp"
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
		"../../../docs/jobs-reference.md": ReferenceMarkdown(),
		"../../../docs/jobs.schema.json":  schema,
	} {
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale (%v): run go generate ./internal/job/declared", path, err)
		}
	}
}

func TestEveryKeyIsDescribed(t *testing.T) {
	for _, section := range sections {
		for f := range section.of.Fields() {
			if f.Tag.Get("yaml") == "" || f.Tag.Get("desc") == "" {
				t.Errorf("%s.%s needs the tags yaml and desc", section.of.Name(), f.Name)
			}
		}
	}
}

// The functions that are parsed as calls are those that there are.
func TestFunctionsAreParsedAsCalls(t *testing.T) {
	var names []string
	for _, f := range functions {
		names = append(names, f.name)
	}
	if !slices.Equal(names, ownFunctions) {
		t.Errorf("ownFunctions are %v, want %v", ownFunctions, names)
	}
}

// Files that the guide shows as whole files load.
func TestTheGuidesFilesLoad(t *testing.T) {
	text, err := os.ReadFile("../../../docs/jobs-yaml.md")
	if err != nil {
		t.Fatal(err)
	}
	files := regexp.MustCompile("(?s)```yaml\n(name: .*?)```").FindAllSubmatch(text, -1)
	if len(files) < 3 {
		t.Fatalf("the guide shows %d files", len(files))
	}
	for _, file := range files {
		if _, err := Load(file[1], "guide.yaml", Params{}); err != nil {
			t.Errorf("%v\n%s", err, file[1])
		}
	}
}
