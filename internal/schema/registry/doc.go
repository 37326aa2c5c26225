// Package registry is a schema registry with the REST API that Confluent's has
// (docs.confluent.io, "Schema Registry API Reference"), so that its serializers, and all
// clients that speak it, work with Millrace unchanged.
//
// A subject is a list of versions; a version is a schema, which has one id wherever it
// is registered. What may become the next version of a subject is decided by the
// subject's compatibility level. All of it is kept in the record store; registering is a
// transaction there, so that several processes may serve one store.
//
// Contexts, rule sets, encryption and the exporters of Confluent's commercial edition are
// not part of it.
package registry
