package pass

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/internal/pass/checkpoint"
	"github.com/millrace/millrace/stream"
)

// The ledger's old minutes are removed this often.
const expireEvery = time.Hour

// commitLoop commits what is judged: at once when nothing was for a while, else an
// interval after the commit before began, and earlier when many rows wait. Closing stop
// makes it commit the rest and return.
func (p *Pass) commitLoop(ctx context.Context, stop <-chan struct{}) error {
	expire := p.cfg.Clock.NewTicker(expireEvery)
	defer expire.Stop()
	quiet := p.jobs.ticker()
	defer quiet.Stop()
	var elapsed <-chan time.Time // nil before the first commit
	for {
		select {
		case <-p.failed:
			return nil
		case <-stop:
			return p.commit()
		case <-expire.C:
			if err := p.expireLedger(); err != nil {
				return err
			}
			continue
		case <-quiet.C:
			if p.pending.over() {
				continue // results of time alone must not pile up either
			}
			p.askEnds(ctx)
			if err := p.commit(); err != nil {
				return err
			}
			continue
		case <-p.pending.ready:
		}
		if elapsed != nil {
			select {
			case <-stop:
			case <-elapsed:
			case <-p.pending.full:
			}
		}
		elapsed = p.cfg.Clock.After(p.cfg.CommitInterval)
		if err := p.commit(); err != nil {
			return err
		}
	}
}

// commit makes everything that is judged durable and hands it to the store's
// writer.
func (p *Pass) commit() error {
	p.committing.Lock()
	defer p.committing.Unlock()
	return p.commitThen(nil)
}

// commitThen commits, and calls then, unless it is nil, when the commit is durable and
// before a worker has processed anything behind it. The caller holds committing.
func (p *Pass) commitThen(then func()) error {
	resting := p.rest()
	defer resting.end()
	commit := p.cfg.Checkpoint.NewCommit()
	cut, outputs, err := p.cut(commit)
	if err != nil {
		return errors.Join(err, commit.Discard())
	}
	if then == nil {
		resting.end()
	}
	if len(cut) == 0 && p.jobs == nil {
		return commit.Discard()
	}
	if err := p.writeCheckpoint(commit, cut); err != nil {
		return err
	}
	for i := range cut {
		p.committed(resting, &cut[i])
	}
	published, err := p.jobs.committed(resting, outputs)
	if err != nil {
		return err
	}
	p.stats.commits.Add(1)
	p.broadcast()
	p.writer.enqueue(unit{parts: cut, published: published})
	if then != nil {
		then()
	}
	return nil
}

// rest is a time in which no worker processes anything.
type rest struct {
	workers []*worker
	over    bool
}

func (p *Pass) rest() *rest {
	for _, w := range p.workers {
		w.mu.Lock()
	}
	return &rest{workers: p.workers}
}

func (r *rest) end() {
	if r.over {
		return
	}
	r.over = true
	for _, w := range r.workers {
		w.mu.Unlock()
	}
}

// with calls f while the worker rests.
func (r *rest) with(w *worker, f func()) {
	if r.over {
		w.mu.Lock()
		defer w.mu.Unlock()
	}
	f()
}

// cut takes what all tasks have ready, and the jobs at the same moment: all
// workers rest meanwhile.
func (p *Pass) cut(commit *checkpoint.Commit) (cut []sealed, outputs []stream.Output, err error) {
	for _, w := range p.workers {
		if cut, err = w.seal(cut); err != nil {
			return nil, nil, err
		}
	}
	outputs, err = p.jobs.seal(commit)
	return cut, outputs, err
}

// writeCheckpoint is the commit point.
func (p *Pass) writeCheckpoint(commit *checkpoint.Commit, cut []sealed) error {
	judged := p.jobs != nil
	for i := range cut {
		d := cut[i].judged
		if d == nil {
			continue
		}
		judged = true
		partition := cut[i].task.partition
		if err := errors.Join(
			commit.Task(partition, &d.state),
			commit.Dedup(partition, &d.dedup),
			commit.Ledger(partition, &d.ledger),
			commit.Verdicts(partition, &d.verdicts),
			commit.Held(partition, d.held),
			commit.Contents(partition, d.contents),
			commit.Claims(partition, d.claims),
			commit.TrimVerdicts(partition, d.trim),
		); err != nil {
			return fmt.Errorf("cannot build the commit of partition %d: %w", partition, err)
		}
	}
	if !judged {
		return commit.Discard()
	}
	return commit.Apply()
}

// committed tells a task that its part of a commit is durable.
func (p *Pass) committed(r *rest, s *sealed) {
	r.with(p.worker(s.task.partition), func() {
		if s.judged != nil {
			s.task.committed = s.judged.state.Position
			s.task.dedup.Committed()
			s.task.acts.committed()
		}
	})
}

func (p *Pass) expireLedger() error {
	commit := p.cfg.Checkpoint.NewCommit()
	before := p.cfg.Clock.Now().Add(-p.cfg.Retention)
	if err := p.cfg.Checkpoint.Ledger().Expire(commit.Batch(), before); err != nil {
		return err
	}
	return commit.Apply()
}
