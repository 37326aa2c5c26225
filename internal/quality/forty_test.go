package quality

import (
	"os"
	"strings"
	"testing"

	"github.com/millrace/millrace/event"
)

// fortyRules are the forty checks that "make bench-quality" runs in the pass.
func fortyRules(t testing.TB) *RuleSet {
	t.Helper()
	text, err := os.ReadFile("testdata/forty.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rs := load(t, string(text))
	countries, err := os.ReadFile("testdata/countries.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range rs.Tables() {
		if err := table.Fill(table.ReadCSV(strings.NewReader(string(countries)))); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(rs.Rules()); n != 40 {
		t.Fatalf("%d rules, want 40", n)
	}
	return rs
}

// TestFortyChecksDoNotAllocate holds checks to their promise on lines that mostly meet
// them: nothing per event, and per batch the text of the versions that rows name.
func TestFortyChecksDoNotAllocate(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	b := &event.Batch{}
	addLines(t, b, orderLines(t), 4096)
	task, restore, rows, versions := fortyRules(t).Task(), remember(b), allRows(b), append([]uint32{}, b.Versions.Codes...)
	if n := testing.AllocsPerRun(20, func() {
		restore()
		copy(b.Versions.Codes, versions)
		task.Apply(b, rows)
	}); n > 8 {
		t.Errorf("%v allocations for %d events", n, len(rows))
	}
}

func BenchmarkForty(b *testing.B) {
	const rows = 4096
	batch := &event.Batch{}
	addLines(b, batch, orderLines(b), rows)
	task, restore, indices, versions := fortyRules(b).Task(), remember(batch), allRows(batch), append([]uint32{}, batch.Versions.Codes...)
	b.ReportAllocs()
	for b.Loop() {
		restore()
		copy(batch.Versions.Codes, versions)
		task.Apply(batch, indices)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/event")
}
