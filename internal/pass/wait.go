package pass

import (
	"context"
	"errors"
	"fmt"
)

var (
	// ErrNotOwned says that another process has the partition.
	ErrNotOwned = errors.New("partition is processed elsewhere")
	// ErrTooLate says that the verdict is no longer in memory.
	ErrTooLate = errors.New("verdict is no longer at hand; look the event up by its id")
)

// broadcast wakes those who wait for a task's positions.
func (p *Pass) broadcast() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.changed)
	p.changed = make(chan struct{})
}

// Owned returns the partitions that this process has now.
func (p *Pass) Owned() map[int32]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	owned := make(map[int32]bool, len(p.owned))
	for partition := range p.owned {
		owned[partition] = true
	}
	return owned
}

// await waits until a task of this process, which it hands over under its
// worker's lock, is as far as wanted.
func (p *Pass) await(ctx context.Context, partition int32, reached func(*task) bool) error {
	for {
		p.mu.Lock()
		t, changed := p.owned[partition], p.changed
		p.mu.Unlock()
		if t == nil && (p.cfg.Instance != "" || partition >= p.cfg.Topic.Partitions()) {
			return fmt.Errorf("%w: %d", ErrNotOwned, partition)
		}
		// A process that has all partitions opens them while its doors are open already.
		never := p.stopping // they will not be opened any more
		if t != nil {
			never = nil
			w := p.worker(partition)
			w.mu.Lock()
			ok := reached(t)
			w.mu.Unlock()
			if ok {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.failed:
			return fmt.Errorf("the pass has failed: %w", p.failure)
		case <-never:
			return fmt.Errorf("%w: %d", ErrNotOwned, partition)
		case <-changed:
		}
	}
}

// Wait returns what became of the record at the coordinates, once that is
// durable and queryable.
func (p *Pass) Wait(ctx context.Context, partition int32, offset int64) (Outcome, error) {
	// The verdict is taken when it is final, since it may have left the memory
	// by the time that the rows are stored.
	var out Outcome
	var known bool
	err := p.await(ctx, partition, func(t *task) bool {
		if t.committed <= offset || t.read <= offset {
			return false
		}
		out, known = t.recent.get(offset)
		return true
	})
	if err != nil {
		return Outcome{}, err
	}
	if err := p.await(ctx, partition, func(t *task) bool { return t.stored > offset }); err != nil {
		return Outcome{}, err
	}
	if !known {
		return Outcome{}, fmt.Errorf("partition %d offset %d: %w", partition, offset, ErrTooLate)
	}
	return out, nil
}
