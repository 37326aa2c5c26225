package pass

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
)

// A full disk is looked at again after this time.
const retryFull = 250 * time.Millisecond

// storeWriter brings what is committed to the analytics store: whole commits in
// their order, several in one transaction when they wait. Its queue is bounded by
// the budget, which is given back when rows are stored.
type storeWriter struct {
	p       *Pass
	results atomic.Uint64 // number behind the newest stored result
	ready   chan struct{} // has one token when something waits
	many    chan struct{} // has one token when a transaction should not wait for more

	mu      sync.Mutex
	queue   []unit // oldest first
	waiting load
	storing bool
}

func newStoreWriter(p *Pass) *storeWriter {
	return &storeWriter{p: p, ready: make(chan struct{}, 1), many: make(chan struct{}, 1)}
}

// storeShare of the budget is stored at once, at most but for the last commit:
// workers fill the other half meanwhile.
const storeShare = 2

// unit is what one commit brings to the store.
type unit struct {
	parts     []sealed
	published results
	define    []olap.JobTable // the tables of jobs from here on; such a unit has nothing else
}

func (u *unit) load() load {
	l := u.published.load
	for i := range u.parts {
		l.add(u.parts[i].load)
	}
	return l
}

func (s *storeWriter) enqueue(u unit) {
	if len(u.parts) == 0 && u.published.to == 0 && u.define == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, u)
	s.waiting.add(u.load())
	s.wakeLocked()
}

func (s *storeWriter) wakeLocked() {
	if len(s.queue) > 0 {
		signal(s.ready)
	}
	if s.waiting.reaches(s.p.pending.limit, storeShare) {
		signal(s.many)
	}
}

// gather takes the oldest commits, as many as one transaction should have.
func (s *storeWriter) gather() []unit {
	s.mu.Lock()
	defer s.mu.Unlock()
	var taken load
	n := 0
	for n < len(s.queue) && !taken.reaches(s.p.pending.limit, storeShare) {
		if s.queue[n].define != nil {
			n = max(n, 1) // on its own
			break
		}
		taken.add(s.queue[n].load())
		n++
	}
	s.storing = n > 0
	commits := s.queue[:n:n]
	s.queue = append([]unit(nil), s.queue[n:]...)
	s.waiting.remove(taken)
	s.wakeLocked()
	return commits
}

// run stores what is enqueued until the pass has failed. Closing stop makes it
// store the rest and return. An idle writer starts at once; transactions begin at
// least an interval apart, unless much waits.
func (s *storeWriter) run(ctx context.Context, stop <-chan struct{}) error {
	var elapsed <-chan time.Time // nil before the first transaction
	for {
		select {
		case <-s.p.failed:
			return nil
		case <-stop:
			return s.drain(ctx)
		case <-s.ready:
		}
		if elapsed != nil {
			select {
			case <-s.p.failed:
				return nil
			case <-stop:
			case <-elapsed:
			case <-s.many:
			}
		}
		elapsed = s.p.cfg.Clock.After(s.p.cfg.StoreInterval)
		if err := s.store(ctx, s.gather()); err != nil {
			return err
		}
	}
}

func (s *storeWriter) drain(ctx context.Context) error {
	for {
		commits := s.gather()
		if len(commits) == 0 {
			return nil
		}
		if err := s.store(ctx, commits); err != nil {
			return err
		}
	}
}

// store writes commits in one transaction, and announces that they are
// queryable.
func (s *storeWriter) store(ctx context.Context, commits []unit) error {
	if len(commits) == 0 {
		return nil
	}
	defer s.rested()
	if tables := commits[0].define; tables != nil {
		return s.insist(func() error { return s.p.cfg.Store.Define(ctx, tables) })
	}
	c := olap.Commit{Positions: make(map[int32]int64)}
	for k := range commits {
		parts := commits[k].parts
		for i := range parts {
			c.Batches = append(c.Batches, parts[i].batches...)
			c.Positions[parts[i].task.partition] = parts[i].position
		}
		c.Results = append(c.Results, commits[k].published.rows...)
		c.ResultsTo = max(c.ResultsTo, commits[k].published.to)
	}
	if err := s.insist(func() error { return s.p.cfg.Store.Write(ctx, c) }); err != nil {
		return err
	}
	for k := range commits {
		for i := range commits[k].parts {
			s.stored(&commits[k].parts[i])
		}
		s.p.pending.release(commits[k].published.load)
	}
	s.results.Store(max(s.results.Load(), c.ResultsTo))
	p := s.p
	p.stats.transactions.Add(1)
	p.stats.stalled.Store(false)
	p.consumer.CommitOffsets(ctx, c.Positions)
	return nil
}

// insist waits for space on a full disk, until the pass is to stop.
func (s *storeWriter) insist(write func() error) error {
	for {
		err := write()
		if err == nil || !errors.Is(err, olap.ErrFull) {
			return err
		}
		s.p.stats.stalled.Store(true)
		s.p.cfg.Logger.Warn("the analytics store is full; waiting for space", "error", err)
		select {
		case <-s.p.stopping:
			return fmt.Errorf("%w; the log and the checkpoint hold what is not stored, it is stored after the next start", err)
		case <-s.p.cfg.Clock.After(retryFull):
		}
	}
}

// rested says that nothing is being stored.
func (s *storeWriter) rested() {
	s.mu.Lock()
	s.storing = false
	s.mu.Unlock()
	s.p.broadcast()
}

// settle waits until everything that was enqueued is stored.
func (s *storeWriter) settle(ctx context.Context) error {
	for {
		s.p.mu.Lock()
		changed := s.p.changed
		s.p.mu.Unlock()
		s.mu.Lock()
		idle := len(s.queue) == 0 && !s.storing
		s.mu.Unlock()
		if idle {
			return nil
		}
		signal(s.many)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.p.failed:
			return fmt.Errorf("the pass has failed: %w", s.p.failure)
		case <-changed:
		}
	}
}

// stored moves a task's position on and gives the memory back.
func (s *storeWriter) stored(part *sealed) {
	w := s.p.worker(part.task.partition)
	w.mu.Lock()
	part.task.stored = max(part.task.stored, part.position)
	w.mu.Unlock()
	for _, b := range part.batches {
		s.p.stats.queryable(b)
		s.p.env.recycle(b)
	}
	s.p.pending.release(part.load)
}
