// Package fingerprint keeps an exact set of 128-bit fingerprints with the time each was first received, in bounded
// memory. The pass asks it whether an event was seen within the dedup horizon (Index, one per partition); the file
// source asks it how many equal lines a file had so far (Counter). docs/adr/030-dedup-index.md has the measurements.
//
// # Shape
//
//	Observe ──► active table ──(full, at a checkpoint)──► frozen table ──(background)──► run ─┐
//	             newest entries,                           read-only                          │ merged four at a time,
//	             24-byte records + uint32 slots                                               ▼ dropped by age
//	                                                                        sorted immutable run files
//
// The newest entries are in an open-addressing table without pointers. A table that holds Options.MemoryEntries is
// frozen and written to a run: 24-byte records sorted by key, cut into shards by key prefix, each shard followed by a
// filter. A lookup asks the tables, then each run from new to old: one cache line of the filter, then, where that lets
// the key pass, interpolation search, both in mapped memory. Four neighbouring runs of one level are merged into one of the next, so their number grows
// with the logarithm of the entries; a run that spans a quarter of the horizon is merged no further, so that it can be
// dropped whole, and disk use stays within 1.25 horizons of entries plus the merge under way.
//
// # Meaning of Observe
//
// The index has a clock: the highest receive time observed so far. It never runs back; an earlier time counts as the
// clock. A key is a duplicate if and only if it has an entry with clock - entry.Seen <= horizon. Else a new entry with
// Seen = clock takes its place. A duplicate does not refresh the entry: the horizon counts from the first accepted
// receipt. From this follows that a key has at most one entry that is not expired, and that an expired entry can never
// be alive again; so sealing, merging and dropping, whenever they happen, cannot change what Observe returns.
//
// # Durability and the crash argument
//
// The index has no commit point of its own. Its caller has one (the pass: a synced Pebble batch) and puts into it what
// Checkpoint returns:
//
//	cp, err := ix.Checkpoint()
//	batch.Set(deltaKey(cp.Seq), cp.Delta)                // if cp.Delta != nil
//	batch.Set(manifestKey, cp.Manifest)                  // if cp.Manifest != nil, and in the same batch
//	batch.DeleteRange(deltaKey(0), deltaKey(cp.DropThrough+1))
//	err = batch.Commit(sync)                             // on failure: commit the same bytes again, or Close
//	ix.Committed()
//
// and, to open again, Open(dir, opt, manifest, deltas in ascending order of Seq).
//
// Let S(n) be the set of entries at the cut of checkpoint n. The claim is that after a crash at any moment, with n the
// last committed checkpoint, Open yields S(n).
//
//  1. Deltas partition the history: each entry is in exactly one delta, and the cut is made in Checkpoint, which runs
//     on the writer's goroutine; an entry observed later is in a later delta, which is not committed.
//  2. A table is frozen only at a cut, so it holds whole deltas, say those through f. The manifest lists its run only
//     from a later checkpoint m > f on, and tells the caller to delete the deltas through f in the same atomic batch.
//     So for every n, runs of the manifest and surviving deltas together are S(n) without loss, and no entry of a
//     delta > n is in a listed run.
//  3. A run is listed only after its file was written to a temporary name, synced, renamed, and its directory synced.
//     A file that is not listed (torn temporary, sealed or merged but not committed) is deleted by Open.
//  4. A merge changes no live entry; it leaves out only entries that expired by a clock that is no later than the one
//     in the manifest that lists the result. Runs dropped by age likewise.
//  5. A file that a manifest no longer lists is deleted only by Committed, when that manifest is durable. So every file
//     that the durable manifest lists exists.
//  6. The clock is in each delta and in each manifest, and a checkpoint that moved only the clock has a manifest.
//
// The manifest records through which Seq deltas were written, deltas carry their Seq and a checksum, and the manifest
// has each run's checksum, so a delta that is missing, out of order or covered already, or a run that was replaced, is
// an error of Open and not a wrong answer later.
//
// # Concurrency
//
// All methods of one Index or Counter are called from one goroutine at a time (the writer). The index has at most one
// goroutine that seals and one that merges; they read only frozen tables and run files, write only files that nobody
// knows yet, and hand the result over at the next Checkpoint. Close waits for them. There are no locks. The caller
// makes sure that no other process uses the directory.
//
// A mapped run that is truncated by someone else or whose device fails raises SIGBUS, as with any mapped file.
package fingerprint
