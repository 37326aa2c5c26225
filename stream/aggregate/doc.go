// Package aggregate has the functions that windows fold elements with: counts,
// sums, extremes, means, distinct counts, quantiles, the most frequent values,
// and combinations of those.
//
// An [Aggregator] is data: an accumulator type and three functions over it.
// A shop's own aggregate is a value of it, too:
//
//	longest := aggregate.Aggregator[Visit, time.Duration, time.Duration]{
//		Add:    func(acc *time.Duration, v Visit, _ aggregate.At) { *acc = max(*acc, v.Length) },
//		Merge:  func(acc, other *time.Duration) { *acc = max(*acc, *other) },
//		Result: func(acc *time.Duration) time.Duration { return *acc },
//	}
//
// # Laws
//
// The zero accumulator is that of no elements. Merging is commutative and
// associative, and folding elements into parts that are merged gives what
// folding them into one gives: so a result does not depend on the order of
// arrival, on partitions, or on when something was committed. All aggregators
// here obey that exactly, except [TopK] when there are more values than it
// has counters for: its error bounds then still hold, for any order.
//
// Accumulators are stored with package codec. Functions keep no state of their
// own, and no memory of an accumulator that they were given to read: one
// Aggregator is used by all shards at once.
//
// # Cost
//
// Counts, sums, means and extremes of numbers have no pointers: no
// allocation per element, a few bytes per key. Each key of a sketch is larger, and
// is written as a whole when a commit finds it changed: [Distinct] up to 8 KiB
// for 1,024 values and 16 KiB beyond, [Quantiles] about 5 bytes per bin, [TopK] its counters.
package aggregate
