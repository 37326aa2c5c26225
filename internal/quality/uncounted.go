package quality

import "sync/atomic"

// Uncounted returns the rules with counters of their own, for looking at what they would
// make of events.
func (rs *RuleSet) Uncounted() *RuleSet {
	c := &RuleSet{
		version: rs.version, corrections: rs.corrections, rules: rs.rules, items: rs.items, groups: rs.groups,
		properties: rs.properties, tables: rs.tables, windows: rs.windows, fx: rs.fx,
	}
	c.appliers.New = func() any { return newApplier(c) }
	c.corrected, c.unmade = make([]atomic.Uint64, len(c.corrections)), make([]atomic.Uint64, len(c.corrections))
	c.broken = make([]atomic.Uint64, len(c.rules))
	return c
}
