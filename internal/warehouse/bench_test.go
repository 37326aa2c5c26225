package warehouse

import (
	"testing"

	"github.com/millrace/millrace/internal/warehouse/warehousetest"
)

// BenchmarkLoad is what the star costs per event, of order lines: the events are stored
// before. Commits of events wait for a step.
func BenchmarkLoad(b *testing.B) {
	const events = 100_000
	lines := warehousetest.Retail(b, 5)[:events]
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b, 10_000)
		for p := range int32(4) {
			w.Write(w.RetailBatch(p, lines[int(p)*events/4:int(p+1)*events/4]))
		}
		b.StartTimer()
		w.load()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*events), "µs/event")
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*events/10_000), "ms/step")
}
