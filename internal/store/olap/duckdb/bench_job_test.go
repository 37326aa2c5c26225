package duckdb

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

// turnover is a job table of 12 columns, as a window per product and country has.
func turnover() olap.JobTable {
	return olap.JobTable{
		Name: "turnover", Key: []string{"product_id", "country", "start"}, Retracted: "retracted",
		Columns: []olap.JobColumn{
			{Name: "product_id", Type: olap.Text}, {Name: "country", Type: olap.Text}, {Name: "start", Type: olap.Timestamp},
			{Name: "end", Type: olap.Timestamp}, {Name: "revision", Type: olap.Int32}, {Name: "retracted", Type: olap.Bool},
			{Name: "orders", Type: olap.Int64}, {Name: "pieces", Type: olap.Int64}, {Name: "amount", Type: olap.Money},
			{Name: "share", Type: olap.Double}, {Name: "newest", Type: olap.UUID}, {Name: "reason", Type: olap.Text},
		},
	}
}

// fillTurnover makes rows [from, from+n), whose keys are those of the numbers that
// key returns.
func fillTurnover(r *olap.JobRows, from, n int, key func(int) int) {
	const minute = 60_000_000
	*r = olap.JobRows{Table: "turnover", Numbers: r.Numbers[:0], Columns: r.Columns}
	if r.Columns == nil {
		r.Columns = make([]olap.JobValues, 12)
	}
	c := r.Columns
	for k := range c {
		c[k] = olap.JobValues{Ints: c[k].Ints[:0], Floats: c[k].Floats[:0], Texts: c[k].Texts[:0], IDs: c[k].IDs[:0]}
	}
	countries := []string{"GB", "DE", "FR", "NL", "ES"}
	for i := from; i < from+n; i++ {
		k := key(i)
		r.Numbers = append(r.Numbers, uint64(i))
		c[0].Texts = append(c[0].Texts, fmt.Sprintf("product-%06d", k/5%4000))
		c[1].Texts = append(c[1].Texts, countries[k%5])
		start := int64(k/20_000+1) * minute
		c[2].Ints = append(c[2].Ints, start)
		c[3].Ints = append(c[3].Ints, start+minute)
		c[4].Ints = append(c[4].Ints, int64(i%7))
		c[5].Ints = append(c[5].Ints, 0)
		c[6].Ints = append(c[6].Ints, int64(i%90))
		c[7].Ints = append(c[7].Ints, int64(i%900))
		c[8].Ints = append(c[8].Ints, int64(i%90_000)*10_000)
		c[9].Floats = append(c[9].Floats, float64(i%1000)/1000)
		c[10].IDs = append(c[10].IDs, event.NewID("bench", []byte(c[0].Texts[i-from])))
		c[11].Texts = append(c[11].Texts, "")
	}
}

// turnoverKeys are how results come: of few keys again and again, of windows that
// follow each other, and of anything.
var turnoverKeys = map[string]func(int) int{
	"few":     func(i int) int { return i % 20 },
	"windows": func(i int) int { return i - i%3 },
	"any":     func(int) int { return rand.IntN(200_000) },
}

func BenchmarkResults(b *testing.B) {
	for _, keys := range []string{"few", "windows", "any"} {
		for _, size := range []int{500, 5000} {
			b.Run(fmt.Sprintf("keys=%s/rows=%d", keys, size), func(b *testing.B) {
				for b.Loop() {
					runTurnover(b, size, turnoverKeys[keys])
				}
			})
		}
	}
}

func runTurnover(b *testing.B, size int, key func(int) int) {
	const rows = 400_000
	s := openTest(b, b.TempDir(), nil)
	if err := s.Define(b.Context(), []olap.JobTable{turnover()}); err != nil {
		b.Fatal(err)
	}
	var r olap.JobRows
	var cpu, worst time.Duration
	for from := 0; from < rows; from += size {
		fillTurnover(&r, from, size, key)
		start, used := time.Now(), cpuTime()
		if err := s.Write(b.Context(), olap.Commit{Results: []olap.JobRows{r}, ResultsTo: uint64(from + size)}); err != nil {
			b.Fatal(err)
		}
		cpu, worst = cpu+cpuTime()-used, max(worst, time.Since(start))
	}
	used := cpuTime()
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	cpu += cpuTime() - used
	file, err := os.Stat(s.cfg.Path)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(cpu.Microseconds())/rows, "cpu-µs/row")
	b.ReportMetric(rows/cpu.Seconds(), "rows/cpu-s")
	b.ReportMetric(float64(worst.Milliseconds()), "worst-ms")
	b.ReportMetric(float64(file.Size())/rows, "file-B/row")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkNewest reads a table of a million results, of which some wait to be
// folded: as it is, and in the ways that need nothing of the writer (ADR 042).
func BenchmarkNewest(b *testing.B) {
	const keys, tail = 1_000_000, maxTail - 1
	s := openTest(b, b.TempDir(), nil)
	if err := s.Define(b.Context(), []olap.JobTable{turnover()}); err != nil {
		b.Fatal(err)
	}
	var r olap.JobRows
	write := func(from, n int, key func(int) int) {
		fillTurnover(&r, from, n, key)
		if err := s.Write(b.Context(), olap.Commit{Results: []olap.JobRows{r}, ResultsTo: uint64(from + n)}); err != nil {
			b.Fatal(err)
		}
	}
	const size = 50_000 // each is folded
	for from := 0; from < keys; from += size {
		write(from, size, func(i int) int { return i })
	}
	write(keys, tail, func(int) int { return rand.IntN(keys) })
	for name, table := range map[string]string{
		"view":    "turnover",
		"qualify": `(SELECT * FROM turnover_revisions QUALIFY row_number() OVER (PARTITION BY product_id, country, start ORDER BY revision_no DESC) = 1)`,
		"max":     `(SELECT * FROM turnover_revisions WHERE revision_no IN (SELECT max(revision_no) FROM turnover_revisions GROUP BY product_id, country, start))`,
	} {
		for what, sql := range map[string]string{
			"all":    `SELECT count(*), sum(amount), sum(pieces), max("end") FROM ` + table + ` WHERE NOT retracted`,
			"window": `SELECT product_id, sum(amount) AS revenue FROM ` + table + ` WHERE start = make_timestamp(30 * 60000000) GROUP BY 1 ORDER BY 2 DESC LIMIT 10`,
		} {
			b.Run(name+"/"+what, func(b *testing.B) {
				used := cpuTime()
				for b.Loop() {
					r, err := s.Query(b.Context(), olap.Query{SQL: sql})
					if err != nil {
						b.Fatal(err)
					}
					if _, err := r.All(); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64((cpuTime()-used).Milliseconds())/float64(b.N), "cpu-ms/op")
			})
		}
	}
}
