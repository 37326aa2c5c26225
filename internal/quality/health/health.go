package health

import (
	"errors"
	"time"

	"github.com/millrace/millrace/event"
)

// State is how a source is.
type State string

// The states.
const (
	Active    State = "active"
	Throttled State = "throttled" // its rate is limited
	Suspended State = "suspended" // its events are kept out
	Probing   State = "probing"   // some of its events are let through, to see
)

// act is the state as the pass knows it.
func (s State) act() string {
	switch s {
	case Suspended:
		return event.SourceSuspended
	case Probing:
		return event.SourceProbing
	default:
		return event.SourceActive
	}
}

// Policy says when a source changes its state.
type Policy struct {
	Window     int64            // events over which errors are counted
	Suspend    float64          // share of errors, from 0 to 1, from which it is suspended
	Throttle   float64          // share from which it is throttled; 0: never
	Categories []event.Category // of errors that count; empty: all
	Rate       int64            // events per second while it is throttled
	CoolDown   time.Duration    // before a suspended source is probed, and a throttled one let go
	Sample     int64            // of a source that is probed every so many-th event goes through
	Probes     int64            // events that are judged before the probe ends
	Recover    float64          // share below which it is well again
}

// counts reports whether errors of a category count.
func (p *Policy) counts(c event.Category) bool {
	for _, one := range p.Categories {
		if one == c {
			return true
		}
	}
	return len(p.Categories) == 0
}

// maxCoolDowns is how much longer than the policy says the wait becomes when probes fail:
// it doubles with each.
const maxCoolDowns = 16

// Health is what is known of a source, as it is stored.
type Health struct {
	Source   string    `json:"source"`
	State    State     `json:"state"`
	Since    time.Time `json:"since"`
	Reason   string    `json:"reason"`
	By       string    `json:"by"` // automatic, or who said so
	Override *Override `json:"override,omitempty"`
	// CoolDown is the wait before the next probe.
	CoolDown time.Duration `json:"cool_down"`
	// Announced says that all partitions have the acts of the state.
	Announced bool `json:"announced"`
	// Behind are the offsets behind the newest acts, by partition.
	Behind map[int32]int64 `json:"behind,omitempty"`
	// Held is since when events are kept out that are not redriven; zero: there are none.
	Held time.Time `json:"held,omitzero"`
	// Redrive is the run that redrives them, once there is one.
	Redrive string       `json:"redrive,omitempty"`
	History []Transition `json:"history"` // the newest last
}

// Override is what an operator said.
type Override struct {
	State  State     `json:"state"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// Transition is a change of the state, or of who decides about it.
type Transition struct {
	At     time.Time `json:"at"`
	From   State     `json:"from"`
	To     State     `json:"to"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
}

// maxHistory bounds the transitions that are kept.
const maxHistory = 100

func (h *Health) note(t Transition) {
	if len(h.History) >= maxHistory {
		h.History = append(h.History[:0], h.History[1:]...)
	}
	h.History = append(h.History, t)
}

// clone shares nothing that is changed in place.
func (h *Health) clone() *Health {
	c := *h
	c.History = append([]Transition(nil), h.History...)
	c.Behind = make(map[int32]int64, len(h.Behind))
	for partition, offset := range h.Behind {
		c.Behind[partition] = offset
	}
	if h.Override != nil {
		o := *h.Override
		c.Override = &o
	}
	return &c
}

// Report is a source's health as of now.
type Report struct {
	Health
	Policy Policy
	Events int64          // in the window
	Errors int64          // of them
	Worst  event.Category // that most errors have
}

// Share is that of events with errors.
func (r *Report) Share() float64 { return tally{r.Events, r.Errors}.share() }

// Action is what an operator may do.
type Action string

// The actions.
const (
	Suspend  Action = "suspend"  // and keep it so
	Activate Action = "activate" // and keep it so
	Resume   Action = "resume"   // make it active; from there on automatically
	Probe    Action = "probe"    // see now whether it is well; from there on automatically
	Release  Action = "release"  // leave it as it is; from there on automatically
)

// What callers act on.
var (
	ErrUnknown = errors.New("there is no such source")
	ErrInvalid = errors.New("the change is not possible")
)

// Automatic is who changed a state when nobody did.
const Automatic = "automatic"
