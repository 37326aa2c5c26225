package fingerprint

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// Forever is the horizon of an index that forgets nothing.
const Forever time.Duration = math.MaxInt64

const (
	defaultMemoryEntries = 1 << 17
	defaultFanout        = 4
	// defaultMaxRun bounds the work of one merge: 6.7 GB written.
	defaultMaxRun = 1 << 28
)

// Options of an Index.
type Options struct {
	// Horizon is how long after its first accepted receipt a key is a duplicate: whole seconds, at least one.
	Horizon time.Duration
	// MemoryEntries is how many entries a table holds before it is sealed into a run; default 131,072. Two tables of
	// up to 38 bytes an entry exist while one is sealed. A table exceeds it by the entries of one checkpoint at most.
	MemoryEntries int
	// Seed is any number that senders do not know. It has no effect on results, only on positions in memory, so that
	// senders who choose their keys cannot make them collide there.
	Seed uint64
	// TrustRecords makes Open check the header, the directory and the presence of each run, and not read all of its
	// records (about 1 GB/s). Merges check what they read in any case.
	TrustRecords bool

	fanout   int    // runs of a level that are merged into one of the next
	maxRun   uint64 // entries of the largest run that a merge may make
	volatile bool   // no deltas, no syncs: a Counter's index dies with its process
}

func (o Options) withDefaults() (Options, error) {
	if o.Horizon < time.Second || o.Horizon != Forever && o.Horizon%time.Second != 0 {
		return o, fmt.Errorf("fingerprint index: horizon %v is not a whole number of seconds, at least 1s", o.Horizon)
	}
	if o.MemoryEntries == 0 {
		o.MemoryEntries = defaultMemoryEntries
	}
	if o.MemoryEntries < 1 || o.MemoryEntries > maxMemoryEntries {
		return o, fmt.Errorf("fingerprint index: memory for %d entries is not within 1 to %d", o.MemoryEntries, maxMemoryEntries)
	}
	if o.fanout == 0 {
		o.fanout = defaultFanout
	}
	if o.maxRun == 0 {
		o.maxRun = defaultMaxRun
	}
	return o, nil
}

// Index is an exact set of keys with the time and content of their first receipt. See the package's documentation for
// what Observe means, the commit protocol and concurrency.
type Index struct {
	dir     string
	opt     Options
	horizon int64 // seconds
	clock   int64 // highest time observed

	active *table
	logged int    // records of active that are in a delta
	frozen *table // being sealed
	spare  *table // recycled
	runs   []*run // live, oldest first

	seq         uint64 // of the last delta
	sealed      uint64 // runs cover the deltas through this one
	frozenSeq   uint64 // frozen covers the deltas after sealed through this one
	nextRun     uint64
	clockLogged int64 // clock in the last delta or manifest
	dirty       bool  // the manifest changed
	pending     bool  // a checkpoint is not yet committed
	deltaBuf    []byte
	manifestBuf []byte

	sealing, merging *job
	mergeDue         bool   // runs changed since merges were last planned
	obsolete         []*run // not in the manifest any more, to be deleted when that is committed
	stop             atomic.Bool
	broken           error // corruption found by a merge
	stats            Stats
}

// Open opens the index in dir, which it creates, in the state of the caller's last commit: the last manifest committed
// (nil if none ever was) and the deltas that survive it, in ascending order of Seq. It deletes run files in dir that the
// manifest does not list; other files it leaves alone. The byte slices may be reused after each step.
//
// Open reads and checks all runs (see Options.TrustRecords). An error that wraps ErrCorrupt says which file and offset.
func Open(dir string, opt Options, lastManifest []byte, deltas iter.Seq2[[]byte, error]) (*Index, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return nil, err
	}
	ix := newIndex(dir, opt)
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	if err := ix.recover(lastManifest, deltas); err != nil {
		return nil, errors.Join(err, ix.Close())
	}
	return ix, nil
}

// makeDir makes dir durable: a run is no more durable than the entry of its directory.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot create directory of fingerprint index: %w", err)
	}
	return syncDir(filepath.Dir(filepath.Clean(dir)))
}

func newIndex(dir string, opt Options) *Index {
	return &Index{
		dir: dir, opt: opt,
		horizon: int64(opt.Horizon / time.Second),
		active:  newTable(opt.MemoryEntries, opt.Seed),
		nextRun: 1,
	}
}

func (ix *Index) recover(lastManifest []byte, deltas iter.Seq2[[]byte, error]) error {
	var m manifest
	if lastManifest != nil {
		var err error
		if m, err = decodeManifest(lastManifest); err != nil {
			return err
		}
		ix.nextRun, ix.sealed, ix.clock = m.next, m.sealed, int64(m.clock)
	}
	if err := removeOrphans(ix.dir, m.runs); err != nil {
		return err
	}
	for _, meta := range m.runs {
		r, err := openRun(ix.dir, meta, !ix.opt.TrustRecords)
		if err != nil {
			return err
		}
		ix.runs = append(ix.runs, r)
	}
	ix.seq = ix.sealed
	if deltas != nil {
		for b, err := range deltas {
			if err != nil {
				return fmt.Errorf("cannot read fingerprint delta %d: %w", ix.seq+1, err)
			}
			if err := ix.replay(b); err != nil {
				return err
			}
		}
	}
	if ix.seq < m.seq {
		return fmt.Errorf("fingerprint delta %d is missing: the manifest was committed with delta %d: %w", ix.seq+1, m.seq, ErrCorrupt)
	}
	ix.logged, ix.clockLogged, ix.mergeDue = len(ix.active.records), ix.clock, true
	return nil
}

