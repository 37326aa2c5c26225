package state

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"
)

// count is the state of a count and sum by key.
type count struct{ N, Sum int64 }

type id16 [16]byte

// benchKeys returns n different keys of 16 characters.
func benchKeys(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("key-%012d", i)
	}
	return all
}

// scattered visits n keys as if by chance.
func scattered(n int) []uint32 {
	at := make([]uint32, 1<<20)
	x := uint64(88172645463325252)
	for i := range at {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		at[i] = uint32(x % uint64(n))
	}
	return at
}

var benchSizes = []struct {
	name string
	n    int
}{{"1k", 1_000}, {"1M", 1_000_000}, {"10M", 10_000_000}}

func benchSpace(b *testing.B, m Backend) *Space {
	s, err := Open(m, []byte("bench"), Options{Name: "bench/op"})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func benchTable[K any](b *testing.B, m Backend) (*Space, *Value[K, count]) {
	s := benchSpace(b, m)
	v, err := OpenValue[K, count](s, "counts", TableOptions{})
	if err != nil {
		b.Fatal(err)
	}
	return s, v
}

// discard is a backend that is empty, and a writer that throws away.
type discard struct{}

func (discard) Get([]byte) ([]byte, bool, error)                  { return nil, false, nil }
func (discard) Scan(_, _ []byte, _ func(k, v []byte) error) error { return nil }
func (discard) Set(_, _ []byte) error                             { return nil }
func (discard) Delete([]byte) error                               { return nil }
func (discard) DeleteRange(_, _ []byte) error                     { return nil }

func BenchmarkUpsertString(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(size.name, func(b *testing.B) {
			if size.n > 1_000_000 && testing.Short() {
				b.Skip("takes 2 GB")
			}
			keys, order := benchKeys(size.n), scattered(size.n)
			_, v := benchTable[string](b, discard{})
			for _, k := range keys {
				v.Upsert(k)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				c, _ := v.Upsert(keys[order[i&(1<<20-1)]])
				c.N++
				c.Sum += int64(i)
			}
		})
	}
}

// BenchmarkMap is the same with a map of Go, which can do nothing but this, for comparison.
func BenchmarkMap(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(size.name, func(b *testing.B) {
			keys, order := benchKeys(size.n), scattered(size.n)
			m := map[string]*count{}
			for _, k := range keys {
				m[k] = &count{}
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				c := m[keys[order[i&(1<<20-1)]]]
				c.N++
				c.Sum += int64(i)
			}
		})
	}
}

// BenchmarkUpsertID has its keys by value, so that fetching the key costs no cache miss of its own.
func BenchmarkUpsertID(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(size.name, func(b *testing.B) {
			order := scattered(size.n)
			_, v := benchTable[id16](b, discard{})
			key := func(i uint32) (k id16) {
				binary.LittleEndian.PutUint32(k[:], i)
				return k
			}
			for i := range size.n {
				v.Upsert(key(uint32(i)))
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				c, _ := v.Upsert(key(order[i&(1<<20-1)]))
				c.N++
			}
		})
	}
}

// BenchmarkNew measures a key that was not there, with the growth of the table, and the bytes that 10 M of them take.
func BenchmarkNew(b *testing.B) {
	keys := benchKeys(1_000_000)
	b.ReportAllocs()
	for i := 0; i < b.N; i += len(keys) {
		_, v := benchTable[string](b, discard{})
		for _, k := range keys[:min(len(keys), b.N-i)] {
			v.Upsert(k)
		}
	}
}

// BenchmarkMemory reports the heap of 10 M keys of 16 bytes with values of 16 bytes.
func BenchmarkMemory(b *testing.B) {
	const n = 10_000_000
	for range b.N {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		s, v := benchTable[id16](b, discard{})
		for i := range n {
			var k id16
			binary.LittleEndian.PutUint64(k[:], uint64(i))
			v.Upsert(k)
		}
		if err := s.Flush(discard{}); err != nil {
			b.Fatal(err)
		}
		s.Committed()
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "bytes/key")
		b.ReportMetric(float64(s.Bytes())/n, "charged/key")
	}
}

// BenchmarkPane is the state of a tumbling count by key: panes of 100,000 events over 10,000 keys.
func BenchmarkPane(b *testing.B) {
	keys, order := benchKeys(10_000), scattered(10_000)
	s := benchSpace(b, discard{})
	p, err := OpenPanes[string, int64](s, "counts", TableOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := range b.N {
		start := int64(i / 100_000)
		if i%100_000 == 0 {
			p.Drop(start - 2)
		}
		n, _ := p.Pane(start).Upsert(keys[order[i&(1<<20-1)]])
		*n++
	}
}

// BenchmarkFlush writes 100,000 changed entries of a table of 1 M.
func BenchmarkFlush(b *testing.B) {
	keys := benchKeys(1_000_000)
	s, v := benchTable[string](b, discard{})
	for _, k := range keys {
		v.Upsert(k)
	}
	if err := s.Flush(discard{}); err != nil {
		b.Fatal(err)
	}
	s.Committed()
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		for _, k := range keys[:100_000] {
			v.Upsert(k)
		}
		if err := s.Flush(discard{}); err != nil {
			b.Fatal(err)
		}
		s.Committed()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/entry")
}

// BenchmarkReload opens a table of 1 M keys and reads it all.
func BenchmarkReload(b *testing.B) {
	m := NewMemory()
	s, v := benchTable[string](b, m)
	for _, k := range benchKeys(1_000_000) {
		v.Upsert(k)
	}
	if err := s.Flush(m); err != nil {
		b.Fatal(err)
	}
	m.between(nil, nil)
	b.ReportAllocs()
	for b.Loop() {
		again, v := benchTable[string](b, m)
		if err := again.Warm(); err != nil || v.Stats().Resident != 1_000_000 {
			b.Fatal(err, v.Stats())
		}
	}
}

func BenchmarkTimers(b *testing.B) {
	keys, order := benchKeys(100_000), scattered(100_000)
	s := benchSpace(b, discard{})
	t, err := OpenTimers[string](s, "timers")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := range b.N {
		t.Set(keys[order[i&(1<<20-1)]], int64(i+200_000))
		if i%1000 == 0 {
			if err := t.PopDue(int64(i), func(string, int64) {}); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkUpsertAll is BenchmarkUpsertID, 512 keys at a time.
func BenchmarkUpsertAll(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(size.name, func(b *testing.B) {
			order := scattered(size.n)
			_, v := benchTable[id16](b, discard{})
			key := func(i uint32) (k id16) {
				binary.LittleEndian.PutUint32(k[:], i)
				return k
			}
			for i := range size.n {
				v.Upsert(key(uint32(i)))
			}
			at := 0
			keyOf := func(i int) id16 { return key(order[(at+i)&(1<<20-1)]) }
			use := func(_ int, c *count, _ bool) { c.N++ }
			b.ReportAllocs()
			b.ResetTimer()
			for at = 0; at < b.N; at += 512 {
				v.UpsertAll(min(512, b.N-at), keyOf, use)
			}
		})
	}
}
