// Package contract says what events of a type must look like, and checks it.
//
// A contract is a schema for the event in the form of the native format: columns such as
// order_id, currency and items, and the JSON of properties and context. It is written in
// YAML as a subset of JSON Schema (2020-12), with an owner, and with tags on personal
// data. Those of the commerce events that everybody has come with the platform, in
// builtin; a shop adds its own, or replaces them.
//
// A schema is compiled into one struct per value ([node]), which is walked beside the
// event: columns are compared where they are, JSON is read once by a cursor, numbers are
// compared as they are written. An event that keeps its contract costs no memory. The
// verdicts are those of a general JSON-Schema validator, which is the oracle of the tests.
//
// What an event breaks is reported, or quarantines it, by its source's policy. It never
// changes the event: fields that no contract knows are kept, and a value of the wrong
// type stays where it was. [Drift] counts what deviates, with samples.
package contract
