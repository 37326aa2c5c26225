package generate

import (
	"syscall"
	"testing"
)

func BenchmarkNext(b *testing.B) {
	for name, rate := range map[string]float64{"1k": 1000, "20k": 20_000, "200k": 200_000} {
		b.Run(name, func(b *testing.B) {
			c, err := Scenario("default")
			if err != nil {
				b.Fatal(err)
			}
			c.Rate, c.Steady = rate, true
			s, err := New(c)
			if err != nil {
				b.Fatal(err)
			}
			bytes := int64(0)
			b.ReportAllocs()
			before := cpu(b)
			for b.Loop() {
				bytes += int64(len(s.Next().Payload))
			}
			b.ReportMetric(float64(b.N)/(cpu(b)-before), "events/cpu-s")
			b.ReportMetric(float64(bytes)/float64(b.N), "B/event")
		})
	}
}

func cpu(tb testing.TB) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
