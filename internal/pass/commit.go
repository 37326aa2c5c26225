package pass

import (
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/internal/pass/checkpoint"
	"github.com/millrace/millrace/stream"
)

// The ledger's old minutes are removed this often.
const expireEvery = time.Hour

// commitLoop commits at most once per interval, and earlier when many rows wait.
// Closing stop makes it commit the rest and return.
func (p *Pass) commitLoop(stop <-chan struct{}) error {
	expire := p.cfg.Clock.NewTicker(expireEvery)
	defer expire.Stop()
	quiet := p.jobs.ticker()
	defer quiet.Stop()
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
			if err := p.commit(); err != nil {
				return err
			}
			continue
		case <-p.pending.ready:
		}
		interval := p.cfg.Clock.After(p.cfg.CommitInterval)
		select {
		case <-stop:
		case <-interval:
		case <-p.pending.full:
		}
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
	commit := p.cfg.Checkpoint.NewCommit()
	cut, outputs, err := p.cut(commit)
	if err != nil {
		return errors.Join(err, commit.Discard())
	}
	if len(cut) == 0 && p.jobs == nil {
		return commit.Discard()
	}
	if err := p.writeCheckpoint(commit, cut); err != nil {
		return err
	}
	for i := range cut {
		p.committed(&cut[i])
	}
	published, err := p.jobs.committed(outputs)
	if err != nil {
		return err
	}
	p.stats.commits.Add(1)
	p.broadcast()
	p.writer.enqueue(unit{cut, published})
	return nil
}

// cut takes what all tasks have ready, and the jobs at the same moment: all
// workers rest meanwhile.
func (p *Pass) cut(commit *checkpoint.Commit) (cut []sealed, outputs []stream.Output, err error) {
	for _, w := range p.workers {
		w.mu.Lock()
		defer w.mu.Unlock()
	}
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
func (p *Pass) committed(s *sealed) {
	w := p.worker(s.task.partition)
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.judged != nil {
		s.task.committed = s.judged.state.Position
		s.task.dedup.Committed()
	}
}

func (p *Pass) expireLedger() error {
	commit := p.cfg.Checkpoint.NewCommit()
	before := p.cfg.Clock.Now().Add(-p.cfg.Retention)
	if err := p.cfg.Checkpoint.Ledger().Expire(commit.Batch(), before); err != nil {
		return err
	}
	return commit.Apply()
}
