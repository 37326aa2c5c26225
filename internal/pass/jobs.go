package pass

import (
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/internal/pass/checkpoint"
	"github.com/millrace/millrace/internal/result"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
)

// Event time goes on in a quiet shop: jobs are sealed at least this often.
const sealEvery = time.Second

// jobs are the streaming jobs of this process. Their state is committed with the
// positions of the tasks that feed them, and so are their outputs. A nil *jobs
// has none.
type jobs struct {
	p          *Pass
	engine     *stream.Engine
	watermarks *stream.Watermarks
	next       uint64  // number of the next output; committing guards it
	trimmed    uint64  // number of the oldest stored output; committing guards it
	opened     int64   // processing time, µs
	ends       ends    // of the log; committing guards them
	held       []int32 // partitions that wait for others; committing guards it
	outlets            // committing guards them
	topics     *topicWriter
	messages   map[*stream.Sink]messages     // writers for topics
	mirrors    map[*stream.Sink]*stream.Sink // of outputs that go to a topic besides
}

// openJobs opens the jobs' state as of the newest commit.
func (p *Pass) openJobs() error {
	if len(p.cfg.Jobs) == 0 || !p.cfg.Pass.Jobs.Enabled {
		return nil
	}
	if p.cfg.Instance != "" {
		return errors.New("jobs cannot run in a consumer group, where the keys of a job would be in partitions of several processes; " +
			"run one process with log.group empty, or switch the jobs off with pass.jobs.enabled: false")
	}
	c := &p.cfg.Pass.Jobs
	j := &jobs{p: p, opened: p.cfg.Clock.Now().UnixMicro(), watermarks: stream.NewWatermarks(c.Disorder, c.IdleTimeout), messages: make(map[*stream.Sink]messages), mirrors: make(map[*stream.Sink]*stream.Sink)}
	if err := j.openTables(); err != nil {
		return err
	}
	var err error
	if j.next, err = p.cfg.Checkpoint.NextOutput(); err != nil {
		return err
	}
	positions, err := p.checkpointed()
	if err != nil {
		return err
	}
	j.engine, err = stream.NewEngine(stream.Config{
		Positions: positions,
		Jobs:      p.cfg.Jobs, Shards: c.Shards, Backend: p.cfg.Checkpoint.State(), Memory: int64(c.MemoryBytes),
		Workers: p.cfg.Workers, Watermarks: j.watermarks,
	})
	if err != nil {
		return err
	}
	if j.topics, err = newTopicWriter(p); err != nil {
		return err
	}
	p.jobs = j
	return nil
}

// checkpointed returns the positions that the newest commit is of.
func (p *Pass) checkpointed() (positions map[int32]int64, err error) {
	err = p.cfg.Checkpoint.StateAt(func(_ state.Backend, at map[int32]int64) error {
		positions = at
		return nil
	})
	return positions, err
}

func (j *jobs) openTables() (err error) {
	j.outlets, err = j.p.outletsOf(j.p.cfg.Jobs)
	return err
}

// outlets are where the results of jobs go.
type outlets struct {
	tables  map[string]*result.Table
	defined []olap.JobTable
}

// outletsOf prepares the tables of jobs, and checks that no two write to one place.
func (p *Pass) outletsOf(jobs []*stream.Job) (outlets, error) {
	o := outlets{tables: make(map[string]*result.Table)}
	topics := make(map[string]bool)
	for _, job := range jobs {
		for _, sink := range job.Sinks() {
			switch sink.Kind {
			case stream.Feed:
				continue
			case stream.Topic:
				if topics[sink.Name] || sink.Name == p.cfg.Topic.Name() {
					return o, fmt.Errorf("job %q: topic %q is written by another job or takes the raw events: choose another", job.Name(), sink.Name)
				}
				topics[sink.Name] = true
				continue
			}
			if _, twice := o.tables[sink.Name]; twice {
				return o, fmt.Errorf("job %q: table %q is written by another job, too", job.Name(), sink.Name)
			}
			t, err := result.NewTable(&sink)
			if err != nil {
				return o, fmt.Errorf("job %q: %w", job.Name(), err)
			}
			o.tables[sink.Name] = t
			o.defined = append(o.defined, t.Table)
		}
	}
	return o, nil
}

// ticker ticks when it is time to seal a shop in which nothing happens.
func (j *jobs) ticker() *clock.Ticker {
	if j == nil {
		return clock.Never()
	}
	return j.p.cfg.Clock.NewTicker(sealEvery)
}

// work works off what waits for the keys' shards.
func (j *jobs) work() {
	if j != nil {
		j.engine.Work()
	}
}

// observe tells how far the tasks have come. All workers rest.
func (j *jobs) observe() (positions map[int32]int64) {
	positions = make(map[int32]int64)
	for _, w := range j.p.workers {
		for _, t := range w.tasks {
			positions[t.partition] = t.state.Position
			for source, newest := range t.state.Newest {
				// Nobody waits for a source from before this process, and none is idle
				// for having been read before.
				j.watermarks.Observe(t.partition, source, newest, max(t.received[source], j.opened))
			}
			j.watermarks.Reached(t.partition, j.readTo(t))
		}
	}
	return positions
}

// seal adds the state of the jobs and their outputs to a commit. All workers rest.
func (j *jobs) seal(commit *checkpoint.Commit) ([]stream.Output, error) {
	if j == nil {
		return nil, nil
	}
	now := j.p.cfg.Clock.Now().UnixMicro()
	positions := j.observe()
	j.align()
	s, err := j.engine.Seal(stream.SealRequest{Now: now, Positions: positions, Writer: commit.State()})
	if err != nil {
		return nil, fmt.Errorf("cannot seal the jobs: %w", err)
	}
	for _, f := range s.Failed {
		j.p.cfg.Logger.Error("a job was stopped; the others go on", "job", f.Job, "at", f.Place, "error", f.Reason, "stack", f.Stack)
	}
	outputs := j.mirrored(s.Outputs)
	return outputs, j.keep(commit, outputs)
}

// keep adds outputs to a commit, so that they are delivered even if this process
// does not live to do so, and removes those that were.
func (j *jobs) keep(commit *checkpoint.Commit, outputs []stream.Output) error {
	var stored []byte
	for i := range outputs {
		o := outputs[i]
		switch o.Sink.Kind {
		case stream.Feed:
			continue
		case stream.Topic:
			var err error
			if o.Row, err = j.message(&o); err != nil {
				return fmt.Errorf("job %q: topic %q: %w", o.Job, o.Sink.Name, err)
			}
		}
		stored = result.Append(stored[:0], &o)
		if err := commit.Output(j.next+uint64(i), stored); err != nil {
			return err
		}
	}
	if len(outputs) > 0 {
		if err := commit.SetNextOutput(j.next + uint64(len(outputs))); err != nil {
			return err
		}
	}
	if delivered := min(j.p.writer.results.Load(), j.topics.next.Load()); delivered > j.trimmed {
		trimmed := j.trimmed
		j.trimmed = delivered
		return commit.TrimOutputs(trimmed, delivered)
	}
	return nil
}

// committed says that the commit of the newest seal is durable. It returns what the
// analytics store is to take.
func (j *jobs) committed(r *rest, outputs []stream.Output) (results, error) {
	if j == nil {
		return results{}, nil
	}
	for _, w := range j.p.workers {
		r.with(w, func() {
			for _, t := range w.tasks {
				t.front.Committed()
			}
		})
	}
	j.engine.Committed()
	return j.publish(outputs)
}
