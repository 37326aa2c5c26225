// Package clock hands time to those who need it, so that tests and the
// simulation decide what time it is. It is the only package that asks the
// operating system for the time.
package clock

import (
	"context"
	"time"
)

// Clock tells and waits for time. It is safe for concurrent use.
type Clock interface {
	// Now is the current time. Between two calls on the real clock, Sub gives
	// the elapsed monotonic time.
	Now() time.Time
	// After delivers the time once, when d has passed.
	After(d time.Duration) <-chan time.Time
	// NewTicker ticks every d, which must be positive, until it is stopped. A
	// reader that is late finds one tick, not several.
	NewTicker(d time.Duration) *Ticker
	// Sleep waits for d, or returns ctx's error when ctx ends before.
	Sleep(ctx context.Context, d time.Duration) error
}

// Ticker delivers ticks on C.
type Ticker struct {
	C    <-chan time.Time
	stop func()
}

// Stop ends the ticks; C is not closed.
func (t *Ticker) Stop() { t.stop() }

// Never is a ticker that never ticks.
func Never() *Ticker { return &Ticker{stop: func() {}} }

// Real is the clock of the operating system.
func Real() Clock { return realClock{} }

type realClock struct{}

func (realClock) Now() time.Time                         { return time.Now() }
func (realClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

func (realClock) NewTicker(d time.Duration) *Ticker {
	t := time.NewTicker(d)
	return &Ticker{C: t.C, stop: t.Stop}
}

func (realClock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
