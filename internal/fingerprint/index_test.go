package fingerprint

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func mustOpen(t *testing.T, dir string, opt Options, s *store) *Index {
	t.Helper()
	ix, err := Open(dir, opt, s.manifest, s.replay())
	if err != nil {
		t.Fatal(err)
	}
	return ix
}

func mustClose(t *testing.T, ix *Index) {
	t.Helper()
	if err := ix.Close(); err != nil {
		t.Fatal(err)
	}
}

func mustCommit(t *testing.T, ix *Index, s *store) Checkpoint {
	t.Helper()
	cp, err := ix.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	s.commit(cp)
	ix.Committed()
	return cp
}

func newStore() *store { return &store{deltas: map[uint64][]byte{}} }

func TestHorizonIsExactAndCountsFromTheFirstReceipt(t *testing.T) {
	ix := mustOpen(t, t.TempDir(), Options{Horizon: 100 * time.Second}, newStore())
	defer mustClose(t, ix)
	k := benchKey(1)
	for _, step := range []struct {
		seen  int64
		check uint32
		prior Entry
		dup   bool
	}{
		{1000, 1, Entry{}, false},
		{1050, 2, Entry{1000, 1}, true}, // does not refresh
		{1100, 3, Entry{1000, 1}, true}, // at the boundary
		{1101, 4, Entry{}, false},       // behind it: replaced
		{1100, 5, Entry{1101, 4}, true}, // the clock does not run back
		{1201, 6, Entry{1101, 4}, true},
	} {
		if prior, dup := ix.Observe(k, step.seen, step.check); prior != step.prior || dup != step.dup {
			t.Errorf("at %d: %v %v, want %v %v", step.seen, prior, dup, step.prior, step.dup)
		}
	}
}

func TestCheckpointOnlyWritesChanges(t *testing.T) {
	ix := mustOpen(t, t.TempDir(), Options{Horizon: time.Hour}, newStore())
	defer mustClose(t, ix)
	s := newStore()
	if cp := mustCommit(t, ix, s); !cp.Empty() {
		t.Errorf("nothing happened: %+v", cp)
	}
	ix.Observe(benchKey(1), 10, 0)
	if cp := mustCommit(t, ix, s); cp.Seq != 1 || cp.Delta == nil || cp.Manifest != nil {
		t.Errorf("one entry: %+v", cp)
	}
	ix.Observe(benchKey(1), 10, 0)
	if cp := mustCommit(t, ix, s); !cp.Empty() {
		t.Errorf("a duplicate: %+v", cp)
	}
	ix.Observe(benchKey(1), 11, 0)
	if cp := mustCommit(t, ix, s); cp.Delta != nil || cp.Manifest == nil {
		t.Errorf("a duplicate that moves the clock has a manifest and no delta, which would pile up: %+v", cp)
	}
}

func TestCheckpointRefusesASecondBeforeTheFirstIsCommitted(t *testing.T) {
	ix := mustOpen(t, t.TempDir(), Options{Horizon: time.Hour}, newStore())
	defer mustClose(t, ix)
	ix.Observe(benchKey(1), 10, 0)
	if _, err := ix.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	if _, err := ix.Checkpoint(); err == nil || !strings.Contains(err.Error(), "BUG") {
		t.Errorf("got %v", err)
	}
}

