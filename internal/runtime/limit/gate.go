// Package limit bounds how much is being worked on at once. What does not fit is
// refused at the door with the time after which to try again; nothing queues
// without a bound.
package limit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrFull is wrapped by the error of a refused admission.
var ErrFull = errors.New("at capacity")

// FullError says what was full and when to try again.
type FullError struct {
	What       string        // "requests", "buffered bytes"
	Max        int64         // the configured limit
	Setting    string        // the setting that holds it, such as limits.inflight_requests
	RetryAfter time.Duration // never zero
}

func (e *FullError) Error() string {
	return fmt.Sprintf("too many %s at once (limit %d, set by %s); try again in %s", e.What, e.Max, e.Setting, e.RetryAfter)
}

// Unwrap makes errors.Is(err, ErrFull) true.
func (e *FullError) Unwrap() error { return ErrFull }

// Seconds is the value of a Retry-After header: whole seconds, at least one.
func (e *FullError) Seconds() int {
	return max(1, int((e.RetryAfter+time.Second-1)/time.Second))
}

// Options describes a Gate.
type Options struct {
	What       string        // what is counted, for the error
	Setting    string        // the setting behind Max, for the error
	Max        int64         // weight admitted at once; must be positive
	RetryAfter time.Duration // what a refused caller is told; default one second
}

// Gate admits weight up to a maximum. It is safe for concurrent use.
type Gate struct {
	options Options

	mu      sync.Mutex
	used    int64
	refused uint64
	waiting []*turn // in order of arrival
}

type turn struct {
	weight int64
	ready  chan struct{} // closed once admitted
}

// NewGate returns an empty gate.
func NewGate(o Options) *Gate {
	if o.Max <= 0 {
		panic("BUG: a gate needs a positive maximum")
	}
	if o.RetryAfter <= 0 {
		o.RetryAfter = time.Second
	}
	return &Gate{options: o}
}

// TryAcquire admits weight at once, or refuses with a *FullError. A weight above
// the maximum is admitted alone: one large thing is not shut out for ever.
// Whoever is admitted calls Release with the same weight.
func (g *Gate) TryAcquire(weight int64) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 && g.fitsLocked(weight) {
		g.used += weight
		return nil
	}
	g.refused++
	return &FullError{What: g.options.What, Max: g.options.Max, Setting: g.options.Setting, RetryAfter: g.options.RetryAfter}
}

// Acquire waits, in order of arrival, until weight is admitted or ctx ends. It
// is for callers that push back by not reading on, such as a file upload.
func (g *Gate) Acquire(ctx context.Context, weight int64) error {
	g.mu.Lock()
	if len(g.waiting) == 0 && g.fitsLocked(weight) {
		g.used += weight
		g.mu.Unlock()
		return nil
	}
	t := &turn{weight: weight, ready: make(chan struct{})}
	g.waiting = append(g.waiting, t)
	g.mu.Unlock()
	select {
	case <-t.ready:
		return nil
	case <-ctx.Done():
		g.leave(t)
		return ctx.Err()
	}
}

// Release gives back weight that was admitted.
func (g *Gate) Release(weight int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.releaseLocked(weight)
}

// Used is the weight admitted now.
func (g *Gate) Used() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.used
}

// Refused is the number of refusals so far.
func (g *Gate) Refused() uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.refused
}

func (g *Gate) fitsLocked(weight int64) bool {
	return g.used == 0 || weight <= g.options.Max-g.used
}

func (g *Gate) releaseLocked(weight int64) {
	g.used -= weight
	if g.used < 0 {
		panic("BUG: more released than admitted")
	}
	g.admitLocked()
}

func (g *Gate) admitLocked() {
	for len(g.waiting) > 0 && g.fitsLocked(g.waiting[0].weight) {
		g.used += g.waiting[0].weight
		close(g.waiting[0].ready)
		g.waiting = g.waiting[1:]
	}
}

// leave gives up t's turn, or what it was given meanwhile.
func (g *Gate) leave(t *turn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, other := range g.waiting {
		if other == t {
			g.waiting = append(g.waiting[:i], g.waiting[i+1:]...)
			g.admitLocked()
			return
		}
	}
	g.releaseLocked(t.weight)
}
