// Package window folds the elements of a key over windows of event time.
//
//	views := stream.KeyBy(all, "by category", View.Category)
//	counts := window.Aggregate(views, "per minute", window.Tumbling(time.Minute), aggregate.Count[View](),
//		window.Lateness(10*time.Minute))
//
// # Windows
//
//	Tumbling(size)          one after the other
//	Hopping(size, every)    overlapping: the last hour, each five minutes
//	Cumulating(step, limit) growing: so far today, each hour
//	Sliding(size)           at each element: what there was in the last minute
//	Session(gap)            elements less than the gap apart
//	Count(n), CountEvery    so many elements
//
// Windows hold their start and not their end. Those of a fixed size begin at
// multiples of it since 1970 UTC; [Spec.Offset] moves them, and [Spec.In] lets days begin
// at midnight in a shop's zone.
//
// # Results
//
// A window is published when the watermark passes its end (phase [OnTime]). What
// comes then, for as long as [Lateness] allows, publishes it again ([Late]), once per
// commit. [Emit] publishes before the end, too ([Early]). Each publication of a window of a
// key has the next revision, so that a table keyed by key, start and end (sessions: key
// and start) holds what is newest. A session that turns out to be part of another is
// retracted.
//
// Which elements a result is of depends on their times alone, not on the order in which
// they came, on partitions, on commits or on crashes. The one thing that depends on arrival
// is what is too late: an element whose windows were all over, by more than the lateness,
// at the commit before it came. It is counted, and in the stream of [LateTo].
//
// Results carry the last microsecond of their window as event time. Windows over the
// results of windows work: what the first publish on time is in time for the second. They
// see revisions as elements of their own: give the first none, neither early results
// nor lateness.
//
// # Cost
//
// Tumbling, hopping and cumulating windows change one cell per element, in the pane of
// its slot, and allocate nothing. A window that fires merges its panes: one of n slots
// costs n merges per key. Panes are dropped as a whole. [AggregateBy] folds in the
// partitions first, so that a hot key costs one message per commit.
//
// Sliding windows keep a step for each key and time, and go through the steps of a key
// once per commit in which it has changed. Sessions keep one accumulator per session.
// Count windows keep elements until the watermark has passed them.
package window
