package pass

import (
	"errors"
	"fmt"
	"time"
)

// The ledger's old minutes are removed this often.
const expireEvery = time.Hour

// commitLoop commits at most once per interval, and earlier when many rows wait.
// Closing stop makes it commit the rest and return.
func (p *Pass) commitLoop(stop <-chan struct{}) error {
	expire := p.cfg.Clock.NewTicker(expireEvery)
	defer expire.Stop()
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
	var cut []sealed
	var err error
	for _, w := range p.workers {
		if cut, err = w.seal(cut); err != nil {
			return err
		}
	}
	if len(cut) == 0 {
		return nil
	}
	if err := p.writeCheckpoint(cut); err != nil {
		return err
	}
	for i := range cut {
		p.committed(&cut[i])
	}
	p.stats.commits.Add(1)
	p.broadcast()
	p.writer.enqueue(cut)
	return nil
}

// writeCheckpoint is the commit point.
func (p *Pass) writeCheckpoint(cut []sealed) error {
	commit := p.cfg.Checkpoint.NewCommit()
	judged := false
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
