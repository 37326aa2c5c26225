// Package state is the keyed state of stream operators: tables in memory over a sorted key-value store, changed at once
// and written at each commit.
//
//	space, err := state.Open(backend, prefix, state.Options{Budget: budget, Name: "fraud/velocity"})
//	counts, err := state.OpenPanes[string, int64](space, "counts", state.TableOptions{})
//	last, err := state.OpenValue[string, Visit](space, "last", state.TableOptions{TTL: 30 * 24 * time.Hour})
//
//	n, _ := counts.Pane(start).Upsert(card) // no allocation
//	*n++
//
//	err = space.Advance(watermark)  // TTLs
//	err = space.Flush(w)            // all changes, into the caller's atomic write
//	space.Committed()               // when that is in the backend
//
// # Tables
//
//	Value    one value per key
//	Counter  one integer per key
//	Panes    a Value per pane of a window, dropped as a whole
//	Map      fields per key, each its own entry
//	List     elements per key, appended and trimmed, in chunks
//	Timers   one time per key, popped in their order
//
// A table is known by its name within the space, and its entries by the names of their fields: see package codec. A new
// program reads what an older one has stored, entry by entry as they are used. What cannot be read so is an error when
// the table is opened; [TableOptions.Version] and DiscardOlder begin anew. [Space.Unknown] has the tables that the
// program no longer opens.
//
// # Memory
//
// A table is a cache. An entry comes in on its first use and is written by the flush after each change. When the
// [Budget] is exceeded, entries that were not used for long go, if the backend has them as they are: not those that
// changed since the last flush, nor those of a flush that is not committed. [Space.NeedsFlush] says that only a flush
// can help. A table knows how many keys it has in all; while all are in memory, a new key does not ask the backend.
//
// A table has one index without pointers, heads of 32 bytes with the key when it is short, and values in slabs: so a
// table of numbers costs the garbage collector nothing, whatever its size.
//
// # Determinism
//
// Equal operations give equal results, whatever was evicted or restarted between: hashes have a fixed seed, and what is
// shown in an order is in the order of keys. That a sender can choose keys that collide is the price; limits of the
// doors bound what it can do.
//
// # Failure
//
// Reading a table may read the backend. Methods that return no error make the space fail when that does: the key then
// seems absent, and no flush succeeds any more, so nothing that followed is ever committed; [Space.Err] has the reason.
// A program that is restarted finds the state of the newest commit.
//
// # Concurrency
//
// A space and its tables are used by one goroutine at a time; there are no locks and no goroutines. Spaces are
// independent but for the Budget, which is safe for concurrent use. [Read], [Browse] and [Tables] use the backend only.
package state
