package fingerprint

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"golang.org/x/sys/unix"
)

// The benchmarks are the pass's job: batches of benchBatch observations, each followed by a checkpoint, and the same
// with Pebble. Deltas are counted in bytes but not committed: the pass commits them with much else, and the Pebble rows
// do not sync either. -run '^$' -bench . -benchmem; "prefilled" is how many entries the index holds at the start.
const (
	benchBatch   = 8192
	benchHorizon = 30 * 24 * time.Hour
	benchStart   = int64(1_700_000_000)
)

// benchKey is the n-th of a sequence of distinct uniform keys.
func benchKey(n uint64) (k Key) {
	binary.BigEndian.PutUint64(k[:], mix64(n))
	binary.BigEndian.PutUint64(k[8:], mix64(n^0xabcdef0123456789))
	return k
}

func mix64(z uint64) uint64 { // splitmix64, a bijection
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func rssMiB() float64 { return procStatusMiB("VmRSS:") }

// anonMiB leaves out mapped files, which the system takes back when it needs memory.
func anonMiB() float64 { return procStatusMiB("RssAnon:") }

func procStatusMiB(field string) float64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, field); ok {
			kb, _ := strconv.Atoi(strings.Fields(rest)[0])
			return float64(kb) / 1024
		}
	}
	return 0
}

func commitNothing(tb testing.TB, ix *Index) {
	if _, err := ix.Checkpoint(); err != nil {
		tb.Fatal(err)
	}
	ix.Committed()
}

func openBench(tb testing.TB, memoryEntries int) *Index {
	ix, err := Open(tb.TempDir(), Options{Horizon: benchHorizon, MemoryEntries: memoryEntries}, nil, nil)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := ix.Close(); err != nil {
			tb.Error(err)
		}
	})
	return ix
}

// cpu reads a CPU clock: CLOCK_PROCESS_CPUTIME_ID or CLOCK_THREAD_CPUTIME_ID.
func cpu(clock int32) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(clock, &t); err != nil {
		panic(err)
	}
	return time.Duration(t.Nano())
}

// measure runs observe b.N times in batches. ns/op is the wall time of it all. observe-ns/op is the writer's CPU time
// without the checkpoints, which encode deltas and, at this speed, wait for runs to be synced. cpu-ns/op is the CPU time
// of all threads, with that of checkpoints, sealing and merging.
func measure(b *testing.B, ix *Index, observe func(i uint64)) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	b.ResetTimer()
	before, writer, cutting := cpu(unix.CLOCK_PROCESS_CPUTIME_ID), cpu(unix.CLOCK_THREAD_CPUTIME_ID), time.Duration(0)
	for i := range uint64(b.N) {
		observe(i)
		if i%benchBatch == benchBatch-1 {
			t := cpu(unix.CLOCK_THREAD_CPUTIME_ID)
			commitNothing(b, ix)
			cutting += cpu(unix.CLOCK_THREAD_CPUTIME_ID) - t
		}
	}
	writer = cpu(unix.CLOCK_THREAD_CPUTIME_ID) - writer - cutting
	b.StopTimer()
	settle(b, ix)
	all := cpu(unix.CLOCK_PROCESS_CPUTIME_ID) - before
	s := ix.Stats()
	runtime.GC()
	n := float64(b.N)
	b.ReportMetric(float64(writer)/n, "observe-ns/op")
	b.ReportMetric(float64(all)/n, "cpu-ns/op")
	b.ReportMetric(rssMiB(), "rss-MiB")
	b.ReportMetric(anonMiB(), "anon-MiB")
	b.ReportMetric(float64(s.MemoryBytes)/(1<<20), "index-MiB")
	b.ReportMetric(float64(s.Runs), "runs")
	if s.RunEntries > 0 {
		b.ReportMetric(float64(s.DiskBytes)/float64(s.RunEntries), "disk-B/entry")
	}
}

func fill(tb testing.TB, ix *Index, from, to uint64) {
	for n := from; n < to; n++ {
		ix.Observe(benchKey(n), benchStart+int64(n/1000), 0)
		if n%benchBatch == 0 {
			commitNothing(tb, ix)
		}
	}
	commitNothing(tb, ix)
}

// settle waits for background work and takes it over until there is none.
func settle(tb testing.TB, ix *Index) {
	for {
		if ix.sealing == nil && ix.merging == nil {
			return
		}
		for _, j := range []*job{ix.sealing, ix.merging} {
			if j != nil {
				<-j.done
			}
		}
		commitNothing(tb, ix)
	}
}

