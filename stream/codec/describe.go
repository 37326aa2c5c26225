package codec

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"

	"github.com/millrace/millrace/event"
)

var (
	durationType = reflect.TypeFor[time.Duration]()
	microsType   = reflect.TypeFor[event.Micros]()
	instantType  = reflect.TypeFor[event.Instant]()
	appender     = reflect.TypeFor[encoding.BinaryAppender]()
	marshaler    = reflect.TypeFor[encoding.BinaryMarshaler]()
	unmarshaler  = reflect.TypeFor[encoding.BinaryUnmarshaler]()
)

var kinds = map[reflect.Kind]Kind{
	reflect.Bool: Bool, reflect.Int: Int64, reflect.Int8: Int8, reflect.Int16: Int16, reflect.Int32: Int32, reflect.Int64: Int64,
	reflect.Uint: Uint64, reflect.Uint8: Uint8, reflect.Uint16: Uint16, reflect.Uint32: Uint32, reflect.Uint64: Uint64,
	reflect.Float32: Float32, reflect.Float64: Float64, reflect.String: String,
}

// describe returns the Type of t. Errors begin with path, the way to t in dots.
func describe(t reflect.Type, path string, depth int) (*Type, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%s: %s is recursive or nested deeper than %d levels: keep a key instead of a pointer", at(path), t, maxDepth)
	}
	described, err := describeParts(t, path, depth+1)
	if err != nil {
		return nil, err
	}
	if err := described.check(); err != nil {
		return nil, fmt.Errorf("%s: %s: %w", at(path), t, err)
	}
	return described, nil
}

func at(path string) string {
	if path == "" {
		return "the value itself"
	}
	return "field " + path
}

func describeParts(t reflect.Type, path string, depth int) (*Type, error) {
	switch {
	case t == durationType:
		return &Type{Kind: Duration}, nil
	case t == microsType:
		return &Type{Kind: Micros}, nil
	case t == instantType:
		return &Type{Kind: Instant}, nil
	case isOpaque(t):
		return &Type{Kind: Opaque, Name: t.String()}, nil
	}
	if kind, ok := kinds[t.Kind()]; ok {
		return &Type{Kind: kind}, nil
	}
	switch t.Kind() {
	case reflect.Array:
		if isByte(t.Elem()) && t.Len() == 16 {
			return &Type{Kind: ID}, nil
		}
		elem, err := describe(t.Elem(), path+"[]", depth)
		return &Type{Kind: Array, Len: t.Len(), Elem: elem}, err
	case reflect.Slice:
		if isByte(t.Elem()) {
			return &Type{Kind: Bytes}, nil
		}
		elem, err := describe(t.Elem(), path+"[]", depth)
		return &Type{Kind: Slice, Elem: elem}, err
	case reflect.Pointer:
		elem, err := describe(t.Elem(), path, depth)
		return &Type{Kind: Pointer, Elem: elem}, err
	case reflect.Map:
		key, err := describe(t.Key(), path+"[key]", depth)
		if err != nil {
			return nil, err
		}
		elem, err := describe(t.Elem(), path+"[]", depth)
		return &Type{Kind: Map, Key: key, Elem: elem}, err
	case reflect.Struct:
		return describeStruct(t, path, depth)
	}
	return nil, fmt.Errorf("%s: %s cannot be stored: state is data; leave the field out with the tag `state:\"-\"`", at(path), t)
}

func describeStruct(t reflect.Type, path string, depth int) (*Type, error) {
	described := &Type{Kind: Struct}
	seen := map[string]string{}
	for i := range t.NumField() {
		field := t.Field(i)
		name, skip, err := fieldName(field)
		if skip {
			continue
		}
		inner := strings.TrimPrefix(path+"."+field.Name, ".")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", at(inner), err)
		}
		if other, taken := seen[name]; taken {
			return nil, fmt.Errorf("%s: has the name %q of %s: give one of them a tag", at(inner), name, other)
		}
		seen[name] = field.Name
		fieldType, err := describe(field.Type, inner, depth)
		if err != nil {
			return nil, err
		}
		described.Fields = append(described.Fields, Field{name, fieldType})
	}
	return described, nil
}

// fieldName returns the stored name of a field, or skip.
func fieldName(f reflect.StructField) (name string, skip bool, err error) {
	tag, tagged := f.Tag.Lookup("state")
	switch {
	case tag == "-" || f.Name == "_":
		return "", true, nil
	case tagged && tag != "":
		return tag, false, nil
	case !f.IsExported():
		return "", false, errors.New("is not exported: give it a tag `state:\"name\"`, or `state:\"-\"` to leave it out")
	}
	return snakeCase(f.Name), false, nil
}

// snakeCase turns "OrderID" into "order_id" and "HTTPStatus" into "http_status".
func snakeCase(s string) string {
	runes := []rune(s)
	var b strings.Builder
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) && runes[i-1] != '_' {
			startsWord := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if !unicode.IsUpper(runes[i-1]) || startsWord {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func isByte(t reflect.Type) bool { return t.Kind() == reflect.Uint8 }

// isOpaque reports whether values of t store themselves. A struct that only inherits the methods of an embedded field
// does not: its other fields would be lost.
func isOpaque(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	if t.Kind() == reflect.Pointer || !p.Implements(unmarshaler) || !p.Implements(appender) && !p.Implements(marshaler) {
		return false
	}
	if t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			if f := t.Field(i); f.Anonymous && reflect.PointerTo(f.Type).Implements(unmarshaler) {
				return false
			}
		}
	}
	return true
}

// isFlat reports whether values of t have no pointers.
func isFlat(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return isFlat(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if !isFlat(t.Field(i).Type) {
				return false
			}
		}
		return true
	}
	_, scalar := kinds[t.Kind()]
	return scalar && t.Kind() != reflect.String
}
