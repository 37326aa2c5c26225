package app

import (
	"errors"
	"time"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/job"
	"github.com/millrace/millrace/internal/pass"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/stream"
)

// jobsOf returns the streaming jobs: those that come with the platform, then the
// shop's own.
func jobsOf(cfg *config.Config, own Own) []*stream.Job {
	if !cfg.Pass.Jobs.Enabled {
		return nil
	}
	return append(job.All(job.Params{Lateness: jobLateness(cfg)}), own.Jobs...)
}

// jobLateness is how far behind a job's time an event may be that the pass has not
// marked late, of the source that is allowed the most. The pass may allow for more disorder
// than the jobs do.
func jobLateness(cfg *config.Config) time.Duration {
	most := cfg.Pass.AllowedLateness
	for i := range cfg.Sources {
		most = max(most, cfg.Sources[i].AllowedLateness)
	}
	return most + max(0, cfg.Pass.WatermarkDisorder-cfg.Pass.Jobs.Disorder)
}

// jobs are those that run: the platform's, the shop's, and those declared in files.
func (p *platform) jobs() []*stream.Job { return p.catalog.jobFiles.list() }

var _ gateway.Jobs = process{}

// Jobs implements [gateway.Jobs].
func (s process) Jobs() []stream.JobStatus { return s.p.pass.Jobs() }

// Watermarks implements [gateway.Jobs].
func (s process) Watermarks() []stream.SourceWatermark { return s.p.pass.Watermarks() }

// JobFiles implements [gateway.Jobs].
func (s process) JobFiles() []gateway.JobFile { return s.p.catalog.jobFiles.status() }

// JobState implements [gateway.Jobs].
func (s process) JobState(name, key string) (gateway.KeyState, error) {
	found, err := s.p.pass.JobState(name, key)
	if errors.Is(err, pass.ErrNoJob) {
		return gateway.KeyState{}, gateway.ErrNoJob
	}
	out := gateway.KeyState{Positions: found.Positions}
	for _, e := range found.Entries {
		out.Entries = append(out.Entries, gateway.StateEntry(e))
	}
	return out, err
}
