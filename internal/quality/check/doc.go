// Package check checks many rows together: windows of events as they come, and tables on a
// schedule or on demand. docs/checks.md is the guide; ADR 73 says why windows are computed
// twice.
//
// A check is declared in YAML ([Load]) on a table of the analytics store, and compiled in
// two forms that say the same: over rows of batches ([Observer]), and as SQL. What a
// window's tasks have seen from its begin is published from their partial aggregates; all
// else (windows that were open at a start, late events, too many windows at once, kinds
// that need other rows) is computed from the table, once the table has what was seen.
//
// Concurrency: an Observer belongs to its task; its mutex is taken once per batch, and by
// the service when it takes what is complete. The service has a goroutine for windows and
// one for schedules; statements run one at a time. Lock order: windows, then observer.
package check

//go:generate go test -run TestReferenceIsCurrent -update .
