package stream

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// besidePrefix is in front of the names of jobs that run beside others, in their
// records.
const besidePrefix = "\xff"

// besideRecord names the record of a job that runs beside the one of its name.
func besideRecord(job string) string { return besidePrefix + job }

// recordName names the record of a job of this engine.
func (e *Engine) recordName(job string) string {
	if e.cfg.Beside {
		return besideRecord(job)
	}
	return job
}

// findOrphans finds what engines left behind that ran beside this one and died.
func (e *Engine) findOrphans() error {
	if e.cfg.Beside || e.cfg.Resume || e.cfg.Exchange != nil {
		return nil
	}
	records, _, err := e.readRecords()
	for name, record := range records {
		if strings.HasPrefix(name, besidePrefix) {
			e.orphans = append(e.orphans, orphan{name, record.Generation})
		}
	}
	return err
}

// orphan is the state of a job that nobody runs any more.
type orphan struct {
	record     string
	generation uint32
}

// removeOrphans adds their end to a commit.
func (e *Engine) removeOrphans(r SealRequest) error {
	for _, o := range e.orphans {
		lo, hi := binary.BigEndian.AppendUint32(nil, o.generation), binary.BigEndian.AppendUint32(nil, o.generation+1)
		if err := errors.Join(r.Writer.DeleteRange(lo, hi), r.Writer.Delete(registryKey(o.record))); err != nil {
			return err
		}
	}
	e.orphans = nil
	return nil
}

// Find returns a job that runs or has failed, the reason if a seal has recorded it, and
// the positions that its state is of: those of the newest seal, or of the last one
// before it failed. It may not be called during a seal.
func (e *Engine) Find(name string) (job *Job, failed *Failure, positions map[int32]int64, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	i := slices.IndexFunc(e.jobs, func(r *running) bool { return r.job.name == name })
	if i < 0 {
		return nil, nil, nil, fmt.Errorf("%w: %q", ErrNoJob, name)
	}
	run := e.jobs[i]
	if run.recorded {
		failed = run.failure()
	}
	return run.job, failed, maps.Clone(run.record.Stopped), nil
}

// Adopt takes over the jobs of an engine that has Beside or Resume set and the same
// backend: they go on here from the state that they have there, in place of those of
// the same names. Both engines must be as [Engine.Replace] asks for, and have read the
// same. When it fails, everything is as before. The next seal makes the change durable;
// the other engine must not be used again but for Close.
func (e *Engine) Adopt(other *Engine) error {
	planned := slices.Clone(e.jobs)
	for _, from := range other.jobs {
		i := slices.IndexFunc(planned, func(r *running) bool { return r.job.name == from.job.name })
		if i < 0 {
			return fmt.Errorf("%w: %q", ErrNoJob, from.job.name)
		}
		if f := from.failure(); f != nil {
			return fmt.Errorf("job %q failed in %s: %s", f.Job, f.Place, f.Reason)
		}
		record := from.record
		record.Failure = nil
		run := newRunning(from.job, record)
		if before := planned[i]; before.generation != run.generation {
			run.old = append(slices.Clone(before.old), before.generation)
		}
		run.adopted = other.cfg.Beside
		planned[i] = run
	}
	return e.swap(planned)
}

// missed returns what a job has not read while it did not run; nothing when it has read
// all before the engine's positions.
func missed(record *jobRecord, positions map[int32]int64) (f *Failure) {
	for _, partition := range slices.Sorted(maps.Keys(record.Stopped)) {
		at := record.Stopped[partition]
		if now, known := positions[partition]; known && now > at {
			place := Place{Number: partition}
			return &Failure{Place: place.String(), Reason: fmt.Sprintf(
				"it did not run while the offsets %d to %d were read; restart it, and it reads what it has missed", at, now-1)}
		}
	}
	return nil
}
