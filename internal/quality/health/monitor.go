package health

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/record"
)

// Announcement is a state of a source that the log is told.
type Announcement struct {
	Source string
	State  string // active, suspended or probing
	Sample int64
	By     string
	Reason string
}

// Announcer writes acts.
type Announcer interface {
	// Announce returns once every partition has an act of the state, with the offsets
	// behind them. Announcing again is right.
	Announce(ctx context.Context, a Announcement) (behind map[int32]int64, err error)
}

// Redriver redrives events.
type Redriver interface {
	// Redrive starts a run over the events of a source that are held, and returns its
	// name; empty when there are none. It returns [ErrNotYet] while the tables have not
	// reached the offsets.
	Redrive(ctx context.Context, source string, behind map[int32]int64) (run string, err error)
}

// ErrNotYet says that held events cannot all be seen yet.
var ErrNotYet = errors.New("the tables are not that far")

// Config is what a monitor is made of.
type Config struct {
	Sources  map[string]Policy
	Store    record.Store
	Announce Announcer
	Redrive  Redriver                                   // nil: held events wait for the operator
	Throttle func(source string, eventsPerSecond int64) // 0 takes the limit away
	// Told is called with each source that all partitions know the state of, at every
	// step: who misses a change sees it the next time. Nil for nobody.
	Told     func(ctx context.Context, h *Health)
	Clock    clock.Clock
	Logger   *slog.Logger
	Interval time.Duration // from one look at the windows to the next
}

// Monitor keeps the health of sources. It is safe for concurrent use. One process may
// have one monitor on a record store.
type Monitor struct {
	cfg   Config
	meter meter

	acting sync.Mutex // held while a change is stored and announced; before mu

	mu      sync.Mutex // guards what follows; who writes holds acting too
	sources map[string]*Health
	turns   map[string]int64 // transitions since the start
}

// collection of the record store.
const collection = "source.health"

