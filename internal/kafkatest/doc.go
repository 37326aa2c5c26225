// Package kafkatest runs a real Apache Kafka broker for tests and benchmarks:
// one node in KRaft mode, from its Maven jars, on ports that are free. Nothing
// of the product imports it.
//
// It needs a Java runtime (17 or later) and, the first time, Maven, which puts
// the jars into the user's cache folder. Where one is missing a test fails and
// says what to install; it is never skipped.
package kafkatest
