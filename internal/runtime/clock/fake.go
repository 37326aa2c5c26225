package clock

import (
	"context"
	"sync"
	"time"
)

// Fake is a clock that stands still until Advance moves it. What waits for the
// same moment is woken in the order in which it began to wait.
type Fake struct {
	mu      sync.Mutex
	now     time.Time
	waiters []*waiter     // in order of arrival
	changed chan struct{} // closed and replaced when waiters changes
}

type waiter struct {
	at    time.Time
	every time.Duration // of a ticker
	c     chan time.Time
}

var _ Clock = (*Fake)(nil)

// NewFake returns a clock that stands at now.
func NewFake(now time.Time) *Fake {
	return &Fake{now: now, changed: make(chan struct{})}
}

// Now is the time at which the clock stands.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// After delivers once, during the Advance that reaches d from now.
func (f *Fake) After(d time.Duration) <-chan time.Time {
	return f.wait(d, 0).c
}

// NewTicker ticks during Advance. It panics on a d that is not positive, as
// time.NewTicker does.
func (f *Fake) NewTicker(d time.Duration) *Ticker {
	if d <= 0 {
		panic("BUG: a ticker needs a positive interval")
	}
	w := f.wait(d, d)
	return &Ticker{C: w.c, stop: func() { f.remove(w) }}
}

// Sleep returns during the Advance that reaches d from now.
func (f *Fake) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	w := f.wait(d, 0)
	select {
	case <-w.c:
		return nil
	case <-ctx.Done():
		f.remove(w)
		return ctx.Err()
	}
}

// Advance moves the clock by d, stopping at every moment that something waits
// for.
func (f *Fake) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	end := f.now.Add(d)
	for {
		w := f.nextLocked(end)
		if w == nil {
			break
		}
		f.now = w.at
		select { // a late reader finds one tick
		case w.c <- f.now:
		default:
		}
		if w.every > 0 {
			w.at = w.at.Add(w.every)
		} else {
			f.removeLocked(w)
		}
	}
	f.now = end
}

// BlockUntil returns when at least n sleepers, tickers and After channels wait
// on the clock, or with ctx's error.
func (f *Fake) BlockUntil(ctx context.Context, n int) error {
	for {
		f.mu.Lock()
		enough, changed := len(f.waiters) >= n, f.changed
		f.mu.Unlock()
		if enough {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (f *Fake) wait(d, every time.Duration) *waiter {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := &waiter{at: f.now.Add(d), every: every, c: make(chan time.Time, 1)}
	if d <= 0 {
		w.c <- f.now
		return w
	}
	f.waiters = append(f.waiters, w)
	f.noteLocked()
	return w
}

// nextLocked is the first to be woken no later than end.
func (f *Fake) nextLocked(end time.Time) *waiter {
	var next *waiter
	for _, w := range f.waiters {
		if !w.at.After(end) && (next == nil || w.at.Before(next.at)) {
			next = w
		}
	}
	return next
}

func (f *Fake) remove(w *waiter) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.removeLocked(w)
}

func (f *Fake) removeLocked(w *waiter) {
	for i, other := range f.waiters {
		if other == w {
			f.waiters = append(f.waiters[:i], f.waiters[i+1:]...)
			f.noteLocked()
			return
		}
	}
}

func (f *Fake) noteLocked() {
	close(f.changed)
	f.changed = make(chan struct{})
}