func (ix *Index) replay(b []byte) error {
	d, err := decodeDelta(b)
	if err != nil {
		return err
	}
	if d.seq != ix.seq+1 {
		return fmt.Errorf("fingerprint delta %d found where %d must follow (runs cover those through %d): "+
			"one transaction must write a manifest and delete the deltas it covers: %w", d.seq, ix.seq+1, ix.sealed, ErrCorrupt)
	}
	ix.seq = d.seq
	ix.clock = max(ix.clock, int64(d.clock))
	for off := 0; off < len(d.records); off += recordSize {
		r := getRecord(d.records[off:])
		_, slot := ix.active.find(r.hi, r.lo)
		ix.active.put(r, slot)
	}
	return nil
}

// removeOrphans deletes run files that were not committed or not deleted after the commit that dropped them.
func removeOrphans(dir string, live []runMeta) error {
	keep := make(map[string]bool, len(live))
	for _, r := range live {
		keep[filepath.Base(runPath(dir, r.id))] = true
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("cannot list directory of fingerprint index: %w", err)
	}
	for _, f := range files {
		name := f.Name()
		if keep[name] || !strings.HasSuffix(strings.TrimSuffix(name, tempSuffix), runSuffix) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot delete fingerprint run of no manifest: %w", err)
		}
	}
	return nil
}

// Observe records that k was received at seenSeconds (Unix time, the log's append time) with a content of hash check.
// If k is a duplicate it returns the entry of its first receipt, and nothing changes. Else k is new or its entry has
// expired, and it gets a new entry. It never fails, blocks or, tables having grown, allocates.
//
// Times before the highest one so far count as that one; times after the year 2106 as its last second.
func (ix *Index) Observe(k Key, seenSeconds int64, check uint32) (prior Entry, dup bool) {
	if seenSeconds > ix.clock {
		ix.clock = min(seenSeconds, math.MaxUint32)
	}
	hi, lo := k.words()
	i, slot := ix.active.find(hi, lo)
	if i >= 0 {
		// An expired entry here means that older ones have expired as well.
		if r := &ix.active.records[i]; ix.clock-int64(r.seen) <= ix.horizon {
			return r.entry(), true
		}
	} else if r, ok := ix.findSealed(hi, lo, ix.clock); ok {
		return r.entry(), true
	}
	ix.active.put(record{hi: hi, lo: lo, seen: uint32(ix.clock), check: check}, slot)
	return Entry{}, false
}

// Lookup returns k's entry if it is a duplicate at nowSeconds, and changes nothing.
func (ix *Index) Lookup(k Key, nowSeconds int64) (Entry, bool) {
	now := max(ix.clock, nowSeconds)
	hi, lo := k.words()
	if i, _ := ix.active.find(hi, lo); i >= 0 {
		r := &ix.active.records[i]
		if now-int64(r.seen) <= ix.horizon {
			return r.entry(), true
		}
		return Entry{}, false
	}
	r, ok := ix.findSealed(hi, lo, now)
	if !ok {
		return Entry{}, false
	}
	return r.entry(), true
}

// findSealed looks below the active table, from new to old, for the key's newest record, if it is not expired.
func (ix *Index) findSealed(hi, lo uint64, now int64) (record, bool) {
	if ix.frozen != nil {
		if i, _ := ix.frozen.find(hi, lo); i >= 0 {
			r := ix.frozen.records[i]
			return r, now-int64(r.seen) <= ix.horizon
		}
	}
	hash := filterHash(hi, firstSeed)
	for i := len(ix.runs) - 1; i >= 0; i-- {
		if r, ok := ix.runs[i].find(hi, lo, hash); ok {
			return r, now-int64(r.seen) <= ix.horizon
		}
	}
	return record{}, false
}

// Close stops background work and unmaps the runs. What was not committed is lost. The caller closes an Index once,
// and does not use it afterwards.
func (ix *Index) Close() error {
	ix.stop.Store(true)
	var errs []error
	for _, j := range []*job{ix.sealing, ix.merging} {
		if j == nil {
			continue
		}
		<-j.done
		if j.out != nil {
			errs = append(errs, j.out.close())
		}
	}
	ix.sealing, ix.merging = nil, nil
	for _, r := range ix.runs {
		errs = append(errs, r.close())
	}
	ix.runs, ix.active, ix.frozen, ix.spare = nil, nil, nil, nil
	return errors.Join(errs...)
}
