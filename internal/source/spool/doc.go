// Package spool takes events while the log does not answer. It stands between the
// doors and the log: what the log leaves unanswered goes to files on the local
// disk, is acknowledged once it is synced there, and is brought into the log, in
// order and each record once, when the log answers again. What comes meanwhile
// queues behind it, so that the events of one key keep their order.
//
// # States
//
//	direct ──(the log fails a call)──► turning ──(no call is under way)──► spooling
//	   ▲                                                                      │
//	   └──────────────────(everything spooled is in the log)──────────────────┘
//
// While turning, new calls are held in memory; then the failed ones are spooled in
// the order in which they were begun, and the held ones behind them.
//
// # Each record once
//
// Each spooled record has a sequence number, which goes into the log with it in a
// header. A cursor, kept with those of the sources, has the number up to which all
// is in the log, the numbers above it that are too, and the offsets behind which
// the rest may lie. Whoever opens the spool after a kill, or whose append failed,
// reads the log back from there.
//
// A record of a call that the log left unanswered may be in the log all the same,
// without a number. It is spooled as doubtful; before anything is brought into the
// log, the doubtful ones are looked for by a digest of their metadata and payload,
// behind the offsets that were acknowledged before any call under way had begun.
//
// # Files
//
// A segment is named by the number of its first record in 16 hex digits, and ends in
// ".spool". It has the 8 bytes "MRSPOOL1", then frames, integers little-endian:
//
//	4  length of what follows the checksum
//	4  CRC-32C of it
//	8  sequence number
//	8  time of receipt, µs since 1970 UTC
//	1  1: doubtful, else 0
//	   route key and metadata, each behind its length as a varint; the payload
//
// A segment's end may be torn by a crash; what is torn was not acknowledged.
//
// # Concurrency
//
// One goroutine writes and syncs frames for all callers at a time (commit.go), one
// brings them into the log (drain.go). Spool.mu guards the state and the frames that
// are not written; it is never held during a read or write but the cursor's when the
// spool has been emptied.
package spool
