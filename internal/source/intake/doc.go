// Package intake takes messages from peers that deliver them and do not let them
// be read again: queues and devices. It brings them into the log in batches, and
// tells the source once the log has them, so that the source acknowledges no
// earlier. What is delivered again, because an acknowledgement was lost, is
// recognised by the adapter's idempotency key.
//
// A message that finds nothing on its way to the log goes at once. Those that
// come meanwhile go together when it has landed, or as soon as they fill a batch:
// latency is that of the log when little comes, and batches grow with the load.
package intake
