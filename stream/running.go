package stream

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync/atomic"
)

// running is a job in an engine.
type running struct {
	job        *Job
	generation uint32 // names its state
	stages     int
	sources    []string // whose watermarks hold its time; empty: all
	times      []Times  // per stage; the same in all, unless there is an exchange
	holder     string   // source that holds its watermark
	failed     atomic.Pointer[Failure]
	recorded   bool     // its failure is in the backend
	old        []uint32 // generations whose state goes with the next seal
	record     jobRecord
	adopted    bool // from an engine beside, whose record of it goes with the next seal

	values, late, outputs int64 // since the engine was opened
}

// Failure says why a job was stopped.
type Failure struct {
	Job    string
	Place  string // partition or shard
	Reason string
	Stack  string // of a panic
}

// jobRecord is what the backend knows of a job.
type jobRecord struct {
	Generation uint32          `json:"generation"`
	Version    int             `json:"version"`
	Shape      string          `json:"shape,omitempty"`
	Failure    *Failure        `json:"failure,omitempty"`
	Since      map[int32]int64 `json:"since"`                // positions at which it began
	Stopped    map[int32]int64 `json:"stopped_at,omitempty"` // positions that its state is of, when it failed
	Watermark  int64           `json:"watermark"`
	Stages     []int64         `json:"stages,omitempty"` // watermark of each stage, with an exchange
}

// registryPrefix is in front of the records of jobs; generations are in front of
// their state, and begin at 1.
var registryPrefix = []byte{0, 0, 0, 0}

func registryKey(job string) []byte { return append(slices.Clone(registryPrefix), job...) }

// prefix is what the keys of an operator's state begin with.
func (r *running) prefix(place Place, operator string) []byte {
	b := binary.BigEndian.AppendUint32(nil, r.generation)
	b = place.appendTo(b)
	return append(append(b, operator...), 0)
}

func (r *running) failure() *Failure { return r.failed.Load() }

// fail stops the job; the first reason stays.
func (r *running) fail(place Place, err error) {
	f := &Failure{Job: r.job.name, Place: place.String(), Reason: err.Error()}
	var p *panicError
	if errors.As(err, &p) {
		f.Stack = p.stack
	}
	r.failed.CompareAndSwap(nil, f)
}

type panicError struct {
	value any
	stack string
}

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// guard runs f, a step of the job in one place, and stops the job when it fails.
func (r *running) guard(place Place, f func() error) {
	if r.failure() != nil {
		return
	}
	defer func() {
		switch v := recover().(type) {
		case nil:
		case failure:
			r.fail(place, v.err)
		default:
			r.fail(place, &panicError{v, string(debug.Stack())})
		}
	}()
	if err := f(); err != nil {
		r.fail(place, err)
	}
}

// tell moves the job's time on. It never goes back. What shards of other engines send
// each other is behind what they get from the partitions.
func (r *running) tell(cfg *Config, now int64) {
	mark, holder := cfg.Watermarks.Of(r.sources)
	r.holder = holder
	for stage := range r.times {
		if stage > 1 && cfg.Exchange != nil {
			mark = cfg.Exchange.Reached(r.job.name, stage-1)
		}
		t := &r.times[stage]
		t.Watermark, t.Now = max(t.Watermark, mark), now
	}
}

// loadJobs checks the jobs' definitions and finds their state.
func (e *Engine) loadJobs() (err error) {
	e.jobs, err = e.plan(e.cfg.Jobs)
	return err
}

