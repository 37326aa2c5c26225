// Package amqpsource takes messages from a queue of RabbitMQ (AMQP 0-9-1).
//
// A message is acknowledged once the log has it. What RabbitMQ delivers again,
// because a connection or a process ended before the acknowledgement, is recognised
// by the adapter's idempotency key. Several processes may take one queue: RabbitMQ
// shares its messages among them.
package amqpsource
