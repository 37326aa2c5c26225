package fingerprint

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// store is the caller's commit point: what a synced batch of Pebble would hold.
type store struct {
	manifest []byte
	deltas   map[uint64][]byte
}

func (s *store) commit(cp Checkpoint) {
	if cp.Delta != nil {
		s.deltas[cp.Seq] = slices.Clone(cp.Delta)
	}
	if cp.Manifest != nil {
		s.manifest = slices.Clone(cp.Manifest)
		for seq := range s.deltas {
			if seq <= cp.DropThrough {
				delete(s.deltas, seq)
			}
		}
	}
}

func (s *store) replay() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, seq := range slices.Sorted(maps.Keys(s.deltas)) {
			if !yield(s.deltas[seq], nil) {
				return
			}
		}
	}
}

// model is what an Index means.
type model struct {
	horizon, clock int64
	entries        map[Key]Entry
}

func (m *model) clone() model {
	c := *m
	c.entries = maps.Clone(m.entries)
	return c
}

func (m *model) lookup(k Key, now int64) (Entry, bool) {
	e, ok := m.entries[k]
	if !ok || max(m.clock, now)-e.Seen > m.horizon {
		return Entry{}, false
	}
	return e, true
}

func (m *model) observe(k Key, seen int64, check uint32) (Entry, bool) {
	m.clock = max(m.clock, seen)
	if e, dup := m.lookup(k, m.clock); dup {
		return e, true
	}
	m.entries[k] = Entry{Seen: m.clock, Check: check}
	return Entry{}, false
}

// machine runs an Index beside its model.
type machine struct {
	t         *rapid.T
	root      string
	dirs      int
	dir       string
	opt       Options
	keys      int
	now       int64
	ix        *Index
	store     store
	model     model // of ix
	cut       model // of the last checkpoint
	committed model // of the store
	open      *Checkpoint
}

// modelKey is one of a small set, some of which share their high or low words.
func modelKey(n int) Key {
	k := benchKey(uint64(n))
	switch n % 7 {
	case 0:
		copy(k[:8], make([]byte, 8))
	case 1:
		copy(k[8:], make([]byte, 8))
	case 2:
		copy(k[:7], "\xff\xff\xff\xff\xff\xff\xff")
	}
	k[15] = byte(n)
	k[14] = byte(n >> 8)
	return k
}

func (m *machine) reopen(dir string) {
	ix, err := Open(dir, m.opt, m.store.manifest, m.store.replay())
	if err != nil {
		m.t.Fatalf("cannot open committed state: %v", err)
	}
	m.ix, m.dir, m.open = ix, dir, nil
	m.model = m.committed.clone()
	m.checkAll()
}

func (m *machine) checkAll() {
	for n := range m.keys {
		m.checkLookup(modelKey(n), m.model.clock)
	}
}

func (m *machine) checkLookup(k Key, now int64) {
	got, ok := m.ix.Lookup(k, now)
	want, wantOK := m.model.lookup(k, now)
	if got != want || ok != wantOK {
		m.t.Fatalf("Lookup(%x, %d) = %v %v, want %v %v", k, now, got, ok, want, wantOK)
	}
}

func (m *machine) observe(t *rapid.T) {
	for range rapid.IntRange(1, 40).Draw(t, "batch") {
		m.now = max(0, m.now+int64(rapid.SampledFrom([]int{-3, 0, 0, 0, 1, 1, 2, 7}).Draw(t, "step")))
		k := modelKey(rapid.IntRange(0, m.keys-1).Draw(t, "key"))
		check := rapid.Uint32().Draw(t, "check")
		got, dup := m.ix.Observe(k, m.now, check)
		want, wantDup := m.model.observe(k, m.now, check)
		if got != want || dup != wantDup {
			t.Fatalf("Observe(%x, %d) = %v %v, want %v %v", k, m.now, got, dup, want, wantDup)
		}
	}
}

func (m *machine) lookup(t *rapid.T) {
	ahead := int64(rapid.IntRange(-5, 50).Draw(t, "ahead"))
	m.checkLookup(modelKey(rapid.IntRange(0, m.keys-1).Draw(t, "key")), m.now+ahead)
}

func (m *machine) checkpoint(t *rapid.T) {
	if m.open != nil {
		t.Skip("a checkpoint is open")
	}
	cp, err := m.ix.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	m.open, m.cut = &cp, m.model.clone()
}