// plan checks the definitions of jobs and finds their state. Those that run are as they
// are.
func (e *Engine) plan(jobs []*Job) (planned []*running, err error) {
	if err := Check(jobs); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDefinition, err)
	}
	records, newest, err := e.readRecords()
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, j := range jobs {
		if i := slices.IndexFunc(e.jobs, func(r *running) bool { return r.job == j }); i >= 0 {
			planned = append(planned, e.jobs[i])
			continue
		}
		record, known := records[j.name]
		var old []uint32
		switch {
		case !known || e.cfg.Beside:
			newest++
			record = jobRecord{Generation: newest}
			if before, left := records[besideRecord(j.name)]; left && e.cfg.Beside {
				old = append(old, before.Generation)
			}
		case record.Version > j.version:
			errs = append(errs, fmt.Errorf("%sjob %q: its state is of version %d, it is defined with version %d; use the newer definition, or give the job another name", j.at(), j.name, record.Version, j.version))
			continue
		case record.Shape != j.shape && record.Version == j.version:
			errs = append(errs, fmt.Errorf("%sjob %q: its key, windows or pattern are not those of its state; raise its version above %d, and it begins anew", j.at(), j.name, record.Version))
			continue
		case record.Shape != j.shape, j.shape != "" && record.Failure != nil && record.Version < j.version:
			newest++
			old = append(old, record.Generation)
			record = jobRecord{Generation: newest}
		}
		record.Version, record.Shape = j.version, j.shape
		run := newRunning(j, record)
		run.old = old
		run.failed.CompareAndSwap(nil, e.missedBy(run))
		if e.cfg.Resume {
			run.failed.Store(nil)
			run.recorded = false
		}
		planned = append(planned, run)
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("%w: %w", ErrDefinition, errors.Join(errs...))
	}
	return planned, nil
}

// missedBy returns why a job that begins to run here has not read everything.
func (e *Engine) missedBy(run *running) *Failure {
	f := missed(&run.record, e.positions)
	if f != nil {
		f.Job = run.job.name
	}
	return f
}

// readRecords returns what the backend knows of jobs, and the newest generation.
func (e *Engine) readRecords() (records map[string]jobRecord, newest uint32, err error) {
	records = make(map[string]jobRecord)
	hi := []byte{0, 0, 0, 1}
	err = e.cfg.Backend.Scan(registryPrefix, hi, func(key, value []byte) error {
		var r jobRecord
		if err := json.Unmarshal(value, &r); err != nil {
			return fmt.Errorf("cannot read the record of job %q: %w", key[len(registryPrefix):], err)
		}
		records[string(key[len(registryPrefix):])] = r
		newest = max(newest, r.Generation)
		return nil
	})
	return records, newest, err
}

func newRunning(j *Job, record jobRecord) *running {
	r := &running{job: j, generation: record.Generation, record: record}
	if record.Failure != nil {
		r.failed.Store(record.Failure)
		r.recorded = true
	}
	for _, n := range j.nodes {
		r.stages = max(r.stages, n.stage)
	}
	r.times = make([]Times, r.stages+1)
	for stage := range r.times {
		r.times[stage].Watermark = record.Watermark
		if stage < len(record.Stages) {
			r.times[stage].Watermark = record.Stages[stage]
		}
	}
	for _, s := range j.sources {
		if len(s.sources) == 0 {
			r.sources = nil
			break
		}
		r.sources = append(r.sources, s.sources...)
	}
	if len(j.ports) > 0 {
		r.sources = nil
	}
	return r
}

// record writes what the backend must know of the jobs.
func (e *Engine) record(r SealRequest) (failed []Failure, err error) {
	for _, run := range e.jobs {
		f := run.failure()
		if f != nil && run.recorded {
			continue
		}
		if f != nil {
			failed = append(failed, *f)
			run.recorded, run.record.Failure = true, f
		} else {
			run.record.Watermark = run.times[0].Watermark
			run.record.Stages = run.stageWatermarks(&e.cfg)
			run.record.Stopped = r.Positions
		}
		for _, generation := range run.old {
			lo, hi := binary.BigEndian.AppendUint32(nil, generation), binary.BigEndian.AppendUint32(nil, generation+1)
			if err := r.Writer.DeleteRange(lo, hi); err != nil {
				return failed, err
			}
		}
		run.old = nil
		if run.adopted {
			run.adopted = false
			if err := r.Writer.Delete(registryKey(besideRecord(run.job.name))); err != nil {
				return failed, err
			}
		}
		if run.record.Since == nil {
			run.record.Since = r.Positions
		}
		text, err := json.Marshal(run.record)
		if err != nil {
			return failed, err
		}
		if err := r.Writer.Set(registryKey(e.recordName(run.job.name)), text); err != nil {
			return failed, err
		}
	}
	return failed, nil
}

func (r *running) stageWatermarks(cfg *Config) (marks []int64) {
	if cfg.Exchange == nil {
		return nil
	}
	for _, t := range r.times {
		marks = append(marks, t.Watermark)
	}
	return marks
}
