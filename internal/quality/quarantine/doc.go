// Package quarantine is the life of events that were not accepted: who looks at them,
// what is tried, what becomes of them.
//
// The truth about a quarantined event is in the log: the event itself, and the acts
// (redrive, waive, reopen, purge, bury) that follow it there and that the pass
// judges. The analytics store has both as the tables quarantine and
// quarantine_acts; this package reads them and keeps none of it twice. What it keeps,
// in the record store, is what people say about events and groups of them
// ([Triage]), the runs that carry an act to many events ([Run]), and how far the
// topics are ([Mirror]).
//
// A run is a filter as of a moment, and a cursor. It goes through its events in the
// order of their coordinates: it reads a batch, appends its acts to the log, waits
// until their outcome can be read, and saves the cursor with the counts. What a kill
// cuts off is found again in quarantine_acts. Acts on events that are settled are
// void, so nothing counts twice however often it is tried.
//
// A [Service] is safe for concurrent use.
package quarantine
