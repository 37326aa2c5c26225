package pattern

// State is what a pattern keeps for one key. The zero value is ready; a State
// that is [State.Idle] may be thrown away and made anew.
type State[E any] struct{ a *arena[E] }

// Idle tells that nothing waits: the state equals the zero value.
func (s *State[E]) Idle() bool { return s.a == nil }

// Runs returns the number of partial matches, and of complete ones that wait for
// an earlier one.
func (s *State[E]) Runs() (partial, complete int) {
	if s.a == nil {
		return 0, 0
	}
	return len(s.a.runs), len(s.a.held)
}

// Events returns the number of events that are kept.
func (s *State[E]) Events() int {
	if s.a == nil {
		return 0
	}
	return len(s.a.slots) - len(s.a.vacant)
}

// Limits bound what one key may hold. A zero field is its default.
type Limits struct {
	// Runs is the number of partial matches. 1,024 by default.
	Runs int
	// Entries is the number of entries of the shared buffer: events taken, counted
	// once for each different beginning. 16,384 by default.
	Entries int
}

// Stats counts what a Matcher has done, over all keys.
type Stats struct {
	Events   uint64 // given to Advance
	Matches  uint64 // handed out
	Timeouts uint64 // partial matches whose time was over
	// Partial matches that were not begun or not continued because their key was
	// at a limit. The older ones went on; matches may be missing.
	DroppedRuns, DroppedEntries uint64
	ConditionErrors             uint64
}
