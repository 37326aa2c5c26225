package gateway_test

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/ledger"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
)

// BenchmarkOverview computes the overview of a year of a shop of the size of
// Online Retail: 540,000 lines on 25,000 orders. It is what a live view costs
// every second while data streams in.
func BenchmarkOverview(b *testing.B) {
	p := benchPlatform(b)
	store, err := duckdb.Open(duckdb.Config{Path: filepath.Join(b.TempDir(), "b.duckdb"), Threads: 2, Now: time.Now})
	p.must(err)
	defer store.Close()
	const partitions, perPartition = 8, 67_500
	for partition := range int32(partitions) {
		p.must(store.Write(b.Context(), olap.Commit{
			Batches:   []*event.Batch{year(partition, perPartition)},
			Positions: map[int32]int64{partition: perPartition},
		}))
	}
	db, err := pebble.Open("", &pebble.Options{FS: vfs.NewMem(), Merger: ledger.Merger(), Logger: quiet{}})
	p.must(err)
	defer db.Close()
	g, err := gateway.New(b.Context(), gateway.Config{
		Results: gateway.NewResults(slog.New(slog.DiscardHandler)),
		Store:   store, Tables: olap.Tables(), Ledger: ledger.New(db), Process: p, Jobs: p, Audit: p, Log: p, Explain: p,
		Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler), Tracer: noop.NewTracerProvider().Tracer(""),
		Metrics: prometheus.NewRegistry(),
	})
	p.must(err)
	defer g.Close()
	for b.Loop() {
		// Each asks about another state of the data: nothing is cached.
		p.positions[0]++
		p.must(store.Write(b.Context(), olap.Commit{Positions: map[int32]int64{100: p.positions[0]}}))
		w := httptest.NewRecorder()
		g.ServeHTTP(w, httptest.NewRequestWithContext(b.Context(), "GET", "/api/v1/overview", nil))
		if w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}

func benchPlatform(b *testing.B) *platform {
	return &platform{t: b, positions: make(map[int32]int64)}
}

// year is a partition's share of a year of orders.
func year(partition int32, n int) *event.Batch {
	batch := &event.Batch{Partition: partition}
	start := time.Date(2010, 12, 1, 8, 0, 0, 0, time.UTC).UnixMicro()
	step := (374 * 24 * time.Hour).Microseconds() / int64(n)
	for o := range int64(n) {
		i := batch.Add(o, start, o, nil)
		order := fmt.Sprintf("%d%05d", partition, o/21)
		batch.ID[i] = event.NewID("year", fmt.Appendf(nil, "%d/%d", partition, o))
		batch.Time[i] = start + o*step
		batch.Verdict[i] = event.Accepted
		batch.Source.Set(i, "shop")
		batch.Currency.Set(i, "GBP")
		batch.Country.Set(i, []string{"GB", "GB", "GB", "GB", "FR", "DE"}[o/21%6])
		batch.OrderID[i], batch.CustomerID[i] = order, fmt.Sprint(partition, o/21%550)
		k := batch.AddItem()
		it := &batch.Items
		it.ProductID[k], it.Name[k] = fmt.Sprintf("P%04d", (o*o+7)%4000), "A product with a long name"
		it.Kind.Set(k, event.KindSale)
		it.Quantity[k], it.Price[k] = 1+o%12, event.Micros(1+o%20)*100_000
		it.Amount[k], _ = it.Price[k].Mul(it.Quantity[k])
	}
	return batch
}
