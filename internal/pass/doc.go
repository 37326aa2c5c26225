// Package pass is the one pass over the log: a task per partition reads a record
// once, decodes it once into a columnar batch, judges it (duplicate, valid,
// late), corrects and enriches it, and hands it to the dedup index, the ledger
// and the analytics store.
//
// # Commit
//
// Workers fill batches. A committer seals what all tasks of this process have
// ready and commits it: positions, watermarks, fingerprints, ledger rows and the
// verdict log, in one synced batch of the checkpoint store. What else a task must
// have durable at the same moment goes into its delta. Then the store writer
// takes the rows, with the positions that they reflect, to the analytics store:
// whole commits in their order, in larger transactions the further it is behind.
// Only then are verdicts announced.
//
// A crash before the commit forgets the batch. A crash before its rows are stored
// leaves the checkpoint ahead of the store: the task then reads from the store's
// position, and makes the rows below the checkpoint again, with verdict and marks
// from the verdict log; see refill.go and docs/adr/021. A crash between a
// transaction and its answer makes them again too, and the store skips the offsets
// that it has. That holds for any boundaries, as each partition is skipped by
// offset.
//
// # The way of a batch
//
//	worker      task.process: decodeAll → judge (or refillBatch) → pending
//	committer   task.seal → writeCheckpoint → committed
//	store       gather → olap.Store.Write → stored, and back to the pool
//
// # Acts
//
// A decision about a quarantined event is a record of the log, too. It is judged by
// what the checkpoint, and what no commit has yet, say became of the event; see act.go
// and docs/adr/070.
//
// # Concurrency
//
// The poller hands records to workers over bounded channels; a partition belongs
// to one worker. A worker's mutex guards its tasks between batches; committer and
// store writer take it to seal and to move positions on, never while they write.
// Lock order: committing, then worker, then budget or queue. A batch is owned by
// the worker until it is sealed, then by the committer, then by the store writer,
// which returns it to the pool. The budget bounds all batches together.
package pass
