package rollup

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Status is how a rollup stands.
type Status struct {
	*Definition
	// Serves says that it is read. One that is not yet, or whose definition changed, is Filling.
	Serves, Filling bool
	// Held says that what was made anew waits: it would lose buckets whose rows are gone.
	Held bool
	// Full says that it has more rows than MaxRows of the keeper, and is read no more.
	Full      bool
	Edition   string // of the tables that are read
	Rows      int64  // of its tables
	Since     time.Time
	Positions map[int32]int64 // that its tables reflect; what came since is read from rows
}

// Status returns how the rollups stand, by name.
func (k *Keeper) Status() []Status {
	if all := k.status.Load(); all != nil {
		return *all
	}
	return nil
}

// tell keeps how the rollups stand for those who ask.
func (k *Keeper) tell() {
	byName := make(map[string]*Status)
	for _, d := range k.Set().All() {
		byName[d.Name] = &Status{Definition: d, Filling: true}
	}
	for _, s := range k.states {
		one := byName[s.Definition.Name]
		switch {
		case one == nil: // it goes with the next step
		case s.Serves:
			one.Serves, one.Full, one.Edition, one.Rows, one.Since, one.Positions = true, s.Full, s.Edition, s.Rows, s.Since, maps.Clone(s.Positions)
			one.Filling = one.Filling && s.Definition.Version != one.Version
		default:
			one.Filling, one.Held, one.Full = true, s.Held, one.Full || s.Full
		}
	}
	all := make([]Status, 0, len(byName))
	for _, one := range byName {
		all = append(all, *one)
	}
	slices.SortFunc(all, func(a, b Status) int { return cmp.Compare(a.Name, b.Name) })
	k.status.Store(&all)
}

// View is what SQL reads.
func (s *Status) View() string { return s.shownName() }

// State says in a word how a rollup stands.
func (s *Status) State() string {
	switch {
	case s.Full:
		return "full"
	case s.Held:
		return "held"
	case !s.Serves:
		return "filling"
	case s.Filling:
		return "refilling"
	}
	return "serving"
}
