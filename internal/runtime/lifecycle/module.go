// Package lifecycle starts the modules of a process in the order of their needs,
// stops them in reverse, and stops all when one fails.
package lifecycle

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Module is a part of the process. Each of its functions may be nil.
type Module struct {
	Name  string
	Needs []string // names of the modules that must have started before
	// Start returns when others may use the module. What it opens, Stop closes;
	// Stop is not called when Start failed. ctx ends when the process is told to
	// stop: work that outlives Start belongs into Run.
	Start func(ctx context.Context) error
	// Run works until ctx ends, then finishes what it has begun and returns nil.
	// When it returns before, with or without an error, the process stops.
	Run func(ctx context.Context) error
	// Stop is called before Run's ctx ends, to stop taking new work, when all
	// modules that need this one have stopped. ctx ends with the grace period.
	Stop func(ctx context.Context) error
	// Close is called after Run has returned, to release what Start opened.
	Close func() error
}

// Resolve returns the targets and all that they need, in the order in which they
// start: what is needed first; otherwise as in all.
func Resolve(all []Module, targets []string) ([]Module, error) {
	r := resolver{byName: map[string]Module{}, state: map[string]int{}}
	for _, m := range all {
		if _, twice := r.byName[m.Name]; twice {
			return nil, fmt.Errorf("BUG: two modules are named %q", m.Name)
		}
		r.byName[m.Name] = m
		r.names = append(r.names, m.Name)
	}
	for _, name := range targets {
		if !slices.Contains(r.names, name) {
			return nil, fmt.Errorf("unknown target %q; there are %s", name, strings.Join(r.names, ", "))
		}
	}
	for _, name := range r.names {
		if slices.Contains(targets, name) {
			if err := r.visit(name, nil); err != nil {
				return nil, err
			}
		}
	}
	return r.order, nil
}

type resolver struct {
	byName map[string]Module
	names  []string
	state  map[string]int // 0 new, 1 being visited, 2 done
	order  []Module
}

func (r *resolver) visit(name string, path []string) error {
	path = append(path, name)
	switch r.state[name] {
	case 1:
		return fmt.Errorf("BUG: modules need each other: %s", strings.Join(path, " → "))
	case 2:
		return nil
	}
	m, ok := r.byName[name]
	if !ok {
		return fmt.Errorf("BUG: module %q is needed but does not exist: %s", name, strings.Join(path, " → "))
	}
	r.state[name] = 1
	for _, need := range m.Needs {
		if err := r.visit(need, path); err != nil {
			return err
		}
	}
	r.state[name] = 2
	r.order = append(r.order, m)
	return nil
}
