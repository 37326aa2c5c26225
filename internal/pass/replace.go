package pass

import (
	"context"
	"errors"
	"fmt"

	"github.com/millrace/millrace/stream"
)

// ErrNoJobs says that jobs do not run in this process, or not yet.
var ErrNoJobs = errors.New("jobs do not run in this process")

// SetJobs replaces the list of jobs that run, at a commit: no event is between the old
// jobs and the new ones. Jobs of both lists go on; see [stream.Engine.Replace]. ctx bounds
// the wait for the analytics store, which has to have the results of the old ones. On an
// error the jobs run as before; after [ErrNoJobs] and [ErrShadowBusy] it may be tried again.
func (p *Pass) SetJobs(ctx context.Context, list []*stream.Job) error {
	// A run over the history takes over from a job that this may replace.
	if !p.shadowing.TryLock() {
		return ErrShadowBusy
	}
	defer p.shadowing.Unlock()
	j := p.running.Load()
	if j == nil {
		return ErrNoJobs
	}
	p.committing.Lock()
	defer p.committing.Unlock()
	select {
	case <-p.stopping:
		return ErrNoJobs
	default:
	}
	next, err := p.outletsOf(list)
	if err != nil {
		return err
	}
	if err := j.canDefine(ctx, next); err != nil {
		return fmt.Errorf("cannot prepare the tables of jobs: %w", err)
	}
	var refused error
	err = p.commitThen(func() {
		if refused = j.engine.Replace(list); refused != nil {
			return
		}
		clear(j.messages)
		clear(j.mirrors)
		j.outlets = next
		p.writer.enqueue(unit{define: next.defined})
	})
	if err != nil {
		p.fail(err)
		return err
	}
	return refused
}

// canDefine tries whether the analytics store can have the tables. Results of the jobs
// that run still come in the form of their own tables, so these stay defined until the
// store's writer has come to the change.
func (j *jobs) canDefine(ctx context.Context, next outlets) error {
	if err := j.p.writer.settle(ctx); err != nil {
		return err
	}
	err := j.p.cfg.Store.Define(ctx, next.defined)
	return errors.Join(err, j.p.cfg.Store.Define(context.WithoutCancel(ctx), j.defined))
}
