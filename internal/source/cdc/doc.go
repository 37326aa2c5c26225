// Package cdc is what the sources of database changes share: a feed that brings
// changes into the log exactly once, and the writing of values as JSON.
//
// A database can send its changes again from any transaction that it still has
// the log of, always the same ones in the same order. So a change is numbered: by
// how many came before it since a transaction at whose end the count is stored
// together with the place in the database's log (a mark). Who starts again reads
// from a mark, counts as before, and package resume knows which numbers the log
// already has. In the order of what is made durable:
//
//  1. the changes, in the log;
//  2. the mark, among the cursors;
//  3. the confirmation, by which the database may forget what was before the mark.
//
// Killed before 2, the process starts at an older mark and leaves out what is in
// the log. Killed before 3, the database is asked to start behind what it thinks
// is confirmed, and what it sends of before that is passed over.
package cdc
