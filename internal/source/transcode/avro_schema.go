package transcode

import (
	"fmt"

	"github.com/hamba/avro/v2"

	"github.com/millrace/millrace/adapter/jsontext"
)

// avroKind is how a value lies in the bytes, and how it is written.
type avroKind uint8

const (
	avroNull avroKind = iota
	avroBoolean
	avroInt // int or long
	avroFloat
	avroDouble
	avroBytes
	avroString
	avroFixed
	avroEnum
	avroArray
	avroMap
	avroRecord
	avroUnion
)

// avroNode is one type of a schema.
type avroNode struct {
	kind     avroKind
	logical  avro.LogicalType
	scale    int         // of a decimal
	size     int         // of a fixed
	narrow   bool        // an int, not a long
	items    *avroNode   // of an array or a map
	branches []*avroNode // of a union
	names    [][]byte    // of a record's fields as `{"name":` or `,"name":`; of an enum's symbols as JSON
	fields   []*avroNode
}

// avroCodec reads records of one Avro schema.
type avroCodec struct{ root *avroNode }

// NewAvro reads a schema. references are the schemas that it refers to, those
// referred to first.
func NewAvro(schema string, references []string) (Codec, error) {
	cache := &avro.SchemaCache{}
	for _, text := range references {
		if _, err := avro.ParseWithCache(text, "", cache); err != nil {
			return nil, fmt.Errorf("cannot read a schema that is referred to: %w", err)
		}
	}
	parsed, err := avro.ParseWithCache(schema, "", cache)
	if err != nil {
		return nil, fmt.Errorf("cannot read the Avro schema: %w", err)
	}
	c := avroCompiler{records: make(map[string]*avroNode)}
	root, err := c.node(parsed)
	if err != nil {
		return nil, err
	}
	return &avroCodec{root: root}, nil
}

// avroCompiler makes nodes of a schema. Records may contain themselves.
type avroCompiler struct{ records map[string]*avroNode }

var avroPrimitives = map[avro.Type]avroKind{
	avro.Null: avroNull, avro.Boolean: avroBoolean, avro.Int: avroInt, avro.Long: avroInt,
	avro.Float: avroFloat, avro.Double: avroDouble, avro.Bytes: avroBytes, avro.String: avroString,
}

func (c *avroCompiler) node(s avro.Schema) (*avroNode, error) {
	switch s := s.(type) {
	case *avro.NullSchema:
		return &avroNode{kind: avroNull}, nil
	case *avro.PrimitiveSchema:
		n := &avroNode{kind: avroPrimitives[s.Type()], narrow: s.Type() == avro.Int}
		n.setLogical(s.Logical())
		return n, nil
	case *avro.FixedSchema:
		n := &avroNode{kind: avroFixed, size: s.Size()}
		n.setLogical(s.Logical())
		return n, nil
	case *avro.EnumSchema:
		n := &avroNode{kind: avroEnum}
		for _, symbol := range s.Symbols() {
			n.names = append(n.names, jsontext.AppendString(nil, symbol))
		}
		return n, nil
	case *avro.ArraySchema:
		items, err := c.node(s.Items())
		return &avroNode{kind: avroArray, items: items}, err
	case *avro.MapSchema:
		values, err := c.node(s.Values())
		return &avroNode{kind: avroMap, items: values}, err
	case *avro.UnionSchema:
		return c.union(s)
	case *avro.RecordSchema:
		return c.record(s)
	case *avro.RefSchema:
		return c.node(s.Schema())
	}
	return nil, fmt.Errorf("cannot use an Avro schema of type %s", s.Type())
}

func (n *avroNode) setLogical(s avro.LogicalSchema) {
	if s == nil {
		return
	}
	n.logical = s.Type()
	if decimal, ok := s.(*avro.DecimalLogicalSchema); ok {
		n.scale = decimal.Scale()
	}
}

func (c *avroCompiler) union(s *avro.UnionSchema) (*avroNode, error) {
	n := &avroNode{kind: avroUnion}
	for _, branch := range s.Types() {
		b, err := c.node(branch)
		if err != nil {
			return nil, err
		}
		n.branches = append(n.branches, b)
	}
	return n, nil
}

func (c *avroCompiler) record(s *avro.RecordSchema) (*avroNode, error) {
	if known := c.records[s.FullName()]; known != nil {
		return known, nil
	}
	n := &avroNode{kind: avroRecord}
	c.records[s.FullName()] = n
	for i, f := range s.Fields() {
		field, err := c.node(f.Type())
		if err != nil {
			return nil, err
		}
		name := jsontext.AppendString([]byte{"{,"[min(i, 1)]}, f.Name())
		n.names = append(n.names, append(name, ':'))
		n.fields = append(n.fields, field)
	}
	return n, nil
}
