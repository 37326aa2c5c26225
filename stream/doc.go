// Package stream is the engine for jobs over the shop's events: keyed state,
// event-time timers and windows, joins and patterns, exactly once.
//
// # A job
//
// A job is a graph that reads like a sentence:
//
//	job := stream.NewJob("views", 1)
//	views := stream.Events(job, "views", readView, stream.Types("Product Viewed"))
//	byCategory := stream.KeyBy(views, "by category", View.Category)
//	counts := window.Aggregate(byCategory, "per minute", window.Tumbling(time.Minute), aggregate.Count[View]())
//	stream.ToTable(counts, "category_views")
//
// # Where it runs
//
// An [Engine] runs jobs over the partitions and key shards of one process. A
// job's operators up to its first [KeyBy] run where the event is read, in the
// [Front] of its partition. KeyBy sends elements to the [Shard] of their key,
// in memory and in parcels, never one by one. The number of shards is a
// property of the data folder and not of the machine, so that state keeps its
// place when the number of workers changes. [KeyByActor] keeps the element in its
// partition, for keys that the log is partitioned by.
//
// # Time
//
// Event time is that of the events; the engine moves it forward at each commit, to
// the lowest watermark of the job's active sources (see [Watermarks]). Between
// two commits operators see elements in any order: what depends on order is
// built on [Timeline], which takes elements as they come and revises what it
// has published when one belongs before another; what does not (windows of
// commutative aggregates) is folded at once. Processing time is the injected clock's,
// read once per commit.
//
// An event that its source's watermark had left behind by more than the
// allowed lateness was marked late when it was judged. Jobs get those in
// [Late], and in no other stream.
//
// # Commit
//
// [Engine.Seal] is called while all fronts rest. It drains the shards, moves time
// on, which fires timers and windows, and writes every changed entry of state
// to one atomic write, together with the caller's input positions and the
// outputs made since the seal before. So state, positions and outputs are of
// one moment; a crash goes back to the newest one, and nothing counts twice.
//
// # Failure
//
// A job that panics, or exceeds its limits, is stopped alone: its state
// stays as of the seal before, the others go on.
//
// # Concurrency
//
// A front belongs to the goroutine of its partition. A shard is worked off by
// whoever gets its lock. Operators need no locks: each instance is used by one
// goroutine at a time. Lock order: shard, then its inbox.
package stream
