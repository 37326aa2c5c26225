package x12_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter/x12"
)

var reference = flag.Bool("reference", false, "write the reference of messages into docs/sources/edi.md")

// The reference of messages in docs/sources/edi.md is generated from the maps.
func TestReference(t *testing.T) {
	const file, begin, end = "../../docs/sources/edi.md", "<!-- x12: generated from adapter/x12/maps -->\n", "<!-- end of x12 -->\n"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no %s … %s", file, begin, end)
	}
	want := before + begin + x12.New().Maps().Reference() + "\n" + end + after
	if want == string(text) {
		return
	}
	if !*reference {
		t.Fatalf("%s does not say what the maps say: run go test ./adapter/x12 -run Reference -reference", file)
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil { //nolint:gosec // a public document
		t.Fatal(err)
	}
}
