// Package kafkasource takes events from a Kafka topic: that of any cluster, or
// one of the embedded broker, so that any Kafka client can send events.
//
// Each partition of the topic is a stream of its own, "kafka:topic/partition",
// whose positions are its offsets, counted from 1; it goes into the log exactly
// once (package resume). One process takes a topic.
package kafkasource