// Open reads what an earlier process has left.
func Open(ctx context.Context, cfg Config) (*Monitor, error) {
	m := &Monitor{cfg: cfg, sources: make(map[string]*Health), turns: make(map[string]int64)}
	m.meter.windows = make(map[string]*window, len(cfg.Sources))
	now := cfg.Clock.Now().UTC()
	for name, p := range cfg.Sources {
		m.meter.windows[name] = &window{size: p.Window, recent: make(map[event.Category]int64)}
		m.sources[name] = &Health{
			Source: name, State: Active, Since: now, Reason: "the source is new", By: Automatic, CoolDown: p.CoolDown, Announced: true,
		}
	}
	err := cfg.Store.View(ctx, func(r record.Reader) error {
		stored, err := r.Scan(collection, record.Range{})
		if err != nil {
			return err
		}
		for _, s := range stored {
			h := new(Health)
			if err := json.Unmarshal(s.Value, h); err != nil {
				return fmt.Errorf("source %q: %w", s.Key, err)
			}
			if m.sources[h.Source] != nil {
				m.sources[h.Source] = h
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read the health of the sources: %w", err)
	}
	for name, h := range m.sources {
		m.throttle(name, h.State)
	}
	return m, nil
}

// Run looks at the windows until the context ends.
func (m *Monitor) Run(ctx context.Context) error {
	ticker := m.cfg.Clock.NewTicker(m.cfg.Interval)
	defer ticker.Stop()
	for {
		if err := m.Step(ctx); err != nil && ctx.Err() == nil {
			m.cfg.Logger.Warn("the health of a source cannot be changed; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Step does what is due for every source. Run calls it.
func (m *Monitor) Step(ctx context.Context) error {
	m.acting.Lock()
	defer m.acting.Unlock()
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(m.sources)) {
		if err := m.step(ctx, m.sources[name]); err != nil {
			errs = append(errs, fmt.Errorf("source %q: %w", name, err))
		}
		if h := m.sources[name]; h.Announced && m.cfg.Told != nil {
			m.cfg.Told(ctx, h.clone())
		}
	}
	return errors.Join(errs...)
}

func (m *Monitor) step(ctx context.Context, h *Health) error {
	if !h.Announced {
		return m.announce(ctx, h)
	}
	if err := m.redrive(ctx, h); err != nil {
		return err
	}
	r := m.meter.read(h.Source)
	if h.Override != nil {
		return nil
	}
	p := m.cfg.Sources[h.Source]
	to, reason := next(h, &p, r, m.cfg.Clock.Now())
	if to == h.State {
		return nil
	}
	return m.turn(ctx, h, to, Automatic, reason, h.Override)
}

// next is the state that follows, and why.
func next(h *Health, p *Policy, r reading, now time.Time) (State, string) {
	waited := now.Sub(h.Since)
	switch h.State {
	case Active, Throttled:
		switch {
		case p.Suspend > 0 && r.worst.events > 0 && r.worst.share() >= p.Suspend:
			return Suspended, because(r.worst, r.category)
		case h.State == Active && p.Throttle > 0 && r.worst.events > 0 && r.worst.share() >= p.Throttle:
			return Throttled, because(r.worst, r.category)
		case h.State == Throttled && waited >= p.CoolDown && r.since.events >= p.Probes && r.now.share() < p.Throttle:
			return Active, because(r.now, r.category)
		}
	case Suspended:
		if waited >= h.CoolDown {
			return Probing, "the cool-down of " + h.CoolDown.String() + " is over"
		}
	case Probing:
		if r.since.events < p.Probes {
			break
		}
		if r.since.share() < p.Recover {
			return Active, because(r.since, r.category)
		}
		return Suspended, because(r.since, r.category)
	}
	return h.State, ""
}

// because says what share of how many events had errors.
func because(t tally, worst event.Category) string {
	text := fmt.Sprintf("%.1f %% of %d events had errors", 100*t.share(), t.events)
	if worst != "" && t.errors > 0 {
		text += ", most of category " + string(worst)
	}
	return text
}

// turn stores a transition, and announces it. acting is held.
func (m *Monitor) turn(ctx context.Context, h *Health, to State, by, reason string, override *Override) error {
	now := m.cfg.Clock.Now().UTC()
	p := m.cfg.Sources[h.Source]
	n := h.clone()
	n.note(Transition{now, h.State, to, by, reason})
	switch {
	case to == Active || to == Throttled:
		n.CoolDown = p.CoolDown
	case to == Suspended && h.State == Probing:
		n.CoolDown = min(2*h.CoolDown, maxCoolDowns*p.CoolDown)
	}
	if to == Suspended && n.Held.IsZero() {
		n.Held = now
	}
	if n.State != to {
		n.Redrive = ""
	}
	n.State, n.Since, n.By, n.Reason, n.Override = to, now, by, reason, override
	n.Announced = h.Announced && h.State.act() == to.act()
	if err := m.store(ctx, n); err != nil {
		return err
	}
	m.mu.Lock()
	m.turns[h.Source]++
	m.mu.Unlock()
	m.meter.empty(h.Source)
	m.throttle(h.Source, to)
	m.cfg.Logger.Info("the health of a source has changed", "source", n.Source, "from", h.State, "to", to, "by", by, "reason", reason)
	if n.Announced {
		return nil
	}
	return m.announce(ctx, n)
}

// announceTimeout bounds an attempt to write acts.
const announceTimeout = 10 * time.Second

// announce tells the log a state, and notes that it has it.
func (m *Monitor) announce(ctx context.Context, h *Health) error {
	p := m.cfg.Sources[h.Source]
	a := Announcement{Source: h.Source, State: h.State.act(), By: h.By, Reason: h.Reason}
	if h.State == Probing {
		a.Sample = p.Sample
	}
	telling, cancel := context.WithTimeout(ctx, announceTimeout)
	defer cancel()
	behind, err := m.cfg.Announce.Announce(telling, a)
	if err != nil {
		return fmt.Errorf("cannot announce that it is %s: %w", h.State, err)
	}
	n := h.clone()
	n.Announced, n.Behind = true, behind
	return m.store(ctx, n)
}

// redrive starts the run over the events that were held, once the tables have all of
// them. A run that was started twice, before a crash could be noted, counts once.
func (m *Monitor) redrive(ctx context.Context, h *Health) error {
	if m.cfg.Redrive == nil || h.Held.IsZero() || h.State == Suspended || h.State == Probing {
		return nil
	}
	run, err := m.cfg.Redrive.Redrive(ctx, h.Source, h.Behind)
	if errors.Is(err, ErrNotYet) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot redrive what was held: %w", err)
	}
	n := h.clone()
	n.Held, n.Redrive = time.Time{}, run
	if run != "" {
		n.note(Transition{m.cfg.Clock.Now().UTC(), n.State, n.State, Automatic, "held events are redriven by run " + run})
	}
	return m.store(ctx, n)
}

// store makes a source's health durable, and lets it hold.
func (m *Monitor) store(ctx context.Context, h *Health) error {
	value, err := json.Marshal(h)
	if err != nil {
		return err
	}
	err = m.cfg.Store.Update(ctx, func(tx record.Tx) error {
		_, err := tx.Put(collection, h.Source, value)
		return err
	})
	if err != nil {
		return fmt.Errorf("cannot store its health: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sources[h.Source] = h
	return nil
}

func (m *Monitor) throttle(source string, s State) {
	rate := int64(0)
	if s == Throttled {
		rate = m.cfg.Sources[source].Rate
	}
	m.cfg.Throttle(source, rate)
}
