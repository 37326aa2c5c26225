package pass

import (
	"errors"
	"fmt"

	"github.com/millrace/millrace/internal/pass/checkpoint"
	"github.com/millrace/millrace/internal/result"
	"github.com/millrace/millrace/stream"
)

// jobs are the streaming jobs of this process. Their state is committed with the
// positions of the tasks that feed them, and so are their outputs.
type jobs struct {
	p          *Pass
	engine     *stream.Engine
	watermarks *stream.Watermarks
	next       uint64 // number of the next output; committing guards it
	now        int64  // processing time of the seal before
}

// memoryShare of the configured memory is the state of jobs that is kept in
// memory.
func (p *Pass) openJobs() error {
	if len(p.cfg.Jobs) == 0 {
		return nil
	}
	if p.cfg.Instance != "" {
		return errors.New("jobs cannot run in a consumer group: the keys of one job may be in partitions of several processes; run one process, or switch the jobs off (jobs.enabled: false)")
	}
	j := &jobs{p: p, watermarks: stream.NewWatermarks(p.cfg.WatermarkDisorder, p.cfg.IdleTimeout)}
	var err error
	if j.next, err = p.cfg.Checkpoint.NextOutput(); err != nil {
		return err
	}
	j.engine, err = stream.NewEngine(stream.Config{
		Jobs: p.cfg.Jobs, Shards: p.cfg.Shards, Backend: p.cfg.Checkpoint.State(), Memory: int64(p.cfg.StateMemory),
		Workers: p.cfg.Workers, Watermarks: j.watermarks,
	})
	p.jobs = j
	return err
}

// observe tells how far the tasks have come. All workers rest.
func (j *jobs) observe(now int64) {
	for _, w := range j.p.workers {
		for _, t := range w.tasks {
			for source, newest := range t.state.Newest {
				j.watermarks.Observe(t.partition, source, newest, t.received[source])
			}
			reached := t.readTo
			if !t.moved { // nothing came since the seal before
				reached = now
			}
			t.moved = false
			j.watermarks.Reached(t.partition, reached)
		}
	}
}

// seal adds the state of the jobs and their outputs to a commit. All workers rest.
func (j *jobs) seal(commit *checkpoint.Commit) ([]stream.Output, error) {
	now := j.p.cfg.Clock.Now().UnixMicro()
	j.observe(now)
	positions := make(map[int32]int64)
	for _, w := range j.p.workers {
		for _, t := range w.tasks {
			positions[t.partition] = t.state.Position
		}
	}
	s, err := j.engine.Seal(stream.SealRequest{Now: now, Positions: positions, Writer: commit.State()})
	if err != nil {
		return nil, fmt.Errorf("cannot seal the jobs: %w", err)
	}
	for _, f := range s.Failed {
		j.p.cfg.Logger.Error("a job was stopped; the others go on", "job", f.Job, "at", f.Place, "error", f.Reason, "stack", f.Stack)
	}
	var stored []byte
	for i := range s.Outputs {
		stored = result.Append(stored[:0], &s.Outputs[i])
		if err := commit.Output(j.next+uint64(i), stored); err != nil {
			return nil, err
		}
	}
	j.now = now
	return s.Outputs, commit.SetNextOutput(j.next + uint64(len(s.Outputs)))
}

// committed says that the commit of the newest seal is durable.
func (j *jobs) committed(outputs int) {
	j.next += uint64(outputs)
	for _, w := range j.p.workers {
		w.mu.Lock()
		for _, t := range w.tasks {
			t.front.Committed()
		}
		w.mu.Unlock()
	}
	j.engine.Committed()
}
