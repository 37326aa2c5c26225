// Package transcode turns records of binary formats, which nobody can read without
// their schema, into one JSON object each, at the door: Avro and Protobuf in
// Confluent's wire format (a zero byte, the schema's id, the record), with schemas
// from any registry that speaks Confluent's API.
//
// Numbers stay exact: an Avro decimal and a 64-bit integer of Protobuf become text.
// Dates and times become RFC 3339, bytes base64, a union its value, an enum its
// symbol.
package transcode

import "errors"

var (
	// ErrUndecodable says that a record is not of the wire format, or that its schema
	// does not fit it.
	ErrUndecodable = errors.New("cannot decode the record")
	// ErrSchemaUnknown says that the registry does not have the record's schema.
	ErrSchemaUnknown = errors.New("the registry does not have the schema")
	// ErrTooLarge says that the JSON of a record is longer than the limit.
	ErrTooLarge = errors.New("the record is too large as JSON")
)

// Codec turns records of one schema into JSON. It is safe for concurrent use.
type Codec interface {
	// Append appends the JSON of a record, at most limit bytes. Errors:
	// ErrUndecodable, ErrTooLarge.
	Append(dst, record []byte, limit int) ([]byte, error)
}

// maxDepth bounds the nesting of records.
const maxDepth = 64
