package pass

import (
	"context"
	"sync"
)

// load is what judged events weigh: rows, and bytes of the payloads that their
// columns point into.
type load struct{ rows, bytes int }

func (l *load) add(o load) { l.rows, l.bytes = l.rows+o.rows, l.bytes+o.bytes }

func (l *load) remove(o load) { l.rows, l.bytes = l.rows-o.rows, l.bytes-o.bytes }

// reaches reports whether l is at least a share of the limit, in either measure.
func (l load) reaches(limit load, share int) bool {
	return l.rows >= max(1, limit.rows/share) || l.bytes >= max(1, limit.bytes/share)
}

// sealShare of the budget is judged before a commit comes early: that is
// several commits for each transaction of the store, which takes half of it.
const sealShare = 8

// budget bounds the judged events whose rows are not stored yet.
type budget struct {
	limit load
	ready chan struct{} // has one token when there is something to commit
	full  chan struct{} // has one token when the commit should not wait

	mu       sync.Mutex
	held     load
	unsealed load          // part of held that no commit has yet
	free     chan struct{} // closed and replaced when some is released
}

func newBudget(limit load) *budget {
	return &budget{
		limit: limit, free: make(chan struct{}),
		ready: make(chan struct{}, 1), full: make(chan struct{}, 1),
	}
}

// acquire waits until there is room for another batch.
func (b *budget) acquire(ctx context.Context) bool {
	for {
		b.mu.Lock()
		over, free := b.held.reaches(b.limit, 1), b.free
		b.mu.Unlock()
		if !over {
			return ctx.Err() == nil
		}
		select {
		case <-ctx.Done():
			return false
		case <-free:
		}
	}
}

// over reports whether there is no room.
func (b *budget) over() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held.reaches(b.limit, 1)
}

// add counts what was judged.
func (b *budget) add(l load) {
	if l.rows == 0 {
		return
	}
	b.mu.Lock()
	b.held.add(l)
	b.unsealed.add(l)
	early := b.unsealed.reaches(b.limit, sealShare)
	b.mu.Unlock()
	signal(b.ready)
	if early {
		signal(b.full)
	}
}

// hold counts what a commit made of what it took.
func (b *budget) hold(l load) {
	b.mu.Lock()
	b.held.add(l)
	b.mu.Unlock()
}

// seal counts what a commit took.
func (b *budget) seal(l load) {
	b.mu.Lock()
	b.unsealed.remove(l)
	b.mu.Unlock()
}

// release gives back what is stored.
func (b *budget) release(l load) {
	b.mu.Lock()
	b.held.remove(l)
	close(b.free)
	b.free = make(chan struct{})
	b.mu.Unlock()
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
