package duckdb

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

// retail are the rows of Online Retail, for realistic strings and order.
type retail struct {
	rows  [][]string
	times []int64
}

const retailFile = "../../../../../shared/data/online-retail/online_retail.csv.zst"

func loadRetail(tb testing.TB) *retail {
	tb.Helper()
	f, err := os.Open(retailFile)
	if err != nil {
		tb.Fatalf("benchmarks need the Online Retail data: %v", err)
	}
	defer func() { _ = f.Close() }()
	z, err := zstd.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	defer z.Close()
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	r := &retail{rows: rows[1:]}
	for _, row := range r.rows {
		at, err := time.Parse(time.DateTime, row[4])
		if err != nil {
			tb.Fatal(err)
		}
		r.times = append(r.times, at.UnixMicro())
	}
	return r
}

// batch fills b with rows [from, to) as events of one partition, the way the
// pass does.
func (d *retail) batch(b *event.Batch, partition int32, offset int64, from, to int) {
	b.Reset()
	b.Partition = partition
	for k := from; k < to; k++ {
		row := d.rows[k]
		i := b.Add(offset+int64(k-from), d.times[k], int64(k), nil)
		b.ID[i] = event.NewID("onlineretail", strconv.AppendInt(nil, int64(k), 10))
		b.Time[i], b.Verdict[i] = d.times[k], event.Accepted
		b.Source.Set(i, "onlineretail")
		b.Stream.Set(i, "online_retail.csv")
		b.Type.Set(i, "order_line")
		b.Versions.Set(i, "onlineretail@1 onlineretail.yaml@1a2b3c4d")
		b.Country.Set(i, row[7])
		b.Currency.Set(i, "GBP")
		b.OrderID[i], b.CustomerID[i] = row[0], row[6]
		if row[6] == "" {
			b.CustomerID[i] = "guest:" + row[0]
		}
		price, _ := event.ParseMicros(row[5])
		n := b.AddItem()
		it := &b.Items
		it.ProductID[n], it.Name[n], it.Price[n] = row[1], row[2], price
		it.Quantity[n], _ = strconv.ParseInt(row[3], 10, 64)
		it.Amount[n], _ = price.Mul(it.Quantity[n])
		it.Kind.Set(n, event.KindSale)
		b.Amount[i] = it.Amount[n]
	}
}

// run writes all rows in commits of size events over the partitions, and reports
// CPU per event.
func (d *retail) run(b *testing.B, s *Store, size, partitions int) {
	batches := make([]*event.Batch, partitions)
	for p := range batches {
		batches[p] = &event.Batch{Partition: int32(p)}
	}
	next := map[int32]int64{}
	var cpu, wall, worst time.Duration
	events := 0
	for from := 0; from < len(d.rows); {
		for p := range batches {
			to := min(from+size/partitions, len(d.rows))
			d.batch(batches[p], int32(p), next[int32(p)], from, to)
			next[int32(p)] += int64(to - from)
			events += to - from
			from = to
		}
		start, used := time.Now(), cpuTime()
		if err := s.Write(b.Context(), olap.Commit{Batches: batches, Positions: next}); err != nil {
			b.Fatal(err)
		}
		took := time.Since(start)
		cpu, wall, worst = cpu+cpuTime()-used, wall+took, max(worst, took)
	}
	used := cpuTime()
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	closing := cpuTime() - used
	file, err := os.Stat(s.cfg.Path)
	if err != nil {
		b.Fatal(err)
	}
	micros := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(events) }
	b.ReportMetric(micros(cpu+closing), "cpu-µs/event")
	b.ReportMetric(micros(closing), "close-µs/event")
	b.ReportMetric(float64(events)/(cpu+closing).Seconds(), "events/cpu-s")
	b.ReportMetric(float64(events)/wall.Seconds(), "events/s")
	b.ReportMetric(float64(worst.Milliseconds()), "worst-ms")
	b.ReportMetric(float64(file.Size())/float64(events), "file-B/event")
	b.ReportMetric(float64(peakRSS()>>20), "peak-MB")
	b.ReportMetric(0, "ns/op")
}

func cpuTime() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// peakRSS is that of the process since its start.
func peakRSS() int64 {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return r.Maxrss << 10
}

func BenchmarkWrite(b *testing.B) {
	data := loadRetail(b)
	run := func(name string, size, partitions int, change func(*Config)) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				cfg := Config{Path: filepath.Join(b.TempDir(), "analytics.duckdb"), Now: time.Now}
				if change != nil {
					change(&cfg)
				}
				s, err := Open(cfg)
				if err != nil {
					b.Fatal(err)
				}
				data.run(b, s, size, partitions)
			}
		})
	}
	for _, mb := range []int64{16, 32, 64, 128, 1024} {
		for _, size := range []int{2_000, 10_000, 50_000} {
			run(fmt.Sprintf("checkpoint=%dMB/rows=%d", mb, size), size, 8, func(c *Config) { c.CheckpointBytes = mb * miB })
		}
	}
	run("checkpoint=32MB/rows=250000", 250_000, 8, nil)
	for _, o := range benchOptions {
		run("options="+o, 10_000, 8, func(c *Config) { c.options = parseOptions(o) })
	}
}

// benchOptions are the variants of ADR 041. OLAP_OPTIONS adds one.
var benchOptions = []string{
	"preserve_insertion_order=false", "storage_compatibility_version=v0.10.2",
	"threads=2", "disabled_compression_methods=dict_fsst", os.Getenv("OLAP_OPTIONS"),
}

func parseOptions(s string) map[string]string {
	options := map[string]string{}
	for _, kv := range strings.Split(s, "&") {
		if k, v, ok := strings.Cut(kv, "="); ok {
			options[k] = v
		}
	}
	return options
}
