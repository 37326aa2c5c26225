package dashboard

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestScripts: board checks a definition, and prints it as it is written, or what is wrong.
func TestScripts(t *testing.T) {
	catalog := catalogOf(t)
	datadriven.Walk(t, "testdata/scripts", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd != "board" {
				t.Fatalf("unknown command %q", d.Cmd)
			}
			b, err := Parse([]byte(d.Input), "b.yaml", catalog)
			if err != nil {
				return err.Error() + "\n"
			}
			text, err := Format(b)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		})
	})
}

var example = regexp.MustCompile("(?s)```yaml\n(version: 1\nid: .*?)```")

// TestExamplesOfTheGuide: a reader's first dashboard is one that is taken.
func TestExamplesOfTheGuide(t *testing.T) {
	text, err := os.ReadFile("../../docs/dashboards.md")
	if err != nil {
		t.Fatal(err)
	}
	found := example.FindAllStringSubmatch(string(text), -1)
	for _, m := range found {
		if _, err := Parse([]byte(m[1]), "docs/dashboards.md", catalogOf(t)); err != nil {
			t.Error(err)
		}
	}
	if len(found) == 0 {
		t.Error("the guide has no example")
	}
}

// FuzzParse: no text is too strange to be refused with a place, and what is taken is taken again as it is
// written.
func FuzzParse(f *testing.F) {
	for _, e := range Defaults() {
		f.Add([]byte(e.Text))
	}
	f.Add([]byte("version: 1\nid: a\ntitle: A\nrows: [{charts: [{id: a, kind: heatmap, metrics: [orders], by: [country], grain: day}]}]"))
	f.Add([]byte(`{"version":1,"id":"a","title":"A","rows":[{"charts":[{"id":"a","kind":"text","text":"{x: [y"}]}]}`))
	f.Add([]byte("version: 1\nid: &a b\ntitle: *a\nrows: []"))
	catalog := catalogOf(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := Parse(text, "f.yaml", catalog)
		if err != nil {
			if !strings.Contains(err.Error(), "f.yaml") {
				t.Errorf("no place in %v", err)
			}
			return
		}
		written, err := Format(b)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(written, "g.yaml", catalog)
		if err != nil {
			t.Fatalf("%v\n%s", err, written)
		}
		if twice, err := Format(again); err != nil || string(twice) != string(written) {
			t.Errorf("written as\n%s\nand then as\n%s\n%v", written, twice, err)
		}
	})
}
