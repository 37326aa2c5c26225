package saved

import (
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/yamldoc"
)

var update = flag.Bool("update", false, "write the generated part of the page")

// TestReferenceIsCurrent fails when the page differs from the structs.
func TestReferenceIsCurrent(t *testing.T) {
	const path, begins, ends = "../../../docs/saved-queries.md", "do not edit -->\n", "<!-- /reference -->"
	var tables strings.Builder
	yamldoc.AppendTable(&tables, "Keys of a saved query", reflect.TypeFor[Query]())
	yamldoc.AppendTable(&tables, "Keys of a parameter", reflect.TypeFor[Parameter]())
	yamldoc.AppendTable(&tables, "Keys of a schedule", reflect.TypeFor[Schedule]())
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(page), begins)
	_, after, ok2 := strings.Cut(rest, ends)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no place for the reference", path)
	}
	want := before + begins + tables.String() + "\n" + ends + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(page) {
		t.Errorf("%s is stale: run go generate ./internal/query/saved", path)
	}
}
