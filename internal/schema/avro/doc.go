// Package avro reads Avro schemas, and tells by the rules of schema resolution (Avro
// 1.12, "Schema Resolution") which data a reader's schema can read. The Avro library
// that encodes decides this by fingerprints that leave defaults and aliases out, and
// says no more than yes or no; a registry has to know both.
package avro