func TestOpenRefusesHalfACommit(t *testing.T) {
	dir, s := t.TempDir(), newStore()
	opt := Options{Horizon: time.Hour, MemoryEntries: 10}
	ix := mustOpen(t, dir, opt, s)
	covered := map[uint64][]byte{}
	for n := range uint64(35) {
		ix.Observe(benchKey(n), 10, 0)
		cp := mustCommit(t, ix, s)
		covered[cp.Seq] = slices.Clone(cp.Delta)
	}
	settle2(t, ix, s)
	ix.Observe(benchKey(100), 11, 0) // with a manifest of sequence number 36
	mustCommit(t, ix, s)
	ix.Observe(benchKey(100), 12, 0)
	mustCommit(t, ix, s)
	mustClose(t, ix)
	for _, c := range []struct {
		name, want string
		change     func(*store)
	}{
		{"first delta missing", "delta 32 found where 31 must follow", func(s *store) { delete(s.deltas, 31) }},
		{"last delta missing", "delta 36 is missing", func(s *store) { delete(s.deltas, 36) }},
		{"covered delta kept", "delta 30 found where 31 must follow", func(s *store) { s.deltas[30] = covered[30] }},
		{"manifest lost", "delta 31 found where 1 must follow", func(s *store) { s.manifest = nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			copied := t.TempDir()
			if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			half := &store{manifest: s.manifest, deltas: map[uint64][]byte{}}
			for k, v := range s.deltas {
				half.deltas[k] = v
			}
			c.change(half)
			_, err := Open(copied, opt, half.manifest, half.replay())
			if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	mustClose(t, mustOpen(t, dir, opt, s))
}

// settle2 commits until there is no background work.
func settle2(t *testing.T, ix *Index, s *store) {
	for ix.sealing != nil || ix.merging != nil {
		for _, j := range []*job{ix.sealing, ix.merging} {
			if j != nil {
				<-j.done
			}
		}
		mustCommit(t, ix, s)
	}
}

func TestOpenRefusesOptions(t *testing.T) {
	for _, opt := range []Options{
		{}, {Horizon: time.Millisecond}, {Horizon: 1500 * time.Millisecond}, {Horizon: time.Hour, MemoryEntries: -1},
		{Horizon: time.Hour, MemoryEntries: maxMemoryEntries + 1},
	} {
		if _, err := Open(t.TempDir(), opt, nil, nil); err == nil {
			t.Errorf("%+v was accepted", opt)
		}
	}
}

func TestOpenDeletesOnlyOrphanRuns(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"0000000000000007.run", "0000000000000008.run.tmp", "notes.txt", "x.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	mustClose(t, mustOpen(t, dir, Options{Horizon: time.Hour}, newStore()))
	if got := fileNames(t, dir); !slices.Equal(got, []string{"notes.txt", "x.tmp"}) {
		t.Errorf("left are %v", got)
	}
}

func fileNames(t *testing.T, dir string) (names []string) {
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		names = append(names, f.Name())
	}
	return names
}

// TestSealFailsAndRecovers takes the directory away, as a full disk would.
func TestSealFailsAndRecovers(t *testing.T) {
	root, s := t.TempDir(), newStore()
	dir, away := filepath.Join(root, "index"), filepath.Join(root, "away")
	opt := Options{Horizon: time.Hour, MemoryEntries: 10}
	ix := mustOpen(t, dir, opt, s)
	if err := os.Rename(dir, away); err != nil {
		t.Fatal(err)
	}
	observe := func(from, to uint64) {
		for n := from; n < to; n++ {
			ix.Observe(benchKey(n), 10, 0)
		}
	}
	observe(0, 10)
	mustCommit(t, ix, s) // freezes; sealing fails
	observe(10, 20)
	for range 3 {
		if _, err := ix.Checkpoint(); err == nil || !strings.Contains(err.Error(), "free disk space") {
			t.Fatalf("a full table that cannot be sealed: %v", err)
		}
	}
	if err := os.Rename(away, dir); err != nil {
		t.Fatal(err)
	}
	mustCommit(t, ix, s)
	settle2(t, ix, s)
	mustClose(t, ix)
	ix = mustOpen(t, dir, opt, s)
	defer mustClose(t, ix)
	for n := range uint64(20) {
		if _, dup := ix.Observe(benchKey(n), 10, 0); !dup {
			t.Errorf("key %d was lost", n)
		}
	}
}

func TestObserveDoesNotAllocate(t *testing.T) {
	ix := mustOpen(t, t.TempDir(), Options{Horizon: time.Hour}, newStore())
	defer mustClose(t, ix)
	for n := range uint64(70_000) {
		ix.Observe(benchKey(n), 10, 0)
	}
	n := uint64(0)
	if got := testing.AllocsPerRun(50_000, func() { // half of them new
		ix.Observe(benchKey(45_000+n), 10, 0)
		n++
	}); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

func TestSortRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]uint64{0, 1, 2, 3, 1 << 63, 1<<63 + 1, 1 << 60, ^uint64(0)})
		in := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) record {
			return record{hi: word.Draw(t, "hi"), lo: word.Draw(t, "lo")}
		}), 0, 300).Draw(t, "records")
		for i := range in {
			in[i].check = uint32(i)
		}
		got := sortRecords(in)
		slices.SortFunc(in, func(a, b record) int {
			if c := a.compare(&b); c != 0 {
				return c
			}
			return int(b.check) - int(a.check)
		})
		if !slices.Equal(got, in) {
			t.Fatalf("got %v, want %v", got, in)
		}
	})
}

func TestStatsOfMemory(t *testing.T) {
	ix := mustOpen(t, t.TempDir(), Options{Horizon: time.Hour}, newStore())
	defer mustClose(t, ix)
	for n := range uint64(defaultMemoryEntries + 10_000) { // the checkpoint that freezes it comes a little late
		ix.Observe(benchKey(n), 10, 0)
	}
	s := ix.Stats()
	if per := float64(s.MemoryBytes) / defaultMemoryEntries; per > 38.1 {
		t.Errorf("a full table takes %s, more than documented", fmt.Sprintf("%.1f bytes an entry", per))
	}
}
