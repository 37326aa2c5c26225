package codec

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/millrace/millrace/event"
)

// AppendJSON appends the value in b, which was written with the schema s, as JSON. Structs and maps are objects (a map
// with keys of several fields is a list of {"key":…,"value":…}), ids are UUIDs, durations are texts such as "1.5s", instants are RFC 3339,
// micros are exact decimal numbers, bytes and opaque values are base64, and floats that JSON has no number for are texts.
//
// Bytes that no codec wrote are an error that wraps [ErrCorrupt]; the output is at most a constant factor larger than b
// and the names of the schema.
func AppendJSON(dst []byte, s Schema, b []byte) ([]byte, error) {
	if s.root == nil {
		return dst, fmt.Errorf("cannot show a value: there is no schema")
	}
	out, rest, err := appendJSON(dst, s.root, b)
	if err == nil && len(rest) > 0 {
		err = corrupt("%d bytes after the value", len(rest))
	}
	if err != nil {
		return dst, fmt.Errorf("cannot show a value of %s: %w", abbreviate(s.String()), err)
	}
	return out, nil
}

func abbreviate(s string) string {
	if len(s) > 100 {
		return s[:100] + "…"
	}
	return s
}

func appendJSON(dst []byte, t *Type, b []byte) (_, rest []byte, err error) {
	switch t.Kind {
	case String:
		s, rest, err := cutBytes(b)
		return appendQuoted(dst, s), rest, err
	case Bytes, Opaque:
		s, rest, err := cutBytes(b)
		return append(base64.StdEncoding.AppendEncode(append(dst, '"'), s), '"'), rest, err
	case Array:
		return appendJSONList(dst, t.Elem, b, t.Len)
	case Slice:
		n, b, err := cutLen(b, t.Elem.minSize())
		if err != nil {
			return dst, nil, err
		}
		return appendJSONList(dst, t.Elem, b, n)
	case Map:
		return appendJSONMap(dst, t, b)
	case Pointer:
		rest, err := skip(b, &Type{Kind: Bool})
		if err != nil || b[0] == 0 {
			return append(dst, "null"...), rest, err
		}
		return appendJSON(dst, t.Elem, rest)
	case Struct:
		dst = append(dst, '{')
		for i, f := range t.Fields {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendQuoted(dst, []byte(f.Name)), ':')
			if dst, b, err = appendJSON(dst, f.Type, b); err != nil {
				return dst, nil, fmt.Errorf("%s: %w", f.Name, err)
			}
		}
		return append(dst, '}'), b, nil
	}
	return appendJSONScalar(dst, t.Kind, b)
}

func appendJSONScalar(dst []byte, kind Kind, b []byte) (_, rest []byte, err error) {
	if isSigned(kind) {
		v, rest, err := cutInt(b, kind)
		return appendJSONInt(dst, kind, v), rest, err
	}
	if isUnsigned(kind) {
		v, rest, err := cutUint(b, kind)
		return strconv.AppendUint(dst, v, 10), rest, err
	}
	if rest, err = skipNumber(b, kind); err != nil {
		return dst, nil, err
	}
	switch kind {
	case Bool:
		if b[0] > 1 {
			return dst, nil, corrupt("want a bool of 0 or 1")
		}
		dst = strconv.AppendBool(dst, b[0] == 1)
	case ID:
		dst = append(event.ID(b[:16]).AppendTo(append(dst, '"')), '"')
	case Float32:
		dst = appendJSONFloat(dst, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))), 32)
	case Float64:
		dst = appendJSONFloat(dst, math.Float64frombits(binary.LittleEndian.Uint64(b)), 64)
	default:
		return dst, nil, corrupt("no value has the type %s", kind)
	}
	return dst, rest, nil
}

func appendJSONInt(dst []byte, kind Kind, v int64) []byte {
	switch kind {
	case Micros:
		return event.Micros(v).AppendTo(dst)
	case Instant:
		return append(event.Instant(v).AppendTo(append(dst, '"')), '"')
	case Duration:
		return append(append(append(dst, '"'), time.Duration(v).String()...), '"')
	}
	return strconv.AppendInt(dst, v, 10)
}

func appendJSONFloat(dst []byte, v float64, bits int) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(strconv.AppendFloat(append(dst, '"'), v, 'g', -1, bits), '"')
	}
	return strconv.AppendFloat(dst, v, 'g', -1, bits)
}

func appendJSONList(dst []byte, elem *Type, b []byte, n int) (_, rest []byte, err error) {
	dst = append(dst, '[')
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, b, err = appendJSON(dst, elem, b); err != nil {
			return dst, nil, err
		}
	}
	return append(dst, ']'), b, nil
}

func appendJSONMap(dst []byte, t *Type, b []byte) (_, rest []byte, err error) {
	n, b, err := cutLen(b, t.Key.minSize()+t.Elem.minSize())
	if err != nil {
		return dst, nil, err
	}
	object := t.Key.Kind != Struct && isKeyKind(t.Key.Kind)
	brackets, before, between, after := "[]", `{"key":`, `,"value":`, "}"
	if object {
		brackets, before, between, after = "{}", "", ":", ""
	}
	dst = append(dst, brackets[0])
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, before...)
		start := len(dst)
		if dst, b, err = appendJSON(dst, t.Key, b); err != nil {
			return dst, nil, err
		}
		if object && dst[start] != '"' {
			number := string(dst[start:])
			dst = append(append(append(dst[:start], '"'), number...), '"')
		}
		if dst, b, err = appendJSON(append(dst, between...), t.Elem, b); err != nil {
			return dst, nil, err
		}
		dst = append(dst, after...)
	}
	return append(dst, brackets[1]), b, nil
}

const hexDigits = "0123456789abcdef"

// appendQuoted appends s as a JSON string; what is not UTF-8 becomes U+FFFD.
func appendQuoted(dst, s []byte) []byte {
	dst = append(dst, '"')
	for len(s) > 0 {
		r, size := utf8.DecodeRune(s)
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(dst, `\ufffd`...)
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[r>>4], hexDigits[r&15])
		case r == '\u2028' || r == '\u2029': // line ends in JavaScript
			dst = append(append(dst, `\u202`...), hexDigits[r&15])
		default:
			dst = append(dst, s[:size]...)
		}
		s = s[size:]
	}
	return append(dst, '"')
}
