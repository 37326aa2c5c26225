// Package duckdb keeps the analytics store in a DuckDB file, in the process.
//
// Rows are written column by column straight into DuckDB's vectors; see ADR 041
// for what was measured. One instance of the database serves the writer, the
// checkpointer and the queries, each on connections of their own:
//
//   - Write holds writeMu. It owns the writer, with its vectors and its arena.
//   - A query holds a slot, a connection of its own and a read lock of the
//     engine, until its result is closed.
//   - Replacing the instance (after DuckDB invalidated it, because the disk was
//     full) interrupts the queries and takes the engine's write lock.
//
// Locks are taken in the order writeMu, engine.
package duckdb