func BenchmarkObserve(b *testing.B) {
	for _, size := range []uint64{0, 1_000_000, 10_000_000} {
		b.Run(fmt.Sprintf("new/prefilled=%d", size), func(b *testing.B) {
			ix := openBench(b, 0)
			fill(b, ix, 0, size)
			settle(b, ix)
			measure(b, ix, func(i uint64) {
				n := size + i
				if _, dup := ix.Observe(benchKey(n), benchStart+int64(n/1000), 0); dup {
					b.Fatal("a new key was taken for a duplicate")
				}
			})
		})
	}
	for _, size := range []uint64{100_000, 1_000_000, 10_000_000} {
		b.Run(fmt.Sprintf("dup_table/prefilled=%d", size), func(b *testing.B) {
			ix := openBench(b, int(size)+1)
			fill(b, ix, 0, size)
			benchDups(b, ix, size)
		})
	}
	for _, size := range []uint64{1_000_000, 10_000_000} {
		b.Run(fmt.Sprintf("dup_runs/prefilled=%d", size), func(b *testing.B) {
			ix := openBench(b, 0)
			fill(b, ix, 0, size)
			settle(b, ix)
			benchDups(b, ix, size)
		})
	}
}

// benchDups observes known keys in random order.
func benchDups(b *testing.B, ix *Index, size uint64) {
	now := benchStart + int64(size/1000)
	measure(b, ix, func(i uint64) {
		if _, dup := ix.Observe(benchKey(mix64(i)%size), now, 0); !dup {
			b.Fatal("a known key was taken for new")
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	for _, trust := range []bool{false, true} {
		b.Run(fmt.Sprintf("entries=10000000/trust=%v", trust), func(b *testing.B) {
			dir := b.TempDir()
			ix, err := Open(dir, Options{Horizon: benchHorizon}, nil, nil)
			if err != nil {
				b.Fatal(err)
			}
			fill(b, ix, 0, 10_000_000)
			settle(b, ix)
			last, size := ix.manifest(), ix.Stats().DiskBytes
			last.seq = last.sealed // of the runs only
			encoded := last.encode(nil)
			if err := ix.Close(); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(size)
			for b.Loop() {
				again, err := Open(dir, Options{Horizon: benchHorizon, TrustRecords: trust}, encoded, nil)
				if err != nil {
					b.Fatal(err)
				}
				if err := again.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSort(b *testing.B) {
	in := make([]record, defaultMemoryEntries)
	for i := range in {
		k := benchKey(uint64(i))
		in[i].hi, in[i].lo = k.words()
	}
	for b.Loop() {
		sortRecords(in)
	}
}

func BenchmarkCounter(b *testing.B) {
	for _, distinct := range []uint64{1, 1000, 500_000, 10_000_000} {
		b.Run(fmt.Sprintf("distinct=%d", distinct), func(b *testing.B) {
			c, err := NewCounter(b.TempDir(), 0, 0)
			if err != nil {
				b.Fatal(err)
			}
			for n := range distinct {
				if _, err := c.Next(benchKey(n)); err != nil {
					b.Fatal(err)
				}
			}
			b.ResetTimer()
			for i := range uint64(b.N) {
				if _, err := c.Next(benchKey(mix64(i) % distinct)); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			if err := c.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkPebble is the same job with the checkpoint's store itself as the index: per key a point lookup, with bloom
// filters of 10 bits, in the store and an indexed batch, and a Set.
func BenchmarkPebble(b *testing.B) {
	for _, job := range []string{"new", "dup"} {
		for _, size := range []uint64{1_000_000, 10_000_000} {
			b.Run(fmt.Sprintf("%s/prefilled=%d", job, size), func(b *testing.B) { benchPebble(b, job == "dup", size) })
		}
	}
}

func benchPebble(b *testing.B, dups bool, size uint64) {
	dir := b.TempDir()
	cache := pebble.NewCache(64 << 20)
	defer cache.Unref()
	opt := &pebble.Options{Cache: cache, MemTableSize: 16 << 20, Logger: quiet{}}
	opt.EnsureDefaults()
	for i := range opt.Levels {
		opt.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	db, err := pebble.Open(dir, opt)
	if err != nil {
		b.Fatal(err)
	}
	batch := db.NewIndexedBatch()
	observe := func(n uint64) bool {
		k := benchKey(n)
		_, closer, err := batch.Get(k[:])
		if err == nil {
			return closer.Close() == nil
		}
		if err != pebble.ErrNotFound || batch.Set(k[:], make([]byte, 8), nil) != nil {
			b.Fatal(err)
		}
		if batch.Count() == benchBatch {
			if err := batch.Commit(pebble.NoSync); err != nil {
				b.Fatal(err)
			}
			batch = db.NewIndexedBatch()
		}
		return false
	}
	for n := range size {
		observe(n)
	}
	b.ResetTimer()
	for i := range uint64(b.N) {
		n := size + i
		if dups {
			n = mix64(i) % size
		}
		if observe(n) != dups {
			b.Fatal("wrong answer")
		}
	}
	b.StopTimer()
	if err := batch.Commit(pebble.Sync); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(rssMiB(), "rss-MiB")
	b.ReportMetric(float64(db.Metrics().DiskSpaceUsage())/float64(size+uint64(b.N)), "disk-B/entry")
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}

type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(format string, args ...any) {
	panic(fmt.Sprintf(format, args...))
}
