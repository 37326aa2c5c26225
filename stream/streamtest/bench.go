//go:build unix

package streamtest

import (
	"syscall"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
)

// Throughput measures what the events that next makes cost a job, in one partition
// and one shard: batches of 1,000, a commit each 10 batches, with the watermark at the
// newest event. Nothing is stored. Beside the time it reports the CPU time of the
// process, which other processes do not disturb.
func Throughput(b *testing.B, job *stream.Job, next func(n int) Event) {
	b.Helper()
	marks := stream.NewWatermarks(0, time.Hour)
	e, err := stream.NewEngine(stream.Config{Jobs: []*stream.Job{job}, Shards: 1, Backend: discard{}, Workers: 1, Watermarks: marks})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	f, err := e.OpenFront(0)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	var cpu time.Duration
	newest := int64(0)
	for n := 0; n < b.N; n += batchLen {
		b.StopTimer()
		batch := &event.Batch{}
		for i := n; i < n+batchLen; i++ {
			ev := next(i)
			newest = max(newest, ev.Time)
			ev.addTo(batch, int64(i))
		}
		began := cpuTime()
		b.StartTimer()
		f.Process(batch)
		e.Work()
		if n/batchLen%10 == 9 {
			marks.Observe(0, Source, newest, newest)
			if _, err := e.Seal(stream.SealRequest{Now: newest, Writer: discard{}}); err != nil {
				b.Fatal(err)
			}
			e.Committed()
			f.Committed()
		}
		cpu += cpuTime() - began
	}
	b.ReportMetric(float64(cpu.Nanoseconds())/float64(b.N), "cpu-ns/op")
}

const batchLen = 1000

// discard is a backend that keeps nothing.
type discard struct{}

func (discard) Get([]byte) ([]byte, bool, error)                  { return nil, false, nil }
func (discard) Scan(_, _ []byte, _ func(_, _ []byte) error) error { return nil }
func (discard) Set(_, _ []byte) error                             { return nil }
func (discard) Delete([]byte) error                               { return nil }
func (discard) DeleteRange(_, _ []byte) error                     { return nil }

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
