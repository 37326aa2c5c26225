package fingerprint

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
)

// job is one piece of background work. Its goroutine fills in out or err and closes done.
type job struct {
	inputs []*run
	done   chan struct{}
	out    *run // nil if all entries had expired
	err    error
}

func (j *job) finished() bool {
	if j == nil {
		return false
	}
	select {
	case <-j.done:
		return true
	default:
		return false
	}
}

// work is what a job needs to know; it shares nothing that the writer changes.
type work struct {
	dir      string
	meta     runMeta // id and level of the output
	clock    int64
	horizon  int64
	volatile bool
	stop     *atomic.Bool
}

func (ix *Index) newWork(level uint32) work {
	w := work{
		dir: ix.dir, meta: runMeta{id: ix.nextRun, level: level}, clock: ix.clock, horizon: ix.horizon,
		volatile: ix.opt.volatile, stop: &ix.stop,
	}
	ix.nextRun++
	return w
}

func (ix *Index) startSeal() {
	j, w, records := &job{done: make(chan struct{})}, ix.newWork(0), ix.frozen.records
	ix.sealing = j
	go func() {
		defer close(j.done)
		j.out, j.err = w.seal(records)
	}()
}

// adoptSeal lists the run of the frozen table if that is finished. After an error, which it returns, the table stays
// where it is until it stands in the way of the next.
func (ix *Index) adoptSeal() error {
	j := ix.sealing
	if !j.finished() {
		return nil
	}
	ix.sealing = nil
	if j.err != nil {
		ix.stats.BackgroundErr = j.err
		return j.err
	}
	if j.out != nil {
		ix.runs = append(ix.runs, j.out)
	}
	ix.sealed = ix.frozenSeq
	ix.frozen.reset()
	ix.spare, ix.frozen = ix.frozen, nil
	ix.stats.Seals++
	ix.dirty, ix.mergeDue = true, true
	return nil
}

// startMerge starts the merge that is due and reports whether more may be. One after an error is tried again when the
// runs have changed, so that it does not fill a disk that has just been freed.
func (ix *Index) startMerge() bool {
	at := ix.planMerge()
	if at < 0 {
		return false
	}
	inputs := slices.Clone(ix.runs[at : at+ix.opt.fanout])
	for _, r := range inputs {
		r.merging = true
	}
	j, w := &job{done: make(chan struct{}), inputs: inputs}, ix.newWork(inputs[0].level+1)
	ix.merging = j
	go func() {
		defer close(j.done)
		j.out, j.err = w.merge(inputs)
	}()
	return true
}

// planMerge returns where the oldest neighbours of the lowest level begin that are worth merging, or -1.
func (ix *Index) planMerge() int {
	best := -1
	for i := 0; i+ix.opt.fanout <= len(ix.runs); i++ {
		if ix.mergeable(ix.runs[i:i+ix.opt.fanout]) && (best < 0 || ix.runs[i].level < ix.runs[best].level) {
			best = i
		}
	}
	return best
}

// mergeable keeps runs short enough in time to be dropped whole, and merges short enough to end.
func (ix *Index) mergeable(runs []*run) bool {
	count, oldest, newest := uint64(0), runs[0].minSeen, uint32(0)
	for _, r := range runs {
		if r.level != runs[0].level {
			return false
		}
		count += r.count
		oldest, newest = min(oldest, r.minSeen), max(newest, r.maxSeen)
	}
	return count <= ix.opt.maxRun && int64(newest-oldest) <= ix.horizon/4
}

// adoptMerge puts the merged run in the place of its inputs.
func (ix *Index) adoptMerge() {
	j := ix.merging
	if !j.finished() {
		return
	}
	ix.merging = nil
	for _, r := range j.inputs {
		r.merging = false
	}
	if j.err != nil {
		ix.stats.BackgroundErr = j.err
		if errors.Is(j.err, ErrCorrupt) {
			ix.broken = j.err
		}
		ix.mergeDue = false
		return
	}
	at := slices.Index(ix.runs, j.inputs[0])
	for _, r := range j.inputs {
		ix.retire(r)
	}
	var out []*run
	if j.out != nil {
		out = []*run{j.out}
		ix.stats.MergedEntries += j.out.count
	}
	ix.runs = slices.Replace(ix.runs, at, at+len(j.inputs), out...)
	ix.stats.Merges++
	ix.mergeDue = true
}

func (w *work) expired(r *record) bool { return w.clock-int64(r.seen) > w.horizon }

// seal writes the newest record of each key that has not expired.
func (w *work) seal(records []record) (*run, error) {
	sorted := sortRecords(records)
	return w.write(uint64(len(sorted)), func(out *runWriter) error {
		for i := range sorted {
			r := &sorted[i]
			if i > 0 && r.compare(&sorted[i-1]) == 0 || w.expired(r) {
				continue
			}
			if err := out.add(*r); err != nil {
				return err
			}
		}
		return nil
	})
}

// write makes a run of what fill adds, at most limit records.
func (w *work) write(limit uint64, fill func(*runWriter) error) (*run, error) {
	out, err := newRunWriter(runPath(w.dir, w.meta.id), limit, !w.volatile, w.stop)
	if err != nil {
		return nil, err
	}
	if err := fill(out); err != nil {
		out.abort()
		return nil, err
	}
	meta, err := out.finish()
	if err != nil {
		out.abort()
		return nil, err
	}
	if meta.count == 0 {
		return nil, nil
	}
	meta.id, meta.level = w.meta.id, w.meta.level
	return openRun(w.dir, meta, false)
}

// merge writes the newest record of each key of the inputs, which are in order of age, that has not expired.
func (w *work) merge(inputs []*run) (out *run, err error) {
	var limit uint64
	cursors := make([]*cursor, 0, len(inputs))
	for _, r := range inputs {
		file, err := os.Open(r.path)
		if err != nil {
			return nil, fmt.Errorf("cannot merge fingerprint runs: %w", err)
		}
		defer file.Close() // opened for reading
		cursors = append(cursors, newCursor(file, r.metas, false))
		limit += r.count
	}
	return w.write(limit, func(out *runWriter) error {
		at, err := w.mergeInto(out, cursors)
		if err != nil && at >= 0 {
			return fmt.Errorf("cannot merge fingerprint run %q: %w", inputs[at].path, err)
		}
		return err
	})
}

// mergeInto returns, with an error of reading, which cursor had it, else -1.
func (w *work) mergeInto(out *runWriter, cursors []*cursor) (at int, err error) {
	live := make([]bool, len(cursors))
	for i, c := range cursors {
		if live[i], err = c.next(); err != nil {
			return i, err
		}
	}
	for {
		first := -1
		for i, c := range cursors {
			if live[i] && (first < 0 || c.rec.compare(&cursors[first].rec) <= 0) { // of equals the newest
				first = i
			}
		}
		if first < 0 {
			return -1, nil
		}
		rec := cursors[first].rec
		if !w.expired(&rec) {
			if err := out.add(rec); err != nil {
				return -1, err
			}
		}
		for i, c := range cursors {
			if live[i] && c.rec.hi == rec.hi && c.rec.lo == rec.lo {
				if live[i], err = c.next(); err != nil {
					return i, err
				}
			}
		}
	}
}
