package debezium

import (
	"strconv"
	"strings"

	"github.com/millrace/millrace/adapter/jsontext"
)

// encoding is how Connect has encoded a value that JSON has no type for.
type encoding uint8

const (
	asIs encoding = iota
	decimal
	variableDecimal
	millis // since 1970, without a zone
	micros
	nanos
	days
)

// encodingOf returns how the values of a semantic type of Connect or Debezium are
// encoded. Most are readable as they stand.
func encodingOf(name string) encoding {
	switch name {
	case "org.apache.kafka.connect.data.Decimal":
		return decimal
	case "io.debezium.data.VariableScaleDecimal":
		return variableDecimal
	case "org.apache.kafka.connect.data.Timestamp", "io.debezium.time.Timestamp":
		return millis
	case "io.debezium.time.MicroTimestamp":
		return micros
	case "io.debezium.time.NanoTimestamp":
		return nanos
	case "org.apache.kafka.connect.data.Date", "io.debezium.time.Date":
		return days
	}
	return asIs
}

// typed is what a schema says of the row's columns. Neighbouring records have
// the same one, which is read once.
type typed struct {
	schema  string // a copy of the text that it was read from
	columns []column
}

// column is one whose values are encoded.
type column struct {
	name     string
	encoding encoding
	scale    int
}

// of reads the schema of an envelope: its fields "before" and "after" are structs
// of the row's columns.
func (t *typed) of(schema jsontext.Value) []column {
	if schema.Kind != jsontext.Object {
		return nil
	}
	if schema.Raw == t.schema {
		return t.columns
	}
	t.schema, t.columns = strings.Clone(schema.Raw), nil
	for _, f := range fieldsOf(t.schema) {
		if name := f.text("field"); name != "after" && name != "before" {
			continue
		}
		for _, inner := range fieldsOf(f.raw) {
			t.add(inner)
		}
		if len(t.columns) > 0 {
			break // both are the same
		}
	}
	return t.columns
}

func (t *typed) add(f schemaField) {
	c := column{name: f.text("field"), encoding: encodingOf(f.text("name"))}
	if c.encoding == asIs {
		return
	}
	if c.encoding == decimal {
		scale, err := strconv.Atoi(schemaField{f.member("parameters").Raw}.text("scale"))
		if err != nil || scale < -maxScale || scale > maxScale {
			return // the value stays as it is
		}
		c.scale = scale
	}
	t.columns = append(t.columns, c)
}

// schemaField is the text of one field's schema.
type schemaField struct{ raw string }

// fieldsOf returns the fields of a struct's schema.
func fieldsOf(raw string) []schemaField {
	list := schemaField{raw}.member("fields")
	if list.Kind != jsontext.Array {
		return nil
	}
	var c jsontext.Cursor
	var out []schemaField
	c.Reset(list.Raw)
	for c.Array(); c.More(); {
		if v := c.Value(); v.Kind == jsontext.Object {
			out = append(out, schemaField{v.Raw})
		}
	}
	return out
}

func (f schemaField) member(name string) jsontext.Value {
	var c jsontext.Cursor
	c.Reset(f.raw)
	for c.Object(); c.More(); {
		if key, v := c.Key(), c.Value(); key.Raw == name {
			return v
		}
	}
	return jsontext.Value{}
}

func (f schemaField) text(name string) string {
	if v := f.member(name); v.Kind == jsontext.String {
		return string(jsontext.Unescape(nil, v.Raw))
	}
	return ""
}
