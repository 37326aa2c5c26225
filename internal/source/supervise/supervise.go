// Package supervise keeps a source that fetches its events itself alive: an
// attempt that ends is tried again, after waits that grow and are jittered, so
// that a peer that comes back is not met by all at once. After several failures
// in a row its circuit is open: it is tried seldom until an attempt lasts.
package supervise

import (
	"context"
	"log/slog"
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
	return o
}

// Run calls attempt until ctx ends; that is no error. An attempt connects, calls
// connected once it has, and fetches events until something goes wrong.
func Run(ctx context.Context, o Options, attempt func(ctx context.Context, connected func()) error) error {
	o = o.withDefaults()
	failures := 0
	for {
		err := attempt(ctx, func() {
			failures = 0
			o.Meter.SetState(meter.Running)
		})
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the end of ctx is how a source is stopped
		}
		failures++
		wait := o.wait(failures)
		o.failed(err, failures, wait)
		if o.Clock.Sleep(ctx, wait) != nil {
			return nil //nolint:nilerr // as above
		}
	}
}

// failed says what went wrong and when it is tried again.
func (o *Options) failed(err error, failures int, wait time.Duration) {
	state := meter.Retrying
	if failures >= o.OpenAfter {
		state = meter.Broken
	}
	o.Meter.SetState(state)
	if err != nil {
		o.Meter.Failed(err)
	}
	o.Logger.Error("a source stopped and is tried again", "source", o.Source, "kind", o.Kind, "error", err, "failures", failures, "wait", wait)
}

// wait is the time until the next attempt: full jitter over the upper half of an
// exponential backoff.
func (o *Options) wait(failures int) time.Duration {
	wait := o.Max
	if failures < o.OpenAfter {
		wait = min(o.Max, o.First<<min(failures-1, 20))
	}
	return wait/2 + time.Duration(o.Random()*float64(wait/2))
}
