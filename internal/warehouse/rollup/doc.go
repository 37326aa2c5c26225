// Package rollup keeps partial aggregates of the tables of events, as YAML files declare them:
// counts, sums, minima, maxima and different values by bucket of time and dimensions.
//
// A [Keeper] adds what was stored since its last step, in one transaction with the positions of
// the log that its tables then reflect. The relations that are read are views over such a
// table and over the rows behind these positions, made anew in the same transaction, so that
// they give at any moment what all stored rows do. A definition that changed, or is new, is
// filled from the first row on beside the one that is read, and takes its place when it has
// caught up.
package rollup
