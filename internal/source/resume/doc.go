// Package resume appends an ordered stream (a file, a partition of a Kafka
// topic) to the log exactly once, however often the process is killed on the
// way.
//
// Each record of the stream has a position; the log carries it. Before the first
// append, a cursor is stored with the log's end offsets; while appending, it is
// stored anew now and then with the position up to which everything is durable
// and, per partition, the offset from which the rest may lie. Whoever opens the
// stream again reads the log back from these offsets, and so knows which records
// behind the cursor are in it already. It goes through the stream from its
// beginning and leaves those out.
//
// The set of positions is kept, not the highest one: when an append fails (a
// full disk), one that was handed over after it may have succeeded.
package resume
