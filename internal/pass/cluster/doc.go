// Package cluster runs jobs of the stream engine in several processes that share
// the partitions of a topic. The commit point is a Kafka transaction: the
// positions in the input, the changes of state, what keyed elements go to other
// processes, and the outputs take effect together or not at all.
//
// # Tasks and topics
//
// Work is cut into tasks that need each other's memory nowhere. A task is the front
// of jobs in one partition of the input, or one shard of the keys:
//
//	input ──► front of partition p ──► <group>.exchange ──► shard s ──► outputs
//	              │    partition p          partition s         │
//	              ▼                                             ▼
//	    <group>.changelog.fronts                     <group>.changelog.shards
//
// The partitions of the input and of the exchange are assigned by one consumer group,
// and a task's changelog partition has its number. Local state is a cache of the
// changelog, filled when the task is assigned. The exchange carries parcels of
// elements, and behind them announcements: how far a front has read, and which time
// a shard has passed. From those a shard computes event time as one process would.
//
// # Why it is exact
//
//  1. All that a process changes in a cycle is in one transaction, with the positions
//     of all its tasks, whether they have read anything or not. So each
//     transaction is checked against the generation of the group (KIP-447), and a
//     process that has lost a partition commits nothing of it.
//  2. Who is assigned a partition asks for its position with require_stable, which
//     waits for transactions that have reached their position and may still end.
//  3. Only then it appends a record of its own to the changelog, the barrier, and reads
//     committed records until it meets it. What former owners committed is in front of
//     the barrier. Whether their transactions are decided in this partition
//     is known when the reader gets past them. (The high watermark would do as well; the last stable offset would
//     not: markers reach partitions at different times.)
//  4. The position in the changelog is the truth. That of the group must be the same.
//  5. Nothing in local state is ahead of a commit. After an abort the engines are
//     opened again from it. When it is not known how a commit ended, all tasks are
//     thrown away, a new producer epoch ends the transaction for good, and
//     the changelog is read again.
//
// docs/adr/051 has the argument, what Kafka must do for it, and what is known to
// go wrong there.
//
// # Concurrency
//
// One goroutine runs the cycles: poll, process, seal, commit. Within a cycle tasks
// are spread over goroutines, each task in one. The client's goroutine opens
// tasks (restore) beside that; the session's mutex guards the list of tasks.
// A rebalance waits for the end of the cycle (BlockRebalanceOnPoll).
package cluster
