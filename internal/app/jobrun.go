package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/job/declared"
	"github.com/millrace/millrace/internal/pass"
	"github.com/millrace/millrace/internal/result"
	"github.com/millrace/millrace/stream"
)

var _ gateway.Runs = process{}

// DiffJobs implements [gateway.Runs].
func (s process) DiffJobs(
	ctx context.Context, a, b gateway.JobSource, since time.Time, progress func(read, of int64),
) (*result.Diff, error) {
	one, err := s.p.sourceJob(a)
	if err != nil {
		return nil, err
	}
	other, err := s.p.sourceJob(b)
	if err != nil {
		return nil, err
	}
	d, err := s.p.pass.DiffJobs(ctx, one, other, since, progress)
	return d, runError(err)
}

// BackfillJob implements [gateway.Runs].
func (s process) BackfillJob(ctx context.Context, name string, since time.Time, progress func(read, of int64)) (int64, error) {
	run := s.p.beginJobRun(ctx, "backfill", name)
	n, err := s.p.pass.BackfillJob(ctx, name, since, progress)
	s.p.endJobRun(ctx, run, n, err)
	return n, runError(err)
}

// RestartJob implements [gateway.Runs].
func (s process) RestartJob(ctx context.Context, name string, progress func(read, of int64)) (int64, error) {
	run := s.p.beginJobRun(ctx, "restart", name)
	n, err := s.p.pass.RestartJob(ctx, name, progress)
	s.p.endJobRun(ctx, run, n, err)
	return n, runError(err)
}

// runError turns the pass's errors into those of the gateway's port.
func runError(err error) error {
	switch {
	case errors.Is(err, pass.ErrShadowBusy):
		return fmt.Errorf("%w: %w", gateway.ErrRunBusy, err)
	case errors.Is(err, pass.ErrNoJob):
		return fmt.Errorf("%w: %w", gateway.ErrNoJob, err)
	case errors.Is(err, pass.ErrNotFailed):
		return fmt.Errorf("%w: %w", gateway.ErrJobRuns, err)
	case errors.Is(err, stream.ErrDefinition):
		return fmt.Errorf("%w: %w", gateway.ErrDefinition, err)
	}
	return err
}

// sourceJob returns the job that a client means.
func (p *platform) sourceJob(s gateway.JobSource) (*stream.Job, error) {
	switch {
	case (s.Job == "") == (s.Definition == ""):
		return nil, fmt.Errorf("%w: give either the name of a job or the text of a job file", gateway.ErrDefinition)
	case s.Definition != "":
		file := s.File
		if file == "" {
			file = "job.yaml"
		}
		j, err := declared.Load([]byte(s.Definition), file, declared.Params{Lateness: jobLateness(p.cfg)})
		if err != nil {
			return nil, fmt.Errorf("%w: %w", gateway.ErrDefinition, err)
		}
		return j, nil
	}
	all := p.jobs()
	i := slices.IndexFunc(all, func(j *stream.Job) bool { return j.Name() == s.Job })
	if i < 0 {
		return nil, fmt.Errorf("%w: %q", gateway.ErrNoJob, s.Job)
	}
	return all[i], nil
}
