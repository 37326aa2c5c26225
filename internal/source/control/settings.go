package control

import (
	"fmt"
	"time"
)

// Priority says who goes first while the way into the log fills.
type Priority string

// The priorities.
const (
	Low    Priority = "low"
	Normal Priority = "normal"
	High   Priority = "high"
)

// share of the log's buffer and of the spool that a source may fill. What is left
// belongs to those of a higher priority.
func (p Priority) share() float64 {
	switch p {
	case Low:
		return 0.5
	case High:
		return 1
	default:
		return 0.85
	}
}

// Policy says what becomes of an event that breaks its contract.
type Policy string

// The policies.
const (
	Off        Policy = "off"
	Report     Policy = "report"
	Quarantine Policy = "quarantine"
)

// Settings are what holds for a source.
type Settings struct {
	Paused          bool
	Priority        Priority
	EventBytes      int64 // of one event; 0: the general limit
	BatchBytes      int64 // of one batch or body; 0: the general limit
	EventsPerSecond int64 // 0: no limit
	BytesPerSecond  int64 // 0: no limit
	Burst           time.Duration
	Schema          Policy
}

// WithDefaults fills in what the configuration leaves out.
func (s Settings) WithDefaults() Settings {
	if s.Priority == "" {
		s.Priority = Normal
	}
	if s.Burst <= 0 {
		s.Burst = time.Second
	}
	if s.Schema == "" {
		s.Schema = Report
	}
	return s
}

// Change is what is said about a source while the platform runs; nil leaves a
// setting as it is.
type Change struct {
	Paused          *bool          `json:"paused,omitempty"`
	Priority        *Priority      `json:"priority,omitempty"`
	EventBytes      *int64         `json:"event_bytes,omitempty"`
	BatchBytes      *int64         `json:"batch_bytes,omitempty"`
	EventsPerSecond *int64         `json:"events_per_second,omitempty"`
	BytesPerSecond  *int64         `json:"bytes_per_second,omitempty"`
	Burst           *time.Duration `json:"burst,omitempty"`
	Schema          *Policy        `json:"schema,omitempty"`
}

// The largest values that a change may have; they are those of the configuration.
const (
	maxEventBytes = 16 << 20
	maxBatchBytes = 64 << 20
	maxEvents     = 100_000_000
	maxBytes      = 1 << 40
	maxBurst      = time.Hour
)

// check says what is wrong with a change.
func (c *Change) check() error {
	if c.Priority != nil && *c.Priority != Low && *c.Priority != Normal && *c.Priority != High {
		return fmt.Errorf("priority is %q; it must be low, normal or high", *c.Priority)
	}
	if c.Schema != nil && *c.Schema != Off && *c.Schema != Report && *c.Schema != Quarantine {
		return fmt.Errorf("schema is %q; it must be off, report or quarantine", *c.Schema)
	}
	for _, l := range []struct {
		name  string
		value *int64
		max   int64
	}{
		{"event_bytes", c.EventBytes, maxEventBytes},
		{"batch_bytes", c.BatchBytes, maxBatchBytes},
		{"events_per_second", c.EventsPerSecond, maxEvents},
		{"bytes_per_second", c.BytesPerSecond, maxBytes},
	} {
		if l.value != nil && (*l.value < 0 || *l.value > l.max) {
			return fmt.Errorf("%s is %d; it must be 0 to %d", l.name, *l.value, l.max)
		}
	}
	if c.Burst != nil && (*c.Burst <= 0 || *c.Burst > maxBurst) {
		return fmt.Errorf("burst is %s; it must be above 0 and at most %s", *c.Burst, maxBurst)
	}
	return nil
}

// merge adds a newer change to an older one.
func (c *Change) merge(newer *Change) {
	set(&c.Paused, newer.Paused)
	set(&c.Priority, newer.Priority)
	set(&c.EventBytes, newer.EventBytes)
	set(&c.BatchBytes, newer.BatchBytes)
	set(&c.EventsPerSecond, newer.EventsPerSecond)
	set(&c.BytesPerSecond, newer.BytesPerSecond)
	set(&c.Burst, newer.Burst)
	set(&c.Schema, newer.Schema)
}

func set[T any](to **T, from *T) {
	if from != nil {
		*to = from
	}
}

// apply returns the settings with the change.
func (c *Change) apply(s Settings) Settings {
	take(&s.Paused, c.Paused)
	take(&s.Priority, c.Priority)
	take(&s.EventBytes, c.EventBytes)
	take(&s.BatchBytes, c.BatchBytes)
	take(&s.EventsPerSecond, c.EventsPerSecond)
	take(&s.BytesPerSecond, c.BytesPerSecond)
	take(&s.Burst, c.Burst)
	take(&s.Schema, c.Schema)
	return s
}

func take[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// Names lists the settings that are changed.
func (c *Change) Names() []string {
	names := []string{}
	for _, s := range []struct {
		name    string
		changed bool
	}{
		{"paused", c.Paused != nil}, {"priority", c.Priority != nil},
		{"event_bytes", c.EventBytes != nil}, {"batch_bytes", c.BatchBytes != nil},
		{"events_per_second", c.EventsPerSecond != nil}, {"bytes_per_second", c.BytesPerSecond != nil},
		{"burst", c.Burst != nil}, {"schema", c.Schema != nil},
	} {
		if s.changed {
			names = append(names, s.name)
		}
	}
	return names
}
