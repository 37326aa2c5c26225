// Package sink takes the messages of a topic of the log to a destination outside: a
// webhook, a queue, another cluster, a database, a bucket. Each sink reads for itself,
// from its own cursor, so that a destination that is slow or dead delays no other, and
// finds what it missed when it is back.
//
// A destination that can keep a position in the same transaction as the messages (a
// database, a stream of Redis, another Kafka, objects whose names say what they hold) gets
// each message exactly once. To the others a message may come again after a failure, with
// the same id.
package sink
