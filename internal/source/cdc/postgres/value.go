package postgres

import (
	"bytes"
	"encoding/hex"

	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/internal/source/cdc"
)

// Object identifiers of built-in types, src/include/catalog/pg_type.dat.
const (
	typeBool        = 16
	typeBytea       = 17
	typeInt8        = 20
	typeInt2        = 21
	typeInt4        = 23
	typeOID         = 26
	typeJSON        = 114
	typeFloat4      = 700
	typeFloat8      = 701
	typeTimestamp   = 1114
	typeTimestamptz = 1184
	typeJSONB       = 3802
)

// appendValue appends a value as JSON. Numbers that JSON's readers may round
// (numeric) are text, as is everything that JSON has no type for. It is false
// when the text is not UTF-8.
func appendValue(dst []byte, typ uint32, text []byte) ([]byte, bool) {
	switch typ {
	case typeBool:
		if len(text) == 1 && text[0] == 't' {
			return append(dst, "true"...), true
		}
		return append(dst, "false"...), true
	case typeInt2, typeInt4, typeInt8, typeOID, typeFloat4, typeFloat8:
		if isNumber(text) {
			return append(dst, text...), true
		}
	case typeJSON, typeJSONB:
		return cdc.AppendJSON(dst, text)
	case typeTimestamp, typeTimestamptz:
		if out, ok := appendTimestamp(dst, text, typ == typeTimestamptz); ok {
			return out, true
		}
	case typeBytea:
		if raw, ok := unhex(text); ok {
			return cdc.AppendBytes(dst, raw), true
		}
	}
	return cdc.AppendText(dst, text)
}

// isNumber is false for NaN and Infinity.
func isNumber(text []byte) bool {
	digits := bytes.TrimPrefix(text, []byte{'-'})
	return len(digits) > 0 && digits[0] >= '0' && digits[0] <= '9' && jsontext.Validate(jsontext.View(text)) == nil
}

// appendTimestamp turns "2026-11-21 10:06:07.12+00" into RFC 3339. Sessions are in
// UTC. It is false for infinity and for years outside of 1 to 9999.
func appendTimestamp(dst, text []byte, zoned bool) ([]byte, bool) {
	const date = len("2026-11-21")
	if len(text) < len("2026-11-21 10:06:07") || text[date] != ' ' || text[len(text)-1] == 'C' {
		return dst, false
	}
	clock := text[date+1:]
	if zoned {
		var ok bool
		if clock, ok = bytes.CutSuffix(clock, []byte("+00")); !ok {
			return dst, false
		}
	}
	for _, c := range clock {
		if (c < '0' || c > '9') && c != ':' && c != '.' {
			return dst, false
		}
	}
	for _, c := range text[:date] {
		if (c < '0' || c > '9') && c != '-' {
			return dst, false
		}
	}
	dst = append(append(append(append(dst, '"'), text[:date]...), 'T'), clock...)
	if zoned {
		dst = append(dst, 'Z')
	}
	return append(dst, '"'), true
}

// unhex reads bytea as PostgreSQL writes it, "\x00ff".
func unhex(text []byte) ([]byte, bool) {
	digits, ok := bytes.CutPrefix(text, []byte(`\x`))
	if !ok {
		return nil, false
	}
	raw := make([]byte, hex.DecodedLen(len(digits)))
	_, err := hex.Decode(raw, digits)
	return raw, err == nil
}
