package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"
)

// Kind is what a [Type] is. The numbers are part of the stored form of a schema.
type Kind uint8

// The kinds. Int and uint are stored as 64 bits.
const (
	Invalid Kind = iota
	Bool
	Int8
	Int16
	Int32
	Int64
	Uint8
	Uint16
	Uint32
	Uint64
	Float32
	Float64
	String
	Bytes
	ID       // 16 bytes, shown as a UUID
	Duration // nanoseconds
	Micros   // event.Micros
	Array
	Slice
	Map
	Struct
	Pointer
	Opaque  // bytes that the type makes of itself
	Instant // event.Instant
)

var kindNames = [...]string{
	"invalid", "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64",
	"string", "bytes", "id", "duration", "micros", "array", "slice", "map", "struct", "pointer", "opaque", "instant",
}

// String returns the name of the kind, such as "int64".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "kind " + strconv.Itoa(int(k))
}

// Type describes the values of one Go type as data.
type Type struct {
	Kind   Kind
	Len    int     // Array: number of elements
	Key    *Type   // Map
	Elem   *Type   // Array, Slice, Map, Pointer
	Fields []Field // Struct
	Name   string  // Opaque: the Go type
}

// Field is a field of a struct.
type Field struct {
	Name string
	Type *Type
}

// String returns the type in one line, such as "struct{count int64, seen []string}".
func (t *Type) String() string {
	switch t.Kind {
	case Array:
		return "[" + strconv.Itoa(t.Len) + "]" + t.Elem.String()
	case Slice:
		return "[]" + t.Elem.String()
	case Map:
		return "map[" + t.Key.String() + "]" + t.Elem.String()
	case Pointer:
		return "*" + t.Elem.String()
	case Opaque:
		return "opaque " + t.Name
	case Struct:
		fields := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			fields[i] = f.Name + " " + f.Type.String()
		}
		return "struct{" + strings.Join(fields, ", ") + "}"
	}
	return t.Kind.String()
}

// minSize is the least number of bytes that a value takes.
func (t *Type) minSize() int {
	switch t.Kind {
	case Float32:
		return 4
	case Float64:
		return 8
	case ID:
		return 16
	case Array:
		return min(t.Len, maxArrayLen) * t.Elem.minSize()
	case Struct:
		sum := 0
		for _, f := range t.Fields {
			sum += f.Type.minSize()
		}
		return sum
	}
	return 1
}

// The limits of a schema keep hostile ones from costing more than their bytes.
const (
	maxDepth    = 24
	maxTypes    = 4096
	maxArrayLen = 1 << 16
	maxMinSize  = 1 << 24
)

// Schema is the description of a type that is stored with its values.
type Schema struct{ root *Type }

// SchemaOf returns the schema of a type that no Go type stands for, such as the rows of a
// job that is declared as data. It takes the type as its own.
func SchemaOf(t *Type) (Schema, error) {
	s := Schema{t}
	if _, _, err := ParseSchema(s.AppendTo(nil)); err != nil {
		return Schema{}, err
	}
	return s, nil
}

// Root returns the described type, which must not be changed; nil for the zero Schema.
func (s Schema) Root() *Type { return s.root }

// String returns the schema in one line.
func (s Schema) String() string {
	if s.root == nil {
		return "no schema"
	}
	return s.root.String()
}

// AppendTo appends the stored form, which [ParseSchema] reads.
func (s Schema) AppendTo(dst []byte) []byte { return appendType(dst, s.root) }

// Fingerprint identifies the schema: equal ones have equal fingerprints.
func (s Schema) Fingerprint() uint64 { return xxh3.Hash(s.AppendTo(nil)) }

// Equal reports whether both schemas have the same names and types.
func (s Schema) Equal(o Schema) bool { return string(s.AppendTo(nil)) == string(o.AppendTo(nil)) }

