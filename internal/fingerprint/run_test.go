package fingerprint

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/FastFilter/xorfilter"
	"pgregory.net/rapid"
)

// writeRun writes a run of the keys, sorted, seen at 1000 plus their number, and returns how to open it.
func writeRun(t testing.TB, dir string, keys []Key, limit uint64) runMeta {
	t.Helper()
	var stop atomic.Bool
	w, err := newRunWriter(runPath(dir, 1), limit, false, &stop)
	if err != nil {
		t.Fatal(err)
	}
	records := make([]record, len(keys))
	for i := range keys {
		records[i].hi, records[i].lo = keys[i].words()
		records[i].seen = 1000 + uint32(i)
	}
	for _, r := range sortRecords(records) {
		if err := w.add(r); err != nil {
			t.Fatal(err)
		}
	}
	meta, err := w.finish()
	if err != nil {
		t.Fatal(err)
	}
	meta.id = 1
	return meta
}

func mustOpenRun(t testing.TB, dir string, meta runMeta) *run {
	t.Helper()
	r, err := openRun(dir, meta, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func (r *run) findKey(key Key) (record, bool) {
	hi, lo := key.words()
	return r.find(hi, lo, filterHash(hi, firstSeed))
}

func uniformKeys(n int) []Key {
	keys := make([]Key, n)
	for i := range keys {
		keys[i] = benchKey(uint64(i))
	}
	return keys
}

func TestRunFindsItsKeysAndNoOthers(t *testing.T) {
	skewed := uniformKeys(filterMaxItems + 1000) // all in one shard of 16, which is too big for a filter
	for i := range skewed {
		skewed[i][0] &= 0x0f
		skewed[i][1] = 0
	}
	for name, keys := range map[string][]Key{
		"1": uniformKeys(1), "2": uniformKeys(2), "32": uniformKeys(32), "33": uniformKeys(33), "65536": uniformKeys(65536),
		"300000 in 8 shards": uniformKeys(300_000), "skewed": skewed,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			r := mustOpenRun(t, dir, writeRun(t, dir, keys, uint64(len(keys))))
			for i, k := range keys {
				if rec, ok := r.findKey(k); !ok || rec.seen != 1000+uint32(i) {
					t.Fatalf("key %d: %v %v", i, rec, ok)
				}
			}
			for n := range uint64(10_000) {
				if rec, ok := r.findKey(benchKey(n + 1<<40)); ok {
					t.Fatalf("found %v, which is not there", rec)
				}
			}
		})
	}
}

func TestFilterPassesFewUnknownKeys(t *testing.T) {
	dir := t.TempDir()
	r := mustOpenRun(t, dir, writeRun(t, dir, uniformKeys(200_000), 200_000))
	passed, asked := 0, 1_000_000
	for n := range asked {
		key := benchKey(uint64(n) + 1<<40)
		hi, _ := key.words()
		if r.probes[hi>>r.shift].mayContain(r.data, hi, filterHash(hi, firstSeed)) {
			passed++
		}
	}
	rate := float64(passed) / float64(asked)
	t.Logf("%.3f %% of unknown keys pass", 100*rate)
	if rate > 0.0045 {
		t.Errorf("%.3f %% of unknown keys pass", 100*rate)
	}
}

// TestFilterIsXorfilters holds the reader, which is part of the format, equal to the library that builds the filters.
func TestFilterIsXorfilters(t *testing.T) {
	for _, n := range []int{1, 2, 3, 10, 1000, 50_000} {
		words := make([]uint64, n)
		for i := range words {
			words[i] = mix64(uint64(i))
		}
		f, err := xorfilter.NewBinaryFuse[uint8](words)
		if err != nil {
			t.Fatal(err)
		}
		for _, seed := range []uint64{f.Seed, 12345} { // with another seed the answers are random, but the same
			f.Seed = seed
			p := probe{seed: seed, total: f.SegmentCountLength, segment: f.SegmentLength}
			for i := range uint64(100_000) {
				w := mix64(i)
				if got, want := p.mayContain(f.Fingerprints, w, filterHash(w, firstSeed)), f.Contains(w); got != want {
					t.Fatalf("%d words, seed %x: word %d %v, want %v", n, seed, i, got, want)
				}
			}
		}
	}
}

