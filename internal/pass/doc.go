// Package pass is the one pass over the log: a task per partition reads a record
// once, decodes it once into a columnar batch, judges it (duplicate, valid,
// late), corrects and enriches it, and hands it to the stores, the dedup index
// and the ledger.
//
// # Commit
//
// Workers fill batches; one committer seals what all tasks of this process have
// ready and commits it in two steps:
//
//  1. the analytics store takes the rows and the positions that they reflect, in
//     one transaction of its own;
//  2. the checkpoint store takes positions, watermarks, fingerprints and ledger
//     rows in one synced batch.
//
// Only then are verdicts announced. A crash before 1 forgets the batch, a crash
// between 1 and 2 makes the tasks read it again from the older checkpoint: the
// pass is deterministic, so the same verdicts come out, and the store skips the
// offsets that it has. That holds for any commit boundaries, as each partition
// is skipped by offset.
//
// # Concurrency
//
// The poller hands records to workers over bounded channels; a partition belongs
// to one worker. A worker's mutex guards its tasks between batches; the
// committer takes it to seal and to acknowledge, never while it writes. Lock
// order: worker, then pending counter. A batch is owned by the worker until it is
// sealed, then by the committer, which returns it to the pool.
package pass
