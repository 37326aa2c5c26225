// Package jsonschema reads JSON schemas, and tells whether one takes all documents that
// another one takes, by the rules that Confluent documents for its registry: what may
// change depends on whether an object is open (takes any further property), closed
// (takes none), or partially open (takes those that fit a schema).
//
// The comparison is of the schemas' keywords, not of the sets of documents: it may call
// two schemas incompatible that are not, never the other way round for the keywords that
// it knows. Formats and annotations are not compared.
package jsonschema
