package x12_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/adaptertest"
	"github.com/millrace/millrace/adapter/x12"
	"github.com/millrace/millrace/event"
)

// The envelope of a group is read anew for each group; good.in has one group per
// set, files have many sets in a group.
var suite = adaptertest.Suite{Adapter: x12.New(), Dir: "testdata", MaxAllocs: 20}

func TestSuite(t *testing.T) { adaptertest.Run(t, suite) }

// Files of other projects' tests, valid and broken, decode to what lies beside
// them.
func TestCorpus(t *testing.T) {
	inputs, err := filepath.Glob("testdata/corpus/*.in")
	if err != nil || len(inputs) < 16 {
		t.Fatalf("%d files in the corpus (%v)", len(inputs), err)
	}
	for _, path := range inputs {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		records, err := adaptertest.Records(suite.Adapter, text)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		b, d := &event.Batch{}, suite.Adapter.NewDecoder(nil)
		for i := range records {
			r := &records[i]
			d.Decode(b, b.Add(r.Position, r.Received, r.Line, r.Payload), r)
			if err := adaptertest.CheckIdentity(suite.Adapter, r); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
		golden(t, strings.TrimSuffix(path, ".in")+".golden", adaptertest.Dump(b))
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil { //nolint:gosec // a test's expectation
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (run the test with -update to write it)", err)
	}
	if got != string(want) {
		t.Errorf("%s is not what was decoded (run the test with -update and read the difference)", file)
	}
}

func FuzzDecode(f *testing.F) {
	text, err := os.ReadFile("testdata/broken.in")
	if err != nil {
		f.Fatal(err)
	}
	records, err := adaptertest.Records(suite.Adapter, text)
	if err != nil {
		f.Fatal(err)
	}
	for i := range records {
		f.Add(records[i].Payload, records[i].Envelope, uint32(1))
	}
	f.Add(text, "", uint32(2))
	f.Fuzz(func(t *testing.T, payload []byte, envelope string, occurrence uint32) {
		r := adapter.Record{Payload: payload, Envelope: envelope, Source: "fuzz", Occurrence: occurrence}
		if err := adaptertest.CheckIdentity(suite.Adapter, &r); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkDecode(b *testing.B) { suite.Benchmark(b) }
