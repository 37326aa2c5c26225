package result

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"time"

	"github.com/hamba/avro/v2"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/codec"
)

// Avro writes rows of a sink in Avro's single-object encoding (Avro 1.12, "Single-object
// encoding"): C3 01, the CRC-64-AVRO fingerprint of the schema, the record. The record is
// flat, as the rows of tables are. That is how results wait; with [Framed] they leave. It
// serves one goroutine.
type Avro struct {
	Text   string // of the schema
	json   *JSON  // for the keys
	schema avro.Schema
	head   []byte
	row    *codec.Visitor
	record map[string]any
	layout *Layout
}

const decimalScale = 6 // of money, as in tables

// NewAvro returns a writer for a sink's rows.
func NewAvro(sink *stream.Sink) (*Avro, error) {
	text, err := AvroSchema(sink)
	if err != nil {
		return nil, err
	}
	a := &Avro{Text: text, record: make(map[string]any)}
	if a.schema, err = avro.Parse(text); err != nil {
		return nil, fmt.Errorf("%s %q: Avro has no schema for its rows: %w", sink.Kind, sink.Name, err)
	}
	print, err := a.schema.FingerprintUsing(avro.CRC64AvroLE)
	if err != nil {
		return nil, err
	}
	a.head = append([]byte{0xC3, 0x01}, print...)
	if a.json, err = NewJSON(sink); err != nil {
		return nil, err
	}
	if a.layout, err = LayoutOf(sink.Schema); err != nil {
		return nil, err
	}
	a.row = codec.NewVisitor(sink.Schema, func(n int, l codec.Leaf) { a.record[a.layout.Columns[n].Name] = avroValue(&l) })
	return a, nil
}

// AvroSchema returns the schema of a sink's rows as records.
func AvroSchema(sink *stream.Sink) (string, error) {
	l, err := LayoutOf(sink.Schema)
	if err != nil {
		return "", fmt.Errorf("%s %q: %w", sink.Kind, sink.Name, err)
	}
	// With a default, a column that comes or goes is no change that a registry refuses.
	type field struct {
		Name    string `json:"name"`
		Type    any    `json:"type"`
		Default any    `json:"default"`
	}
	record := struct {
		Type   string  `json:"type"`
		Name   string  `json:"name"`
		Doc    string  `json:"doc,omitempty"`
		Fields []field `json:"fields"`
	}{Type: "record", Name: avroName(sink.Name), Doc: sink.Doc}
	for _, c := range l.Columns {
		record.Fields = append(record.Fields, field{c.Name, avroType(c.Kind), avroDefault(c.Kind)})
	}
	text, err := json.Marshal(record)
	return string(text), err
}

// avroName makes a topic's name one of a record: letters, digits and underscores.
func avroName(topic string) string {
	name := []byte(topic)
	for i, c := range name {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', i > 0 && c >= '0' && c <= '9':
		default:
			name[i] = '_'
		}
	}
	return string(name)
}

// avroType returns the type of a column. What no type of Avro holds exactly is text.
func avroType(k codec.Kind) any {
	logical := func(typ, name string) map[string]any { return map[string]any{"type": typ, "logicalType": name} }
	switch k {
	case codec.Bool:
		return "boolean"
	case codec.Int8, codec.Int16, codec.Int32, codec.Uint8, codec.Uint16:
		return "int"
	case codec.Int64, codec.Uint32:
		return "long"
	case codec.Float32, codec.Float64, codec.Duration:
		return "double"
	case codec.ID:
		return logical("string", "uuid")
	case codec.Micros:
		money := logical("bytes", "decimal")
		money["precision"], money["scale"] = 18, decimalScale
		return money
	case codec.Instant:
		return logical("long", "timestamp-micros")
	}
	return "string"
}

// avroDefault is the value of a column in records of a schema without it.
func avroDefault(k codec.Kind) any {
	switch k {
	case codec.Bool:
		return false
	case codec.Int8, codec.Int16, codec.Int32, codec.Uint8, codec.Uint16, codec.Int64, codec.Uint32, codec.Instant,
		codec.Float32, codec.Float64, codec.Duration:
		return 0
	case codec.Micros:
		return "\x00" // the number 0 in one byte
	}
	return ""
}

// FingerprintBytes is the length of a schema's fingerprint.
const FingerprintBytes = 8

// Fingerprint returns that of the schema, as values begin with it.
func (a *Avro) Fingerprint() []byte { return a.head[2:] }

// AvroFingerprint returns the fingerprint of the schema of a value that [Avro] wrote;
// false for other values.
func AvroFingerprint(value []byte) (print []byte, ok bool) {
	if len(value) < 2+FingerprintBytes || value[0] != 0xC3 || value[1] != 0x01 {
		return nil, false
	}
	return value[2 : 2+FingerprintBytes], true
}

// Framed returns a value that [Avro] wrote in the wire format of Confluent's serializers:
// a zero byte, the schema's id in the registry, the record.
func Framed(value []byte, id uint32) []byte {
	out := make([]byte, 5, len(value))
	binary.BigEndian.PutUint32(out[1:], id)
	return append(out, value[2+FingerprintBytes:]...)
}

func avroValue(l *codec.Leaf) any {
	switch k := l.Type.Kind; k {
	case codec.Bool:
		return l.Int == 1
	case codec.Int8, codec.Int16, codec.Int32, codec.Uint8, codec.Uint16:
		return int(l.Int)
	case codec.Int64, codec.Uint32:
		return l.Int
	case codec.Duration:
		return time.Duration(l.Int).Seconds()
	case codec.Float32, codec.Float64:
		return l.Float
	case codec.ID:
		return event.ID(l.Text).String()
	case codec.Micros:
		return big.NewRat(l.Int, 1_000_000)
	case codec.Instant:
		return time.UnixMicro(l.Int).UTC()
	case codec.Uint64:
		return strconv.FormatUint(uint64(l.Int), 10)
	case codec.Bytes, codec.Opaque:
		var text string
		_ = json.Unmarshal(l.AppendJSON(nil), &text) // base64 in quotes
		return text
	}
	return string(l.Text)
}

// AppendMessage is [JSON.AppendMessage] with a value in Avro.
func (a *Avro) AppendMessage(dst, row []byte) ([]byte, error) {
	out, err := a.json.appendKeyed(dst, row)
	if err != nil {
		return dst, err
	}
	if err := a.row.Visit(row); err != nil {
		return dst, err
	}
	record, err := avro.Marshal(a.schema, a.record)
	if err != nil {
		return dst, fmt.Errorf("cannot write a row in Avro: %w", err)
	}
	return append(append(out, a.head...), record...), nil
}