func TestSearch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(0, 50), rapid.Uint64Range(1<<63-10, 1<<63+10),
			rapid.Uint64Range(^uint64(0)-3, ^uint64(0)))
		records := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) record {
			return record{hi: word.Draw(t, "hi"), lo: word.Draw(t, "lo")}
		}), 0, 200).Draw(t, "records")
		slices.SortFunc(records, func(a, b record) int { return a.compare(&b) })
		records = slices.Compact(records)
		b := make([]byte, len(records)*recordSize)
		for i := range records {
			records[i].put(b[i*recordSize:])
		}
		for i, r := range records {
			if got, ok := search(b, r.hi, r.lo, 0, ^uint64(0)); !ok || got != i {
				t.Fatalf("search(%v) = %d %v, want %d", r, got, ok, i)
			}
		}
		other := record{hi: word.Draw(t, "other hi"), lo: word.Draw(t, "other lo")}
		if _, ok := search(b, other.hi, other.lo, 0, ^uint64(0)); ok != slices.Contains(records, other) {
			t.Fatalf("search(%v) = %v", other, ok)
		}
	})
}

// TestEveryByteOfARunIsChecked flips each byte and cuts the file at each length.
func TestEveryByteOfARunIsChecked(t *testing.T) {
	dir := t.TempDir()
	meta := writeRun(t, dir, uniformKeys(50), 100_000) // two shards
	path := runPath(dir, 1)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, at int, b []byte) {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		r, err := openRun(dir, meta, true)
		if err == nil {
			_ = r.close()
		}
		if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "offset ") {
			t.Fatalf("byte %d %s: %v", at, what, err)
		}
	}
	for i := range good {
		bad := slices.Clone(good)
		bad[i] ^= 0x10
		check("flipped", i, bad)
		check("is the end", i, good[:i])
	}
	check("follows", len(good), append(slices.Clone(good), 0))
}

func TestErrorNamesFileAndOffset(t *testing.T) {
	dir := t.TempDir()
	meta := writeRun(t, dir, uniformKeys(50), 50)
	flip(t, runPath(dir, 1), 700)
	_, err := openRun(dir, meta, true)
	want := "cannot open fingerprint run \"" + filepath.Join(dir, "0000000000000001.run") +
		"\": offset 64: checksum of the 50 records of shard 0 "
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got  %v\nwant %s…", err, want)
	}
}

func flip(t *testing.T, path string, at int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[at] ^= 1
	file, err := os.OpenFile(path, os.O_WRONLY, 0) // in place: the file may be mapped
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt(b, 0); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestMergeFindsRot damages a run after it was opened.
func TestMergeFindsRot(t *testing.T) {
	dir, s := t.TempDir(), newStore()
	ix := mustOpen(t, dir, Options{Horizon: time.Hour, MemoryEntries: 10, fanout: 2}, s)
	defer mustClose(t, ix)
	for n := range uint64(10) {
		ix.Observe(benchKey(n), 10, 0)
	}
	mustCommit(t, ix, s)
	settle2(t, ix, s)
	flip(t, ix.runs[0].path, runHeaderSize+30)
	for n := range uint64(10) {
		ix.Observe(benchKey(10+n), 10, 0)
	}
	mustCommit(t, ix, s)
	<-ix.sealing.done
	mustCommit(t, ix, s)
	<-ix.merging.done
	for range 2 {
		if _, err := ix.Checkpoint(); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), ".run") {
			t.Errorf("got %v", err)
		}
	}
}

// hostileRun is a run file of the fuzzer's bytes with right checksums, so that the checks behind those are reached.
func hostileRun(b []byte) ([]byte, runMeta) {
	b = slices.Clone(b)
	if len(b) < runHeaderSize {
		return b, runMeta{id: 1}
	}
	copy(b, runMagic)
	binary.LittleEndian.PutUint32(b[8:], runVersion)
	binary.LittleEndian.PutUint64(b[32:], uint64(len(b)))
	if dir := binary.LittleEndian.Uint64(b[24:]); dir <= uint64(len(b)) {
		binary.LittleEndian.PutUint32(b[48:], checksum(b[dir:]))
	}
	binary.LittleEndian.PutUint32(b[60:], checksum(b[:60]))
	return b, runMeta{
		id: 1, count: binary.LittleEndian.Uint64(b[16:]), headerCRC: headerCRC(b),
		minSeen: binary.LittleEndian.Uint32(b[40:]), maxSeen: binary.LittleEndian.Uint32(b[44:]),
	}
}

func FuzzRun(f *testing.F) {
	dir := f.TempDir()
	for _, limit := range []uint64{60, 70_000} {
		writeRun(f, dir, uniformKeys(60), limit)
		b, err := os.ReadFile(runPath(dir, 1))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		b, meta := hostileRun(b)
		dir := t.TempDir()
		if err := os.WriteFile(runPath(dir, 1), b, 0o644); err != nil {
			t.Fatal(err)
		}
		for _, verify := range []bool{true, false} {
			r, err := openRun(dir, meta, verify)
			if err != nil {
				if !errors.Is(err, ErrCorrupt) {
					t.Fatal(err)
				}
				continue
			}
			for n := range uint64(200) {
				r.findKey(benchKey(n))
			}
			if err := r.close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
