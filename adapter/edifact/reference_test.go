package edifact_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter/edifact"
)

var reference = flag.Bool("reference", false, "write the reference of messages into docs/sources/edi.md")

// The reference of messages in docs/sources/edi.md is generated from the maps.
func TestReference(t *testing.T) {
	const file, begin, end = "../../docs/sources/edi.md", "<!-- edifact: generated from adapter/edifact/maps -->\n", "<!-- end of edifact -->\n"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no %s … %s", file, begin, end)
	}
	want := before + begin + edifact.New().Maps().Reference() + "\n" + end + after
	if want == string(text) {
		return
	}
	if !*reference {
		t.Fatalf("%s does not say what the maps say: run go test ./adapter/edifact -run Reference -reference", file)
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil { //nolint:gosec // a public document
		t.Fatal(err)
	}
}
