// Package health keeps broken sources from filling the tables: a source whose events
// break rules too often is slowed down, suspended, and probed until it is well again.
//
//	active ──► throttled ──► suspended ──► probing ──► active
//
// What is measured is the share of events with errors over the newest events of a source,
// as the pass judged them ([Monitor.Observer]). What follows takes effect by acts, records
// of the log that the pass reads like any other, so the pass stays a function of the log:
// behind the act, events of a suspended source are quarantined by the rule
// source.suspended. They go on to be logged, and none is lost; once the source is active
// again they are redriven.
//
// A transition is stored before its acts are written, and marked as announced after. A
// process that is killed in between announces it again; an act that changes nothing is
// void. What an operator says holds until the operator takes it back.
package health
