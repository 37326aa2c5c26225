// Package schema is what the formats of schemas have in common: a schema is parsed,
// has a text that is equal for equal schemas, and knows which writers' data it reads.
package schema

import "fmt"

// The types of schemas, as the registry's API names them.
const (
	Avro     = "AVRO"
	JSON     = "JSON"
	Protobuf = "PROTOBUF"
)

// Format reads the schemas of one type.
type Format interface {
	// Parse reads a schema. The imports are those that its references name, and those
	// that they refer to, each before the one that needs it.
	Parse(text string, imports []Import) (Schema, error)
}

// Import is a schema that another one refers to.
type Import struct {
	Name string // by which it is referred to
	Text string
}

// Schema is a schema that was read. It is safe for concurrent use.
type Schema interface {
	// Canonical returns the text without what is layout only: two texts of one schema
	// have the same one.
	Canonical() string
	// Normalized returns the text with all that has no meaning in one order too.
	Normalized() string
	// Reads returns what keeps a reader with this schema from reading data that was
	// written with another one of the same format; nothing if all of it is readable.
	Reads(writer Schema) []Incompatibility
}

// Incompatibility is why data of one schema cannot be read by another.
type Incompatibility struct {
	Kind    string // such as READER_FIELD_MISSING_DEFAULT_VALUE
	Path    string // where in the reader's schema, such as /fields/1
	Message string
}

// String writes it as a registry does in its list of messages.
func (i Incompatibility) String() string {
	return fmt.Sprintf("{errorType:'%s', description:'%s at path '%s''}", i.Kind, i.Message, i.Path)
}

// MaxIncompatibilities bounds what is reported of two schemas.
const MaxIncompatibilities = 100