func (m *machine) commit(t *rapid.T) {
	if m.open == nil {
		t.Skip("no checkpoint")
	}
	m.store.commit(*m.open)
	m.committed = m.cut
	if rapid.IntRange(0, 9).Draw(t, "crash before Committed") == 0 {
		m.crash(t)
		return
	}
	m.ix.Committed()
	m.open = nil
}

func (m *machine) wait(*rapid.T) {
	for _, j := range []*job{m.ix.sealing, m.ix.merging} {
		if j != nil {
			<-j.done
		}
	}
}

// crash copies the directory as it is, while background work goes on, and recovers from the copy.
func (m *machine) crash(t *rapid.T) {
	m.dirs++
	dir := filepath.Join(m.root, fmt.Sprint(m.dirs))
	copyDir(t, m.dir, dir, rapid.Bool().Draw(t, "tear temporaries"))
	if err := m.ix.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(m.dir); err != nil {
		t.Fatal(err)
	}
	m.reopen(dir)
}

func copyDir(t *rapid.T, from, to string, tear bool) {
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(from, f.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue // renamed meanwhile
		}
		if err != nil {
			t.Fatal(err)
		}
		if tear && filepath.Ext(f.Name()) == tempSuffix {
			b = b[:len(b)/2]
		}
		if err := os.WriteFile(filepath.Join(to, f.Name()), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestIndexAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		root, err := os.MkdirTemp("", "fingerprint")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(root)
		horizon := rapid.SampledFrom([]int64{1, 10, 60, 1000}).Draw(t, "horizon")
		m := &machine{
			t: t, root: root, now: 1000,
			keys: rapid.IntRange(5, 300).Draw(t, "keys"),
			opt: Options{
				Horizon:       time.Duration(horizon) * time.Second,
				MemoryEntries: rapid.IntRange(1, 40).Draw(t, "memory"),
				Seed:          rapid.Uint64().Draw(t, "seed"),
				TrustRecords:  rapid.Bool().Draw(t, "trust"),
				fanout:        rapid.IntRange(2, 4).Draw(t, "fanout"),
			},
			store: store{deltas: map[uint64][]byte{}},
		}
		m.committed = model{horizon: horizon, entries: map[Key]Entry{}}
		m.reopen(filepath.Join(root, "0"))
		defer func() {
			if err := m.ix.Close(); err != nil {
				t.Error(err)
			}
		}()
		t.Repeat(map[string]func(*rapid.T){
			"observe": m.observe, "observe more": m.observe, "lookup": m.lookup,
			"checkpoint": m.checkpoint, "commit": m.commit, "wait": m.wait,
			"checkpoint and commit": func(t *rapid.T) {
				if m.open == nil {
					m.checkpoint(t)
				}
				m.commit(t)
			},
			"crash": m.crash,
		})
		m.checkAll()
	})
}

// TestLargeIndexAgainstModel has merges of several levels and expiry, and ends with a crash.
func TestLargeIndexAgainstModel(t *testing.T) {
	const keys, perSecond = 200_000, 800
	dir := t.TempDir()
	opt := Options{Horizon: 200 * time.Second, MemoryEntries: 3000}
	ix, err := Open(dir, opt, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := store{deltas: map[uint64][]byte{}}
	m := model{horizon: 200, entries: map[Key]Entry{}}
	step := func(i uint64) {
		k, now := benchKey(mix64(i)%keys), int64(i/perSecond)
		got, dup := ix.Observe(k, now, uint32(i))
		if want, wantDup := m.observe(k, now, uint32(i)); got != want || dup != wantDup {
			t.Fatalf("Observe %d = %v %v, want %v %v", i, got, dup, want, wantDup)
		}
	}
	for i := range uint64(400_000) {
		step(i)
		if i%1000 == 999 {
			cp, err := ix.Checkpoint()
			if err != nil {
				t.Fatal(err)
			}
			s.commit(cp)
			ix.Committed()
		}
	}
	st := ix.Stats()
	if st.Merges == 0 || st.RunsAged == 0 || st.Runs > 30 || st.RunEntries > 250_000 {
		t.Errorf("want merges, aged runs, few runs and at most 1.25 horizons of entries, have %+v", st)
	}
	if err := ix.Close(); err != nil {
		t.Fatal(err)
	}
	if ix, err = Open(dir, opt, s.manifest, s.replay()); err != nil {
		t.Fatal(err)
	}
	for i := range uint64(20_000) {
		step(400_000 + i)
	}
	if err := ix.Close(); err != nil {
		t.Fatal(err)
	}
}