func appendType(dst []byte, t *Type) []byte {
	if t == nil {
		return append(dst, byte(Invalid))
	}
	dst = append(dst, byte(t.Kind))
	switch t.Kind {
	case Array:
		dst = binary.AppendUvarint(dst, uint64(t.Len))
		return appendType(dst, t.Elem)
	case Slice, Pointer:
		return appendType(dst, t.Elem)
	case Map:
		return appendType(appendType(dst, t.Key), t.Elem)
	case Opaque:
		return appendString(dst, t.Name)
	case Struct:
		dst = binary.AppendUvarint(dst, uint64(len(t.Fields)))
		for _, f := range t.Fields {
			dst = appendType(appendString(dst, f.Name), f.Type)
		}
	}
	return dst
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// ErrCorrupt is wrapped by every error about bytes that no codec wrote.
var ErrCorrupt = errors.New("corrupt bytes")

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrCorrupt}, args...)...)
}

// ParseSchema reads what [Schema.AppendTo] wrote and returns what follows it.
func ParseSchema(b []byte) (s Schema, rest []byte, err error) {
	p := schemaParser{b: b}
	root, err := p.parseType(0)
	if err != nil {
		return Schema{}, nil, fmt.Errorf("cannot read a schema: %w", err)
	}
	return Schema{root}, p.b, nil
}

type schemaParser struct {
	b     []byte
	types int
}

func (p *schemaParser) parseType(depth int) (*Type, error) {
	p.types++
	if depth > maxDepth || p.types > maxTypes {
		return nil, corrupt("a schema of more than %d levels or %d types", maxDepth, maxTypes)
	}
	if len(p.b) == 0 {
		return nil, corrupt("a type is cut off")
	}
	t := &Type{Kind: Kind(p.b[0])}
	p.b = p.b[1:]
	if err := p.parseParts(t, depth+1); err != nil {
		return nil, err
	}
	return t, t.check()
}

func (p *schemaParser) parseParts(t *Type, depth int) (err error) {
	switch t.Kind {
	case Array:
		if t.Len, err = p.number(maxArrayLen); err == nil {
			t.Elem, err = p.parseType(depth)
		}
	case Slice, Pointer:
		t.Elem, err = p.parseType(depth)
	case Map:
		if t.Key, err = p.parseType(depth); err == nil {
			t.Elem, err = p.parseType(depth)
		}
	case Opaque:
		t.Name, err = p.name()
	case Struct:
		err = p.parseFields(t, depth)
	default:
		if t.Kind == Invalid || int(t.Kind) >= len(kindNames) {
			err = corrupt("no type has number %d", t.Kind)
		}
	}
	return err
}

func (p *schemaParser) parseFields(t *Type, depth int) error {
	n, err := p.number(maxTypes)
	if err != nil {
		return err
	}
	for range n {
		name, err := p.name()
		if err != nil {
			return err
		}
		fieldType, err := p.parseType(depth)
		if err != nil {
			return err
		}
		t.Fields = append(t.Fields, Field{name, fieldType})
	}
	return nil
}

// check refuses types whose lists could claim a length without having bytes.
func (t *Type) check() error {
	switch {
	case t.Kind == Array && t.Len > maxArrayLen:
		return fmt.Errorf("an array of %d elements; at most %d: use a slice", t.Len, maxArrayLen)
	case (t.Kind == Array || t.Kind == Slice) && t.Elem.minSize() == 0, t.Kind == Map && t.Key.minSize() == 0:
		return errors.New("a list of values that take no bytes: store a count instead")
	case t.minSize() > maxMinSize:
		return fmt.Errorf("a value of at least %d bytes; at most %d", t.minSize(), maxMinSize)
	}
	return nil
}

func (p *schemaParser) number(most int) (int, error) {
	n, width := binary.Uvarint(p.b)
	if width <= 0 || n > uint64(most) {
		return 0, corrupt("a number is cut off or above %d", most)
	}
	p.b = p.b[width:]
	return int(n), nil
}

func (p *schemaParser) name() (string, error) {
	s, rest, err := cutBytes(p.b)
	if err != nil {
		return "", err
	}
	p.b = rest
	return string(s), nil
}

// cutBytes splits off bytes that are preceded by their length.
func cutBytes(b []byte) (s, rest []byte, err error) {
	n, width := binary.Uvarint(b)
	if width <= 0 || n > uint64(len(b)-width) {
		return nil, nil, corrupt("a length is cut off or beyond the end")
	}
	end := width + int(n)
	return b[width:end], b[end:], nil
}
