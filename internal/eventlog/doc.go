// Package eventlog is the log: the Kafka topic of raw events that everything
// else can be rebuilt from. One client serves both drivers; the embedded broker
// (package embedded) and a Kafka cluster differ in their address only.
//
// A record's value is the payload as received, its key the route key, and its
// header the metadata that [AppendMeta] writes; a record that waited in a spool has a
// second one, see [Spooled]. Its coordinates (topic,
// partition, offset) name it for ever.
package eventlog
