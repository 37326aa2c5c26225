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

// shadow runs jobs over the log's history, beside the live ones, with state of its
// own that is thrown away.
type shadow struct {
	p          *Pass
	history    *history
	engine     *stream.Engine
	watermarks *stream.Watermarks
	fronts     map[int32]*stream.Front
	state      *checkpoint.Store
	dir        string
	events     int // since the seal before
}

// shadowSeal is how many events a shadow reads between two seals.
const shadowSeal = 20_000

const shadowPrefix = "shadow-"

func (p *Pass) openShadow(h *history, jobs ...*stream.Job) (s *shadow, err error) {
	c := &p.cfg.Pass.Jobs
	s = &shadow{
		p: p, history: h, watermarks: stream.NewWatermarks(c.Disorder, c.IdleTimeout), fronts: make(map[int32]*stream.Front),
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.dir, err = os.MkdirTemp(p.cfg.Dir, shadowPrefix); err != nil {
		return s, fmt.Errorf("cannot make a folder for the state of a second run: %w", err)
	}
	if s.state, err = checkpoint.Open(checkpoint.Config{Dir: s.dir, CacheBytes: 8 << 20, Logger: p.cfg.Logger}); err != nil {
		return s, err
	}
	s.engine, err = stream.NewEngine(stream.Config{
		Jobs: jobs, Shards: c.Shards, Backend: s.state.State(), Memory: int64(c.MemoryBytes) / 2, Workers: 1, Watermarks: s.watermarks,
	})
	if err != nil {
		return s, err
	}
	for partition := range h.tasks {
		if s.fronts[partition], err = s.engine.OpenFront(partition); err != nil {
			return s, err
		}
	}
	return s, nil
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
	if s.state != nil {
		errs = append(errs, s.state.Close())
	}
	if s.dir != "" {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}

// process gives the jobs a batch, and tells what they publish.
func (s *shadow) process(b *event.Batch, publish func([]stream.Output) error) error {
	s.fronts[b.Partition].Process(b)
	s.engine.Work()
	if s.events += b.Len(); s.events < shadowSeal {
		return nil
	}
	return s.seal(publish)
}

// seal moves the time of the jobs on. Their clock is that of the records.
func (s *shadow) seal(publish func([]stream.Output) error) error {
	s.events = 0
	now := int64(0)
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
	commit := s.state.NewCommit()
	sealed, err := s.engine.Seal(stream.SealRequest{Now: now, Positions: s.history.positions(), Writer: commit.State()})
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
	for _, f := range sealed.Failed {
		return fmt.Errorf("job %q failed in %s: %s", f.Job, f.Place, f.Reason)
	}
	return publish(sealed.Outputs)
}
