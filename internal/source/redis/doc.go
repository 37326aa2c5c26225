// Package redissource takes the entries of a Redis stream, each exactly once.
//
// The stream is read by position, not by a consumer group: an entry's id
// (milliseconds and a sequence number) becomes an increasing position, and package
// resume finds out after a crash which entries the log has. Nothing is written to
// Redis, so several platforms can read one stream. One process reads a stream.
package redissource
