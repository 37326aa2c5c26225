// Package reconcile compares what the platform says with what it has: the log, the
// analytics store and the ledger with each other ([Auditor]), the same order as
// different witnesses reported it ([Orders]), and the ledger of a day with what was
// signed off ([Statements]).
//
// It reads, and changes nothing but its own records. docs/reconciliation.md is the
// guide.
package reconcile
