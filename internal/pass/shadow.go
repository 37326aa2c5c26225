package pass

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/pass/checkpoint"
	"github.com/millrace/millrace/stream"
)

// shadow runs jobs over the log's history, beside the live ones.
type shadow struct {
	p          *Pass
	history    *history
	engine     *stream.Engine
	watermarks *stream.Watermarks
	fronts     map[int32]*stream.Front
	scratch    *checkpoint.Store // nil when the state is with that of the live jobs
	dir        string            // of scratch
	events     int               // since the seal before
}

// shadowSeal is how many events a shadow reads between two seals.
const shadowSeal = 20_000

const shadowPrefix = "shadow-"

// openShadow opens jobs whose state is thrown away.
func (p *Pass) openShadow(h *history, jobs ...*stream.Job) (s *shadow, err error) {
	dir, err := os.MkdirTemp(p.cfg.Dir, shadowPrefix)
	if err != nil {
		return nil, fmt.Errorf("cannot make a folder for the state of a second run: %w", err)
	}
	scratch, err := checkpoint.Open(checkpoint.Config{Dir: dir, CacheBytes: 8 << 20, Logger: p.cfg.Logger})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s = &shadow{p: p, history: h, dir: dir, scratch: scratch}
	if err := s.open(stream.Config{Backend: scratch.State()}, jobs); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// openBeside opens a job whose state is with that of the live ones.
func (p *Pass) openBeside(h *history, cfg stream.Config, job *stream.Job) (s *shadow, err error) {
	s = &shadow{p: p, history: h}
	cfg.Backend = p.cfg.Checkpoint.State()
	if err := s.open(cfg, []*stream.Job{job}); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *shadow) open(cfg stream.Config, jobs []*stream.Job) (err error) {
	c := &s.p.cfg.Pass.Jobs
	s.watermarks, s.fronts = stream.NewWatermarks(c.Disorder, c.IdleTimeout), make(map[int32]*stream.Front)
	cfg.Jobs, cfg.Shards, cfg.Memory, cfg.Workers, cfg.Watermarks = jobs, c.Shards, int64(c.MemoryBytes)/2, 1, s.watermarks
	if s.engine, err = stream.NewEngine(cfg); err != nil {
		return err
	}
	for partition := range s.history.tasks {
		if s.fronts[partition], err = s.engine.OpenFront(partition); err != nil {
			return err
		}
	}
	return nil
}

// removeShadows removes what a process left behind that died in a run.
func (p *Pass) removeShadows() error {
	dirs, err := filepath.Glob(filepath.Join(p.cfg.Dir, shadowPrefix+"*"))
	for _, dir := range dirs {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return err
}

func (s *shadow) close() error {
	var errs []error
	if s.engine != nil {
		s.engine.Close()
	}
	if s.scratch != nil {
		errs = append(errs, s.scratch.Close(), os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}

// take gives the jobs a batch. It reports whether a seal is due.
func (s *shadow) take(b *event.Batch) (due bool) {
	s.fronts[b.Partition].Process(b)
	s.engine.Work()
	s.events += b.Len()
	return s.events >= shadowSeal
}

// process gives the jobs a batch, and tells now and then what they publish.
func (s *shadow) process(b *event.Batch, publish func([]stream.Output) error) error {
	if !s.take(b) {
		return nil
	}
	return s.publish(publish)
}

// publish seals the jobs, and tells what they publish.
func (s *shadow) publish(publish func([]stream.Output) error) error {
	return s.seal(s.scratch, func(_ *checkpoint.Commit, outputs []stream.Output) error { return publish(outputs) })
}

// observe tells how far the history has been read. The jobs' clock is that of the
// records.
func (s *shadow) observe() (now int64) {
	for partition, t := range s.history.tasks {
		for source, newest := range t.state.Newest {
			s.watermarks.Observe(partition, source, newest, t.received[source])
		}
		now = max(now, t.reached)
	}
	for partition, t := range s.history.tasks {
		reached := t.reached
		if s.history.done(partition) {
			reached = now
		}
		s.watermarks.Reached(partition, reached)
	}
	return now
}

// seal moves the time of the jobs on, and commits their state together with what add
// makes of their results.
func (s *shadow) seal(store *checkpoint.Store, add func(*checkpoint.Commit, []stream.Output) error) error {
	s.events = 0
	commit := store.NewCommit()
	sealed, err := s.engine.Seal(stream.SealRequest{Now: s.observe(), Positions: s.history.positions(), Writer: commit.State()})
	for _, f := range sealed.Failed {
		err = errors.Join(err, fmt.Errorf("job %q failed in %s: %s", f.Job, f.Place, f.Reason))
	}
	if err == nil {
		err = add(commit, sealed.Outputs)
	}
	if err != nil {
		return errors.Join(err, commit.Discard())
	}
	if err := commit.Apply(); err != nil {
		return err
	}
	for _, front := range s.fronts {
		front.Committed()
	}
	s.engine.Committed()
	return nil
}
