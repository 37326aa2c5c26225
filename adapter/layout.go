package adapter

// Layout says what a payload is made of, for those who change one field of it and
// leave the rest as it is.
type Layout struct {
	Syntax Syntax
	// Delimiter separates the fields of a line; Quote, doubled inside, is around those
	// that hold delimiters. 0 is none.
	Delimiter, Quote byte
	Multiline        bool     // quoted fields may hold line breaks
	Charset          Charset  // of lines
	Columns          []Column // of a line, in its order
}

// Column is one field of a line.
type Column struct {
	Name  string // in the header
	Field string // of the event that it becomes, such as item.quantity; empty for none
}

// Syntax is how a payload is written.
type Syntax uint8

// The syntaxes. Text is what cannot be changed field by field.
const (
	Text Syntax = iota
	JSON
	Delimited
)

// Charset is how the characters of a payload are written.
type Charset uint8

// The charsets. AnyOf is UTF-8 where a payload can be, else Windows-1252.
const (
	UTF8 Charset = iota
	Windows1252
	Latin1
	AnyOf
)

// Laid is implemented by adapters whose payloads are lines of fields, or something
// else that [LayoutOf] would not guess.
type Laid interface {
	// Layout describes the payloads that have this envelope. The error says what is
	// wrong with the envelope.
	Layout(envelope string) (Layout, error)
}

// LayoutOf describes the payloads of an adapter that have this envelope. Adapters that
// do not say are taken to read JSON, unless they are a [FileFormat] of another kind.
func LayoutOf(a Adapter, envelope string) (Layout, error) {
	if l, ok := a.(Laid); ok {
		return l.Layout(envelope)
	}
	if j, ok := a.(JSONRecords); ok {
		if j.RecordsAreJSON() {
			return Layout{Syntax: JSON}, nil
		}
		return Layout{Syntax: Text}, nil
	}
	if _, ok := a.(FileFormat); ok {
		return Layout{Syntax: Text}, nil
	}
	return Layout{Syntax: JSON}, nil
}
