// Package profile keeps, by day, source and type of event, what the values of each
// column look like: how many are missing, how many are different, the smallest and
// the greatest, quantiles, the most frequent values and shapes. Rules and checks are
// proposed from it.
//
// It looks at a sample of the accepted events: at most sampleRows of a batch, and no more
// than the budget of an observer, which grows with the events and with time. A small
// shop is seen whole; a replay of millions is sampled, and costs the pass next to nothing.
// All numbers are of the sample. An observer belongs to one task; a [Registry] brings what
// the observers have together and keeps it in the record store, so that a crash loses the
// samples since.
package profile
