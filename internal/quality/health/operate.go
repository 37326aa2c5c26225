package health

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/millrace/millrace/internal/eventlog"
)

// Order is what an operator asks for.
type Order struct {
	Action Action
	By     string
	Reason string
}

// Do does what an operator asks for. It returns once it is stored; when the log cannot be
// told at once, it is told as soon as it can, and the error says so.
func (m *Monitor) Do(ctx context.Context, source string, o Order) (Report, error) {
	m.acting.Lock()
	defer m.acting.Unlock()
	h := m.sources[source]
	if h == nil {
		return Report{}, ErrUnknown
	}
	if o.By == "" || o.Reason == "" {
		return Report{}, fmt.Errorf("%w: it needs who does it (by) and why (reason)", ErrInvalid)
	}
	if err := eventlog.CheckActor(o.By, o.Reason); err != nil {
		return Report{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	now := m.cfg.Clock.Now().UTC()
	override := func(s State) *Override { return &Override{s, o.By, o.Reason, now} }
	var err error
	switch o.Action {
	case Suspend:
		err = m.turn(ctx, h, Suspended, o.By, o.Reason, override(Suspended))
	case Activate:
		err = m.turn(ctx, h, Active, o.By, o.Reason, override(Active))
	case Resume:
		err = m.turn(ctx, h, Active, o.By, o.Reason, nil)
	case Probe:
		err = m.turn(ctx, h, Probing, o.By, o.Reason, nil)
	case Release:
		err = m.turn(ctx, h, h.State, o.By, o.Reason, nil)
	default:
		return Report{}, fmt.Errorf("%w: there is no action %q, but suspend, activate, resume, probe and release", ErrInvalid, o.Action)
	}
	return m.report(m.sources[source]), err
}

// Report returns the health of a source. The error is ErrUnknown.
func (m *Monitor) Report(source string) (Report, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.sources[source]
	if h == nil {
		return Report{}, ErrUnknown
	}
	return m.report(h), nil
}

// Reports returns the health of every source, by name.
func (m *Monitor) Reports() []Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]Report, 0, len(m.sources))
	for _, name := range slices.Sorted(maps.Keys(m.sources)) {
		out = append(out, m.report(m.sources[name]))
	}
	return out
}

func (m *Monitor) report(h *Health) Report {
	r := m.meter.peek(h.Source)
	return Report{Health: *h.clone(), Policy: m.cfg.Sources[h.Source], Events: r.now.events, Errors: r.now.errors, Worst: r.category}
}

// Turns counts the transitions of a source since the process started.
func (m *Monitor) Turns(source string) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.turns[source]
}
