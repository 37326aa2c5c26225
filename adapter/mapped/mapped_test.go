package mapped_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/adaptertest"
	"github.com/millrace/millrace/adapter/mapped"
)

func load(t testing.TB, dir string) mapped.Format {
	t.Helper()
	path := filepath.Join("testdata", dir, "mapping.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a, err := mapped.Load(text, path)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestSuiteOfJSON(t *testing.T) {
	adaptertest.Run(t, adaptertest.Suite{Adapter: load(t, "orders"), Dir: "testdata/orders"})
}

// The tokenizer of the standard library allocates for each element and text.
func TestSuiteOfXML(t *testing.T) {
	adaptertest.Run(t, adaptertest.Suite{Adapter: load(t, "xml"), Dir: "testdata/xml", MaxAllocs: 150, Unfilled: []string{"context"}})
}

func fuzz(f *testing.F, dir, envelope string) {
	a := load(f, dir)
	for _, payload := range adaptertest.Seeds(f, a, filepath.Join("testdata", dir)) {
		f.Add(payload, envelope)
	}
	f.Fuzz(func(t *testing.T, payload []byte, envelope string) {
		r := adapter.Record{Payload: payload, Source: "fuzz", Envelope: envelope}
		if err := adaptertest.CheckIdentity(a, &r); err != nil {
			t.Fatal(err)
		}
		if _, ok := a.(adapter.Framed); ok {
			whole := framed(t, a, string(payload), len(payload)+1, 64)
			if pieces := framed(t, a, string(payload), 1, 64); pieces != whole {
				t.Fatalf("in pieces\n%s\nat once\n%s", pieces, whole)
			}
			return
		}
		for rest, n := payload, 0; len(rest) > 0; n++ {
			advance, _, _ := a.Next(rest, true)
			if advance <= 0 || advance > len(rest) || n > len(payload) {
				t.Fatalf("Next advanced by %d of %d bytes at the end of the file", advance, len(rest))
			}
			rest = rest[advance:]
		}
	})
}

func FuzzJSON(f *testing.F) { fuzz(f, "orders", `{"id":"d-1","topic":"orders/create"}`) }
func FuzzXML(f *testing.F)  { fuzz(f, "xml", `{"namespaces":{"":"urn:example:orders"}}`) }

func BenchmarkJSON(b *testing.B) {
	adaptertest.Suite{Adapter: load(b, "orders"), Dir: "testdata/orders"}.Benchmark(b)
}

func BenchmarkXML(b *testing.B) {
	adaptertest.Suite{Adapter: load(b, "xml"), Dir: "testdata/xml"}.Benchmark(b)
}
