// Package sim holds a simulation of the pass: the real pass over the real broker, with
// faults that a seed chooses, and proof that none of them shows in the results.
//
// A life of the pass is a process of its own. It ends by order, by a kill at any
// moment, by a failing store, or at any write to its checkpoint: then also what was
// not synced is gone, as in a power cut. Between and during lives the broker refuses
// requests, answers late, and takes batches that it says it has not taken; senders
// deliver twice, late, and broken, and people redrive, repair, waive, reopen, bury and
// purge what is quarantined, some of it twice.
//
//	go test ./internal/sim -seeds 500
//	go test ./internal/sim -seed 17
package sim
