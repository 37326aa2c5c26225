package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
)

// Store keeps small values durably: a value that was put survives a kill.
type Store interface {
	Get(key string) (value []byte, ok bool, err error)
	Put(key string, value []byte) error
}

// Config is what a registry is made of.
type Config struct {
	Sources map[string]Settings // as configured
	Store   Store
	Clock   clock.Clock
	// Fill tells how full the way into the log is, from 0 to 1. It is asked every few
	// milliseconds at most.
	Fill func() float64
}

// Registry has every configured source. It is safe for concurrent use.
type Registry struct {
	store   Store
	clock   clock.Clock
	ask     func() float64
	asked   atomic.Int64  // when, ns
	answer  atomic.Uint64 // bits of a float
	sources map[string]*Source
}

// fillAge is how old the last answer may be.
const fillAge = 5 * time.Millisecond

// ErrUnknown says that there is no such source.
var ErrUnknown = errors.New("there is no such source")

// ErrInvalid is wrapped by the error of a change that is not possible.
var ErrInvalid = errors.New("the change is not possible")

// Open returns the sources as configured, with the changes that were made to them
// while an earlier process ran.
func Open(cfg Config) (*Registry, error) {
	r := &Registry{store: cfg.Store, clock: cfg.Clock, ask: cfg.Fill, sources: make(map[string]*Source, len(cfg.Sources))}
	for name, configured := range cfg.Sources {
		s := &Source{registry: r, name: name, configured: configured.WithDefaults(), changed: make(chan struct{})}
		kept, err := load(cfg.Store, name)
		if err != nil {
			return nil, err
		}
		s.change, s.changedAt = kept.Change, kept.At
		settings := s.change.apply(s.configured)
		s.settings.Store(&settings)
		r.sources[name] = s
	}
	return r, nil
}

// kept is how the changes of a source rest in the store.
type kept struct {
	Version int       `json:"version"`
	Change  Change    `json:"change"`
	At      time.Time `json:"at"`
}

const keptVersion = 1

func storeKey(name string) string { return "control/" + name }

func load(store Store, name string) (k kept, err error) {
	value, ok, err := store.Get(storeKey(name))
	if err == nil && ok {
		err = json.Unmarshal(value, &k)
	}
	if err == nil && ok && k.Version != keptVersion {
		err = fmt.Errorf("they have version %d, this binary reads %d", k.Version, keptVersion)
	}
	if err != nil {
		return kept{}, fmt.Errorf("cannot read the changes of source %q: %w", name, err)
	}
	return k, nil
}

// fill is how full the way into the log was a moment ago.
func (r *Registry) fill() float64 {
	now := r.clock.Now().UnixNano()
	if last := r.asked.Load(); now-last >= int64(fillAge) && r.asked.CompareAndSwap(last, now) {
		r.answer.Store(math.Float64bits(r.ask()))
	}
	return math.Float64frombits(r.answer.Load())
}

// Source returns a source; nil, which refuses nothing, when it is not configured.
func (r *Registry) Source(name string) *Source {
	if r == nil {
		return nil
	}
	return r.sources[name]
}

// Info is what holds for a source, and where that comes from.
type Info struct {
	Settings   Settings
	Configured Settings
	Changed    []string  // names of the settings that were changed while the platform ran
	ChangedAt  time.Time // zero: none was
}

// Info tells about a source. The error is ErrUnknown.
func (r *Registry) Info(name string) (Info, error) {
	s := r.sources[name]
	if s == nil {
		return Info{}, ErrUnknown
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return Info{*s.settings.Load(), s.configured, s.change.Names(), s.changedAt}, nil
}

// Change changes what holds for a source, durably. The error is ErrUnknown, or wraps
// ErrInvalid.
func (r *Registry) Change(name string, c Change) (Info, error) {
	if err := c.check(); err != nil {
		return Info{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if len(c.Names()) == 0 {
		return Info{}, fmt.Errorf("%w: it names no setting", ErrInvalid)
	}
	return r.update(name, func(s *Source) (Change, time.Time) {
		merged := s.change
		merged.merge(&c)
		return merged, r.clock.Now().UTC()
	})
}

// Reset lets the configuration hold again. The error is ErrUnknown.
func (r *Registry) Reset(name string) (Info, error) {
	return r.update(name, func(*Source) (Change, time.Time) { return Change{}, time.Time{} })
}

// update stores what next makes of a source's changes, and lets it hold.
func (r *Registry) update(name string, next func(*Source) (Change, time.Time)) (Info, error) {
	s := r.sources[name]
	if s == nil {
		return Info{}, ErrUnknown
	}
	if err := s.update(next); err != nil {
		return Info{}, fmt.Errorf("cannot store the changes of source %q: %w", name, err)
	}
	return r.Info(name)
}

func (s *Source) update(next func(*Source) (Change, time.Time)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	change, at := next(s)
	value, err := json.Marshal(kept{keptVersion, change, at})
	if err != nil {
		return err
	}
	if err := s.registry.store.Put(storeKey(s.name), value); err != nil {
		return err
	}
	s.change, s.changedAt = change, at
	s.hold()
	return nil
}

// Throttle limits a source to a rate, below whatever is set for it, until it is called
// with 0. It is not stored: who throttles does it again after a start. A source that is
// not configured is left alone.
func (r *Registry) Throttle(name string, eventsPerSecond int64) {
	s := r.sources[name]
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.throttle != eventsPerSecond {
		s.throttle = eventsPerSecond
		s.hold()
	}
}

// Ready returns once a source may bring something in, or with ctx's error. How much it
// was is told to Spend.
func (r *Registry) Ready(ctx context.Context, source string) error {
	return r.sources[source].Wait(ctx, 0, 0)
}

// Spend counts in what a source has brought.
func (r *Registry) Spend(source string, events int, bytes int64) {
	if s := r.sources[source]; s != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.spend(events, bytes)
	}
}
