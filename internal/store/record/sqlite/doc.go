// Package sqlite is the driver of the record store on SQLite, in the process: one
// file, with its write-ahead log beside it. Writes go one after the other over one
// connection, reads beside them over a few others.
package sqlite
