package app

import (
	"errors"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/job"
	"github.com/millrace/millrace/internal/pass"
	"github.com/millrace/millrace/stream"
)

// jobs returns the shop's streaming jobs.
func (p *platform) jobs() []*stream.Job {
	if !p.cfg.Pass.Jobs.Enabled {
		return nil
	}
	return job.All(job.Params{Lateness: p.cfg.Pass.AllowedLateness})
}

var _ gateway.Jobs = process{}

// Jobs implements [gateway.Jobs].
func (s process) Jobs() []stream.JobStatus { return s.p.pass.Jobs() }

// Watermarks implements [gateway.Jobs].
func (s process) Watermarks() []stream.SourceWatermark { return s.p.pass.Watermarks() }

// JobState implements [gateway.Jobs].
func (s process) JobState(name, key string) (gateway.KeyState, error) {
	found, err := s.p.pass.JobState(name, key)
	if errors.Is(err, pass.ErrNoJob) {
		return gateway.KeyState{}, gateway.ErrNoJob
	}
	out := gateway.KeyState{Positions: found.Positions}
	for _, e := range found.Entries {
		out.Entries = append(out.Entries, gateway.StateEntry{Operator: e.Operator, Table: e.Table, Key: e.Key, Value: e.Value})
	}
	return out, err
}
