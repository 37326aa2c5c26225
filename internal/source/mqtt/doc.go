// Package mqttsource takes messages from an MQTT broker, by MQTT 5 or 3.1.1: what
// sensors, shelves and tills of a store say.
//
// Subscriptions are of QoS 1, and a message is acknowledged once the log has it. The
// session outlives the connection, so that the broker keeps what is published while
// nobody is connected. What it delivers again is recognised by the adapter's
// idempotency key, if the message has an identity.
package mqttsource
