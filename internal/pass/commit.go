package pass

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

const (
	// A full disk is looked at again after this time.
	retryFull = 250 * time.Millisecond
	// The ledger's old minutes are removed this often.
	expireEvery = time.Hour
)

// commitLoop commits at most once per interval, and earlier when many rows wait.
// Closing stop makes it commit the rest and return.
func (p *Pass) commitLoop(ctx context.Context, stop <-chan struct{}) error {
	expire := p.cfg.Clock.NewTicker(expireEvery)
	defer expire.Stop()
	for {
		select {
		case <-stop:
			return p.commit(ctx, stop)
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
			return p.commit(ctx, stop)
		case <-interval:
		case <-p.pending.full:
		}
		if err := p.commit(ctx, stop); err != nil {
			return err
		}
	}
}

// commit makes everything that is judged durable and announces it.
func (p *Pass) commit(ctx context.Context, stop <-chan struct{}) error {
	var cut []sealed
	var err error
	for _, w := range p.workers {
		if cut, err = w.seal(cut); err != nil {
			return fmt.Errorf("cannot cut the dedup index: %w", err)
		}
	}
	if len(cut) == 0 {
		return nil
	}
	if err := p.writeStore(ctx, stop, cut); err != nil {
		return err
	}
	if err := p.writeCheckpoint(cut); err != nil {
		return err
	}
	p.announce(ctx, cut)
	return nil
}

func (p *Pass) writeStore(ctx context.Context, stop <-chan struct{}, cut []sealed) error {
	commit := olap.Commit{Positions: make(map[int32]int64, len(cut))}
	for i := range cut {
		commit.Batches = append(commit.Batches, cut[i].batches...)
		commit.Positions[cut[i].task.partition] = cut[i].position
	}
	for {
		err := p.cfg.Store.Write(ctx, commit)
		if err == nil || !errors.Is(err, olap.ErrFull) {
			return err
		}
		p.stats.stalled.Store(true)
		p.cfg.Logger.Warn("the analytics store is full; waiting for space", "error", err)
		select {
		case <-stop:
			return err
		case <-p.cfg.Clock.After(retryFull):
		}
	}
}

func (p *Pass) writeCheckpoint(cut []sealed) error {
	commit := p.cfg.Checkpoint.NewCommit()
	for i := range cut {
		s := &cut[i]
		partition := s.task.partition
		if err := errors.Join(
			commit.Task(partition, &s.state),
			commit.Dedup(partition, &s.dedup),
			commit.Ledger(partition, &s.ledger),
		); err != nil {
			return fmt.Errorf("cannot build the commit of partition %d: %w", partition, err)
		}
	}
	return commit.Apply()
}

// announce makes a durable commit visible and gives its memory back.
func (p *Pass) announce(ctx context.Context, cut []sealed) {
	rows := 0
	positions := make(map[int32]int64, len(cut))
	for i := range cut {
		s := &cut[i]
		p.worker(s.task.partition).acknowledge(s)
		positions[s.task.partition] = s.position
		for _, b := range s.batches {
			rows += b.Len()
			p.stats.commit(b)
			p.recycle(b)
		}
	}
	p.stats.stalled.Store(false)
	p.stats.commits.Add(1)
	p.pending.release(rows)
	p.mu.Lock()
	close(p.changed)
	p.changed = make(chan struct{})
	p.mu.Unlock()
	p.consumer.CommitOffsets(ctx, positions)
}

func (p *Pass) recycle(b *event.Batch) {
	b.Reset()
	p.env.batches.Put(b)
}

func (p *Pass) expireLedger() error {
	commit := p.cfg.Checkpoint.NewCommit()
	before := p.cfg.Clock.Now().Add(-p.cfg.Retention)
	if err := p.cfg.Checkpoint.Ledger().Expire(commit.Batch(), before); err != nil {
		return err
	}
	return commit.Apply()
}

// waitCommitted waits until the position of a partition of this process is
// durable.
func (p *Pass) waitCommitted(ctx context.Context, partition int32, position int64) error {
	for {
		p.mu.Lock()
		t, changed := p.owned[partition], p.changed
		p.mu.Unlock()
		if t == nil {
			return fmt.Errorf("%w: %d", ErrNotOwned, partition)
		}
		w := p.worker(partition)
		w.mu.Lock()
		committed := t.committed
		w.mu.Unlock()
		if committed >= position {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

var (
	// ErrNotOwned says that another process has the partition.
	ErrNotOwned = errors.New("partition is processed elsewhere")
	// ErrTooLate says that the verdict is no longer in memory.
	ErrTooLate = errors.New("verdict is no longer at hand; look the event up by its id")
)

// Wait returns what became of the record at the coordinates, once that is
// durable and queryable.
func (p *Pass) Wait(ctx context.Context, partition int32, offset int64) (Outcome, error) {
	if err := p.waitCommitted(ctx, partition, offset+1); err != nil {
		return Outcome{}, err
	}
	p.mu.Lock()
	t := p.owned[partition]
	p.mu.Unlock()
	if t == nil {
		return Outcome{}, fmt.Errorf("%w: %d", ErrNotOwned, partition)
	}
	w := p.worker(partition)
	w.mu.Lock()
	defer w.mu.Unlock()
	o, ok := t.recent.get(offset)
	if !ok {
		return o, fmt.Errorf("partition %d offset %d: %w", partition, offset, ErrTooLate)
	}
	return o, nil
}
