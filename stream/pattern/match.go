package pattern

import "slices"

// Taken is an event and the step that took it.
type Taken[E any] struct {
	Step  string
	At    int64 // event time in microseconds
	Event E
}

// Match is a complete match.
type Match[E any] struct {
	// Taken are the events in order. The slice is reused after the callback
	// returns; Clone keeps it.
	Taken []Taken[E]
	// At is when it was complete, in microseconds: the time of the last event that
	// had to be seen, or of the deadline that ended the wait for an event that must
	// not come. A strategy other than [NoSkip] may hand it out later.
	At int64
	// TimedOut tells that the deadline completed it.
	TimedOut bool
}

// Timeout is a partial match whose time was over before it was complete.
type Timeout[E any] struct {
	Taken []Taken[E] // as in Match
	At    int64      // the deadline, in microseconds
}

// Start returns the time of the first event.
func (m Match[E]) Start() int64 { return m.Taken[0].At }

// End returns the time of the last event.
func (m Match[E]) End() int64 { return m.Taken[len(m.Taken)-1].At }

// Clone returns a copy that stays valid.
func (m Match[E]) Clone() Match[E] {
	m.Taken = slices.Clone(m.Taken)
	return m
}

// All returns the events that the step took, oldest first.
func (m Match[E]) All(step string) []E { return all(m.Taken, step) }

// First returns the oldest event that the step took, and whether there is one.
func (m Match[E]) First(step string) (E, bool) { return first(m.Taken, step) }

// Last returns the newest event that the step took, and whether there is one.
func (m Match[E]) Last(step string) (E, bool) { return last(m.Taken, step) }

// Clone returns a copy that stays valid.
func (t Timeout[E]) Clone() Timeout[E] {
	t.Taken = slices.Clone(t.Taken)
	return t
}

// All returns the events that the step took, oldest first.
func (t Timeout[E]) All(step string) []E { return all(t.Taken, step) }

// First returns the oldest event that the step took, and whether there is one.
func (t Timeout[E]) First(step string) (E, bool) { return first(t.Taken, step) }

// Last returns the newest event that the step took, and whether there is one.
func (t Timeout[E]) Last(step string) (E, bool) { return last(t.Taken, step) }

func all[E any](taken []Taken[E], step string) []E {
	var out []E
	for i := range taken {
		if taken[i].Step == step {
			out = append(out, taken[i].Event)
		}
	}
	return out
}

func first[E any](taken []Taken[E], step string) (E, bool) {
	i := slices.IndexFunc(taken, func(t Taken[E]) bool { return t.Step == step })
	if i < 0 {
		var zero E
		return zero, false
	}
	return taken[i].Event, true
}

func last[E any](taken []Taken[E], step string) (E, bool) {
	for _, t := range slices.Backward(taken) {
		if t.Step == step {
			return t.Event, true
		}
	}
	var zero E
	return zero, false
}
