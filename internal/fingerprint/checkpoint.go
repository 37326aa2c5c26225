package fingerprint

import (
	"errors"
	"fmt"
	"math"
	"os"
)

// Checkpoint is what the caller commits in one atomic, durable write. Its bytes belong to the index and are valid until
// the next call of Index.Checkpoint.
type Checkpoint struct {
	// Delta holds the entries since the last checkpoint, to be stored under Seq; nil if there are none. Sequence numbers
	// of deltas have no gaps.
	Seq   uint64
	Delta []byte
	// Manifest replaces the last one; nil if that still holds. With a new manifest the deltas with numbers through
	// DropThrough are deleted.
	Manifest    []byte
	DropThrough uint64
}

// Empty reports whether there is nothing to commit.
func (c Checkpoint) Empty() bool { return c.Delta == nil && c.Manifest == nil }

// Checkpoint cuts: what was observed until now is in this checkpoint or an earlier one, what comes later is not. Call
// Committed when it is committed (or Empty); observing may go on before that, another Checkpoint may not. When the commit
// fails, commit the same bytes again or Close the index and open it in the committed state.
//
// Checkpoint takes over finished background work and starts new work. It waits for that only if the table is full while
// the one before it is still being sealed. If that cannot be sealed, because the disk is full for example, Checkpoint
// returns the error and has cut nothing: call it again later, and do not observe in between, or memory grows.
func (ix *Index) Checkpoint() (Checkpoint, error) {
	if ix.pending {
		return Checkpoint{}, errors.New("BUG: fingerprint checkpoint before the last one was committed")
	}
	if err := ix.advance(); err != nil {
		return Checkpoint{}, err
	}
	var cp Checkpoint
	if fresh := ix.active.records[ix.logged:]; len(fresh) > 0 {
		ix.seq++
		ix.deltaBuf = encodeDelta(ix.deltaBuf, ix.seq, uint32(ix.clock), fresh)
		cp.Seq, cp.Delta = ix.seq, ix.deltaBuf
		ix.logged, ix.clockLogged = len(ix.active.records), ix.clock
	}
	if ix.dirty || ix.clock != ix.clockLogged {
		ix.manifestBuf = ix.manifest().encode(ix.manifestBuf)
		cp.Manifest, cp.DropThrough = ix.manifestBuf, ix.sealed
		ix.dirty, ix.clockLogged = false, ix.clock
	}
	ix.rotate()
	ix.pending = !cp.Empty()
	return cp, nil
}

// Committed tells that the last Checkpoint is durable. It deletes the files of runs that are no longer needed; one that
// cannot be deleted is tried again next time, and by Open.
func (ix *Index) Committed() {
	ix.pending = false
	kept := ix.obsolete[:0]
	for _, r := range ix.obsolete {
		if err := os.Remove(r.path); err != nil && !errors.Is(err, os.ErrNotExist) {
			ix.stats.BackgroundErr = fmt.Errorf("cannot delete fingerprint run: %w", err)
			kept = append(kept, r)
		}
	}
	ix.obsolete = kept
}

func (ix *Index) manifest() *manifest {
	m := &manifest{seq: ix.seq, sealed: ix.sealed, next: ix.nextRun, clock: uint32(ix.clock)}
	for _, r := range ix.runs {
		m.runs = append(m.runs, r.runMeta)
	}
	return m
}

// advance takes over finished work, drops aged runs and makes sure that a full table can be frozen.
func (ix *Index) advance() error {
	_ = ix.adoptSeal() // counts when the table stands in the way of the next, below
	ix.adoptMerge()
	if ix.broken != nil {
		return ix.broken
	}
	if len(ix.active.records) >= ix.opt.MemoryEntries && ix.frozen != nil {
		if ix.sealing == nil {
			ix.startSeal()
		}
		<-ix.sealing.done
		if err := ix.adoptSeal(); err != nil {
			return fmt.Errorf("cannot seal the newest %d fingerprints; free disk space or make the directory writable, "+
				"then checkpoint again: %w", len(ix.frozen.records), err)
		}
	}
	ix.dropAged()
	return nil
}

// rotate freezes a full table. All of its entries are in deltas, and those after it go to an empty one.
func (ix *Index) rotate() {
	if len(ix.active.records) >= ix.opt.MemoryEntries {
		ix.frozen, ix.frozenSeq = ix.active, ix.seq
		ix.active, ix.spare, ix.logged = ix.spare, nil, 0
		if ix.active == nil {
			ix.active = newTable(ix.opt.MemoryEntries, ix.opt.Seed)
		}
		ix.startSeal()
	}
	if ix.mergeDue && ix.merging == nil {
		ix.mergeDue = ix.startMerge()
	}
}

// dropAged drops the runs whose newest entry has expired. An input of the merge under way is dropped with its output.
func (ix *Index) dropAged() {
	kept := ix.runs[:0]
	for _, r := range ix.runs {
		if r.merging || ix.clock-int64(r.maxSeen) <= ix.horizon {
			kept = append(kept, r)
			continue
		}
		ix.retire(r)
		ix.stats.RunsAged++
	}
	clear(ix.runs[len(kept):])
	ix.runs = kept
}

// retire makes a run that left ix.runs a file to be deleted.
func (ix *Index) retire(r *run) {
	if err := r.close(); err != nil {
		ix.stats.BackgroundErr = err
	}
	ix.obsolete = append(ix.obsolete, r)
	ix.dirty = true
}

// Stats of an Index, for metrics and for tests. Get them on the writer's goroutine.
type Stats struct {
	TableEntries  int    // in the tables in memory, with those superseded there
	RunEntries    uint64 // in runs, with expired ones not yet dropped
	Runs          int
	DiskBytes     int64 // of live runs
	ObsoleteBytes int64 // of runs to be deleted by the next Committed
	MemoryBytes   int64 // of tables and shard directories, without the scratch of background work
	ClockSeconds  int64
	OldestSeconds int64 // receive time of the oldest entry in a run; 0 without runs

	Seals, Merges, RunsAged uint64
	MergedEntries           uint64 // written by merges
	// BackgroundErr is the last error of background work. Lookups are right all the same; the work is tried again.
	BackgroundErr error
}

// Stats returns a snapshot.
func (ix *Index) Stats() Stats {
	s := ix.stats
	s.ClockSeconds = ix.clock
	s.TableEntries = len(ix.active.records)
	if ix.frozen != nil {
		s.TableEntries += len(ix.frozen.records)
	}
	s.MemoryBytes = ix.active.bytes() + ix.frozen.bytes() + ix.spare.bytes()
	oldest := int64(math.MaxInt64)
	for _, r := range ix.runs {
		s.Runs++
		s.RunEntries += r.count
		s.DiskBytes += r.size
		s.MemoryBytes += int64(len(r.probes)) * shardBytes
		oldest = min(oldest, int64(r.minSeen))
	}
	if s.Runs > 0 {
		s.OldestSeconds = oldest
	}
	for _, r := range ix.obsolete {
		s.ObsoleteBytes += r.size
	}
	return s
}
