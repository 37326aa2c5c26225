// Package supervise keeps a source that fetches its events itself alive: an
// attempt that ends is tried again, after waits that grow and are jittered, so
// that a peer that comes back is not met by all at once.
//
// After several failures in a row, or when the budget of retries is used up, the
// circuit is open: the peer is probed at the longest wait. It is closed by an
// attempt that stays connected for a while, not by one that connects: a peer that
// takes every connection and drops it is as broken as one that takes none.
package supervise

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/meter"
)

// Options describe what is kept alive.
type Options struct {
	Source string // its name
	Kind   string // such as "postgres"
	Meter  *meter.Source
	Clock  clock.Clock
	Logger *slog.Logger
	// Random returns a number from 0 up to 1, for the jitter.
	Random func() float64

	First     time.Duration // the wait after the first failure; 250 ms
	Max       time.Duration // the longest wait, and that of an open circuit; 30 s
	OpenAfter int           // failures in a row that open the circuit; 8
	Settle    time.Duration // how long a connection lasts that closes it; 10 s
	// Budget is how many retries there may be in hand; each takes one, and one
	// comes back every Max. Without any the circuit is open, also where
	// connections last for Settle. Default 30.
	Budget int
}

func (o Options) withDefaults() Options {
	if o.First <= 0 {
		o.First = 250 * time.Millisecond
	}
	if o.Max <= 0 {
		o.Max = 30 * time.Second
	}
	if o.OpenAfter <= 0 {
		o.OpenAfter = 8
	}
	if o.Settle <= 0 {
		o.Settle = 10 * time.Second
	}
	if o.Budget <= 0 {
		o.Budget = 30
	}
	return o
}

// Run calls attempt until ctx ends; that is no error. An attempt connects, calls
// connected once it has, and fetches events until something goes wrong.
func Run(ctx context.Context, o Options, attempt func(ctx context.Context, connected func()) error) error {
	o = o.withDefaults()
	c := circuit{options: &o, budget: float64(o.Budget), refilled: o.Clock.Now()}
	for {
		err := c.try(ctx, attempt)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the end of ctx is how a source is stopped
		}
		wait := c.wait()
		c.report(err, wait)
		if o.Clock.Sleep(ctx, wait) != nil {
			return nil //nolint:nilerr // as above
		}
	}
}

// circuit is what is known of the peer.
type circuit struct {
	options  *Options
	failures int // in a row
	budget   float64
	refilled time.Time // when the budget was last added to
	open     bool
}

// try makes one attempt, and notes how it went.
func (c *circuit) try(ctx context.Context, attempt func(context.Context, func()) error) error {
	o := c.options
	if c.open {
		o.Meter.SetState(meter.Probing)
	}
	var connected atomic.Int64 // when, in ns; an attempt may call from any goroutine
	err := attempt(ctx, func() {
		connected.CompareAndSwap(0, o.Clock.Now().UnixNano())
		o.Meter.SetState(meter.Running)
	})
	now := o.Clock.Now()
	if at := connected.Load(); at != 0 && now.Sub(time.Unix(0, at)) >= o.Settle {
		c.failures = 0
	}
	c.failures++
	c.budget = min(float64(o.Budget), c.budget+float64(now.Sub(c.refilled))/float64(o.Max))
	c.refilled = now
	c.open = c.failures >= o.OpenAfter || c.budget < 1
	c.budget = max(0, c.budget-1)
	return err
}

// wait is the time until the next attempt: jittered over the upper half of an
// exponential backoff.
func (c *circuit) wait() time.Duration {
	o := c.options
	wait := o.Max
	if !c.open {
		wait = min(o.Max, o.First<<min(c.failures-1, 20))
	}
	return wait/2 + time.Duration(o.Random()*float64(wait/2))
}

// report says what went wrong and when it is tried again.
func (c *circuit) report(err error, wait time.Duration) {
	o := c.options
	state := meter.Retrying
	if c.open {
		state = meter.Broken
	}
	o.Meter.SetState(state)
	if err != nil {
		o.Meter.Failed(err)
	}
	o.Logger.Error("a source stopped and is tried again",
		"source", o.Source, "kind", o.Kind, "error", err, "failures", c.failures, "circuit_open", c.open, "wait", wait)
}
