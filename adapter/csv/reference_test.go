package csv_test

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter/csv"
)

var reference = flag.Bool("reference", false, "write the reference of mapping files into docs/adapters.md")

// The reference of mapping files in docs/adapters.md is generated from the tags
// of Mapping.
func TestReference(t *testing.T) {
	const file, begin, end = "../../docs/adapters.md", "<!-- mapping: generated from adapter/csv -->\n", "<!-- end of mapping -->\n"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no %s … %s", file, begin, end)
	}
	want := before + begin + referenceText() + end + after
	if want == string(text) {
		return
	}
	if !*reference {
		t.Fatalf("%s does not say what adapter/csv.Mapping says: run go test ./adapter/csv -run Reference -reference", file)
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil { //nolint:gosec // a public document
		t.Fatal(err)
	}
}

func referenceText() string {
	var out strings.Builder
	for _, section := range []struct {
		title string
		of    reflect.Type
	}{
		{"A mapping file", reflect.TypeFor[csv.Mapping]()},
		{"`constants`", reflect.TypeFor[csv.Constants]()},
		{"An entry of `columns`", reflect.TypeFor[csv.Column]()},
		{"`kind`", reflect.TypeFor[csv.Kind]()},
		{"An entry of `kind.rules`", reflect.TypeFor[csv.KindRule]()},
	} {
		fmt.Fprintf(&out, "\n**%s**\n\n| key | meaning |\n|---|---|\n", section.title)
		for f := range section.of.Fields() {
			if key := f.Tag.Get("yaml"); key != "" {
				fmt.Fprintf(&out, "| `%s` | %s |\n", key, strings.ReplaceAll(f.Tag.Get("doc"), "|", `\|`))
			}
		}
	}
	return out.String() + "\n"
}
