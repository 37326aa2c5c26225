// Package job has the shop's streaming jobs, one file each: what a shop gets out
// of the box. docs/jobs.md describes them with their exact definitions.
//
// A job reads the events of docs/events.md, whichever adapter they came through,
// and publishes to tables, topics and feeds. Its definition is data for package
// stream; it has no goroutines, no clock and no randomness of its own.
package job
