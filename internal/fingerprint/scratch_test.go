package fingerprint

import (
	"fmt"
	"testing"
)

func BenchmarkScratchMiss(b *testing.B) {
	for _, size := range []uint64{0, 1_000_000, 10_000_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			ix := openBench(b, 0)
			fill(b, ix, 0, size)
			settle(b, ix)
			now := benchStart + int64(size/1000)
			b.Run("miss", func(b *testing.B) {
				for i := range uint64(b.N) {
					if _, dup := ix.Lookup(benchKey(i+1<<40), now); dup {
						b.Fatal()
					}
				}
				b.ReportMetric(float64(len(ix.runs)), "runs")
				b.ReportMetric(float64(len(ix.active.records)), "active")
			})
			if size > 0 {
				b.Run("hit", func(b *testing.B) {
					for i := range uint64(b.N) {
						if _, dup := ix.Lookup(benchKey(mix64(i)%size), now); !dup {
							b.Fatal()
						}
					}
				})
			}
		})
	}
}
func BenchmarkScratchKey(b *testing.B) {
	var s byte
	for i := range uint64(b.N) {
		k := benchKey(i)
		s += k[0]
	}
	_ = s
}

var sink byte

func BenchmarkScratchRandom(b *testing.B) {
	for _, mb := range []int{1, 4, 16, 64, 256} {
		buf := make([]byte, mb<<20)
		for i := range buf {
			buf[i] = byte(i * 7)
		}
		b.Run(fmt.Sprint("dep", mb), func(b *testing.B) {
			x := uint64(1)
			for i := range uint64(b.N) {
				x = mix64(x + i + uint64(buf[x%uint64(len(buf))]))
			}
			sink = byte(x)
		})
		b.Run(fmt.Sprint("indep", mb), func(b *testing.B) {
			var s byte
			for i := range uint64(b.N) {
				s += buf[mix64(i)%uint64(len(buf))]
			}
			sink = s
		})
	}
}
