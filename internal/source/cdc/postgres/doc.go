// Package postgres takes the changes of PostgreSQL tables by logical replication
// (pgoutput): first the rows that there are, then every change, in the order of
// commits, without a gap and without a change twice.
//
// There is one replication slot. It is made before the tables are read, so that
// from there on every change is kept for us. A table is read in a snapshot of its
// own making; the stream leaves out the transactions that the snapshot saw, by
// their numbers (pg_current_snapshot). So the two fit whenever the table is read:
// when the source is new, again after a kill in the middle, or years later
// because a table was added.
//
// What the log has is confirmed to the slot; see package cdc for the order.
package postgres
