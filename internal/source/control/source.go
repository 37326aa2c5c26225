package control

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Source is one source under control. It is safe for concurrent use; a nil one
// refuses nothing.
type Source struct {
	registry *Registry
	name     string
	settings atomic.Pointer[Settings]

	mu         sync.Mutex
	configured Settings
	change     Change
	changedAt  time.Time
	throttle   int64 // events per second at most, whatever is set; 0: none
	events     bucket
	bytes      bucket
	changed    chan struct{} // closed and replaced by a change
}

// Settings are what holds now.
func (s *Source) Settings() Settings {
	if s == nil {
		return Settings{}.WithDefaults()
	}
	return *s.settings.Load()
}

// hold lets the settings hold that change makes of the configured ones, within the
// throttle. mu is held.
func (s *Source) hold() {
	settings := s.change.apply(s.configured)
	if s.throttle > 0 && (settings.EventsPerSecond == 0 || settings.EventsPerSecond > s.throttle) {
		settings.EventsPerSecond = s.throttle
	}
	s.settings.Store(&settings)
	s.events, s.bytes = bucket{}, bucket{} // who was given another rate owes nothing
	close(s.changed)
	s.changed = make(chan struct{})
}

// Refusal says why a source may bring in nothing now.
type Refusal struct {
	Paused     bool
	Detail     string        // a sentence
	RetryAfter time.Duration // never zero
}

// The times after which a refused sender is to try again, where no rate says when.
const (
	pausedRetry  = 30 * time.Second
	crowdedRetry = time.Second
)

// Admit counts events in, or says why they may not come now. What is admitted may take
// the source above its rate, however large it is; the next then waits for longer.
func (s *Source) Admit(events int, bytes int64) *Refusal {
	if s == nil {
		return nil
	}
	if refusal := s.mayGo(); refusal != nil {
		return refusal
	}
	now := s.settings.Load()
	if now.EventsPerSecond == 0 && now.BytesPerSecond == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if wait, limit := s.due(); wait > 0 {
		return &Refusal{
			Detail:     fmt.Sprintf("Source %q is above its rate of %s.", s.name, limit),
			RetryAfter: wait,
		}
	}
	s.spend(events, bytes)
	return nil
}

// mayGo says why nothing may come, whatever the rate.
func (s *Source) mayGo() *Refusal {
	now := s.settings.Load()
	if now.Paused {
		return &Refusal{Paused: true, Detail: fmt.Sprintf("Source %q is paused.", s.name), RetryAfter: pausedRetry}
	}
	if share := now.Priority.share(); share < 1 && s.registry.fill() >= share {
		return &Refusal{
			Detail: fmt.Sprintf("The way into the log is %d%% full, and source %q, of %s priority, may fill no more of it.",
				int(100*share), s.name, now.Priority),
			RetryAfter: crowdedRetry,
		}
	}
	return nil
}

// due is how long it takes until something may come, and the limit that says so. mu
// is held.
func (s *Source) due() (wait time.Duration, limit string) {
	set, now := s.settings.Load(), s.registry.clock.Now()
	if set.EventsPerSecond > 0 {
		wait = s.events.due(now, float64(set.EventsPerSecond), set.Burst)
		limit = fmt.Sprintf("%d events per second", set.EventsPerSecond)
	}
	if set.BytesPerSecond > 0 {
		if other := s.bytes.due(now, float64(set.BytesPerSecond), set.Burst); other > wait {
			wait, limit = other, fmt.Sprintf("%d bytes per second", set.BytesPerSecond)
		}
	}
	return wait, limit
}

// spend takes from the buckets, also what they do not have. mu is held.
func (s *Source) spend(events int, bytes int64) {
	s.events.level -= float64(events)
	s.bytes.level -= float64(bytes)
}

// Wait returns once events may come, and counts them in, or with ctx's error.
func (s *Source) Wait(ctx context.Context, events int, bytes int64) error {
	for s != nil {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		refusal := s.Admit(events, bytes)
		if refusal == nil {
			break
		}
		wait := refusal.RetryAfter
		if !refusal.Paused {
			wait = min(wait, maxPoll)
		}
		select {
		case <-s.registry.clock.After(wait):
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// maxPoll is how often a waiting source looks again at most, so that it goes on soon
// after the log has room.
const maxPoll = 100 * time.Millisecond

// bucket is a token bucket that may be in debt.
type bucket struct {
	level  float64
	filled time.Time
}

// due fills the bucket and returns how long it takes until something is in it.
func (b *bucket) due(now time.Time, rate float64, burst time.Duration) time.Duration {
	most := max(1, rate*burst.Seconds())
	if b.filled.IsZero() {
		b.level = most
	} else {
		b.level = min(most, b.level+rate*max(0, now.Sub(b.filled).Seconds()))
	}
	b.filled = now
	if b.level >= 1 {
		return 0
	}
	return max(time.Millisecond, time.Duration((1-b.level)/rate*float64(time.Second)))
}
