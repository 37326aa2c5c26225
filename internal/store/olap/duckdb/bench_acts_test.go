package duckdb

import (
	"fmt"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

const benchHeld = 30_000

// heldBatch has quarantined events, and acts on as many.
func heldBatch(acts int) *event.Batch {
	b := &event.Batch{}
	for k := range benchHeld {
		i := b.Add(int64(k), int64(k)*1000+1, int64(k), []byte(`{"order":"536365","price":"much"}`))
		b.ID[i], b.Verdict[i] = event.NewID("shop", fmt.Append(nil, k)), event.Quarantined
		b.Source.Set(i, "shop")
		b.AddProblem(i, event.Format, fmt.Sprint("rule", k%12), "price", "much", "no number")
	}
	for k := range acts {
		i := b.Add(int64(benchHeld+k), int64(k)*1000+1, 0, nil)
		b.Verdict[i] = event.Acted
		b.Source.Set(i, "shop")
		b.Acts = append(b.Acts, event.Act{Event: int32(i), Kind: event.Waive, Outcome: event.ActWaived, Original: int64(k), ID: b.ID[k], By: "ann"})
	}
	return b
}

// BenchmarkQuarantine: the groups that are open, of 30,000 quarantined events, and
// what it costs to store them.
func BenchmarkQuarantine(b *testing.B) {
	for _, acts := range []int{0, benchHeld / 2, benchHeld} {
		b.Run(fmt.Sprintf("acts=%d", acts), func(b *testing.B) {
			s := openTest(b, b.TempDir(), nil)
			batch := heldBatch(acts)
			used := cpuTime()
			if err := s.Write(b.Context(), olap.Commit{Batches: []*event.Batch{batch}, Positions: map[int32]int64{0: int64(batch.Len())}}); err != nil {
				b.Fatal(err)
			}
			wrote := float64((cpuTime() - used).Microseconds()) / float64(batch.Len())
			used = cpuTime()
			for b.Loop() {
				r, err := s.Query(b.Context(), olap.Query{SQL: `SELECT rule, count(*) FROM quarantine WHERE state = 'open' GROUP BY rule`})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := r.All(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((cpuTime()-used).Microseconds())/float64(b.N)/1000, "cpu-ms/query")
			b.ReportMetric(wrote, "cpu-µs/row")
		})
	}
}
